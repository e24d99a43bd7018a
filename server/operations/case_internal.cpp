// Internal notes: a company's own words about a case. Nothing of them reaches the other side: no row that it reads, no version, no
// time of change, no event, no record that it is party to.

#include <algorithm>

#include "protocol/markup.hpp"
#include "server/operations/case_common.hpp"
#include "server/store/statements/internal_notes.hpp"

namespace entente::operations {

using protocol::NoteView;
using store::InternalNote;
using store::StoredCase;

namespace {

NoteView view_internal(ReadTxn& txn, const InternalNote& note) {
    const auto company = store::find_company(txn, note.company);
    NoteView view;
    view.id = note.id;
    view.case_id = note.case_id;
    view.token = note.token;
    view.company = note.company;
    if (company) view.company_name = company->name;
    view.creator_name = note.words.creator_name;
    view.creator_email = note.words.creator_email;
    view.summary = note.words.summary;
    view.description = note.words.description;
    view.outbound = true;
    view.internal = true;
    view.topic = note.words.topic;
    view.correlation_id = note.words.correlation;
    view.created_at = note.created_at;
    view.updated_at = note.created_at;
    return view;
}

}  // namespace

std::string full_name(const protocol::UserView& person) {
    return person.last_name.empty() ? person.first_name : person.first_name + " " + person.last_name;
}

Audited<NoteWritten> add_internal_note(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                       const protocol::NewNote& input) {
    audit::Record record = record_of(caller, "note.create.internal", audit::Class::api_activity, audit::activity_create);
    auto opened = open_for_write(txn, context, caller, token, record);
    record.parties = {caller.company()};
    if (!opened) return refused<NoteWritten>(std::move(record), opened.error());
    const StoredCase& c = opened->c;
    // A frozen case takes no content from anybody (semantics 2).
    if (flow_now(txn, c, context.now) == protocol::Flow::frozen) return refused<NoteWritten>(std::move(record), gate_closed(c));

    const protocol::UserView author = person_of(txn, context.tools, caller);
    InternalNote note;
    note.id = {store::fresh_id(txn, "internal_notes", [&] { return context.tools.draw(); })};
    note.case_id = c.id;
    note.company = caller.company();
    note.token = context.tools.token();
    note.position = store::last_internal_position(txn, c.id, caller.company()) + 1;
    note.author = caller.principal.label();
    note.created_at = context.now;
    note.words.summary = protocol::strip_tags(input.summary);
    note.words.description = protocol::to_html(input.description);
    note.words.creator_name = input.author_name.empty() ? full_name(author) : protocol::strip_tags(input.author_name);
    note.words.creator_email = author.email;
    note.words.topic = input.topic;
    note.words.correlation = input.correlation_id;
    store::insert_internal_note(txn, context.tools.vault, c, note);
    record.resources.push_back({"internal_note", std::to_string(note.id.value)});
    return {NoteWritten{view_internal(txn, note), {c.id, note.position, c.gate_epoch, true}}, std::move(record)};
}

Result<AllNotes> all_notes(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token, bool removed_notes) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return std::unexpected(case_not_found(token));
    AllNotes all;
    all.shown.push_back(shown_of(txn, *c, side_of(*c, caller.company()), context.now));
    all.notes = view_notes(txn, context.tools, *c, side_of(*c, caller.company()), context.now, removed_notes);
    const auto internal = store::internal_notes_of(txn, context.tools.vault, c->id, caller.company());
    for (const InternalNote& note : internal) all.notes.push_back(view_internal(txn, note));
    if (!internal.empty()) all.shown.push_back({c->id, internal.back().position, c->gate_epoch, true});
    std::ranges::sort(all.notes, {}, [](const NoteView& note) { return std::pair(note.created_at.us, note.id.value); });
    return all;
}

std::optional<NoteWritten> reread_internal_note(ReadTxn& txn, const Context& context, const Caller& caller, protocol::NoteId id) {
    const auto case_id = store::case_of_internal_note(txn, id, caller.company());
    if (!case_id) return std::nullopt;
    for (const InternalNote& note : store::internal_notes_of(txn, context.tools.vault, *case_id, caller.company()))
        if (note.id == id) return NoteWritten{view_internal(txn, note), {*case_id, note.position, 0, true}};
    return std::nullopt;
}

}  // namespace entente::operations
