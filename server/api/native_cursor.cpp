#include "server/api/native_cursor.hpp"

#include <algorithm>
#include <vector>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"

namespace entente::api::native {

namespace {

constexpr std::size_t digest_bytes = 8;
constexpr std::size_t cursor_bytes = 1 + digest_bytes + 16;
constexpr std::uint8_t version = 1;

void put(protocol::Blob& out, std::int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
}

std::int64_t take(const protocol::Blob& in, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | in[at + i];
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::string encode_cursor(const protocol::CaseQuery::Place& place, std::string_view list) {
    const auto digest = certs::sha256(protocol::as_bytes(list));
    protocol::Blob bytes{version};
    bytes.insert(bytes.end(), digest.begin(), digest.begin() + digest_bytes);
    put(bytes, place.at.us);
    put(bytes, place.id.value);
    return protocol::base64url(bytes);
}

std::optional<protocol::CaseQuery::Place> decode_cursor(std::string_view cursor, std::string_view list) {
    const auto bytes = protocol::from_base64url(cursor);
    if (!bytes || bytes->size() != cursor_bytes || bytes->front() != version) return std::nullopt;
    const auto digest = certs::sha256(protocol::as_bytes(list));
    if (!std::equal(digest.begin(), digest.begin() + digest_bytes, bytes->begin() + 1)) return std::nullopt;
    const protocol::CaseQuery::Place place{{take(*bytes, 1 + digest_bytes)}, {take(*bytes, 1 + digest_bytes + 8)}};
    if (place.at.us < 0 || place.id.value < 0) return std::nullopt;
    return place;
}

std::string list_of(std::string_view name, std::span<const protocol::connect::QueryItem> query) {
    std::vector<std::string> parts;
    for (const auto& item : query)
        if (item.name != "after" && item.name != "limit" && !item.value.empty())
            parts.push_back(protocol::connect::encode_segment(item.name) + "=" + protocol::connect::encode_segment(item.value));
    std::ranges::sort(parts);
    std::string list(name);
    for (const std::string& part : parts) list += '&' + part;
    return list;
}

}  // namespace entente::api::native
