#include "server/operations/case_links.hpp"

#include <algorithm>

#include "protocol/reader.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::CompanyId;
using protocol::Side;
using store::StoredCase;

namespace {

struct Pair {
    StoredCase one;
    StoredCase other;
    Side side = Side::submitter;
};

bool sees(const StoredCase& c, CompanyId company) {
    return c.submitter == company || (c.receiver == company && c.released_at);
}

Error no_such_case() {
    std::vector<protocol::Violation> violations;
    violations.push_back({"/case", "not_allowed", "must be the token of another case that your company takes part in"});
    return protocol::invalid_members(std::move(violations));
}

Result<Pair> both(Txn& txn, const Context& context, const Caller& caller, std::string_view token, const LinkInput& input,
                  audit::Record& record) {
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return std::unexpected(std::move(opened.error()));
    if (input.other == opened->c.token) return std::unexpected(no_such_case());
    txn.lock("case/" + input.other);
    auto other = store::find_case(txn, context.tools.vault, input.other, caller.company());
    if (!other || other->erased) return std::unexpected(no_such_case());
    return Pair{std::move(opened->c), *std::move(other), opened->side};
}

// The record and the events go to those who know both cases.
void save(Txn& txn, const Context& context, Pair& pair, protocol::EventKind event, audit::Record& record) {
    std::erase_if(record.parties, [&](CompanyId party) { return !sees(pair.other, party); });
    record.resources.push_back({"case", std::to_string(pair.other.id.value), pair.other.version + 1});
    for (StoredCase* c : {&pair.one, &pair.other}) {
        const StoredCase& partner = c == &pair.one ? pair.other : pair.one;
        if (sees(partner, c->submitter)) announce(context, record, *c, event, Audience::submitter);
        if (sees(partner, c->receiver)) announce(context, record, *c, event, Audience::receiver);
        ++c->version;
        c->updated_at = context.now;
        if (!store::update_case(txn, context.tools.vault, *c)) throw protocol::Fault("case moved during its own operation");
    }
    record.resources.front().version = pair.one.version;
}

}  // namespace

Audited<Timeline> link_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                            const LinkInput& input) {
    audit::Record record = record_of(caller, "case.link", audit::Class::api_activity, audit::activity_update);
    auto pair = both(txn, context, caller, token, input, record);
    if (!pair) return refused<Timeline>(std::move(record), pair.error());
    if (!store::insert_link(txn, pair->one.id, {pair->other.id, input.kind, caller.company(), context.now}))
        return refused<Timeline>(
            std::move(record),
            {.kind = ErrorKind::wrong_state, .code = "wrong_state", .message = "the two cases are linked in this way already"});
    record.reason = name(input.kind);
    save(txn, context, *pair, protocol::EventKind::case_linked, record);
    return {timeline_of(txn, context, pair->one, pair->side), std::move(record)};
}

Audited<Timeline> unlink_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const LinkInput& input) {
    audit::Record record = record_of(caller, "case.unlink", audit::Class::api_activity, audit::activity_update);
    auto pair = both(txn, context, caller, token, input, record);
    if (!pair) return refused<Timeline>(std::move(record), pair.error());
    if (!store::delete_link(txn, pair->one.id, pair->other.id, input.kind))
        return refused<Timeline>(
            std::move(record),
            {.kind = ErrorKind::wrong_state, .code = "wrong_state", .message = "the two cases are not linked in this way"});
    record.reason = name(input.kind);
    save(txn, context, *pair, protocol::EventKind::case_unlinked, record);
    return {timeline_of(txn, context, pair->one, pair->side), std::move(record)};
}

}  // namespace entente::operations
