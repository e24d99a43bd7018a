#pragma once
// The leaf entry: the bytes that the tree commits to, one a record (audit and crypto reference, section 9). It holds no personal
// data and nothing that links two events of one customer: only commitments and hashes of what is sealed elsewhere.
//
//   0 "GWA1" | 4 kind | 5 number of sections n (0..8) | 6 two zero bytes | 8 u64 microseconds | 16 event id (16)
//   | 32 n x { tag, commitment (32), sealed hash (32) }, tags strictly increasing | u16 length, extension
//
// Decoding is strict and the inverse of encoding: bytes that decode are the only spelling of what they say. Errors have the code
// entry_malformed and say what is wrong, never what the entry contains.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;

inline constexpr std::size_t entry_bytes_max = 65'535;
inline constexpr std::size_t sections_max = 8;

enum class Kind : std::uint8_t { event = 1, erasure, key, log_start, heartbeat, reseal, gap, freeze, read_batch };

// What a section is about, and whose key seals it (section 4).
enum class SectionTag : std::uint8_t { core = 1, customer = 2, actor = 3, content = 4, partner2 = 5 };

struct SectionDigest {
    std::uint8_t tag = 0;
    Hash commitment{};  // of salt and text: stays when the section is erased
    Hash sealed{};      // SHA-256 of the envelope
    bool operator==(const SectionDigest&) const = default;
};

// The kinds, in the order of their numbers. Each says what its extension says.
struct Event {
    bool operator==(const Event&) const = default;
};

enum class ErasureScope : std::uint8_t { customer = 1, person, partner, retention, case_scope };

struct Erasure {
    ErasureScope scope = ErasureScope::customer;
    std::vector<Hash> destroyed_keys;  // destroyed_key_hash of each
    std::uint64_t sections = 0;
    Hash list_digest{};  // erased_list_digest
    bool operator==(const Erasure&) const = default;
};

enum class KeyPurpose : std::uint8_t { log = 1, witness, kek_generation, pending_mac };
enum class KeyAction : std::uint8_t { add = 1, retire, revoke };

struct KeyChange {
    KeyPurpose purpose = KeyPurpose::log;
    KeyAction action = KeyAction::add;
    std::string name;  // ASCII: a vkey, or an id
    bool operator==(const KeyChange&) const = default;
};

struct LogStart {
    struct Previous {
        std::string origin;
        std::uint64_t size = 0;
        Hash root{};
        bool operator==(const Previous&) const = default;
    };
    std::optional<Previous> previous;
    bool operator==(const LogStart&) const = default;
};

struct Heartbeat {
    std::uint64_t previous_index = 0;  // 0 for the first
    bool operator==(const Heartbeat&) const = default;
};

struct Reseal {
    std::uint64_t count = 0;
    Hash list_digest{};
    bool operator==(const Reseal&) const = default;
};

struct Gap {
    std::array<std::uint8_t, 16> node{};
    std::uint64_t incarnation = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> never_acknowledged;  // first and last of each run
    bool operator==(const Gap&) const = default;
};

struct Freeze {
    std::string reason;  // ASCII
    bool operator==(const Freeze&) const = default;
};

struct ReadBatch {
    std::uint32_t count = 0;  // kind-1 entries under the root
    Hash root{};              // RFC 6962 root over them
    bool operator==(const ReadBatch&) const = default;
};

using Extension = std::variant<Event, Erasure, KeyChange, LogStart, Heartbeat, Reseal, Gap, Freeze, ReadBatch>;

struct Entry {
    protocol::Instant time{};
    protocol::EventId event{};
    std::vector<SectionDigest> sections;
    Extension extension;

    Kind kind() const { return static_cast<Kind>(extension.index() + 1); }
    bool operator==(const Entry&) const = default;
};

// What it may not hold (more than 8 sections, unsorted tags, more bytes than 65,535) is a bug and asserted.
Blob encode_entry(const Entry& entry);
protocol::Result<Entry> decode_entry(Bytes bytes);

// The extension alone, for entry coding.
Blob encode_extension(const Extension& extension);
std::optional<Extension> decode_extension(std::uint8_t kind, Bytes bytes);  // nothing: unknown kind or malformed

}  // namespace entente::audit
