// The check of an exported log: whatever is changed is found, no finding names an entry after the damage, and no check is there in
// vain.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "certs/digest.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/folder_writer.hpp"
#include "server/audit/package/paths.hpp"
#include "tests/support/sample_log.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using protocol::Blob;
using tests::SampleEntry;
using tests::SampleLog;
using tests::SampleSection;

bool long_form() {
    const char* asked = std::getenv("ENTENTE_LONG");
    return asked != nullptr && std::string_view(asked) == "1";
}

std::uint64_t seed() {
    const char* given = std::getenv("ENTENTE_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261127;
    std::cout << "ENTENTE_SEED=" << chosen << "\n";
    return chosen;
}

std::string sentences(const LogReport& report) {
    std::string all;
    for (const LogFinding& finding : report.findings) {
        all += std::string(log_check_name(finding.check)) + " " + (finding.index ? std::to_string(*finding.index) : "-") + ": " +
               finding.sentence + "\n";
    }
    return all;
}

bool found(const LogReport& report, LogCheck check) {
    return std::ranges::any_of(report.findings, [&](const LogFinding& finding) { return finding.check == check; });
}

std::string text_of(const Blob& bytes) {
    return std::string(protocol::as_text(bytes));
}

TEST(Package, a_log_as_it_was_written_is_good) {
    for (const std::size_t size : std::vector<std::size_t>{1, 2, 255, 256, 257, 1000}) {
        SampleLog log(size);
        auto files = log.write();
        SampleLog::add_sums(files);
        LogCheckOptions options{.sums = true};
        for (const std::uint64_t earlier : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{size / 2}, std::uint64_t{size}})
            options.earlier.push_back(log.checkpoint(earlier));
        const LogReport report = check_log(files, log.policy(), options);
        EXPECT_TRUE(report.good()) << size << "\n" << sentences(report);
        EXPECT_EQ(report.entries, size);
        EXPECT_EQ(report.root, report.checkpoint.root);
    }
}

TEST(Package, a_large_log_has_tiles_of_three_levels) {
    SampleLog log(1);
    const Blob start = log.entry_bytes(0);
    // Times and ids may repeat here; what counts is the tree.
    std::vector<Blob> entries{start};
    Entry beat;
    beat.time = log.entries[0].entry.time;
    for (std::uint64_t i = 1; i < 65'536 + 300; ++i) {
        for (std::size_t b = 0; b < 8; ++b) beat.event[8 + b] = static_cast<std::uint8_t>(i >> (8 * b));
        beat.extension = KeyChange{KeyPurpose::witness, KeyAction::add, "w"};
        entries.push_back(encode_entry(beat));
    }
    FilesInMemory files;
    tests::write_tree(files, entries, std::vector<Blob>(entries.size()));
    std::vector<Hash> leaves;
    for (const Blob& entry : entries) leaves.push_back(leaf_hash(entry));
    const std::string text = checkpoint_text({log.origin, entries.size(), root_of(leaves)});
    const std::string note = format_note({text, {sign_note(log.key, log.origin, text)}});
    files.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
    Policy policy = log.policy();
    policy.quorum = "none";
    EXPECT_TRUE(check_log(files, policy, {}).good()) << sentences(check_log(files, policy, {}));
    ASSERT_TRUE(files.contents.contains("tile/1/001.p/1") && files.contents.contains("tile/2/000.p/1"));
    files.contents["tile/2/000.p/1"][5] ^= 1;
    const auto report = check_log(files, policy, {});
    EXPECT_TRUE(found(report, LogCheck::tile)) << sentences(report);
    EXPECT_EQ(report.first_bad(), 0u);
    files.contents["tile/2/000.p/1"][5] ^= 1;
    files.contents["tile/1/000"][7 * 32] ^= 1;
    EXPECT_EQ(check_log(files, policy, {}).first_bad(), 7u * 256);
}

TEST(Package, the_published_four_entry_log_passes) {
    const auto& vectors = tests::log_vectors();
    FilesInMemory files;
    std::vector<Blob> entries;
    for (const auto& entry : vectors.at("entries").as_array())
        entries.push_back(tests::blob_of(entry.is_object() ? entry.at("entry") : entry));
    ByteWriter sealed;
    for (const auto& section : vectors.at("sections").as_array()) {
        const Blob envelope = tests::blob_of(section.at("envelope"));
        const bool erased = section.at("tag").as_int64() == 2;
        sealed.u32(erased ? erased_envelope : static_cast<std::uint32_t>(envelope.size()));
        if (!erased) sealed.bytes(envelope);
    }
    tests::write_tree(files, entries, {{}, sealed.take(), {}, {}});
    files.contents[package::erased_list(3)] = tests::blob_of(vectors.at("erasure").at("list"));
    const std::string note = tests::text_of(vectors.at("checkpoint")) + tests::text_of(vectors.at("witness_line"));
    files.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
    const std::string policy_text = "log " + tests::text_of(vectors.at("log_vkey")) + "\nwitness w " +
                                    tests::text_of(vectors.at("witness_vkey")) + "\nquorum w\n";
    const auto policy = parse_policy(policy_text);
    ASSERT_TRUE(policy) << policy.error().message;
    const LogReport report = check_log(files, *policy, {});
    EXPECT_TRUE(report.good()) << sentences(report) << note;
    EXPECT_EQ(report.erased, 1u);
}

TEST(Package, a_folder_holds_what_memory_holds) {
    SampleLog log(300);
    auto files = log.write();
    const auto folder = std::filesystem::temp_directory_path() / ("entente-package-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    FolderWriter writer(folder);
    for (const auto& [path, content] : files.contents) writer.write(path, content);
    writer.finish();
    EXPECT_THROW(FolderWriter{folder}, protocol::Fault) << "nothing is overwritten";
    const auto report = check_log(*open_folder(folder), log.policy(), {.sums = true});
    EXPECT_TRUE(report.good()) << sentences(report);
    std::filesystem::remove_all(folder);
}

// --- damage ---

// The first entry that a file is about; nothing: the whole log.
std::optional<std::uint64_t> first_of(const std::string& path, std::uint64_t size) {
    if (const auto name = package::opened_name(path)) return name->index;
    if (package::erased_list_index(path)) return std::nullopt;
    for (std::uint64_t number = 0; number * tile_width < size; ++number) {
        const auto width = static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size - number * tile_width));
        if (path == entries_path(number, width) || path == sealed_path(number, width) || path == tile_path({0, number, width}))
            return number * tile_width;
    }
    return std::nullopt;
}

// The entry that byte `at` of a bundle, of what is sealed beside one or of a tile belongs to.
std::uint64_t entry_at(const FilesInMemory& files, SampleLog& log, const std::string& path, std::size_t at) {
    const std::uint64_t size = log.entries.size();
    const std::uint64_t first = first_of(path, size).value_or(0);
    if (path.starts_with("opened/")) return first;
    if (path.starts_with("tile/0/")) return first + at / sizeof(Hash);
    if (path.starts_with("tile/1/")) return at / sizeof(Hash) * tile_width;
    if (!path.starts_with("tile/entries/") && !path.starts_with("sealed/")) return size;
    (void)files;
    std::size_t end = 0;
    for (std::uint64_t i = first; i < size; ++i) {
        if (path.starts_with("tile/entries/")) {
            end += 2 + log.entry_bytes(static_cast<std::size_t>(i)).size();
        } else {
            for (const SampleSection& section : log.entries[static_cast<std::size_t>(i)].sections)
                end += 4 + (section.erased ? 0 : section.envelope.size());
        }
        if (at < end) return i;
    }
    return size - 1;
}

// What damage `files` has: found, and blamed on no entry after it.
::testing::AssertionResult detected(const FilesInMemory& files, const Policy& policy, std::uint64_t damaged, bool sums = false) {
    const LogReport report = check_log(files, policy, {.sums = sums, .findings_max = 5});
    if (report.good()) return ::testing::AssertionFailure() << "not found";
    if (report.first_bad() && *report.first_bad() > damaged)
        return ::testing::AssertionFailure() << "blamed on " << *report.first_bad() << ", but the damage is at " << damaged << "\n"
                                             << sentences(report);
    return ::testing::AssertionSuccess();
}

struct Bit {
    std::string path;
    std::size_t bit;
};

TEST(Package, any_flipped_bit_of_any_file_is_found) {
    SampleLog log(1000);
    FilesInMemory files = log.write();
    const Policy policy = log.policy();
    std::vector<std::pair<std::string, std::size_t>> sizes;
    std::size_t total = 0;
    for (const auto& [path, content] : files.contents) {
        // Copies for people, covered by the sums alone (below).
        if (path == package::policy || path == package::about) continue;
        sizes.emplace_back(path, content.size() * 8);
        total += content.size() * 8;
    }
    const auto at = [&](std::size_t number) {
        for (const auto& [path, bits] : sizes) {
            if (number < bits) return Bit{path, number};
            number -= bits;
        }
        return Bit{sizes.back().first, 0};
    };
    const auto try_bit = [&](FilesInMemory& mine, SampleLog& own, const Bit& bit) {
        Blob& content = mine.contents.at(bit.path);
        const auto mask = static_cast<std::uint8_t>(1U << (bit.bit % 8));
        const std::uint64_t damaged = entry_at(mine, own, bit.path, bit.bit / 8);
        content[bit.bit / 8] ^= mask;
        EXPECT_TRUE(detected(mine, policy, damaged)) << bit.path << " bit " << bit.bit;
        content[bit.bit / 8] ^= mask;
    };
    if (!long_form()) {
        std::mt19937_64 random(seed());
        for (int i = 0; i < 300; ++i) try_bit(files, log, at(random() % total));
        // Of small files every bit: a sample would hardly meet them.
        for (const std::size_t step = 11; const auto& [path, bits] : sizes)
            if (path == package::checkpoint)
                for (std::size_t bit = 0; bit < bits; bit += step) try_bit(files, log, {path, bit});
        return;
    }
    std::vector<std::thread> threads;
    const unsigned count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned t = 0; t < count; ++t) {
        threads.emplace_back([&, t] {
            FilesInMemory mine = files;
            SampleLog own(1000);
            for (std::size_t i = t; i < total; i += count) try_bit(mine, own, at(i));
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::cout << total << " bits flipped\n";
}

TEST(Package, with_sums_every_byte_of_every_file_counts) {
    SampleLog log(20);
    FilesInMemory files = log.write();
    SampleLog::add_sums(files);
    const Policy policy = log.policy();
    for (auto& [path, content] : files.contents) {
        for (std::size_t at = 0; at < content.size(); ++at) {
            content[at] ^= 4;
            const LogReport report = check_log(files, policy, {.sums = true});
            EXPECT_FALSE(report.good()) << path << " byte " << at;
            content[at] ^= 4;
        }
    }
}

// --- changes that somebody would make who knows the format ---

class Mutant {
  public:
    Mutant(SampleLog& log, SampleLog& other, std::mt19937_64& random)
        : log_(log), other_(other), random_(random), files_(base(log)), size_(log.entries.size()) {}

    // Changes something and says what; `damaged` is the first entry concerned.
    std::string change() {
        // Each returns the empty text when it would change nothing.
        static constexpr std::string (Mutant::* kinds[])() = {
            &Mutant::remove_entry, &Mutant::insert_entry,  &Mutant::swap_entries,    &Mutant::repeat_entry,   &Mutant::cut_file,
            &Mutant::lose_file,    &Mutant::splice_bundle, &Mutant::splice_entry,    &Mutant::old_checkpoint, &Mutant::other_key,
            &Mutant::swap_sealed,  &Mutant::erase_quietly, &Mutant::change_and_grow, &Mutant::longer_file,    &Mutant::swap_tiles,
            &Mutant::drop_list,    &Mutant::old_tile};
        for (;;) {
            damaged = size_;
            files_ = base(log_);
            std::string what = (this->*kinds[pick(std::size(kinds))])();
            if (!what.empty() && files_.contents != base(log_).contents) return what;
        }
    }
    const FilesInMemory& files() const { return files_; }
    std::uint64_t damaged = 0;

  private:
    static const FilesInMemory& base(SampleLog& log) {
        static std::map<const SampleLog*, FilesInMemory> kept;
        auto found = kept.find(&log);
        if (found == kept.end()) found = kept.emplace(&log, log.write()).first;
        return found->second;
    }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
    Blob& file(const std::string& path) { return files_.contents.at(path); }
    std::string any_path() {
        for (;;) {
            auto at = files_.contents.begin();
            std::advance(at, static_cast<std::ptrdiff_t>(pick(files_.contents.size())));
            if (at->first != package::policy && at->first != package::about) return at->first;
        }
    }
    unsigned width(std::uint64_t number) const {
        return static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size_ - number * tile_width));
    }
    std::string entries_of(std::uint64_t number) const { return entries_path(number, width(number)); }

    // The entries of a bundle, one by one; put back without their lengths changing anything else.
    static std::vector<Blob> split(const Blob& bundle) {
        std::vector<Blob> entries;
        ByteReader in(bundle);
        while (in.left() > 0) {
            const auto bytes = in.bytes(in.u16());
            entries.emplace_back(bytes.begin(), bytes.end());
        }
        return entries;
    }
    static Blob join(const std::vector<Blob>& entries) {
        ByteWriter out;
        for (const Blob& entry : entries) {
            out.u16(static_cast<std::uint16_t>(entry.size()));
            out.bytes(entry);
        }
        return out.take();
    }
    template <class Change>
    std::string bundle_change(const char* what, Change change) {
        const std::uint64_t number = pick((size_ + tile_width - 1) / tile_width);
        Blob& bundle = file(entries_of(number));
        auto entries = split(bundle);
        const std::size_t at = change(entries);
        bundle = join(entries);
        damaged = number * tile_width + at;
        return what;
    }

    std::string remove_entry() {
        return bundle_change("entry removed", [&](auto& entries) {
            const std::size_t at = pick(entries.size());
            entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
            return at;
        });
    }
    std::string insert_entry() {
        return bundle_change("entry inserted", [&](auto& entries) {
            const std::size_t at = pick(entries.size() + 1);
            entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at),
                           other_.entry_bytes(1 + pick(other_.entries.size() - 1)));
            return std::min(at, entries.size() - 2);
        });
    }
    std::string swap_entries() {
        return bundle_change("entries swapped", [&](auto& entries) {
            const std::size_t a = pick(entries.size());
            const std::size_t b = pick(entries.size());
            std::swap(entries[a], entries[b]);
            return std::min(a, b);
        });
    }
    std::string repeat_entry() {
        return bundle_change("entry repeated", [&](auto& entries) {
            const std::size_t a = pick(entries.size());
            const std::size_t b = pick(entries.size());
            entries[a] = entries[b];
            return a;
        });
    }
    std::string splice_entry() {
        return bundle_change("entry of another log", [&](auto& entries) {
            const std::size_t at = pick(entries.size());
            entries[at] = other_.entry_bytes(pick(other_.entries.size()));
            return at;
        });
    }
    std::string cut_file() {
        const std::string path = any_path();
        Blob& content = file(path);
        if (content.empty()) return {};
        content.resize(pick(content.size()));
        damaged = entry_at(files_, log_, path, content.size());
        return "cut: " + path;
    }
    std::string longer_file() {
        const std::string path = any_path();
        Blob& content = file(path);
        const std::size_t count = 1 + pick(40);
        for (std::size_t i = 0; i < count; ++i) content.push_back(static_cast<std::uint8_t>(random_()));
        return "bytes added: " + path;
    }
    std::string lose_file() {
        const std::string path = any_path();
        if (path.starts_with("opened/") && path.ends_with(".json")) return {};  // its salt alone says nothing
        files_.contents.erase(path);
        return "lost: " + path;
    }
    std::string splice_bundle() {
        const std::uint64_t number = pick((size_ + tile_width - 1) / tile_width);
        const auto& from = base(other_).contents;
        for (const std::string& path :
             {entries_of(number), sealed_path(number, width(number)), tile_path({0, number, width(number)})})
            files_.contents[path] = from.at(path);
        damaged = number * tile_width;
        return "bundle of another log";
    }
    std::string swap_tiles() {
        const std::uint64_t a = pick(size_ / tile_width);
        const std::uint64_t b = pick(size_ / tile_width);
        std::swap(file(tile_path({0, a, tile_width})), file(tile_path({0, b, tile_width})));
        damaged = std::min(a, b) * tile_width;
        return "tiles swapped";
    }
    std::string old_tile() {
        // The last tile as it was a few entries ago, filled up with zeros.
        const std::uint64_t number = size_ / tile_width;
        Blob& tile = file(tile_path({0, number, width(number)}));
        const std::size_t keep = pick(width(number));
        std::fill(tile.begin() + static_cast<std::ptrdiff_t>(keep * sizeof(Hash)), tile.end(), std::uint8_t{0});
        damaged = number * tile_width + keep;
        return "older tile";
    }
    std::string old_checkpoint() {
        const std::string note = log_.checkpoint(pick(size_));
        files_.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
        return "older checkpoint";
    }
    std::string other_key() {
        SampleLog& log = log_;
        const std::string good = text_of(file(std::string(package::checkpoint)));
        const std::string text = good.substr(0, good.find("\n\n") + 1);
        const auto wrong = SampleLog::seeded(77);
        const bool whose = pick(2) == 0;
        const std::string note =
            format_note({text,
                         {sign_note(whose ? wrong : log.key, log.origin, text),
                          cosign_note(whose ? log.witness : wrong, "witness.partner.example/w", text, 1'767'225'661)}});
        files_.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
        return "signed by another key";
    }
    std::string swap_sealed() {
        const std::uint64_t number = pick((size_ + tile_width - 1) / tile_width);
        Blob& sealed = file(sealed_path(number, width(number)));
        if (sealed.size() < 400) return {};
        // Two envelopes of the same length change places: every length still fits.
        std::vector<std::pair<std::size_t, std::size_t>> places;
        std::size_t at = 0;
        for (std::uint64_t i = number * tile_width; i < number * tile_width + width(number); ++i)
            for (const SampleSection& section : log_.entries[static_cast<std::size_t>(i)].sections) {
                if (!section.erased) places.emplace_back(at + 4, section.envelope.size());
                at += 4 + (section.erased ? 0 : section.envelope.size());
            }
        const auto a = places[pick(places.size())];
        const auto b = places[pick(places.size())];
        if (a.second != b.second) return {};
        std::swap_ranges(sealed.begin() + static_cast<std::ptrdiff_t>(a.first),
                         sealed.begin() + static_cast<std::ptrdiff_t>(a.first + a.second),
                         sealed.begin() + static_cast<std::ptrdiff_t>(b.first));
        damaged = entry_at(files_, log_, sealed_path(number, width(number)), std::min(a.first, b.first));
        return "envelopes swapped";
    }
    std::string erase_quietly() {
        SampleLog mine = log_copy();
        const std::size_t index = pick(mine.entries.size());
        auto& sections = mine.entries[index].sections;
        if (sections.empty()) return {};
        SampleSection& section = sections[pick(sections.size())];
        if (section.erased) return {};
        section.erased = true;
        files_ = mine.write();
        damaged = index;
        return "erased without an erasure";
    }
    std::string drop_list() {
        if (log_.erasures.empty()) return {};
        auto list = log_.erasures.begin();
        std::advance(list, static_cast<std::ptrdiff_t>(pick(log_.erasures.size())));
        auto sections = list->second;
        if (sections.empty()) return {};
        const std::size_t at = pick(sections.size());
        damaged = sections[at].index;
        sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(at));
        files_.contents[package::erased_list(list->first)] = erased_list(sections);
        return "list shortened";
    }
    // Changes an entry and everything that follows from it, but cannot sign.
    std::string change_and_grow() {
        SampleLog mine = log_copy();
        const std::size_t index = 1 + pick(mine.entries.size() - 1);
        auto& sections = mine.entries[index].sections;
        if (sections.empty()) return {};
        sections[0].envelope[pick(sections[0].envelope.size())] ^= 1;
        const Blob note = file(std::string(package::checkpoint));
        files_ = mine.write();
        files_.contents[std::string(package::checkpoint)] = note;
        damaged = index;
        return "changed with the whole tree over it";
    }
    SampleLog log_copy() {
        SampleLog mine(log_.entries.size(), 1);
        return mine;
    }

    SampleLog& log_;
    SampleLog& other_;
    std::mt19937_64& random_;
    FilesInMemory files_;
    std::uint64_t size_;
};

TEST(Package, structural_changes_are_found_and_blamed_on_nothing_after_them) {
    std::mt19937_64 random(seed());
    SampleLog log(600);
    SampleLog other(600, 2);
    const Policy policy = log.policy();
    const int count = long_form() ? 1'000'000 : 700;
    Mutant mutant(log, other, random);
    for (int i = 0; i < count; ++i) {
        const std::string what = mutant.change();
        ASSERT_TRUE(detected(mutant.files(), policy, mutant.damaged)) << what;
    }
}

// --- no check in vain ---

struct Needed {
    LogCheck check;
    std::function<void(SampleLog&)> before;     // the log is signed with it
    std::function<void(FilesInMemory&)> after;  // changed in the export
    std::function<void(LogCheckOptions&)> asked{};
};

Blob& file_of(FilesInMemory& files, const std::string& path) {
    return files.contents.at(path);
}

std::vector<Needed> needed() {
    const auto nothing = [](auto&) {};
    return {
        {LogCheck::checkpoint, nothing,
         [](FilesInMemory& files) {
             const std::string good = text_of(file_of(files, "checkpoint"));
             const std::string text = good.substr(0, good.find("\n\n") + 1);
             const std::string note = format_note({text, {sign_note(SampleLog::seeded(9), "gw.example.com/audit/sample", text)}});
             files.contents["checkpoint"].assign(note.begin(), note.end());
         }},
        {LogCheck::missing, nothing, [](FilesInMemory& files) { files.contents.erase(sealed_path(0)); }},
        {LogCheck::entry,
         [](SampleLog& log) {
             log.entries[21] = log.entries[0];
             log.entries[21].entry.time = log.entries[20].entry.time;
             log.entries[21].entry.event[15] ^= 1;
         },
         nothing},
        {LogCheck::time, [](SampleLog& log) { std::swap(log.entries[22].entry.time, log.entries[24].entry.time); }, nothing},
        {LogCheck::event,
         [](SampleLog& log) {
             log.entries[24].entry.event = log.entries[22].entry.event;
             log.entries[24].entry.time = log.entries[22].entry.time;
             log.entries[23].entry.time = log.entries[22].entry.time;
         },
         nothing},
        {LogCheck::heartbeat, [](SampleLog& log) { log.entries[100].entry.extension = Heartbeat{51}; }, nothing},
        {LogCheck::sealed, nothing, [](FilesInMemory& files) { file_of(files, sealed_path(0))[70] ^= 1; }},
        {LogCheck::erased, [](SampleLog& log) { log.entries[22].sections[0].erased = true; }, nothing},
        {LogCheck::tile, nothing, [](FilesInMemory& files) { file_of(files, tile_path({0, 0}))[70] ^= 1; }},
        {LogCheck::root, nothing,
         [](FilesInMemory& files) {
             SampleLog changed(300);
             changed.entries[22].sections[0].envelope[3] ^= 1;
             const Blob note = file_of(files, "checkpoint");
             files = changed.write();
             files.contents["checkpoint"] = note;
         }},
        {LogCheck::consistency, nothing, nothing,
         [](LogCheckOptions& options) {
             SampleLog other(200, 5);
             options.earlier = {other.checkpoint(200)};
         }},
        {LogCheck::opened, nothing,
         [](FilesInMemory& files) { file_of(files, package::opened(19, 1, package::Opened::salt))[3] ^= 1; }},
        {LogCheck::canonical, [](SampleLog& log) { log.entries[19].sections[0].text = "{ }"; }, nothing},
        {LogCheck::core, [](SampleLog& log) { log.entries[19].sections[0].text = log.entries[21].sections[0].text; }, nothing},
        {LogCheck::surplus, nothing, [](FilesInMemory& files) { files.contents["tile/0/099"] = {1}; }},
        {LogCheck::sums, nothing,
         [](FilesInMemory& files) {
             SampleLog::add_sums(files);
             file_of(files, "package.json")[3] ^= 1;
         },
         [](LogCheckOptions& options) { options.sums = true; }},
        {LogCheck::rows,
         [](SampleLog& log) {
             for (SampleEntry& entry : log.entries)
                 for (SampleSection& section : entry.sections) section.opened = section.tag == 1;
         },
         nothing,
         [](LogCheckOptions& options) {
             static const RowList untold{"gw.example.com/audit/sample", 300, {{{"company", 7}, {20, "a row"}}}};
             options.rows = &untold;
         }},
    };
}

TEST(Package, without_any_one_check_something_would_go_unnoticed) {
    std::uint32_t covered = 0;
    for (const Needed& one : needed()) {
        SampleLog log(300);
        one.before(log);
        FilesInMemory files = log.write();
        one.after(files);
        LogCheckOptions options;
        if (one.asked) one.asked(options);
        const LogReport with = check_log(files, log.policy(), options);
        EXPECT_TRUE(found(with, one.check)) << log_check_name(one.check) << "\n" << sentences(with);
        options.without = 1U << static_cast<unsigned>(one.check);
        const LogReport without = check_log(files, log.policy(), options);
        EXPECT_TRUE(without.good()) << "found without the check " << log_check_name(one.check) << "\n" << sentences(without);
        covered |= options.without;
    }
    EXPECT_EQ(covered, (1U << log_check_count) - 1) << "a check has no line here";
}

TEST(Package, missing_files_are_no_tampering_and_tampering_is_not_hidden_by_them) {
    SampleLog log(600);
    for (const std::string& path : {entries_path(1), sealed_path(0), tile_path({0, 1}),
                                    package::erased_list(log.erasures.begin()->first), std::string("checkpoint")}) {
        FilesInMemory files = log.write();
        files.contents.erase(path);
        const LogReport report = check_log(files, log.policy(), {});
        EXPECT_FALSE(report.good()) << path;
        EXPECT_FALSE(report.tampered()) << path << "\n" << sentences(report);
        if (path == "checkpoint") continue;
        file_of(files, entries_path(0))[400] ^= 1;
        EXPECT_TRUE(check_log(files, log.policy(), {}).tampered()) << path;
    }
}

TEST(Package, an_earlier_checkpoint_narrows_where_the_change_is) {
    SampleLog changed(600);
    changed.entries[402].sections[0].envelope[3] ^= 1;
    FilesInMemory files = changed.write();
    SampleLog log(600);
    const std::string note = log.checkpoint(600);
    files.contents["checkpoint"].assign(note.begin(), note.end());
    EXPECT_EQ(check_log(files, log.policy(), {}).first_bad(), 0u);
    EXPECT_EQ(check_log(files, log.policy(), {.earlier = {log.checkpoint(300), log.checkpoint(400)}}).first_bad(), 400u);
}

TEST(Package, checkpoints_are_held_against_the_tiles) {
    SampleLog log(600);
    const FilesInMemory files = log.write();
    const Policy policy = log.policy();
    for (const std::uint64_t size : std::vector<std::uint64_t>{0, 1, 255, 256, 512, 599, 600})
        EXPECT_TRUE(check_consistency(files, policy, log.checkpoint(size), log.checkpoint(600))) << size;
    SampleLog other(600, 2);
    EXPECT_FALSE(check_consistency(files, policy, other.checkpoint(300), log.checkpoint(600)));
    EXPECT_FALSE(check_consistency(files, policy, log.checkpoint(600), log.checkpoint(300)));
    EXPECT_FALSE(check_consistency(files, policy, log.checkpoint(300), other.checkpoint(600)));
}

TEST(Package, a_part_holds_by_its_receipts_and_any_flipped_bit_is_found) {
    SampleLog log(300);
    FilesInMemory files = log.write_part(37);
    ASSERT_TRUE(is_part(files));
    const Policy policy = log.policy();
    const LogReport good = check_part(files, policy, {});
    EXPECT_TRUE(good.good()) << sentences(good);
    EXPECT_EQ(good.entries, 9u);
    const std::size_t step = long_form() ? 1 : 29;
    for (auto& [path, content] : files.contents) {
        if (path == package::policy) continue;
        for (std::size_t bit = 0; bit < content.size() * 8; bit += step) {
            content[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            EXPECT_FALSE(check_part(files, policy, {}).good()) << path << " bit " << bit;
            content[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        }
    }
}

TEST(Policy, groups_and_quorum_decide) {
    const auto vkey = [](const char* name, std::uint8_t seed) {
        return format_vkey({name, KeyType::cosignature, SampleLog::seeded(seed).public_key()});
    };
    const auto cosigned = [&](std::vector<std::uint8_t> by) {
        SampleLog log(3);
        const std::string text = checkpoint_text({log.origin, 3, Hash{}});
        Note note{text, {sign_note(log.key, log.origin, text)}};
        for (const std::uint8_t seed : by)
            note.signatures.push_back(cosign_note(SampleLog::seeded(seed), "w" + std::to_string(seed), text, 5));
        return note;
    };
    const std::string lines = "# who\n\nwitness a " + vkey("w1", 1) + "\nwitness b " + vkey("w2", 2) +
                              " https://b.example/\nwitness c " + vkey("w3", 3) + "\ngroup two 2 a b c\ngroup either any c two\n";
    const auto policy = parse_policy(lines + "quorum either\n");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->witnesses[1].url, "https://b.example/");
    EXPECT_FALSE(policy->quorum_met(cosigned({})));
    EXPECT_FALSE(policy->quorum_met(cosigned({1})));
    EXPECT_TRUE(policy->quorum_met(cosigned({3})));
    EXPECT_TRUE(policy->quorum_met(cosigned({1, 2})));
    EXPECT_TRUE(parse_policy(lines + "quorum none\n")->quorum_met(cosigned({})));
    EXPECT_EQ(parse_policy(format_policy(*policy))->quorum_met(cosigned({1, 2})), true);
    for (const std::string& wrong :
         {std::string(), lines, lines + "quorum d\n", lines + "quorum a\nquorum a\n", std::string("log x\nquorum none\n"),
          "witness none " + vkey("w1", 1) + "\nquorum none\n", lines + "group two 1 a\nquorum a\n",
          lines + "group x 4 a b c\nquorum a\n", lines + "group x 0 a\nquorum a\n", lines + "group x 1 a a\nquorum a\n",
          lines + "group x 1 y\nquorum a\n", lines + "nonsense\nquorum a\n"}) {
        const auto refused = parse_policy(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, "policy_malformed");
    }
}

}  // namespace
}  // namespace entente::audit
