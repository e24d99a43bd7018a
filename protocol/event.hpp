#pragma once
// Events: what happened to a case, told to one company at a time.
//
// An event is never made by itself: it belongs to the audit record of a change and its position (cursor) is that record's index, so
// it exists if and only if the change was committed. One record may hold several; they are ordered by `ordinal` and one cursor
// never covers half of them. What the outside calls an event is spelled by dialects: webhooks v1 and v2 of the contract by
// protocol/connect/events, our own feed by name().

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/collaboration.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

// Closed, but easy to extend: one enumerator here and one row in event.cpp. Names are stable once released.
enum class EventKind : std::uint8_t {
    case_created,
    case_updated,
    case_accepted,
    case_acceptance_updated,
    case_rejected,
    information_requested,
    information_provided,
    note_created,
    case_closed,
    // flow (semantics 2)
    case_held,
    case_released,
    case_frozen,
    // life (semantics 10)
    case_moved,
    fix_offered,
    fix_confirmed,
    fix_rejected,
    case_reopened,
    case_rerouted,
    case_escalated,
    case_paused,
    case_pause_contested,
    case_resumed,
    case_withdrawn,
    case_linked,
    case_unlinked,
    // clocks
    reminder_sent,
    target_missed,
    feedback_requested,
    feedback_given,
    content_removed,
    // no case: an agreement was offered, accepted, changed, or a change was announced or took effect
    agreement_changed,
};
inline constexpr int event_kind_count = 31;

std::string_view name(EventKind kind);  // case.created, note.created, ...
std::optional<EventKind> parse_event_kind(std::string_view text);

// What an event is about beside its case.
struct EventSubject {
    enum class Type : std::uint8_t { none, note, response, agreement };
    Type type = Type::none;
    std::int64_t id = 0;
};
std::string_view name(EventSubject::Type type);  // none, note, response, agreement
std::optional<EventSubject::Type> parse_event_subject(std::string_view text);

struct Event {
    EventId id{};              // random; what receivers drop duplicates by
    std::int64_t cursor = 0;   // index of its record in the audit log; 0 until it is recorded
    std::int64_t ordinal = 0;  // among the events of that record
    Instant time;              // of the record
    EventKind kind = EventKind::case_updated;
    CompanyId company;            // who is told
    Side side = Side::submitter;  // its side of the case
    CompanyId partner;            // the other side; none for an agreement, which may have many
    CompanyId by;                 // who did it; none: the gateway
    CaseId case_id;               // none: about an agreement
    EventSubject subject;
};

// Does it lead the company that is told to words of the other side? Such an event is stopped while the case is frozen for it;
// states, the gateway's notices and what the company did itself still go.
bool leads_to_content(const Event& event);

}  // namespace entente::protocol
