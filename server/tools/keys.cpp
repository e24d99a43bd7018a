// entente keys list, add, rekey and renew-root: the key generations in the keys folder. Works on the files, not through the API:
// whoever may read the keys may do this, and nobody else.

#include <ostream>

#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "protocol/encoding.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/rekey.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

std::filesystem::path folder_of(Context& context) {
    std::string config = context.text("config");
    if (config.empty()) config = context.world().environment("ENTENTE_CONFIG").value_or("");
    const std::optional<Places> places = find_places(config);
    if (!places) throw Stop(exit_code::configuration, "no configuration was found", "give --config FILE");
    return places->keys_folder;
}

int list(Context& context) {
    const std::filesystem::path folder = folder_of(context);
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(folder);
    const std::string log_key = protocol::hex(certs::open_log_keys(folder)->keys().back().public_key);
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
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(folder_of(context));
    context.out() << "generation " << keys->new_generation() << " is the current one when the gateway starts next\n";
    context.note("Back up the keys folder now, apart from the data. Older generations stay readable until they are destroyed.");
    return exit_code::ok;
}

std::filesystem::path database_of(Context& context) {
    std::string config = context.text("config");
    if (config.empty()) config = context.world().environment("ENTENTE_CONFIG").value_or("");
    const std::filesystem::path file = std::filesystem::absolute(find_places(config)->data_folder / "entente.db");
    if (!std::filesystem::exists(file)) throw Stop(exit_code::configuration, "there is no database at " + file.string());
    return file;
}

// Both keys lie in the folder until the file was checked whole under the new one; a start of the gateway finishes what was
// interrupted. Whoever calls holds the data folder, so that no gateway starts meanwhile.
void rekeyed(const std::filesystem::path& file, const std::filesystem::path& folder) {
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
    const std::filesystem::path folder = folder_of(context);
    const std::filesystem::path file = database_of(context);
    const store::DataFolder alone(file.parent_path());
    rekeyed(file, folder);
    context.out() << "every page of " << file.string() << " is encrypted under a new key\n";
    context.note("The key is database.key in " + folder.string() +
                 ". Back up the keys folder now; older backups of the data need the older key.");
    return exit_code::ok;
}

int renew_root(Context& context) {
    const std::filesystem::path folder = folder_of(context);
    const std::filesystem::path file = database_of(context);
    const store::DataFolder alone(file.parent_path());  // until the root is another one
    certs::settle_service_root(folder);
    rekeyed(file, folder);  // the database's key may hang on the root that goes
    certs::renew_service_root(folder);
    if (context.flag("forget")) certs::forget_service_root_before(folder);
    context.out() << "the service root is another one, and so is the key of the database\n";
    context.note(
        context.flag("forget")
            ? "Everybody signs in again, and addresses of mails from before are not known any more. Back up the keys folder now."
            : "root.before.key lets tokens, addresses of mails and receipts from before stay good; the next renewal replaces it, "
              "--forget destroys it. Back up the keys folder now.");
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
         .summary = "Another service root and another key of the database; the gateway must not be running",
         .example = "  entente keys renew-root\n  entente keys renew-root --forget   # the old one is known to somebody",
         .caller = Caller::nobody,
         .options = {config, flag("forget", "destroy the one before it: tokens and addresses from before are no good any more")},
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
