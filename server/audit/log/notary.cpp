#include "server/audit/log/notary.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "certs/files.hpp"
#include "certs/secret.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/log.hpp"

namespace entente::audit {

using protocol::Bytes;
using protocol::Fault;
using store::ReadTxn;
using store::Txn;

namespace {

constexpr std::int64_t entries_at_once = 2'048;
constexpr std::int64_t hour_us = 3'600'000'000;
constexpr int low_priority = 10;

std::shared_ptr<const Published> published_row(const store::Row& row) {
    auto published = std::make_shared<Published>();
    published->note = row.text(0);
    published->time = {row.number(1)};
    return published;
}

}  // namespace

void add_history(ReadTxn& txn, NotaryOptions& options) {
    txn.each("SELECT public_key FROM log_keys ORDER BY number", {}, [&](const store::Row& row) {
        const Bytes key = row.bytes(0);
        options.older_keys.emplace_back(key.begin(), key.end());
    });
    txn.each("SELECT since, origin FROM audit_origin ORDER BY since", {}, [&](const store::Row& row) {
        options.earlier_origins.push_back(std::exchange(options.origin, std::string(row.text(1))));
        options.since = row.number(0);
    });
}

Notary::Notary(store::Store& store, NotaryOptions options)
    : store_(store), options_(std::move(options)), seen_(options_.older_keys) {
    store::read_and_wait(store_, [&](ReadTxn& txn) { check_published(txn); });
}

Notary::~Notary() {
    stop();
}

VerifierKey Notary::key() const {
    return {options_.origin, KeyType::ed25519, options_.keys->keys().back().public_key};
}

std::vector<VerifierKey> Notary::keys() const {
    std::vector<VerifierKey> all;
    for (certs::LogKey& key : options_.keys->keys()) all.push_back({options_.origin, KeyType::ed25519, std::move(key.public_key)});
    std::ranges::reverse(all);
    return all;
}

// Every key that ever signed, under every name that the log ever had.
std::vector<VerifierKey> Notary::known() const {
    const std::lock_guard hold(seen_mutex_);
    for (certs::LogKey& key : options_.keys->keys())
        if (std::ranges::find(seen_, key.public_key) == seen_.end()) seen_.push_back(std::move(key.public_key));
    std::vector<VerifierKey> all;
    for (const Blob& key : seen_) {
        all.push_back({options_.origin, KeyType::ed25519, key});
        for (const std::string& origin : options_.earlier_origins) all.push_back({origin, KeyType::ed25519, key});
    }
    return all;
}

// What the note says, if it is this log's word.
Checkpoint Notary::checked(const std::string& note, const std::string& where) const {
    const auto parsed = parse_note(note);
    if (!parsed) throw Tampered(where + " is damaged: " + parsed.error().message);
    if (const auto signers = verify_note(*parsed, known()); !signers) throw Tampered(where + ": " + signers.error().message);
    auto checkpoint = parse_checkpoint(parsed->text);
    if (!checkpoint) throw Tampered(where + " is damaged: " + checkpoint.error().message);
    const bool earlier = std::ranges::find(options_.earlier_origins, checkpoint->origin) != options_.earlier_origins.end();
    if (checkpoint->origin != options_.origin && !earlier) throw Tampered(where + " is of another log: " + checkpoint->origin);
    return *std::move(checkpoint);
}

void Notary::require_beginning(ReadTxn& txn, const Checkpoint& checkpoint, std::int64_t head_size, const std::string& where) {
    const auto size = static_cast<std::int64_t>(checkpoint.size);
    if (size < 0 || size > head_size) {
        throw Tampered("the audit log was put back: " + where + " covers " + std::to_string(checkpoint.size) +
                       " entries, the log has " + std::to_string(head_size));
    }
    if (proofs_.root(txn, checkpoint.size) != checkpoint.root) {
        throw Tampered("the audit log is not the one that was published: its first " + std::to_string(checkpoint.size) +
                       " entries have another root than " + where + " says");
    }
}

void Notary::check_published(ReadTxn& txn) {
    const auto head = read_head(txn);
    const std::int64_t head_size = head ? head->size : 0;
    auto newest =
        txn.first("SELECT note, time FROM audit_checkpoint ORDER BY size DESC LIMIT 1", {}, published_row).value_or(nullptr);
    if (newest) {
        const std::string where = "the newest stored checkpoint";
        auto kept = std::make_shared<Published>(*newest);
        kept->checkpoint = checked(kept->note, where);
        require_beginning(txn, kept->checkpoint, head_size, where);
        verified_ = proofs_.frontier(txn, kept->checkpoint.size);
        newest_ = std::move(kept);
    }
    // The very first checkpoint may have been stored by a process that ended before it wrote the anchor.
    const auto stored = txn.first("SELECT count(*) FROM audit_checkpoint WHERE size > $1", {options_.since},
                                  [](const store::Row& row) { return row.number(0); });
    check_anchors(txn, head_size, stored.value_or(0) > 1);
}

void Notary::check_anchors(ReadTxn& txn, std::int64_t head_size, bool expected) {
    bool any = options_.anchors.empty();
    for (const std::filesystem::path& file : options_.anchors) {
        if (!std::filesystem::exists(std::filesystem::symlink_status(file))) {
            if (expected) missing_anchors_.push_back(file);
            continue;
        }
        const certs::Secret bytes = certs::read_private_file(file, note_bytes_max);
        const std::string where = "the anchor " + file.string();
        // Under an earlier name too: it may have come back from an escrow, and says less, but nothing else.
        require_beginning(txn, checked(std::string(protocol::as_text(bytes.bytes())), where), head_size, where);
        any = true;
    }
    if (!any && expected) {
        throw Tampered("the anchor " + options_.anchors.front().string() +
                       " is missing although checkpoints were published; bring it back from where it was kept");
    }
}

std::shared_ptr<const Published> Notary::newest() const {
    const std::lock_guard hold(mutex_);
    return newest_;
}

bool Notary::keeps_up() const {
    const std::lock_guard hold(mutex_);
    return running_ && newest_ != nullptr;
}

std::shared_ptr<const Published> Notary::of_size(ReadTxn& txn, std::uint64_t size) const {
    const auto row =
        txn.first("SELECT note, time FROM audit_checkpoint WHERE size = $1", {static_cast<std::int64_t>(size)}, published_row);
    const auto visible = newest();
    if (!row || !visible || size > visible->checkpoint.size) return nullptr;
    auto found = std::make_shared<Published>(**row);
    found->checkpoint = checked(found->note, "the stored checkpoint of " + std::to_string(size) + " entries");
    return found;
}

std::shared_ptr<const Published> Notary::cosigned() const {
    const std::lock_guard hold(mutex_);
    return cosigned_;
}

std::shared_ptr<const Published> Notary::covering(std::uint64_t entries) const {
    const std::lock_guard hold(mutex_);
    for (const auto& published : {cosigned_, newest_})
        if (published && published->checkpoint.size >= entries) return published;
    return nullptr;
}

std::shared_ptr<const Published> Notary::believed() const {
    const std::lock_guard hold(mutex_);
    return cosigned_ && newest_->time.us - cosigned_->time.us <= hour_us ? cosigned_ : newest_;
}

std::shared_ptr<const Published> Notary::add_cosignatures(const Published& published, const std::vector<NoteSignature>& signatures,
                                                          bool quorum) {
    auto fresh = std::make_shared<Published>(published);
    for (const NoteSignature& signature : signatures) fresh->note += format_signature_line(signature);
    const auto size = static_cast<std::int64_t>(published.checkpoint.size);
    const auto commit = store::submit_and_wait(store_, [&](Txn& txn) -> store::Written {
        txn.change("UPDATE audit_checkpoint SET note = $2, cosigned = $3 WHERE size = $1",
                   {size, fresh->note, static_cast<std::int64_t>(quorum)});
        return {.records = {}, .keep = true, .derived = true};
    });
    if (!commit.durable) throw Fault("cosignatures could not be stored: " + commit.fault);
    const std::lock_guard hold(mutex_);
    if (newest_ && newest_->checkpoint.size == published.checkpoint.size) newest_ = fresh;
    if (quorum && (!cosigned_ || cosigned_->checkpoint.size <= published.checkpoint.size)) cosigned_ = fresh;
    return fresh;
}

std::string Notary::halted() const {
    const std::lock_guard hold(mutex_);
    return halted_;
}

// The tree over what is stored now, hashed from the bytes of the entries; nothing when nothing was added.
std::optional<Checkpoint> Notary::recompute() {
    std::optional<HeadRow> head;
    Frontier edge = verified_;
    store::read_and_wait(store_, [&](ReadTxn& txn) { head = read_head(txn); });
    if (!head) return std::nullopt;
    if (head->size < static_cast<std::int64_t>(edge.size()))
        throw Tampered("the audit log has " + std::to_string(head->size) + " entries, but " + std::to_string(edge.size()) +
                       " were there before");
    const auto to = static_cast<std::uint64_t>(head->size);
    while (edge.size() < to) {
        const auto from = static_cast<std::int64_t>(edge.size());
        const std::int64_t end = std::min(head->size, from + entries_at_once);
        store::read_and_wait(store_, [&](ReadTxn& txn) {
            each_entry(txn, from, end, [&](const EntryRow& row) {
                if (row.index != static_cast<std::int64_t>(edge.size()))
                    throw Tampered("entry " + std::to_string(edge.size()) + " is missing");
                edge.append(leaf_hash_again(row.entry));
            });
            if (static_cast<std::int64_t>(edge.size()) != end)
                throw Tampered("entry " + std::to_string(edge.size()) + " is missing");
            for (const TileId& tile : completed_tiles(static_cast<std::uint64_t>(from), edge.size())) {
                if (read_tile(txn, tile.level, tile.number) != tile_from_below(txn, tile.level, tile.number, edge.size()))
                    throw Tampered("tile " + std::to_string(tile.number) + " of level " + std::to_string(tile.level) +
                                   " is not stored as its entries hash");
            }
        });
    }
    if (edge.root() != head->root)
        throw Tampered("the entries do not have the root that the head of the log says (" + std::to_string(to) + " entries)");
    const bool grown = !newest_ || newest_->checkpoint.size < to;
    verified_ = std::move(edge);
    if (!grown) return std::nullopt;
    return Checkpoint{options_.origin, to, verified_.root()};
}

namespace {

// One an hour stays, and of each key the first that covers its announcement, with the witnesses' word and without: it carries the
// older key's signature, and who knows that key alone follows the log from there for ever.
void forget_checkpoints(Txn& txn, std::int64_t before_hour) {
    txn.change(
        "DELETE FROM audit_checkpoint WHERE hour < $1"
        " AND size NOT IN (SELECT max(size) FROM audit_checkpoint WHERE hour < $1 GROUP BY hour)"
        " AND size NOT IN (SELECT COALESCE((SELECT MIN(c.size) FROM audit_checkpoint c WHERE c.size > k.idx), 0) FROM log_keys k)"
        " AND size NOT IN (SELECT COALESCE((SELECT MIN(c.size) FROM audit_checkpoint c WHERE c.size > k.idx AND c.cosigned = 1), 0)"
        " FROM log_keys k)",
        {before_hour});
}

}  // namespace

void Notary::store_note(const Published& fresh) {
    const auto size = static_cast<std::int64_t>(fresh.checkpoint.size);
    const std::int64_t hour = fresh.time.us / hour_us;
    const bool new_hour = newest_ && newest_->time.us / hour_us != hour;
    const auto commit = store::submit_and_wait(store_, [&](Txn& txn) -> store::Written {
        struct Newest {
            std::int64_t size;
            bool same;
        };
        const auto before = txn.first("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1", {},
                                      [&](const store::Row& row) { return Newest{row.number(0), row.text(1) == fresh.note}; });
        // Stored in an earlier round whose anchor could not be written.
        if (before && before->size == size && before->same) return {.records = {}, .keep = true, .derived = true};
        if (before && before->size >= size)
            throw Fault("another checkpoint of this log covers " + std::to_string(before->size) + " entries");
        txn.change("INSERT INTO audit_checkpoint (size, root, time, hour, note) VALUES ($1, $2, $3, $4, $5)",
                   {size, Bytes(fresh.checkpoint.root), fresh.time.us, hour, fresh.note});
        if (new_hour) forget_checkpoints(txn, hour - 1);
        return {.records = {}, .keep = true, .derived = true};
    });
    if (!commit.durable) throw Fault("a checkpoint could not be stored: " + commit.fault);
}

void Notary::round() {
    const std::lock_guard one(signing_);
    if (const std::string why = halted(); !why.empty()) throw Tampered(why);
    try {
        const auto checkpoint = recompute();
        if (!checkpoint) return;
        auto fresh = std::make_shared<Published>();
        fresh->checkpoint = *checkpoint;
        fresh->time = options_.now ? options_.now() : protocol::Instant{};
        const std::string text = checkpoint_text(*checkpoint);
        Note note{.text = text, .signatures = {}};
        for (const certs::LogKey& key : options_.keys->keys()) {
            const auto signature = options_.keys->sign(key.number, protocol::as_bytes(text));
            if (!signature) continue;  // destroyed a moment ago
            note.signatures.push_back({options_.origin,
                                       VerifierKey{options_.origin, KeyType::ed25519, key.public_key}.key_id(),
                                       {signature->begin(), signature->end()}});
        }
        if (note.signatures.empty()) throw Fault("the log has no key to sign with");
        (void)known();  // remembered, should one be destroyed later
        fresh->note = format_note(note);
        store_note(*fresh);
        for (const std::filesystem::path& anchor : options_.anchors)
            certs::replace_private_file(anchor, protocol::as_bytes(fresh->note));
        {
            const std::lock_guard hold(mutex_);
            newest_ = std::move(fresh);
        }
        if (options_.published) options_.published();
    } catch (const Tampered& fault) {
        halt(fault.what());
        throw;
    }
}

void Notary::halt(const std::string& why) {
    {
        const std::lock_guard hold(mutex_);
        if (!halted_.empty()) return;
        halted_ = why;
    }
    log::error("audit.checkpoints_stopped", {{"cause", why}});
    if (options_.alarm) options_.alarm(why);
}

void Notary::wake() {
    {
        const std::lock_guard hold(mutex_);
        if (woken_) return;
        woken_ = true;
    }
    changed_.notify_one();
}

void Notary::start() {
    {
        const std::lock_guard hold(mutex_);
        running_ = true;
    }
    thread_ = std::thread([this] { run(); });
}

void Notary::run() {
    ::setpriority(PRIO_PROCESS, 0, low_priority);  // of this thread alone; Linux counts threads as processes here
    std::unique_lock hold(mutex_);
    while (!stopping_) {
        changed_.wait(hold, [&] { return woken_ || stopping_; });
        if (stopping_) break;
        woken_ = false;
        auto pause = options_.pause;
        hold.unlock();
        try {
            round();
        } catch (const Tampered&) {
            return;
        } catch (const std::exception& fault) {
            log::warning("audit.checkpoint_delayed", {{"cause", fault.what()}});
            pause = std::max<std::chrono::milliseconds>(pause, std::chrono::seconds(1));
            const std::lock_guard again(mutex_);
            woken_ = true;
        }
        hold.lock();
        changed_.wait_for(hold, pause, [&] { return stopping_; });
    }
}

void Notary::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (!thread_.joinable()) return;
    thread_.join();
    try {
        round();
    } catch (const std::exception& fault) {
        log::warning("audit.checkpoint_delayed", {{"cause", fault.what()}});
    }
}

}  // namespace entente::audit
