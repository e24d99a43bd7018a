#include "server/audit/format/section.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/bytes.hpp"

namespace entente::audit {
namespace {

using protocol::as_bytes;

// ASCII and one zero byte, so that no domain is the beginning of another.
constexpr std::string_view commit_domain{"gw-audit/v1/commit\0", 19};
constexpr std::string_view seal_domain{"gw-audit/v1/seal\0", 17};
constexpr std::string_view key_id_domain{"gw-audit/v1/dekid\0", 18};
constexpr std::string_view erased_domain{"gw-audit/v1/erased\0", 19};
constexpr std::string_view pending_domain{"gw-audit/v1/pending\0", 20};

constexpr std::size_t prefix_size = std::tuple_size_v<Salt> + 4;

std::size_t padded_size(std::size_t text_size) {
    return (prefix_size + text_size + section_padding - 1) / section_padding * section_padding;
}

}  // namespace

Hash section_commitment(std::uint8_t tag, const Salt& salt, std::string_view text) {
    return certs::sha256_of({as_bytes(commit_domain), Bytes(&tag, 1), salt, as_bytes(text)});
}

Blob pad_section(const Salt& salt, std::string_view text) {
    ENTENTE_ASSERT(text.size() <= section_text_max);
    const std::size_t size = padded_size(text.size());
    ByteWriter out(size);
    out.bytes(salt);
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(as_bytes(text));
    Blob padded = out.take();
    padded.resize(size);
    return padded;
}

std::optional<OpenedSection> unpad_section(Bytes padded) {
    ByteReader in(padded);
    OpenedSection opened;
    opened.salt = in.array<32>();
    const std::uint32_t size = in.u32();
    if (size > section_text_max) return std::nullopt;
    const Bytes text = in.bytes(size);
    if (in.failed() || padded.size() != padded_size(size)) return std::nullopt;
    if (std::ranges::any_of(in.bytes(in.left()), [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
    opened.text = protocol::as_text(text);
    return opened;
}

Blob section_domain(const Hash& log_id, const protocol::EventId& event, std::uint8_t tag) {
    ByteWriter out(seal_domain.size() + log_id.size() + event.size() + 1);
    out.bytes(as_bytes(seal_domain));
    out.bytes(log_id);
    out.bytes(event);
    out.u8(tag);
    return out.take();
}

Hash log_id(std::string_view origin) {
    return certs::sha256(as_bytes(origin));
}

bool valid_origin(std::string_view origin) {
    return !origin.empty() && origin.size() <= 255 && !origin.contains("://") &&
           std::ranges::all_of(origin, [](char c) { return c > 0x20 && c < 0x7f && c != '+'; });
}

Hash destroyed_key_hash(const std::array<std::uint8_t, 16>& key_id) {
    return certs::sha256_of({as_bytes(key_id_domain), key_id});
}

Blob erased_list(const std::vector<ErasedSection>& sections) {
    ENTENTE_ASSERT(std::ranges::is_sorted(sections, std::ranges::less_equal{}));
    ByteWriter out(sections.size() * erased_row_size);
    for (const ErasedSection& section : sections) {
        out.u64(section.index);
        out.u8(section.tag);
    }
    return out.take();
}

std::optional<std::vector<ErasedSection>> parse_erased_list(Bytes list) {
    if (list.size() % erased_row_size != 0) return std::nullopt;
    std::vector<ErasedSection> sections;
    sections.reserve(list.size() / erased_row_size);
    for (ByteReader in(list); in.left() > 0;) {
        const std::uint64_t index = in.u64();
        sections.push_back({index, in.u8()});
    }
    if (!std::ranges::is_sorted(sections, std::ranges::less_equal{})) return std::nullopt;
    return sections;
}

Hash erased_list_digest(Bytes list) {
    return certs::sha256_of({as_bytes(erased_domain), list});
}

Bytes erased_list_domain() {
    return as_bytes(erased_domain);
}

Hash pending_mac(Bytes key, const std::array<std::uint8_t, 16>& node, std::uint64_t incarnation, std::uint64_t seq, Bytes entry) {
    ByteWriter out(pending_domain.size() + 64);
    out.bytes(as_bytes(pending_domain));
    out.bytes(node);
    out.u64(incarnation);
    out.u64(seq);
    out.bytes(certs::sha256(entry));
    return certs::hmac_sha256(key, out.take());
}

}  // namespace entente::audit
