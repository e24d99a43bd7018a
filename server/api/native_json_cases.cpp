// Cases: opening, changing, showing, listing.

#include <algorithm>
#include <set>

#include "protocol/case_moves.hpp"
#include "protocol/connect/decode.hpp"
#include "protocol/connect/query_reader.hpp"
#include "protocol/severity.hpp"
#include "server/api/native_case_json.hpp"
#include "server/api/native_cursor.hpp"
#include "server/api/native_patch.hpp"
#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace limit = protocol::connect::limit;
using protocol::CaseQuery;
using protocol::CaseView;
using protocol::Side;

namespace {

constexpr std::string_view severity_words = "critical, high, medium, low";
constexpr std::string_view status_words = "open, information, accepted, rejected, closed";

std::string lower_case(std::string_view word) {
    std::string out(word);
    for (char& c : out) c = protocol::ascii_lower(c);
    return out;
}

void write_contact(JsonWriter& out, const std::optional<protocol::ContactDetails>& contact) {
    out.key("contact");
    if (!contact) {
        out.null();
        return;
    }
    out.object().member("name", contact->name).member("email", contact->email);
    text_or_null(out, "phone", contact->phone);
    out.end();
}

void write_person(JsonWriter& out, const protocol::UserView& person) {
    out.key("openedBy").object().member("firstName", person.first_name).member("lastName", person.last_name);
    out.member("email", person.email);
    text_or_null(out, "phone", person.phone);
    out.end();
}

void write_sides(JsonWriter& out, const CaseView& view) {
    out.key("submitter").object().member("company", view.submit_company.value).member("companyName", view.submit_company_name);
    out.member("caseNumber", view.submitter_case_number);
    write_contact(out, view.submitter_contact);
    write_person(out, view.submitted_by);
    out.end().key("receiver").object().member("company", view.receive_company.value);
    out.member("companyName", view.receive_company_name).member("caseNumber", view.receiver_case_number);
    write_contact(out, view.receiver_contact);
    out.end();
}

void write_fields(JsonWriter& out, const CaseView& view) {
    out.key("fields").array();
    for (const protocol::FieldView& field : view.fields)
        out.object()
            .member("field", field.field.value)
            .member("label", field.label)
            .member("section", name(field.section))
            .member("type", name(field.type))
            .member("value", field.value)
            .end();
    out.end();
}

void write_hold(JsonWriter& out, const CaseView& view) {
    out.key("hold");
    if (view.hold_reason.empty()) {
        out.null();
        return;
    }
    out.object().member("reason", view.hold_reason).member("text", view.hold_text).end();
}

void write_times(JsonWriter& out, const CaseView& view) {
    out.member("createdAt", to_rfc3339(view.created_at)).member("updatedAt", to_rfc3339(view.updated_at)).key("respondBy");
    view.respond_by ? out.value(to_rfc3339(*view.respond_by)) : out.null();
    out.member("responded", view.responded)
        .member("reminderSent", view.reminder_sent)
        .member("feedbackRequested", view.feedback_requested);
}

void write(JsonWriter& out, const CaseView& view) {
    out.object().member("token", view.token).member("id", view.id.value).member("status", lower_case(name(view.status)));
    out.member("flow", name(view.flow)).member("side", view.side == Side::submitter ? "submitter" : "receiver");
    out.member("severity", name(view.severity));
    text_or_null(out, "severityName", view.severity_name);
    out.member("priority", name(view.priority)).member("form", view.form.value).member("summary", view.summary);
    out.member("description", view.description).member("test", view.test);
    text_or_null(out, "proactive", view.proactive);
    write_fields(out, view);
    write_sides(out, view);
    out.key("authorization");
    view.authorization ? out.value(view.authorization.value) : out.null();
    write_hold(out, view);
    out.member("instructions", view.escalation_instructions);
    write_times(out, view);
    out.member("version", view.version).end();
}

std::optional<protocol::ContactDetails> read_contact(Reader& in) {
    auto object = in.object("contact");
    if (!object) return std::nullopt;
    protocol::ContactDetails contact{.name = object->text("name", limit::person_name, Need::optional),
                                     .email = object->text("email", limit::mail, Need::optional),
                                     .phone = object->text("phone", limit::phone, Need::optional)};
    if (contact.name.empty() && contact.email.empty() && contact.phone.empty()) return std::nullopt;
    return contact;
}

std::string read_proactive(Reader& in) {
    std::string code = in.text("proactive", 64, Need::optional);
    const auto codes = protocol::reasons_of(protocol::LifeMove::opened);
    if (!code.empty() && std::ranges::find(codes, code) == codes.end())
        in.violate("proactive", "not_allowed", "must be one of defect, telemetry, end_of_support, security");
    return code;
}

std::vector<protocol::FieldInput> read_fields(Reader& in) {
    std::vector<protocol::FieldInput> fields;
    std::set<std::int64_t> seen;
    for (Reader& field : in.objects("fields", limit::field_count)) {
        const auto id = field.integer("field", 1, id_max);
        std::string value = field.text("value", limit::field_value, Need::optional);
        if (id && !seen.insert(*id).second) field.violate("field", "duplicate", "names a field that was given before");
        if (id) fields.push_back({{*id}, std::move(value)});
    }
    return fields;
}

bool within(std::string_view pointer, std::string_view place) {
    return pointer == place || (pointer.starts_with(place) && pointer[place.size()] == '/');
}

// What each side may change of a case.
std::span<const std::string_view> writable(Side side) {
    static constexpr std::string_view submitter[] = {"/severity", "/severityName", "/submitter/caseNumber", "/submitter/contact"};
    static constexpr std::string_view receiver[] = {"/receiver/caseNumber", "/receiver/contact"};
    return side == Side::submitter ? std::span<const std::string_view>(submitter) : std::span<const std::string_view>(receiver);
}

bool changes(const Patched& patched, std::string_view place) {
    return std::ranges::any_of(patched.changed, [&](const std::string& pointer) { return within(pointer, place); });
}

protocol::CaseChange read_change(Reader& in, const Patched& patched) {
    protocol::CaseChange change;
    if (changes(patched, "/severity")) change.severity = in.choice("severity", protocol::parse_severity, severity_words);
    if (changes(patched, "/severityName")) change.severity_name = in.text("severityName", protocol::severity_name_chars);
    auto submitter = in.object("submitter", Need::filled);
    if (!submitter) return change;
    if (changes(patched, "/submitter/caseNumber")) change.internal_case_number = submitter->text("caseNumber", limit::case_number);
    if (changes(patched, "/submitter/contact")) {
        change.contact = read_contact(*submitter);
        if (!change.contact) submitter->violate("contact", "missing", "a contact can be changed, not taken away");
    }
    return change;
}

protocol::Approval read_receiver(Reader& in) {
    protocol::Approval approval;
    auto receiver = in.object("receiver", Need::filled);
    if (!receiver) return approval;
    approval.case_number = receiver->text("caseNumber", limit::case_number, Need::optional);
    if (const auto contact = read_contact(*receiver)) approval.engineer = {contact->name, contact->email, contact->phone};
    return approval;
}

}  // namespace

std::string encode_case(const CaseView& view) {
    JsonWriter out;
    write(out, view);
    return out.take();
}

std::string case_tag(const CaseView& view) {
    return '"' + std::to_string(view.version) + '.' + std::to_string(view.gate_epoch) + (view.side == Side::submitter ? "s" : "r") +
           std::string(name(view.flow).substr(0, 1)) + '"';
}

Result<protocol::NewCase> decode_new_case(std::string_view body) {
    return decode<protocol::NewCase>(body, [](Reader& in) {
        protocol::NewCase out;
        out.form = {in.integer("form", 1, id_max).value_or(0)};
        out.summary = in.text("summary", limit::summary);
        out.description = in.text("description", limit::description, Need::optional);
        out.severity = in.choice("severity", protocol::parse_severity, severity_words, Need::optional);
        out.severity_name = in.text("severityName", protocol::severity_name_chars, Need::optional);
        if (!out.severity && out.severity_name.empty()) out.severity = protocol::Severity::medium;
        out.test = in.boolean("test").value_or(false);
        out.proactive = read_proactive(in);
        out.authorization = {in.integer("authorization", 1, id_max, Need::optional).value_or(0)};
        out.fields = read_fields(in);
        if (auto submitter = in.object("submitter", Need::filled)) {
            out.internal_case_number = submitter->text("caseNumber", limit::case_number);
            out.contact = read_contact(*submitter);
        }
        if (auto receiver = in.object("receiver"))
            out.receiver_case_number = receiver->text("caseNumber", limit::case_number, Need::optional);
        return out;
    });
}

Result<std::optional<CaseEdit>> decode_case_patch(const CaseView& shown, std::string_view body) {
    auto patched = merge_patch(encode_case(shown), body);
    if (!patched) return std::unexpected(std::move(patched.error()));
    Reader in(patched->document);
    const auto allowed = writable(shown.side);
    for (const std::string& pointer : patched->changed)
        if (std::ranges::none_of(allowed, [&](std::string_view place) { return within(pointer, place); }))
            in.violate(std::string_view(pointer).substr(1), "read_only", "cannot be changed by your side");
    CaseEdit edit = shown.side == Side::submitter ? CaseEdit(read_change(in, *patched)) : CaseEdit(read_receiver(in));
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    if (patched->changed.empty()) return std::optional<CaseEdit>();
    return std::optional(std::move(edit));
}

namespace {

std::optional<Side> parse_side(std::string_view text) {
    if (text == "submitter") return Side::submitter;
    if (text == "receiver") return Side::receiver;
    return std::nullopt;
}

std::optional<protocol::Flow> parse_flow(std::string_view text) {
    for (const auto flow : {protocol::Flow::held, protocol::Flow::open, protocol::Flow::frozen, protocol::Flow::ended})
        if (name(flow) == text) return flow;
    return std::nullopt;
}

std::optional<bool> parse_truth(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::optional<CaseQuery::Order> parse_order(std::string_view text) {
    if (text == "newest") return CaseQuery::Order::newest;
    if (text == "updated") return CaseQuery::Order::updated;
    return std::nullopt;
}

void read_statuses(protocol::connect::QueryReader& in, CaseQuery& query) {
    auto words = in.find("status").value_or(std::string_view());
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(','));
        words.remove_prefix(std::min(word.size() + 1, words.size()));
        const auto status = protocol::parse_case_status(word);
        if (!status || lower_case(name(*status)) != word) {
            in.violate("status", "not_allowed", "must be one or several, with commas, of " + std::string(status_words));
            return;
        }
        query.statuses.push_back(*status);
    }
}

}  // namespace

Result<CaseQuery> decode_case_query(std::span<const protocol::connect::QueryItem> items) {
    protocol::connect::QueryReader in(items);
    CaseQuery query;
    read_statuses(in, query);
    query.side = in.choice("side", parse_side, "submitter, receiver");
    query.flow = in.choice("flow", parse_flow, "held, open, frozen, ended");
    query.severity = in.choice("severity", protocol::parse_severity, severity_words);
    query.test = in.choice("test", parse_truth, "true, false");
    if (const auto partner = in.integer("partner", 0)) query.partner = protocol::CompanyId{partner};
    query.case_number = in.text("caseNumber", limit::case_number);
    query.updated_after = in.instant("updatedAfter");
    query.created_after = in.instant("createdAfter");
    query.order = in.choice("order", parse_order, "newest, updated").value_or(CaseQuery::Order::newest);
    query.limit = in.integer("limit", 50, 1, page_max);
    if (const auto cursor = in.find("after")) {
        query.after = decode_cursor(*cursor, list_of("cases", items));
        if (!query.after) in.violate("after", "bad_cursor", "must be the member next of an answer to the same list");
    }
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return query;
}

std::string encode_case_list(const std::vector<CaseView>& cases, std::string_view list,
                             const std::optional<CaseQuery::Place>& next) {
    JsonWriter out;
    out.object().key("items").array();
    for (const CaseView& view : cases) write(out, view);
    out.end();
    out.key("next");
    next ? out.value(encode_cursor(*next, list)) : out.null();
    return out.end().take();
}

void use_own_pointers(protocol::Error& error) {
    static constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"/engineerEmail", "/engineer/email"},
        {"/submitterContactDetails", "/submitter/contact"},
    };
    for (protocol::Violation& violation : error.violations)
        for (const auto& [theirs, ours] : names)
            if (within(violation.pointer, theirs)) violation.pointer.replace(0, theirs.size(), ours);
}

}  // namespace entente::api::native
