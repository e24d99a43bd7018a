#include "server/api/webhooks_json.hpp"

#include <algorithm>
#include <array>

#include "protocol/json_writer.hpp"
#include "protocol/reader.hpp"

namespace entente::api {

using protocol::CallbackAuth;
using protocol::CallbackAuthType;
using protocol::id_max;
using protocol::JsonWriter;
using protocol::Need;
using protocol::Reader;
using protocol::Result;
using protocol::Side;
using protocol::Webhook;
using protocol::WebhookVersion;
using store::StoredWebhook;

namespace {

constexpr std::size_t credential_chars = 2'000;
constexpr std::size_t partners_max = 1'000;

std::optional<Side> parse_direction(std::string_view text) {
    if (text == "INBOUND" || text == "inbound") return Side::receiver;
    if (text == "OUTBOUND" || text == "outbound") return Side::submitter;
    return std::nullopt;
}
std::string_view direction(Side side) {
    return side == Side::receiver ? "INBOUND" : "OUTBOUND";
}

bool header_name_shaped(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

// Headers that the call itself needs or that say whom it is from.
bool taken_header(std::string_view name) {
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    constexpr std::array<std::string_view, 9> taken{"host",    "content-length", "content-type", "connection", "transfer-encoding",
                                                    "upgrade", "expect",         "te",           "trailer"};
    return std::ranges::find(taken, lower) != taken.end() || lower.starts_with("webhook-") || lower.starts_with("x-hub-signature");
}

bool one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::optional<CallbackAuth> read_auth(Reader& in) {
    auto object = in.object("callbackAuth");
    if (!object) return std::nullopt;
    CallbackAuth auth;
    auth.type = object->choice("type", protocol::parse_callback_auth_type, "NONE, BASIC, BEARER, HEADER", Need::optional)
                    .value_or(CallbackAuthType::none);
    const auto credential = [&](std::string_view name) {
        std::string text = object->text(name, credential_chars);
        if (!one_line(text)) object->violate(name, "not_allowed", "must be one line");
        return text;
    };
    switch (auth.type) {
        case CallbackAuthType::none:
            break;
        case CallbackAuthType::basic:
            auth.first = credential("username");
            if (auth.first.find(':') != std::string::npos) object->violate("username", "not_allowed", "must have no colon");
            auth.second = credential("password");
            break;
        case CallbackAuthType::bearer:
            auth.first = credential("token");
            break;
        case CallbackAuthType::header:
            auth.first = credential("headerName");
            auth.second = credential("headerValue");
            if (!auth.first.empty() && (!header_name_shaped(auth.first) || taken_header(auth.first)))
                object->violate("headerName", "not_allowed", "must be the name of a header that the call does not use itself");
            break;
    }
    return auth;
}

void judge_callback(Reader& in, std::string_view url, const CallbackAuth* auth, const CallbackRules& rules) {
    if (url.empty()) return;
    const auto parsed = protocol::parse_callback(url, rules.plain_allowed);
    if (!parsed) {
        in.violate("callbackUrl", "not_allowed", parsed.error().violations.front().message);
        return;
    }
    if (auth != nullptr && auth->type != CallbackAuthType::none && !parsed->tls)
        in.violate("callbackUrl", "not_allowed", "must begin with https:// when callbackAuth is set");
    if (rules.judge_host && rules.judge_host(parsed->host) == std::optional(false))
        in.violate("callbackUrl", "not_allowed", "leads into a network that this gateway does not call");
}

std::vector<std::string> read_types(Reader& in, WebhookVersion version) {
    std::vector<std::string> types = in.texts("eventTypes", 100, 200);
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (protocol::knows_event_name(version, types[i])) continue;
        const auto other = protocol::version_of_event_name(types[i]);
        in.violate("eventTypes/" + std::to_string(i), other ? "other_version" : "not_allowed",
                   other ? "belongs to version " + std::string(name(*other)) +
                               " and would never be told to a subscription of version " + std::string(name(version))
                         : "must be an event name of version " + std::string(name(version)));
    }
    std::ranges::sort(types);
    const auto again = std::ranges::unique(types);
    types.erase(again.begin(), again.end());
    return types;
}

std::vector<Side> read_sides(Reader& in) {
    std::vector<Side> sides = in.choices("caseDirections", parse_direction, "INBOUND, OUTBOUND", Need::optional);
    std::ranges::sort(sides);
    const auto again = std::ranges::unique(sides);
    sides.erase(again.begin(), again.end());
    return sides;
}

std::vector<protocol::CompanyId> read_partners(Reader& in) {
    std::vector<protocol::CompanyId> partners;
    for (const std::int64_t id : in.integers("partnerCompanyIds", partners_max, 1, id_max)) partners.push_back({id});
    return partners;
}

template <class T>
Result<T> finished(Reader& in, T value) {
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return value;
}

// The names that a subscription is told: those it chose, or all of its version.
void write_types(JsonWriter& out, const Webhook& webhook) {
    out.key("eventTypes").array();
    if (webhook.event_types.empty() && webhook.version != WebhookVersion::native) {
        for (const std::string_view type : protocol::event_names(webhook.version)) out.value(type);
    } else {
        for (const std::string& type : webhook.event_types) out.value(type);
    }
    out.end();
}

void write_filters(JsonWriter& out, const Webhook& webhook) {
    out.key("caseDirections").array();
    for (const Side side : webhook.sides) out.value(direction(side));
    out.end().key("partnerCompanyIds").array();
    for (const protocol::CompanyId id : webhook.partners) out.value(id.value);
    out.end();
}

void write_page_end(JsonWriter& out, std::int64_t total, std::int64_t size, std::int64_t number) {
    out.member("totalElements", total).member("totalPages", size > 0 ? (total + size - 1) / size : 0);
    out.member("size", size).member("number", number);
}

void write_webhook(JsonWriter& out, const StoredWebhook& stored, bool show_secret) {
    const Webhook& w = stored.webhook;
    out.object().member("id", w.id.value).member("version", name(w.version)).member("callbackUrl", w.callback);
    write_types(out, w);
    write_filters(out, w);
    out.member("callbackAuthType", name(w.auth.type)).member("active", w.active).member("description", w.description);
    if (show_secret) out.member("secret", stored.secret);
    out.member("previousSecretUntil", stored.previous_until ? std::optional(to_rfc3339(*stored.previous_until)) : std::nullopt);
    out.member("rowVersion", w.row_version).member("createdAt", to_rfc3339(w.created_at));
    out.member("updatedAt", to_rfc3339(w.updated_at)).end();
}

}  // namespace

Result<Webhook> decode_webhook(std::string_view body, std::optional<WebhookVersion> version, const CallbackRules& rules) {
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    Webhook webhook;
    webhook.version = version.value_or(WebhookVersion::native);
    if (!version) {
        webhook.version = in.choice("version", protocol::parse_webhook_version, "v1, v2, native", Need::optional)
                              .value_or(WebhookVersion::native);
        webhook.description = in.text("description", 500, Need::optional);
        webhook.active = in.boolean("active").value_or(true);
    }
    webhook.callback = in.text("callbackUrl", protocol::callback_chars_max);
    webhook.event_types = read_types(in, webhook.version);
    if (auto auth = read_auth(in)) webhook.auth = std::move(*auth);
    if (webhook.version != WebhookVersion::v1) {
        webhook.sides = read_sides(in);
        webhook.partners = read_partners(in);
    }
    judge_callback(in, webhook.callback, &webhook.auth, rules);
    return finished(in, std::move(webhook));
}

Result<operations::WebhookChange> decode_webhook_change(std::string_view body, const CallbackRules& rules) {
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    operations::WebhookChange change;
    change.callback = in.maybe_text("callbackUrl", protocol::callback_chars_max);
    if (in.has("eventTypes")) {
        change.event_types = in.texts("eventTypes", 100, 200);
        std::ranges::sort(*change.event_types);
        const auto again = std::ranges::unique(*change.event_types);
        change.event_types->erase(again.begin(), again.end());
    }
    if (in.has("caseDirections")) change.sides = read_sides(in);
    if (in.has("partnerCompanyIds")) change.partners = read_partners(in);
    change.auth = read_auth(in);
    change.active = in.boolean("active");
    change.description = in.maybe_text("description", 500);
    if (change.callback) {
        if (change.callback->empty()) in.violate("callbackUrl", "missing", "must not be empty");
        judge_callback(in, *change.callback, change.auth ? &*change.auth : nullptr, rules);
    }
    return finished(in, std::move(change));
}

Result<operations::WebhookReplay> decode_replay(std::string_view body) {
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    operations::WebhookReplay replay;
    replay.from = in.instant("from");
    replay.to = in.instant("to");
    replay.failed_only = in.boolean("failedOnly").value_or(false);
    if (!replay.from && !replay.failed_only) in.violate("from", "missing", "say from when, or failedOnly");
    if (replay.from && replay.to && *replay.to <= *replay.from) in.violate("to", "not_allowed", "must be after from");
    return finished(in, replay);
}

Result<std::int64_t> decode_overlap(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return operations::secret_overlap_hours;
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    const std::int64_t hours = in.integer("overlapHours", 0, 168, Need::optional).value_or(operations::secret_overlap_hours);
    return finished(in, hours);
}

std::string encode_webhook_made(const operations::WebhookMade& made) {
    const Webhook& w = made.stored.webhook;
    JsonWriter out;
    out.object().member("id", w.id.value).member("callbackUrl", w.callback);
    write_types(out, w);
    if (w.version != WebhookVersion::v1) write_filters(out, w);
    out.member("active", w.active)
        .member("secret", made.show_secret ? made.stored.secret : "")
        .member("createdAt", to_rfc3339(w.created_at))
        .end();
    return out.take();
}

std::string encode_webhook_rows(const std::vector<StoredWebhook>& rows) {
    JsonWriter out;
    out.array();
    for (const StoredWebhook& row : rows) {
        const Webhook& w = row.webhook;
        out.object().member("id", w.id.value).member("callbackUrl", w.callback);
        write_types(out, w);
        if (w.version != WebhookVersion::v1) write_filters(out, w);
        out.member("active", w.active).member("callbackAuthType", name(w.auth.type));
        out.member("createdAt", to_rfc3339(w.created_at)).member("updatedAt", to_rfc3339(w.updated_at)).end();
    }
    out.end();
    return out.take();
}

std::string encode_attempts(const operations::AttemptList& list) {
    JsonWriter out;
    out.object().key("content").array();
    for (const store::StoredAttempt& row : list.page.rows) {
        out.object()
            .member("id", row.id)
            .member("cloudEventId", protocol::event_uuid(row.event))
            .member("eventType", row.event_name);
        out.member("httpStatus", row.http_status).member("attemptNumber", row.number).member("success", row.success);
        out.member("requestBody", row.request).member("responseBody", row.response).member("reason", row.reason);
        out.member("createdAt", to_rfc3339(row.at)).end();
    }
    out.end();
    write_page_end(out, list.page.total, list.size, list.number);
    return out.end().take();
}

std::string encode_webhook(const StoredWebhook& stored, bool show_secret) {
    JsonWriter out;
    write_webhook(out, stored, show_secret);
    return out.take();
}

std::string encode_webhook_items(const std::vector<StoredWebhook>& rows) {
    JsonWriter out;
    out.object().key("items").array();
    for (const StoredWebhook& row : rows) write_webhook(out, row, false);
    return out.end().end().take();
}

std::string encode_deliveries(const std::vector<store::StoredDelivery>& rows) {
    JsonWriter out;
    out.object().key("items").array();
    for (const store::StoredDelivery& row : rows) {
        out.object().member("id", row.id).member("state", name(row.state)).member("reason", row.reason);
        out.member("cursor", row.event_idx != 0 ? std::optional(std::to_string(row.event_idx)) : std::nullopt);
        out.member("replay", row.replay != 0).member("attempts", row.attempts).member("createdAt", to_rfc3339(row.created_at));
        out.member("nextAttemptAt",
                   row.state == store::DeliveryState::waiting ? std::optional(to_rfc3339(row.due_at)) : std::nullopt);
        out.member("finishedAt", row.finished_at ? std::optional(to_rfc3339(*row.finished_at)) : std::nullopt).end();
    }
    return out.end().end().take();
}

std::string encode_replayed(const operations::Replayed& done) {
    JsonWriter out;
    out.object().member("deliveries", done.deliveries).member("more", done.more);
    out.member("until", done.until ? std::optional(to_rfc3339(*done.until)) : std::nullopt).end();
    return out.take();
}

std::string encode_event_page(const operations::EventPage& page, std::string_view source) {
    JsonWriter out;
    out.object().key("items").array();
    for (const protocol::EventView& view : page.events) out.raw(protocol::encode_event(view, source));
    out.end().member("next", std::to_string(page.next)).member("more", page.more).end();
    return out.take();
}

}  // namespace entente::api
