#pragma once
// What partners do with cases: open, read, list, answer, note, close (contract sections 9 to 13, semantics 2 and 3).
//
// Writing operations return the caller's view of the case as it is afterwards, because every lifecycle call answers with it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/case_machine.hpp"
#include "protocol/collaboration.hpp"
#include "server/operations/case_gate.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

// What a reader was shown, for first sight and counts.
struct Shown {
    protocol::CaseId id;
    std::int64_t version = 0;
    std::int64_t gate_epoch = 0;
    bool internal = false;  // the reader's own internal notes about the case; their number is the version
    // Not: states, times and the reader's own words alone, as of a frozen case or of its timeline. No disclosure, and no sight of
    // what the other side wrote.
    bool words = true;
    // Cases have positive ids; what a company keeps about one is counted beside it.
    protocol::CaseId key() const { return {internal ? -id.value : id.value}; }
    // Under whose name it is remembered what this principal was shown: facts apart from words.
    std::string seen_by(std::string_view principal) const { return std::string(principal) + (words ? "" : "/facts"); }
};

struct CaseRead {
    protocol::CaseView view;
    Shown shown;
};

Audited<CaseRead> open_case(Txn& txn, const Context& context, const Caller& caller, const protocol::NewCase& input);

// What a repeated request made, as it is today; nothing when the caller may not know it (any more).
std::optional<CaseRead> reread_case(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId id);

// `removed_notes`: with what is left of notes whose content was removed.
Result<CaseRead> read_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token,
                           bool removed_notes = false);

struct CaseList {
    protocol::Page<protocol::CaseView> page;
    std::vector<Shown> shown;
};
Result<CaseList> list_cases(ReadTxn& txn, const Context& context, const Caller& caller, const protocol::CaseFilter& filter);

// The list of the own API: cases without notes and answers, in a stable order.
struct CasePart {
    std::vector<protocol::CaseView> cases;
    std::vector<Shown> shown;
    std::optional<protocol::CaseQuery::Place> next;  // where the next page begins, when there is one
};
Result<CasePart> query_cases(ReadTxn& txn, const Context& context, const Caller& caller, const protocol::CaseQuery& query);

struct NoteList {
    std::vector<protocol::NoteView> notes;
    Shown shown;
};
Result<NoteList> list_notes(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token,
                            const protocol::NoteFilter& filter);

Audited<CaseRead> approve_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                               const protocol::Approval& input, bool update);
Audited<CaseRead> reject_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::Rejection& input);
Audited<CaseRead> request_information(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                      const protocol::InformationRequest& input);
Audited<CaseRead> provide_information(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                      const protocol::InformationResponse& input);
Audited<CaseRead> close_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token);
Audited<CaseRead> change_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::CaseChange& input);

struct NoteWritten {
    protocol::NoteView note;
    Shown shown;
};
// Notes of both kinds as the own API lists them: shared ones and the caller's company's internal ones, in the order of writing.
struct AllNotes {
    std::vector<protocol::NoteView> notes;
    std::vector<Shown> shown;
};
Result<AllNotes> all_notes(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token, bool removed_notes);
// For the own company only: the case does not move, and the other side learns nothing of it.
Audited<NoteWritten> add_internal_note(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                       const protocol::NewNote& input);

std::optional<NoteWritten> reread_internal_note(ReadTxn& txn, const Context& context, const Caller& caller, protocol::NoteId id);
std::optional<NoteWritten> reread_note(ReadTxn& txn, const Context& context, const Caller& caller, protocol::NoteId id);
Audited<NoteWritten> add_note(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::NewNote& input);

// --- beyond the contract ---

// Says which customer a held case is about. Not the person who opened it: a second pair of eyes (semantics 1).
Audited<protocol::CaseId> pick_customer(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                        protocol::CustomerId customer);

struct GateView {
    store::StoredCase facts;  // without words
    policy::Decision decision;
    std::vector<std::pair<std::string, std::string>> withheld;  // label, reason
    std::vector<std::pair<std::string, int>> masked;            // data class, values
    std::vector<std::string> released;                          // labels of the fields that go at once
    bool full = false;                                          // the submitter sees everything, the receiver flow and verdict
    Shown shown;
};
Result<GateView> explain_gate(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

// What would happen if this request were posted, without doing it: verdict, reason, what would be withheld and masked, the shared
// view's fields. Nothing of it is kept. The agreement's refusal is an answer here, not an error.
Result<GateView> preview_decision(ReadTxn& txn, const Context& context, const Caller& caller, const protocol::NewCase& input);

// The case as the receiver sees it, or would see it if it were released with what the agreement permits.
Result<CaseRead> preview_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

// --- first sight (semantics 6) ---
// One record per partner, or several of a long list: a company that is party to one case must not learn from the record of a list
// that there are others.
std::vector<audit::Record> disclosure_records(ReadTxn& txn, const Caller& caller, const std::string& operation,
                                              const std::vector<Shown>& shown);
// The case that the record shows, and its parties.
void name_shown(ReadTxn& txn, audit::Record& record, const Shown& shown);
// What the partner is shown for the first time, into the register of disclosures (readers.hpp). Not `taken`: a part of it.
void note_disclosures(Txn& txn, const Context& context, const Caller& caller, const std::string& operation,
                      const std::vector<Shown>& shown, bool taken = true);
// An earlier answer that is given again shows the case as it is now: `record` is the record of the repeat.
void note_repeat(Txn& txn, const Context& context, const Caller& caller, audit::Record& record, const Shown& shown);
// The author of a change has seen what it answered with: the next read of that version is counted, not recorded again.
void note_author(Txn& txn, const Context& context, const Caller& caller, const Audited<CaseRead>& done);
// When somebody asks for a case that exists but is none of theirs: the record of it, for the case's own side. Nothing for a token
// that names no case. The asking company is no party to the record: it must not learn that the case exists.
std::optional<audit::Record> refused_access(ReadTxn& txn, const Caller& caller, std::string_view token, std::string_view operation);

// False when the case moved since it was read: the read must be run again.
bool still_current(ReadTxn& txn, const Shown& shown);

}  // namespace entente::operations
