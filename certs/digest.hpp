#pragma once
// SHA-256 (FIPS 180-4), HMAC-SHA256 (RFC 2104), HKDF-SHA256 (RFC 5869) and comparison in constant time.
//
// SHA-256 goes to the compression function directly: the detour over OpenSSL's providers costs as much as hashing a short message,
// and the audit log hashes little else. All functions may be called from any thread; a Sha256 belongs to one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "protocol/encoding.hpp"

namespace entente::certs {

using protocol::Blob;
using protocol::Bytes;
using protocol::Hash;

Hash sha256(Bytes message);

// The hash of the parts one after the other.
Hash sha256_of(std::initializer_list<Bytes> parts);

// For messages that come piece by piece. finish() ends the message; the next update() begins a new one.
class Sha256 {
  public:
    Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256() = default;

    void update(Bytes part);
    Hash finish();

  private:
    static constexpr std::size_t state_size = 112;  // of OpenSSL's SHA256_CTX
    alignas(8) std::array<std::uint8_t, state_size> state_;
};

Hash hmac_sha256(Bytes key, Bytes message);

// Extract and expand with an empty salt; `size` at most 8,160 bytes.
Blob hkdf_sha256(Bytes input_key, Bytes info, std::size_t size);

// False for different lengths (a length is no secret here); otherwise the time does not depend on the contents.
bool equal_constant_time(Bytes left, Bytes right);

}  // namespace entente::certs
