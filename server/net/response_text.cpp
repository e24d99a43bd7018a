#include "server/net/response_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace entente::net {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    };
    return !name.empty() && std::ranges::all_of(name, fits);
}

bool is_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t'; });
}

bool belongs_to_connection(std::string_view name) {
    constexpr std::array<std::string_view, 7> ours{"content-length", "date",    "connection",  "transfer-encoding",
                                                   "keep-alive",     "trailer", "x-request-id"};
    return std::ranges::any_of(ours, [&](std::string_view own) { return same_header_name(own, name); });
}

bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";  // allowed to be empty
    }
}

std::string http_date(protocol::Instant instant) {
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::sys_seconds when{std::chrono::seconds{instant.seconds()}};
    const auto midnight = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss time{when - midnight};
    std::array<char, 64> text;
    const int size = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", days[std::chrono::weekday{midnight}.c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string encode_response(const api::Response& response, const Framing& framing) {
    const bool bodiless = has_no_body(response.status);
    std::string out;
    out.reserve(512 + (framing.head || bodiless ? 0 : response.body.size()));
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    append_header(out, "Date", framing.date);
    if (!framing.request_id.empty()) append_header(out, "X-Request-Id", framing.request_id);
    if (framing.strict_transport) append_header(out, "Strict-Transport-Security", "max-age=31536000");
    for (const api::Header& header : response.headers) {
        if (!is_token(header.name) || !is_value(header.value) || belongs_to_connection(header.name)) continue;
        append_header(out, header.name, header.value);
    }
    // A stream has no length: it ends with its connection.
    if (!bodiless && !response.stream) append_header(out, "Content-Length", std::to_string(response.body.size()));
    if (!framing.keep_alive) append_header(out, "Connection", "close");
    out += "\r\n";
    if (!framing.head && !bodiless) out += response.body;
    return out;
}

}  // namespace entente::net
