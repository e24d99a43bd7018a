#include "certs/age.hpp"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "certs/digest.hpp"
#include "certs/random.hpp"

namespace entente::certs {
namespace {

using protocol::as_bytes;
using protocol::cut_line;
using protocol::Fault;

constexpr std::string_view recipient_prefix = "age";
constexpr std::string_view identity_prefix = "age-secret-key-";
constexpr std::string_view version_line = "age-encryption.org/v1\n";
constexpr std::string_view stanza_word = "-> X25519 ";
constexpr std::size_t file_key_size = 16;
constexpr std::size_t tag_size = crypto_aead_chacha20poly1305_ietf_ABYTES;
constexpr std::size_t chunk_size = 65'536;
constexpr std::size_t body_column = 64;
constexpr std::size_t header_max = 65'536;

std::unexpected<protocol::Error> malformed(std::string what) {
    return protocol::fail(protocol::ErrorKind::malformed, "age_malformed", std::move(what));
}
std::unexpected<protocol::Error> not_opened(std::string what) {
    return protocol::fail(protocol::ErrorKind::invalid, "age_not_opened", std::move(what));
}

// --- Bech32 (BIP 173), without its limit of 90 characters: none of ours comes near it ---

constexpr std::string_view bech32_letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

std::uint32_t polymod(std::span<const std::uint8_t> values) {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    std::uint32_t check = 1;
    for (const std::uint8_t value : values) {
        const std::uint32_t top = check >> 25U;
        check = (check & 0x1ffffffU) << 5U ^ value;
        for (unsigned i = 0; i < 5; ++i)
            if ((top >> i & 1U) != 0) check ^= generator[i];
    }
    return check;
}

std::vector<std::uint8_t> expanded(std::string_view prefix) {
    std::vector<std::uint8_t> out;
    for (const char c : prefix) out.push_back(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5U));
    out.push_back(0);
    for (const char c : prefix) out.push_back(static_cast<std::uint8_t>(c & 31));
    return out;
}

std::string bech32(std::string_view prefix, Bytes bytes) {
    std::vector<std::uint8_t> values;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        held = held << 8U | byte;
        bits += 8;
        while (bits >= 5) values.push_back(static_cast<std::uint8_t>(held >> (bits -= 5) & 31U));
    }
    if (bits > 0) values.push_back(static_cast<std::uint8_t>(held << (5 - bits) & 31U));
    auto checked = expanded(prefix);
    checked.insert(checked.end(), values.begin(), values.end());
    checked.insert(checked.end(), 6, 0);
    const std::uint32_t check = polymod(checked) ^ 1U;
    for (unsigned i = 0; i < 6; ++i) values.push_back(static_cast<std::uint8_t>(check >> (5 * (5 - i)) & 31U));
    std::string out(prefix);
    out += '1';
    for (const std::uint8_t value : values) out += bech32_letters[value];
    wipe(values);
    return out;
}

// 32 bytes behind the prefix, in one case throughout.
std::optional<Secret> from_bech32(std::string_view prefix, std::string_view text) {
    std::string lower;
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    if (std::ranges::any_of(text, is_upper) && std::ranges::any_of(text, is_lower)) return std::nullopt;
    for (const char c : text) lower += is_upper(c) ? static_cast<char>(c + 32) : c;
    if (!lower.starts_with(std::string(prefix) + "1")) return std::nullopt;
    auto checked = expanded(prefix);
    const std::size_t begin = checked.size();
    for (const char c : std::string_view(lower).substr(prefix.size() + 1)) {
        const auto at = bech32_letters.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        checked.push_back(static_cast<std::uint8_t>(at));
    }
    constexpr std::size_t values_of_key = 52;
    if (checked.size() - begin != values_of_key + 6 || polymod(checked) != 1) return std::nullopt;
    Secret key(32);
    std::uint32_t held = 0;
    unsigned bits = 0;
    std::size_t at = 0;
    for (std::size_t i = begin; i < begin + values_of_key; ++i) {
        held = held << 5U | checked[i];
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        key.writable()[at++] = static_cast<std::uint8_t>(held >> bits);
    }
    const bool padded_with_zeros = (held & ((1U << bits) - 1)) == 0;
    wipe(checked);
    wipe({reinterpret_cast<std::uint8_t*>(lower.data()), lower.size()});
    if (at != key.size() || !padded_with_zeros) return std::nullopt;
    return key;
}

// --- the format ---

std::string base64_raw(Bytes bytes) {
    std::string text = protocol::base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

std::optional<Blob> from_base64_raw(std::string_view text) {
    if (text.contains('=')) return std::nullopt;
    std::string padded(text);
    padded.append((4 - padded.size() % 4) % 4, '=');
    return protocol::from_base64(padded);
}

// HKDF-SHA256 with a salt, 32 bytes (RFC 5869).
Secret derive(Bytes input, Bytes salt, std::string_view info) {
    const Hash extracted = hmac_sha256(salt, input);
    Blob block(info.begin(), info.end());
    block.push_back(1);
    Hash expanded_key = hmac_sha256(extracted, block);
    Secret key = Secret::copy_of(expanded_key);
    wipe(expanded_key);
    return key;
}

using Nonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

Blob encrypt(Bytes key, const Nonce& nonce, Bytes plain) {
    Blob out(plain.size() + tag_size);
    unsigned long long size = 0;
    crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), &size, plain.data(), plain.size(), nullptr, 0, nullptr, nonce.data(),
                                              key.data());
    return out;
}

std::optional<Blob> decrypt(Bytes key, const Nonce& nonce, Bytes sealed) {
    if (sealed.size() < tag_size) return std::nullopt;
    Blob out(sealed.size() - tag_size);
    unsigned long long size = 0;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), &size, nullptr, sealed.data(), sealed.size(), nullptr, 0,
                                                  nonce.data(), key.data()) != 0)
        return std::nullopt;
    return out;
}

// The key that wraps the file key for one recipient.
std::optional<Secret> wrapping_key(Bytes secret, Bytes other, Bytes share, Bytes recipient) {
    Secret shared(32);
    if (crypto_scalarmult(shared.writable().data(), secret.data(), other.data()) != 0)
        return std::nullopt;  // a point of small order
    Blob salt(share.begin(), share.end());
    salt.insert(salt.end(), recipient.begin(), recipient.end());
    return derive(shared.bytes(), salt, "age-encryption.org/v1/X25519");
}

std::string header_mac(Bytes file_key, std::string_view header) {
    return base64_raw(hmac_sha256(derive(file_key, {}, "header").bytes(), as_bytes(header)));
}

// Chunks of 64 KiB, each under a counter and whether it is the last.
Nonce chunk_nonce(std::uint64_t number, bool last) {
    Nonce nonce{};
    for (unsigned i = 0; i < 8; ++i) nonce[10 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    nonce[11] = last ? 1 : 0;
    return nonce;
}

std::string stanza(const AgeRecipient& recipient, Bytes file_key) {
    Secret ephemeral(32);
    random_bytes(ephemeral.writable());
    std::array<std::uint8_t, 32> share{};
    crypto_scalarmult_base(share.data(), ephemeral.bytes().data());
    const auto key = wrapping_key(ephemeral.bytes(), recipient.key, share, recipient.key);
    if (!key) throw Fault("an age recipient is no usable public key");
    std::string out(stanza_word);
    return out.append(base64_raw(share)).append("\n").append(base64_raw(encrypt(key->bytes(), {}, file_key))).append("\n");
}

struct Header {
    std::vector<std::pair<Blob, Blob>> stanzas;  // of X25519: share, wrapped file key
    std::string_view covered;                    // by the MAC
    std::string_view mac;
    std::size_t size = 0;
};

protocol::Result<Header> parse_header(std::string_view whole) {
    std::string_view text = whole.substr(0, header_max);
    const std::string_view begin = text;
    Header header;
    if (!text.starts_with(version_line)) return malformed("it does not begin as an age file does");
    text.remove_prefix(version_line.size());
    while (text.starts_with("-> ")) {
        const auto first = cut_line(text);
        if (!first) return malformed("a line of the header is not ended");
        std::string body;
        for (;;) {
            const auto line = cut_line(text);
            if (!line || line->size() > body_column) return malformed("the body of a stanza is malformed");
            body += *line;
            if (line->size() < body_column) break;
        }
        if (!first->starts_with(stanza_word)) continue;
        auto share = from_base64_raw(first->substr(stanza_word.size()));
        auto wrapped = from_base64_raw(body);
        if (!share || share->size() != 32 || !wrapped || wrapped->size() != file_key_size + tag_size)
            return malformed("an X25519 stanza is malformed");
        header.stanzas.emplace_back(*std::move(share), *std::move(wrapped));
    }
    const auto last = cut_line(text);
    if (!last || !last->starts_with("--- ")) return malformed("the header has no end");
    header.covered = begin.substr(0, static_cast<std::size_t>(last->data() - begin.data()) + 3);
    header.mac = last->substr(4);
    header.size = static_cast<std::size_t>(text.data() - begin.data());
    return header;
}

std::optional<Secret> file_key_of(const Header& header, const AgeIdentity& identity) {
    const AgeRecipient own = identity.recipient();
    for (const auto& [share, wrapped] : header.stanzas) {
        const auto key = wrapping_key(identity.key(), share, share, own.key);
        auto opened = key ? decrypt(key->bytes(), {}, wrapped) : std::nullopt;
        if (!opened) continue;
        Secret file_key = Secret::copy_of(*opened);
        wipe(*opened);
        return file_key;
    }
    return std::nullopt;
}

}  // namespace

protocol::Result<AgeRecipient> parse_age_recipient(std::string_view text) {
    const auto key = from_bech32(recipient_prefix, text);
    if (!key || text.starts_with('A')) return malformed("an age recipient looks like age1... and has 62 characters");
    AgeRecipient recipient;
    std::ranges::copy(key->bytes(), recipient.key.begin());
    return recipient;
}

std::string format_age_recipient(const AgeRecipient& recipient) {
    return bech32(recipient_prefix, recipient.key);
}

AgeIdentity AgeIdentity::generate() {
    Secret key(32);
    random_bytes(key.writable());
    return AgeIdentity(std::move(key));
}

protocol::Result<AgeIdentity> AgeIdentity::parse(std::string_view text) {
    auto key = from_bech32(identity_prefix, text);
    if (!key || !text.starts_with('A')) return malformed("an age identity looks like AGE-SECRET-KEY-1...");
    return AgeIdentity(*std::move(key));
}

protocol::Result<AgeIdentity> AgeIdentity::parse_file(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::string_view word = line.substr(0, line.find_last_not_of(" \r\t") + 1);
        if (!word.empty() && !word.starts_with('#')) return parse(word);
    }
    return malformed("the file holds no age identity");
}

Secret AgeIdentity::text() const {
    std::string lower = bech32(identity_prefix, key_.bytes());
    for (char& c : lower)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    Secret out = Secret::from_text(lower);
    wipe({reinterpret_cast<std::uint8_t*>(lower.data()), lower.size()});
    return out;
}

AgeRecipient AgeIdentity::recipient() const {
    AgeRecipient own;
    crypto_scalarmult_base(own.key.data(), key_.bytes().data());
    return own;
}

Blob age_seal(std::span<const AgeRecipient> recipients, Bytes plain) {
    ENTENTE_ASSERT(!recipients.empty());
    Secret file_key(file_key_size);
    random_bytes(file_key.writable());
    std::string header(version_line);
    for (const AgeRecipient& recipient : recipients) header += stanza(recipient, file_key.bytes());
    header += "---";
    header += " " + header_mac(file_key.bytes(), header) + "\n";

    const auto nonce = random_array<16>();
    const Secret payload = derive(file_key.bytes(), nonce, "payload");
    Blob out(header.begin(), header.end());
    out.insert(out.end(), nonce.begin(), nonce.end());
    std::uint64_t number = 0;
    for (bool last = false; !last; ++number) {
        const Bytes chunk = plain.first(std::min(plain.size(), chunk_size));
        plain = plain.subspan(chunk.size());
        last = plain.empty();
        const Blob sealed = encrypt(payload.bytes(), chunk_nonce(number, last), chunk);
        out.insert(out.end(), sealed.begin(), sealed.end());
    }
    return out;
}

protocol::Result<Blob> age_open(const AgeIdentity& identity, Bytes sealed) {
    const auto header = parse_header(protocol::as_text(sealed));
    if (!header) return std::unexpected(header.error());
    const auto file_key = file_key_of(*header, identity);
    if (!file_key) return not_opened("it is sealed to somebody else");
    const std::string mac = header_mac(file_key->bytes(), header->covered);
    if (!equal_constant_time(as_bytes(mac), as_bytes(header->mac))) return not_opened("its header was changed");
    Bytes rest = sealed.subspan(header->size);
    if (rest.size() < 16 + tag_size) return not_opened("it is cut short");
    const Secret payload = derive(file_key->bytes(), rest.first(16), "payload");
    rest = rest.subspan(16);
    Blob out;
    for (std::uint64_t number = 0; !rest.empty(); ++number) {
        const Bytes chunk = rest.first(std::min(rest.size(), chunk_size + tag_size));
        rest = rest.subspan(chunk.size());
        const auto plain = decrypt(payload.bytes(), chunk_nonce(number, rest.empty()), chunk);
        // Only an empty file has an empty chunk.
        if (!plain || (plain->empty() && number > 0)) return not_opened("it was changed or cut short");
        out.insert(out.end(), plain->begin(), plain->end());
    }
    return out;
}

}  // namespace entente::certs
