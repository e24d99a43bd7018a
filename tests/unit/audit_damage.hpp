#pragma once
// Ways to damage an exported log, each with the entries on which a checker may blame it.

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/audit/format/bytes.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/paths.hpp"
#include "tests/support/sample_log.hpp"
#include "tests/unit/audit_support.hpp"

namespace entente::audit::tests {

using entente::tests::SampleLog;
using entente::tests::SampleSection;
using protocol::Blob;

// Where damage may be blamed.
struct Blame {
    std::set<std::uint64_t> on;                // one of these is the first bad entry ...
    bool nowhere = false;                      // ... or no entry in particular
    std::optional<std::uint64_t> not_after{};  // instead of both: any entry up to this one, or none
    bool incomplete = false;                   // files are missing, nothing more
};

inline Blame exactly(std::uint64_t index) {
    return {.on = {index}};
}
inline Blame nobody() {
    return {.nowhere = true};
}
inline Blame not_after(std::uint64_t index) {
    return {.not_after = index};
}

// Empty: found, and blamed as it should be.
inline std::string wrong(const LogReport& report, const Blame& blame) {
    if (report.good()) return "not found";
    const auto first = report.first_bad();
    const std::string said = "\nfirst bad entry " + (first ? std::to_string(*first) : "-") + "\n" + sentences(report);
    if (blame.incomplete && report.tampered()) return "a missing file is called tampering" + said;
    if (blame.not_after)
        return first && *first > *blame.not_after ? "blamed on an entry after " + std::to_string(*blame.not_after) + said : "";
    if (first ? blame.on.contains(*first) : blame.nowhere) return {};
    std::string wanted;
    for (const std::uint64_t index : blame.on) wanted += " " + std::to_string(index);
    return "blamed on the wrong place, wanted" + wanted + (blame.nowhere ? " none" : "") + said;
}

// Where the row of an entry's section lies in the file of what is sealed beside its bundle.
struct Row {
    std::uint64_t index = 0;
    std::uint8_t tag = 0;
    std::size_t at = 0;
    std::size_t size = 0;  // with the length before it
    bool erased = false;
};

// A log with its export and what is where in it. Not changed after it was made, so threads share it.
struct Sample {
    explicit Sample(std::size_t size, std::uint64_t seed = 1) : log(size, seed), policy(log.policy()) {
        files = log.write();
        for (std::size_t i = 0; i < size; ++i) {
            entries.push_back(log.entry_bytes(i));
            if (i % tile_width == 0) rows.emplace_back();
            auto& of_bundle = rows.back();
            for (const SampleSection& section : log.entries[i].sections) {
                const std::size_t at = of_bundle.empty() ? 0 : of_bundle.back().at + of_bundle.back().size;
                of_bundle.push_back({i, section.tag, at, 4 + (section.erased ? 0 : section.envelope.size()), section.erased});
            }
        }
    }
    std::uint64_t size() const { return entries.size(); }
    std::uint64_t bundles() const { return (size() + tile_width - 1) / tile_width; }
    unsigned width(std::uint64_t number) const {
        return static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size() - number * tile_width));
    }

    // The entry that byte `at` of a file is about, for files in which the untouched rest names it.
    Blame of(const std::string& path, std::size_t at) const {
        if (const auto name = package::opened_name(path)) return exactly(name->index);
        if (path.starts_with("tile/1/")) return exactly(at / sizeof(Hash) * tile_width);
        for (std::uint64_t number = 0; number < bundles(); ++number) {
            const std::uint64_t first = number * tile_width;
            if (path == tile_path({0, number, width(number)})) return exactly(first + at / sizeof(Hash));
            if (path == entries_path(number, width(number))) {
                std::size_t end = 0;
                for (std::uint64_t i = first; i < first + width(number); ++i) {
                    end += 2 + entries[static_cast<std::size_t>(i)].size();
                    if (at < end) return exactly(i);
                }
                return exactly(first + width(number) - 1);
            }
            if (path == sealed_path(number, width(number))) {
                for (const Row& row : rows[static_cast<std::size_t>(number)])
                    if (at < row.at + row.size) return exactly(row.index);
                return exactly(first + width(number) - 1);
            }
        }
        return nobody();
    }
    // A list that says something else from row `at` on may leave what it named unnamed, and its erasure names another list.
    Blame of_list(std::uint64_t entry, std::size_t at, Bytes changed) const {
        Blame blame = exactly(entry);
        const auto& sections = log.erasures.at(entry);
        for (std::size_t i = at / erased_row_size; i < sections.size(); ++i) blame.on.insert(sections[i].index);
        if ((at / erased_row_size + 1) * erased_row_size <= changed.size())
            blame.on.insert(ByteReader(changed.subspan(at / erased_row_size * erased_row_size)).u64());
        return blame;
    }

    SampleLog log;
    Policy policy;
    FilesInMemory files;
    std::vector<Blob> entries;
    std::vector<std::vector<Row>> rows;  // by bundle
};

// The copies for people, which only SHA256SUMS covers.
inline bool for_people(const std::string& path) {
    return path == package::policy || path == package::about;
}

// --- changes that somebody would make who knows the format ---

// One way to change an export. Each member changes something and says what, or changes nothing and answers the empty text.
class Mutant {
  public:
    Mutant(const Sample& log, const Sample& other, std::mt19937_64& random) : log_(log), other_(other), random_(random) {}

    std::string change() {
        static constexpr std::string (Mutant::* kinds[])() = {
            &Mutant::remove_entry,   &Mutant::insert_entry,    &Mutant::swap_entries,  &Mutant::repeat_entry,
            &Mutant::cut_file,       &Mutant::lose_file,       &Mutant::splice_bundle, &Mutant::splice_entry,
            &Mutant::old_checkpoint, &Mutant::other_key,       &Mutant::swap_rows,     &Mutant::erase_quietly,
            &Mutant::grow_again,     &Mutant::longer_file,     &Mutant::swap_tiles,    &Mutant::shorten_list,
            &Mutant::old_tile,       &Mutant::swap_bundles,    &Mutant::move_opening,  &Mutant::lists_change_places,
            &Mutant::add_old_export, &Mutant::list_names_more, &Mutant::put_back};
        for (;;) {
            files_ = log_.files;
            earlier_.clear();
            std::string what = (this->*kinds[pick(std::size(kinds))])();
            if (!what.empty() && (!earlier_.empty() || files_.contents != log_.files.contents)) return what;
        }
    }
    std::string verdict() const { return wrong(check_log(files_, log_.policy, {.earlier = earlier_, .findings_max = 5}), blame_); }
    const FilesInMemory& files() const { return files_; }
    const std::vector<std::string>& earlier() const { return earlier_; }  // checkpoints that somebody kept

  private:
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
    Blob& file(const std::string& path) { return files_.contents.at(path); }
    std::string any_path() {
        for (;;) {
            auto at = files_.contents.begin();
            std::advance(at, static_cast<std::ptrdiff_t>(pick(files_.contents.size())));
            if (!for_people(at->first)) return at->first;
        }
    }
    std::string entries_of(std::uint64_t number) const { return entries_path(number, log_.width(number)); }
    std::string sealed_of(std::uint64_t number) const { return sealed_path(number, log_.width(number)); }
    std::string tile_of(std::uint64_t number) const { return tile_path({0, number, log_.width(number)}); }
    void put_note(const std::string& note) { file(std::string(package::checkpoint)).assign(note.begin(), note.end()); }

    static Blob join(const std::vector<Blob>& entries) {
        ByteWriter out;
        for (const Blob& entry : entries) {
            out.u16(static_cast<std::uint16_t>(entry.size()));
            out.bytes(entry);
        }
        return out.take();
    }
    // Changes the entries of one bundle; `change` answers where in the bundle.
    template <class Change>
    std::string bundle_change(const char* what, Change change) {
        const std::uint64_t number = pick(static_cast<std::size_t>(log_.bundles()));
        const auto begin = log_.entries.begin() + static_cast<std::ptrdiff_t>(number * tile_width);
        std::vector<Blob> entries(begin, begin + log_.width(number));
        const std::size_t at = change(entries);
        file(entries_of(number)) = join(entries);
        blame_ = exactly(number * tile_width + at);
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
            entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at), other_.entries[1 + pick(other_.entries.size() - 1)]);
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
            entries[a] = entries[pick(entries.size())];
            return a;
        });
    }
    std::string splice_entry() {
        return bundle_change("entry of another log", [&](auto& entries) {
            const std::size_t at = pick(entries.size());
            entries[at] = other_.entries[pick(other_.entries.size())];
            return at;
        });
    }
    std::string cut_file() {
        const std::string path = any_path();
        Blob& content = file(path);
        if (content.empty()) return {};
        content.resize(pick(content.size()));
        const auto list = package::erased_list_index(path);
        blame_ = list ? log_.of_list(*list, content.size(), {}) : log_.of(path, content.size());
        return "cut: " + path;
    }
    std::string longer_file() {
        const std::string path = any_path();
        Blob& content = file(path);
        const auto list = package::erased_list_index(path);
        // The last entry of a bundle or tile; of a list the erasure itself.
        blame_ = list ? exactly(*list) : log_.of(path, std::max<std::size_t>(content.size(), 1) - 1);
        if (path.starts_with("sealed/") || path.starts_with("tile/entries/")) blame_ = log_.of(path, content.size());
        const std::size_t count = 1 + pick(40);
        for (std::size_t i = 0; i < count; ++i) content.push_back(static_cast<std::uint8_t>(random_()));
        return "bytes added: " + path;
    }
    std::string lose_file() {
        const std::string path = any_path();
        if (path.starts_with("opened/") && path.ends_with(".json")) return {};  // its salt alone says nothing
        const auto list = package::erased_list_index(path);
        blame_ = list ? exactly(*list) : log_.of(path, 0);
        for (std::uint64_t number = 0; number < log_.bundles(); ++number)
            if (path == sealed_of(number)) blame_ = exactly(number * tile_width);
        blame_.incomplete = true;
        files_.contents.erase(path);
        return "lost: " + path;
    }
    std::string splice_bundle() {
        const std::uint64_t number = pick(static_cast<std::size_t>(log_.bundles()));
        for (const std::string& path : {entries_of(number), sealed_of(number), tile_of(number)})
            file(path) = other_.files.contents.at(path);
        blame_ = not_after(number * tile_width);
        return "bundle of another log";
    }
    std::string swap_bundles() {
        if (log_.size() < 2 * std::uint64_t{tile_width}) return {};
        std::swap(file(entries_of(0)), file(entries_of(1)));
        if (pick(2) == 0) std::swap(file(sealed_of(0)), file(sealed_of(1)));
        blame_ = exactly(0);
        return "bundles swapped";
    }
    std::string swap_tiles() {
        const std::uint64_t whole = log_.size() / tile_width;
        if (whole < 2) return {};
        const std::uint64_t a = pick(static_cast<std::size_t>(whole));
        const std::uint64_t b = pick(static_cast<std::size_t>(whole));
        std::swap(file(tile_of(a)), file(tile_of(b)));
        blame_ = exactly(std::min(a, b) * tile_width);
        return "tiles swapped";
    }
    std::string old_tile() {
        // The last tile as it was a few entries ago, filled up with zeros.
        const std::uint64_t number = log_.bundles() - 1;
        Blob& tile = file(tile_of(number));
        const std::size_t keep = pick(log_.width(number));
        std::fill(tile.begin() + static_cast<std::ptrdiff_t>(keep * sizeof(Hash)), tile.end(), std::uint8_t{0});
        blame_ = exactly(number * tile_width + keep);
        return "older tile";
    }
    std::string older_note(std::uint64_t size) {
        std::vector<Hash> leaves;
        for (std::size_t i = 0; i < size; ++i) leaves.push_back(leaf_hash(log_.entries[i]));
        return signed_note({log_.log.origin, size, root_of(leaves)}, log_.log.key, log_.log.witness);
    }
    static std::string signed_note(const Checkpoint& checkpoint, const certs::SigningKey& key, const certs::SigningKey& witness) {
        const std::string text = checkpoint_text(checkpoint);
        return format_note(
            {text,
             {sign_note(key, checkpoint.origin, text), cosign_note(witness, "witness.partner.example/w", text, 1'767'225'661)}});
    }
    std::string old_checkpoint() {
        const std::uint64_t size = pick(static_cast<std::size_t>(log_.size()));
        put_note(older_note(size));
        blame_ = not_after(size);
        return "older checkpoint";
    }
    std::string add_old_export() {
        // An older export of the same log copied over this one leaves its partial files behind.
        const std::uint64_t size = 1 + pick(static_cast<std::size_t>(log_.size() - 1));
        const auto width = static_cast<unsigned>(size % tile_width);
        if (width == 0 || (size / tile_width == log_.bundles() - 1 && width == log_.width(log_.bundles() - 1))) return {};
        const std::uint64_t number = size / tile_width;
        const Blob& tile = log_.files.contents.at(tile_of(number));
        files_.contents[tile_path({0, number, width})].assign(tile.begin(),
                                                              tile.begin() + static_cast<std::ptrdiff_t>(width * sizeof(Hash)));
        blame_ = nobody();
        return "left from an older export";
    }
    // The whole log as it once was, well signed; but somebody kept what was signed later.
    std::string put_back() {
        const std::uint64_t size = 1 + pick(static_cast<std::size_t>(log_.size() - 1));
        files_.contents.clear();
        const std::vector<Blob> before(log_.entries.begin(), log_.entries.begin() + static_cast<std::ptrdiff_t>(size));
        std::vector<Blob> sealed(before.size());
        for (const auto& of_bundle : log_.rows) {
            for (const Row& row : of_bundle) {
                if (row.index >= size) continue;
                const Blob& all = log_.files.contents.at(sealed_of(row.index / tile_width));
                auto& mine = sealed[static_cast<std::size_t>(row.index)];
                mine.insert(mine.end(), all.begin() + static_cast<std::ptrdiff_t>(row.at),
                            all.begin() + static_cast<std::ptrdiff_t>(row.at + row.size));
            }
        }
        // As it was before the erasures that came later it would need their envelopes; without them they are missing.
        entente::tests::write_tree(files_, before, sealed);
        blame_ = exactly(size);
        for (const auto& [entry, sections] : log_.log.erasures) {
            if (entry < size) files_.contents[package::erased_list(entry)] = erased_list(sections);
            for (const ErasedSection& section : sections)
                if (entry >= size && section.index < size) blame_.on.insert(section.index);
        }
        files_.contents[std::string(package::checkpoint)];
        put_note(older_note(size));
        earlier_ = {text_of(log_.files.contents.at(std::string(package::checkpoint)))};
        return "put back to " + std::to_string(size);
    }
    std::string other_key() {
        const std::string good = text_of(file(std::string(package::checkpoint)));
        const std::string text = good.substr(0, good.find("\n\n") + 1);
        const auto strange = SampleLog::seeded(77);
        const bool whose = pick(2) == 0;
        put_note(signed_note(*parse_checkpoint(text), whose ? strange : log_.log.key, whose ? log_.log.witness : strange));
        blame_ = nobody();
        return "signed by another key";
    }
    std::string swap_rows() {
        const auto number = pick(static_cast<std::size_t>(log_.bundles()));
        const auto& rows = log_.rows[number];
        Row a = rows[pick(rows.size())];
        Row b = rows[pick(rows.size())];
        if (a.at > b.at) std::swap(a, b);
        if (a.at == b.at || (a.erased && b.erased)) return {};
        // Whole rows with their lengths, whatever these are.
        const Blob& before = log_.files.contents.at(sealed_of(number));
        const auto piece = [&](std::size_t from, std::size_t to) { return Bytes(before).subspan(from, to - from); };
        ByteWriter out;
        out.bytes(piece(0, a.at));
        out.bytes(piece(b.at, b.at + b.size));
        out.bytes(piece(a.at + a.size, b.at));
        out.bytes(piece(a.at, a.at + a.size));
        out.bytes(piece(b.at + b.size, before.size()));
        file(sealed_of(number)) = out.take();
        blame_ = exactly(a.index);
        return "rows of envelopes swapped";
    }
    std::string erase_quietly() {
        const auto number = pick(static_cast<std::size_t>(log_.bundles()));
        const Row& row = log_.rows[number][pick(log_.rows[number].size())];
        if (row.erased) return {};
        Blob& sealed = file(sealed_of(number));
        const auto at = sealed.begin() + static_cast<std::ptrdiff_t>(row.at);
        sealed.erase(at + 4, at + static_cast<std::ptrdiff_t>(row.size));
        std::fill_n(sealed.begin() + static_cast<std::ptrdiff_t>(row.at), 4, std::uint8_t{0xff});
        blame_ = exactly(row.index);
        return "erased without an erasure";
    }
    std::string shorten_list() {
        if (log_.log.erasures.empty()) return {};
        const auto& [entry, sections] = any_list();
        if (sections.empty()) return {};
        auto fewer = sections;
        const std::size_t at = pick(fewer.size());
        blame_ = exactly(fewer[at].index);
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at));
        file(package::erased_list(entry)) = erased_list(fewer);
        return "list shortened";
    }
    std::string list_names_more() {
        if (log_.log.erasures.empty()) return {};
        const auto& [entry, sections] = any_list();
        auto more = sections;
        const ErasedSection section{1 + pick(static_cast<std::size_t>(entry) - 1), 1};
        more.push_back(section);
        std::ranges::sort(more);
        file(package::erased_list(entry)) = erased_list(more);
        blame_ = exactly(entry);
        blame_.on.insert(section.index);  // where there is no such section
        return "list names more";
    }
    std::string lists_change_places() {
        if (log_.log.erasures.size() < 2) return {};
        auto first = log_.log.erasures.begin();
        std::advance(first, static_cast<std::ptrdiff_t>(pick(log_.log.erasures.size() - 1)));
        const auto second = std::next(first);
        std::swap(file(package::erased_list(first->first)), file(package::erased_list(second->first)));
        blame_ = exactly(first->first);
        for (const ErasedSection& section : second->second) blame_.on.insert(section.index);
        return "lists changed places";
    }
    // Changes an entry and everything that follows from it, but cannot sign.
    std::string grow_again() {
        auto entries = log_.entries;
        const std::size_t index = 1 + pick(entries.size() - 1);
        auto entry = decode_entry(entries[index]);
        if (!entry || entry->sections.empty()) return {};
        entry->sections[0].commitment[pick(sizeof(Hash))] ^= 1;
        entries[index] = encode_entry(*entry);
        FilesInMemory tree;
        entente::tests::write_tree(tree, entries, std::vector<Blob>(entries.size()));
        for (auto& [path, content] : tree.contents)
            if (!path.starts_with("sealed/")) file(path) = std::move(content);
        blame_ = not_after(index);
        // Somebody who kept a checkpoint knows that it came after that.
        if (index > 100 && pick(2) == 0) {
            const std::uint64_t kept = 1 + pick(index);
            earlier_ = {older_note(kept)};
            // A disclosed section of the entry itself still names it; the rest of the tree does not.
            blame_ = exactly(kept);
        }
        return "changed with the whole tree over it";
    }
    std::string move_opening() {
        const std::uint64_t from = 1;  // disclosed in every sample
        const std::uint64_t to = 2 + pick(static_cast<std::size_t>(log_.size() - 2));
        if (files_.contents.contains(package::opened(to, 1, package::Opened::text))) return {};
        for (const auto part : {package::Opened::text, package::Opened::salt}) {
            auto node = files_.contents.extract(package::opened(from, 1, part));
            node.key() = package::opened(to, 1, part);
            files_.contents.insert(std::move(node));
        }
        blame_ = exactly(to);
        return "disclosed section of another entry";
    }
    const std::pair<const std::uint64_t, std::vector<ErasedSection>>& any_list() {
        auto list = log_.log.erasures.begin();
        std::advance(list, static_cast<std::ptrdiff_t>(pick(log_.log.erasures.size())));
        return *list;
    }

    const Sample& log_;
    const Sample& other_;
    std::mt19937_64& random_;
    FilesInMemory files_;
    std::vector<std::string> earlier_;
    Blame blame_;
};

// A package about a part of a log, whose entries stand each for itself.
class PartMutant {
  public:
    PartMutant(const Sample& log, const FilesInMemory& part, std::uint64_t step, std::mt19937_64& random)
        : log_(log), part_(part), step_(step), random_(random) {}

    std::string change() {
        for (;;) {
            files_ = part_;
            const std::string what = one();
            if (!what.empty() && files_.contents != part_.contents) return what;
        }
    }
    std::string verdict() const { return wrong(check_part(files_, log_.policy, {.findings_max = 5}), blame_); }
    const FilesInMemory& files() const { return files_; }

  private:
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
    std::uint64_t any_index() { return pick(static_cast<std::size_t>((log_.size() + step_ - 1) / step_)) * step_; }
    Blob& file(const std::string& path) { return files_.contents.at(path); }
    void put(const std::string& path, const std::string& text) { file(path).assign(text.begin(), text.end()); }

    std::string one() {
        const std::uint64_t index = any_index();
        const std::string path = package::receipt(index);
        blame_ = exactly(index);
        auto receipt = *parse_receipt(text_of(part_.contents.at(path)));
        switch (pick(10)) {
            case 0:  // replayed
                file(path) = part_.contents.at(package::receipt(any_index()));
                return "another entry's receipt";
            case 1: {  // replayed, with its number changed
                const auto other = *parse_receipt(text_of(part_.contents.at(package::receipt(any_index()))));
                receipt.entry = other.entry;
                receipt.path = other.path;
                put(path, format_receipt(receipt));
                return "another entry's receipt under this number";
            }
            case 2:
                receipt.index = any_index();
                put(path, format_receipt(receipt));
                return "number changed";
            case 3:
                if (receipt.path.empty()) return {};
                receipt.path[pick(receipt.path.size())][pick(sizeof(Hash))] ^= 1;
                put(path, format_receipt(receipt));
                return "path changed";
            case 4:
                if (receipt.path.empty()) return {};
                receipt.path.erase(receipt.path.begin() + static_cast<std::ptrdiff_t>(pick(receipt.path.size())));
                put(path, format_receipt(receipt));
                return "path shortened";
            case 5: {
                const std::string text = receipt.checkpoint.substr(0, receipt.checkpoint.find("\n\n") + 1);
                receipt.checkpoint = format_note({text, {sign_note(SampleLog::seeded(77), log_.log.origin, text)}});
                put(path, format_receipt(receipt));
                return "signed by another key";
            }
            case 6: {
                auto entry = *decode_entry(receipt.entry);
                entry.time.us += 1'000'000;
                receipt.entry = encode_entry(entry);
                put(path, format_receipt(receipt));
                return "entry changed";
            }
            case 7: {
                Blob& sealed = file(package::sealed_of(index));
                if (pick(2) == 0) {
                    sealed = part_.contents.at(package::sealed_of(any_index()));
                } else if (!sealed.empty()) {
                    sealed.resize(pick(sealed.size()));
                }
                return "envelopes changed";
            }
            case 8:
                file(package::sealed_of(index)).push_back(7);
                return "envelopes longer";
            default:
                files_.contents.erase(path);
                blame_.incomplete = true;
                return "receipt lost";
        }
    }

    const Sample& log_;
    const FilesInMemory& part_;
    std::uint64_t step_;
    std::mt19937_64& random_;
    FilesInMemory files_;
    Blame blame_;
};

}  // namespace entente::audit::tests
