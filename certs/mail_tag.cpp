#include "certs/mail_tag.hpp"

#include <algorithm>
#include <array>

#include "certs/digest.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Bytes;

constexpr std::size_t said = 11;
constexpr std::size_t mac_size = 12;
constexpr std::string_view domain = "gw-mail/v1/tag";
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";

using TagBytes = std::array<std::uint8_t, said + mac_size>;

protocol::Hash mac_of(Bytes key, Bytes words) {
    std::array<std::uint8_t, domain.size() + 1 + said> message{};
    std::ranges::copy(protocol::as_bytes(domain), message.begin());
    std::ranges::copy(words, message.begin() + domain.size() + 1);
    return hmac_sha256(key, message);
}

void put(std::uint8_t* at, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(number >> (8 * (bytes - 1 - i)));
}

std::int64_t get(const std::uint8_t* at, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | at[i];
    return static_cast<std::int64_t>(number);
}

std::string base32(Bytes bytes) {
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        held = (held << 8 | byte) & 0xffff;
        for (bits += 8; bits >= 5; bits -= 5) out += alphabet[held >> (bits - 5) & 31];
    }
    if (bits > 0) out += alphabet[held << (5 - bits) & 31];
    return out;
}

// One spelling a value: the unused bits at the end must be zero.
std::optional<TagBytes> from_base32(std::string_view text) {
    TagBytes bytes{};
    std::uint32_t held = 0;
    unsigned bits = 0;
    std::size_t at = 0;
    for (const char letter : text) {
        const char lower = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
        const auto value = alphabet.find(lower);
        if (value == std::string_view::npos) return std::nullopt;
        held = (held << 5 | static_cast<std::uint32_t>(value)) & 0xffff;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        if (at == bytes.size()) return std::nullopt;
        bytes[at++] = static_cast<std::uint8_t>(held >> bits);
    }
    if (at != bytes.size() || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace

std::string mint_mail_tag(Bytes mail_key, const MailTag& tag) {
    constexpr std::int64_t id_limit = std::int64_t{1} << 32;
    ENTENTE_ASSERT(tag.subject >= 0 && tag.subject < id_limit && tag.holder >= 0 && tag.holder < id_limit);
    ENTENTE_ASSERT(tag.last_day >= 0 && tag.last_day <= 0xffff);
    TagBytes bytes{};
    bytes[0] = static_cast<std::uint8_t>(0x10 | static_cast<unsigned>(tag.purpose));
    put(&bytes[1], static_cast<std::uint64_t>(tag.subject), 4);
    put(&bytes[5], static_cast<std::uint64_t>(tag.holder), 4);
    put(&bytes[9], static_cast<std::uint64_t>(tag.last_day), 2);
    const protocol::Hash mac = mac_of(mail_key, Bytes(bytes).first(said));
    std::copy_n(mac.begin(), mac_size, bytes.begin() + said);
    return base32(bytes);
}

std::optional<MailTag> read_mail_tag(Bytes mail_key, std::string_view text) {
    if (text.size() != mail_tag_characters) return std::nullopt;
    const auto bytes = from_base32(text);
    if (!bytes) return std::nullopt;
    const protocol::Hash mac = mac_of(mail_key, Bytes(*bytes).first(said));
    if (!equal_constant_time(Bytes(mac).first(mac_size), Bytes(*bytes).last(mac_size))) return std::nullopt;
    MailTag tag;
    const auto purpose = bytes->front();
    if (purpose < 0x11 || purpose > 0x13) return std::nullopt;
    tag.purpose = static_cast<MailTag::Purpose>(purpose & 0x0f);
    tag.subject = get(bytes->data() + 1, 4);
    tag.holder = get(bytes->data() + 5, 4);
    tag.last_day = get(bytes->data() + 9, 2);
    return tag;
}

}  // namespace entente::certs
