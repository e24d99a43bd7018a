#include "server/audit/format/leaf.hpp"

#include <algorithm>
#include <string_view>

#include "server/audit/format/bytes.hpp"

namespace entente::audit {
namespace {

constexpr std::string_view magic = "GWA1";
constexpr std::size_t header_size = 32;
constexpr std::size_t section_size = 65;

std::unexpected<protocol::Error> malformed(std::string what) {
    return protocol::fail(protocol::ErrorKind::malformed, "entry_malformed", std::move(what));
}

bool tags_increase(const std::vector<SectionDigest>& sections) {
    return std::ranges::is_sorted(sections, std::ranges::less_equal{}, &SectionDigest::tag);
}

bool known_tag(std::uint8_t tag) {
    return tag >= static_cast<std::uint8_t>(SectionTag::core) && tag <= static_cast<std::uint8_t>(SectionTag::partner2);
}

}  // namespace

Blob encode_entry(const Entry& entry) {
    const Blob extension = encode_extension(entry.extension);
    ENTENTE_ASSERT(entry.sections.size() <= sections_max && tags_increase(entry.sections));
    ENTENTE_ASSERT(entry.time.us >= 0);
    const std::size_t size = header_size + section_size * entry.sections.size() + 2 + extension.size();
    ENTENTE_ASSERT(size <= entry_bytes_max);

    ByteWriter out(size);
    out.bytes(protocol::as_bytes(magic));
    out.u8(static_cast<std::uint8_t>(entry.kind()));
    out.u8(static_cast<std::uint8_t>(entry.sections.size()));
    out.u16(0);
    out.u64(static_cast<std::uint64_t>(entry.time.us));
    out.bytes(entry.event);
    for (const SectionDigest& section : entry.sections) {
        out.u8(section.tag);
        out.bytes(section.commitment);
        out.bytes(section.sealed);
    }
    out.u16(static_cast<std::uint16_t>(extension.size()));
    out.bytes(extension);
    return out.take();
}

protocol::Result<Entry> decode_entry(Bytes bytes) {
    if (bytes.size() > entry_bytes_max) return malformed("an entry has at most 65,535 bytes");
    ByteReader in(bytes);
    if (protocol::as_text(in.bytes(magic.size())) != magic) return malformed("an entry begins with GWA1");
    const std::uint8_t kind = in.u8();
    const std::uint8_t count = in.u8();
    if (count > sections_max) return malformed("an entry has at most 8 sections");
    if (in.u16() != 0) return malformed("the reserved bytes are not zero");
    const std::uint64_t time = in.u64();
    if (time > static_cast<std::uint64_t>(INT64_MAX)) return malformed("the time is out of range");

    Entry entry;
    entry.time = {static_cast<std::int64_t>(time)};
    entry.event = in.array<16>();
    entry.sections.reserve(count);
    for (int i = 0; i < count; ++i) {
        const std::uint8_t tag = in.u8();
        if (!in.failed() && !known_tag(tag)) return malformed("a section has an unknown tag");
        const Hash commitment = in.array<32>();
        entry.sections.push_back({tag, commitment, in.array<32>()});
    }
    const std::uint16_t extension_size = in.u16();
    const Bytes extension = in.bytes(extension_size);
    if (in.failed()) return malformed("the entry is cut short");
    if (!in.complete()) return malformed("bytes follow the entry");
    if (!tags_increase(entry.sections)) return malformed("the sections are not in the order of their tags");

    auto decoded = decode_extension(kind, extension);
    if (!decoded) return malformed("the kind is unknown or its extension is malformed");
    entry.extension = *std::move(decoded);
    const bool has_core = !entry.sections.empty() && entry.sections.front().tag == static_cast<std::uint8_t>(SectionTag::core);
    if (entry.kind() == Kind::event && !has_core) return malformed("an event has no core section");
    return entry;
}

}  // namespace entente::audit
