#pragma once
// Sealing of sections, columns and keys: XAES-256-GCM as C2SP specifies it (c2sp.org/XAES-256-GCM): 256-bit keys and 192-bit
// random nonces, safe for 2^80 messages under one key, so no counter has to survive a crash or a restored backup.
//
// Envelope: 0x01 version | 0x01 algorithm | data-key id (16) | nonce (24) | ciphertext | tag (16). Its first 18 bytes always go
// into the associated data behind the caller's `domain`, so an envelope cannot be moved to another place or key.
// Wrapped key: 0x01 | 0x01 | wrapping id (16) | u32 generation | nonce (24) | sealed key (48), 94 bytes.
//
// Nothing here is secret but keys and plain text. A wrong key, place or flipped bit yields no value, never a part of one. Keys are
// 32 and nonces 24 bytes; another size is a bug and asserted.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "certs/secret.hpp"

namespace entente::certs {

using KeyId = std::array<std::uint8_t, 16>;

inline constexpr std::size_t key_size = 32;
inline constexpr std::size_t nonce_size = 24;
inline constexpr std::size_t seal_tag_size = 16;
inline constexpr std::size_t envelope_overhead = 1 + 1 + 16 + nonce_size + seal_tag_size;
inline constexpr std::size_t wrapped_key_size = 94;

// Ciphertext and tag.
Blob xaes_seal(Bytes key, Bytes nonce, Bytes associated, Bytes plain);
std::optional<Blob> xaes_open(Bytes key, Bytes nonce, Bytes associated, Bytes sealed);

// `domain`: everything of the associated data before envelope[0:18], beginning with a domain string and a zero byte.
Blob seal_envelope(const KeyId& key_id, Bytes key, Bytes domain, Bytes plain, Bytes nonce);
Blob seal_envelope(const KeyId& key_id, Bytes key, Bytes domain, Bytes plain);  // with a fresh random nonce
// The data key that an envelope names; nothing if the bytes are no envelope of a known version and algorithm.
std::optional<KeyId> envelope_key(Bytes envelope);
std::optional<Blob> open_envelope(Bytes key, Bytes domain, Bytes envelope);

// `owner` is the SHA-256 of the owner's uid; it and `key_id` are authenticated, not stored.
Blob wrap_key(Bytes wrapping_key, const KeyId& wrapping_id, std::uint32_t generation, const KeyId& key_id, const Hash& owner,
              Bytes key, Bytes nonce);
std::optional<Secret> unwrap_key(Bytes wrapping_key, const KeyId& key_id, const Hash& owner, Bytes wrapped);

// Which key and generation wrapped these bytes; nothing if they are no wrapped key.
struct Wrapping {
    KeyId wrapping_id{};
    std::uint32_t generation = 0;
};
std::optional<Wrapping> wrapping_of(Bytes wrapped);

}  // namespace entente::certs
