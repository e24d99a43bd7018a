#pragma once
// Statements about the life of cases: facts, intervals, timers, links. All of it is clear: ids, codes and times.

#include <optional>
#include <vector>

#include "protocol/case_life.hpp"
#include "protocol/case_link.hpp"
#include "protocol/case_timer.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// Nothing for a case that was opened before its life was kept.
std::optional<protocol::Life> find_life(ReadTxn& txn, protocol::CaseId id);
// Writes the facts and the intervals from position `from` on; what is before has not changed.
void save_life(Txn& txn, protocol::CaseId id, const protocol::Life& life, std::size_t from);

// --- what both dialects show of it ---
void set_reminder_sent(Txn& txn, protocol::CaseId id);
// Ids above `after`, of cases that the company takes part in; without a company, of all.
std::vector<protocol::CaseId> cases_in_order(ReadTxn& txn, protocol::CompanyId company, protocol::CaseId after, std::int64_t limit);
// The same for cases opened in [from, until).
std::vector<protocol::CaseId> cases_opened_between(ReadTxn& txn, protocol::CompanyId company, protocol::Instant from,
                                                   protocol::Instant until, protocol::CaseId after, std::int64_t limit);
void set_feedback_requested(Txn& txn, protocol::CaseId id, bool requested);
void set_content_removed(Txn& txn, protocol::CaseId id);
void set_department(Txn& txn, protocol::CaseId id, protocol::DepartmentId department);
void set_proactive(Txn& txn, protocol::CaseId id, std::string_view reason);

// --- timers ---
struct DueTimer {
    protocol::CaseId case_id;
    protocol::TimerKind kind = protocol::TimerKind::reminder;
    protocol::Instant due;
};
// Arms the case's timer of this kind for `due`, or takes it back; an armed one moves.
void arm_timer(Txn& txn, protocol::CaseId id, protocol::TimerKind kind, std::optional<protocol::Instant> due);
std::optional<protocol::Instant> timer_due(ReadTxn& txn, protocol::CaseId id, protocol::TimerKind kind);
// The next armed timers of all cases that are due, earliest first.
std::vector<DueTimer> due_timers(ReadTxn& txn, protocol::Instant now, int limit);
// True for exactly one caller: the timer was armed for this very moment and is now fired.
bool claim_timer(Txn& txn, const DueTimer& timer, protocol::Instant now);

// --- links ---
struct StoredLink {
    protocol::CaseId other;
    protocol::LinkKind kind = protocol::LinkKind::depends_on;
    protocol::CompanyId company;  // who linked them
    protocol::Instant created_at;
};
// Both directions. False: there is such a link already.
bool insert_link(Txn& txn, protocol::CaseId id, const StoredLink& link);
bool delete_link(Txn& txn, protocol::CaseId id, protocol::CaseId other, protocol::LinkKind kind);
std::vector<StoredLink> links_of(ReadTxn& txn, protocol::CaseId id);

}  // namespace entente::store
