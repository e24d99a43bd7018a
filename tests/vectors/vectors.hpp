#pragma once
// The published vectors of the audit format, read once: audit-vectors.json beside this file.

#include <array>
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"

namespace entente::tests {

const boost::json::object& audit_vectors();
const boost::json::object& log_vectors();  // the complete four-entry log

std::string text_of(const boost::json::value& value);
protocol::Blob blob_of(const boost::json::value& hex_text);

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const protocol::Blob& bytes) {
    std::array<std::uint8_t, N> out{};
    if (bytes.size() != N) throw std::runtime_error("a vector has an unexpected length");
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}
inline protocol::Hash hash_of(const boost::json::value& hex_text) {
    return array_of<32>(blob_of(hex_text));
}

}  // namespace entente::tests
