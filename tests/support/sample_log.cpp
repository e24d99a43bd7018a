#include "tests/support/sample_log.hpp"

#include <algorithm>
#include <random>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::tests {

using namespace audit;

namespace {

constexpr std::int64_t first_time = 1'767'225'600'000'000;
constexpr std::size_t erasure_at = 60;
constexpr std::size_t heartbeat_every = 50;

using Random = std::mt19937_64;

template <std::size_t N>
std::array<std::uint8_t, N> drawn(Random& random) {
    std::array<std::uint8_t, N> bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

protocol::EventId event_id(Random& random, protocol::Instant time) {
    auto id = drawn<16>(random);
    const auto ms = static_cast<std::uint64_t>(time.milliseconds());
    for (unsigned i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    return id;
}

std::string core_text(const Entry& entry) {
    return protocol::CanonicalObject{}
        .set("metadata", protocol::CanonicalObject{}.set("uid", protocol::uuid_text(entry.event)))
        .set("time", entry.time.milliseconds())
        .text();
}

SampleSection section(Random& random, std::uint8_t tag, std::string text) {
    SampleSection made{.tag = tag, .salt = drawn<32>(random), .text = std::move(text)};
    made.envelope.resize(58 + 64 + random() % 3 * 64);
    for (auto& byte : made.envelope) byte = static_cast<std::uint8_t>(random());
    return made;
}

}  // namespace

certs::SigningKey SampleLog::seeded(std::uint8_t seed) {
    return certs::SigningKey(protocol::Blob(32, seed));
}

SampleLog::SampleLog(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::optional<std::uint64_t> heartbeat;
    for (std::size_t i = 0; i < count; ++i) {
        SampleEntry made;
        made.entry.time = {first_time + static_cast<std::int64_t>(i) * 700};
        made.entry.event = event_id(random, made.entry.time);
        if (i == 0) {
            made.entry.extension = LogStart{};
        } else if (i % heartbeat_every == 0) {
            made.entry.extension = Heartbeat{heartbeat.value_or(0)};
            heartbeat = i;
        } else if (i % erasure_at == 7 && i > erasure_at) {
            // Names the customer sections of a few entries before it.
            for (std::uint64_t j = i - erasure_at; j < i; ++j) {
                for (SampleSection& each : entries[j].sections) {
                    if (each.tag != 2 || j % 5 != 0 || each.erased) continue;
                    each.erased = true;
                    erasures[i].push_back({j, each.tag});
                }
            }
            const protocol::Blob list = erased_list(erasures[i]);
            made.entry.extension = Erasure{.scope = ErasureScope::customer,
                                           .destroyed_keys = {Hash{9}},
                                           .sections = erasures[i].size(),
                                           .list_digest = erased_list_digest(list)};
        } else {
            made.entry.extension = Event{};
            made.sections.push_back(section(random, 1, core_text(made.entry)));
            made.sections.back().opened = i % 9 == 1;
            if (i % 2 == 0) made.sections.push_back(section(random, 2, R"({"name":"somebody"})"));
        }
        entries.push_back(std::move(made));
    }
}

audit::Policy SampleLog::policy() const {
    Policy made;
    made.logs.push_back({{origin, KeyType::ed25519, key.public_key()}, ""});
    made.witnesses.push_back({"partner", {"witness.partner.example/w", KeyType::cosignature, witness.public_key()}, ""});
    made.quorum = "partner";
    return made;
}

protocol::Blob SampleLog::entry_bytes(std::size_t index) {
    SampleEntry& made = entries[index];
    made.entry.sections.clear();
    for (const SampleSection& each : made.sections)
        made.entry.sections.push_back({each.tag, section_commitment(each.tag, each.salt, each.text), certs::sha256(each.envelope)});
    return encode_entry(made.entry);
}

protocol::Blob SampleLog::sealed_of(const SampleEntry& entry) {
    ByteWriter out;
    for (const SampleSection& each : entry.sections) {
        out.u32(each.erased ? erased_envelope : static_cast<std::uint32_t>(each.envelope.size()));
        if (!each.erased) out.bytes(each.envelope);
    }
    return out.take();
}

std::vector<Hash> SampleLog::leaves() {
    std::vector<Hash> hashes;
    for (std::size_t i = 0; i < entries.size(); ++i) hashes.push_back(leaf_hash(entry_bytes(i)));
    return hashes;
}

std::string SampleLog::checkpoint(std::uint64_t size) {
    const auto all = leaves();
    const std::string text = checkpoint_text({origin, size, root_of(std::span(all).first(static_cast<std::size_t>(size)))});
    return format_note(
        {text, {sign_note(key, origin, text), cosign_note(witness, "witness.partner.example/w", text, 1'767'225'661)}});
}

void SampleLog::put_opened(FilesInMemory& files, std::size_t index) {
    for (const SampleSection& each : entries[index].sections) {
        if (!each.opened) continue;
        const auto text = protocol::as_bytes(each.text);
        files.contents[package::opened(index, each.tag, package::Opened::text)].assign(text.begin(), text.end());
        files.contents[package::opened(index, each.tag, package::Opened::salt)].assign(each.salt.begin(), each.salt.end());
    }
}

namespace {

void put(FilesInMemory& files, const std::string& path, std::string_view text) {
    const auto bytes = protocol::as_bytes(text);
    files.contents[path].assign(bytes.begin(), bytes.end());
}

}  // namespace

void write_tree(FilesInMemory& files, const std::vector<protocol::Blob>& entries, const std::vector<protocol::Blob>& sealed) {
    std::vector<Hash> nodes;
    for (const protocol::Blob& entry : entries) nodes.push_back(leaf_hash(entry));
    for (unsigned level = 0; !nodes.empty(); ++level) {
        std::vector<Hash> above;
        for (std::size_t at = 0; at < nodes.size(); at += tile_width) {
            const std::size_t width = std::min<std::size_t>(tile_width, nodes.size() - at);
            ByteWriter tile;
            for (const Hash& hash : std::span(nodes).subspan(at, width)) tile.bytes(hash);
            files.contents[tile_path({level, at / tile_width, static_cast<unsigned>(width)})] = tile.take();
            if (width == tile_width) above.push_back(root_of(std::span(nodes).subspan(at, width)));
        }
        nodes = std::move(above);
    }
    for (std::size_t at = 0; at < entries.size(); at += tile_width) {
        const std::size_t width = std::min<std::size_t>(tile_width, entries.size() - at);
        ByteWriter bundle;
        ByteWriter beside;
        for (std::size_t i = at; i < at + width; ++i) {
            bundle.u16(static_cast<std::uint16_t>(entries[i].size()));
            bundle.bytes(entries[i]);
            beside.bytes(sealed[i]);
        }
        files.contents[entries_path(at / tile_width, static_cast<unsigned>(width))] = bundle.take();
        files.contents[sealed_path(at / tile_width, static_cast<unsigned>(width))] = beside.take();
    }
}

FilesInMemory SampleLog::write() {
    FilesInMemory files;
    std::vector<protocol::Blob> bytes;
    std::vector<protocol::Blob> sealed;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        bytes.push_back(entry_bytes(i));
        sealed.push_back(sealed_of(entries[i]));
        put_opened(files, i);
    }
    write_tree(files, bytes, sealed);
    for (const auto& [entry, sections] : erasures) files.contents[package::erased_list(entry)] = erased_list(sections);
    put(files, std::string(package::checkpoint), checkpoint(entries.size()));
    put(files, std::string(package::policy), format_policy(policy()));
    put(files, std::string(package::about), "{\"format\":\"entente-evidence/1\",\"kind\":\"log\"}\n");
    return files;
}

FilesInMemory SampleLog::write_part(std::uint64_t step) {
    FilesInMemory files;
    const auto all = leaves();
    const NodeSource nodes = nodes_in_tiles([&](unsigned level, std::uint64_t number) {
        std::vector<Hash> hashes = all;
        for (unsigned i = 0; i < level; ++i) {
            std::vector<Hash> above;
            for (std::size_t at = 0; at + tile_width <= hashes.size(); at += tile_width)
                above.push_back(root_of(std::span(hashes).subspan(at, tile_width)));
            hashes = std::move(above);
        }
        const std::size_t first = static_cast<std::size_t>(number) * tile_width;
        return std::vector<Hash>(
            hashes.begin() + static_cast<std::ptrdiff_t>(first),
            hashes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(hashes.size(), first + tile_width)));
    });
    const std::string note = checkpoint(entries.size());
    for (std::uint64_t i = 0; i < entries.size(); i += step) {
        const auto at = static_cast<std::size_t>(i);
        put(files, package::receipt(i), format_receipt({entry_bytes(at), i, inclusion_proof(i, entries.size(), nodes), note}));
        files.contents[package::sealed_of(i)] = sealed_of(entries[at]);
        put_opened(files, at);
    }
    put(files, std::string(package::checkpoint), note);
    put(files, std::string(package::policy), format_policy(policy()));
    return files;
}

void SampleLog::add_sums(FilesInMemory& files) {
    std::string sums;
    for (const auto& [path, content] : files.contents) sums += protocol::hex(certs::sha256(content)) + "  " + path + "\n";
    put(files, std::string(package::sums), sums);
}

}  // namespace entente::tests
