#include "server/audit/package/check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/ahead.hpp"
#include "server/audit/package/erasures.hpp"
#include "server/audit/package/findings.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

namespace {

// A disclosed section in eight bytes, in the order of entries, tags and of what is sealed after what is not.
constexpr unsigned opened_bits = 9;
std::uint64_t opened_code(std::uint64_t index, const Disclosed& what) {
    return index << opened_bits | static_cast<std::uint64_t>(what.tag) << 1U | (what.sealed ? 1U : 0U);
}
Disclosed disclosed_in(std::uint64_t code) {
    return {static_cast<std::uint8_t>(code >> 1U & 0xffU), (code & 1U) != 0};
}

std::string entry_name(std::uint64_t index) {
    return "entry " + std::to_string(index);
}

std::string section_name(std::uint64_t index, std::uint8_t tag) {
    return "section " + std::to_string(static_cast<int>(tag)) + " of " + entry_name(index);
}

std::uint64_t milliseconds_in(const protocol::EventId& id) {
    std::uint64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8U | id[i];
    return ms;
}

// Ids of events seen so far. An id of ours begins with the millisecond of its entry, so that it can repeat only within it; other
// ids are remembered as such, the newest half million of them.
class EventIds {
  public:
    bool repeated(const Entry& entry) {
        const std::uint64_t ms = static_cast<std::uint64_t>(entry.time.milliseconds());
        if (milliseconds_in(entry.event) != ms) return repeats_among_others(entry.event);
        if (ms != ms_) {
            few_.clear();
            many_.clear();
        }
        ms_ = ms;
        // Nearly always a handful; only a log made for the purpose has thousands in one millisecond.
        if (std::ranges::find(few_, entry.event) != few_.end()) return true;
        if (few_.size() < few_max) {
            few_.push_back(entry.event);
            return false;
        }
        return !many_.insert(entry.event).second;
    }

  private:
    struct Hasher {
        std::size_t operator()(const protocol::EventId& id) const noexcept {
            std::size_t hash = 0;
            for (const std::uint8_t byte : id) hash = (hash ^ byte) * 1'099'511'628'211U;
            return hash;
        }
    };
    bool repeats_among_others(const protocol::EventId& id) {
        if (!others_.insert(id).second) return true;
        order_.push_back(id);
        if (order_.size() > others_max) {
            others_.erase(order_[oldest_]);
            order_[oldest_] = order_.back();
            order_.pop_back();
            oldest_ = (oldest_ + 1) % others_max;
        }
        return false;
    }

    static constexpr std::size_t others_max = 500'000;
    static constexpr std::size_t few_max = 32;
    std::uint64_t ms_ = 0;
    std::vector<protocol::EventId> few_;
    std::unordered_set<protocol::EventId, Hasher> many_;
    std::unordered_set<protocol::EventId, Hasher> others_;
    std::vector<protocol::EventId> order_;
    std::size_t oldest_ = 0;
};

// The right edge of a tree that grows by whole tiles and ends with the leaves of a partial one: a node over a full tile is computed
// once, for the tile above and for the root.
class TiledFrontier {
  public:
    void add_tile(const Hash& root) { tiles_.append(root); }
    std::uint64_t size() const { return tiles_.size() * tile_width; }
    // With these leaves behind the whole tiles; fewer than fill one, or exactly one more tile.
    Hash root_with(std::span<const Hash> leaves) const {
        Frontier last;
        for (const Hash& leaf : leaves) last.append(leaf);
        if (last.size() == tile_width) {
            Frontier all = tiles_;
            all.append(last.nodes().front());
            return all.root();
        }
        std::vector<Hash> nodes = tiles_.nodes();
        nodes.insert(nodes.end(), last.nodes().begin(), last.nodes().end());
        return Frontier::from(size() + leaves.size(), std::move(nodes))->root();
    }
    // The first `entries` of the log, which end within these leaves.
    Hash root_at(std::uint64_t entries, std::span<const Hash> leaves) const {
        return root_with(leaves.first(static_cast<std::size_t>(entries - size())));
    }

  private:
    Frontier tiles_;  // its leaves are the roots of full tiles
};

// Hashes of one level above the leaves that do not fill a tile yet: over the entries, and over the tiles below as they are stored.
// Where these differ, the difference was found below and is not this level's.
struct Edge {
    std::vector<Hash> hashes;
    std::vector<Hash> over_tiles;
    std::uint64_t tiles = 0;
    bool known = true;  // every hash was computed from something
};

struct TileRoots {
    std::optional<Hash> over_entries;  // nothing: something is missing
    std::optional<Hash> over_tile;     // of the tile as it is stored
};

}  // namespace

// One pass over a whole log.
class LogPass {
  public:
    LogPass(const Files& files, const Policy& policy, const LogCheckOptions& options)
        : files_(files), policy_(policy), options_(options), findings_(options, report_) {}

    LogReport run() {
        if (!read_checkpoint()) return std::move(report_);
        list_files();
        Erasures erasures(files_, lists_);
        erasures_ = &erasures;
        if (options_.rows != nullptr)
            for (const auto& [name, row] : options_.rows->rows) claimed_.insert(static_cast<std::uint64_t>(row.index));
        const std::uint64_t size = report_.checkpoint.size;
        HashAhead ahead(files_, size, options_.threads);
        ahead_ = &ahead;
        // To the end even when no further finding is kept: only the root tells whether what was found is all that is wrong.
        for (std::uint64_t number = 0; number * tile_width < size && !(unbelieved_ && gaps_); ++number) {
            bundle(number, static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size - number * tile_width)));
            if (options_.progress) options_.progress(std::min(size, (number + 1) * tile_width), size);
        }
        finish(size);
        return std::move(report_);
    }

  private:
    bool read_checkpoint();
    void read_earlier();
    void list_files();
    void bundle(std::uint64_t number, unsigned width);
    std::optional<std::vector<Hash>> stored_tile(const TileId& tile, std::uint64_t first);
    std::optional<Hash> entry(std::uint64_t index, const HashedBundle& bundle, bool sealed);
    void check_entry(std::uint64_t index, const Entry& entry);
    void check_erasure(std::uint64_t index, const Erasure& erasure);
    bool check_sealed(std::uint64_t index, const Entry& entry, const HashedBundle& bundle);
    void hear_of_keys(std::uint64_t index, const Entry& entry);
    void check_handovers(std::span<const Hash> leaves);
    void check_signature();
    void check_ended_keys();
    void hear_of_rows(std::uint64_t index, std::string_view core);
    void check_rows();
    void compare_rows(const RowList& list);
    void compare_with_later(const RowList& list);
    void name_stray();
    void check_opened(std::uint64_t index, const Entry& entry);
    void compare_with_tile(std::uint64_t number, const std::optional<std::vector<Hash>>& tile);
    void grow(std::size_t level, const TileRoots& roots);
    std::optional<Hash> check_upper(std::size_t level, const Edge& edge);
    void check_earlier(std::span<const Hash> leaves);
    void check_root();
    void finish(std::uint64_t size);

    const Files& files_;
    const Policy& policy_;
    const LogCheckOptions& options_;
    LogReport report_;
    Findings findings_;
    std::vector<Checkpoint> earlier_;    // verified, by size
    std::set<std::string> other_names_;  // of them, that no start entry said to be of this log
    std::uint64_t proven_ = 0;           // so many entries are those of an earlier checkpoint
    std::vector<std::uint64_t> lists_;
    std::vector<std::uint64_t> opened_;  // opened_code of each disclosed section, sorted
    std::size_t next_opened_ = 0;
    Erasures* erasures_ = nullptr;
    HashAhead* ahead_ = nullptr;
    Bytes rest_{};                           // of the entries of this bundle
    std::size_t next_leaf_ = 0;              // and of its hashes
    std::size_t next_envelope_ = 0;          // and of its envelopes
    std::optional<std::string> unbelieved_;  // why the policy does not believe the checkpoint; a handover may explain it
    std::string note_;                       // the checkpoint as signed
    std::map<RowName, std::pair<Hash, std::uint64_t>> told_;        // digest and entry of the last word about each row
    std::map<RowName, std::pair<Hash, std::uint64_t>> told_later_;  // after the listing was made
    std::uint64_t closed_cores_ = 0;                                // core sections that are there and not disclosed
    std::set<std::uint64_t> claimed_;                               // entries that the listing names as last words
    std::set<std::uint64_t> erased_claims_;                         // those of them whose core section is erased
    bool core_erased_ = false;                                      // of this entry
    std::vector<std::uint64_t> handovers_;                          // sizes, ascending
    std::vector<std::pair<std::uint64_t, VerifierKey>> announced_;  // by the log, and in which entry
    std::vector<std::pair<std::uint64_t, VerifierKey>> ended_;
    std::vector<std::pair<std::uint64_t, ErasedSection>> stray_;
    std::uint64_t unnamed_ = 0;                    // sections that are missing and that no list names
    std::vector<ErasedSection> unnamed_sections_;  // the first of them
    std::uint64_t named_by_missing_ = 0;           // sections of erasures whose list is missing
    TiledFrontier frontier_;
    std::vector<std::optional<Hash>> leaves_;                // of the bundle at hand, as far as it could be read
    std::vector<Hash> edge_;                                 // the last tile's hashes while it is partial
    std::optional<TiledFrontier> stored_ = TiledFrontier();  // over the hashes of the tiles; nothing: one is missing
    std::vector<Hash> stored_edge_;                          // the last tile's, while it is partial
    std::optional<std::uint64_t> first_other_than_tile_;     // first entry that its tile has another hash of
    bool gaps_ = false;                                      // an entry could not be read
    bool heartbeat_lost_ = false;                            // the last one may be among those
    bool sealed_lost_ = false;                               // the envelopes of this bundle make no sense any more
    bool known_ = true;                                      // the frontier is that of the log: no entry's hash is missing
    std::vector<Edge> edges_;
    EventIds events_;
    std::int64_t last_time_ = 0;
    std::optional<std::uint64_t> frozen_before_;  // the entry that follows a freeze
    std::optional<std::uint64_t> last_heartbeat_;
};

bool LogPass::read_checkpoint() {
    const auto bytes = read_whole(files_, std::string(package::checkpoint), note_bytes_max);
    if (!bytes) {
        findings_.add(LogCheck::missing, std::nullopt, "there is no checkpoint, so nothing can be checked");
        return false;
    }
    const std::string_view text = protocol::as_text(*bytes);
    if (auto checkpoint = verify_checkpoint(text, policy_)) {
        report_.checkpoint = *std::move(checkpoint);
    } else {
        bool handed_over = false;
        files_.each([&](const std::string& path) { handed_over = handed_over || package::handover_size(path).has_value(); });
        const auto note = parse_note(text);
        const auto written = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
        if (handed_over && written) {
            // Perhaps a later key of the same log. It is believed only if the log announced it under a key that the policy knows.
            unbelieved_ = checkpoint.error().message;
        } else {
            findings_.add(LogCheck::checkpoint, std::nullopt, "the checkpoint is not good: " + checkpoint.error().message);
            // Without that check the size is taken as it is written.
            if (!written || !findings_.left_out(LogCheck::checkpoint)) return false;
        }
        report_.checkpoint = *written;
    }
    note_ = text;
    read_earlier();
    return true;
}

void LogPass::read_earlier() {
    for (const std::string& note : options_.earlier) {
        auto checkpoint = verify_checkpoint(note, policy_);
        if (checkpoint && checkpoint->origin != report_.checkpoint.origin) other_names_.insert(checkpoint->origin);
        if (!checkpoint) {
            findings_.add(LogCheck::checkpoint, std::nullopt, "an earlier checkpoint is not good: " + checkpoint.error().message);
        } else if (checkpoint->size > report_.checkpoint.size) {
            findings_.add(LogCheck::consistency, report_.checkpoint.size,
                          "the log has " + std::to_string(report_.checkpoint.size) + " entries, but an earlier checkpoint covers " +
                              std::to_string(checkpoint->size));
        } else {
            earlier_.push_back(*std::move(checkpoint));
        }
    }
    std::ranges::sort(earlier_, {}, &Checkpoint::size);
    check_earlier({});
}

void LogPass::list_files() {
    std::vector<std::string> strange;
    std::vector<std::uint64_t> salts;  // opened_code of what each belongs to
    files_.each([&](const std::string& path) {
        if (!package::belongs(path, report_.checkpoint.size)) strange.push_back(path);
        if (const auto index = package::erased_list_index(path)) lists_.push_back(*index);
        const auto name = package::opened_name(path);
        if (const auto size = package::handover_size(path); size && *size <= report_.checkpoint.size) handovers_.push_back(*size);
        if (!name) return;
        if (name->part == package::Opened::salt) return salts.push_back(opened_code(name->index, {name->tag, false}));
        if (name->part == package::Opened::text || options_.open_sealed) {
            opened_.push_back(opened_code(name->index, {name->tag, name->part == package::Opened::sealed}));
        } else {
            ++report_.sealed_openings;
        }
    });
    std::ranges::sort(handovers_);
    std::ranges::sort(strange);
    for (const std::string& path : strange)
        findings_.add(LogCheck::surplus, std::nullopt, "the file " + path + " belongs to no log of this size");
    std::ranges::sort(opened_);
    std::ranges::sort(salts);
    for (const std::uint64_t salt : salts)
        if (!std::ranges::binary_search(opened_, salt)) lacks_text(salt >> opened_bits, disclosed_in(salt).tag, findings_);
}

// The stored hashes of a tile; nothing when it is missing or malformed, which is then reported.
std::optional<std::vector<Hash>> LogPass::stored_tile(const TileId& tile, std::uint64_t first) {
    const std::string path = tile_path(tile);
    auto file = files_.open(path);
    if (!file) {
        findings_.add(LogCheck::missing, first, "the file " + path + " is missing");
        return std::nullopt;
    }
    // One more than it holds, so that a longer one is noticed.
    protocol::Blob bytes(tile.width * sizeof(Hash) + 1);
    bytes.resize(file->read(bytes));
    if (bytes.size() != tile.width * sizeof(Hash)) {
        const std::uint64_t covered = std::uint64_t{1} << (tile_levels * tile.level);
        const std::uint64_t place = std::min<std::uint64_t>(bytes.size() / sizeof(Hash), tile.width - 1);
        findings_.add(LogCheck::tile, first + place * covered, "the file " + path + " has not the length of its hashes");
        return std::nullopt;
    }
    std::vector<Hash> hashes(tile.width);
    for (std::size_t i = 0; i < hashes.size(); ++i)
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Hash)), sizeof(Hash), hashes[i].begin());
    return hashes;
}

void LogPass::bundle(std::uint64_t number, unsigned width) {
    const std::uint64_t first = number * tile_width;
    const auto tile = stored_tile({0, number, width}, first);
    const HashedBundle files = ahead_->take(number);
    const auto need = [&](bool there, const std::string& path) {
        if (!there) findings_.add(LogCheck::missing, first, "the file " + path + " is missing");
    };
    need(files.entries_there, entries_path(number, width));
    need(files.sealed_there, sealed_path(number, width));
    rest_ = files.entries;
    next_leaf_ = next_envelope_ = 0;

    bool readable = files.entries_there;
    bool sealed = files.sealed_there;
    sealed_lost_ = false;
    leaves_.assign(width, std::nullopt);
    for (unsigned i = 0; i < width; ++i) {
        if (readable) leaves_[i] = entry(first + i, files, sealed);
        readable = leaves_[i].has_value();
        if (!readable) {
            gaps_ = heartbeat_lost_ = true;
            break;
        }
        if (sealed_lost_) sealed = false;
    }
    compare_with_tile(number, tile);
    if (readable && !rest_.empty())
        findings_.add(LogCheck::entry, first + width - 1, "bytes follow the last entry of " + entries_path(number, width));
    if (readable && (next_envelope_ < files.envelopes.size() || files.more_sealed))
        findings_.add(LogCheck::sealed, first + width - 1, "bytes follow the last envelope of " + sealed_path(number, width));
}

// The hashes of a bundle's entries against their tile, whose hash stands in for an entry that could not be read.
void LogPass::compare_with_tile(std::uint64_t number, const std::optional<std::vector<Hash>>& tile) {
    const std::uint64_t first = number * tile_width;
    std::vector<Hash> hashes;
    hashes.reserve(leaves_.size());
    bool same = tile.has_value();
    bool known = true;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        const std::optional<Hash>& leaf = leaves_[i];
        const bool differs = leaf && tile && *leaf != (*tile)[i];
        same = same && leaf && !differs;
        if ((!leaf || differs) && !first_other_than_tile_) first_other_than_tile_ = first + i;
        if (differs) {
            findings_.add(LogCheck::tile, first + i,
                          "the tile " + tile_path({0, number, static_cast<unsigned>(leaves_.size())}) + " has another hash for " +
                              entry_name(first + i));
        }
        known = known && (leaf || tile);
        if (known) hashes.push_back(leaf ? *leaf : (*tile)[i]);
    }
    check_earlier(hashes);
    check_handovers(hashes);
    const bool full = leaves_.size() == tile_width;
    const std::optional<Hash> root = known && full ? std::optional(root_of(hashes)) : std::nullopt;
    std::optional<Hash> tile_root;
    if (tile && full) tile_root = same ? root : root_of(*tile);
    if (!tile) stored_.reset();
    if (stored_ && full) stored_->add_tile(*tile_root);
    if (stored_ && !full) stored_edge_ = *tile;
    known_ = known_ && known;
    if (known_ && full) frontier_.add_tile(*root);
    if (full) {
        grow(1, {root, tile_root});
    } else {
        edge_ = std::move(hashes);
    }
}

// The leaf hash of the next entry; nothing when the file makes no sense from here on.
std::optional<Hash> LogPass::entry(std::uint64_t index, const HashedBundle& bundle, bool sealed) {
    if (next_leaf_ == bundle.leaves.size()) {
        findings_.add(LogCheck::entry, index, "the entries end before " + entry_name(index) + " does");
        return std::nullopt;
    }
    const Hash leaf = bundle.leaves[next_leaf_++];
    const std::size_t length = static_cast<std::size_t>(rest_[0]) << 8U | rest_[1];
    const auto decoded = decode_entry(rest_.subspan(2, length));
    rest_ = rest_.subspan(2 + length);
    if (!decoded) {
        findings_.add(LogCheck::entry, index, entry_name(index) + " is malformed: " + decoded.error().message);
        return findings_.left_out(LogCheck::entry) ? std::optional(leaf) : std::nullopt;
    }
    ++report_.entries;
    check_entry(index, *decoded);
    core_erased_ = false;
    if (sealed) {
        sealed_lost_ = !check_sealed(index, *decoded, bundle);
    } else {
        for (const SectionDigest& section : decoded->sections) (void)erasures_->naming({index, section.tag}, stray_);
        name_stray();
    }
    check_opened(index, *decoded);
    return leaf;
}

void LogPass::check_entry(std::uint64_t index, const Entry& entry) {
    const auto* start = std::get_if<LogStart>(&entry.extension);
    if (index == 0 && start == nullptr) findings_.add(LogCheck::entry, 0, "the first entry does not start a log");
    if (index > 0 && start != nullptr && !start->previous)
        findings_.add(LogCheck::entry, index, entry_name(index) + " starts a log inside the log");
    if (start != nullptr) other_names_.erase(start->previous.value_or(LogStart::Previous{}).origin);
    if (start != nullptr && start->previous) {
        const auto beyond = [&](const Checkpoint& one) { return one.origin == start->previous->origin && one.size > index; };
        if (beyond(report_.checkpoint) || std::ranges::any_of(earlier_, beyond))
            findings_.add(LogCheck::checkpoint, index,
                          "the log " + start->previous->origin + " ended before " + entry_name(index) +
                              ", but a checkpoint under that name covers more");
    }
    if (start == nullptr && frozen_before_ == index)
        findings_.add(LogCheck::entry, index, entry_name(index) + " follows the freeze of the log and starts none");
    if (std::holds_alternative<Freeze>(entry.extension)) frozen_before_ = index + 1;
    if (entry.time.us < last_time_) findings_.add(LogCheck::time, index, entry_name(index) + " is older than the one before it");
    last_time_ = std::max(last_time_, entry.time.us);
    if (events_.repeated(entry))
        findings_.add(LogCheck::event, index, "the event of " + entry_name(index) + " is in the log twice");
    if (const auto* heartbeat = std::get_if<Heartbeat>(&entry.extension)) {
        if (!heartbeat_lost_ && heartbeat->previous_index != last_heartbeat_.value_or(0))
            findings_.add(LogCheck::heartbeat, index, "the heartbeat of " + entry_name(index) + " does not name the one before it");
        last_heartbeat_ = index;
        heartbeat_lost_ = false;
    }
    if (const auto* erasure = std::get_if<Erasure>(&entry.extension)) check_erasure(index, *erasure);
    hear_of_keys(index, entry);
}

void LogPass::check_erasure(std::uint64_t index, const Erasure& erasure) {
    // Sections up to here that a list names and that were not missing.
    (void)erasures_->naming({index, 0}, stray_);
    name_stray();
    const auto list = erasures_->ended(index);
    if (!list && erasure.sections > 0) {
        findings_.add(LogCheck::missing, index, "the file " + package::erased_list(index) + " is missing");
        named_by_missing_ += erasure.sections;
        return;
    }
    const Hash digest = list ? list->digest : erased_list_digest({});
    const std::uint64_t sections = list ? list->sections : 0;
    if ((list && !list->well_formed) || digest != erasure.list_digest || sections != erasure.sections)
        findings_.add(LogCheck::erased, index, "the list of what was erased is not the one that " + entry_name(index) + " names");
}

// Compares the envelopes of an entry; false: the file makes no sense from here on.
bool LogPass::check_sealed(std::uint64_t index, const Entry& entry, const HashedBundle& bundle) {
    for (const SectionDigest& section : entry.sections) {
        if (next_envelope_ == bundle.envelopes.size()) {
            findings_.add(LogCheck::sealed, index, "the envelopes end before those of " + entry_name(index));
            return false;
        }
        const HashedEnvelope& envelope = bundle.envelopes[next_envelope_++];
        const unsigned named = erasures_->naming({index, section.tag}, stray_);
        name_stray();
        const bool erased = envelope.erased;
        if (erased) {
            ++report_.erased;
            if (section.tag == static_cast<std::uint8_t>(SectionTag::core)) {
                core_erased_ = true;
                if (claimed_.contains(index)) erased_claims_.insert(index);
            }
            if (named == 0 && unnamed_++ < options_.findings_max) unnamed_sections_.push_back({index, section.tag});
        } else if (named > 0) {
            ++report_.yet_to_erase;
        }
        if (named > 1) findings_.add(LogCheck::erased, index, section_name(index, section.tag) + " is named by two erasures");
        if (erased) continue;
        if (!envelope.whole) {
            findings_.add(LogCheck::sealed, index, "the envelopes end inside those of " + entry_name(index));
            return false;
        }
        ++report_.sections;
        if (envelope.hash != section.sealed)
            findings_.add(LogCheck::sealed, index,
                          section_name(index, section.tag) + " is sealed in other bytes than the log committed to");
    }
    return true;
}

void LogPass::name_stray() {
    if (gaps_) stray_.clear();  // they may be about entries that could not be read
    for (const auto& [entry, section] : stray_) {
        findings_.add(LogCheck::erased, section.index,
                      "the erasure of " + entry_name(entry) + " names " + section_name(section.index, section.tag) +
                          ", which does not exist");
    }
    stray_.clear();
}

void LogPass::check_opened(std::uint64_t index, const Entry& entry) {
    constexpr auto core = static_cast<std::uint8_t>(SectionTag::core);
    bool closed = !core_erased_ && !entry.sections.empty() && entry.sections.front().tag == core;
    for (; next_opened_ < opened_.size() && opened_[next_opened_] >> opened_bits <= index; ++next_opened_) {
        if (opened_[next_opened_] >> opened_bits != index) continue;
        const Disclosed what = disclosed_in(opened_[next_opened_]);
        const auto text = check_disclosed(files_, options_, index, entry, what, findings_, report_);
        if (text) hear_of_rows(index, *text);
        if (what.tag == core) closed = false;
    }
    if (closed) ++closed_cores_;
}

// The log says in itself which keys sign it (kind 3).
void LogPass::hear_of_keys(std::uint64_t index, const Entry& entry) {
    if (auto key = announced_key(entry, report_.checkpoint.origin)) announced_.emplace_back(index, *std::move(key));
    if (auto key = ended_key(entry, report_.checkpoint.origin)) ended_.emplace_back(index, *std::move(key));
}

// A checkpoint under a key that is believed makes the keys believed that the entries under it announce.
void LogPass::check_handovers(std::span<const Hash> leaves) {
    while (known_ && !handovers_.empty() && handovers_.front() <= frontier_.size() + leaves.size()) {
        const std::uint64_t size = handovers_.front();
        handovers_.erase(handovers_.begin());
        const std::string path = package::handover(size);
        const auto bytes = read_whole(files_, path, note_bytes_max);
        const std::string_view text = bytes ? protocol::as_text(*bytes) : std::string_view{};
        const auto note = parse_note(text);
        const auto checkpoint = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
        if (!checkpoint || checkpoint->origin != report_.checkpoint.origin || checkpoint->size != size) {
            findings_.add(LogCheck::checkpoint, std::nullopt, path + " is no checkpoint of this log and size");
            continue;
        }
        if (checkpoint->root != frontier_.root_at(size, leaves)) {
            findings_.add(LogCheck::consistency, std::min(proven_, size),
                          "the first " + std::to_string(size) + " entries are not those of " + path);
            continue;
        }
        Policy policy = policy_;
        for (const VerifierKey& key : report_.new_keys) policy.logs.push_back({key, {}});
        if (!verify_checkpoint(text, policy)) {
            // By a key from before the policy's own, or cosigned by too few, it says nothing to this reader; the line of a known
            // key must be good.
            const auto keys = policy.log_keys();
            const bool by_known = std::ranges::any_of(note->signatures, [&](const NoteSignature& line) {
                return std::ranges::any_of(
                    keys, [&](const VerifierKey& key) { return key.name == line.name && key.key_id() == line.key_id; });
            });
            if (by_known && !verify_note(*note, keys))
                findings_.add(LogCheck::checkpoint, std::nullopt, path + " is not signed as it says");
            continue;
        }
        // Those under it and after the newest that is known; older ones are nobody's concern.
        const auto known = policy.log_keys();
        const auto under = std::ranges::find_if(announced_, [&](const auto& one) { return one.first >= size; });
        auto unknown = announced_.begin();
        for (auto each = announced_.begin(); each != under; ++each)
            if (std::ranges::find(known, each->second) != known.end()) unknown = std::next(each);
        for (; unknown != under; ++unknown) report_.new_keys.push_back(unknown->second);
    }
}

// What the policy alone did not believe: with the keys that the log handed over to, or not at all.
void LogPass::check_signature() {
    if (!unbelieved_) return;
    Policy policy = policy_;
    for (const VerifierKey& key : report_.new_keys) policy.logs.push_back({key, {}});
    if (verify_checkpoint(note_, policy)) return;
    findings_.add_always(LogCheck::checkpoint, std::nullopt, "the checkpoint is not good: " + *unbelieved_);
}

// A key that the log ended signs nothing after that, but the last word over a freeze. Whoever kept it could go on with a copy of
// the log otherwise. While it goes, one that the log had announced before that end signs beside it.
void LogPass::check_ended_keys() {
    if (frozen_before_ == report_.checkpoint.size) return;
    const auto note = parse_note(note_);  // which was parsed before
    const auto signed_by = [&](const VerifierKey& key) { return verify_note(*note, std::span(&key, 1)).has_value(); };
    const auto end_of = [&](const VerifierKey& key) {
        return std::ranges::find_if(ended_, [&](const auto& one) { return one.second == key; });
    };
    std::vector<VerifierKey> believed = policy_.log_keys();
    believed.insert(believed.end(), report_.new_keys.begin(), report_.new_keys.end());
    auto first = ended_.end();
    for (const VerifierKey& key : believed) {
        if (!signed_by(key)) continue;
        const auto end = end_of(key);
        if (end == ended_.end()) return;
        for (const auto& [index, other] : announced_)
            if (index < end->first && end_of(other) == ended_.end() && signed_by(other)) return;
        first = std::min(first, end);
    }
    if (first == ended_.end()) return;  // nobody's word, which was said
    findings_.add_always(LogCheck::checkpoint, first->first,
                         "the checkpoint is signed by keys alone that the log had ended, the first in " + entry_name(first->first));
}

// Adds a hash to the right edge of a level above the leaves; a full tile becomes a hash of the next level.
void LogPass::grow(std::size_t level, const TileRoots& roots) {
    if (edges_.size() <= level) edges_.resize(level + 1);
    Edge& edge = edges_[level];
    edge.known = edge.known && roots.over_entries;
    edge.hashes.push_back(roots.over_entries.value_or(Hash{}));
    edge.over_tiles.push_back(roots.over_tile.value_or(edge.hashes.back()));
    if (edge.hashes.size() < tile_width) return;
    TileRoots above{.over_entries = std::nullopt, .over_tile = check_upper(level, edge)};
    if (edge.known) above.over_entries = root_of(edge.hashes);
    edge.hashes.clear();
    edge.over_tiles.clear();
    edge.known = true;
    ++edge.tiles;
    grow(level + 1, above);
}

// Compares a level's tile; answers the root over it as it is stored.
std::optional<Hash> LogPass::check_upper(std::size_t level, const Edge& edge) {
    const std::uint64_t covered = std::uint64_t{1} << (tile_levels * level);
    const std::uint64_t first = edge.tiles * tile_width * covered;
    const TileId tile{static_cast<unsigned>(level), edge.tiles, static_cast<unsigned>(edge.hashes.size())};
    const auto stored = stored_tile(tile, first);
    if (!stored) return std::nullopt;
    for (std::size_t i = 0; edge.known && i < stored->size(); ++i) {
        const Hash& hash = (*stored)[i];
        if (hash == edge.hashes[i] || hash == edge.over_tiles[i]) continue;
        const std::uint64_t index = first + i * covered;
        findings_.add(LogCheck::tile, index,
                      "the tile " + tile_path(tile) + " has another hash for the entries from " + std::to_string(index) + " on");
        break;
    }
    return root_of(*stored);
}

// Whether the log is what the earlier checkpoints covered that end within these leaves, which follow the whole tiles.
void LogPass::check_earlier(std::span<const Hash> leaves) {
    while (known_ && !earlier_.empty() && earlier_.front().size <= frontier_.size() + leaves.size()) {
        const Checkpoint& earlier = earlier_.front();
        if (frontier_.root_at(earlier.size, leaves) == earlier.root) {
            proven_ = earlier.size;
        } else {
            findings_.add(LogCheck::consistency, proven_,
                          "the first " + std::to_string(earlier.size) + " entries are not those of an earlier checkpoint" +
                              (proven_ > 0 ? "; the first " + std::to_string(proven_) + " are" : ""));
        }
        earlier_.erase(earlier_.begin());
    }
}

void LogPass::finish(std::uint64_t size) {
    for (std::size_t level = 1; level < edges_.size(); ++level)
        if (!edges_[level].hashes.empty()) (void)check_upper(level, edges_[level]);
    (void)erasures_->naming({size, 0}, stray_);
    name_stray();
    for (const std::uint64_t entry : gaps_ ? std::vector<std::uint64_t>{} : erasures_->left())
        findings_.add(LogCheck::erased, entry, entry_name(entry) + " is no erasure, but a list of erased sections names it");
    // A list that is missing may have named them, as many as it had.
    if (unnamed_ > named_by_missing_ && !gaps_) {
        for (const ErasedSection& section : unnamed_sections_)
            findings_.add(LogCheck::erased, section.index,
                          section_name(section.index, section.tag) + " is missing, and no erasure names it");
    }
    for (const std::string& name : other_names_)
        findings_.add(LogCheck::checkpoint, std::nullopt, "an earlier checkpoint is not good: it is of another log, " + name);
    if (known_) report_.root = frontier_.root_with(edge_);
    check_root();
    check_signature();
    check_ended_keys();
    check_rows();
    check_sums(files_, options_.sums, findings_);
}

// A tree over the tiles that has the checkpoint's root vouches for every hash in them: then the first entry that differs from its
// tile is the first that was changed. Otherwise nothing after what an earlier checkpoint covered is sure.
void LogPass::check_root() {
    if (!known_ || report_.root == report_.checkpoint.root) return;
    const std::string what = "the entries do not have the root that the checkpoint says";
    if (stored_ && stored_->root_with(stored_edge_) == report_.checkpoint.root && first_other_than_tile_) {
        findings_.add_always(LogCheck::root, first_other_than_tile_, what + ", but the tiles have: the entries were changed");
        return;
    }
    findings_.add_always(LogCheck::root, proven_,
                         what + (proven_ > 0 ? "; the first " + std::to_string(proven_) + " are those of an earlier checkpoint"
                                             : "; nothing tells where the first change is"));
}

void LogPass::hear_of_rows(std::uint64_t index, std::string_view core) {
    if (options_.rows == nullptr || !tells_rows(core)) return;
    const auto rows = told_rows(core);
    if (!rows) return findings_.add(LogCheck::core, index, entry_name(index) + " does not say which rows were changed");
    auto& told = index < options_.rows->size ? told_ : told_later_;
    for (const auto& [name, digest] : *rows) told[name] = {digest, index};
}

void LogPass::check_rows() {
    if (options_.rows == nullptr) return;
    const RowList& list = *options_.rows;
    if (list.origin != report_.checkpoint.origin)
        return findings_.add(LogCheck::rows, std::nullopt, "the rows are of another log: " + list.origin);
    if (closed_cores_ > 0) {
        return findings_.add(LogCheck::missing, std::nullopt,
                             std::to_string(closed_cores_) + " core sections are not disclosed, and each may tell rows");
    }
    if (report_.checkpoint.size < list.size) {
        return findings_.add(
            LogCheck::missing, report_.checkpoint.size,
            "the rows were listed when the log had " + std::to_string(list.size) + " entries, and it ends before: export it again");
    }
    compare_rows(list);
    compare_with_later(list);
}

// How the rows were at a time says nothing of what the log told since: who puts an old row back would show the listing of that
// time.
void LogPass::compare_with_later(const RowList& list) {
    std::uint64_t since = 0;
    std::optional<std::uint64_t> first;
    for (const auto& [name, word] : told_later_) {
        const auto& [digest, index] = word;
        const auto listed = list.rows.find(name);
        const auto now = listed == list.rows.end() ? std::nullopt : std::optional(row_digest(name.kind, listed->second.row));
        if (now == digest) continue;
        ++since;
        first = std::min(first.value_or(index), index);
    }
    if (since > 0)
        findings_.add(LogCheck::missing, first,
                      "the rows were listed when the log had " + std::to_string(list.size) + " entries, and " +
                          std::to_string(since) + " of them were told anew since, first in " + entry_name(*first) +
                          ": list them again");
}

void LogPass::compare_rows(const RowList& list) {
    const auto wrong = [&](std::optional<std::uint64_t> index, const RowName& name, const std::string& what) {
        findings_.add(LogCheck::rows, index, "the " + name.kind + " " + std::to_string(name.id) + what);
    };
    for (const auto& [name, listed] : list.rows) {
        const auto last = told_.find(name);
        const bool told = last != told_.end();
        // The last word may have been erased; which entry that is, the listing says.
        const auto claim = static_cast<std::uint64_t>(listed.index);
        if (erased_claims_.contains(claim) && (!told || claim > last->second.second)) {
            ++report_.rows_unverified;
        } else if (!told) {
            wrong(std::nullopt, name, " is in no entry of the log");
        } else if (row_digest(name.kind, listed.row) != last->second.first) {
            wrong(last->second.second, name, " is not kept as entry " + std::to_string(last->second.second) + " told");
        } else {
            ++report_.rows;
        }
    }
    for (const auto& [name, word] : told_)
        if (!list.rows.contains(name))
            wrong(word.second, name, " is not listed, although entry " + std::to_string(word.second) + " told it");
}

LogReport check_log(const Files& files, const Policy& policy, const LogCheckOptions& options) {
    return LogPass(files, policy, options).run();
}

}  // namespace entente::audit
