#include "server/operations/keys.hpp"

#include <algorithm>

#include "protocol/canonical.hpp"
#include "server/audit/format/leaf.hpp"

namespace entente::operations {

using policy::Operation;

namespace {

constexpr std::int64_t day_s = 86'400;
constexpr std::size_t keys_at_once = 200;

std::string generation_name(std::uint32_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return "kek-" + digits;
}

void about(audit::Record& record, std::uint32_t number, audit::KeyAction action) {
    record.kind = static_cast<std::uint8_t>(audit::Kind::key);
    record.extension = audit::encode_extension(
        audit::KeyChange{.purpose = audit::KeyPurpose::kek_generation, .action = action, .name = generation_name(number)});
    record.resources.push_back({"key_generation", std::to_string(number)});
}

void note(Txn& txn, std::uint32_t number, Instant now) {
    txn.change("INSERT INTO key_generations (generation, made_at) VALUES ($1, $2) ON CONFLICT (generation) DO NOTHING",
               {static_cast<std::int64_t>(number), now.us});
}

void note_end(Txn& txn, std::uint32_t number, Instant now) {
    txn.change("UPDATE key_generations SET destroyed_at = $2 WHERE generation = $1 AND destroyed_at IS NULL",
               {static_cast<std::int64_t>(number), now.us});
}

Error keys_from_outside() {
    return {.kind = ErrorKind::wrong_state,
            .code = "keys_from_outside",
            .message = "the gateway cannot change its keys: they are credentials of the service, or their folder is read-only",
            .next_step = "add or remove the credential kek-NNNN.key of the service, or make keys.folder writable, and restart it"};
}

}  // namespace

audit::Record key_record(std::string operation, std::uint8_t activity) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = audit::Class::entity_management;
    record.activity = activity;
    record.authentication = "none";
    record.role = "gateway";
    return record;
}

std::vector<Generation> known_generations(ReadTxn& txn, const Context& context) {
    const certs::KeyProvider& provider = context.tools.vault.provider();
    const auto present = provider.generations();
    std::vector<Generation> all;
    txn.each(
        "SELECT g.generation, g.made_at, g.destroyed_at, (SELECT COUNT(*) FROM owner_key o WHERE o.generation = g.generation AND"
        " o.destroyed = 0) FROM key_generations g ORDER BY g.generation",
        {}, [&](const store::Row& row) {
            Generation one{.number = static_cast<std::uint32_t>(row.number(0)), .made_at = {row.number(1)}};
            if (!row.is_null(2)) one.destroyed_at = Instant{row.number(2)};
            one.owner_keys = row.number(3);
            one.current = one.number == provider.current_generation();
            one.present = std::ranges::find(present, one.number) != present.end();
            all.push_back(one);
        });
    return all;
}

Result<std::vector<Generation>> list_generations(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::operator_admin); !allowed) return std::unexpected(allowed.error());
    return known_generations(txn, context);
}

Audited<Generation> new_generation(Txn& txn, const Context& context, const Caller& caller) {
    audit::Record record = record_of(caller, "keys.generation.add", audit::Class::entity_management, audit::activity_create);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<Generation>(std::move(record), allowed.error());
    if (!context.tools.vault.provider().can_change()) return refused<Generation>(std::move(record), keys_from_outside());
    // Should the record fail, the provider has one generation more than is known: the next round notes it.
    const std::uint32_t number = context.tools.vault.provider().new_generation();
    note(txn, number, context.now);
    about(record, number, audit::KeyAction::add);
    return {Generation{.number = number, .made_at = context.now, .current = true, .present = true}, std::move(record)};
}

Audited<Generation> end_generation(Txn& txn, const Context& context, const Caller& caller, std::uint32_t number) {
    audit::Record record = record_of(caller, "keys.generation.end", audit::Class::entity_management, audit::activity_delete);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<Generation>(std::move(record), allowed.error());
    if (!context.tools.vault.provider().can_change()) return refused<Generation>(std::move(record), keys_from_outside());
    const auto all = known_generations(txn, context);
    const auto found = std::ranges::find(all, number, &Generation::number);
    if (found == all.end() || found->destroyed_at)
        return refused<Generation>(std::move(record), {.kind = ErrorKind::not_found,
                                                       .code = "key_generation_not_found",
                                                       .message = "there is no such key generation, or it has ended"});
    if (found->current || found->owner_keys > 0)
        return refused<Generation>(
            std::move(record),
            {.kind = ErrorKind::wrong_state,
             .code = "key_generation_in_use",
             .message = found->current ? "this is the current key generation"
                                       : std::to_string(found->owner_keys) + " keys still hang on this generation",
             .next_step = found->current ? "make a new one first: entente keys rotate" : "wait until they are wrapped again"});
    Generation ended = *found;
    ended.destroyed_at = context.now;
    note_end(txn, number, context.now);
    about(record, number, audit::KeyAction::retire);
    return {ended, std::move(record)};
}

std::vector<audit::Record> tend_generations(Txn& txn, const Context& context, std::int64_t period_days) {
    std::vector<audit::Record> records;
    const auto take_up = [&](std::uint32_t number) {
        note(txn, number, context.now);
        records.push_back(key_record("keys.generation.add", audit::activity_create));
        about(records.back(), number, audit::KeyAction::add);
    };
    certs::KeyProvider& provider = context.tools.vault.provider();
    auto known = known_generations(txn, context);
    for (const std::uint32_t number : provider.generations())
        if (std::ranges::find(known, number, &Generation::number) == known.end()) take_up(number);
    if (!records.empty()) known = known_generations(txn, context);
    if (period_days <= 0 || !provider.can_change()) return records;
    const auto current = std::ranges::find_if(known, &Generation::current);
    if (current == known.end() || context.now < current->made_at.plus_seconds(period_days * day_s / 2)) return records;
    take_up(provider.new_generation());
    return records;
}

std::vector<audit::Record> rewrap_owner_keys(Txn& txn, const Context& context) {
    const std::size_t wrapped = context.tools.vault.rewrap(txn, keys_at_once);
    if (wrapped == 0) return {};
    audit::Record record = key_record("keys.rewrap", audit::activity_update);
    record.decision = protocol::CanonicalObject()
                          .set("generation", static_cast<std::int64_t>(context.tools.vault.provider().current_generation()))
                          .set("owner_keys", static_cast<std::int64_t>(wrapped))
                          .text();
    return {std::move(record)};
}

std::vector<audit::Record> renew_owner_keys(Txn& txn, const Context& context) {
    const std::size_t retired = context.tools.vault.retire_old(txn, context.now.plus_seconds(-365 * day_s), keys_at_once);
    if (retired == 0) return {};
    audit::Record record = key_record("keys.retire", audit::activity_update);
    record.decision = protocol::CanonicalObject().set("owner_keys", static_cast<std::int64_t>(retired)).text();
    return {std::move(record)};
}

std::vector<audit::Record> end_old_generations(Txn& txn, const Context& context, std::int64_t period_days) {
    std::vector<audit::Record> records;
    if (period_days <= 0 || !context.tools.vault.provider().can_change()) return records;
    for (const Generation& one : known_generations(txn, context)) {
        if (one.current || one.destroyed_at || one.owner_keys > 0) continue;
        if (context.now < one.made_at.plus_seconds(period_days * day_s)) continue;
        note_end(txn, one.number, context.now);
        records.push_back(key_record("keys.generation.end", audit::activity_delete));
        about(records.back(), one.number, audit::KeyAction::retire);
    }
    return records;
}

std::vector<std::uint32_t> generations_to_destroy(ReadTxn& txn, const Context& context) {
    std::vector<std::uint32_t> numbers;
    for (const Generation& one : known_generations(txn, context))
        if (one.destroyed_at && one.present && !one.current && one.owner_keys == 0) numbers.push_back(one.number);
    return numbers;
}

}  // namespace entente::operations
