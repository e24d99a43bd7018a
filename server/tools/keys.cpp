// entente keys list, add, rekey and renew-root: the keys in the keys folder. Works on the files, and on the data of a stopped
// gateway, not through the API: whoever may read the keys may do this, and nobody else.

#include <ostream>

#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/log/verify.hpp"
#include "server/operations/index_renewal.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/rekey.hpp"
#include "server/store/settle_keys.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/stopped_log.hpp"

namespace entente::tools {
namespace {

constexpr std::string_view files_then_credentials =
    "put them into keys.folder with keys.source = folder, renew, and make the credentials anew";

int list(Context& context) {
    const certs::KeptFolder kept = config_with_keys(context).keys.files();
    const std::filesystem::path& folder = kept.folder;
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(kept);
    const std::string log_key = protocol::hex(certs::open_log_keys(kept)->keys().back().public_key);
    if (context.json()) {
        protocol::JsonWriter json;
        json.object().member("folder", folder.string()).member("current", static_cast<std::int64_t>(keys->current_generation()));
        json.key("generations").array();
        for (const std::uint32_t generation : keys->generations()) json.value(static_cast<std::int64_t>(generation));
        json.end().member("logKey", log_key).end();
        context.out() << json.take() << "\n";
        return exit_code::ok;
    }
    Table table({"GENERATION", "USE"});
    for (const std::uint32_t generation : keys->generations()) {
        table.row({std::to_string(generation),
                   generation == keys->current_generation() ? Cell("current", Ink::green) : Cell("older data")});
    }
    context.out() << table.print(context.paint(), context.width());
    context.note("In " + folder.string() + ", owner and modes are in order. Public key of the log: " + log_key);
    return exit_code::ok;
}

int add(Context& context) {
    const Config config = config_with_key_files(context, "add the credential kek-NNNN.key of the service, and restart it");
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.folder);
    context.out() << "generation " << keys->new_generation() << " is the current one when the gateway starts next\n";
    context.note("Back up the keys folder now, apart from the data. Older generations stay readable until they are destroyed.");
    return exit_code::ok;
}

std::filesystem::path database_of(const Config& config) {
    const std::filesystem::path file = std::filesystem::absolute(config.data.folder / "entente.db");
    if (!std::filesystem::exists(file)) throw Stop(exit_code::configuration, "there is no database at " + file.string());
    return file;
}

// Both keys lie in the folder until the file was checked whole under the new one; a start of the gateway finishes what was
// interrupted. No gateway starts meanwhile.
void rekeyed_alone(const std::filesystem::path& folder, const std::filesystem::path& file) {
    const store::DataFolder alone(file.parent_path());
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(folder);
    const certs::DerivedKeys derived(*keys);
    if (certs::next_database_key(folder))
        throw Stop(exit_code::refused, "an earlier change of the key was interrupted", "start the gateway once: it finishes it");
    certs::make_next_database_key(folder);
    const certs::Secret next = *certs::next_database_key(folder);
    store::rekey_database(file, derived.database(), next.bytes());
    store::check_whole(file, next.bytes());
    certs::adopt_next_database_key(folder);
}

int rekey(Context& context) {
    const Config config = config_with_key_files(context, files_then_credentials);
    const std::filesystem::path& folder = config.keys.folder;
    const std::filesystem::path file = database_of(config);
    rekeyed_alone(folder, file);
    context.out() << "every page of " << file.string() << " is encrypted under a new key\n";
    context.note("The key is database.key in " + folder.string() +
                 ". Back up the keys folder now; older backups of the data need the older key.");
    return exit_code::ok;
}

// Before anything is changed: the log must be sound and open, because what is indexed anew is told to it.
void check_log(const Config& config) {
    StoppedLog log(config);
    store::read_and_wait(*log.store, [&](store::ReadTxn& txn) {
        store::check_index_key(txn, log.derived.index());
        try {
            audit::check_at_start(txn, log.vault);
            audit::require_not_frozen(txn);
        } catch (const audit::Tampered& tampered) {
            throw Stop(exit_code::tampered, std::string("the audit log contradicts itself: ") + tampered.what(),
                       "entente audit verify --file COPY   (on a copy of the database)");
        }
    });
}

// One transaction indexes everything anew and says so; from its commit on the next root is the root. Holds the data folder until
// the key files say the same.
operations::IndexedAnew renew_root_and_indexes(Context& context, Config config) {
    StoppedLog log(std::move(config));
    const std::filesystem::path folder = log.config.keys.folder;
    certs::make_next_service_root(folder);
    const certs::DerivedKeys next(certs::next_service_root(folder)->bytes());
    const std::string name = certs::index_key_name(next.index());
    store::Vault vault(*log.keys, next.index(), log.log_id, {}, certs::Secret::copy_of(log.derived.index()));
    operations::IndexedAnew done;
    const store::Commit commit = store::submit_and_wait(*log.store, [&](store::Txn& txn) -> store::Written {
        done = operations::renew_indexes(txn, vault, [&](std::int64_t rows) { context.note(std::to_string(rows) + " rows"); });
        store::note_index_key(txn, name, log.clock.now());
        return {.records = {operations::record_of_renewal(done, name)}};
    });
    certs::settle_service_root(folder, commit.durable ? name : "");
    if (!commit.durable) throw Stop(exit_code::broken, "nothing was renewed but the key of the database: " + commit.fault);
    return done;
}

void tell_renewal(Context& context, const operations::IndexedAnew& done) {
    context.note("Indexed anew: " + std::to_string(done.people) + " people, " + std::to_string(done.customers) + " customers, " +
                 std::to_string(done.cases) + " cases, " + std::to_string(done.authorizations) + " lists of products, " +
                 std::to_string(done.addresses) + " addresses that mails bounced from or went to; left under the key before: " +
                 std::to_string(done.addresses_left));
}

bool settled_alone(const std::filesystem::path& folder, const std::filesystem::path& file) {
    const store::DataFolder alone(file.parent_path());
    return store::settle_key_folder(folder, file);
}

int renew_root(Context& context) {
    Config config = config_with_key_files(context, files_then_credentials);
    require_stopped(config);
    const std::filesystem::path folder = config.keys.folder;
    const std::filesystem::path file = database_of(config);
    if (settled_alone(folder, file)) {
        context.note("An earlier run was interrupted behind its commit: it is ended, and nothing is renewed twice.");
    } else {
        check_log(config);
        rekeyed_alone(folder, file);  // the database's key may hang on the root that goes
        tell_renewal(context, renew_root_and_indexes(context, std::move(config)));
    }
    if (context.flag("forget")) certs::forget_service_root_before(folder);
    context.out() << "the service root is another one, and so are the key of blind indexes and the key of the database\n";
    context.note(
        context.flag("forget")
            ? "Everybody signs in again, addresses of mails from before are not known any more, and requests from before are not "
              "known as repeated. Back up the keys folder now."
            : "root.before.key and index.before.key let tokens, addresses of mails, receipts and repeated requests from before "
              "stay good; the next renewal replaces them, --forget destroys them. Back up the keys folder now.");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> keys_commands() {
    const Option config = value("config", "FILE", "configuration of the gateway on this machine (or ENTENTE_CONFIG)");
    return {
        {.path = "keys list",
         .summary = "List the generations of key encryption keys and check their files",
         .example = "  entente keys list",
         .caller = Caller::nobody,
         .options = {config, flag("json", "as JSON")},
         .run = list},
        {.path = "keys rekey",
         .summary = "Encrypt the database under a new key; the gateway must not be running",
         .example = "  entente keys rekey",
         .caller = Caller::nobody,
         .options = {config},
         .run = rekey},
        {.path = "keys renew-root",
         .summary = "Another service root, key of blind indexes and key of the database; the gateway must not be running",
         .example = "  entente keys renew-root\n  entente keys renew-root --forget   # the old one is known to somebody",
         .caller = Caller::nobody,
         .options = {config,
                     flag("forget", "destroy what was before: tokens, addresses and repeats from before are no good any more")},
         .run = renew_root},
        {.path = "keys add",
         .summary = "Make a new generation; what is sealed from the next start on uses it",
         .example = "  entente keys add",
         .caller = Caller::nobody,
         .options = {config},
         .run = add},
    };
}

}  // namespace entente::tools
