#include "server/deliveries/webhook.hpp"

#include "certs/digest.hpp"
#include "certs/tls.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"

namespace entente::deliveries {

using operations::Answer;
using operations::Parcel;
using protocol::CallbackAuthType;
using protocol::WebhookVersion;
using End = Answer::End;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t response_bytes_max = 256 * 1024;
constexpr std::size_t logged_bytes_max = 2'048;
constexpr std::size_t kept_max = 256;
constexpr std::chrono::seconds kept_for{20};

// What came back, as text that a log may hold: valid UTF-8 without control characters, cut.
std::string logged(std::string_view body) {
    std::string text;
    for (const char c : body.substr(0, logged_bytes_max)) {
        const auto byte = static_cast<unsigned char>(c);
        text += (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f ? ' ' : c;
    }
    while (!text.empty() && !protocol::valid_utf8(text)) text.pop_back();
    return text;
}

// A delivery that names no case: a made-up event in the words of the version.
std::string encode_test(WebhookVersion version, const protocol::EventId& id, protocol::Instant time, std::string_view source) {
    protocol::JsonWriter json;
    json.object();
    if (version == WebhookVersion::v1) {
        json.member("eventType", "webhook.test").member("requestToken", "test").member("timestamp", to_rfc3339(time)).end();
        return json.take();
    }
    const bool v2 = version == WebhookVersion::v2;
    json.member("specversion", "1.0").member("id", protocol::event_uuid(id)).member("source", v2 ? "/connect" : source);
    json.member("type", v2 ? "org.tsanet.connect.webhook.test" : "webhook.test").member("time", to_rfc3339(time));
    json.member("datacontenttype", "application/json").key("data").object();
    if (v2) json.member("requestToken", "test");
    json.end().end();
    return json.take();
}

protocol::EventId test_id(std::int64_t delivery) {
    const auto digest = certs::sha256(protocol::as_bytes("webhook.test/" + std::to_string(delivery)));
    protocol::EventId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

std::string code_of(int status) {
    return "http_" + std::to_string(status);
}

}  // namespace

std::string hub_signature(std::string_view secret, std::string_view body) {
    return "sha256=" + protocol::hex(certs::hmac_sha256(protocol::as_bytes(secret), protocol::as_bytes(body)));
}

std::string standard_signature(std::string_view secret, std::string_view id, std::int64_t seconds, std::string_view body) {
    // The key is what stands behind whsec_ in base64; a secret that is spelled otherwise is its own key.
    constexpr std::string_view prefix = "whsec_";
    protocol::Blob key(secret.begin(), secret.end());
    if (secret.starts_with(prefix))
        if (auto decoded = protocol::from_base64(secret.substr(prefix.size()))) key = std::move(*decoded);
    const std::string text = std::string(id) + "." + std::to_string(seconds) + "." + std::string(body);
    return "v1," + protocol::base64(certs::hmac_sha256(key, protocol::as_bytes(text)));
}

struct WebhookSender::Call {
    std::string place;
    std::string target;
    std::string body;
    std::string event_id;
    protocol::CallbackAuth auth;
    std::string secret;
    std::string previous_secret;  // while it is valid
};

WebhookSender::WebhookSender(WebhookOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), guard_(options_.allowed_networks) {
    client_options_.context = certs::client_context(options_.ca_file);
    client_options_.timeout = options_.timeout;
    client_options_.body_bytes_max = response_bytes_max;
    client_options_.may_connect = [this](const net::IpAddress& address) { return guard_.allows(address); };
    client_options_.give_up = [this] { return hurry_.load(); };
    client_options_.plain_allowed = options_.plain_allowed;
    client_options_.repeat_all = true;
}

WebhookSender::~WebhookSender() = default;

void WebhookSender::plan(store::Txn& txn, const operations::Context&, const protocol::Event& event,
                         std::vector<operations::Planned>& wanted) {
    for (const store::WebhookFilter& filter : store::webhook_filters_of(txn, event.company))
        if (event.cursor > filter.since && protocol::wants(filter.webhook, event))
            wanted.push_back({.target = filter.webhook.id.value});
}

std::expected<Parcel, std::string> WebhookSender::prepare(store::Txn& txn, const operations::Context& context,
                                                          const store::StoredDelivery& delivery, const store::StoredEvent* event) {
    const auto stored = store::find_webhook(txn, context.tools.vault, delivery.company, {delivery.target});
    if (!stored) return std::unexpected("subscription_gone");
    if (!stored->webhook.active) return std::unexpected("subscription_inactive");
    const auto url = protocol::parse_callback(stored->webhook.callback, options_.plain_allowed);
    if (!url) return std::unexpected("callback_not_allowed");
    auto call = std::make_shared<Call>();
    call->place = (url->tls ? "https://" : "http://") + url->authority;
    call->target = url->target;
    call->auth = stored->webhook.auth;
    call->secret = stored->secret;
    if (stored->previous_until && *stored->previous_until > context.now) call->previous_secret = stored->previous_secret;
    Parcel parcel;
    if (event != nullptr) {
        const auto named = event_name(stored->webhook.version, event->view.event);
        if (!named) return std::unexpected("event_unknown");
        parcel.name = *named;
        call->event_id = protocol::event_uuid(event->view.event.id);
        call->body = encode_event_for(stored->webhook.version, event->view, options_.source);
    } else {
        const protocol::EventId id = test_id(delivery.id);
        parcel.name = "webhook.test";
        call->event_id = protocol::event_uuid(id);
        call->body = encode_test(stored->webhook.version, id, delivery.created_at, options_.source);
    }
    parcel.request = call->body;
    parcel.send = [this, call](const operations::Proceed& proceed) { return send(*call, proceed); };
    return parcel;
}

Answer WebhookSender::send(const Call& call, const operations::Proceed& proceed) {
    const std::int64_t now = clock_.now().seconds();
    std::vector<api::Header> headers{
        {"Content-Type", "application/json"},
        {"User-Agent", "Entente"},
        {"Accept", "*/*"},
        {"X-Hub-Signature-256", hub_signature(call.secret, call.body)},
        {"webhook-id", call.event_id},
        {"webhook-timestamp", std::to_string(now)},
    };
    std::string signatures = standard_signature(call.secret, call.event_id, now, call.body);
    if (!call.previous_secret.empty()) {
        signatures += ' ' + standard_signature(call.previous_secret, call.event_id, now, call.body);
        headers.push_back({"X-Hub-Signature-256-Previous", hub_signature(call.previous_secret, call.body)});
    }
    headers.push_back({"webhook-signature", std::move(signatures)});
    if (call.auth.type == CallbackAuthType::basic)
        headers.push_back(
            {"Authorization", "Basic " + protocol::base64(protocol::as_bytes(call.auth.first + ":" + call.auth.second))});
    if (call.auth.type == CallbackAuthType::bearer) headers.push_back({"Authorization", "Bearer " + call.auth.first});
    if (call.auth.type == CallbackAuthType::header) headers.push_back({call.auth.first, call.auth.second});

    try {
        auto client = take_client(call.place);
        const api::Response response = client->call(api::Method::post, call.target, headers, call.body, proceed);
        const int status = response.status;
        Answer answer{.end = End::retry, .reason = code_of(status), .http_status = status, .response = logged(response.body)};
        if (status / 100 == 2) {
            answer.end = End::delivered;
            answer.reason.clear();
        } else if (status / 100 == 3) {
            answer.end = End::refused;
            answer.reason = "redirect";
        } else if (status / 100 == 4) {
            answer.end = End::refused;
        }
        if (!response.close) give_back(call.place, std::move(client));
        return answer;
    } catch (const net::NotSent&) {
        return {.end = End::stopped, .reason = "gate_closed", .http_status = {}, .response = {}};
    } catch (const net::AddressRefused& fault) {
        return {.end = End::refused, .reason = "address_refused", .http_status = {}, .response = logged(fault.what())};
    } catch (const net::TimedOut& fault) {
        if (hurry_) return {.end = End::interrupted, .reason = "interrupted", .http_status = {}, .response = {}};
        return {.end = End::retry, .reason = "timeout", .http_status = {}, .response = logged(fault.what())};
    } catch (const protocol::Fault& fault) {
        return {.end = End::retry, .reason = "connection_failed", .http_status = {}, .response = logged(fault.what())};
    }
}

std::unique_ptr<net::HttpClient> WebhookSender::take_client(const std::string& place) {
    {
        const std::lock_guard hold(mutex_);
        while (!kept_.empty() && SteadyClock::now() - kept_.front().since > kept_for) kept_.pop_front();
        for (auto it = kept_.begin(); it != kept_.end(); ++it)
            if (it->place == place) {
                auto client = std::move(it->client);
                kept_.erase(it);
                return client;
            }
    }
    return std::make_unique<net::HttpClient>(place, client_options_);
}

void WebhookSender::give_back(const std::string& place, std::unique_ptr<net::HttpClient> client) {
    const std::lock_guard hold(mutex_);
    kept_.push_back({place, std::move(client), SteadyClock::now()});
    if (kept_.size() > kept_max) kept_.pop_front();
}

}  // namespace entente::deliveries
