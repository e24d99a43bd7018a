// entente audit restore: the deliberate way on after data were put back from a backup. What was published since is lost here and
// known elsewhere, so the log goes on under a new name, and its first entry there names what the old one had published last.

#include <ostream>

#include "certs/files.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/log/proofs.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/stopped_log.hpp"

namespace entente::tools {
namespace {

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
    StoppedLog log(config_of_stopped(context));
    const auto published = newest_anchor(log.anchors, *log.log_keys);
    if (!published) throw Stop(exit_code::refused, "there is no anchor, so nothing was published that could be missing");
    const std::int64_t kept = log.checked_head().size;
    if (holds_all(log, *published, kept)) {
        throw Stop(exit_code::refused, "nothing was put back: the log has " + std::to_string(kept) +
                                           " records and begins with the " + std::to_string(published->size) +
                                           " that were published");
    }
    const std::string origin = log.next_name("restored");
    log.go_on_as(origin, kept, {published->origin, published->size, published->root},
                 [&](store::Txn&) { return std::vector{record_of_restore(*published, kept, origin)}; });
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
