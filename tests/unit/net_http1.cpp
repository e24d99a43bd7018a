// The request parser without sockets: what it understands, where requests end, and every form that two parsers could read
// differently. Each text is fed whole, byte by byte, and in sevens, and must come out the same.

#include "server/net/http1.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace entente::net {
namespace {

using api::Method;
using State = Http1::State;

struct Outcome {
    std::vector<api::Request> requests;
    std::vector<bool> kept;
    State last = State::empty;
    int status = 0;
    std::string code;
    std::size_t unused = 0;
};

// What a session does: keeps what was not used and offers it again.
Outcome feed_in_steps(std::string_view text, std::size_t step, Http1Limits limits) {
    Outcome outcome;
    Http1 http(limits);
    std::string pending;
    const auto settle = [&] {
        pending.erase(0, http.feed(pending));
        while (http.state() == State::complete) {
            outcome.kept.push_back(http.keep_alive());
            outcome.requests.push_back(*http.take());
            pending.erase(0, http.feed(pending));
        }
    };
    while (!text.empty() && http.state() != State::refused) {
        pending += text.substr(0, step);
        text.remove_prefix(std::min(step, text.size()));
        settle();
    }
    outcome.last = http.state();
    outcome.unused = pending.size();
    if (http.state() == State::refused) {
        outcome.status = http.refusal().status;
        outcome.code = http.refusal().code;
    }
    return outcome;
}

Outcome feed(std::string_view text, Http1Limits limits = {}) {
    Outcome whole = feed_in_steps(text, text.size(), limits);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        const Outcome other = feed_in_steps(text, step, limits);
        EXPECT_EQ(other.requests.size(), whole.requests.size()) << "in steps of " << step << ": " << text;
        EXPECT_EQ(other.last, whole.last) << "in steps of " << step << ": " << text;
        EXPECT_EQ(other.code, whole.code) << "in steps of " << step << ": " << text;
        for (std::size_t i = 0; i < std::min(other.requests.size(), whole.requests.size()); ++i) {
            EXPECT_EQ(other.requests[i].body, whole.requests[i].body);
            EXPECT_EQ(other.requests[i].target, whole.requests[i].target);
        }
    }
    return whole;
}

TEST(Http1, ReadsARequestWithItsHeadersAsTheyCame) {
    const Outcome out = feed("GET /v1/me?fields=a%20b HTTP/1.1\r\nHost: localhost:8443\r\nX-Thing:  one two \t\r\nEmpty:\r\n\r\n");
    ASSERT_EQ(out.requests.size(), 1U);
    const api::Request& request = out.requests[0];
    EXPECT_EQ(request.method, Method::get);
    EXPECT_EQ(request.target, "/v1/me?fields=a%20b");
    ASSERT_EQ(request.headers.size(), 3U);
    EXPECT_EQ(request.headers[1].name, "X-Thing");
    EXPECT_EQ(request.headers[1].value, "one two");
    EXPECT_EQ(request.headers[2].value, "");
    EXPECT_TRUE(request.body.empty());
    EXPECT_TRUE(out.kept[0]);
}

TEST(Http1, LinesOfOneNameAreOneList) {
    const Outcome out = feed(
        "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\nAccept: text/html\r\nif-none-match: \"2\", \"3\"\r\n"
        "Accept: application/problem+json\r\nContent-Encoding: Identity\r\n\r\n");
    ASSERT_EQ(out.requests.size(), 1U);
    const auto& headers = out.requests[0].headers;
    ASSERT_EQ(headers.size(), 4U);
    EXPECT_EQ(headers[1].value, "\"1\", \"2\", \"3\"");
    EXPECT_EQ(headers[2].value, "text/html, application/problem+json");
}

TEST(Http1, KnowsTheMethodsAndCallsAnyOtherOther) {
    const std::vector<std::pair<std::string, Method>> methods{
        {"GET", Method::get},     {"HEAD", Method::head},      {"POST", Method::post},       {"PUT", Method::put},
        {"PATCH", Method::patch}, {"DELETE", Method::delete_}, {"OPTIONS", Method::options}, {"TRACE", Method::other},
        {"get", Method::other},   {"BREW", Method::other}};
    for (const auto& [word, method] : methods) {
        const Outcome out = feed(word + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_EQ(out.requests.size(), 1U) << word;
        EXPECT_EQ(out.requests[0].method, method) << word;
    }
}

TEST(Http1, ReadsBodiesByLengthAndByChunks) {
    const Outcome sized = feed("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world");
    ASSERT_EQ(sized.requests.size(), 1U);
    EXPECT_EQ(sized.requests[0].body, "hello world");
    const Outcome chunked =
        feed("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n6\r\nhello \r\n0005\r\nworld\r\n0\r\n\r\n");
    ASSERT_EQ(chunked.requests.size(), 1U);
    EXPECT_EQ(chunked.requests[0].body, "hello world");
    const Outcome empty = feed("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    ASSERT_EQ(empty.requests.size(), 1U);
    EXPECT_EQ(empty.requests[0].body, "");
}

TEST(Http1, SeparatesPipelinedRequests) {
    const Outcome out = feed(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
        "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        "GET /4 HT");
    ASSERT_EQ(out.requests.size(), 3U);
    EXPECT_EQ(out.requests[0].body, "one");
    EXPECT_EQ(out.requests[1].body, "two");
    EXPECT_EQ(out.requests[2].target, "/3");
    EXPECT_FALSE(out.kept[2]);
    EXPECT_EQ(out.last, State::header);
}

TEST(Http1, SkipsOneEmptyLineBeforeARequestAndNotTwo) {
    EXPECT_EQ(feed("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").requests.size(), 1U);
    EXPECT_EQ(feed("\r\n").last, State::empty);
    EXPECT_EQ(feed("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").code, "malformed_request");
}

TEST(Http1, AnswersOldClientsOnceAndLetsThemGo) {
    const Outcome out = feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_EQ(out.requests.size(), 1U);
    EXPECT_FALSE(out.kept[0]);
}

struct Refused {
    const char* name;
    std::string text;
    int status;
    const char* code;
};

void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.name;
}

class RefusedForm : public testing::TestWithParam<Refused> {};

TEST_P(RefusedForm, IsRefusedWithItsReason) {
    const Outcome out = feed(GetParam().text);
    EXPECT_EQ(out.last, State::refused) << GetParam().text;
    EXPECT_EQ(out.status, GetParam().status);
    EXPECT_EQ(out.code, GetParam().code);
    EXPECT_TRUE(out.requests.empty());
}

const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Smuggling, RefusedForm,
    testing::Values(
        Refused{"LengthThenCoding", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                "ambiguous_length"},
        Refused{"CodingThenLength", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400,
                "ambiguous_length"},
        Refused{"TwoLengthsThatDiffer", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400, "ambiguous_length"},
        Refused{"TwoLengthsThatAgree", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400, "ambiguous_length"},
        Refused{"LengthList", post + "Content-Length: 4, 4\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"LengthWithSign", post + "Content-Length: +4\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"NegativeLength", post + "Content-Length: -4\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"HexLength", post + "Content-Length: 0x4\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"EmptyLength", post + "Content-Length:\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"EndlessLength", post + "Content-Length: 99999999999999999999\r\n\r\nabcd", 400, "bad_content_length"},
        Refused{"CodingGzip", post + "Transfer-Encoding: gzip\r\n\r\n", 400, "bad_transfer_encoding"},
        Refused{"CodingGzipChunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "bad_transfer_encoding"},
        Refused{"CodingChunkedIdentity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400,
                "bad_transfer_encoding"},
        Refused{"CodingMisspelt", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "bad_transfer_encoding"},
        Refused{"CodingWithVerticalTab",
                post + "Transfer-Encoding: \x0b"
                       "chunked\r\n\r\n0\r\n\r\n",
                400, "control_character"},
        Refused{"CodingTwice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                "ambiguous_length"},
        Refused{"CodingInOldVersion", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                "bad_transfer_encoding"},
        Refused{"BlankBeforeColon", post + "Content-Length : 4\r\n\r\nabcd", 400, "malformed_request"},
        Refused{"BlankInName", post + "Content Length: 4\r\n\r\nabcd", 400, "malformed_request"},
        Refused{"EmptyName", post + ": 4\r\n\r\n", 400, "malformed_request"},
        Refused{"NoColon", post + "Thing\r\n\r\n", 400, "malformed_request"},
        Refused{"FoldedLine", post + "X-Thing: one\r\n two\r\n\r\n", 400, "folded_header"},
        Refused{"FoldedWithTab", post + "X-Thing: one\r\n\ttwo\r\n\r\n", 400, "folded_header"},
        Refused{"FoldedFirstLine", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded_header"},
        Refused{"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400, "control_character"},
        Refused{"BareLineFeedInside", post + "X: 1\nContent-Length: 4\r\n\r\nabcd", 400, "control_character"},
        Refused{"BareReturn", post + "X: 1\rContent-Length: 4\r\n\r\nabcd", 400, "control_character"},
        Refused{"ZeroByte", post + std::string("X: a\0b\r\n\r\n", 10), 400, "control_character"},
        Refused{"Delete", post + "X: a\x7f\r\n\r\n", 400, "control_character"},
        Refused{"ZeroInTarget", std::string("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 30), 400, "control_character"}));

INSTANTIATE_TEST_SUITE_P(
    Chunks, RefusedForm,
    testing::Values(Refused{"Extension", chunked + "4;a=b\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"ExtensionOnTheLast", chunked + "4\r\nabcd\r\n0;x\r\n\r\n", 400, "bad_chunk"},
                    Refused{"Trailer", chunked + "4\r\nabcd\r\n0\r\nX: 1\r\n\r\n", 400, "bad_chunk"},
                    Refused{"NotHex", chunked + "g\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"HexPrefix", chunked + "0x4\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"Negative", chunked + "-4\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"BlankAfterSize", chunked + "4 \r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"BlankBeforeSize", chunked + " 4\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"TooLongData", chunked + "4\r\nabcde\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"TooShortData", chunked + "4\r\nabc\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"SizeOverflow", chunked + "fffffffffffffffff\r\nabcd\r\n0\r\n\r\n", 400, "bad_chunk"},
                    Refused{"HugeSize", chunked + "ffffffffffffffff\r\nabcd\r\n0\r\n\r\n", 413, "body_too_large"},
                    Refused{"EndlessSizeLine", chunked + std::string(2000, '0'), 400, "bad_chunk"}));

INSTANTIATE_TEST_SUITE_P(Lines, RefusedForm,
                         testing::Values(Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400, "bad_host"},
                                         Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "bad_host"},
                                         Refused{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad_host"},
                                         Refused{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad_host"},
                                         Refused{"HostWithUser", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "bad_host"},
                                         Refused{"AbsoluteForm", "GET https://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, "bad_target"},
                                         Refused{"AuthorityForm", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"AsteriskForGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"Backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"HalfEscape", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"WrongEscape", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"RawUnicode", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"},
                                         Refused{"TwoBlanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"},
                                         Refused{"TabsForBlanks", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"},
                                         Refused{"NoVersion", "GET /\r\nHost: a\r\n\r\n", 400, "malformed_request"},
                                         Refused{"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n", 505, "http_version"},
                                         Refused{"VersionTwo", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http_version"},
                                         Refused{"Nonsense", "\x16\x03\x01\x02", 400, "control_character"},
                                         Refused{"OtherExpectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\n\r\n", 417,
                                                 "expectation_failed"}));

INSTANTIATE_TEST_SUITE_P(
    Deciding, RefusedForm,
    testing::Values(
        Refused{"TwoCallers", post + "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400, "repeated_header"},
        Refused{"OneCallerTwice", post + "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n\r\n", 400, "repeated_header"},
        Refused{"TwoTypes", post + "Content-Type: text/plain\r\nContent-Type: application/json\r\n\r\n", 400, "repeated_header"},
        Refused{"TwoKeys", post + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n", 400, "repeated_header"},
        Refused{"TwoPlaces", post + "Last-Event-ID: 1\r\nLast-Event-ID: 2\r\n\r\n", 400, "repeated_header"},
        Refused{"Encoded", post + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", 415, "encoded_body"},
        Refused{"EncodedInTheSecondLine",
                post + "Content-Encoding: identity\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd", 415,
                "encoded_body"}));

TEST(Http1, TakesTheAsteriskForOptions) {
    const Outcome out = feed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(out.requests.size(), 1U);
    EXPECT_EQ(out.requests[0].target, "*");
}

TEST(Http1, HeaderLimitHoldsToTheByte) {
    const Http1Limits limits{.header_bytes = 100, .body_bytes = 10};
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    const auto of_size = [&](std::size_t size) { return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n"; };
    EXPECT_EQ(feed(of_size(100), limits).requests.size(), 1U);
    const Outcome over = feed(of_size(101), limits);
    EXPECT_EQ(over.status, 431);
    EXPECT_EQ(over.code, "header_too_large");
    EXPECT_EQ(feed(std::string(5000, 'x'), limits).status, 431);
}

TEST(Http1, TooManyHeadersAreTooLarge) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 100; ++i) text += "a:b\r\n";
    EXPECT_EQ(feed(text + "\r\n").status, 431);
}

TEST(Http1, BodyLimitHoldsToTheByteAndBeforeTheBodyWhenItsLengthIsTold) {
    const Http1Limits limits{.header_bytes = 1000, .body_bytes = 10};
    EXPECT_EQ(feed(post + "Content-Length: 10\r\n\r\n0123456789", limits).requests.size(), 1U);
    EXPECT_EQ(feed(post + "Content-Length: 11\r\n\r\n", limits).code, "body_too_large");
    EXPECT_EQ(feed(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits).requests.size(), 1U);
    EXPECT_EQ(feed(chunked + "5\r\n01234\r\n6\r\n", limits).status, 413);
}

TEST(Http1, OwesAContinueOnlyOnceAndOnlyBeforeTheBody) {
    Http1 http({});
    const std::string header = post + "Content-Length: 4\r\nExpect: 100-Continue\r\n\r\n";
    EXPECT_EQ(http.feed(header), header.size());
    EXPECT_TRUE(http.owes_continue());
    EXPECT_FALSE(http.owes_continue());
    EXPECT_EQ(http.feed("abcd"), 4U);
    EXPECT_EQ(http.state(), State::complete);

    Http1 at_once({});
    at_once.feed(header + "ab");
    EXPECT_FALSE(at_once.owes_continue());

    Http1 without_body({});
    without_body.feed(post + "Expect: 100-continue\r\n\r\n");
    EXPECT_FALSE(without_body.owes_continue());

    Http1 too_large({.header_bytes = 1000, .body_bytes = 3});
    too_large.feed(header);
    EXPECT_FALSE(too_large.owes_continue());
    EXPECT_EQ(too_large.refusal().status, 413);
}

TEST(Http1, WhatIsKnownOfARefusedRequestIsItsTarget) {
    Http1 http({});
    http.feed("POST /v1/known HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
    ASSERT_EQ(http.state(), State::refused);
    EXPECT_EQ(http.request().target, "/v1/known");
}

}  // namespace
}  // namespace entente::net
