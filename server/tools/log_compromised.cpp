// entente keys log-compromised: somebody else knows a key of the log. The log ends under its name with an entry that says so and a
// last checkpoint over it, the keys are destroyed, and it goes on under another name and another key (audit and crypto reference,
// section 17). What is signed with the old keys from then on is nobody's word any more.
//
// The steps, each durable before the next: 1 freeze, 2 last checkpoint, 3 witnesses, and the checkpoint into files, 4 another key,
// 5 the old ones destroyed, 6 anchors put aside, 7 start under the next name. Run again, it goes on with the first that is missing;
// until 7 no gateway starts (audit::Frozen).

#include <algorithm>
#include <ostream>

#include "certs/files.hpp"
#include "server/audit/log/notary.hpp"
#include "server/deliveries/witness.hpp"
#include "server/operations/log_keys.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/stopped_log.hpp"

namespace entente::tools {
namespace {

namespace fs = std::filesystem;

// What an auditor keeps of the log under its old name.
struct LastWord {
    std::string origin;
    std::int64_t size = 0;
    std::string note;
};

Config config_of_stopped(Context& context) {
    Config config = config_with_key_files(
        context,
        "give partners and witnesses what `entente audit checkpoint` says, replace the credential of the log's key by one "
        "of the next number (log-NNNN.key), restart, and tell them the new key by another way");
    require_stopped(config);
    if (certs::next_database_key(config.keys.folder) || certs::next_service_root(config.keys.folder))
        throw Stop(exit_code::refused, "a change of keys was interrupted", "start the gateway once: it finishes it");
    return config;
}

audit::HeadRow head_of(StoppedLog& log) {
    try {
        return log.checked_head();
    } catch (const audit::Tampered& tampered) {
        throw Stop(exit_code::tampered, std::string("the audit log contradicts itself: ") + tampered.what(),
                   "entente audit verify --file COPY   (on a copy of the database)");
    }
}

void require_changeable(const StoppedLog& log) {
    if (!log.log_keys->can_change())
        throw Stop(exit_code::refused, "the keys cannot be changed: " + log.config.keys.folder.string() + " is not writable");
}

bool is_frozen(StoppedLog& log, std::int64_t size) {
    bool frozen = false;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) { frozen = audit::frozen_since(txn, size).has_value(); });
    return frozen;
}

// What was published must be the beginning of what is here. An earlier run may have put the anchors aside already.
std::unique_ptr<audit::Notary> notary_of(StoppedLog& log, std::int64_t size, bool frozen) {
    audit::NotaryOptions options{.origin = log.config.published.origin, .keys = log.log_keys, .anchors = log.anchors};
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) { audit::add_history(txn, options); });
    for (fs::path& anchor : options.anchors)
        if (frozen && !fs::exists(anchor)) anchor = StoppedLog::aside(anchor, size);
    options.now = [&log] { return log.clock.now(); };
    try {
        return std::make_unique<audit::Notary>(*log.store, std::move(options));
    } catch (const audit::Tampered& tampered) {
        throw Stop(exit_code::refused, tampered.what(), "entente audit restore   (if the data come from a backup)");
    }
}

[[noreturn]] void refuse(const operations::LogKeyRefused& refused) {
    throw Stop(operations::exit_refused_log_key, refused.what(), refused.next_step());
}

void require_announced(StoppedLog& log) {
    try {
        store::read_and_wait(*log.store, [&](store::ReadTxn& txn) { operations::require_announced(txn, *log.log_keys); });
    } catch (const operations::LogKeyRefused& refused) {
        refuse(refused);
    }
}

// As a start of the gateway: what has ended signs nothing. But once the log is frozen every key has ended, and those of that moment
// sign its last checkpoint.
void check_keys(StoppedLog& log, bool frozen) {
    if (frozen) return require_announced(log);
    std::vector<std::uint32_t> ended;
    try {
        store::read_and_wait(*log.store, [&](store::ReadTxn& txn) { ended = operations::check_log_keys(txn, *log.log_keys); });
    } catch (const operations::LogKeyRefused& refused) {
        refuse(refused);
    }
    for (const std::uint32_t number : ended) log.log_keys->destroy(number);
}

void freeze(StoppedLog& log, const std::string& origin) {
    const store::Commit commit = store::submit_and_wait(*log.store, [&](store::Txn& txn) -> store::Written {
        return {.records = operations::freeze_log(txn, *log.log_keys, origin, log.clock.now())};
    });
    if (!commit.durable) throw Stop(exit_code::broken, "the freeze could not be recorded: " + commit.fault);
}

fs::path last_word_beside(const fs::path& anchor, std::int64_t size) {
    return anchor.string() + "-final-" + std::to_string(size);
}

// As many witnesses as answer now; the others can be given the file.
void ask_witnesses(Context& context, StoppedLog& log, audit::Notary& notary, audit::Policy policy) {
    if (policy.witnesses.empty()) return;
    Metrics metrics;
    deliveries::Witnesses witnesses(*log.store, notary, metrics,
                                    {.policy = std::move(policy), .authorities = log.config.audit.witness_authorities});
    witnesses.round();
    if (const std::string why = notary.halted(); !why.empty()) context.note("Take care: " + why + ".");
    if (!notary.cosigned()) context.note("No quorum of witnesses cosigned the last checkpoint. Give it to them by hand.");
}

// Signed, cosigned and kept in files: the database forgets older checkpoints of an hour after a while.
LastWord last_word(Context& context, StoppedLog& log, audit::Notary& notary, audit::Policy policy) {
    notary.round();
    const auto kept = static_cast<std::int64_t>(notary.newest()->checkpoint.size);
    const bool asked =
        std::ranges::all_of(log.anchors, [&](const fs::path& anchor) { return fs::exists(last_word_beside(anchor, kept)); });
    if (!asked) ask_witnesses(context, log, notary, std::move(policy));
    const auto published = notary.newest();
    if (!asked)
        for (const fs::path& anchor : log.anchors)
            certs::replace_private_file(last_word_beside(anchor, kept), protocol::as_bytes(published->note));
    return {published->checkpoint.origin, kept, published->note};
}

// Another key, and nothing left of those before it.
certs::LogKey other_key(StoppedLog& log) {
    bool ended = false;
    std::uint32_t known = 0;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        ended = operations::log_key_ended(txn, log.log_keys->keys().back());
        known = operations::greatest_log_key(txn);
    });
    if (ended) log.log_keys->new_key(known);
    const std::vector<certs::LogKey> all = log.log_keys->keys();
    for (const certs::LogKey& key : all)
        if (key.number != all.back().number) log.log_keys->destroy(key.number);
    return all.back();
}

void tell(Context& context, const StoppedLog& log, const LastWord& last, const std::string& name) {
    const protocol::Blob key = log.log_keys->keys().back().public_key;
    Facts facts;
    facts.add("frozen", std::to_string(last.size) + " records as " + last.origin);
    facts.add("last checkpoint", last_word_beside(log.anchors.front(), last.size).string());
    facts.add("goes on as", name);
    facts.add("new policy line", "log " + audit::format_vkey({name, audit::KeyType::ed25519, key}));
    context.out() << facts.print(context.paint(), context.width()) << "\n" << last.note;
    context.note(
        "Start the gateway. Tell every partner, auditor and witness, by a way that does not hang on the old key: the last "
        "checkpoint, that nothing signed for " +
        last.origin + " beyond it counts, and the new policy line. Then seal the keys again (entente keys escrow).");
}

// An earlier run came to its end, and no gateway ran since: then there is nothing more to freeze.
bool ended_before(Context& context, StoppedLog& log) {
    audit::NotaryOptions history{.origin = log.config.published.origin};
    std::optional<LastWord> last;
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        audit::add_history(txn, history);
        if (history.since == 0 || !audit::frozen_since(txn, history.since)) return;
        // Commands on stopped data write entries and sign none.
        const auto more = txn.first(
            "SELECT 1 FROM audit_entry WHERE idx >= $1 AND operation NOT IN ('log.start', 'clock.alarm', 'keys.log.begin', "
            "'keys.log.add')"
            " LIMIT 1",
            {history.since}, [](const store::Row&) { return true; });
        if (more) return;
        last = txn.first("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1", {}, [&](const store::Row& row) {
            return LastWord{history.earlier_origins.back(), row.number(0), std::string(row.text(1))};
        });
    });
    if (!last || last->size != history.since) return false;
    log.put_anchors_aside(last->size);  // should the disk have forgotten it
    tell(context, log, *last, history.origin);
    return true;
}

int log_compromised(Context& context) {
    StoppedLog log(config_of_stopped(context));
    require_changeable(log);
    audit::Policy policy = deliveries::read_witnesses(log.config.audit.policy);
    const audit::HeadRow head = head_of(log);
    const bool frozen = is_frozen(log, head.size);
    check_keys(log, frozen);
    if (ended_before(context, log)) return exit_code::ok;
    const std::string name = log.next_name("after");
    const std::unique_ptr<audit::Notary> notary = notary_of(log, head.size, frozen);
    if (!frozen) freeze(log, notary->key().name);
    const LastWord last = last_word(context, log, *notary, std::move(policy));
    const audit::Checkpoint covered = notary->newest()->checkpoint;
    const certs::LogKey key = other_key(log);
    log.put_anchors_aside(last.size);
    const audit::LogStart::Previous previous{last.origin, covered.size, covered.root};
    log.go_on_as(name, last.size, previous,
                 [&](store::Txn& txn) { return operations::begin_log_again(txn, key, previous, name, log.clock.now()); });
    tell(context, log, last, name);
    return exit_code::ok;
}

// The newest key is lost: what the folder holds came back from an escrow that is older. Another key signs under the name that the
// log has; where no older one may still vouch for it, readers have to be told by somebody.
int log_replace(Context& context) {
    StoppedLog log(config_of_stopped(context));
    require_changeable(log);
    const audit::HeadRow head = head_of(log);
    if (is_frozen(log, head.size)) throw Stop(exit_code::refused, "the log is frozen", "entente keys log-compromised");
    require_announced(log);
    bool refused = false;
    std::uint32_t known = 0;
    audit::NotaryOptions history{.origin = log.config.published.origin};
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        known = operations::greatest_log_key(txn);
        audit::add_history(txn, history);
        try {
            (void)operations::check_log_keys(txn, *log.log_keys);
        } catch (const operations::LogKeyRefused&) {
            refused = true;
        }
    });
    if (!refused)
        throw Stop(exit_code::refused, "the newest key of the log is there and has not ended",
                   "start the gateway, then: entente keys log-rotate");
    log.log_keys->new_key(known);
    const certs::LogKey key = log.log_keys->keys().back();
    const store::Commit commit = store::submit_and_wait(*log.store, [&](store::Txn& txn) -> store::Written {
        return {.records = operations::end_absent_log_keys(txn, *log.log_keys, history.origin, log.clock.now())};
    });
    if (!commit.durable) throw Stop(exit_code::broken, "the end of the lost key could not be recorded: " + commit.fault);
    check_keys(log, false);
    Facts facts;
    facts.add("key of the log", std::to_string(key.number));
    facts.add("new policy line", "log " + audit::format_vkey({history.origin, audit::KeyType::ed25519, key.public_key}));
    context.out() << facts.print(context.paint(), context.width());
    context.note(
        "Start the gateway: it announces the key. The lost one cannot vouch for it, so tell every partner, auditor and witness the "
        "new "
        "line yourself. Then seal the keys again (entente keys escrow).");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> log_compromised_commands() {
    return {
        {.path = "keys log-compromised",
         .summary =
             "Somebody else knows a key of the log: end the log under its name and go on under another; the gateway must not run",
         .example = "  systemctl stop entente\n  entente keys log-compromised\n  systemctl start entente",
         .caller = Caller::nobody,
         .options = {value("config", "FILE", "configuration of the gateway on this machine")},
         .run = log_compromised},
        {.path = "keys log-replace",
         .summary = "The newest key of the log is lost: make another, and end it; the gateway must not run",
         .example = "  entente keys log-replace\n  systemctl start entente",
         .caller = Caller::nobody,
         .options = {value("config", "FILE", "configuration of the gateway on this machine")},
         .run = log_replace},
    };
}

}  // namespace entente::tools
