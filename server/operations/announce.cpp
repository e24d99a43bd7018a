#include "server/operations/announce.hpp"

namespace entente::operations {

using protocol::Event;
using protocol::EventKind;
using protocol::EventSubject;
using protocol::Side;

void announce(const Context& context, audit::Record& record, const store::StoredCase& c, EventKind kind, Audience audience,
              EventSubject subject) {
    const auto tell = [&](Side side) {
        Event event;
        context.tools.random(event.id);
        event.kind = kind;
        event.side = side;
        event.company = side == Side::submitter ? c.submitter : c.receiver;
        event.partner = side == Side::submitter ? c.receiver : c.submitter;
        event.by = record.acting_company;
        event.case_id = c.id;
        event.subject = subject;
        record.events.push_back(event);
    };
    if (audience != Audience::receiver) tell(Side::submitter);
    if (audience != Audience::submitter && c.released_at) tell(Side::receiver);
}

void announce_note(const Context& context, audit::Record& record, const store::StoredCase& c, const store::StoredNote& note) {
    const EventSubject subject{EventSubject::Type::note, note.id.value};
    if (note.for_submitter) announce(context, record, c, EventKind::note_created, Audience::submitter, subject);
    if (note.for_receiver) announce(context, record, c, EventKind::note_created, Audience::receiver, subject);
}

void announce_agreement(const Context& context, audit::Record& record, const protocol::Agreement& agreement) {
    for (const protocol::CompanyId party : agreement.parties) {
        Event event;
        context.tools.random(event.id);
        event.kind = EventKind::agreement_changed;
        event.company = party;
        event.by = record.acting_company;
        event.subject = {EventSubject::Type::agreement, agreement.id.value};
        record.events.push_back(event);
    }
}

}  // namespace entente::operations
