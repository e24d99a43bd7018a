#pragma once
// The one way to make an event: the record of the change announces it, and the appender writes its row beside the record, in the
// same transaction. An operation that is refused or rolled back announces nothing.
//
// A receiver is told nothing of a case that was never released to it, whatever the audience says (semantics 2).

#include "protocol/agreement.hpp"
#include "protocol/event.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

enum class Audience { submitter, receiver, both };

// `record` is the record of the change; who acted is its acting company, none for the gateway itself. Call it when `c` is as it
// will be after the change, at least as far as `released_at` goes.
void announce(const Context& context, audit::Record& record, const store::StoredCase& c, protocol::EventKind kind,
              Audience audience, protocol::EventSubject subject = {});

// A note, to whom may see it. Notes that come with a case's creation or release have no event of their own.
void announce_note(const Context& context, audit::Record& record, const store::StoredCase& c, const store::StoredNote& note);

// Tells every party that something about the agreement changed, or will: what, and from when, stands in its list of changes.
void announce_agreement(const Context& context, audit::Record& record, const protocol::Agreement& agreement);

}  // namespace entente::operations
