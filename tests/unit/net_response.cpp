// Responses as bytes, and the API of the monitoring listener.

#include <gtest/gtest.h>

#include "server/net/metrics_api.hpp"
#include "server/net/response_text.hpp"

namespace entente::net {
namespace {

const Framing framing{.date = "Sun, 06 Nov 1994 08:49:37 GMT", .request_id = "0123456789abcdef0123456789abcdef"};

TEST(ResponseText, WritesTheHeadersOfTheConnectionAndThoseOfTheApi) {
    const api::Response response{.status = 201, .headers = {{"Content-Type", "application/json"}}, .body = "{}"};
    EXPECT_EQ(encode_response(response, framing),
              "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n"
              "Strict-Transport-Security: max-age=31536000\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(ResponseText, AHeadAnswerTellsTheLengthWithoutTheBody) {
    Framing head = framing;
    head.head = true;
    const std::string text = encode_response({.status = 200, .body = "hello"}, head);
    EXPECT_NE(text.find("Content-Length: 5\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(ResponseText, NoContentHasNeitherBodyNorLength) {
    const std::string text = encode_response({.status = 204, .body = "forgotten"}, framing);
    EXPECT_EQ(text.find("Content-Length"), std::string::npos);
    EXPECT_EQ(text.find("forgotten"), std::string::npos);
}

TEST(ResponseText, SaysCloseWhenTheConnectionEnds) {
    Framing last = framing;
    last.keep_alive = false;
    EXPECT_NE(encode_response({}, last).find("Connection: close\r\n"), std::string::npos);
}

// A value with a line break would let its author write the rest of the answer.
TEST(ResponseText, LeavesOutHeadersThatCouldSplitTheAnswerOrContradictIt) {
    const api::Response response{
        .headers = {{"X-One", "a\r\nSet-Cookie: b"}, {"X Two", "c"}, {"content-length", "99"}, {"X-Four", "d"}}};
    const std::string text = encode_response(response, framing);
    EXPECT_EQ(text.find("Set-Cookie"), std::string::npos);
    EXPECT_EQ(text.find("X Two"), std::string::npos);
    EXPECT_EQ(text.find("content-length"), std::string::npos);
    EXPECT_NE(text.find("X-Four: d\r\n"), std::string::npos);
}

TEST(ResponseText, DatesAsTheStandardSpellsThem) {
    EXPECT_EQ(http_date({784111777'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date({1709210096'000'000}), "Thu, 29 Feb 2024 12:34:56 GMT");
}

api::Response ask(MetricsApi& api, api::Method method, std::string target) {
    auto request = std::make_shared<api::Request>();
    request->method = method;
    request->target = std::move(target);
    return std::get<api::Response>(api.plan(request));
}

TEST(MetricsApi, AnswersItsThreePathsAndNothingElse) {
    Metrics metrics;
    metrics.counter("entente_things_total", "Things.").add(3);
    std::string missing;
    MetricsApi api(metrics, [&] { return missing; });
    EXPECT_NE(ask(api, api::Method::get, "/metrics").body.find("entente_things_total 3\n"), std::string::npos);
    EXPECT_EQ(ask(api, api::Method::get, "/healthz").status, 200);
    EXPECT_EQ(ask(api, api::Method::get, "/readyz?verbose").status, 200);
    missing = "store";
    EXPECT_EQ(ask(api, api::Method::head, "/readyz").status, 503);
    EXPECT_EQ(ask(api, api::Method::get, "/readyz").body, "not ready: store\n");
    EXPECT_EQ(ask(api, api::Method::post, "/metrics").status, 405);
    EXPECT_EQ(ask(api, api::Method::get, "/v1/me").status, 404);
}

}  // namespace
}  // namespace entente::net
