#pragma once
// Signed notes (c2sp.org/signed-note v1.0.0), checkpoints (c2sp.org/tlog-checkpoint) and witness cosignatures
// (c2sp.org/tlog-cosignature v1): how the log says "this is my size and root" so that public tools can check it.
//
// A note is a text that ends with a newline, an empty line, and signature lines "— <name> <base64(key id || signature)>". Lines of
// unknown keys are ignored, so that other kinds of signature can be added without a break; a line of a known key must verify.
// Errors carry the code note_malformed or note_not_verified.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/sign.hpp"
#include "protocol/encoding.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

struct Entry;

using protocol::Blob;
using protocol::Bytes;

inline constexpr std::size_t note_bytes_max = 1'000'000;
inline constexpr std::size_t note_signatures_max = 64;

enum class KeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

using NoteKeyId = std::array<std::uint8_t, 4>;

struct NoteSignature {
    std::string name;
    NoteKeyId key_id{};
    Blob signature;  // what follows the key id
    bool operator==(const NoteSignature&) const = default;
};

struct Note {
    std::string text;  // with its last newline
    std::vector<NoteSignature> signatures;
    bool operator==(const Note&) const = default;
};

protocol::Result<Note> parse_note(std::string_view bytes);
std::string format_note(const Note& note);
std::string format_signature_line(const NoteSignature& signature);  // with its newline

// A public key under a name: name+hex(key id)+base64(type || key).
struct VerifierKey {
    std::string name;
    KeyType type = KeyType::ed25519;
    Blob public_key;  // 32 bytes

    bool operator==(const VerifierKey&) const = default;
    NoteKeyId key_id() const;  // SHA-256(name || 0A || type || key)[0:4]
};
protocol::Result<VerifierKey> parse_vkey(std::string_view text);
std::string format_vkey(const VerifierKey& key);

// Who signed. `time` is a witness's word, in seconds since 1970; 0 for plain signatures.
struct Signer {
    std::string name;
    std::uint64_t time = 0;
    bool operator==(const Signer&) const = default;
};
// The known signers in the order of their lines; an error if a line of a known key fails or no line is of a known key.
protocol::Result<std::vector<Signer>> verify_note(const Note& note, std::span<const VerifierKey> known);

// The key of the log of that origin which an entry announces; nothing for any other entry.
std::optional<VerifierKey> announced_key(const Entry& entry, std::string_view origin);
// The one which it ends: retired or revoked, it signs nothing any more.
std::optional<VerifierKey> ended_key(const Entry& entry, std::string_view origin);

NoteSignature sign_note(const certs::SigningKey& key, std::string_view name, std::string_view text);
NoteSignature cosign_note(const certs::SigningKey& key, std::string_view name, std::string_view text, std::uint64_t time_s);

struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Hash root{};
    bool operator==(const Checkpoint&) const = default;
};
// Exactly three lines: origin, decimal size, base64 root.
std::string checkpoint_text(const Checkpoint& checkpoint);
protocol::Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace entente::audit
