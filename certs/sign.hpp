#pragma once
// Ed25519 signatures (RFC 8032) by libsodium. The log signing key is one of these.

#include <array>
#include <cstdint>

#include "certs/secret.hpp"

namespace entente::certs {

using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
  public:
    explicit SigningKey(Bytes seed);  // 32 bytes

    Blob public_key() const;  // 32 bytes
    Signature sign(Bytes message) const;

  private:
    Secret key_;  // libsodium's form: seed, then public key
};

// False also for keys and signatures of a wrong size, non-canonical signatures and keys of small order.
bool verify_ed25519(Bytes public_key, Bytes message, Bytes signature);

}  // namespace entente::certs
