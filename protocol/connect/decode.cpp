#include "protocol/connect/decode.hpp"

#include <charconv>
#include <set>

#include "protocol/connect/query_reader.hpp"
#include "protocol/encoding.hpp"
#include "protocol/name_table.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol::connect {

namespace {

constexpr std::string_view priorities = "LOW, MEDIUM, HIGH";

// Parses the body and lets `read` take its members; the outcome carries every violation.
template <class T, class Read>
Result<T> decode(std::string_view body, Read read) {
    const auto json = parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    T value = read(in);
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return value;
}

Engineer read_engineer(Reader& in, Need mail) {
    return {.name = in.text("engineerName", limit::person_name, Need::optional),
            .email = in.text("engineerEmail", limit::mail, mail),
            .phone = in.text("engineerPhone", limit::phone, Need::optional)};
}

// Clients send the object with empty members when nobody filled it in.
std::optional<ContactDetails> read_contact(Reader& in) {
    auto object = in.object("submitterContactDetails");
    if (!object) return std::nullopt;
    ContactDetails contact{.name = object->text("name", limit::person_name, Need::optional),
                           .email = object->text("email", limit::mail, Need::optional),
                           .phone = object->text("phone", limit::phone, Need::optional)};
    if (contact.name.empty() && contact.email.empty() && contact.phone.empty()) return std::nullopt;
    return contact;
}

std::vector<FieldInput> read_fields(Reader& in) {
    std::vector<FieldInput> fields;
    std::set<std::int64_t> seen;
    for (Reader& field : in.objects("customFields", limit::field_count, Need::present)) {
        const auto id = field.integer("fieldId", 1, id_max, Need::filled, Reader::NumberForm::or_text);
        std::string value = field.text("value", limit::field_value, Need::optional);
        // Two values for one field: which of them was meant, and which was looked at, would be anybody's guess.
        if (id && !seen.insert(*id).second) field.violate("fieldId", "duplicate", "names a field that was given before");
        if (id) fields.push_back({FieldId{*id}, std::move(value)});
    }
    return fields;
}

}  // namespace

Result<Login> decode_login(std::string_view body) {
    return decode<Login>(body, [](Reader& in) {
        return Login{.username = in.text("username", limit::username), .password = in.secret("password", limit::password)};
    });
}

Result<NewCase> decode_new_case(std::string_view body) {
    return decode<NewCase>(body, [](Reader& in) {
        NewCase out;
        out.form = FormId{in.integer("documentId", 1, id_max, Need::filled, Reader::NumberForm::or_text).value_or(0)};
        out.internal_case_number = in.text("internalCaseNumber", limit::case_number);
        out.receiver_case_number = in.text("receiverInternalCaseNumber", limit::case_number, Need::optional);
        out.summary = in.text("problemSummary", limit::summary);
        out.description = in.text("problemDescription", limit::description, Need::present);
        out.priority = in.choice("priority", parse_priority, priorities).value_or(Priority::medium);
        out.contact = read_contact(in);
        out.fields = read_fields(in);
        for (Reader& note : in.objects("internalNotes", limit::internal_note_count)) {
            std::string text = note.text("note", limit::internal_note, Need::optional);
            if (!text.empty()) out.internal_notes.push_back(std::move(text));
        }
        out.test = in.boolean("testSubmission").value_or(false);
        return out;
    });
}

Result<CaseChange> decode_case_change(std::string_view body) {
    return decode<CaseChange>(body, [](Reader& in) {
        CaseChange out;
        out.internal_case_number = in.maybe_text("internalCaseNumber", limit::case_number);
        // The case's number is never null on the wire, so it cannot be taken away either: empty means unchanged.
        if (out.internal_case_number && out.internal_case_number->empty()) out.internal_case_number.reset();
        out.contact = read_contact(in);
        return out;
    });
}

Result<Approval> decode_approval(std::string_view body) {
    return decode<Approval>(body, [](Reader& in) {
        return Approval{.case_number = in.text("caseNumber", limit::case_number, Need::optional),
                        .engineer = read_engineer(in, Need::filled),
                        .next_steps = in.text("nextSteps", limit::next_steps, Need::optional)};
    });
}

Result<Rejection> decode_rejection(std::string_view body) {
    return decode<Rejection>(body, [](Reader& in) {
        const bool wordless = !in.has("reason") && !in.has("engineerName") && !in.has("engineerEmail") && !in.has("engineerPhone");
        return Rejection{.reason = in.text("reason", limit::reason, wordless ? Need::optional : Need::filled),
                         .engineer = read_engineer(in, Need::optional)};
    });
}

Result<InformationRequest> decode_information_request(std::string_view body) {
    return decode<InformationRequest>(body, [](Reader& in) {
        return InformationRequest{.requested = in.text("requestedInformation", limit::information),
                                  .engineer = read_engineer(in, Need::optional)};
    });
}

Result<InformationResponse> decode_information_response(std::string_view body) {
    return decode<InformationResponse>(
        body, [](Reader& in) { return InformationResponse{.information = in.text("requestedInformation", limit::information)}; });
}

Result<void> decode_closure(std::string_view body) {
    const std::size_t begin = body.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    body = body.substr(begin, body.find_last_not_of(" \t\r\n") - begin + 1);
    if (body == "\"\"" || body == "null") return {};
    const auto json = parse_json(body);
    if (!json) return std::unexpected(json.error());
    return Reader(*json).done();
}

Result<NewNote> decode_new_note(std::string_view body) {
    return decode<NewNote>(body, [](Reader& in) {
        NewNote out;
        out.summary = in.text("summary", limit::note_summary);
        out.description = in.text("description", limit::note_description, Need::optional);
        out.priority = in.choice("priority", parse_priority, priorities, Need::optional).value_or(Priority::medium);
        if (auto author = in.object("submittedBy")) {
            const std::string first = author->text("firstName", limit::person_name, Need::optional);
            const std::string last = author->text("lastName", limit::person_name, Need::optional);
            out.author_name = first.empty() || last.empty() ? first + last : first + ' ' + last;
        }
        const auto type = in.choice("type", parse_note_type, "USER_PUBLIC, USER_PARTNER", Need::optional);
        if (type == NoteType::system) in.violate("type", "not_allowed", "must be one of USER_PUBLIC, USER_PARTNER");
        out.type = type.value_or(NoteType::user_public);
        return out;
    });
}

namespace {

void read_direction(QueryReader& in, CaseFilter& filter) {
    const auto type = in.find("type");
    if (!type || same_letters(*type, "ALL")) return;
    if (same_letters(*type, "OUTBOUND"))
        filter.side = Side::submitter;
    else if (same_letters(*type, "INBOUND"))
        filter.side = Side::receiver;
    else
        in.violate("type", "not_allowed", "must be one of INBOUND, OUTBOUND, ALL");
}

void read_status(QueryReader& in, CaseFilter& filter) {
    const auto status = in.find("status");
    if (!status || same_letters(*status, "ALL")) return;
    filter.status_matches_nothing = same_letters(*status, "PENDINGACTION");
    if (filter.status_matches_nothing) return;
    filter.status = parse_case_status(*status);
    if (!filter.status)
        in.violate("status", "not_allowed", "must be one of OPEN, INFORMATION, ACCEPTED, REJECTED, CLOSED, PENDINGACTION, ALL");
}

}  // namespace

Result<CaseFilter> decode_case_filter(std::span<const QueryItem> query, ListKind kind) {
    QueryReader in(query);
    CaseFilter filter;
    filter.internal_case_number = in.text("internalCaseNumber", limit::case_number);
    read_direction(in, filter);
    read_status(in, filter);
    filter.include_removed_notes = in.boolean("includeRemovedNotes");
    filter.paged = kind == ListKind::v2_paged || (kind == ListKind::v1 && in.boolean("paginated"));
    if (filter.paged) {
        filter.page = in.integer("page", 0);
        const auto size = in.integer("size", kind == ListKind::v1 ? 0 : 20);
        filter.size = std::min(size, static_cast<std::int64_t>(limit::page_size));
    } else {
        filter.size = 0;
        filter.updated_after = in.instant("updatedAfter");
        filter.created_after = in.instant("createdAfter");
    }
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return filter;
}

Result<NoteFilter> decode_note_filter(std::span<const QueryItem> query) {
    QueryReader in(query);
    NoteFilter filter{.updated_after = in.instant("updatedAfter"),
                      .created_after = in.instant("createdAfter"),
                      .include_removed = in.boolean("includeRemoved")};
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return filter;
}

Result<bool> decode_include_removed_notes(std::span<const QueryItem> query) {
    QueryReader in(query);
    const bool wanted = in.boolean("includeRemovedNotes");
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return wanted;
}

Result<std::string> decode_search_term(std::string_view segment) {
    auto term = decode_segment(segment);
    if (!term) return term;
    term->erase(0, std::min(term->find_first_not_of(" \t\r\n"), term->size()));
    term->erase(term->find_last_not_of(" \t\r\n") + 1);
    const std::size_t characters = utf8_length(*term);
    if (characters >= 1 && characters <= limit::search_term) return term;
    return std::unexpected(
        invalid_members({{"/searchTerm", characters == 0 ? "empty" : "too_long", "must have 1 to 100 characters"}}));
}

Result<PartnerSentence> decode_partner_sentence(std::span<const QueryItem> query) {
    QueryReader in(query);
    PartnerSentence sentence;
    const auto text = in.find("query");
    sentence.query = in.text("query", limit::sentence).value_or("");
    if (!text || text->find_first_not_of(" \t\r\n") == std::string_view::npos) in.violate("query", "missing", "is required");
    const std::int64_t rows = in.integer("limit", static_cast<std::int64_t>(sentence.limit));
    if (rows < 1 || rows > static_cast<std::int64_t>(limit::partner_rows))
        in.violate("limit", "not_allowed", "must be from 1 to 50");
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    sentence.limit = static_cast<std::size_t>(rows);
    return sentence;
}

std::optional<std::int64_t> decode_id(std::string_view segment) {
    std::int64_t number = 0;
    if (segment.empty() || segment.front() < '0' || segment.front() > '9') return std::nullopt;
    const auto [end, ec] = std::from_chars(segment.data(), segment.data() + segment.size(), number);
    if (ec != std::errc{} || end != segment.data() + segment.size() || number < 1 || number > id_max) return std::nullopt;
    return number;
}

}  // namespace entente::protocol::connect
