// Answers (the formal steps of a case) and notes.

#include <algorithm>

#include "protocol/connect/decode.hpp"
#include "protocol/connect/query_reader.hpp"
#include "server/api/native_case_json.hpp"
#include "server/api/native_cursor.hpp"
#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace limit = protocol::connect::limit;
using protocol::NoteView;
using protocol::ResponseType;
using protocol::ResponseView;

namespace {

constexpr std::string_view kind_words = "approve, reject, ask, reply, close, change";
constexpr std::string_view kind_names[] = {"approve", "reject", "ask", "reply", "close", "change"};

std::optional<AnswerKind> parse_kind(std::string_view text) {
    for (std::size_t i = 0; i < std::size(kind_names); ++i)
        if (kind_names[i] == text) return static_cast<AnswerKind>(i);
    return std::nullopt;
}

// What the answer is called, and the status that the case had after it.
std::pair<std::string_view, std::string_view> words_of(ResponseType type) {
    switch (type) {
        case ResponseType::approval:
            return {"approve", "accepted"};
        case ResponseType::rejection:
            return {"reject", "rejected"};
        case ResponseType::information_request:
            return {"ask", "information"};
        case ResponseType::information_response:
            return {"reply", "information"};
        case ResponseType::closure:
            return {"close", "closed"};
        case ResponseType::update_approval:
            return {"change", "accepted"};
    }
    ENTENTE_ASSERT(false && "unknown type of answer");
    return {};
}

protocol::Engineer read_engineer(Reader& in, Need need) {
    auto object = in.object("engineer", need);
    if (!object) return {};
    return {.name = object->text("name", limit::person_name, Need::optional),
            .email = object->text("email", limit::mail, need),
            .phone = object->text("phone", limit::phone, Need::optional)};
}

protocol::Approval read_approval(Reader& in) {
    return {.case_number = in.text("caseNumber", limit::case_number, Need::optional),
            .engineer = read_engineer(in, Need::filled),
            .next_steps = in.text("nextSteps", limit::next_steps, Need::optional)};
}

Answer read_answer(Reader& in, AnswerKind kind) {
    switch (kind) {
        case AnswerKind::approve:
            return read_approval(in);
        case AnswerKind::change:
            return ApprovalUpdate{read_approval(in)};
        case AnswerKind::reject:
            return protocol::Rejection{.reason = in.text("reason", limit::reason), .engineer = read_engineer(in, Need::optional)};
        case AnswerKind::ask:
            return protocol::InformationRequest{.requested = in.text("text", limit::information),
                                                .engineer = read_engineer(in, Need::optional)};
        case AnswerKind::reply:
            return protocol::InformationResponse{.information = in.text("text", limit::information)};
        case AnswerKind::close:
            break;
    }
    return Closure{};
}

void write(JsonWriter& out, const ResponseView& view) {
    const auto [kind, status] = words_of(view.type);
    out.object().member("id", view.id.value).member("kind", kind).member("status", status).key("company");
    view.company ? out.value(view.company.value) : out.null();
    out.member("caseNumber", view.case_number).key("engineer");
    if (view.engineer_name || view.engineer_email || view.engineer_phone) {
        out.object().member("name", view.engineer_name).member("email", view.engineer_email);
        out.member("phone", view.engineer_phone).end();
    } else {
        out.null();
    }
    out.member("nextSteps", view.next_steps).member("reason", view.reason).member("text", view.requested_information);
    out.member("createdAt", to_rfc3339(view.created_at)).end();
}

std::string_view direction_of(const NoteView& view) {
    return !view.company ? "system" : view.outbound ? "outbound" : "inbound";
}

void write(JsonWriter& out, const NoteView& view) {
    out.object().member("id", view.id.value).member("token", view.token);
    out.member("visibility", view.internal ? "internal" : "shared").member("direction", direction_of(view)).key("company");
    view.company ? out.value(view.company->value) : out.null();
    out.member("companyName", view.company_name).key("author").object();
    out.member("name", view.creator_name).member("email", view.creator_email).end();
    text_or_null(out, "topic", view.topic);
    text_or_null(out, "correlationId", view.correlation_id);
    out.member("summary", view.summary).member("text", view.description);
    out.member("createdAt", to_rfc3339(view.created_at)).end();
}

std::optional<bool> parse_visibility(std::string_view text) {
    if (text == "internal") return true;
    if (text == "shared") return false;
    return std::nullopt;
}

std::optional<std::string> parse_direction(std::string_view text) {
    if (text == "outbound" || text == "inbound" || text == "system") return std::string(text);
    return std::nullopt;
}

bool wanted(const NoteView& note, const NoteQuery& query) {
    if (query.internal && *query.internal != note.internal) return false;
    if (query.direction && *query.direction != direction_of(note)) return false;
    if (query.topic && *query.topic != note.topic) return false;
    if (query.correlation_id && *query.correlation_id != note.correlation_id) return false;
    if (!query.after) return true;
    return std::pair(note.created_at.us, note.id.value) > std::pair(query.after->at.us, query.after->id.value);
}

}  // namespace

Result<Answer> decode_answer(std::string_view body) {
    return decode<Answer>(body, [](Reader& in) -> Answer {
        const auto kind = in.choice("kind", parse_kind, kind_words);
        return kind ? read_answer(in, *kind) : Answer(Closure{});
    });
}

std::string encode_answer(const ResponseView& view) {
    JsonWriter out;
    write(out, view);
    return out.take();
}

std::string encode_answers(const std::vector<ResponseView>& views) {
    JsonWriter out;
    out.object().key("items").array();
    for (const ResponseView& view : views) write(out, view);
    return out.end().end().take();
}

Result<protocol::NewNote> decode_note(std::string_view body) {
    return decode<protocol::NewNote>(body, [](Reader& in) {
        protocol::NewNote note;
        // Required: nothing crosses because somebody left a word out.
        note.internal = in.choice("visibility", parse_visibility, "internal, shared").value_or(true);
        note.summary = in.text("summary", limit::note_summary);
        note.description = in.text("text", limit::note_description, Need::optional);
        note.topic = in.text("topic", topic_chars, Need::optional);
        note.correlation_id = in.text("correlationId", correlation_chars, Need::optional);
        if (auto author = in.object("author")) note.author_name = author->text("name", limit::person_name, Need::optional);
        return note;
    });
}

std::string encode_note(const NoteView& view) {
    JsonWriter out;
    write(out, view);
    return out.take();
}

Result<NoteQuery> decode_note_query(std::span<const protocol::connect::QueryItem> items) {
    protocol::connect::QueryReader in(items);
    NoteQuery query;
    query.internal = in.choice("visibility", parse_visibility, "internal, shared");
    query.direction = in.choice("direction", parse_direction, "outbound, inbound, system");
    query.topic = in.text("topic", topic_chars);
    query.correlation_id = in.text("correlationId", correlation_chars);
    query.include_removed = in.boolean("includeRemoved");
    query.limit = in.integer("limit", 100, 1, page_max);
    if (const auto cursor = in.find("after")) {
        query.after = decode_cursor(*cursor, list_of("notes", items));
        if (!query.after) in.violate("after", "bad_cursor", "must be the member next of an answer to the same list");
    }
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return query;
}

std::string encode_note_list(const std::vector<NoteView>& notes, const NoteQuery& query, std::string_view list) {
    JsonWriter out;
    out.object().key("items").array();
    std::int64_t count = 0;
    const NoteView* last = nullptr;
    bool more = false;
    for (const NoteView& note : notes) {
        if (!wanted(note, query)) continue;
        if (count == query.limit) {
            more = true;
            break;
        }
        write(out, note);
        last = &note;
        ++count;
    }
    out.end().key("next");
    more ? out.value(encode_cursor({last->created_at, {last->id.value}}, list)) : out.null();
    return out.end().take();
}

}  // namespace entente::api::native
