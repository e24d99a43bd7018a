// What makes an authorization believed: the customer's own signature, or in an emergency an engineer's word for a limited time; and
// the keys that customers sign with.

#include <algorithm>

#include "certs/digest.hpp"
#include "certs/jws.hpp"
#include "policy/claims.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/signed_authorization.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/key_steps.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Authorization;
using protocol::AuthorizationState;
using protocol::CompanyId;
using protocol::CustomerId;
using store::CustomerKey;
using store::StoredAuthorization;

namespace {

Error customer_not_found() {
    return {.kind = ErrorKind::not_found,
            .code = "customer_not_found",
            .message = "your company has no such customer",
            .next_step = "entente customer list"};
}

CustomerId customer_of(std::string_view digits) {
    CustomerId id;
    for (const char c : digits) {
        if (c < '0' || c > '9' || id.value > protocol::id_max / 10) return {};
        id.value = id.value * 10 + (c - '0');
    }
    return id;
}

// Only confirmed keys of this issuer that nobody revoked.
std::vector<protocol::PublicKey> pinned_keys(ReadTxn& txn, CustomerId customer, std::string_view issuer) {
    std::vector<protocol::PublicKey> pinned;
    for (CustomerKey& key : store::customer_keys(txn, customer))
        if (key.issuer == issuer && key.confirmed_at && !key.revoked_at) pinned.push_back(std::move(key.key));
    return pinned;
}

protocol::Blob name_of(const protocol::SignedAuthorization& claims) {
    const auto hash = certs::sha256(protocol::as_bytes(claims.subject + "\n" + claims.issuer + "\n" + claims.id));
    return {hash.begin(), hash.end()};
}

// The claims of a text whose signature fits a pinned key of the customer that it names, judged.
Result<protocol::SignedAuthorization> believed_claims(ReadTxn& txn, const Context& context, const Caller& caller,
                                                      const std::string& text) {
    const auto jws = protocol::parse_compact_jws(text);
    if (!jws) return std::unexpected(jws.error());
    // Read before it is believed, to find whose keys count; nothing of it is used unless the signature fits.
    const auto claims = protocol::decode_signed_authorization(jws->payload);
    if (!claims) return std::unexpected(claims.error());
    const CustomerId customer = customer_of(claims->subject);
    const auto stored = store::find_customer(txn, context.tools.vault, caller.company(), customer);
    if (!stored || !stored->customer.active) return std::unexpected(customer_not_found());
    const auto payload = certs::verify_jws(text, protocol::signed_authorization_type, pinned_keys(txn, customer, claims->issuer));
    if (!payload) return std::unexpected(payload.error());
    if (auto good = policy::judge_claims(*claims, {.issuer = claims->issuer,
                                                   .customer = std::to_string(customer.value),
                                                   .audience = context.tools.settings.public_url,
                                                   .now = context.now});
        !good)
        return std::unexpected(good.error());
    if (store::known_signed_id(txn, name_of(*claims)))
        return fail(ErrorKind::conflict, "jti_used", "this signed authorization was handed in before");
    return *claims;
}

Result<StoredAuthorization> to_authorization(ReadTxn& txn, const Context& context, const Caller& caller,
                                             const protocol::SignedAuthorization& claims, const std::string& text) {
    StoredAuthorization stored;
    Authorization& z = stored.authorization;
    z.company = caller.company();
    z.customer = customer_of(claims.subject);
    for (std::size_t i = 0; i < claims.partners.size(); ++i) {
        const std::string domain = lower(claims.partners[i]);
        const auto companies = store::all_companies(txn);
        const auto found = std::ranges::find(companies, domain, &protocol::Company::domain);
        if (found == companies.end())
            return std::unexpected(invalid("/jws/partners/" + std::to_string(i), "unknown", "names no company of this gateway"));
        if (std::ranges::find(z.partners, found->id) == z.partners.end()) z.partners.push_back(found->id);
    }
    std::ranges::sort(z.partners);
    z.purpose = claims.purpose;
    z.classes = claims.scope;
    z.products = claims.products;
    stored.case_tokens = claims.cases;
    z.not_before = claims.not_before;
    z.until = claims.expires;
    z.state = AuthorizationState::granted;
    z.assurance = protocol::Assurance::signed_;
    z.evidence_digest = protocol::hex(certs::sha256(protocol::as_bytes(text)));
    z.decided_at = context.now;
    stored.decided_by = "customer";
    stored.signed_text = text;
    stored.signed_id = name_of(claims);
    if (auto valid = check_authorization(txn, context, caller.company(), z); !valid) return std::unexpected(valid.error());
    if (auto known = resolve_cases(txn, caller.company(), stored); !known) return std::unexpected(known.error());
    return stored;
}

}  // namespace

Audited<Turned<StoredAuthorization>> take_signed_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                               const std::string& signed_text) {
    using Answer = Turned<StoredAuthorization>;
    audit::Record record = trust_record(caller, "authorization.signed", audit::activity_create);
    if (auto allowed = require(caller, Operation::authorization_request); !allowed)
        return refused<Answer>(std::move(record), allowed.error());
    const auto claims = believed_claims(txn, context, caller, signed_text);
    if (!claims) return refused<Answer>(std::move(record), claims.error());
    auto stored = to_authorization(txn, context, caller, *claims, signed_text);
    if (!stored) return refused<Answer>(std::move(record), stored.error());
    insert_new(txn, context, *stored, "signed", caller.principal.label(), record);
    record.customer = protocol::JsonWriter().object().member("jws", signed_text).end().take();
    std::vector<protocol::CaseId> cases = cases_to_follow(txn, stored->authorization);
    return {Answer{std::move(*stored), std::move(cases)}, std::move(record)};
}

// --- emergencies ---

namespace {

// The usable agreement of the case's companies, if it permits word of mouth.
Result<protocol::Agreement> emergency_agreement(ReadTxn& txn, const Context& context, const store::StoredCase& c) {
    const policy::Decision decision = judge_agreement(txn, c.submitter, c.receiver, context.now);
    if (decision.verdict == policy::Verdict::allow)
        for (const protocol::Agreement& agreement : store::agreements_between(txn, c.submitter, c.receiver))
            if (agreement.id == decision.agreement && agreement.emergency_hours > 0) return agreement;
    return fail(ErrorKind::forbidden, "emergency_not_permitted",
                "the agreement with this partner does not permit an oral authorization in an emergency",
                "ask the customer: entente authorization request");
}

Result<store::StoredCase> waiting_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                       audit::Record& record) {
    if (auto allowed = require(caller, Operation::authorization_attest); !allowed) return std::unexpected(allowed.error());
    txn.lock("case/" + std::string(token));
    auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c || c->submitter != caller.company()) return std::unexpected(case_not_found(token));
    about(record, *c);
    if (c->flow != protocol::Flow::held && c->flow != protocol::Flow::frozen)
        return fail(ErrorKind::wrong_state, "not_held", "only a held or frozen case waits for its customer's word");
    if (!c->customer)
        return fail(ErrorKind::wrong_state, "customer_missing", "first say which customer the case is about",
                    "entente case customer " + c->token);
    return std::move(*c);
}

}  // namespace

Audited<Turned<StoredAuthorization>> attest_emergency(Txn& txn, const Context& context, const Caller& caller,
                                                      std::string_view case_token, const EmergencyInput& input) {
    using Answer = Turned<StoredAuthorization>;
    audit::Record record = record_of(caller, "authorization.emergency", audit::Class::api_activity, audit::activity_create);
    const auto c = waiting_case(txn, context, caller, case_token, record);
    if (!c) return refused<Answer>(std::move(record), c.error());
    const auto agreement = emergency_agreement(txn, context, *c);
    if (!agreement) return refused<Answer>(std::move(record), agreement.error());
    if (input.when > context.now.plus_seconds(60))
        return refused<Answer>(std::move(record), invalid("/when", "too_late", "lies in the future"));

    // The customer is told at once, so there must be somebody to tell.
    const auto customer = store::find_customer(txn, context.tools.vault, caller.company(), c->customer);
    const std::string contact = customer ? confirmed_contact(txn, customer->customer) : std::string{};
    if (contact.empty())
        return refused<Answer>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                   .code = "no_confirmed_contact",
                                                   .message = "the customer has no confirmed contact who could be told",
                                                   .next_step = "a colleague confirms one: entente customer confirm " +
                                                                std::to_string(c->customer.value)});

    StoredAuthorization stored;
    Authorization& z = stored.authorization;
    z.company = caller.company();
    z.customer = c->customer;
    z.partners = {c->receiver};
    z.cases = {c->id};
    stored.case_tokens = {c->token};
    z.purpose = agreement->purpose;
    z.classes = input.classes.both(agreement->permitted);
    z.not_before = context.now;
    z.until = context.now.plus_seconds(std::int64_t{agreement->emergency_hours} * 3'600);
    z.asked_until = context.now.plus_seconds(std::int64_t{30} * 86'400);
    z.emergency = true;
    z.state = AuthorizationState::granted;
    z.assurance = protocol::Assurance::attested;
    z.obtained_how = input.who + "; " + to_rfc3339(input.when) + "; " + input.how;
    z.decided_at = context.now;
    stored.decided_by = caller.principal.label();
    if (auto valid = check_authorization(txn, context, caller.company(), z); !valid)
        return refused<Answer>(std::move(record), valid.error());
    record.resources.clear();
    insert_new(txn, context, stored, "emergency", caller.principal.label(), record);
    record.resources.push_back({"case", std::to_string(c->id.value), c->version});
    record.customer = customer_section(stored);
    if (!ask_customer(txn, context, record, stored, contact, language_of(customer->customer, contact), true))
        return refused<Answer>(std::move(record),
                               {.kind = ErrorKind::wrong_state,
                                .code = "mail_off",
                                .message = "this gateway sends no mails, so the customer cannot be told at once",
                                .next_step = "the operator names a mail server: mail.server in its configuration"});
    return {Answer{std::move(stored), {c->id}}, std::move(record)};
}

// --- keys ---

namespace {

Result<CustomerKey> known_key(ReadTxn& txn, const Context& context, const Caller& caller, CustomerId customer,
                              const CustomerKeyName& name) {
    if (!store::find_customer(txn, context.tools.vault, caller.company(), customer)) return std::unexpected(customer_not_found());
    for (CustomerKey& key : store::customer_keys(txn, customer))
        if (key.issuer == name.issuer && key.key.kid == name.kid) return std::move(key);
    return fail(ErrorKind::not_found, "key_not_found", "this customer has no such key");
}

void about_key(audit::Record& record, const CustomerKey& key) {
    record.customer_owner = key.customer;
    record.resources.push_back({"customer", std::to_string(key.customer.value)});
    describe_key(record, key);
}

}  // namespace

Audited<CustomerKey> add_customer_key(Txn& txn, const Context& context, const Caller& caller, CustomerId customer,
                                      const CustomerKey& key) {
    audit::Record record = trust_record(caller, "customer.key.add", audit::activity_create);
    if (auto allowed = require(caller, Operation::customer_admin); !allowed)
        return refused<CustomerKey>(std::move(record), allowed.error());
    if (!store::find_customer(txn, context.tools.vault, caller.company(), customer))
        return refused<CustomerKey>(std::move(record), customer_not_found());
    CustomerKey wanted = key;
    wanted.customer = customer;
    auto added = brought_key(context, caller, std::move(wanted), [&](const std::string& kid) {
        return known_key(txn, context, caller, customer, {key.issuer, kid}).has_value();
    });
    if (!added) return refused<CustomerKey>(std::move(record), added.error());
    store::insert_customer_key(txn, *added);
    about_key(record, *added);
    return {std::move(*added), std::move(record)};
}

Audited<CustomerKey> confirm_customer_key(Txn& txn, const Context& context, const Caller& caller, CustomerId customer,
                                          const CustomerKeyName& name) {
    audit::Record record = trust_record(caller, "customer.key.confirm", audit::activity_update);
    if (auto allowed = require(caller, Operation::customer_confirm); !allowed)
        return refused<CustomerKey>(std::move(record), allowed.error());
    auto key = known_key(txn, context, caller, customer, name);
    if (!key) return refused<CustomerKey>(std::move(record), key.error());
    key = confirmed_key(context, caller, *std::move(key),
                        [&](const CustomerKey& one) { return store::confirm_customer_key(txn, one); });
    if (!key) return refused<CustomerKey>(std::move(record), key.error());
    about_key(record, *key);
    return {std::move(*key), std::move(record)};
}

Audited<CustomerKey> revoke_customer_key(Txn& txn, const Context& context, const Caller& caller, CustomerId customer,
                                         const CustomerKeyName& name) {
    audit::Record record = trust_record(caller, "customer.key.revoke", audit::activity_delete);
    if (auto allowed = require(caller, Operation::customer_admin); !allowed)
        return refused<CustomerKey>(std::move(record), allowed.error());
    auto key = known_key(txn, context, caller, customer, name);
    if (!key) return refused<CustomerKey>(std::move(record), key.error());
    if (store::revoke_customer_key(txn, *key, context.now)) key->revoked_at = context.now;  // once more changes nothing
    about_key(record, *key);
    return {std::move(*key), std::move(record)};
}

Result<std::vector<CustomerKey>> list_customer_keys(ReadTxn& txn, const Context& context, const Caller& caller,
                                                    CustomerId customer) {
    if (auto allowed = require(caller, Operation::customer_read); !allowed) return std::unexpected(allowed.error());
    if (!store::find_customer(txn, context.tools.vault, caller.company(), customer)) return std::unexpected(customer_not_found());
    return store::customer_keys(txn, customer);
}

}  // namespace entente::operations
