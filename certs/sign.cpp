#include "certs/sign.hpp"

#include <sodium.h>

#include "certs/handles.hpp"
#include "protocol/result.hpp"

namespace entente::certs {

SigningKey::SigningKey(Bytes seed) : key_(crypto_sign_SECRETKEYBYTES) {
    need_sodium();
    ENTENTE_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key;
    crypto_sign_seed_keypair(public_key.data(), key_.writable().data(), seed.data());
}

Blob SigningKey::public_key() const {
    const Bytes tail = key_.bytes().subspan(crypto_sign_SEEDBYTES);
    return {tail.begin(), tail.end()};
}

Signature SigningKey::sign(Bytes message) const {
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), key_.bytes().data());
    return signature;
}

bool verify_ed25519(Bytes public_key, Bytes message, Bytes signature) {
    need_sodium();
    if (public_key.size() != crypto_sign_PUBLICKEYBYTES || signature.size() != crypto_sign_BYTES) return false;
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_key.data()) == 0;
}

}  // namespace entente::certs
