#pragma once
// A webhook subscription: where a company wants to be told what happens, and which of it (contract section 15).
//
// Three versions live side by side: v1 (flat bodies) and v2 (CloudEvents) of the contract, and our own, whose bodies are those of
// the event feed. Each version has its own names for events; an event without a name in a version is not told to it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/event.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

using WebhookId = Id<struct WebhookTag>;

enum class WebhookVersion : std::uint8_t { v1, v2, native };
std::string_view name(WebhookVersion version);  // v1, v2, native
std::optional<WebhookVersion> parse_webhook_version(std::string_view text);

enum class CallbackAuthType : std::uint8_t { none, basic, bearer, header };
std::string_view name(CallbackAuthType type);  // NONE, BASIC, BEARER, HEADER
std::optional<CallbackAuthType> parse_callback_auth_type(std::string_view text);

// `first` and `second`: user and password, token, or header name and value.
struct CallbackAuth {
    CallbackAuthType type = CallbackAuthType::none;
    std::string first;
    std::string second;
};

struct Webhook {
    WebhookId id;
    CompanyId company;
    WebhookVersion version = WebhookVersion::v1;
    std::string callback;                  // https URL, or http where the gateway allows it
    std::vector<std::string> event_types;  // in the version's spelling; empty: every one
    std::vector<Side> sides;               // empty: both
    std::vector<CompanyId> partners;       // empty: all
    CallbackAuth auth;
    bool active = true;
    std::string description;  // for the people who look after it
    std::int64_t row_version = 1;
    Instant created_at;
    Instant updated_at;
};

inline constexpr std::size_t callback_chars_max = 2'000;

// The version's name for an event as it is told to `event.company`; nothing when the version does not know it or does not tell it
// to that side (contract 15.6).
std::optional<std::string_view> event_name(WebhookVersion version, const Event& event);
std::vector<std::string_view> event_names(WebhookVersion version);  // every name, sorted
bool knows_event_name(WebhookVersion version, std::string_view name);
// The version that has this name, for the hint in an error.
std::optional<WebhookVersion> version_of_event_name(std::string_view name);

// Filters and names together.
bool wants(const Webhook& webhook, const Event& event);

// The parts of a callback URL that is fit to be called: https (or http when `plain` is allowed), a host, no user, no fragment, no
// blank or control character. Whether the address behind it may be called is judged when it is known (server/net/address_guard).
struct CallbackUrl {
    bool tls = true;
    std::string authority;  // host and port as they go into the Host header
    std::string host;       // without brackets
    std::string target;     // path and query, at least "/"
};
Result<CallbackUrl> parse_callback(std::string_view url, bool plain_allowed);

// What receivers of an event need beside it.
struct EventView {
    Event event;
    std::string case_token;
    std::string note_token;  // of a note, or empty
};

// Bodies are compact and their members have a fixed order (contract 15.3): one receiver recomputes the signature over its own
// compact spelling. A repeat gives the same bytes.
std::string encode_event_v1(const EventView& view);
std::string encode_event_v2(const EventView& view);
// Our own: a CloudEvent with the attribute `cursor`; `source` is the gateway's public URL.
std::string encode_event(const EventView& view, std::string_view source);
std::string encode_event_for(WebhookVersion version, const EventView& view, std::string_view source);
std::string event_uuid(const EventId& id);

}  // namespace entente::protocol
