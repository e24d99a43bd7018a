// Keys with which a company's signatories sign, and what they sign: acceptances of agreements.

#include <algorithm>

#include "protocol/signed_acceptance.hpp"
#include "server/operations/agreement_life.hpp"
#include "server/operations/key_steps.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using store::CompanyKey;

namespace {

constexpr std::int64_t fresh_s = 86'400;

Result<CompanyKey> known_key(ReadTxn& txn, const Caller& caller, std::string_view kid) {
    for (CompanyKey& key : store::company_keys(txn, caller.company()))
        if (key.key.kid == kid) return std::move(key);
    return fail(ErrorKind::not_found, "key_not_found", "your company has no such key");
}

void about_key(audit::Record& record, const CompanyKey& key) {
    record.resources.push_back({"company", std::to_string(key.company.value)});
    describe_key(record, key);
}

// Only an administrator, for the own company: the operator signs for nobody.
Result<void> may_key(const Caller& caller) {
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed) return allowed;
    if (caller.is_operator()) return fail(ErrorKind::forbidden, "no_company", "a company's own people manage its keys");
    return {};
}

}  // namespace

Audited<CompanyKey> add_company_key(Txn& txn, const Context& context, const Caller& caller, const protocol::PublicKey& key) {
    audit::Record record = trust_record(caller, "company.key.add", audit::activity_create);
    if (auto allowed = may_key(caller); !allowed) return refused<CompanyKey>(std::move(record), allowed.error());
    CompanyKey wanted;
    wanted.company = caller.company();
    wanted.key = key;
    auto added = brought_key(context, caller, std::move(wanted),
                             [&](const std::string& kid) { return known_key(txn, caller, kid).has_value(); });
    if (!added) return refused<CompanyKey>(std::move(record), added.error());
    store::insert_company_key(txn, *added);
    about_key(record, *added);
    return {std::move(*added), std::move(record)};
}

Audited<CompanyKey> confirm_company_key(Txn& txn, const Context& context, const Caller& caller, const std::string& kid) {
    audit::Record record = trust_record(caller, "company.key.confirm", audit::activity_update);
    if (auto allowed = require(caller, Operation::customer_confirm); !allowed)
        return refused<CompanyKey>(std::move(record), allowed.error());
    auto key = known_key(txn, caller, kid);
    if (!key) return refused<CompanyKey>(std::move(record), key.error());
    key = confirmed_key(context, caller, *std::move(key),
                        [&](const CompanyKey& one) { return store::confirm_company_key(txn, one); });
    if (!key) return refused<CompanyKey>(std::move(record), key.error());
    about_key(record, *key);
    return {std::move(*key), std::move(record)};
}

Audited<CompanyKey> revoke_company_key(Txn& txn, const Context& context, const Caller& caller, const std::string& kid) {
    audit::Record record = trust_record(caller, "company.key.revoke", audit::activity_delete);
    if (auto allowed = may_key(caller); !allowed) return refused<CompanyKey>(std::move(record), allowed.error());
    auto key = known_key(txn, caller, kid);
    if (!key) return refused<CompanyKey>(std::move(record), key.error());
    if (store::revoke_company_key(txn, *key, context.now)) key->revoked_at = context.now;
    about_key(record, *key);
    return {std::move(*key), std::move(record)};
}

Result<std::vector<CompanyKey>> list_company_keys(ReadTxn& txn, const Context&, const Caller& caller) {
    if (auto allowed = require(caller, Operation::agreement_read); !allowed) return std::unexpected(allowed.error());
    return store::company_keys(txn, caller.company());
}

Result<std::string> signer_of(ReadTxn& txn, const Context& context, const protocol::Agreement& agreement,
                              protocol::CompanyId company, const std::string& signed_text) {
    std::vector<protocol::PublicKey> pinned;
    for (CompanyKey& key : store::company_keys(txn, company))
        if (key.confirmed_at && !key.revoked_at) pinned.push_back(std::move(key.key));
    const auto payload = certs::verify_jws(signed_text, protocol::signed_acceptance_type, pinned);
    if (!payload) return std::unexpected(payload.error());
    const auto claims = protocol::decode_signed_acceptance(*payload);
    if (!claims) return std::unexpected(claims.error());
    const auto known = store::find_company(txn, company);
    const auto differs = [](std::string what) {
        return fail(ErrorKind::forbidden, "claims_differ", "the signed acceptance is for another " + std::move(what));
    };
    if (claims->audience != context.tools.settings.public_url) return differs("gateway");
    if (claims->agreement != agreement.id.value) return differs("agreement");
    if (claims->document_digest != agreement.document_digest || claims->document_version != agreement.document_version)
        return differs("document");
    if (!known || claims->party != known->domain) return differs("party");
    if (claims->signed_at > context.now.plus_seconds(60) || claims->signed_at < context.now.plus_seconds(-fresh_s))
        return fail(ErrorKind::forbidden, "claims_stale", "the acceptance was not signed within the last day");
    return claims->signer;
}

}  // namespace entente::operations
