#include "certs/credential.hpp"

#include <algorithm>

#include "certs/digest.hpp"

namespace entente::certs {
namespace {

constexpr std::size_t mac_size = 16;
constexpr std::size_t token_characters = 43;

}  // namespace

std::string mint_token(Bytes token_key, const TokenId& id) {
    const protocol::Hash mac = hmac_sha256(token_key, id);
    std::array<std::uint8_t, std::tuple_size_v<TokenId> + mac_size> token;
    std::ranges::copy(id, token.begin());
    std::copy_n(mac.begin(), mac_size, token.begin() + id.size());
    return protocol::base64url(token);
}

std::optional<TokenId> token_id(Bytes token_key, std::string_view token) {
    if (token.size() != token_characters) return std::nullopt;
    const auto bytes = protocol::from_base64url(token);
    TokenId id;
    if (!bytes || bytes->size() != id.size() + mac_size) return std::nullopt;
    std::copy_n(bytes->begin(), id.size(), id.begin());
    const protocol::Hash mac = hmac_sha256(token_key, id);
    if (!equal_constant_time(Bytes(mac).first(mac_size), Bytes(*bytes).last(mac_size))) return std::nullopt;
    return id;
}

}  // namespace entente::certs
