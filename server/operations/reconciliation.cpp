#include "server/operations/reconciliation.hpp"

#include <algorithm>

#include "protocol/canonical.hpp"
#include "server/audit/log/reader.hpp"
#include "server/operations/case_common.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/events.hpp"
#include "server/store/statements/evidence.hpp"

namespace entente::operations {

Result<Reconciliation> reconcile_crossings(ReadTxn& txn, const Caller& caller, const ReconcileAsked& asked) {
    const bool own_work = policy::may(caller.role(), policy::Operation::case_read);
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed && !own_work)
        return std::unexpected(allowed.error());
    if (!caller.company()) return fail(ErrorKind::forbidden, "no_company", "only a company has a statement of what it exchanged");
    constexpr int looked_at = 500;
    // Times of the log never fall: what lies before the period need not be gone through.
    const std::int64_t begin = store::first_index_at(txn, asked.from, audit::head(txn).size);
    auto all = store::crossings(txn, {.company = caller.company(),
                                      .partner = asked.partner,
                                      .from = asked.from,
                                      .until = asked.until,
                                      .first = std::max(asked.first, begin),
                                      .limit = looked_at});
    Reconciliation page;
    const auto taken = [](const store::Crossing& one) { return one.shown || one.acknowledged; };
    for (const store::Crossing& one : all) {
        ++(one.sent ? page.sent : page.received);
        if (!taken(one)) ++(one.sent ? page.sent_open : page.received_open);
    }
    // A page that the limit cut ends before the record that it cut.
    constexpr int one_record_max = 8;
    if (static_cast<int>(all.size()) > looked_at - one_record_max) page.next = all.back().index + 1;
    if (asked.open_only) std::erase_if(all, taken);
    page.crossings = std::move(all);
    return page;
}

Audited<Acknowledged> acknowledge_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                       std::optional<std::int64_t> through) {
    audit::Record record = record_of(caller, "case.acknowledge", audit::Class::api_activity, audit::activity_update);
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed)
        return refused<Acknowledged>(std::move(record), allowed.error());
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return refused<Acknowledged>(std::move(record), case_not_found(token));
    const std::int64_t newest = store::newest_position(txn);
    Acknowledged done{std::string(token), std::min(newest, through.value_or(newest)), context.now};
    store::acknowledge(txn, c->id, caller.company(), done.through, context.now);
    record.resources.push_back({"case", std::to_string(c->id.value), c->version});
    record.case_scope = c->id;
    record.parties = {c->submitter, c->receiver};
    record.decision =
        protocol::CanonicalObject{}.set("acknowledge", protocol::CanonicalObject{}.set("through", done.through)).text();
    return {std::move(done), std::move(record)};
}

}  // namespace entente::operations
