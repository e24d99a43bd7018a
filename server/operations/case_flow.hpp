#pragma once
// The flow of a case: held, open, frozen, ended (semantics 2). One function brings a case in line with what the gate says now;
// everything that turns a key calls it for the cases concerned.

#include <map>
#include <string>
#include <vector>

#include "server/operations/case_gate.hpp"
#include "server/operations/context.hpp"
#include "server/operations/sharing.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

enum class Moved { nothing, released, held_on, frozen, refused };

// Applies a judgement to a case that is not stored yet or is about to be updated: flow, view, epoch, deadline, notes. The caller
// stores `c`; system notes come back because they need the stored case.
struct FlowChange {
    Moved moved = Moved::nothing;
    std::vector<store::StoredNote> notes;
    std::vector<store::StoredResponse> responses;
    std::vector<WithheldField> withheld;
    std::map<std::string, int> masked;
    std::map<std::string_view, int> findings;  // by kind, also those that passed
    std::string detectors;                     // version that scanned, when something was shared
    std::int64_t sharing_rules = 0;            // the rules that counted; 0: the defaults
};
FlowChange apply_judgement(ReadTxn& txn, const Context& context, store::StoredCase& c, const Judgement& judgement);

// One operation per case: after a grant, a withdrawal, an agreement's change, or when time ran out. Records nothing and changes
// nothing when the flow already fits.
struct Reconciled {
    Moved moved = Moved::nothing;
    std::vector<audit::Record> records;
};
Reconciled reconcile_case(Txn& txn, const Context& context, protocol::CaseId id, std::string_view cause,
                          std::string_view request_id);

store::StoredNote system_note(const Context& context, const store::StoredCase& c, std::string summary, std::string description_html,
                              bool for_submitter, bool for_receiver);
// Gives the note its id and place and writes it.
void add_note_row(Txn& txn, const Context& context, const store::StoredCase& c, store::StoredNote& note);
void add_response_row(Txn& txn, const Context& context, const store::StoredCase& c, store::StoredResponse& response);

// The record's decision text: the gate's own, with what was withheld and masked beside it.
std::string decision_text(const Judgement& judgement, const FlowChange& change);

}  // namespace entente::operations
