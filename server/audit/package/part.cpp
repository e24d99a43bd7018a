// A package about a part of the log, and two checkpoints against a log's tiles.

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "certs/digest.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/findings.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {
namespace {

class PartPass {
  public:
    PartPass(const Files& files, const Policy& policy, const LogCheckOptions& options)
        : files_(files),
          policy_(policy),
          options_(options),
          evidence_(kind_of(files) == PackageKind::evidence),
          findings_(options, report_) {}

    LogReport run() {
        std::set<std::uint64_t> indices;
        std::set<std::uint64_t> sealed;
        OpenedSections opened;
        std::vector<std::string> strange;
        std::set<std::pair<std::uint64_t, std::uint8_t>> lone_salts;
        files_.each([&](const std::string& path) {
            const auto index = package::receipt_index(path);
            const auto name = package::opened_name(path);
            if (index) indices.insert(*index);
            const bool to_somebody = name && name->part == package::Opened::sealed;
            if (name && name->part == package::Opened::text) opened[name->index].insert({name->tag, false});
            if (to_somebody && options_.open_sealed) opened[name->index].insert({name->tag, true});
            if (to_somebody && !options_.open_sealed) ++report_.sealed_openings;
            const auto beside = evidence_ ? std::nullopt : package::sealed_of_index(path);
            if (beside) sealed.insert(*beside);
            const bool told = evidence_ ? std::ranges::find(package::evidence_files, path) != package::evidence_files.end()
                                        : path == package::about;
            if (told) report_.unsigned_files.push_back(path);
            const bool salt_alone = name && name->part == package::Opened::salt &&
                                    !files_.open(package::opened(name->index, name->tag, package::Opened::text));
            const bool known = index || name || beside || told || path == package::checkpoint || path == package::sums ||
                               (!evidence_ && path == package::policy);
            if (!known) strange.push_back(path);
            if (salt_alone) lone_salts.insert({name->index, name->tag});
        });
        std::ranges::sort(report_.unsigned_files);
        for (const std::string& path : strange)
            findings_.add(LogCheck::surplus, std::nullopt, "the file " + path + " belongs to no package of this kind");
        for (const auto& [index, tag] : lone_salts) lacks_text(index, tag, findings_);
        newest();
        std::uint64_t done = 0;
        for (const std::uint64_t index : indices) {
            if (report_.more) break;
            one(index, opened);
            if (options_.progress) options_.progress(++done, indices.size());
        }
        for (const std::uint64_t index : sealed) {
            if (!indices.contains(index))
                findings_.add(LogCheck::missing, index,
                              "there is no receipt of entry " + std::to_string(index) + ", but what is sealed beside it");
        }
        for (const auto& [index, sections] : opened)
            findings_.add(LogCheck::missing, index,
                          "there is no receipt of entry " + std::to_string(index) + ", but a section of it");
        check_sums(files_, options_.sums, findings_);
        return std::move(report_);
    }

  private:
    using OpenedSections = std::map<std::uint64_t, std::set<Disclosed>>;

    void newest() {
        const auto bytes = read_whole(files_, std::string(package::checkpoint), note_bytes_max);
        if (!bytes) return findings_.add(LogCheck::missing, std::nullopt, "there is no checkpoint");
        auto checkpoint = verify_checkpoint(protocol::as_text(*bytes), policy_);
        if (!checkpoint)
            return findings_.add(LogCheck::checkpoint, std::nullopt, "the checkpoint is not good: " + checkpoint.error().message);
        report_.checkpoint = *std::move(checkpoint);
        report_.root = report_.checkpoint.root;
    }

    void one(std::uint64_t index, OpenedSections& opened) {
        const std::string path = package::receipt(index);
        const auto bytes = read_whole(files_, path, note_bytes_max).value_or(protocol::Blob{});
        const auto receipt = parse_receipt(protocol::as_text(bytes));
        if (!receipt) return findings_.add(LogCheck::entry, index, path + " is malformed");
        if (receipt->index != index) return findings_.add(LogCheck::entry, index, path + " is the receipt of another entry");
        // Nearly always the same as the one before.
        if (receipt->checkpoint != note_) {
            note_ = receipt->checkpoint;
            verified_ = verify_checkpoint(note_, policy_);
        }
        const auto& checkpoint = verified_;
        if (!checkpoint) {
            findings_.add(LogCheck::checkpoint, index, path + ": " + checkpoint.error().message);
        } else if (!report_.checkpoint.origin.empty() && checkpoint->origin != report_.checkpoint.origin) {
            findings_.add(LogCheck::checkpoint, index, path + " is of another log: " + checkpoint->origin);
        } else if (!report_.checkpoint.origin.empty() && checkpoint->size != report_.checkpoint.size) {
            findings_.add(LogCheck::missing, index,
                          path + " is under a checkpoint of " + std::to_string(checkpoint->size) +
                              " entries and the package's is of " + std::to_string(report_.checkpoint.size) +
                              ": nothing here shows that they are of one history");
        } else if (!report_.checkpoint.origin.empty() && checkpoint->root != report_.checkpoint.root) {
            findings_.add(LogCheck::consistency, index,
                          path + " is of another history than the package's checkpoint of the same size");
        } else if (!verify_inclusion(leaf_hash(receipt->entry), index, checkpoint->size, receipt->path, checkpoint->root)) {
            findings_.add(LogCheck::root, index, path + " does not lead from the entry to the checkpoint's root");
        }
        const auto entry = decode_entry(receipt->entry);
        if (!entry) return findings_.add(LogCheck::entry, index, "entry " + std::to_string(index) + ": " + entry.error().message);
        ++report_.entries;
        if (!evidence_) sealed(index, *entry);
        const auto mine = opened.extract(index);
        if (mine.empty()) return;
        for (const Disclosed& what : mine.mapped())
            (void)check_disclosed(files_, options_, index, *entry, what, findings_, report_);
    }

    void sealed(std::uint64_t index, const Entry& entry) {
        auto file = files_.open(package::sealed_of(index));
        if (!file) {
            if (!entry.sections.empty())
                findings_.add(LogCheck::missing, index, "the file " + package::sealed_of(index) + " is missing");
            return;
        }
        Stream in(std::move(file));
        certs::Sha256 hasher;
        const std::string what = "what is sealed beside entry " + std::to_string(index);
        for (const SectionDigest& section : entry.sections) {
            std::array<std::uint8_t, 4> prefix{};
            std::uint32_t length = 0;
            const bool begun = in.exact(prefix);
            for (const std::uint8_t byte : prefix) length = length << 8U | byte;
            if (begun && length == erased_envelope) {
                ++report_.erased;
                continue;
            }
            if (!begun || !in.pieces(length, [&](protocol::Bytes piece) { hasher.update(piece); }))
                return findings_.add(LogCheck::sealed, index, what + " is cut short");
            ++report_.sections;
            if (hasher.finish() != section.sealed)
                findings_.add(LogCheck::sealed, index, what + " is not what the log committed to");
        }
        if (!in.ended()) findings_.add(LogCheck::sealed, index, "bytes follow " + what);
    }

    const Files& files_;
    const Policy& policy_;
    const LogCheckOptions& options_;
    const bool evidence_;
    LogReport report_;
    Findings findings_;
    std::string note_;  // of the receipt before, and what it came to
    protocol::Result<Checkpoint> verified_;
};

std::unexpected<protocol::Error> inconsistent(std::string what) {
    return protocol::fail(protocol::ErrorKind::invalid, "not_consistent", std::move(what));
}

}  // namespace

LogReport check_part(const Files& files, const Policy& policy, const LogCheckOptions& options) {
    return PartPass(files, policy, options).run();
}

PackageKind kind_of(const Files& files) {
    bool tiles = false;
    bool receipts = false;
    bool evidence = false;
    files.each([&](const std::string& path) {
        tiles = tiles || path.starts_with("tile/") || path.starts_with("sealed/");
        receipts = receipts || path.starts_with("receipts/");
        evidence = evidence || std::ranges::find(package::evidence_alone, path) != package::evidence_alone.end();
    });
    if (tiles) return PackageKind::log;
    if (evidence) return PackageKind::evidence;
    if (receipts) return PackageKind::part;
    // A part of which nobody asked for anything that is there says so itself.
    const auto about = read_whole(files, std::string(package::about), note_bytes_max);
    const bool empty_part = about && protocol::as_text(*about).contains(R"("kind":"part")");
    return empty_part ? PackageKind::part : PackageKind::log;
}

protocol::Result<void> check_consistency(const Files& files, const Policy& policy, std::string_view older, std::string_view newer) {
    const auto before = verify_checkpoint(older, policy);
    if (!before) return std::unexpected(before.error());
    const auto now = verify_checkpoint(newer, policy);
    if (!now) return std::unexpected(now.error());
    if (before->origin != now->origin) return inconsistent("the checkpoints are of two logs");
    if (before->size > now->size)
        return inconsistent("the newer checkpoint covers less than the older one, or the two were given the wrong way round");
    const auto tile = [&](unsigned level, std::uint64_t number) {
        const std::uint64_t hashes = now->size >> (tile_levels * level);
        const auto width = static_cast<unsigned>(std::min<std::uint64_t>(tile_width, hashes - number * tile_width));
        const auto bytes = read_whole(files, tile_path({level, number, width}), tile_width * sizeof(Hash));
        if (!bytes || bytes->size() != width * sizeof(Hash))
            throw protocol::Fault("the file " + tile_path({level, number, width}) + " is missing or malformed");
        std::vector<Hash> all(width);
        for (std::size_t i = 0; i < all.size(); ++i)
            std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(i * sizeof(Hash)), sizeof(Hash), all[i].begin());
        return all;
    };
    const NodeSource nodes = nodes_in_tiles(tile);
    if (root_at(now->size, nodes) != now->root) return inconsistent("the tiles do not have the newer checkpoint's root");
    const auto path = consistency_proof(before->size, now->size, nodes);
    if (!verify_consistency(before->size, now->size, path, before->root, now->root))
        return inconsistent("the log of " + std::to_string(now->size) + " entries does not begin with the " +
                            std::to_string(before->size) + " entries of the older checkpoint");
    return {};
}

}  // namespace entente::audit
