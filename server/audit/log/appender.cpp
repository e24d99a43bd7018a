#include "server/audit/log/appender.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "certs/digest.hpp"
#include "certs/secret.hpp"
#include "protocol/canonical.hpp"
#include "protocol/json_writer.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/core_section.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/store/critical_rows.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;
using protocol::Fault;
using protocol::Instant;
using store::Owner;
using store::Tag;
using store::Txn;

namespace {

constexpr std::int64_t alarm_behind_us = 1'000'000;
constexpr std::int64_t fail_behind_us = 60'000'000;
constexpr std::size_t rows_in_an_entry = 1'000;

// RFC 9562 version 7: milliseconds before the random bits that `id` brings.
protocol::EventId uuid_v7(Instant time, protocol::EventId id) {
    const auto ms = static_cast<std::uint64_t>(time.milliseconds());
    for (unsigned i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id[6] = static_cast<std::uint8_t>(0x70 | (id[6] & 0x0f));
    id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3f));
    return id;
}

Owner actor_owner(const Record& record) {
    return record.acting_company ? Owner::company(record.acting_company) : Owner::gateway();
}

Owner customer_owner(const Record& record) {
    return record.customer_owner ? Owner::customer(record.customer_owner) : actor_owner(record);
}

// A text that somebody else made must be what the commitment promises, or it would be found wanting only years later.
void require_canonical(const char* what, const Record& record, std::string_view text) {
    if (text.size() > section_text_max)
        throw Fault(std::string("the ") + what + " section of " + record.operation + " is longer than 256 KiB");
    if (!protocol::check_canonical(text))
        throw Fault(std::string("the ") + what + " text of " + record.operation + " is not canonical JSON");
}

Record clock_alarm(std::int64_t behind_us) {
    Record record;
    record.operation = "clock.alarm";
    record.class_uid = Class::detection_finding;
    record.activity = activity_create;
    record.outcome = Outcome::failure;
    record.reason = "clock_behind";
    record.authentication = "local";
    record.role = "gateway";
    record.decision = protocol::CanonicalObject{}.set("behind_us", behind_us).text();
    return record;
}

// The heartbeat before this one, 0 for the first; this one is the newest from now on.
std::uint64_t follow_pulse(Txn& txn, std::int64_t index) {
    const auto before =
        txn.first("SELECT idx FROM audit_pulse WHERE id = 1", {}, [](const store::Row& row) { return row.number(0); });
    txn.change("INSERT INTO audit_pulse (id, idx) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET idx = excluded.idx", {index});
    return static_cast<std::uint64_t>(before.value_or(0));
}

// Where the log announces a key that signs it.
void note_announced(Txn& txn, const KeyChange& change, std::int64_t index) {
    const auto key = parse_vkey(change.name);
    if (change.purpose != KeyPurpose::log || change.action != KeyAction::add || !key) return;
    txn.change("UPDATE log_keys SET idx = $2 WHERE public_key = $1 AND idx IS NULL", {key->public_key, index});
}

}  // namespace

struct Appender::State {
    // What identifies a state of the log.
    struct Mark {
        std::int64_t size = 0;
        Hash root{};
        bool alarmed = false;  // an alarm about the clock is in the log and the clock has not recovered since
        bool frozen = false;   // it ends with a freeze
    };
    struct Section {
        Tag tag;
        Owner owner;
        protocol::CaseId scope;
        std::string_view text;
    };

    store::Vault& vault;
    std::string origin;
    Hash log;
    std::function<Instant()> now;
    std::function<void(std::span<std::uint8_t>)> random;

    // The head before and after the batch that this process appended last. Which of them is stored tells whether it was committed.
    std::optional<Mark> before;
    std::optional<Mark> after;

    // Of the running batch.
    Frontier frontier;
    std::int64_t last_time = 0;
    bool frozen = false;
    std::vector<Hash> leaves;
    Blob randomness;
    std::size_t randomness_used = 0;
    std::optional<LogStart::Previous> previous;  // of a restart to come

    // Random bytes, drawn in bulk; what was handed out is not kept.
    template <std::size_t N>
    std::array<std::uint8_t, N> draw() {
        if (randomness.size() - randomness_used < N) {
            randomness.resize(8'192);
            random(randomness);
            randomness_used = 0;
        }
        std::array<std::uint8_t, N> drawn;
        const auto source = std::span(randomness).subspan(randomness_used, N);
        std::ranges::copy(source, drawn.begin());
        certs::wipe(source);
        randomness_used += N;
        return drawn;
    }

    HeadRow load_head(Txn& txn);
    Instant entry_time();
    void insert(Txn& txn, const Entry& entry, const std::vector<Blob>& envelopes, std::string_view operation, Outcome outcome,
                std::string_view reason);
    void start_log(Txn& txn);
    void insert_events(Txn& txn, const Record& record, std::int64_t index, Instant time);
    Receipt append_one(Txn& txn, const Record& record);
    void tell_rows(Txn& txn);
    Blob seal(Txn& txn, Entry& entry, const Section& section);
    void check_stored(Txn& txn, std::int64_t from);
    void write_tiles(Txn& txn, std::uint64_t from);
    void write_head(Txn& txn, std::int64_t from);
};

// The head as stored, compared with what this process knows of it.
HeadRow Appender::State::load_head(Txn& txn) {
    auto row = read_head(txn).value_or(HeadRow{.size = 0, .root = empty_root(), .frontier = {}, .last_time = 0});
    const auto is = [&](const std::optional<Mark>& mark) { return mark && mark->size == row.size && mark->root == row.root; };
    if (is(after)) {
        before = after;
    } else if (before && !is(before)) {
        throw Tampered("the head of the log says " + std::to_string(row.size) + " entries, which is not what this process wrote");
    }
    if (!before) before = Mark{.size = row.size, .root = row.root, .frozen = frozen_since(txn, row.size).has_value()};
    after.reset();

    auto edge = Frontier::decode(static_cast<std::uint64_t>(row.size), row.frontier);
    if (!edge || edge->root() != row.root)
        throw Tampered("the head of the log contradicts itself: its root is not that of its frontier");
    frontier = *std::move(edge);
    last_time = row.last_time;
    frozen = before->frozen;
    leaves.clear();
    return row;
}

Instant Appender::State::entry_time() {
    last_time = std::max(last_time, now().us);
    return {last_time};
}

void Appender::State::insert(Txn& txn, const Entry& entry, const std::vector<Blob>& envelopes, std::string_view operation,
                             Outcome outcome, std::string_view reason) {
    if (frozen && entry.kind() != Kind::log_start)
        throw Frozen("the audit log is frozen: nothing is written under this name any more");
    frozen = entry.kind() == Kind::freeze;
    const Blob bytes = encode_entry(entry);
    const auto index = static_cast<std::int64_t>(frontier.size());
    leaves.push_back(leaf_hash(bytes));
    frontier.append(leaves.back());
    txn.change(
        "INSERT INTO audit_entry (idx, event, time, entry, sealed, operation, outcome, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {index, Bytes(entry.event), entry.time.us, bytes, pack_envelopes(envelopes), operation, static_cast<std::int64_t>(outcome),
         reason});
}

void Appender::State::start_log(Txn& txn) {
    Entry entry;
    entry.time = entry_time();
    entry.event = uuid_v7(entry.time, draw<16>());
    entry.extension = LogStart{previous};
    insert(txn, entry, {}, "log.start", Outcome::success, "");
}

// Salts, commits, pads and seals one section; its digests go into the entry.
Blob Appender::State::seal(Txn& txn, Entry& entry, const Section& section) {
    const Salt salt = draw<sizeof(Salt)>();
    const auto tag = static_cast<std::uint8_t>(section.tag);
    Blob envelope =
        vault.seal_section(txn, section.owner, section.scope, section.tag, entry.event, pad_section(salt, section.text));
    entry.sections.push_back({tag, section_commitment(tag, salt, section.text), certs::sha256(envelope)});
    return envelope;
}

void Appender::State::insert_events(Txn& txn, const Record& record, std::int64_t index, Instant time) {
    std::int64_t ordinal = 0;
    for (const protocol::Event& event : record.events) {
        txn.change(
            "INSERT INTO events (company, idx, seq, id, kind, case_id, side, partner, actor, subject_type, subject, time)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            {event.company.value, index, ordinal++, Bytes(event.id), name(event.kind), event.case_id.value, name(event.side),
             event.partner.value, event.by.value, name(event.subject.type), event.subject.id, time.us});
    }
}

Receipt Appender::State::append_one(Txn& txn, const Record& record) {
    Entry entry;
    entry.time = entry_time();
    entry.event = uuid_v7(entry.time, draw<16>());
    auto extension = decode_extension(record.kind, record.extension);
    if (!extension) throw Fault("the extension of " + record.operation + " is none of its kind of entry");
    entry.extension = *std::move(extension);

    if (!record.decision.empty()) require_canonical("decision", record, record.decision);
    const std::string core = core_section(record, entry.event, entry.time, origin);
    if (core.size() > section_text_max) throw Fault("the core section of " + record.operation + " is longer than 256 KiB");
    std::vector<Blob> envelopes{seal(txn, entry, {Tag::core, Owner::gateway(), {}, core})};
    const auto add = [&](const char* what, Tag tag, const Owner& owner, std::string_view text) {
        if (text.empty()) return;
        require_canonical(what, record, text);
        envelopes.push_back(seal(txn, entry, {tag, owner, record.case_scope, text}));
    };
    add("customer", Tag::customer, customer_owner(record), record.customer);
    add("actor", Tag::actor, actor_owner(record), record.actor);
    add("content", Tag::content, customer_owner(record), record.content);

    const auto index = static_cast<std::int64_t>(frontier.size());
    if (const auto* erasure = std::get_if<Erasure>(&entry.extension))
        txn.change("UPDATE erased_lists SET idx = $2 WHERE digest = $1 AND idx IS NULL", {Bytes(erasure->list_digest), index});
    if (auto* beat = std::get_if<Heartbeat>(&entry.extension)) beat->previous_index = follow_pulse(txn, index);
    if (const auto* change = std::get_if<KeyChange>(&entry.extension)) note_announced(txn, *change, index);
    insert(txn, entry, envelopes, record.operation, record.outcome, record.reason);
    for (const auto party : parties_of(record)) {
        txn.change("INSERT INTO audit_party (company, idx) VALUES ($1, $2)", {party.value, index});
    }
    if (record.case_scope) txn.change("INSERT INTO audit_case (case_id, idx) VALUES ($1, $2)", {record.case_scope.value, index});
    insert_events(txn, record, index, entry.time);
    return {.event = entry.event, .leaf = leaves.back(), .index = index, .time = entry.time};
}

// The rows that decide who may do what and were changed in this batch: one entry tells the digests of all (reference, 16.4).
void Appender::State::tell_rows(Txn& txn) {
    const auto rows = store::touched_rows(txn);
    for (std::size_t begin = 0; begin < rows.size(); begin += rows_in_an_entry) {
        const std::size_t end = std::min(rows.size(), begin + rows_in_an_entry);
        std::vector<store::Told> told;
        protocol::JsonWriter json;
        json.object().key("rows").array();
        for (std::size_t i = begin; i < end; ++i) {
            told.push_back({rows[i], store::row_digest(txn, rows[i]), 0});
            json.object().member("digest", protocol::hex(told.back().digest)).member("id", rows[i].id);
            json.member("kind", store::name(rows[i].kind)).end();
        }
        Record record;
        record.operation = rows_operation;
        record.class_uid = Class::entity_management;
        record.activity = activity_update;
        record.authentication = "none";
        record.role = "gateway";
        record.decision = json.end().end().take();
        const Receipt receipt = append_one(txn, record);
        for (const store::Told& one : told) store::note_told(txn, one.row, one.digest, receipt.index);
    }
}

// Hashes what the database holds now, by another path than the tree's: a flipped bit between there and here must not be committed
// to.
void Appender::State::check_stored(Txn& txn, std::int64_t from) {
    std::size_t at = 0;
    txn.each("SELECT entry FROM audit_entry WHERE idx >= $1 ORDER BY idx", {from}, [&](const store::Row& row) {
        if (at >= leaves.size() || leaf_hash_again(row.bytes(0)) != leaves[at]) {
            throw Tampered("entry " + std::to_string(from + static_cast<std::int64_t>(at)) + " is not stored as it was hashed");
        }
        ++at;
    });
    if (at != leaves.size()) throw Tampered("entry " + std::to_string(from + static_cast<std::int64_t>(at)) + " was not stored");
}

void Appender::State::write_tiles(Txn& txn, std::uint64_t from) {
    for (const TileId& tile : completed_tiles(from, frontier.size())) {
        Blob bytes;
        bytes.reserve(tile_width * sizeof(Hash));
        for (const Hash& hash : tile_from_below(txn, tile.level, tile.number, frontier.size()))
            bytes.insert(bytes.end(), hash.begin(), hash.end());
        txn.change("INSERT INTO audit_tile (level, n, hashes) VALUES ($1, $2, $3)",
                   {static_cast<std::int64_t>(tile.level), static_cast<std::int64_t>(tile.number), bytes});
    }
}

void Appender::State::write_head(Txn& txn, std::int64_t from) {
    const auto size = static_cast<std::int64_t>(frontier.size());
    const Hash root = frontier.root();
    const Blob edge = frontier.encode();
    if (from == 0) {
        txn.change("INSERT INTO audit_head (id, size, root, frontier, last_time) VALUES (1, $1, $2, $3, $4)",
                   {size, Bytes(root), edge, last_time});
    } else if (txn.change("UPDATE audit_head SET size = $1, root = $2, frontier = $3, last_time = $4 WHERE id = 1 AND size = $5",
                          {size, Bytes(root), edge, last_time, from}) != 1) {
        throw Tampered("the head of the log moved while it was extended");
    }
    after = Mark{.size = size, .root = root, .alarmed = before->alarmed, .frozen = frozen};
}

Appender::Appender(store::Vault& vault, std::string origin, Hash log_id, std::function<Instant()> now,
                   std::function<void(std::span<std::uint8_t>)> random)
    : state_(new State{
          .vault = vault, .origin = std::move(origin), .log = log_id, .now = std::move(now), .random = std::move(random)}) {
    if (!valid_origin(state_->origin)) throw Fault("the origin of the audit log must be one ASCII line without blanks or plus");
    if (audit::log_id(state_->origin) != log_id || vault.log_id() != log_id)
        throw Fault("the audit log and the vault disagree about the log's id");
}

Appender::~Appender() = default;

void Appender::restart(LogStart::Previous previous) {
    state_->previous = std::move(previous);
}

std::vector<Receipt> Appender::append(Txn& txn, std::span<const Record> records) {
    State& state = *state_;
    txn.lock("audit_head");
    const HeadRow head = state.load_head(txn);
    const std::int64_t behind = head.last_time - state.now().us;
    if (behind > fail_behind_us) {
        throw Fault("the clock is " + std::to_string(behind / 1'000'000) + " s behind the newest entry of the audit log");
    }
    bool alarmed = state.before->alarmed && behind > 0;
    if (head.size == 0 || state.previous) state.start_log(txn);
    if (behind > alarm_behind_us && !alarmed) {
        state.append_one(txn, clock_alarm(behind));
        alarmed = true;
    }
    std::vector<Receipt> receipts;
    receipts.reserve(records.size());
    for (const Record& record : records) receipts.push_back(state.append_one(txn, record));
    state.tell_rows(txn);
    state.check_stored(txn, head.size);
    state.write_tiles(txn, static_cast<std::uint64_t>(head.size));
    state.write_head(txn, head.size);
    state.after->alarmed = alarmed;
    return receipts;
}

}  // namespace entente::audit
