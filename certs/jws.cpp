#include "certs/jws.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "certs/digest.hpp"
#include "certs/handles.hpp"
#include "protocol/json_writer.hpp"

namespace entente::certs {

using protocol::CompactJws;
using protocol::ErrorKind;
using protocol::fail;
using protocol::JwsAlgorithm;
using protocol::PublicKey;

namespace {

struct Free {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
    void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Held = std::unique_ptr<T, Free>;

// Nothing for bytes that are no point of the curve.
Handle<EVP_PKEY> p256_key(Bytes point) {
    const Held<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    char group[] = "P-256";
    Blob copy(point.begin(), point.end());
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
                               OSSL_PARAM_construct_end()};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        openssl_reason();  // empties the thread's queue
        return nullptr;
    }
    return Handle<EVP_PKEY>(key);
}

// JOSE writes r and s as 32 bytes each; OpenSSL reads them as DER.
Blob der_signature(Bytes raw) {
    Held<BIGNUM> r(BN_bin2bn(raw.data(), 32, nullptr)), s(BN_bin2bn(raw.data() + 32, 32, nullptr));
    const Held<ECDSA_SIG> signature(ECDSA_SIG_new());
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
        openssl_fault("a signature cannot be read");
    static_cast<void>(r.release());  // now the signature's
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) openssl_fault("a signature cannot be read");
    Blob bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
}

bool verify_es256(Bytes point, Bytes message, Bytes raw) {
    const auto key = p256_key(point);
    if (!key) return false;
    const Blob der = der_signature(raw);
    const Held<EVP_MD_CTX> context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1)
        openssl_fault("signatures cannot be checked");
    const bool good = EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size()) == 1;
    if (!good) openssl_reason();
    return good;
}

}  // namespace

bool signature_fits(const CompactJws& jws, const PublicKey& key) {
    if (jws.header.algorithm != key.algorithm || jws.signature.size() != 64) return false;
    const Bytes message = protocol::as_bytes(jws.signing_input);
    return key.algorithm == JwsAlgorithm::eddsa ? verify_ed25519(key.bytes, message, jws.signature)
                                                : verify_es256(key.bytes, message, jws.signature);
}

protocol::Result<std::string> verify_jws(std::string_view compact, std::string_view typ, std::span<const PublicKey> pinned) {
    auto jws = protocol::parse_compact_jws(compact);
    if (!jws) return std::unexpected(std::move(jws.error()));
    if (jws->header.typ != typ)
        return fail(ErrorKind::forbidden, "jws_type", "the signed text is of another type; needed is typ " + std::string(typ));
    const auto key = std::ranges::find(pinned, jws->header.kid, &PublicKey::kid);
    if (jws->header.kid.empty() || key == pinned.end())
        return fail(ErrorKind::forbidden, "jws_key_unknown", "kid names no confirmed key of this signer");
    if (!signature_fits(*jws, *key)) return fail(ErrorKind::forbidden, "jws_signature", "the signature does not fit the key");
    return std::move(jws->payload);
}

std::string sign_jws(const SigningKey& key, std::string_view kid, std::string_view typ, std::string_view payload) {
    protocol::JsonWriter header;
    header.object().member("alg", "EdDSA").member("typ", typ).member("kid", kid).end();
    std::string text =
        protocol::base64url(protocol::as_bytes(header.take())) + "." + protocol::base64url(protocol::as_bytes(payload));
    const Signature signature = key.sign(protocol::as_bytes(text));
    return text + "." + protocol::base64url(signature);
}

bool usable_key(const PublicKey& key) {
    need_sodium();
    if (key.algorithm == JwsAlgorithm::es256) return key.bytes.size() == 65 && p256_key(key.bytes) != nullptr;
    return key.bytes.size() == 32 && crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1;
}

std::string thumbprint(const PublicKey& key) {
    return protocol::base64url(sha256(protocol::as_bytes(protocol::thumbprint_input(key))));
}

}  // namespace entente::certs
