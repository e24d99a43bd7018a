#include "protocol/webhook.hpp"

#include <algorithm>
#include <array>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<WebhookVersion, 3> version_names{{
    {WebhookVersion::v1, "v1"},
    {WebhookVersion::v2, "v2"},
    {WebhookVersion::native, "native"},
}};

constexpr NameTable<CallbackAuthType, 4> auth_names{{
    {CallbackAuthType::none, "NONE"},
    {CallbackAuthType::basic, "BASIC"},
    {CallbackAuthType::bearer, "BEARER"},
    {CallbackAuthType::header, "HEADER"},
}};

constexpr std::string_view v1_created = "collaboration-request.created";
constexpr std::string_view v1_note = "note.created";
constexpr std::string_view v2_created = "org.tsanet.connect.collaboration-request.created";
constexpr std::string_view v2_closed = "org.tsanet.connect.collaboration-request.closed";
constexpr std::string_view v2_response = "org.tsanet.connect.collaboration-request.response.created";
constexpr std::string_view v2_response_updated = "org.tsanet.connect.collaboration-request.response.updated";
constexpr std::string_view v2_note = "org.tsanet.connect.collaboration-request.note.created";
constexpr std::array v1_names{v1_created, v1_note};
constexpr std::array v2_names{v2_created, v2_closed, v2_response, v2_response_updated, v2_note};

std::string_view v2_name(EventKind kind) {
    switch (kind) {
        case EventKind::case_created:
            return v2_created;
        case EventKind::case_closed:
            return v2_closed;
        case EventKind::case_accepted:
        case EventKind::case_rejected:
        case EventKind::information_requested:
        case EventKind::information_provided:
            return v2_response;
        case EventKind::case_acceptance_updated:
            return v2_response_updated;
        case EventKind::note_created:
            return v2_note;
        default:
            return {};
    }
}

bool own_doing(const Event& event) {
    return event.by == event.company;
}

Error bad_callback(std::string message) {
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the callback address cannot be used"};
    error.violations.push_back({"/callbackUrl", "not_allowed", std::move(message)});
    return error;
}

bool digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// host[:port] with IPv6 in brackets; the host without them, or nothing.
std::optional<std::string> host_in(std::string_view authority) {
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
        if (host.find(':') == std::string_view::npos) return std::nullopt;
        for (const char c : host)
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.'))
                return std::nullopt;
    } else {
        const auto colon = authority.find(':');
        host = authority.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
        for (const char c : host)
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_'))
                return std::nullopt;
    }
    if (host.empty() || host.size() > 253) return std::nullopt;
    if (!port.empty() && (!port.starts_with(':') || !digits(port.substr(1)) || port.size() > 6)) return std::nullopt;
    return std::string(host);
}

}  // namespace

std::string_view name(WebhookVersion version) {
    return name_in(version_names, version);
}
std::optional<WebhookVersion> parse_webhook_version(std::string_view text) {
    return find_exact(version_names, text);
}
std::string_view name(CallbackAuthType type) {
    return name_in(auth_names, type);
}
std::optional<CallbackAuthType> parse_callback_auth_type(std::string_view text) {
    return find_any_case(auth_names, text);
}

std::optional<std::string_view> event_name(WebhookVersion version, const Event& event) {
    if (version == WebhookVersion::native) return name(event.kind);
    // The contract tells a creation to the receiver; to the submitter as well in v2, where its filter asks for it (wants).
    if (event.kind == EventKind::case_created) {
        if (version == WebhookVersion::v2) return v2_created;
        return event.side == Side::receiver ? std::optional(v1_created) : std::nullopt;
    }
    if (own_doing(event)) return std::nullopt;
    const std::string_view v2 = v2_name(event.kind);
    if (version == WebhookVersion::v2) return v2.empty() ? std::nullopt : std::optional(v2);
    return event.kind == EventKind::note_created ? std::optional(v1_note) : std::nullopt;
}

std::vector<std::string_view> event_names(WebhookVersion version) {
    std::vector<std::string_view> names;
    if (version == WebhookVersion::v1) names.assign(v1_names.begin(), v1_names.end());
    if (version == WebhookVersion::v2) names.assign(v2_names.begin(), v2_names.end());
    if (version == WebhookVersion::native)
        for (int kind = 0; kind < event_kind_count; ++kind) names.push_back(name(static_cast<EventKind>(kind)));
    std::ranges::sort(names);
    return names;
}

bool knows_event_name(WebhookVersion version, std::string_view name) {
    return std::ranges::binary_search(event_names(version), name);
}

std::optional<WebhookVersion> version_of_event_name(std::string_view name) {
    for (const WebhookVersion version : {WebhookVersion::v1, WebhookVersion::v2, WebhookVersion::native})
        if (knows_event_name(version, name)) return version;
    return std::nullopt;
}

bool wants(const Webhook& webhook, const Event& event) {
    const auto named = event_name(webhook.version, event);
    if (!named || event.company != webhook.company || !webhook.active) return false;
    const auto listed = [](const auto& list, const auto& one) {
        return list.empty() || std::ranges::find(list, one) != list.end();
    };
    if (webhook.version == WebhookVersion::v2 && event.kind == EventKind::case_created && event.side == Side::submitter &&
        webhook.sides.empty())
        return false;
    if (!webhook.event_types.empty() && std::ranges::find(webhook.event_types, *named) == webhook.event_types.end()) return false;
    // Who narrows to a side or to partners speaks of cases.
    if (event.subject.type == EventSubject::Type::agreement) return webhook.sides.empty() && webhook.partners.empty();
    return listed(webhook.sides, event.side) && listed(webhook.partners, event.partner);
}

Result<CallbackUrl> parse_callback(std::string_view url, bool plain_allowed) {
    CallbackUrl parsed;
    if (url.size() > callback_chars_max) return std::unexpected(bad_callback("is too long"));
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '\\' || c == '#' || c == '"' ||
            c == '<' || c == '>')
            return std::unexpected(bad_callback("holds a character that a callback cannot have"));
    const auto scheme_end = std::min(url.find("://"), url.size());
    std::string scheme(url.substr(0, scheme_end));
    for (char& c : scheme) c = ascii_lower(c);
    if (scheme == "http" && !plain_allowed)
        return std::unexpected(bad_callback("must begin with https://: this gateway calls nobody without TLS"));
    if ((scheme != "https" && scheme != "http") || scheme_end == url.size())
        return std::unexpected(bad_callback("must begin with https://"));
    parsed.tls = scheme == "https";
    std::string_view rest = url.substr(scheme_end + 3);
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    parsed.authority = rest.substr(0, end);
    rest.remove_prefix(end);
    if (parsed.authority.find('@') != std::string::npos)
        return std::unexpected(bad_callback("must not name a user; use callbackAuth"));
    auto host = host_in(parsed.authority);
    if (!host) return std::unexpected(bad_callback("must name a host, like https://hooks.example.com/path"));
    parsed.host = std::move(*host);
    parsed.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return parsed;
}

std::string event_uuid(const EventId& id) {
    std::string text = hex(id);
    // The form of RFC 9562, version 8: bits of our own.
    text[12] = '8';
    text[16] = "89ab"[id[8] & 3];
    for (const std::size_t at : {std::size_t{20}, std::size_t{16}, std::size_t{12}, std::size_t{8}}) text.insert(at, 1, '-');
    return text;
}

std::string encode_event_v1(const EventView& view) {
    JsonWriter json;
    json.object().member("eventType", event_name(WebhookVersion::v1, view.event).value_or(v1_created));
    json.member("requestToken", view.case_token);
    if (!view.note_token.empty()) json.member("noteToken", view.note_token);
    json.member("timestamp", to_rfc3339(view.event.time)).end();
    return json.take();
}

std::string encode_event_v2(const EventView& view) {
    JsonWriter json;
    json.object().member("specversion", "1.0").member("id", event_uuid(view.event.id)).member("source", "/connect");
    json.member("type", event_name(WebhookVersion::v2, view.event).value_or(v2_created));
    json.member("time", to_rfc3339(view.event.time)).member("datacontenttype", "application/json");
    json.key("data").object().member("requestToken", view.case_token);
    if (!view.note_token.empty()) json.member("noteToken", view.note_token);
    json.end().end();
    return json.take();
}

std::string encode_event(const EventView& view, std::string_view source) {
    const Event& event = view.event;
    JsonWriter json;
    json.object().member("specversion", "1.0").member("id", event_uuid(event.id)).member("source", source);
    json.member("type", name(event.kind));
    const bool agreement = event.subject.type == EventSubject::Type::agreement;
    if (agreement) json.member("subject", "agreements/" + std::to_string(event.subject.id));
    if (!view.case_token.empty()) json.member("subject", "cases/" + view.case_token);
    json.member("time", to_rfc3339(event.time)).member("datacontenttype", "application/json");
    json.member("cursor", std::to_string(event.cursor));
    json.key("data").object();
    if (agreement) {
        json.key("agreement").object().member("id", event.subject.id).end();
    } else {
        json.key("case").object().member("id", event.case_id.value).member("token", view.case_token).end();
        json.member("side", name(event.side)).member("partner", event.partner.value);
    }
    json.member("by", !event.by ? "gateway" : own_doing(event) ? "self" : "partner");
    if (!view.note_token.empty()) json.key("note").object().member("id", event.subject.id).member("token", view.note_token).end();
    if (event.subject.type == EventSubject::Type::response) json.key("response").object().member("id", event.subject.id).end();
    json.end().end();
    return json.take();
}

std::string encode_event_for(WebhookVersion version, const EventView& view, std::string_view source) {
    switch (version) {
        case WebhookVersion::v1:
            return encode_event_v1(view);
        case WebhookVersion::v2:
            return encode_event_v2(view);
        case WebhookVersion::native:
            break;
    }
    return encode_event(view, source);
}

}  // namespace entente::protocol
