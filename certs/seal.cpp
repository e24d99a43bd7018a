#include "certs/seal.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>

#include "certs/handles.hpp"
#include "certs/random.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

constexpr std::uint8_t version = 0x01;
constexpr std::uint8_t algorithm_xaes = 0x01;
constexpr std::size_t header_size = 18;  // version, algorithm, key id
constexpr std::size_t gcm_nonce_size = 12;
constexpr std::array<std::uint8_t, key_size> no_key{};

struct CipherRelease {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// The contexts of one thread. After each use they are given an all-zero key: the expanded key of before begins with the key
// itself, and that must not stay outside locked memory.
struct Ciphers {
    std::unique_ptr<EVP_CIPHER_CTX, CipherRelease> block{EVP_CIPHER_CTX_new()};
    std::unique_ptr<EVP_CIPHER_CTX, CipherRelease> gcm{EVP_CIPHER_CTX_new()};

    Ciphers() {
        static EVP_CIPHER* const aes_block = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
        static EVP_CIPHER* const aes_gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
        const bool ready = block && gcm && aes_block != nullptr && aes_gcm != nullptr &&
                           EVP_EncryptInit_ex2(block.get(), aes_block, no_key.data(), nullptr, nullptr) == 1 &&
                           EVP_CIPHER_CTX_set_padding(block.get(), 0) == 1 &&
                           EVP_EncryptInit_ex2(gcm.get(), aes_gcm, no_key.data(), nullptr, nullptr) == 1;
        if (!ready) openssl_fault("AES-256-GCM is not available");
    }
};

Ciphers& ciphers() {
    thread_local Ciphers of_this_thread;
    return of_this_thread;
}

void need(int openssl_result) {
    if (openssl_result != 1) openssl_fault("sealing failed");
}

int length_of(Bytes bytes) {
    ENTENTE_ASSERT(bytes.size() < std::numeric_limits<int>::max());
    return static_cast<int>(bytes.size());
}

// The key of one message: a counter-mode KDF over AES-CMAC (SP 800-108r1) with the two blocks that XAES fixes. One zero block
// through the cipher gives L, doubling it in GF(2^128) gives K1.
class MessageKey {
  public:
    MessageKey(Bytes key, Bytes nonce) {
        EVP_CIPHER_CTX* const block = ciphers().block.get();
        std::array<std::uint8_t, 16> k1{};
        int done = 0;
        need(EVP_EncryptInit_ex2(block, nullptr, key.data(), nullptr, nullptr));
        need(EVP_EncryptUpdate(block, k1.data(), &done, k1.data(), static_cast<int>(k1.size())));
        double_in_field(k1);

        const std::array<std::array<std::uint8_t, 4>, 2> prefixes{{{0x00, 0x01, 'X', 0x00}, {0x00, 0x02, 'X', 0x00}}};
        for (std::size_t half = 0; half < 2; ++half) {
            const auto out = std::span(key_).subspan(half * 16, 16);
            std::ranges::copy(prefixes.at(half), out.begin());
            std::ranges::copy(nonce.first(12), out.begin() + 4);
            for (std::size_t i = 0; i < 16; ++i) out[i] ^= k1.at(i);
        }
        need(EVP_EncryptUpdate(block, key_.data(), &done, key_.data(), static_cast<int>(key_.size())));
        need(EVP_EncryptInit_ex2(block, nullptr, no_key.data(), nullptr, nullptr));
        OPENSSL_cleanse(k1.data(), k1.size());
    }
    MessageKey(const MessageKey&) = delete;
    MessageKey& operator=(const MessageKey&) = delete;
    ~MessageKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

    const std::uint8_t* data() const { return key_.data(); }

  private:
    static void double_in_field(std::array<std::uint8_t, 16>& block) {
        const std::uint8_t reduce = (block[0] & 0x80U) != 0 ? 0x87 : 0x00;
        for (std::size_t i = 0; i < 15; ++i) {
            block.at(i) = static_cast<std::uint8_t>((block.at(i) << 1U) | (block.at(i + 1) >> 7U));
        }
        block[15] = static_cast<std::uint8_t>((block[15] << 1U) ^ reduce);
    }

    std::array<std::uint8_t, key_size> key_{};
};

// Appends ciphertext and tag to `out`.
void seal_into(Blob& out, Bytes key, Bytes nonce, Bytes associated, Bytes plain) {
    ENTENTE_ASSERT(key.size() == key_size && nonce.size() == nonce_size);
    const MessageKey message_key(key, nonce);
    EVP_CIPHER_CTX* const gcm = ciphers().gcm.get();
    int done = 0;
    need(EVP_EncryptInit_ex2(gcm, nullptr, message_key.data(), nonce.last(gcm_nonce_size).data(), nullptr));
    if (!associated.empty()) need(EVP_EncryptUpdate(gcm, nullptr, &done, associated.data(), length_of(associated)));
    const std::size_t at = out.size();
    out.resize(at + plain.size() + seal_tag_size);
    if (!plain.empty()) need(EVP_EncryptUpdate(gcm, out.data() + at, &done, plain.data(), length_of(plain)));
    need(EVP_EncryptFinal_ex(gcm, out.data() + at + plain.size(), &done));
    need(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, seal_tag_size, out.data() + at + plain.size()));
    need(EVP_EncryptInit_ex2(gcm, nullptr, no_key.data(), nullptr, nullptr));
}

// Decrypts into `plain`, which must be as long as `sealed` without its tag; wipes it if the tag does not fit.
bool open_into(std::span<std::uint8_t> plain, Bytes key, Bytes nonce, Bytes associated, Bytes sealed) {
    ENTENTE_ASSERT(key.size() == key_size && nonce.size() == nonce_size);
    const MessageKey message_key(key, nonce);
    EVP_CIPHER_CTX* const gcm = ciphers().gcm.get();
    std::array<std::uint8_t, seal_tag_size> tag;
    std::ranges::copy(sealed.last(seal_tag_size), tag.begin());
    std::uint8_t nothing = 0;
    int done = 0;
    need(EVP_DecryptInit_ex2(gcm, nullptr, message_key.data(), nonce.last(gcm_nonce_size).data(), nullptr));
    if (!associated.empty()) need(EVP_DecryptUpdate(gcm, nullptr, &done, associated.data(), length_of(associated)));
    if (!plain.empty()) need(EVP_DecryptUpdate(gcm, plain.data(), &done, sealed.data(), length_of(plain)));
    need(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, seal_tag_size, tag.data()));
    const bool genuine = EVP_DecryptFinal_ex(gcm, &nothing, &done) == 1;
    need(EVP_EncryptInit_ex2(gcm, nullptr, no_key.data(), nullptr, nullptr));
    if (!genuine) {
        OPENSSL_cleanse(plain.data(), plain.size());
        ERR_clear_error();
    }
    return genuine;
}

Blob with_header(Bytes domain, Bytes envelope) {
    Blob associated;
    associated.reserve(domain.size() + header_size);
    associated.insert(associated.end(), domain.begin(), domain.end());
    associated.insert(associated.end(), envelope.begin(), envelope.begin() + header_size);
    return associated;
}

void append(Blob& out, Bytes bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_u32(Blob& out, std::uint32_t number) {
    for (unsigned shift = 32; shift > 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> (shift - 8)));
}

Blob wrap_domain(const KeyId& wrapping_id, std::uint32_t generation, const KeyId& key_id, const Hash& owner) {
    constexpr std::string_view domain{"gw-audit/v1/wrap\0", 17};
    Blob associated;
    associated.reserve(domain.size() + 16 + 4 + 16 + 32);
    append(associated, protocol::as_bytes(domain));
    append(associated, wrapping_id);
    append_u32(associated, generation);
    append(associated, key_id);
    append(associated, owner);
    return associated;
}

}  // namespace

Blob xaes_seal(Bytes key, Bytes nonce, Bytes associated, Bytes plain) {
    Blob out;
    seal_into(out, key, nonce, associated, plain);
    return out;
}

std::optional<Blob> xaes_open(Bytes key, Bytes nonce, Bytes associated, Bytes sealed) {
    if (sealed.size() < seal_tag_size) return std::nullopt;
    Blob plain(sealed.size() - seal_tag_size);
    if (!open_into(plain, key, nonce, associated, sealed)) return std::nullopt;
    return plain;
}

Blob seal_envelope(const KeyId& key_id, Bytes key, Bytes domain, Bytes plain, Bytes nonce) {
    Blob envelope;
    envelope.reserve(envelope_overhead + plain.size());
    envelope.push_back(version);
    envelope.push_back(algorithm_xaes);
    append(envelope, key_id);
    const Blob associated = with_header(domain, envelope);
    append(envelope, nonce);
    seal_into(envelope, key, nonce, associated, plain);
    return envelope;
}

Blob seal_envelope(const KeyId& key_id, Bytes key, Bytes domain, Bytes plain) {
    return seal_envelope(key_id, key, domain, plain, random_array<nonce_size>());
}

std::optional<KeyId> envelope_key(Bytes envelope) {
    if (envelope.size() < envelope_overhead || envelope[0] != version || envelope[1] != algorithm_xaes) return std::nullopt;
    KeyId id;
    std::ranges::copy(envelope.subspan(2, id.size()), id.begin());
    return id;
}

std::optional<Blob> open_envelope(Bytes key, Bytes domain, Bytes envelope) {
    if (!envelope_key(envelope)) return std::nullopt;
    return xaes_open(key, envelope.subspan(header_size, nonce_size), with_header(domain, envelope),
                     envelope.subspan(header_size + nonce_size));
}

Blob wrap_key(Bytes wrapping_key, const KeyId& wrapping_id, std::uint32_t generation, const KeyId& key_id, const Hash& owner,
              Bytes key, Bytes nonce) {
    ENTENTE_ASSERT(key.size() == key_size);
    Blob out;
    out.reserve(wrapped_key_size);
    out.push_back(version);
    out.push_back(algorithm_xaes);
    append(out, wrapping_id);
    append_u32(out, generation);
    append(out, nonce);
    seal_into(out, wrapping_key, nonce, wrap_domain(wrapping_id, generation, key_id, owner), key);
    return out;
}

std::optional<Wrapping> wrapping_of(Bytes wrapped) {
    if (wrapped.size() != wrapped_key_size || wrapped[0] != version || wrapped[1] != algorithm_xaes) return std::nullopt;
    Wrapping wrapping;
    std::ranges::copy(wrapped.subspan(2, 16), wrapping.wrapping_id.begin());
    for (const std::uint8_t byte : wrapped.subspan(18, 4)) wrapping.generation = wrapping.generation << 8U | byte;
    return wrapping;
}

std::optional<Secret> unwrap_key(Bytes wrapping_key, const KeyId& key_id, const Hash& owner, Bytes wrapped) {
    const auto wrapping = wrapping_of(wrapped);
    if (!wrapping) return std::nullopt;
    Secret key(key_size);
    const Blob associated = wrap_domain(wrapping->wrapping_id, wrapping->generation, key_id, owner);
    if (!open_into(key.writable(), wrapping_key, wrapped.subspan(22, nonce_size), associated, wrapped.subspan(46)))
        return std::nullopt;
    return key;
}

}  // namespace entente::certs
