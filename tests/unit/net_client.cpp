// The tools' client against the real listener: verification of the server, kept connections, answers of every framing.

#include "server/net/http_client.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "server/net/server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/net_support.hpp"

namespace entente::net {
namespace {

using namespace std::chrono_literals;
using tests::FakeApi;
using tests::FakeStore;
using tests::Papers;

class NetClient : public testing::Test {
  protected:
    NetClient() {
        options.threads = 1;
        options.certificate = papers.file("server.pem");
        options.key = papers.file("server.key");
        options.client_authorities = papers.file("ca.pem");
        options.client_certificates = ClientCertificates::optional;
    }

    std::string base(std::string_view host = "127.0.0.1") {
        if (!server) {
            server = std::make_unique<Server>(options, api, store, workers, metrics, clock, random);
            server->start();
        }
        return "https://" + std::string(host) + ':' + std::to_string(server->port());
    }
    HttpClient client(std::string_view host = "127.0.0.1") { return {base(host), {.ca_file = papers.file("ca.pem")}}; }

    Papers papers;
    FakeStore store;
    Workers workers{1, 100};
    Metrics metrics;
    entente::tests::ManualClock clock;
    SystemRandom random;
    FakeApi api;
    ServerOptions options;
    std::unique_ptr<Server> server;
};

TEST_F(NetClient, CallsAndKeepsItsConnection) {
    HttpClient http = client();
    for (int i = 0; i < 3; ++i) {
        const api::Response response = http.call(api::Method::get, "/hello");
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "hello");
        EXPECT_EQ(header_of(response, "content-TYPE"), "text/plain");
        EXPECT_EQ(header_of(response, "absent"), "");
    }
    EXPECT_NE(metrics.text().find("entente_connections_accepted_total{listener=\"api\"} 1\n"), std::string::npos);
}

TEST_F(NetClient, SendsBodiesAndTakesLargeOnesAndHeads) {
    HttpClient http = client("localhost");
    EXPECT_EQ(http.call(api::Method::post, "/echo", {{"Content-Type", "text/plain"}}, std::string(500'000, 'y')).body,
              std::string(500'000, 'y'));
    EXPECT_EQ(http.call(api::Method::get, "/large").body.size(), 3'000'000U);
    const api::Response head = http.call(api::Method::head, "/hello");
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(header_of(head, "content-length"), "5");
    EXPECT_EQ(http.call(api::Method::get, "/hello").body, "hello");
}

TEST_F(NetClient, ConnectsAnewWhenTheServerLetGo) {
    options.limits.idle = 50ms;
    HttpClient http = client();
    EXPECT_EQ(http.call(api::Method::get, "/bye").body, "bye");
    EXPECT_EQ(http.call(api::Method::get, "/hello").body, "hello");
    while (server->connections() > 0) std::this_thread::yield();  // the idle limit
    EXPECT_EQ(http.call(api::Method::get, "/hello").body, "hello");
    EXPECT_NE(metrics.text().find("entente_connections_accepted_total{listener=\"api\"} 3\n"), std::string::npos);
}

TEST_F(NetClient, PresentsItsCertificate) {
    HttpClient http(
        base(), {.ca_file = papers.file("ca.pem"), .certificate = papers.file("partner.pem"), .key = papers.file("partner.key")});
    EXPECT_TRUE(http.call(api::Method::get, "/who").body.starts_with(Papers::partner));
}

std::string fault_of(HttpClient& http) {
    try {
        http.call(api::Method::get, "/hello");
    } catch (const protocol::Fault& fault) {
        return fault.what();
    }
    return "none";
}

TEST_F(NetClient, TrustsOnlyItsAuthorityAndTheNameItAskedFor) {
    const Papers others;
    HttpClient stranger(base(), {.ca_file = others.file("ca.pem")});
    EXPECT_NE(fault_of(stranger).find("TLS with "), std::string::npos) << fault_of(stranger);
    HttpClient elsewhere(base("127.0.0.2"), {.ca_file = papers.file("ca.pem")});
    EXPECT_NE(fault_of(elsewhere), "none");
    EXPECT_EQ(api.plans, 0);
}

TEST_F(NetClient, SaysPlainlyWhenNobodyAnswers) {
    HttpClient http = client();
    server.reset();
    EXPECT_TRUE(fault_of(http).starts_with("nobody answers at 127.0.0.1:")) << fault_of(http);
}

TEST_F(NetClient, GivesUpWhenTheAnswerDoesNotCome) {
    store.hold();
    HttpClient http(base(), {.ca_file = papers.file("ca.pem"), .timeout = 200ms});
    EXPECT_THROW(http.call(api::Method::post, "/write"), protocol::Fault);
    store.release();
}

TEST_F(NetClient, RefusesAddressesThatAreNotHttps) {
    for (const std::string_view wrong : {"http://localhost", "localhost:8443", "https://", "https://a:0", "https://a:x",
                                         "https://a:70000", "https://a@b", "https://a?b", "https://[::1"}) {
        EXPECT_THROW(HttpClient(wrong, {.ca_file = papers.file("ca.pem")}), protocol::Fault) << wrong;
    }
}

}  // namespace
}  // namespace entente::net
