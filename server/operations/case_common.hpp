#pragma once
// Steps that the case operations share. Not for use outside of operations/.

#include <initializer_list>

#include "server/operations/case_flow.hpp"
#include "server/operations/case_view.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/sharing.hpp"

namespace entente::operations {

struct Opened {
    store::StoredCase c;
    protocol::Side side = protocol::Side::submitter;
    bool reviewed = false;  // a second person let exactly these words pass
};

Error case_not_found(std::string_view token);
Error gate_closed(const store::StoredCase& c);

// Who takes a step in a case is told about it from then on (operations/mail), unless a person chose otherwise.
void follow(Txn& txn, const Context& context, const Caller& caller, protocol::CaseId id);

// The case, for a caller who may write: scope, role. Locks it until the transaction ends.
Result<Opened> open_for_write(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              audit::Record& record);

// `words`: the step carries content, so a frozen case refuses it.
Result<protocol::CaseStatus> step(ReadTxn& txn, const Context& context, const Opened& opened, protocol::CaseAction action,
                                  bool words);

// Who acts, as the other side may learn after acceptance.
protocol::UserView person_of(ReadTxn& txn, const Tools& tools, const Caller& caller);

std::string full_name(const protocol::UserView& person);

// Saves the case one version on and answers with the caller's view.
Audited<CaseRead> saved(Txn& txn, const Context& context, Opened opened, audit::Record record);

// Writes a note of the caller's, masked for the other side; the caller saves the case.
store::StoredNote write_note(Txn& txn, const Context& context, const Caller& caller, Opened& opened, const protocol::NewNote& input,
                             audit::Record& record);

// What reading this side's view of the case shows now.
Shown shown_of(ReadTxn& txn, const store::StoredCase& c, protocol::Side side, Instant now);

// Names the case and its parties in the record.
void about(audit::Record& record, const store::StoredCase& c);

// A mail address on the company's registered domain or below it.
bool on_domain(std::string_view mail, std::string_view domain);

// What the rules and labels of the caller's side say against these words; nothing when they may cross. Marks `opened` when they
// hold something that a second person has let pass.
std::optional<Error> objection_to(ReadTxn& txn, const Context& context, const Caller& caller, Opened& opened,
                                  std::initializer_list<std::string_view> words);
// What of the case's words goes, stays back, or is masked as the judgement has it.
void explain_words(ReadTxn& txn, const Context& context, const store::StoredCase& c, const Judgement& judgement, GateView& gate);

void note_masking(audit::Record& record, const Sharer& sharer);

}  // namespace entente::operations
