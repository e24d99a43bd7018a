#include "server/store/statements/events.hpp"

#include <algorithm>

namespace entente::store {

using protocol::CompanyId;
using protocol::Event;
using protocol::EventSubject;
using protocol::Instant;

namespace {

#define ENTENTE_EVENT_COLUMNS \
    "v.company, v.idx, v.seq, v.id, v.kind, v.case_id, v.side, v.partner, v.actor, v.subject_type, v.subject, v.time"
constexpr int event_columns = 12;

Event read_event(const Row& row) {
    Event event;
    event.company = {row.number(0)};
    event.cursor = row.number(1);
    event.ordinal = row.number(2);
    const Bytes id = row.bytes(3);
    std::copy_n(id.begin(), std::min(id.size(), event.id.size()), event.id.begin());
    // A word of a newer schema is told as the least that is certain: the case changed.
    event.kind = protocol::parse_event_kind(row.text(4)).value_or(protocol::EventKind::case_updated);
    event.case_id = {row.number(5)};
    event.side = protocol::parse_side(row.text(6)).value_or(protocol::Side::receiver);
    event.partner = {row.number(7)};
    event.by = {row.number(8)};
    event.subject = {protocol::parse_event_subject(row.text(9)).value_or(EventSubject::Type::none), row.number(10)};
    event.time = Instant{row.number(11)};
    return event;
}

#define ENTENTE_EVENT_WITH_CASE                                                 \
    "SELECT " ENTENTE_EVENT_COLUMNS                                             \
    ", c.token, c.flow, c.agreement, c.authorization_id, n.token FROM events v" \
    " LEFT JOIN cases c ON c.id = v.case_id LEFT JOIN notes n ON n.id = v.subject AND v.subject_type = 'note'"

StoredEvent read_with_case(const Row& row) {
    StoredEvent stored;
    stored.view.event = read_event(row);
    if (!row.is_null(event_columns)) {
        stored.view.case_token = row.text(event_columns);
        stored.flow = protocol::parse_flow(row.text(event_columns + 1)).value_or(protocol::Flow::ended);
        stored.agreement = {row.number(event_columns + 2)};
        stored.authorization = {row.number(event_columns + 3)};
    }
    if (!row.is_null(event_columns + 4)) stored.view.note_token = row.text(event_columns + 4);
    return stored;
}

}  // namespace

std::vector<StoredEvent> events_after(ReadTxn& txn, CompanyId company, std::int64_t cursor, int limit) {
    // The last position of the page first, so that no record is told by half.
    const auto last = txn.first("SELECT idx FROM events WHERE company = $1 AND idx > $2 ORDER BY idx, seq LIMIT 1 OFFSET $3",
                                {company.value, cursor, limit - 1}, [](const Row& row) { return row.number(0); });
    std::vector<StoredEvent> events;
    txn.each(ENTENTE_EVENT_WITH_CASE " WHERE v.company = $1 AND v.idx > $2 AND v.idx <= $3 ORDER BY v.idx, v.seq",
             {company.value, cursor, last.value_or(std::int64_t{1} << 62)},
             [&](const Row& row) { events.push_back(read_with_case(row)); });
    return events;
}

std::vector<Event> events_to_plan(ReadTxn& txn, std::int64_t after, int limit) {
    const auto last = txn.first("SELECT idx FROM events WHERE idx > $1 ORDER BY idx, seq LIMIT 1 OFFSET $2", {after, limit - 1},
                                [](const Row& row) { return row.number(0); });
    std::vector<Event> events;
    txn.each("SELECT " ENTENTE_EVENT_COLUMNS " FROM events v WHERE v.idx > $1 AND v.idx <= $2 ORDER BY v.idx, v.seq",
             {after, last.value_or(std::int64_t{1} << 62)}, [&](const Row& row) { events.push_back(read_event(row)); });
    return events;
}

std::optional<StoredEvent> find_event(ReadTxn& txn, CompanyId company, std::int64_t cursor, std::int64_t ordinal) {
    return txn.first(ENTENTE_EVENT_WITH_CASE " WHERE v.company = $1 AND v.idx = $2 AND v.seq = $3",
                     {company.value, cursor, ordinal}, read_with_case);
}

std::vector<Event> events_between(ReadTxn& txn, CompanyId company, Instant from, Instant to, std::int64_t after, int limit) {
    std::vector<Event> events;
    txn.each("SELECT " ENTENTE_EVENT_COLUMNS
             " FROM events v WHERE v.company = $1 AND v.time >= $2 AND v.time < $3 AND v.idx > $4 ORDER BY v.idx, v.seq LIMIT $5",
             {company.value, from.us, to.us, after, limit}, [&](const Row& row) { events.push_back(read_event(row)); });
    return events;
}

std::int64_t newest_position(ReadTxn& txn) {
    return txn.first("SELECT size FROM audit_head WHERE id = 1", {}, [](const Row& row) { return row.number(0) - 1; }).value_or(-1);
}

}  // namespace entente::store
