// entente audit restore: the deliberate way on after data were put back from a backup. What was published since is lost here and
// known elsewhere, so the log goes on under a new name, and its first entry there names what the old one had published last.

#include <algorithm>
#include <ostream>

#include "certs/files.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/log/notary.hpp"
#include "server/audit/log/proofs.hpp"
#include "server/operations/log_keys.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/stopped_log.hpp"

namespace entente::tools {
namespace {

// What a turn of the log left beside an anchor (anchor-before-SIZE, anchor-final-SIZE), but for turns that these data tell of.
std::vector<std::filesystem::path> put_aside(StoppedLog& log) {
    std::vector<std::string> known;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        txn.each("SELECT since FROM audit_origin", {},
                 [&](const store::Row& row) { known.push_back(std::to_string(row.number(0))); });
    });
    std::vector<std::filesystem::path> all;
    for (const std::filesystem::path& anchor : log.anchors) {
        const std::string name = anchor.filename().string();
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(anchor.parent_path(), none)) {
            const std::string other = entry.path().filename().string();
            const bool aside = other.starts_with(name + "-before-") || other.starts_with(name + "-final-");
            if (aside && std::ranges::find(known, other.substr(other.rfind('-') + 1)) == known.end()) all.push_back(entry.path());
        }
    }
    return all;
}

// Keys that are there, and those that the log knew.
std::vector<protocol::Blob> keys_of_log(StoppedLog& log) {
    audit::NotaryOptions history;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) { audit::add_history(txn, history); });
    std::vector<protocol::Blob> keys = history.older_keys;
    for (const certs::LogKey& key : log.log_keys->keys()) keys.push_back(key.public_key);
    return keys;
}

// The checkpoint in the file. Throws Stop: it is damaged, or nobody's word here.
audit::Checkpoint anchored(const std::filesystem::path& file, const std::vector<protocol::Blob>& public_keys) {
    const certs::Secret bytes = certs::read_private_file(file, audit::note_bytes_max);
    const auto note = audit::parse_note(protocol::as_text(bytes.bytes()));
    auto checkpoint = note ? audit::parse_checkpoint(note->text) : std::unexpected(note.error());
    if (!checkpoint) throw Stop(exit_code::refused, file.string() + " is damaged: " + checkpoint.error().message);
    std::vector<audit::VerifierKey> keys;
    keys.reserve(public_keys.size());
    for (const protocol::Blob& key : public_keys) keys.push_back({checkpoint->origin, audit::KeyType::ed25519, key});
    if (!audit::verify_note(*note, keys)) throw Stop(exit_code::refused, file.string() + " is not signed by a key of the log");
    return *std::move(checkpoint);
}

// The newest checkpoint that any anchor holds. Where none is left, because no gateway ran since the log turned, those of the turn.
std::optional<audit::Checkpoint> newest_anchor(StoppedLog& log) {
    const std::vector<protocol::Blob> keys = keys_of_log(log);
    std::optional<audit::Checkpoint> newest;
    const auto look_at = [&](const std::filesystem::path& file) {
        auto checkpoint = anchored(file, keys);
        if (!newest || newest->size < checkpoint.size) newest = std::move(checkpoint);
    };
    for (const std::filesystem::path& file : log.anchors)
        if (std::filesystem::exists(file)) look_at(file);
    if (newest) return newest;
    for (const std::filesystem::path& file : put_aside(log)) {
        try {
            look_at(file);
        } catch (const Stop&) {
            continue;  // of a turn that these data know nothing of
        }
    }
    return newest;
}

// What was published is the beginning of what is here.
bool holds_all(StoppedLog& log, const audit::Checkpoint& published, std::int64_t size) {
    bool all = false;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        audit::Proofs proofs;
        all = published.size <= static_cast<std::uint64_t>(size) && proofs.root(txn, published.size) == published.root;
    });
    return all;
}

audit::Record record_of_restore(const audit::Checkpoint& published, std::int64_t kept, const std::string& origin) {
    audit::Record record;
    record.operation = "log.restore";
    record.class_uid = audit::Class::detection_finding;
    record.activity = audit::activity_create;
    record.reason = "restored_on_purpose";
    record.authentication = "local";
    record.role = "gateway";
    record.decision = protocol::CanonicalObject{}
                          .set("restore", protocol::CanonicalObject{}
                                              .set("kept", kept)
                                              .set("origin", origin)
                                              .set("previous_origin", published.origin)
                                              .set("published", static_cast<std::int64_t>(published.size)))
                          .text();
    return record;
}

int restore(Context& context) {
    Config config = config_with_keys(context);
    require_stopped(config);
    StoppedLog log(std::move(config));
    const auto published = newest_anchor(log);
    if (!published) throw Stop(exit_code::refused, "there is no anchor, so nothing was published that could be missing");
    const std::int64_t kept = log.checked_head().size;
    if (holds_all(log, *published, kept)) {
        throw Stop(exit_code::refused, "nothing was put back: the log has " + std::to_string(kept) +
                                           " records and begins with the " + std::to_string(published->size) +
                                           " that were published");
    }
    const std::string origin = log.next_name("restored");
    log.go_on_as(origin, kept, {published->origin, published->size, published->root}, [&](store::Txn& txn) {
        std::vector records{record_of_restore(*published, kept, origin)};
        // What ended after the backup was made did not come back; data that do not know it must not call it standing.
        for (audit::Record& ended : operations::end_absent_log_keys(txn, *log.log_keys, published->origin, log.clock.now()))
            records.push_back(std::move(ended));
        return records;
    });
    log.put_anchors_aside(kept);
    Facts facts;
    facts.add("kept", std::to_string(kept) + " records");
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
