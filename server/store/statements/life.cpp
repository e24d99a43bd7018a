#include "server/store/statements/life.hpp"

namespace entente::store {

using protocol::CaseId;
using protocol::Instant;
using protocol::Interval;
using protocol::Life;
using protocol::Side;
using protocol::TimerKind;

namespace {

std::string_view side_text(const std::optional<Side>& side) {
    return side ? name(*side) : std::string_view{};
}

std::optional<std::int64_t> us(const std::optional<Instant>& instant) {
    return instant ? std::optional(instant->us) : std::nullopt;
}

std::optional<Instant> maybe_instant(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Instant{row.number(column)};
}

Interval read_interval(const Row& row) {
    Interval interval;
    const auto owner = protocol::parse_case_owner(row.text(0));
    const auto work = protocol::parse_case_work(row.text(1));
    if (!owner || !work) throw protocol::Fault("an interval of a case is of a newer kind than this program knows");
    interval.turn = {*owner, *work};
    interval.reason = row.text(2);
    interval.start = {row.number(3)};
    interval.end = maybe_instant(row, 4);
    interval.paused_by = protocol::parse_side(row.text(5));
    interval.until = maybe_instant(row, 6);
    interval.contested = row.number(7) != 0;
    return interval;
}

}  // namespace

std::optional<Life> find_life(ReadTxn& txn, CaseId id) {
    const auto facts = txn.first("SELECT facts FROM case_life WHERE case_id = $1", {id.value},
                                 [](const Row& row) { return protocol::parse_facts(row.text(0)); });
    if (!facts || !*facts) return std::nullopt;
    Life life;
    life.facts = **facts;
    txn.each(
        "SELECT owner, work, reason, start_at, end_at, paused_by, until_at, contested FROM case_intervals WHERE case_id = $1"
        " ORDER BY position",
        {id.value}, [&](const Row& row) { life.intervals.push_back(read_interval(row)); });
    if (life.intervals.empty()) throw protocol::Fault("a case has a life without an interval");
    return life;
}

void save_life(Txn& txn, CaseId id, const Life& life, std::size_t from) {
    txn.change("INSERT INTO case_life (case_id, facts) VALUES ($1, $2) ON CONFLICT (case_id) DO UPDATE SET facts = excluded.facts",
               {id.value, protocol::facts_text(life.facts)});
    for (std::size_t position = from; position < life.intervals.size(); ++position) {
        const Interval& interval = life.intervals[position];
        txn.change(
            "INSERT INTO case_intervals (case_id, position, owner, work, reason, start_at, end_at, paused_by, until_at, contested)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (case_id, position) DO UPDATE SET owner = "
            "excluded.owner,"
            " work = excluded.work, reason = excluded.reason, start_at = excluded.start_at, end_at = excluded.end_at,"
            " paused_by = excluded.paused_by, until_at = excluded.until_at, contested = excluded.contested",
            {id.value, static_cast<std::int64_t>(position), name(interval.turn.owner), name(interval.turn.work), interval.reason,
             interval.start.us, us(interval.end), side_text(interval.paused_by), us(interval.until), interval.contested});
    }
}

std::vector<CaseId> cases_in_order(ReadTxn& txn, protocol::CompanyId company, CaseId after, std::int64_t limit) {
    std::vector<CaseId> ids;
    txn.each(
        "SELECT id FROM cases WHERE id > $1 AND (CAST($2 AS BIGINT) = 0 OR submitter = $2 OR (receiver = $2 AND released_at IS NOT"
        " NULL)) ORDER BY id LIMIT $3",
        {after.value, company.value, limit}, [&](const Row& row) { ids.push_back({row.number(0)}); });
    return ids;
}

std::vector<CaseId> cases_opened_between(ReadTxn& txn, protocol::CompanyId company, Instant from, Instant until, CaseId after,
                                         std::int64_t limit) {
    std::vector<CaseId> ids;
    txn.each(
        "SELECT id FROM cases WHERE id > $1 AND (submitter = $2 OR (receiver = $2 AND released_at IS NOT NULL))"
        " AND created_at >= $3 AND created_at < $4 ORDER BY id LIMIT $5",
        {after.value, company.value, from.us, until.us, limit}, [&](const Row& row) { ids.push_back({row.number(0)}); });
    return ids;
}

void set_reminder_sent(Txn& txn, CaseId id) {
    txn.change("UPDATE cases SET reminder_sent = 1 WHERE id = $1", {id.value});
}

void set_feedback_requested(Txn& txn, CaseId id, bool requested) {
    txn.change("UPDATE cases SET feedback_requested = $2 WHERE id = $1", {id.value, requested});
}

void set_content_removed(Txn& txn, CaseId id) {
    txn.change("UPDATE cases SET content_removed = 1 WHERE id = $1", {id.value});
}

void set_department(Txn& txn, CaseId id, protocol::DepartmentId department) {
    txn.change("UPDATE cases SET department = $2 WHERE id = $1", {id.value, department.value});
}

void set_proactive(Txn& txn, CaseId id, std::string_view reason) {
    txn.change("UPDATE cases SET proactive = $2 WHERE id = $1", {id.value, reason});
}

void arm_timer(Txn& txn, CaseId id, TimerKind kind, std::optional<Instant> due) {
    if (!due) {
        txn.change("UPDATE timers SET due_at = NULL WHERE case_id = $1 AND kind = $2 AND due_at IS NOT NULL",
                   {id.value, name(kind)});
        return;
    }
    txn.change(
        "INSERT INTO timers (case_id, kind, due_at, fired, fired_at) VALUES ($1, $2, $3, 0, NULL) ON CONFLICT (case_id, kind)"
        " DO UPDATE SET due_at = excluded.due_at",
        {id.value, name(kind), due->us});
}

std::optional<Instant> timer_due(ReadTxn& txn, CaseId id, TimerKind kind) {
    return txn.first("SELECT due_at FROM timers WHERE case_id = $1 AND kind = $2 AND due_at IS NOT NULL", {id.value, name(kind)},
                     [](const Row& row) { return Instant{row.number(0)}; });
}

std::vector<DueTimer> due_timers(ReadTxn& txn, Instant now, int limit) {
    std::vector<DueTimer> found;
    txn.each(
        "SELECT case_id, kind, due_at FROM timers WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, case_id, kind"
        " LIMIT $2",
        {now.us, limit}, [&](const Row& row) {
            if (const auto kind = protocol::parse_timer_kind(row.text(1)))
                found.push_back({{row.number(0)}, *kind, {row.number(2)}});
        });
    return found;
}

bool claim_timer(Txn& txn, const DueTimer& timer, Instant now) {
    return txn.change(
               "UPDATE timers SET due_at = NULL, fired = fired + 1, fired_at = $4 WHERE case_id = $1 AND kind = $2 AND due_at = $3",
               {timer.case_id.value, name(timer.kind), timer.due.us, now.us}) == 1;
}

bool insert_link(Txn& txn, CaseId id, const StoredLink& link) {
    constexpr std::string_view sql =
        "INSERT INTO case_links (case_id, other, kind, company, created_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (case_id, other, kind) DO NOTHING";
    if (txn.change(sql, {id.value, link.other.value, name(link.kind), link.company.value, link.created_at.us}) == 0) return false;
    txn.change(sql, {link.other.value, id.value, name(protocol::reverse(link.kind)), link.company.value, link.created_at.us});
    return true;
}

bool delete_link(Txn& txn, CaseId id, CaseId other, protocol::LinkKind kind) {
    constexpr std::string_view sql = "DELETE FROM case_links WHERE case_id = $1 AND other = $2 AND kind = $3";
    if (txn.change(sql, {id.value, other.value, name(kind)}) == 0) return false;
    txn.change(sql, {other.value, id.value, name(protocol::reverse(kind))});
    return true;
}

std::vector<StoredLink> links_of(ReadTxn& txn, CaseId id) {
    std::vector<StoredLink> links;
    txn.each("SELECT other, kind, company, created_at FROM case_links WHERE case_id = $1 ORDER BY created_at, other, kind",
             {id.value}, [&](const Row& row) {
                 if (const auto kind = protocol::parse_link_kind(row.text(1)))
                     links.push_back({{row.number(0)}, *kind, {row.number(2)}, {row.number(3)}});
             });
    return links;
}

}  // namespace entente::store
