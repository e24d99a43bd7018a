#include <algorithm>
#include <limits>

#include "server/audit/format/bytes.hpp"
#include "server/audit/format/leaf.hpp"

namespace entente::audit {
namespace {

bool ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void put_text(ByteWriter& out, std::string_view text) {
    ENTENTE_ASSERT(text.size() <= std::numeric_limits<std::uint16_t>::max() && ascii(text));
    out.u16(static_cast<std::uint16_t>(text.size()));
    out.bytes(protocol::as_bytes(text));
}

std::optional<std::string> get_text(ByteReader& in) {
    const std::uint16_t size = in.u16();
    const std::string_view text = protocol::as_text(in.bytes(size));
    if (in.failed() || !ascii(text)) return std::nullopt;
    return std::string(text);
}

// One overload a kind and direction. Decoders return nothing for what no encoder writes.
struct Encoder {
    ByteWriter& out;

    void operator()(const Event&) const {}
    void operator()(const Erasure& erasure) const {
        out.u8(static_cast<std::uint8_t>(erasure.scope));
        out.u32(static_cast<std::uint32_t>(erasure.destroyed_keys.size()));
        for (const Hash& key : erasure.destroyed_keys) out.bytes(key);
        out.u64(erasure.sections);
        out.bytes(erasure.list_digest);
    }
    void operator()(const KeyChange& change) const {
        out.u8(static_cast<std::uint8_t>(change.purpose));
        out.u8(static_cast<std::uint8_t>(change.action));
        put_text(out, change.name);
    }
    void operator()(const LogStart& start) const {
        out.u8(start.previous ? 1 : 0);
        if (!start.previous) return;
        put_text(out, start.previous->origin);
        out.u64(start.previous->size);
        out.bytes(start.previous->root);
    }
    void operator()(const Heartbeat& heartbeat) const { out.u64(heartbeat.previous_index); }
    void operator()(const Reseal& reseal) const {
        out.u64(reseal.count);
        out.bytes(reseal.list_digest);
    }
    void operator()(const Gap& gap) const {
        out.bytes(gap.node);
        out.u64(gap.incarnation);
        out.u32(static_cast<std::uint32_t>(gap.never_acknowledged.size()));
        for (const auto& [first, last] : gap.never_acknowledged) {
            out.u64(first);
            out.u64(last);
        }
    }
    void operator()(const Freeze& freeze) const {
        ENTENTE_ASSERT(ascii(freeze.reason));
        out.bytes(protocol::as_bytes(freeze.reason));
    }
    void operator()(const ReadBatch& batch) const {
        out.u32(batch.count);
        out.bytes(batch.root);
    }
};

std::optional<Extension> decode_erasure(ByteReader& in) {
    Erasure erasure;
    const std::uint8_t scope = in.u8();
    if (scope < 1 || scope > static_cast<std::uint8_t>(ErasureScope::case_scope)) return std::nullopt;
    erasure.scope = static_cast<ErasureScope>(scope);
    const std::uint32_t count = in.u32();
    if (count > in.left() / 32) return std::nullopt;  // before reserving what a forged count asks for
    erasure.destroyed_keys.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) erasure.destroyed_keys.push_back(in.array<32>());
    erasure.sections = in.u64();
    erasure.list_digest = in.array<32>();
    return erasure;
}

std::optional<Extension> decode_key_change(ByteReader& in) {
    const std::uint8_t purpose = in.u8();
    const std::uint8_t action = in.u8();
    auto name = get_text(in);
    if (purpose < 1 || purpose > static_cast<std::uint8_t>(KeyPurpose::pending_mac)) return std::nullopt;
    if (action < 1 || action > static_cast<std::uint8_t>(KeyAction::revoke) || !name) return std::nullopt;
    return KeyChange{static_cast<KeyPurpose>(purpose), static_cast<KeyAction>(action), *std::move(name)};
}

std::optional<Extension> decode_log_start(ByteReader& in) {
    const std::uint8_t has_previous = in.u8();
    if (has_previous > 1) return std::nullopt;
    if (has_previous == 0) return LogStart{};
    auto origin = get_text(in);
    if (!origin) return std::nullopt;
    const std::uint64_t size = in.u64();
    return LogStart{LogStart::Previous{*std::move(origin), size, in.array<32>()}};
}

std::optional<Extension> decode_gap(ByteReader& in) {
    Gap gap;
    gap.node = in.array<16>();
    gap.incarnation = in.u64();
    const std::uint32_t count = in.u32();
    if (count > in.left() / 16) return std::nullopt;
    gap.never_acknowledged.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t first = in.u64();
        const std::uint64_t last = in.u64();
        if (first > last) return std::nullopt;
        gap.never_acknowledged.emplace_back(first, last);
    }
    return gap;
}

std::optional<Extension> decode_reseal(ByteReader& in) {
    const std::uint64_t count = in.u64();
    return Reseal{count, in.array<32>()};
}

std::optional<Extension> decode_freeze(ByteReader& in) {
    const std::string_view reason = protocol::as_text(in.bytes(in.left()));
    if (!ascii(reason)) return std::nullopt;
    return Freeze{std::string(reason)};
}

std::optional<Extension> decode_read_batch(ByteReader& in) {
    const std::uint32_t count = in.u32();
    if (count == 0) return std::nullopt;
    return ReadBatch{count, in.array<32>()};
}

std::optional<Extension> decode_kind(Kind kind, ByteReader& in) {
    switch (kind) {
        case Kind::event:
            return Event{};
        case Kind::erasure:
            return decode_erasure(in);
        case Kind::key:
            return decode_key_change(in);
        case Kind::log_start:
            return decode_log_start(in);
        case Kind::heartbeat:
            return Heartbeat{in.u64()};
        case Kind::reseal:
            return decode_reseal(in);
        case Kind::gap:
            return decode_gap(in);
        case Kind::freeze:
            return decode_freeze(in);
        case Kind::read_batch:
            return decode_read_batch(in);
    }
    return std::nullopt;
}

}  // namespace

Blob encode_extension(const Extension& extension) {
    ByteWriter out;
    std::visit(Encoder{out}, extension);
    return out.take();
}

std::optional<Extension> decode_extension(std::uint8_t kind, Bytes bytes) {
    ByteReader in(bytes);
    auto extension = decode_kind(static_cast<Kind>(kind), in);
    if (!in.complete()) return std::nullopt;
    return extension;
}

}  // namespace entente::audit
