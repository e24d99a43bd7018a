// Legal holds: two people place one, two people lift it, and it is visible to everybody who may order an erasure.

#include "protocol/canonical.hpp"
#include "server/operations/erasure_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using store::HoldState;
using store::HoldSubject;
using store::LegalHold;

namespace {

Error hold_not_found() {
    return {.kind = ErrorKind::not_found, .code = "hold_not_found", .message = "there is no such legal hold of your company"};
}

void about(audit::Record& record, const LegalHold& hold) {
    record.parties = {hold.company};
    record.resources.push_back({"hold", std::to_string(hold.id)});
    record.resources.push_back({std::string(name(hold.subject)), std::to_string(hold.subject_id)});
    if (hold.subject == HoldSubject::case_alone) record.case_scope = {hold.subject_id};
    record.decision = protocol::CanonicalObject().set("scope", name(hold.subject)).set("state", name(hold.state)).text();
}

Result<std::int64_t> subject_of(ReadTxn& txn, const Context& context, const Caller& caller, const HoldInput& input) {
    switch (input.subject) {
        case HoldSubject::case_alone:
            return own_case_id(txn, caller, input.token);
        case HoldSubject::customer:
            return own_customer_id(txn, context, caller, input.subject_id);
        case HoldSubject::person:
            return own_person_id(txn, context, caller, input.subject_id);
        case HoldSubject::company:
            break;
    }
    return caller.company().value;
}

}  // namespace

Audited<LegalHold> place_hold(Txn& txn, const Context& context, const Caller& caller, const HoldInput& input) {
    audit::Record record = erasure_record(caller, "hold.place", audit::activity_create);
    if (auto allowed = require(caller, Operation::erasure_order); !allowed)
        return refused<LegalHold>(std::move(record), allowed.error());
    const auto subject = subject_of(txn, context, caller, input);
    if (!subject) return refused<LegalHold>(std::move(record), subject.error());
    LegalHold hold;
    hold.id = store::fresh_id(txn, "legal_holds", [&] { return context.tools.draw(); });
    hold.company = caller.company();
    hold.subject = input.subject;
    hold.subject_id = *subject;
    hold.placed_by = caller.principal.label();
    hold.placed_at = context.now;
    hold.reason = input.reason;
    store::insert_hold(txn, context.tools.vault, hold);
    about(record, hold);
    return {std::move(hold), std::move(record)};
}

Audited<LegalHold> confirm_hold(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = erasure_record(caller, "hold.confirm", 8);
    if (auto allowed = require(caller, Operation::erasure_order); !allowed)
        return refused<LegalHold>(std::move(record), allowed.error());
    auto hold = store::find_hold(txn, context.tools.vault, caller.company(), id);
    if (!hold) return refused<LegalHold>(std::move(record), hold_not_found());
    if (hold->state != HoldState::proposed)
        return refused<LegalHold>(std::move(record), wrong_state("this hold is " + std::string(name(hold->state)) + " already"));
    if (hold->placed_by == caller.principal.label())
        return refused<LegalHold>(std::move(record), second_person("who placed a hold cannot confirm it"));
    hold->state = HoldState::in_force;
    hold->confirmed_by = caller.principal.label();
    hold->confirmed_at = context.now;
    store::update_hold(txn, *hold);
    about(record, *hold);
    return {std::move(*hold), std::move(record)};
}

Audited<LegalHold> lift_hold(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = erasure_record(caller, "hold.lift", 9);
    if (auto allowed = require(caller, Operation::erasure_order); !allowed)
        return refused<LegalHold>(std::move(record), allowed.error());
    auto hold = store::find_hold(txn, context.tools.vault, caller.company(), id);
    if (!hold) return refused<LegalHold>(std::move(record), hold_not_found());
    const std::string who = caller.principal.label();
    switch (hold->state) {
        case HoldState::lifted:
            return refused<LegalHold>(std::move(record), wrong_state("this hold is lifted already"));
        case HoldState::in_force:
            hold->state = HoldState::lifting;
            hold->lift_by = who;
            hold->lift_at = context.now;
            break;
        case HoldState::lifting:
            if (hold->lift_by == who)
                return refused<LegalHold>(std::move(record), second_person("who asked for the end of a hold cannot agree to it"));
            [[fallthrough]];
        case HoldState::proposed:
            hold->state = HoldState::lifted;
            hold->lifted_by = who;
            hold->lifted_at = context.now;
            break;
    }
    store::update_hold(txn, *hold);
    about(record, *hold);
    return {std::move(*hold), std::move(record)};
}

Result<std::vector<LegalHold>> list_holds(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::erasure_read); !allowed) return std::unexpected(allowed.error());
    auto holds = store::holds_of(txn, context.tools.vault, caller.company());
    if (caller.is_operator())
        for (LegalHold& hold : holds) hold.reason.clear();  // people's words are the company's
    return holds;
}

}  // namespace entente::operations
