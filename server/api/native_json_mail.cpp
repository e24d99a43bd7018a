#include "server/api/native_json_mail.hpp"

#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace mail = protocol::mail;
using mail::Preferences;
using mail::RecipientKind;

namespace {

constexpr std::string_view languages = "en, de, ja";
constexpr std::string_view tellings = "immediate, digest, off";
constexpr std::size_t exceptions_max = 100;

std::optional<RecipientKind> parse_box_kind(std::string_view text) {
    const auto kind = mail::parse_recipient_kind(text);
    return kind == RecipientKind::person ? std::nullopt : kind;
}

Preferences read_preferences(Reader& in) {
    Preferences preferences;
    if (const auto language = in.choice("language", protocol::parse_language, languages)) preferences.language = *language;
    if (const auto telling = in.choice("delivery", mail::parse_telling, tellings)) preferences.telling = *telling;
    for (Reader& exception : in.objects("exceptions", exceptions_max)) {
        const auto kind = exception.choice("event", protocol::parse_event_kind, "the event kinds of the event feed");
        const auto telling = exception.choice("delivery", mail::parse_telling, tellings);
        if (kind && telling) preferences.exceptions[*kind] = *telling;
    }
    if (const auto at = in.maybe_text("digestAt", 5)) {
        const auto minute = mail::parse_minute(*at);
        if (!minute) in.violate("digestAt", "not_allowed", "must be a time of day in UTC such as 06:30");
        preferences.digest_minute = minute.value_or(preferences.digest_minute);
    }
    return preferences;
}

void write_preferences(JsonWriter& out, const Preferences& preferences) {
    out.member("language", protocol::name(preferences.language));
    out.member("delivery", mail::name(preferences.telling));
    out.key("exceptions").array();
    for (const auto& [kind, telling] : preferences.exceptions)
        out.object().member("event", protocol::name(kind)).member("delivery", mail::name(telling)).end();
    out.end().member("digestAt", mail::minute_text(preferences.digest_minute));
}

void write_box(JsonWriter& out, const store::MailRecipient& box) {
    out.object().member("id", box.id).member("kind", mail::name(box.kind)).member("address", box.address);
    if (box.department) out.member("department", box.department.value);
    write_preferences(out, box.preferences);
    out.end();
}

}  // namespace

Result<Preferences> decode_mail_preferences(std::string_view body) {
    return decode<Preferences>(body, [](Reader& in) {
        Preferences preferences = read_preferences(in);
        preferences.all_cases = in.boolean("allCases").value_or(false);
        return preferences;
    });
}

std::string encode_mail_preferences(const operations::OwnPreferences& own) {
    JsonWriter out;
    out.object();
    write_preferences(out, own.preferences);
    out.member("allCases", own.preferences.all_cases).member("address", own.address);
    out.member("mailsOn", own.on).member("addressStopped", own.stopped).end();
    return out.take();
}

Result<store::MailRecipient> decode_mailbox(std::string_view body) {
    return decode<store::MailRecipient>(body, [](Reader& in) {
        store::MailRecipient box;
        box.kind = in.choice("kind", parse_box_kind, "team, copy").value_or(RecipientKind::team);
        box.address = read_mail(in, "address");
        if (const auto department = in.integer("department", 1, id_max, Need::optional)) box.department = {*department};
        box.preferences = read_preferences(in);
        return box;
    });
}

std::string encode_mailbox(const store::MailRecipient& box) {
    JsonWriter out;
    write_box(out, box);
    return out.take();
}

std::string encode_mailboxes(const std::vector<store::MailRecipient>& boxes) {
    JsonWriter out;
    out.object().key("items").array();
    for (const store::MailRecipient& box : boxes) write_box(out, box);
    out.end().end();
    return out.take();
}

Result<store::MailCompany> decode_mail_settings(std::string_view body) {
    return decode<store::MailCompany>(body, [](Reader& in) {
        store::MailCompany settings;
        settings.content = in.boolean("content", Need::filled).value_or(false);
        if (const auto language = in.choice("language", protocol::parse_language, languages)) settings.language = *language;
        return settings;
    });
}

std::string encode_mail_settings(const store::MailCompany& settings) {
    return JsonWriter()
        .object()
        .member("content", settings.content)
        .member("language", protocol::name(settings.language))
        .end()
        .take();
}

std::string encode_outbox(const std::vector<store::OutboxRow>& rows) {
    JsonWriter out;
    out.object().key("items").array();
    for (const store::OutboxRow& row : rows) {
        out.object().member("id", row.id).member("kind", row.kind).member("contact", row.contact);
        if (!row.case_token.empty()) out.member("case", row.case_token);
        out.member("state", row.state).member("attempts", row.attempts);
        if (!row.reason.empty()) out.member("reason", row.reason);
        out.member("createdAt", protocol::to_rfc3339(row.created_at));
        if (row.finished_at) out.member("finishedAt", protocol::to_rfc3339(*row.finished_at));
        out.end();
    }
    out.end().end();
    return out.take();
}

std::string encode_bounces(const std::vector<store::MailBounce>& bounces) {
    JsonWriter out;
    out.object().key("items").array();
    for (const store::MailBounce& bounce : bounces)
        out.object()
            .member("id", bounce.id)
            .member("contact", bounce.contact)
            .member("code", bounce.code)
            .member("bounces", bounce.bounces)
            .member("stopped", bounce.stopped)
            .member("lastAt", protocol::to_rfc3339(bounce.last_at))
            .end();
    out.end().end();
    return out.take();
}

Result<std::string> decode_test_address(std::string_view body) {
    if (body.empty()) return std::string{};
    return decode<std::string>(body, [](Reader& in) { return read_mail(in, "address", Need::optional); });
}

std::string encode_queued(const operations::MailQueued& queued) {
    return JsonWriter().object().member("delivery", queued.delivery).end().take();
}

std::string encode_taken(const operations::MailTaken& taken) {
    return JsonWriter().object().member("outcome", taken.outcome).member("taken", taken.taken).end().take();
}

}  // namespace entente::api::native
