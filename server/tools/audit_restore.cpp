// entente audit restore: the deliberate way on after data were put back from a backup. What was published since is lost here and
// known elsewhere, so the log goes on under a new name, and its first entry there names what the old one had published last.

#include <algorithm>
#include <ostream>

#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "certs/random.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/proofs.hpp"
#include "server/audit/log/verify.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

// 20261127T175711Z: a name that no other restore of this log gets.
std::string compact(protocol::Instant now) {
    constexpr std::int64_t second_us = 1'000'000;
    std::string text = protocol::to_rfc3339({now.us / second_us * second_us});
    text = text.substr(0, text.find_first_of(".Z"));
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text + "Z";
}

// The newest checkpoint that any anchor holds.
std::optional<audit::Checkpoint> newest_anchor(const std::vector<std::filesystem::path>& anchors, const certs::LogKeys& log_keys) {
    std::optional<audit::Checkpoint> newest;
    for (const std::filesystem::path& file : anchors) {
        if (!std::filesystem::exists(file)) continue;
        const certs::Secret bytes = certs::read_private_file(file, audit::note_bytes_max);
        const auto note = audit::parse_note(protocol::as_text(bytes.bytes()));
        const auto checkpoint = note ? audit::parse_checkpoint(note->text) : std::unexpected(note.error());
        if (!checkpoint) throw Stop(exit_code::refused, file.string() + " is damaged: " + checkpoint.error().message);
        std::vector<audit::VerifierKey> keys;
        for (const certs::LogKey& key : log_keys.keys())
            keys.push_back({checkpoint->origin, audit::KeyType::ed25519, key.public_key});
        if (!audit::verify_note(*note, keys)) throw Stop(exit_code::refused, file.string() + " is not signed by the log's key");
        if (!newest || newest->size < checkpoint->size) newest = *checkpoint;
    }
    return newest;
}

struct Before {
    audit::HeadRow head;
    bool holds_all = false;  // what was published is the beginning of what is here
};

Before look(store::Store& store, store::Vault& vault, const audit::Checkpoint& published) {
    Before before;
    store::read_and_wait(store, [&](store::ReadTxn& txn) {
        audit::check_at_start(txn, vault);
        const auto head = audit::read_head(txn);
        if (!head) throw Stop(exit_code::refused, "the data hold no audit log");
        before.head = *head;
        audit::Proofs proofs;
        before.holds_all =
            published.size <= static_cast<std::uint64_t>(head->size) && proofs.root(txn, published.size) == published.root;
    });
    return before;
}

audit::Record record_of_restore(const audit::Checkpoint& published, const Before& before, const std::string& origin) {
    audit::Record record;
    record.operation = "log.restore";
    record.class_uid = audit::Class::detection_finding;
    record.activity = audit::activity_create;
    record.reason = "restored_on_purpose";
    record.authentication = "local";
    record.role = "gateway";
    record.decision = protocol::CanonicalObject{}
                          .set("restore", protocol::CanonicalObject{}
                                              .set("kept", before.head.size)
                                              .set("origin", origin)
                                              .set("previous_origin", published.origin)
                                              .set("published", static_cast<std::int64_t>(published.size)))
                          .text();
    return record;
}

int restore(Context& context) {
    const std::optional<Places> places = find_places(context.address().config_file);
    if (!places)
        throw Stop(exit_code::configuration, "the keys are needed, and no configuration says where they are", "give --config FILE");
    const protocol::Result<Config> config = load_config(places->config_file);
    if (!config) throw Stop(exit_code::configuration, config.error().message);
    if (store::DataFolder::in_use(places->data_folder)) throw Stop(exit_code::refused, "the gateway runs; stop it first");
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(places->keys_folder);
    std::vector<std::filesystem::path> anchors{places->keys_folder / "anchor"};
    if (!config->audit.anchor.empty()) anchors.push_back(config->audit.anchor);
    const auto published = newest_anchor(anchors, *certs::open_log_keys(places->keys_folder));
    if (!published) throw Stop(exit_code::refused, "there is no anchor, so nothing was published that could be missing");

    const certs::DerivedKeys derived(*keys);
    const auto log_id = audit::log_id(config->published.origin);
    store::Vault vault(*keys, derived.index(), log_id);
    const SystemClock clock;
    audit::Appender appender(
        vault, config->published.origin, log_id, [&] { return clock.now(); },
        [](std::span<std::uint8_t> out) { certs::random_bytes(out); });
    store::SqlcipherOptions options;
    options.file = places->data_folder / "entente.db";
    options.key = certs::Secret::copy_of(derived.database());
    const auto store = store::open_sqlcipher(
        std::move(options), [&](store::Txn& txn, std::span<const audit::Record> records) { return appender.append(txn, records); });
    const Before before = look(*store, vault, *published);
    if (before.holds_all) {
        throw Stop(exit_code::refused, "nothing was put back: the log has " + std::to_string(before.head.size) +
                                           " records and begins with the " + std::to_string(published->size) +
                                           " that were published");
    }
    const std::string origin = config->published.origin + "/restored-" + compact(clock.now());
    if (!audit::valid_origin(origin)) throw Stop(exit_code::configuration, "public.origin is too long to get an addition");
    appender.restart({published->origin, published->size, published->root});
    const store::Commit commit = store::submit_and_wait(*store, [&](store::Txn& txn) -> store::Written {
        txn.change("INSERT INTO audit_origin (since, origin) VALUES ($1, $2)", {before.head.size, origin});
        return {.records = {record_of_restore(*published, before, origin)}};
    });
    if (!commit.durable) throw Stop(exit_code::broken, "the restart could not be recorded: " + commit.fault);
    store->drain();
    for (const std::filesystem::path& anchor : anchors) {
        if (!std::filesystem::exists(anchor)) continue;
        std::filesystem::rename(anchor, anchor.string() + "-before-" + std::to_string(before.head.size));
    }
    Facts facts;
    facts.add("kept", std::to_string(before.head.size) + " records");
    facts.add("published before", std::to_string(published->size) + " records as " + published->origin);
    facts.add("goes on as", origin);
    context.out() << facts.print(context.paint(), context.width());
    context.note("Tell partners and witnesses the new name; `entente audit checkpoint` shows its key once the gateway runs.");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> audit_restore_commands() {
    return {
        {.path = "audit restore",
         .summary = "Go on with data from a backup on purpose: the log gets a new name and says what was published before",
         .example = "  entente audit restore --config /etc/entente/entente.toml",
         .caller = Caller::nobody,
         .options = {value("config", "FILE", "configuration of the gateway on this machine")},
         .run = restore},
    };
}

}  // namespace entente::tools
