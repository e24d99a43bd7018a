#include "server/store/settle_keys.hpp"

#include "certs/keys.hpp"
#include "protocol/result.hpp"
#include "server/store/rekey.hpp"
#include "server/store/sqlcipher_connection.hpp"

namespace entente::store {

namespace {

void settle_database_key(const std::filesystem::path& folder, const std::filesystem::path& file) {
    const auto next = certs::next_database_key(folder);
    if (!next) return;
    const auto keys = certs::open_key_folder(folder);
    if (!std::filesystem::exists(file) || opens_with(file, certs::DerivedKeys(*keys).database())) {
        certs::drop_next_database_key(folder);
    } else {
        check_whole(file, next->bytes());
        certs::adopt_next_database_key(folder);
    }
}

// Read as the file lies there: a schema from before there was a name has none.
std::string indexes_under(const std::filesystem::path& folder, const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return {};
    const auto keys = certs::open_key_folder(folder);
    Connection connection(file, certs::DerivedKeys(*keys).database(), Access::copy);
    if (connection.ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'index_key'").empty()) return {};
    return connection.ask("SELECT name FROM index_key WHERE id = 1");
}

}  // namespace

bool settle_key_folder(const std::filesystem::path& folder, const std::filesystem::path& file) {
    settle_database_key(folder, file);
    // A next root is made only once the database has a key of its own, so whichever root it is, the file opens.
    return certs::next_service_root(folder) && certs::settle_service_root(folder, indexes_under(folder, file));
}

void note_index_key(Txn& txn, std::string_view name, protocol::Instant now) {
    txn.change(
        "INSERT INTO index_key (id, name, made_at) VALUES (1, $1, $2)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, made_at = excluded.made_at",
        {name, now.us});
}

void check_index_key(ReadTxn& txn, protocol::Bytes index_key) {
    const auto name =
        txn.first("SELECT name FROM index_key WHERE id = 1", {}, [](const Row& row) { return std::string(row.text(0)); });
    if (name && *name != certs::index_key_name(index_key))
        throw protocol::Fault(
            "the keys folder is from before or after a renewal of the service root that these data do not know of; restore the "
            "folder and the data from the same time");
}

}  // namespace entente::store
