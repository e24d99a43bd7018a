#include "certs/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <string>

#include "certs/handles.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

// Fetched objects are kept for the life of the process.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (algorithm == nullptr) openssl_fault("SHA-256 is not available");
    return algorithm;
}

evp_md_ctx_st* started_context() {
    evp_md_ctx_st* context = EVP_MD_CTX_new();
    if (context == nullptr || EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) != 1) {
        EVP_MD_CTX_free(context);
        openssl_fault("SHA-256 cannot start");
    }
    return context;
}

// One SHA-256 context a thread. It is always ready for the next message.
Sha256& thread_hasher() {
    thread_local Sha256 hasher;
    return hasher;
}

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

Sha256::Sha256() : context_(started_context()) {}
Sha256::~Sha256() {
    EVP_MD_CTX_free(context_);
}

void Sha256::update(Bytes part) {
    if (EVP_DigestUpdate(context_, part.data(), part.size()) != 1) openssl_fault("SHA-256 failed");
}

Hash Sha256::finish() {
    Hash hash;
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_, hash.data(), &size) != 1 || EVP_DigestInit_ex2(context_, nullptr, nullptr) != 1) {
        openssl_fault("SHA-256 failed");
    }
    return hash;
}

Hash sha256(Bytes message) {
    Sha256& hasher = thread_hasher();
    hasher.update(message);
    return hasher.finish();
}

Hash sha256_of(std::initializer_list<Bytes> parts) {
    Sha256& hasher = thread_hasher();
    for (const Bytes part : parts) hasher.update(part);
    return hasher.finish();
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
