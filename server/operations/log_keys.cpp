#include "server/operations/log_keys.hpp"

#include <algorithm>

#include "certs/age.hpp"
#include "certs/key_files.hpp"
#include "protocol/canonical.hpp"
#include "protocol/reader.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/note.hpp"
#include "server/operations/keys.hpp"

namespace entente::operations {

using policy::Operation;

namespace {

constexpr std::int64_t seconds_of_day = 86'400;

std::string vkey_of(const std::string& origin, protocol::Bytes public_key) {
    return audit::format_vkey({origin, audit::KeyType::ed25519, protocol::Blob(public_key.begin(), public_key.end())});
}

// When the log went on under another name, and the name that ended then.
struct Turn {
    Instant at;
    std::string before;
};

std::vector<Turn> turns_of(ReadTxn& txn) {
    std::vector<Turn> turns;
    txn.each("SELECT e.time, e.entry FROM audit_origin o JOIN audit_entry e ON e.idx = o.since ORDER BY o.since", {},
             [&](const store::Row& row) {
                 const auto entry = audit::decode_entry(row.bytes(1));
                 const auto* start = entry ? std::get_if<audit::LogStart>(&entry->extension) : nullptr;
                 if (start != nullptr && start->previous) turns.push_back({{row.number(0)}, start->previous->origin});
             });
    return turns;
}

std::vector<LogKeyRow> known_log_keys(ReadTxn& txn, const Context& context) {
    // A key that ended is shown under the name for which it signed: nobody is to believe it under the one after that.
    const std::vector<Turn> turns = turns_of(txn);
    const auto name_of = [&](const store::Row& row) {
        const auto turn =
            row.is_null(4) ? turns.end() : std::ranges::find_if(turns, [&](const Turn& one) { return row.number(4) <= one.at.us; });
        return turn == turns.end() ? context.tools.log_origin : turn->before;
    };
    const auto present = context.tools.log_keys->keys();
    std::vector<LogKeyRow> all;
    txn.each("SELECT number, public_key, made_at, idx, ended_at FROM log_keys ORDER BY number", {}, [&](const store::Row& row) {
        LogKeyRow one{.number = static_cast<std::uint32_t>(row.number(0)),
                      .verifier_key = vkey_of(name_of(row), row.bytes(1)),
                      .made_at = {row.number(2)},
                      .entry = {},
                      .ended_at = {}};
        if (!row.is_null(3)) one.entry = row.number(3);
        if (!row.is_null(4)) one.ended_at = Instant{row.number(4)};
        one.newest = one.number == present.back().number;
        one.present = std::ranges::find(present, one.number, &certs::LogKey::number) != present.end();
        all.push_back(std::move(one));
    });
    return all;
}

void about_log_key(audit::Record& record, std::uint32_t number, const std::string& vkey, audit::KeyAction action) {
    record.kind = static_cast<std::uint8_t>(audit::Kind::key);
    record.extension = audit::encode_extension(audit::KeyChange{.purpose = audit::KeyPurpose::log, .action = action, .name = vkey});
    record.resources.push_back({"log_key", std::to_string(number)});
}

void note_log_key(Txn& txn, const certs::LogKey& key, Instant now) {
    txn.change("INSERT INTO log_keys (number, public_key, made_at) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING",
               {static_cast<std::int64_t>(key.number), key.public_key, now.us});
}

LogKeyRow take_up(Txn& txn, const Context& context, const certs::LogKey& key, audit::Record& record) {
    note_log_key(txn, key, context.now);
    LogKeyRow row{.number = key.number,
                  .verifier_key = vkey_of(context.tools.log_origin, key.public_key),
                  .made_at = context.now,
                  .entry = {},
                  .ended_at = {},
                  .newest = true,
                  .present = true};
    about_log_key(record, key.number, row.verifier_key, audit::KeyAction::add);
    return row;
}

// That the log announced and that have not ended.
std::vector<certs::LogKey> standing_log_keys(ReadTxn& txn) {
    std::vector<certs::LogKey> all;
    txn.each("SELECT number, public_key FROM log_keys WHERE ended_at IS NULL ORDER BY number", {}, [&](const store::Row& row) {
        const protocol::Bytes key = row.bytes(1);
        all.push_back({static_cast<std::uint32_t>(row.number(0)), {key.begin(), key.end()}});
    });
    return all;
}

void note_log_key_end(Txn& txn, std::uint32_t number, Instant now) {
    txn.change("UPDATE log_keys SET ended_at = $2 WHERE number = $1 AND ended_at IS NULL",
               {static_cast<std::int64_t>(number), now.us});
}

// What ends a log and begins one: by whoever runs the gateway's machine.
audit::Record turn_record(const char* operation) {
    audit::Record record = key_record(operation, audit::activity_create);
    record.class_uid = audit::Class::detection_finding;
    record.reason = log_key_compromised;
    record.authentication = "local";
    return record;
}

Error log_keys_from_outside() {
    return {.kind = ErrorKind::wrong_state,
            .code = "keys_from_outside",
            .message = "the gateway cannot change its keys: they are credentials of the service, or their folder is read-only",
            .next_step = "add or remove the credential log-NNNN.key of the service, or make keys.folder writable, and restart it"};
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto blank = std::min(text.find(' '), text.size());
        words.emplace_back(text.substr(0, blank));
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return words;
}

std::vector<std::string> numbers_as_text(const std::vector<std::int64_t>& numbers) {
    std::vector<std::string> words;
    words.reserve(numbers.size());
    for (const std::int64_t number : numbers) words.push_back(std::to_string(number));
    return words;
}

std::string escrow_state(const Escrow& escrow, const std::vector<Generation>& generations, const std::vector<LogKeyRow>& log_keys,
                         std::string_view root_keys) {
    const auto holds = [](const std::vector<std::string>& words, std::uint32_t number) {
        return std::ranges::find(words, std::to_string(number)) != words.end();
    };
    bool whole = escrow.root_keys == root_keys;
    for (const Generation& one : generations) {
        if (one.destroyed_at && holds(escrow.generations, one.number)) return "expired";
        if (!one.destroyed_at && !holds(escrow.generations, one.number)) whole = false;
    }
    for (const LogKeyRow& one : log_keys) {
        if (one.ended_at && holds(escrow.log_keys, one.number)) return "expired";
        if (!one.ended_at && !holds(escrow.log_keys, one.number)) whole = false;
    }
    return whole ? "current" : "outdated";
}

}  // namespace

Result<std::vector<LogKeyRow>> list_log_keys(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::audit_receipt); !allowed) return std::unexpected(allowed.error());
    return known_log_keys(txn, context);
}

Audited<LogKeyRow> new_log_key(Txn& txn, const Context& context, const Caller& caller) {
    audit::Record record = record_of(caller, "keys.log.add", audit::Class::entity_management, audit::activity_create);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<LogKeyRow>(std::move(record), allowed.error());
    certs::LogKeys& keys = *context.tools.log_keys;
    if (!keys.can_change()) return refused<LogKeyRow>(std::move(record), log_keys_from_outside());
    // Should the record fail, there is one key more than the log knows: the next round announces it.
    keys.new_key(greatest_log_key(txn));
    auto row = take_up(txn, context, keys.keys().back(), record);
    return {std::move(row), std::move(record)};
}

Audited<LogKeyRow> end_log_key(Txn& txn, const Context& context, const Caller& caller, std::uint32_t number) {
    audit::Record record = record_of(caller, "keys.log.end", audit::Class::entity_management, audit::activity_delete);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<LogKeyRow>(std::move(record), allowed.error());
    if (!context.tools.log_keys->can_change()) return refused<LogKeyRow>(std::move(record), log_keys_from_outside());
    const auto all = known_log_keys(txn, context);
    const auto found = std::ranges::find(all, number, &LogKeyRow::number);
    if (found == all.end() || found->ended_at)
        return refused<LogKeyRow>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "log_key_not_found", .message = "the log has no such key, or it has ended"});
    if (found->newest)
        return refused<LogKeyRow>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                      .code = "log_key_in_use",
                                                      .message = "this is the newest key of the log",
                                                      .next_step = "make another first: entente keys log-rotate"});
    LogKeyRow ended = *found;
    ended.ended_at = context.now;
    note_log_key_end(txn, number, context.now);
    about_log_key(record, number, ended.verifier_key, audit::KeyAction::retire);
    return {std::move(ended), std::move(record)};
}

std::vector<audit::Record> tend_log_keys(Txn& txn, const Context& context) {
    std::vector<audit::Record> records;
    if (context.tools.log_keys == nullptr) return records;
    certs::LogKeys& keys = *context.tools.log_keys;
    auto known = known_log_keys(txn, context);
    for (const certs::LogKey& key : keys.keys()) {
        if (std::ranges::find(known, key.number, &LogKeyRow::number) != known.end()) continue;
        records.push_back(key_record("keys.log.add", audit::activity_create));
        take_up(txn, context, key, records.back());
    }
    if (!records.empty()) known = known_log_keys(txn, context);
    const auto newest = std::ranges::find_if(known, &LogKeyRow::newest);
    if (newest == known.end() || !keys.can_change() ||
        context.now < newest->made_at.plus_seconds(log_key_overlap_days * seconds_of_day))
        return records;
    for (const LogKeyRow& one : known) {
        if (one.newest || one.ended_at) continue;
        note_log_key_end(txn, one.number, context.now);
        records.push_back(key_record("keys.log.end", audit::activity_delete));
        about_log_key(records.back(), one.number, one.verifier_key, audit::KeyAction::retire);
    }
    return records;
}

std::vector<audit::Record> freeze_log(Txn& txn, const certs::LogKeys& keys, const std::string& origin, Instant now) {
    std::vector<audit::Record> records;
    for (const certs::LogKey& key : keys.keys()) note_log_key(txn, key, now);
    // Those that are lost here as well: whoever knows them must not find them standing.
    for (const certs::LogKey& key : standing_log_keys(txn)) {
        note_log_key_end(txn, key.number, now);
        records.push_back(key_record("keys.log.end", audit::activity_delete));
        records.back().reason = log_key_compromised;
        about_log_key(records.back(), key.number, vkey_of(origin, key.public_key), audit::KeyAction::revoke);
    }
    records.push_back(turn_record("keys.log.freeze"));
    records.back().kind = static_cast<std::uint8_t>(audit::Kind::freeze);
    records.back().extension = audit::encode_extension(audit::Freeze{std::string(log_key_compromised)});
    return records;
}

std::vector<audit::Record> end_absent_log_keys(Txn& txn, const certs::LogKeys& keys, const std::string& origin, Instant now) {
    std::vector<audit::Record> records;
    const auto present = keys.keys();
    for (const certs::LogKey& key : standing_log_keys(txn)) {
        if (std::ranges::find(present, key.number, &certs::LogKey::number) != present.end()) continue;
        note_log_key_end(txn, key.number, now);
        records.push_back(key_record("keys.log.end", audit::activity_delete));
        about_log_key(records.back(), key.number, vkey_of(origin, key.public_key), audit::KeyAction::retire);
    }
    return records;
}

bool log_key_ended(ReadTxn& txn, const certs::LogKey& key) {
    return txn
        .first("SELECT 1 FROM log_keys WHERE public_key = $1 AND ended_at IS NOT NULL", {key.public_key},
               [](const store::Row&) { return true; })
        .has_value();
}

std::uint32_t greatest_log_key(ReadTxn& txn) {
    return static_cast<std::uint32_t>(
        txn.first("SELECT COALESCE(MAX(number), 0) FROM log_keys", {}, [](const store::Row& row) { return row.number(0); })
            .value_or(0));
}

std::vector<audit::Record> begin_log_again(Txn& txn, const certs::LogKey& key, const audit::LogStart::Previous& previous,
                                           const std::string& origin, Instant now) {
    std::vector<audit::Record> records{turn_record("keys.log.begin")};
    records.back().decision = protocol::CanonicalObject{}
                                  .set("origin", origin)
                                  .set("previous_origin", previous.origin)
                                  .set("published", static_cast<std::int64_t>(previous.size))
                                  .text();
    note_log_key(txn, key, now);
    records.push_back(key_record("keys.log.add", audit::activity_create));
    about_log_key(records.back(), key.number, vkey_of(origin, key.public_key), audit::KeyAction::add);
    return records;
}

std::vector<audit::Record> tend_service_root(Txn& txn, const Context& context) {
    const std::string& name = context.tools.root_name;
    if (name.empty() || txn.change("INSERT INTO service_roots (name, made_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                                   {name, context.now.us}) == 0)
        return {};
    std::vector<audit::Record> records{key_record("keys.root.add", audit::activity_create)};
    records.back().kind = static_cast<std::uint8_t>(audit::Kind::key);
    // Its purposes go by the name of the first of them (reference, section 9).
    records.back().extension = audit::encode_extension(
        audit::KeyChange{.purpose = audit::KeyPurpose::pending_mac, .action = audit::KeyAction::add, .name = "root-" + name});
    records.back().resources.push_back({"service_root", name});
    return records;
}

namespace {

// As the log told of it.
struct AnnouncedKey {
    std::uint32_t number = 0;
    protocol::Blob public_key;
    Instant made_at;
    std::optional<std::int64_t> entry;
    std::optional<Instant> ended_at;
};

std::optional<AnnouncedKey> announced_key(ReadTxn& txn, std::uint32_t number) {
    return txn.first("SELECT public_key, made_at, idx, ended_at FROM log_keys WHERE number = $1",
                     {static_cast<std::int64_t>(number)}, [&](const store::Row& row) {
                         const protocol::Bytes key = row.bytes(0);
                         AnnouncedKey one{number, {key.begin(), key.end()}, {row.number(1)}, row.maybe_number(2), {}};
                         if (!row.is_null(3)) one.ended_at = Instant{row.number(3)};
                         return one;
                     });
}

bool under_a_checkpoint(ReadTxn& txn, std::optional<std::int64_t> entry) {
    return entry &&
           txn.first("SELECT 1 FROM audit_checkpoint WHERE size > $1 LIMIT 1", {*entry}, [](const store::Row&) { return true; })
               .has_value();
}

}  // namespace

void require_announced(ReadTxn& txn, const certs::LogKeys& keys) {
    for (const certs::LogKey& key : keys.keys()) {
        const auto row = announced_key(txn, key.number);
        if (row && row->public_key != key.public_key)
            throw LogKeyRefused(certs::log_key_file(key.number) + " is not the key that the log announced as its key " +
                                    std::to_string(key.number) +
                                    (row->entry ? " in entry " + std::to_string(*row->entry) : std::string()) +
                                    ": nobody would believe what it signs",
                                "put the right file back, for example with `entente keys recover` from the newest key escrow");
        const auto same = txn.first("SELECT number FROM log_keys WHERE public_key = $1 AND number <> $2",
                                    {key.public_key, static_cast<std::int64_t>(key.number)},
                                    [](const store::Row& other) { return static_cast<std::uint32_t>(other.number(0)); });
        if (same)
            throw LogKeyRefused(certs::log_key_file(key.number) + " is the key that the log knows as its key " +
                                    std::to_string(*same) + ", under another number",
                                "take that file away");
    }
}

std::vector<std::uint32_t> log_keys_to_destroy(ReadTxn& txn, const certs::LogKeys& keys) {
    std::vector<std::uint32_t> numbers;
    const auto present = keys.keys();
    const auto newest = announced_key(txn, present.back().number);
    const bool handed_over = newest && under_a_checkpoint(txn, newest->entry);
    for (const certs::LogKey& key : present) {
        const auto row = announced_key(txn, key.number);
        if (key.number == present.back().number || !row || !row->ended_at) continue;
        // Until a checkpoint covers the entry that announces the newest, the one that it followed is still to sign it: readers
        // follow from there. What ended before the newest was made has nothing to hand over: it came back from somewhere.
        if (newest && !handed_over && *row->ended_at >= newest->made_at) continue;
        numbers.push_back(key.number);
    }
    return numbers;
}

namespace {

std::string way_to_the_newest_key(ReadTxn& txn, const certs::LogKeys& keys) {
    if (keys.can_change())
        return "bring the newest key back, for example with `entente keys recover` from the newest key escrow; if it is lost: "
               "entente "
               "keys log-replace";
    return "bring the newest key back as a credential of the service; if it is lost, make one, give it as " +
           certs::log_key_file(greatest_log_key(txn) + 1) + ", and tell partners and witnesses yourself";
}

}  // namespace

std::vector<std::uint32_t> check_log_keys(ReadTxn& txn, const certs::LogKeys& keys) {
    require_announced(txn, keys);
    const std::uint32_t there = keys.keys().back().number;
    const auto standing = standing_log_keys(txn);
    if (!standing.empty() && standing.back().number > there)
        throw LogKeyRefused(
            certs::log_key_file(standing.back().number) +
                ", the newest key that the log announced, is not there: those who "
                "know it alone would believe nothing that is signed without it (do the keys come from an old escrow?)",
            way_to_the_newest_key(txn, keys));
    const auto newest = announced_key(txn, there);
    if (newest && newest->ended_at)
        throw LogKeyRefused(certs::log_key_file(there) + " is key " + std::to_string(there) + " of the log, which ended at " +
                                protocol::to_rfc3339(*newest->ended_at) +
                                ": it must never sign again, and no newer one is there (does it come from an old key escrow?)",
                            standing.empty() ? way_to_the_newest_key(txn, keys)
                                             : "take it away: " + certs::log_key_file(standing.back().number) + " signs");
    auto ended = log_keys_to_destroy(txn, keys);
    if (!ended.empty() && !keys.can_change())
        throw LogKeyRefused("the credential " + certs::log_key_file(ended.front()) + " is key " + std::to_string(ended.front()) +
                                " of the log, which has ended: it must never sign again",
                            "remove that credential from the service, and every copy of the key");
    return ended;
}

Result<std::vector<Escrow>> list_escrows(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::operator_admin); !allowed) return std::unexpected(allowed.error());
    std::vector<Escrow> all;
    txn.each(
        "SELECT id, made_at, digest, recipients, generations, log_keys, root_keys FROM key_escrows ORDER BY id DESC LIMIT 1000", {},
        [&](const store::Row& row) {
            all.push_back({.id = row.number(0),
                           .made_at = {row.number(1)},
                           .digest = protocol::hex(row.bytes(2)),
                           .recipients = split_words(row.text(3)),
                           .generations = split_words(row.text(4)),
                           .log_keys = split_words(row.text(5)),
                           .root_keys = std::string(row.text(6)),
                           .state = {}});
        });
    const auto generations = known_generations(txn, context);
    const auto log_keys = known_log_keys(txn, context);
    for (Escrow& escrow : all) escrow.state = escrow_state(escrow, generations, log_keys, context.tools.root_keys_name);
    return all;
}

Audited<Escrow> note_escrow(Txn& txn, const Context& context, const Caller& caller, const EscrowInput& input) {
    audit::Record record = record_of(caller, "keys.escrow", audit::Class::entity_management, audit::activity_create);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<Escrow>(std::move(record), allowed.error());
    for (const std::string& recipient : input.recipients)
        if (!certs::parse_age_recipient(recipient))
            return refused<Escrow>(std::move(record),
                                   protocol::invalid_members({{"/recipients", "age", "must be public keys of age (age1...)"}}));
    Escrow made{
        .id = txn.first("SELECT COALESCE(MAX(id), 0) + 1 FROM key_escrows", {}, [](const store::Row& row) { return row.number(0); })
                  .value_or(1),
        .made_at = context.now,
        .digest = protocol::hex(input.digest),
        .recipients = input.recipients,
        .generations = numbers_as_text(input.generations),
        .log_keys = numbers_as_text(input.log_keys),
        .root_keys = input.root_keys,
        .state = {}};
    txn.change(
        "INSERT INTO key_escrows (id, made_at, digest, recipients, generations, log_keys, root_keys) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {made.id, made.made_at.us, protocol::Bytes(input.digest), joined(made.recipients), joined(made.generations),
         joined(made.log_keys), made.root_keys});
    made.state = escrow_state(made, known_generations(txn, context), known_log_keys(txn, context), context.tools.root_keys_name);
    record.resources.push_back({"key_escrow", std::to_string(made.id)});
    record.decision = protocol::CanonicalObject()
                          .set("digest", made.digest)
                          .set("generations", joined(made.generations))
                          .set("log_keys", joined(made.log_keys))
                          .set("recipients", joined(made.recipients))
                          .set("root_keys", made.root_keys)
                          .text();
    return {std::move(made), std::move(record)};
}

}  // namespace entente::operations
