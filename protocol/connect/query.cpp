#include "protocol/connect/query.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::connect {

namespace {

enum class Plus : std::uint8_t { blank, plus };

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What may stand in decoded text of a query or path: no NUL, no controls but tab and line ends (form bodies carry them).
bool readable(std::string_view text) {
    return valid_utf8(text) && std::ranges::none_of(text, [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
           });
}

std::optional<std::string> decode(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? nibble(text[i + 1]) : -1;
            const int low = high >= 0 ? nibble(text[i + 2]) : -1;
            if (low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus == Plus::blank ? ' ' : text[i];
        }
    }
    if (!readable(out)) return std::nullopt;
    return out;
}

}  // namespace

Result<std::vector<QueryItem>> parse_query(std::string_view query) {
    std::vector<QueryItem> items;
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(item.size() + 1, query.size()));
        if (item.empty()) continue;
        if (items.size() == query_items_max) return fail(ErrorKind::malformed, "malformed_query", "there are too many parameters");
        const std::size_t equals = std::min(item.find('='), item.size());
        auto name = decode(item.substr(0, equals), Plus::blank);
        auto value = decode(item.substr(std::min(equals + 1, item.size())), Plus::blank);
        if (!name || !value) {
            return fail(ErrorKind::malformed, "malformed_query",
                        "a parameter is not well-formed: percent escapes of UTF-8 text are expected");
        }
        items.push_back({std::move(*name), std::move(*value)});
    }
    return items;
}

Result<std::string> decode_segment(std::string_view segment) {
    auto text = decode(segment, Plus::plus);
    if (!text)
        return fail(ErrorKind::malformed, "malformed_path",
                    "the path is not well-formed: percent escapes of UTF-8 text are expected");
    return std::move(*text);
}

std::string encode_segment(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const char lower = ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || std::string_view("-._~").contains(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

Result<TokenRequest> decode_token_request(std::string_view body) {
    const auto items = parse_query(body);
    if (!items) return fail(ErrorKind::malformed, "invalid_request", "the body is not well-formed form data");
    TokenRequest request;
    std::vector<std::string_view> seen;
    for (const QueryItem& item : *items) {
        std::string* place = item.name == "grant_type"      ? &request.grant_type
                             : item.name == "client_id"     ? &request.client_id
                             : item.name == "client_secret" ? &request.client_secret
                             : item.name == "scope"         ? &request.scope
                                                            : nullptr;
        if (!place) continue;
        if (std::ranges::find(seen, item.name) != seen.end()) {
            return fail(ErrorKind::invalid, "invalid_request", "a parameter appears twice");
        }
        if (item.value.size() > 2'048) return fail(ErrorKind::invalid, "invalid_request", "a parameter is too long");
        seen.push_back(item.name);
        *place = item.value;
    }
    if (request.grant_type.empty()) return fail(ErrorKind::invalid, "invalid_request", "grant_type is missing");
    if (request.grant_type != "client_credentials") {
        return fail(ErrorKind::invalid, "unsupported_grant_type", "grant_type must be client_credentials");
    }
    return request;
}

std::optional<BasicCredentials> decode_basic(std::string_view authorization) {
    constexpr std::string_view scheme = "Basic ";
    if (!same_letters(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    authorization.remove_prefix(scheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    const auto bytes = from_base64(authorization);
    if (!bytes) return std::nullopt;
    const std::string_view pair = as_text(*bytes);
    const std::size_t colon = pair.find(':');
    if (colon == std::string_view::npos || !readable(pair)) return std::nullopt;
    return BasicCredentials{std::string(pair.substr(0, colon)), std::string(pair.substr(colon + 1))};
}

}  // namespace entente::protocol::connect
