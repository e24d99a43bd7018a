#include "certs/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "certs/handles.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

// The functions without a provider are deprecated for applications that choose algorithms at run time; this one does not.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
void begin(SHA256_CTX& state) {
    if (SHA256_Init(&state) != 1) openssl_fault("SHA-256 cannot start");
}
void add(SHA256_CTX& state, Bytes part) {
    if (SHA256_Update(&state, part.data(), part.size()) != 1) openssl_fault("SHA-256 failed");
}
Hash end(SHA256_CTX& state) {
    Hash hash;
    if (SHA256_Final(hash.data(), &state) != 1) openssl_fault("SHA-256 failed");
    return hash;
}
#pragma clang diagnostic pop

struct MacRelease {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacRelease>;

MacContext new_mac_context() {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    MacContext context(algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), parameters) != 1) openssl_fault("HMAC is not available");
    return context;
}

}  // namespace

Sha256::Sha256() {
    static_assert(sizeof(SHA256_CTX) == state_size && alignof(SHA256_CTX) <= 8 && std::is_trivially_copyable_v<SHA256_CTX>);
    begin(*new (state_.data()) SHA256_CTX);
}

void Sha256::update(Bytes part) {
    add(*std::launder(reinterpret_cast<SHA256_CTX*>(state_.data())), part);
}

Hash Sha256::finish() {
    SHA256_CTX& state = *std::launder(reinterpret_cast<SHA256_CTX*>(state_.data()));
    const Hash hash = end(state);
    begin(state);
    return hash;
}

Hash sha256(Bytes message) {
    return sha256_of({message});
}

Hash sha256_of(std::initializer_list<Bytes> parts) {
    SHA256_CTX state;
    begin(state);
    for (const Bytes part : parts) add(state, part);
    return end(state);
}

Hash hmac_sha256(Bytes key, Bytes message) {
    static constexpr Hash no_key{};
    thread_local const MacContext context = new_mac_context();
    const std::uint8_t* const key_data = key.empty() ? no_key.data() : key.data();  // a null pointer would mean "the key of before"
    Hash mac;
    std::size_t size = 0;
    if (EVP_MAC_init(context.get(), key_data, key.size(), nullptr) != 1 ||
        EVP_MAC_update(context.get(), message.data(), message.size()) != 1 ||
        EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) != 1) {
        openssl_fault("HMAC failed");
    }
    // The context keeps its key: another takes its place, so that no key stays outside locked memory.
    if (EVP_MAC_init(context.get(), no_key.data(), no_key.size(), nullptr) != 1) openssl_fault("HMAC failed");
    return mac;
}

Blob hkdf_sha256(Bytes input_key, Bytes info, std::size_t size) {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
        algorithm == nullptr ? nullptr : EVP_KDF_CTX_new(algorithm), &EVP_KDF_CTX_free);
    std::string digest = "SHA256";
    Blob key_copy(input_key.begin(), input_key.end());  // OSSL_PARAM takes no const pointers
    Blob info_copy(info.begin(), info.end());
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
                                     OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_copy.data(), key_copy.size()),
                                     OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy.data(), info_copy.size()),
                                     OSSL_PARAM_construct_end()};
    Blob out(size);
    const bool done = context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1;
    OPENSSL_cleanse(key_copy.data(), key_copy.size());
    if (!done) openssl_fault("HKDF failed");
    return out;
}

bool equal_constant_time(Bytes left, Bytes right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace entente::certs
