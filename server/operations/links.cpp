#include "server/operations/links.hpp"

#include <algorithm>

#include "protocol/reader.hpp"
#include "server/store/statements/links.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::CompanyId;
using protocol::SeverityLink;

namespace {

Error no_link(CompanyId partner) {
    return {.kind = ErrorKind::not_found,
            .code = "link_not_found",
            .message = "your company has no agreement with company " + std::to_string(partner.value),
            .next_step = "entente agreement list"};
}

bool linked(ReadTxn& txn, CompanyId company, CompanyId partner) {
    return company && company != partner && !store::agreements_between(txn, company, partner).empty();
}

Error invalid_map(std::string pointer, std::string message) {
    return protocol::invalid_members({{std::move(pointer), "not_allowed", std::move(message)}});
}

Result<void> check(const LinkChange& change) {
    if (!change.map.keeps_order())
        return std::unexpected(invalid_map("/levels", "a more urgent severity must not have a less urgent priority"));
    if (!change.map.keeps_priorities())
        return std::unexpected(invalid_map("/fromPriority", "each priority must come back as itself through its severity"));
    for (const auto severity : protocol::severities)
        if (const auto first = change.own.find(change.own.of(severity)); first && *first != severity)
            return std::unexpected(invalid_map("/levels", "two severities must not have the same name"));
    return {};
}

}  // namespace

Result<std::vector<SeverityLink>> list_links(ReadTxn& txn, const Caller& caller) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    return store::links_of(txn, caller.company());
}

Result<SeverityLink> read_link(ReadTxn& txn, const Caller& caller, CompanyId partner) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    if (!linked(txn, caller.company(), partner)) return std::unexpected(no_link(partner));
    return store::find_link(txn, caller.company(), partner);
}

Audited<SeverityLink> change_link(Txn& txn, const Context& context, const Caller& caller, CompanyId partner,
                                  const LinkChange& change) {
    audit::Record record = record_of(caller, "link.change", audit::Class::entity_management, audit::activity_update);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<SeverityLink>(std::move(record), allowed.error());
    if (!linked(txn, caller.company(), partner)) return refused<SeverityLink>(std::move(record), no_link(partner));
    if (auto valid = check(change); !valid) return refused<SeverityLink>(std::move(record), valid.error());
    txn.lock("link/" + std::to_string(std::min(caller.company().value, partner.value)) + "/" +
             std::to_string(std::max(caller.company().value, partner.value)));
    SeverityLink link = store::find_link(txn, caller.company(), partner);
    link.map = change.map;
    link.own = change.own;
    ++link.version;
    store::save_link(txn, caller.company(), link, context.now);
    record.parties = {caller.company(), partner};
    record.resources.push_back({"link", std::to_string(partner.value), link.version});
    return {std::move(link), std::move(record)};
}

Result<Grading> grade(ReadTxn& txn, CompanyId speaker, CompanyId other, std::optional<protocol::Severity> severity,
                      std::string_view severity_name, protocol::Priority priority) {
    const SeverityLink link = store::find_link(txn, speaker, other);
    if (!severity_name.empty()) {
        const auto named = link.own.find(severity_name);
        if (!named) return std::unexpected(invalid_map("/severityName", "your company has no severity of that name on this link"));
        if (severity && *severity != *named)
            return std::unexpected(invalid_map("/severityName", "names another severity than the member severity"));
        severity = named;
    }
    if (severity) return Grading{*severity, link.map.priority_of(*severity)};
    return Grading{link.map.severity_of(priority), priority};
}

}  // namespace entente::operations
