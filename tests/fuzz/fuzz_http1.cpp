// Whatever bytes a client sends: the parser reads them whole and in pieces to the same requests and the same end, and an accepted
// request keeps the promises that the API relies on. The first byte of the input chooses the size of the pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/net/http1.hpp"

namespace {

using entente::net::Http1;

struct Seen {
    std::vector<std::string> requests;
    Http1::State last = Http1::State::empty;
    std::string code;
    bool operator==(const Seen&) const = default;
};

constexpr std::size_t body_max = 4096;

void check(const entente::api::Request& request) {
    ENTENTE_ASSERT(request.target.starts_with('/') || request.target == "*");
    ENTENTE_ASSERT(request.body.size() <= body_max);
    for (const auto& header : request.headers) {
        ENTENTE_ASSERT(!header.name.empty());
        ENTENTE_ASSERT(std::ranges::none_of(header.value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }));
    }
}

Seen feed(std::string_view text, std::size_t step) {
    Seen seen;
    Http1 http({.header_bytes = 1024, .body_bytes = body_max});
    std::string pending;
    while (!text.empty() && http.state() != Http1::State::refused) {
        pending += text.substr(0, step);
        text.remove_prefix(std::min(step, text.size()));
        pending.erase(0, http.feed(pending));
        while (http.state() == Http1::State::complete) {
            const auto request = http.take();
            check(*request);
            std::string print = request->target + '\n' + request->body;
            for (const auto& header : request->headers) print += '\n' + header.name + ':' + header.value;
            seen.requests.push_back(std::move(print));
            pending.erase(0, http.feed(pending));
        }
    }
    seen.last = http.state();
    if (seen.last == Http1::State::refused) seen.code = http.refusal().code;
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Seen whole = feed(text, text.size());
    ENTENTE_ASSERT(feed(text, 1) == whole);
    ENTENTE_ASSERT(feed(text, std::size_t{data[0]} + 1) == whole);
    return 0;
}
