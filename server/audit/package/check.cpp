#include "server/audit/package/check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/erasures.hpp"
#include "server/audit/package/findings.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

namespace {

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
        if (ms != ms_) now_.clear();
        ms_ = ms;
        return !now_.insert(protocol::Blob(entry.event.begin(), entry.event.end())).second;
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
    std::uint64_t ms_ = 0;
    std::set<protocol::Blob> now_;
    std::unordered_set<protocol::EventId, Hasher> others_;
    std::vector<protocol::EventId> order_;
    std::size_t oldest_ = 0;
};

// Hashes of one level that do not fill a tile yet.
struct Edge {
    std::vector<Hash> hashes;
    std::uint64_t tiles = 0;
    bool known = true;  // every hash was computed from something
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
        const std::uint64_t size = report_.checkpoint.size;
        // To the end even when no further finding is kept: only the root tells whether what was found is all that is wrong.
        for (std::uint64_t number = 0; number * tile_width < size; ++number) {
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
    std::optional<Hash> entry(std::uint64_t index, Stream& in, Stream* sealed);
    void check_entry(std::uint64_t index, const Entry& entry);
    void check_erasure(std::uint64_t index, const Erasure& erasure);
    bool check_sealed(std::uint64_t index, const Entry& entry, Stream& sealed);
    void name_stray();
    void check_opened(std::uint64_t index, const Entry& entry);
    void grow(std::size_t level, const std::optional<Hash>& hash);
    void check_upper(std::size_t level, const Edge& edge);
    void check_earlier();
    void check_root();
    void finish(std::uint64_t size);

    const Files& files_;
    const Policy& policy_;
    const LogCheckOptions& options_;
    LogReport report_;
    Findings findings_;
    std::vector<Checkpoint> earlier_;  // verified, by size
    std::uint64_t proven_ = 0;         // so many entries are those of an earlier checkpoint
    std::vector<std::uint64_t> lists_;
    std::vector<package::OpenedName> opened_;  // sorted by entry
    std::size_t next_opened_ = 0;
    Erasures* erasures_ = nullptr;
    std::vector<std::pair<std::uint64_t, ErasedSection>> stray_;
    std::uint64_t unnamed_ = 0;                    // sections that are missing and that no list names
    std::vector<ErasedSection> unnamed_sections_;  // the first of them
    std::uint64_t named_by_missing_ = 0;           // sections of erasures whose list is missing
    Frontier frontier_;
    std::optional<Frontier> stored_ = Frontier();         // over the hashes of the tiles; nothing: one is missing
    std::optional<std::uint64_t> first_other_than_tile_;  // first entry that its tile has another hash of
    bool gaps_ = false;                                   // an entry could not be read
    bool heartbeat_lost_ = false;                         // the last one may be among those
    bool sealed_lost_ = false;                            // the envelopes of this bundle make no sense any more
    bool known_ = true;                                   // the frontier is that of the log: no entry's hash is missing
    std::vector<Edge> edges_;
    EventIds events_;
    std::int64_t last_time_ = 0;
    std::optional<std::uint64_t> last_heartbeat_;
    std::vector<Hash> leaves_;
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
        findings_.add(LogCheck::checkpoint, std::nullopt, "the checkpoint is not good: " + checkpoint.error().message);
        // Without that check the size is taken as it is written.
        const auto note = parse_note(text);
        const auto written = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
        if (!written || !findings_.left_out(LogCheck::checkpoint)) return false;
        report_.checkpoint = *written;
    }
    read_earlier();
    return true;
}

void LogPass::read_earlier() {
    for (const std::string& note : options_.earlier) {
        auto checkpoint = verify_checkpoint(note, policy_);
        if (!checkpoint || checkpoint->origin != report_.checkpoint.origin) {
            findings_.add(
                LogCheck::checkpoint, std::nullopt,
                "an earlier checkpoint is not good: " + (checkpoint ? "it is of another log" : checkpoint.error().message));
        } else if (checkpoint->size > report_.checkpoint.size) {
            findings_.add(LogCheck::consistency, report_.checkpoint.size,
                          "the log has " + std::to_string(report_.checkpoint.size) + " entries, but an earlier checkpoint covers " +
                              std::to_string(checkpoint->size));
        } else {
            earlier_.push_back(*std::move(checkpoint));
        }
    }
    std::ranges::sort(earlier_, {}, &Checkpoint::size);
    check_earlier();
}

void LogPass::list_files() {
    std::vector<std::string> strange;
    files_.each([&](const std::string& path) {
        if (!package::belongs(path, report_.checkpoint.size)) strange.push_back(path);
        if (const auto index = package::erased_list_index(path)) lists_.push_back(*index);
        const auto name = package::opened_name(path);
        if (name && name->part == package::Opened::text) opened_.push_back(*name);
        if (name && name->part == package::Opened::sealed) ++report_.sealed_openings;
    });
    std::ranges::sort(strange);
    for (const std::string& path : strange)
        findings_.add(LogCheck::surplus, std::nullopt, "the file " + path + " belongs to no log of this size");
    std::ranges::sort(opened_, {}, [](const package::OpenedName& name) { return std::pair(name.index, name.tag); });
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
    const auto open = [&](const std::string& path) {
        auto file = files_.open(path);
        if (!file) findings_.add(LogCheck::missing, first, "the file " + path + " is missing");
        return file;
    };
    auto entries_file = open(entries_path(number, width));
    auto sealed_file = open(sealed_path(number, width));
    std::optional<Stream> entries;
    std::optional<Stream> sealed;
    if (entries_file) entries.emplace(std::move(entries_file));
    if (sealed_file) sealed.emplace(std::move(sealed_file));

    bool readable = entries.has_value();
    sealed_lost_ = false;
    for (unsigned i = 0; i < width; ++i) {
        const std::uint64_t index = first + i;
        std::optional<Hash> leaf;
        if (readable) leaf = entry(index, *entries, sealed ? &*sealed : nullptr);
        readable = leaf.has_value();
        if (!readable) gaps_ = heartbeat_lost_ = true;
        if (!readable || sealed_lost_) sealed.reset();
        if (!tile) stored_.reset();
        if (stored_) stored_->append((*tile)[i]);
        if ((!leaf || (tile && *leaf != (*tile)[i])) && !first_other_than_tile_) first_other_than_tile_ = index;
        if (leaf && tile && *leaf != (*tile)[i]) {
            findings_.add(LogCheck::tile, index,
                          "the tile " + tile_path({0, number, width}) + " has another hash for " + entry_name(index));
        }
        if (!leaf && tile) leaf = (*tile)[i];
        grow(0, leaf);
        check_earlier();
    }
    if (readable && entries && !entries->ended())
        findings_.add(LogCheck::entry, first + width - 1, "bytes follow the last entry of " + entries_path(number, width));
    if (readable && sealed && !sealed->ended())
        findings_.add(LogCheck::sealed, first + width - 1, "bytes follow the last envelope of " + sealed_path(number, width));
}

// The leaf hash of the next entry; nothing when the file makes no sense from here on.
std::optional<Hash> LogPass::entry(std::uint64_t index, Stream& in, Stream* sealed) {
    std::array<std::uint8_t, 2> length{};
    const bool begun = in.exact(length);
    const auto bytes = begun ? in.view(static_cast<std::size_t>(length[0]) << 8U | length[1]) : std::nullopt;
    if (!bytes) {
        findings_.add(LogCheck::entry, index, "the entries end before " + entry_name(index) + " does");
        return std::nullopt;
    }
    const Hash leaf = leaf_hash(*bytes);
    const auto decoded = decode_entry(*bytes);
    if (!decoded) {
        findings_.add(LogCheck::entry, index, entry_name(index) + " is malformed: " + decoded.error().message);
        return findings_.left_out(LogCheck::entry) ? std::optional(leaf) : std::nullopt;
    }
    ++report_.entries;
    check_entry(index, *decoded);
    if (sealed != nullptr && !sealed_lost_) {
        sealed_lost_ = !check_sealed(index, *decoded, *sealed);
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

// Hashes the envelopes of an entry; false: the file makes no sense from here on.
bool LogPass::check_sealed(std::uint64_t index, const Entry& entry, Stream& sealed) {
    thread_local certs::Sha256 hasher;
    for (const SectionDigest& section : entry.sections) {
        std::array<std::uint8_t, 4> prefix{};
        if (!sealed.exact(prefix)) {
            findings_.add(LogCheck::sealed, index, "the envelopes end before those of " + entry_name(index));
            return false;
        }
        std::uint32_t length = 0;
        for (const std::uint8_t byte : prefix) length = length << 8U | byte;
        const unsigned named = erasures_->naming({index, section.tag}, stray_);
        name_stray();
        const bool erased = length == erased_envelope;
        if (erased) {
            ++report_.erased;
            if (named == 0 && unnamed_++ < options_.findings_max) unnamed_sections_.push_back({index, section.tag});
        } else if (named > 0) {
            ++report_.yet_to_erase;
        }
        if (named > 1) findings_.add(LogCheck::erased, index, section_name(index, section.tag) + " is named by two erasures");
        if (erased) continue;
        if (!sealed.pieces(length, [](protocol::Bytes piece) { hasher.update(piece); })) {
            (void)hasher.finish();
            findings_.add(LogCheck::sealed, index, "the envelopes end inside those of " + entry_name(index));
            return false;
        }
        ++report_.sections;
        if (hasher.finish() != section.sealed)
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
    for (; next_opened_ < opened_.size() && opened_[next_opened_].index <= index; ++next_opened_) {
        const package::OpenedName& name = opened_[next_opened_];
        if (name.index == index) check_disclosed(files_, index, entry, name.tag, findings_, report_);
    }
}

// Adds a hash to the right edge of a level; a full tile becomes a hash of the next level.
void LogPass::grow(std::size_t level, const std::optional<Hash>& hash) {
    if (level == 0) {
        known_ = known_ && hash;
        if (known_) frontier_.append(*hash);
    }
    if (edges_.size() <= level) edges_.resize(level + 1);
    Edge& edge = edges_[level];
    edge.known = edge.known && hash;
    edge.hashes.push_back(hash.value_or(Hash{}));
    if (edge.hashes.size() < tile_width) return;
    if (level > 0) check_upper(level, edge);
    const std::optional<Hash> root = edge.known ? std::optional(root_of(edge.hashes)) : std::nullopt;
    edge.hashes.clear();
    edge.known = true;
    ++edge.tiles;
    grow(level + 1, root);
}

void LogPass::check_upper(std::size_t level, const Edge& edge) {
    const std::uint64_t covered = std::uint64_t{1} << (tile_levels * level);
    const std::uint64_t first = edge.tiles * tile_width * covered;
    const TileId tile{static_cast<unsigned>(level), edge.tiles, static_cast<unsigned>(edge.hashes.size())};
    const auto stored = stored_tile(tile, first);
    if (!stored || !edge.known) return;
    const auto [mine, theirs] = std::ranges::mismatch(edge.hashes, *stored);
    if (mine == edge.hashes.end()) return;
    const std::uint64_t index = first + static_cast<std::uint64_t>(mine - edge.hashes.begin()) * covered;
    findings_.add(LogCheck::tile, index,
                  "the tile " + tile_path(tile) + " has another hash for the entries from " + std::to_string(index) + " on");
}

// Whether the log so far is what the earlier checkpoints of this size covered.
void LogPass::check_earlier() {
    while (!earlier_.empty() && earlier_.front().size == frontier_.size()) {
        const Checkpoint& earlier = earlier_.front();
        if (!known_) return;
        if (frontier_.root() == earlier.root) {
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
        if (!edges_[level].hashes.empty()) check_upper(level, edges_[level]);
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
    if (known_) report_.root = frontier_.root();
    check_root();
    if (options_.sums) check_sums(files_, findings_);
}

// A tree over the tiles that has the checkpoint's root vouches for every hash in them: then the first entry that differs from its
// tile is the first that was changed. Otherwise nothing after what an earlier checkpoint covered is sure.
void LogPass::check_root() {
    if (!known_ || frontier_.root() == report_.checkpoint.root) return;
    const std::string what = "the entries do not have the root that the checkpoint says";
    if (stored_ && stored_->root() == report_.checkpoint.root && first_other_than_tile_) {
        findings_.add_always(LogCheck::root, first_other_than_tile_, what + ", but the tiles have: the entries were changed");
        return;
    }
    findings_.add_always(LogCheck::root, proven_,
                         what + (proven_ > 0 ? "; the first " + std::to_string(proven_) + " are those of an earlier checkpoint"
                                             : "; nothing tells where the first change is"));
}

LogReport check_log(const Files& files, const Policy& policy, const LogCheckOptions& options) {
    return LogPass(files, policy, options).run();
}

}  // namespace entente::audit
