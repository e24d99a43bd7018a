#pragma once
// Sections of an event: commitment, padding, and what is sealed (audit and crypto reference, sections 5 to 7); and the digests of
// lists and names that the log uses beside them (3, 9, 15).
//
// The commitment goes into the tree; salt and text exist only inside the sealed bytes. Once the key is destroyed the commitment
// says nothing about the text, and every proof stays valid.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/ids.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;

using Salt = std::array<std::uint8_t, 32>;

inline constexpr std::size_t section_text_max = 262'144;
inline constexpr std::size_t section_padding = 64;

// SHA-256("gw-audit/v1/commit" || 00 || tag || salt || text)
Hash section_commitment(std::uint8_t tag, const Salt& salt, std::string_view text);

// salt || u32 length || text || zeros up to a multiple of 64. The text has at most 256 KiB.
Blob pad_section(const Salt& salt, std::string_view text);

struct OpenedSection {
    Salt salt{};
    std::string text;
};
// Nothing for bytes that pad_section would not write.
std::optional<OpenedSection> unpad_section(Bytes padded);

// Associated data of a section's envelope up to the envelope's own header: "gw-audit/v1/seal" || 00 || log id || event id || tag
Blob section_domain(const Hash& log_id, const protocol::EventId& event, std::uint8_t tag);

// SHA-256 of the origin.
Hash log_id(std::string_view origin);

// One schema-less line without blanks or plus, at most 255 bytes of visible ASCII.
bool valid_origin(std::string_view origin);

// SHA-256("gw-audit/v1/dekid" || 00 || key id): names a destroyed key without naming it.
Hash destroyed_key_hash(const std::array<std::uint8_t, 16>& key_id);

struct ErasedSection {
    std::uint64_t index = 0;
    std::uint8_t tag = 0;
    auto operator<=>(const ErasedSection&) const = default;
};
// The bytes that are kept and exported beside the log; `sections` sorted, without repetition.
Blob erased_list(const std::vector<ErasedSection>& sections);
std::optional<std::vector<ErasedSection>> parse_erased_list(Bytes list);
// SHA-256("gw-audit/v1/erased" || 00 || list)
Hash erased_list_digest(Bytes list);
// What the digest covers before the list, for lists that are hashed piece by piece.
Bytes erased_list_domain();
inline constexpr std::size_t erased_row_size = 9;

// The length that stands for an erased envelope among those beside an entry.
inline constexpr std::uint32_t erased_envelope = 0xffff'ffff;

// HMAC-SHA256(key, "gw-audit/v1/pending" || 00 || node || u64 incarnation || u64 seq || SHA-256(entry)): of a record that is
// durable but not yet in the tree.
Hash pending_mac(Bytes key, const std::array<std::uint8_t, 16>& node, std::uint64_t incarnation, std::uint64_t seq, Bytes entry);

}  // namespace entente::audit
