#include "protocol/event.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<EventKind, event_kind_count> kind_names{{
    {EventKind::case_created, "case.created"},
    {EventKind::case_updated, "case.updated"},
    {EventKind::case_accepted, "case.accepted"},
    {EventKind::case_acceptance_updated, "case.acceptance_updated"},
    {EventKind::case_rejected, "case.rejected"},
    {EventKind::information_requested, "information.requested"},
    {EventKind::information_provided, "information.provided"},
    {EventKind::note_created, "note.created"},
    {EventKind::case_closed, "case.closed"},
    {EventKind::case_held, "case.held"},
    {EventKind::case_released, "case.released"},
    {EventKind::case_frozen, "case.frozen"},
    {EventKind::case_moved, "case.moved"},
    {EventKind::fix_offered, "fix.offered"},
    {EventKind::fix_confirmed, "fix.confirmed"},
    {EventKind::fix_rejected, "fix.rejected"},
    {EventKind::case_reopened, "case.reopened"},
    {EventKind::case_rerouted, "case.rerouted"},
    {EventKind::case_escalated, "case.escalated"},
    {EventKind::case_paused, "case.paused"},
    {EventKind::case_pause_contested, "case.pause_contested"},
    {EventKind::case_resumed, "case.resumed"},
    {EventKind::case_withdrawn, "case.withdrawn"},
    {EventKind::case_linked, "case.linked"},
    {EventKind::case_unlinked, "case.unlinked"},
    {EventKind::reminder_sent, "reminder.sent"},
    {EventKind::target_missed, "target.missed"},
    {EventKind::feedback_requested, "feedback.requested"},
    {EventKind::feedback_given, "feedback.given"},
    {EventKind::content_removed, "content.removed"},
    {EventKind::agreement_changed, "agreement.changed"},
}};

constexpr NameTable<EventSubject::Type, 4> subject_names{{
    {EventSubject::Type::none, "none"},
    {EventSubject::Type::note, "note"},
    {EventSubject::Type::response, "response"},
    {EventSubject::Type::agreement, "agreement"},
}};

}  // namespace

std::string_view name(EventKind kind) {
    return name_in(kind_names, kind);
}
std::optional<EventKind> parse_event_kind(std::string_view text) {
    return find_exact(kind_names, text);
}

std::string_view name(EventSubject::Type type) {
    return name_in(subject_names, type);
}
std::optional<EventSubject::Type> parse_event_subject(std::string_view text) {
    return find_exact(subject_names, text);
}

bool leads_to_content(const Event& event) {
    if (event.kind == EventKind::case_created) return true;
    if (!event.by || event.by == event.company) return false;
    switch (event.kind) {
        case EventKind::case_updated:
        case EventKind::case_accepted:
        case EventKind::case_acceptance_updated:
        case EventKind::case_rejected:
        case EventKind::information_requested:
        case EventKind::information_provided:
        case EventKind::note_created:
        case EventKind::fix_offered:
        case EventKind::fix_rejected:
        case EventKind::case_reopened:
        case EventKind::feedback_given:
            return true;
        default:
            return false;
    }
}

}  // namespace entente::protocol
