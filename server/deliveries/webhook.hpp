#pragma once
// Webhooks: calls the address of a subscription with an event (contract section 15).
//
// Never follows a redirect, never calls an address that the guard refuses, sends credentials over TLS only, keeps connections open
// between calls. Signs the exact bytes: X-Hub-Signature-256 as the contract says, and the Standard Webhooks headers, whose
// signature covers id and time as well and carries one value a secret while two are valid.

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/clock.hpp"
#include "server/net/http_client.hpp"
#include "server/operations/outbox.hpp"
#include "server/operations/webhooks.hpp"

namespace entente::deliveries {

struct WebhookOptions {
    std::filesystem::path ca_file;  // empty: the system's authorities
    std::string allowed_networks;   // beside the public internet
    bool plain_allowed = false;
    std::chrono::milliseconds timeout{30'000};
    std::string source;  // the gateway's public URL: CloudEvents source of our own events
};

class WebhookSender final : public operations::Sender {
  public:
    WebhookSender(WebhookOptions options, const Clock& clock);
    ~WebhookSender() override;

    std::string_view kind() const override { return "webhook"; }
    void plan(store::Txn& txn, const operations::Context& context, const protocol::Event& event,
              std::vector<operations::Planned>& wanted) override;
    std::expected<operations::Parcel, std::string> prepare(store::Txn& txn, const operations::Context& context,
                                                           const store::StoredDelivery& delivery,
                                                           const store::StoredEvent* event) override;
    void hurry() override { hurry_ = true; }

  private:
    struct Call;
    struct Kept {
        std::string place;  // scheme, host and port
        std::unique_ptr<net::HttpClient> client;
        std::chrono::steady_clock::time_point since;
    };
    operations::Answer send(const Call& call, const operations::Proceed& proceed);
    std::unique_ptr<net::HttpClient> take_client(const std::string& place);
    void give_back(const std::string& place, std::unique_ptr<net::HttpClient> client);

    WebhookOptions options_;
    const Clock& clock_;
    net::AddressGuard guard_;
    net::ClientOptions client_options_;
    std::atomic<bool> hurry_{false};
    std::mutex mutex_;
    std::deque<Kept> kept_;  // the longest idle first
};

// Signatures, for the tests and for who documents them.
std::string hub_signature(std::string_view secret, std::string_view body);
std::string standard_signature(std::string_view secret, std::string_view id, std::int64_t seconds, std::string_view body);

}  // namespace entente::deliveries
