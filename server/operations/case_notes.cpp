// Notes: written by either side, masked for the other.

#include <algorithm>

#include "protocol/markup.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"

namespace entente::operations {

using protocol::Side;

store::StoredNote write_note(Txn& txn, const Context& context, const Caller& caller, Opened& opened, const protocol::NewNote& input,
                             audit::Record& record) {
    store::StoredCase& c = opened.c;
    const protocol::UserView author = person_of(txn, context.tools, caller);
    store::StoredNote note;
    note.case_id = c.id;
    note.author_company = caller.company();
    note.author = caller.principal.label();
    note.type = input.type;
    note.priority = input.priority;
    note.created_at = context.now;
    note.original.summary = protocol::strip_tags(input.summary);
    note.original.description = protocol::to_html(input.description);
    note.original.creator_name = input.author_name.empty() ? full_name(author) : protocol::strip_tags(input.author_name);
    note.original.creator_email = author.email;
    note.original.topic = input.topic;
    note.original.correlation = input.correlation_id;
    note.for_submitter = true;
    note.for_receiver = opened.side == Side::receiver || c.released_at.has_value();
    if (c.released_at) {
        Sharer sharer = sharer_for(txn, context, c, opened.side, opened.reviewed);
        share_note_words(sharer, note, staff_shared(c));
        (opened.side == Side::submitter ? c.pseudonyms_submitter : c.pseudonyms_receiver) = sharer.pseudonyms();
        note_masking(record, sharer);
    }
    add_note_row(txn, context, c, note);
    record.resources.push_back({"note", std::to_string(note.id.value)});
    announce_note(context, record, c, note);
    return note;
}

Audited<NoteWritten> add_note(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::NewNote& input) {
    audit::Record record = record_of(caller, "note.create", audit::Class::api_activity, audit::activity_create);
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<NoteWritten>(std::move(record), opened.error());
    const auto next = step(txn, context, *opened, protocol::CaseAction::add_note, true);
    if (!next) return refused<NoteWritten>(std::move(record), next.error());

    if (auto objection = objection_to(txn, context, caller, *opened, {input.summary, input.description}))
        return refused<NoteWritten>(std::move(record), std::move(*objection));
    store::StoredCase& c = opened->c;
    const store::StoredNote note = write_note(txn, context, caller, *opened, input, record);
    live(txn, context, c, actor_of(caller, opened->side), {{.move = protocol::LifeMove::noted}}, record);

    const Side side = opened->side;
    ++c.version;
    c.updated_at = context.now;
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    record.resources.front().version = c.version;
    std::vector<protocol::NoteView> notes = view_notes(txn, context.tools, c, side, context.now);
    const auto written = std::ranges::find(notes, note.id, &protocol::NoteView::id);
    ENTENTE_ASSERT(written != notes.end());
    return {NoteWritten{std::move(*written), {c.id, c.version, c.gate_epoch}}, std::move(record)};
}

std::optional<NoteWritten> reread_note(ReadTxn& txn, const Context& context, const Caller& caller, protocol::NoteId id) {
    const auto case_id = store::case_of_note(txn, id);
    if (!case_id) return reread_internal_note(txn, context, caller, id);
    const auto c = store::find_case(txn, context.tools.vault, *case_id);
    if (!c || (c->submitter != caller.company() && (c->receiver != caller.company() || !c->released_at))) return std::nullopt;
    for (protocol::NoteView& note : view_notes(txn, context.tools, *c, side_of(*c, caller.company()), context.now))
        if (note.id == id) return NoteWritten{std::move(note), {c->id, c->version, c->gate_epoch}};
    return std::nullopt;
}

Result<NoteList> list_notes(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token,
                            const protocol::NoteFilter& filter) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return std::unexpected(case_not_found(token));
    NoteList list;
    list.shown = shown_of(txn, *c, side_of(*c, caller.company()), context.now);
    const Instant after = std::max(filter.updated_after.value_or(Instant{}), filter.created_after.value_or(Instant{}));
    for (protocol::NoteView& note :
         view_notes(txn, context.tools, *c, side_of(*c, caller.company()), context.now, filter.include_removed))
        if (note.updated_at.seconds() >= after.seconds()) list.notes.push_back(std::move(note));
    return list;
}

}  // namespace entente::operations
