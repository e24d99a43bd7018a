// The listener over TLS on a free port of this machine: HTTP/1.1 as clients speak it, limits, hostile clients, client certificates,
// reload and drain. Deadlines are short where a test waits for one and long everywhere else.

#include "server/net/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/net_support.hpp"

namespace entente::net {
namespace {

using namespace std::chrono_literals;
using tests::Caller;
using tests::FakeApi;
using tests::FakeStore;
using tests::Papers;

class NetServer : public testing::Test {
  protected:
    ServerOptions options() const {
        ServerOptions options;
        options.threads = 2;
        options.certificate = papers.file("server.pem");
        options.key = papers.file("server.key");
        options.limits.handshake = 30s;
        options.limits.request = 30s;
        options.limits.step = 30s;
        return options;
    }

    void start(const ServerOptions& with) {
        server = std::make_unique<Server>(with, api, store, workers, metrics, clock, random);
        server->start();
    }

    std::unique_ptr<Caller> connect(bool with_certificate = false) {
        auto caller = std::make_unique<Caller>(papers, server->port(), with_certificate);
        EXPECT_TRUE(caller->shake_hands());
        return caller;
    }

    static std::string get(std::string_view target, std::string_view more = "") {
        return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
    }

    bool accepts_connections() {
        try {
            const Caller caller(papers, server->port());
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    bool has_metric(std::string_view line) { return metrics.text().find(line) != std::string::npos; }

    Papers papers;
    FakeStore store;
    Workers workers{2, 100};
    Metrics metrics;
    entente::tests::ManualClock clock;
    SystemRandom random;
    FakeApi api;
    std::unique_ptr<Server> server;  // destroyed first
};

TEST_F(NetServer, KeepsAConnectionForManyRequests) {
    start(options());
    const auto caller = connect();
    for (int i = 0; i < 40; ++i) {
        caller->say(get("/hello"));
        const std::string response = caller->hear();
        EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nX-Request-Id: ")) << response;
        EXPECT_TRUE(response.ends_with("\r\n\r\nhello"));
        EXPECT_EQ(response.find("Connection:"), std::string::npos);
    }
    EXPECT_EQ(server->connections(), 1U);
    EXPECT_TRUE(has_metric("entente_http_requests_total{listener=\"api\",route=\"hello\",status=\"2xx\"} "));
}

TEST_F(NetServer, AnswersPipelinedRequestsInTheirOrder) {
    start(options());
    const auto caller = connect();
    std::string many;
    for (int i = 0; i < 100; ++i) {
        const std::string body = std::to_string(i);
        many += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        many += get("/write");
    }
    caller->say(many);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(caller->hear().ends_with("\r\n\r\n" + std::to_string(i)));
        EXPECT_TRUE(caller->hear().ends_with("\r\n\r\ndurable"));
    }
}

TEST_F(NetServer, TakesBytesOneAtATime) {
    start(options());
    const auto caller = connect();
    for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) {
        caller->say({&c, 1});
    }
    EXPECT_TRUE(caller->hear().ends_with("\r\n\r\nabc"));
}

TEST_F(NetServer, InvitesABodyThatIsAcceptable) {
    start(options());
    const auto caller = connect();
    caller->say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(caller->hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    caller->say("body");
    EXPECT_TRUE(caller->hear().ends_with("\r\n\r\nbody"));
}

TEST_F(NetServer, RefusesABodyThatIsTooLargeBeforeItIsSent) {
    start(options());
    const auto caller = connect();
    caller->say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
    const std::string response = caller->hear();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 413 ")) << response;
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(response.ends_with("body_too_large /echo"));
    EXPECT_TRUE(caller->ended());
    EXPECT_EQ(api.plans, 0);
}

// The refusal must reach a client that is still sending: closing over unread bytes would reset the connection.
TEST_F(NetServer, TheRefusalOfALargeBodyArrivesWhileTheBodyIsStillComing) {
    start(options());
    const auto caller = connect();
    caller->say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n" + std::string(300'000, 'x'));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 413 "));
}

TEST_F(NetServer, HeadTellsTheLengthAlone) {
    start(options());
    const auto caller = connect();
    caller->say("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    EXPECT_NE(caller->hear(true).find("Content-Length: 5\r\n\r\n"), std::string::npos);
    EXPECT_TRUE(caller->hear().ends_with("hello"));
}

TEST_F(NetServer, SendsLargeAnswersWhole) {
    start(options());
    const auto caller = connect();
    caller->say(get("/large") + get("/hello"));
    EXPECT_TRUE(caller->hear().ends_with("\r\n\r\n" + std::string(3'000'000, 'x')));
    EXPECT_TRUE(caller->hear().ends_with("hello"));
}

TEST_F(NetServer, ClosesWhenAskedByEitherSideOrByAnOldClient) {
    start(options());
    for (const std::string& request :
         {get("/hello", "Connection: close\r\n"), get("/bye"), std::string("GET /hello HTTP/1.0\r\n\r\n")}) {
        const auto caller = connect();
        caller->say(request);
        EXPECT_NE(caller->hear().find("Connection: close\r\n"), std::string::npos) << request;
        EXPECT_TRUE(caller->ended()) << request;
    }
}

TEST_F(NetServer, RefusesSmugglingFormsAndNeverReadsOn) {
    start(options());
    const auto caller = connect();
    caller->say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                get("/hello"));
    const std::string response = caller->hear();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(response.ends_with("ambiguous_length /echo"));
    EXPECT_TRUE(caller->ended());
    EXPECT_EQ(api.plans, 0);
    EXPECT_TRUE(has_metric("entente_http_refused_total{listener=\"api\",code=\"ambiguous_length\"} 1\n"));
}

TEST_F(NetServer, EachRequestHasItsOwnIdAndTheCallersAddress) {
    start(options());
    const auto caller = connect();
    caller->say(get("/id"));
    const std::string first = caller->hear();
    caller->say(get("/id"));
    const std::string second = caller->hear();
    const std::string id = first.substr(first.find("\r\n\r\n") + 4, 32);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(first.find("X-Request-Id: " + id + "\r\n"), std::string::npos);
    EXPECT_TRUE(first.ends_with(" 127.0.0.1"));
    EXPECT_EQ(second.find(id), std::string::npos);
}

TEST_F(NetServer, DrivesEveryKindOfStep) {
    start(options());
    const auto caller = connect();
    caller->say(get("/read") + get("/write") + get("/chain"));
    EXPECT_TRUE(caller->hear().ends_with("seen"));
    EXPECT_TRUE(caller->hear().ends_with("durable"));
    EXPECT_TRUE(caller->hear().ends_with("durable"));
    EXPECT_EQ(api.works, 2);
}

TEST_F(NetServer, AFaultIsAnAnswerAndTheConnectionLivesOn) {
    start(options());
    const auto caller = connect();
    caller->say(get("/fault") + get("/mistake") + get("/worker-fault") + get("/hello"));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 500 "));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(caller->hear().ends_with("hello"));
}

TEST_F(NetServer, AFullQueueIsAnsweredAtOnce) {
    start(options());
    store.refuse(true);
    const auto caller = connect();
    caller->say(get("/write"));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(has_metric("entente_steps_total{kind=\"writer\",outcome=\"queue_full\"} 1\n"));
}

// The caller is told that nothing happened, so nothing may happen later either.
TEST_F(NetServer, AStepThatHasNotBegunInTimeNeverRuns) {
    ServerOptions with = options();
    with.limits.step = 50ms;
    start(with);
    store.hold();
    const auto caller = connect();
    caller->say(get("/write"));
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 503 "));
    store.release();
    EXPECT_EQ(api.works, 0);
    EXPECT_EQ(store.changes(), 0);
    EXPECT_TRUE(has_metric("entente_steps_total{kind=\"writer\",outcome=\"abandoned\"} 1\n"));
    caller->say(get("/hello"));
    EXPECT_TRUE(caller->hear().ends_with("hello"));
}

TEST_F(NetServer, AStepThatComesBackLateIsDropped) {
    ServerOptions with = options();
    with.limits.step = 50ms;
    start(with);
    const auto caller = connect();
    caller->say(get("/gate"));
    api.gate_reached.get_future().wait();
    EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 503 "));
    api.gate_opened.set_value();
    caller->say(get("/hello"));
    EXPECT_TRUE(caller->hear().ends_with("hello"));
    EXPECT_TRUE(has_metric("entente_steps_total{kind=\"worker\",outcome=\"late\"} 1\n"));
}

TEST_F(NetServer, AnIdleConnectionIsClosedWithoutAWord) {
    ServerOptions with = options();
    with.limits.idle = 50ms;
    start(with);
    const auto caller = connect();
    EXPECT_TRUE(caller->ended());
}

TEST_F(NetServer, ASlowRequestIsToldSoAndLetGo) {
    ServerOptions with = options();
    with.limits.request = 50ms;
    start(with);
    for (const std::string_view part :
         {"GET /hello HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"}) {
        const auto caller = connect();
        caller->say(part);
        EXPECT_TRUE(caller->hear().starts_with("HTTP/1.1 408 ")) << part;
        EXPECT_TRUE(caller->ended());
    }
    EXPECT_EQ(api.plans, 0);
}

// Who does not take the answer cannot keep the connection: the kernel's buffers fill, the deadline passes.
TEST_F(NetServer, AClientThatDoesNotReadIsClosed) {
    ServerOptions with = options();
    with.limits.request = 300ms;
    start(with);
    const auto caller = connect();
    const int small = 4096;
    ::setsockopt(caller->socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    caller->say(get("/large") + get("/large") + get("/large"));
    server->drain(20s);  // returns when the connection is gone
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(NetServer, AHandshakeThatDoesNotComeIsClosed) {
    ServerOptions with = options();
    with.limits.handshake = 50ms;
    start(with);
    Caller silent(papers, server->port());
    EXPECT_TRUE(silent.ended_without_tls());
    EXPECT_TRUE(has_metric("entente_tls_handshake_failures_total{listener=\"api\",reason=\"timeout\"} 1\n"));
}

TEST_F(NetServer, PlainHttpIsClosed) {
    start(options());
    Caller plain(papers, server->port());
    const std::string request = get("/hello");
    ASSERT_EQ(::send(plain.socket(), request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    EXPECT_TRUE(plain.ended_without_tls());
    EXPECT_TRUE(has_metric("reason=\"plain_http\"} 1\n"));
    EXPECT_EQ(api.plans, 0);
}

TEST_F(NetServer, CeilingsHoldPerAddressAndInTotal) {
    ServerOptions with = options();
    with.limits.connections_per_address = 2;
    start(with);
    const auto one = connect();
    const auto two = connect();
    Caller three(papers, server->port());
    EXPECT_FALSE(three.shake_hands());
    EXPECT_TRUE(has_metric("entente_connections_refused_total{listener=\"api\",reason=\"address_full\"} 1\n"));
    one->say(get("/hello"));
    EXPECT_TRUE(one->hear().ends_with("hello"));
}

TEST_F(NetServer, ClientCertificatesAreVerifiedAndHandedOn) {
    ServerOptions with = options();
    with.client_authorities = papers.file("ca.pem");
    with.client_certificates = ClientCertificates::optional;
    start(with);
    const auto known = connect(true);
    known->say(get("/who"));
    const std::string response = known->hear();
    EXPECT_NE(response.find("\r\n\r\n" + std::string(Papers::partner) + ' '), std::string::npos) << response;
    EXPECT_EQ(response.substr(response.rfind(' ') + 1).size(), 64U);
    const auto nobody = connect(false);
    nobody->say(get("/who"));
    EXPECT_TRUE(nobody->hear().ends_with("nobody"));
}

TEST_F(NetServer, ARequiredCertificateIsRequiredAndAStrangersRefused) {
    ServerOptions with = options();
    with.client_authorities = papers.file("ca.pem");
    with.client_certificates = ClientCertificates::required;
    start(with);
    const auto known = connect(true);
    known->say(get("/who"));
    EXPECT_TRUE(known->hear().starts_with("HTTP/1.1 200 "));
    // In TLS 1.3 the client learns of the refusal with its first read.
    Caller nobody(papers, server->port(), false);
    if (nobody.shake_hands()) {
        nobody.say(get("/who"));
        EXPECT_EQ(nobody.hear(), "");
    }
    const Papers others;
    Caller stranger(papers, others, server->port());
    if (stranger.shake_hands()) {
        stranger.say(get("/who"));
        EXPECT_EQ(stranger.hear(), "");
    }
    EXPECT_EQ(api.plans, 1);
}

TEST_F(NetServer, ReloadGivesNewConnectionsTheNewCertificateAndKeepsOpenOnes) {
    start(options());
    const auto old = connect();
    papers.renew_server();
    server->reload_tls();
    const auto fresh = connect();
    EXPECT_NE(old->server_fingerprint(), fresh->server_fingerprint());
    for (const auto& caller : {old.get(), fresh.get()}) {
        caller->say(get("/hello"));
        EXPECT_TRUE(caller->hear().ends_with("hello"));
    }
}

TEST_F(NetServer, AReloadOfBadFilesChangesNothing) {
    start(options());
    ServerOptions wrong = options();
    wrong.certificate = papers.file("nothing.pem");
    EXPECT_THROW(server->reload(wrong), protocol::Fault);
    server->reload_tls();
    const auto caller = connect();
    caller->say(get("/hello"));
    EXPECT_TRUE(caller->hear().ends_with("hello"));
}

TEST_F(NetServer, DrainFinishesTheRequestUnderWayAndClosesIdleConnections) {
    start(options());
    const auto idle = connect();
    idle->say(get("/hello"));
    idle->hear();
    const auto busy = connect();
    busy->say(get("/gate"));
    api.gate_reached.get_future().wait();
    std::jthread drain([&] { server->drain(20s); });
    EXPECT_TRUE(idle->ended());
    while (accepts_connections()) continue;  // each thread closes its own listening socket
    api.gate_opened.set_value();
    const std::string response = busy->hear();
    EXPECT_TRUE(response.ends_with("through"));
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(busy->ended());
    drain.join();
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(NetServer, DrainCutsWhatDoesNotFinish) {
    start(options());
    store.hold();
    const auto caller = connect();
    caller->say(get("/write"));
    store.wait_for_queued(1);
    server->drain(50ms);
    EXPECT_EQ(server->connections(), 0U);
    EXPECT_EQ(caller->hear(), "");
    server.reset();  // the step comes back to a listener that is gone
    store.release();
    EXPECT_EQ(api.works, 0);
}

TEST_F(NetServer, APortThatIsTakenIsAPlainFault) {
    start(options());
    ServerOptions same = options();
    same.port = server->port();
    Server second(same, api, store, workers, metrics, clock, random);
    try {
        second.start();
        FAIL() << "two listeners share a port";
    } catch (const protocol::Fault& fault) {
        EXPECT_EQ(std::string(fault.what()),
                  "cannot listen on 127.0.0.1 port " + std::to_string(server->port()) + ": Address already in use");
    }
}

TEST_F(NetServer, UnusableFilesAreAPlainFault) {
    ServerOptions with = options();
    with.key = papers.file("partner.key");
    EXPECT_THROW(Server(with, api, store, workers, metrics, clock, random), protocol::Fault);
}

TEST_F(NetServer, RequiredCertificatesNeedAnAuthority) {
    ServerOptions with = options();
    with.client_certificates = ClientCertificates::required;
    EXPECT_THROW(Server(with, api, store, workers, metrics, clock, random), protocol::Fault);
}

TEST_F(NetServer, DrainDoesNotWaitForHandshakes) {
    start(options());
    Caller silent(papers, server->port());
    while (server->connections() == 0) std::this_thread::yield();
    server->drain(20s);
    EXPECT_TRUE(silent.ended_without_tls());
    EXPECT_TRUE(has_metric("reason=\"draining\"} 1\n"));
}

TEST(Listeners, TakeTheirOptionsFromTheConfiguration) {
    Config config;
    config.listen.port = 1;
    config.limits.body_bytes = 4096;
    config.limits.idle_seconds = 7;
    config.tls.client_authorities = "/ca.pem";
    const ServerOptions api = api_listener(config);
    EXPECT_EQ(api.port, 1);
    EXPECT_EQ(api.limits.body_bytes, 4096U);
    EXPECT_EQ(api.limits.idle, 7s);
    EXPECT_EQ(api.client_certificates, ClientCertificates::optional);
    const ServerOptions metrics = metrics_listener(config);
    EXPECT_EQ(metrics.address, "127.0.0.1");
    EXPECT_EQ(metrics.client_certificates, ClientCertificates::none);
    EXPECT_FALSE(metrics.log_requests);
}

TEST_F(NetServer, ListensOnIpv6Too) {
    ServerOptions with = options();
    with.address = "::1";
    try {
        start(with);
    } catch (const protocol::Fault&) {
        GTEST_SKIP() << "this machine has no IPv6";
    }
    EXPECT_NE(server->port(), 0);
}

}  // namespace
}  // namespace entente::net
