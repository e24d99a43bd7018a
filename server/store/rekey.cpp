#include "server/store/rekey.hpp"

#include "protocol/result.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/sqlcipher_connection.hpp"

namespace entente::store {

using protocol::Bytes;
using protocol::Fault;

void rekey_database(const std::filesystem::path& file, Bytes old_key, Bytes new_key) {
    Connection(file, old_key, Access::writer).rekey(new_key);
}

bool opens_with(const std::filesystem::path& file, Bytes key) {
    try {
        return !Connection(file, key, Access::copy).ask("SELECT count(*) FROM sqlite_master").empty();
    } catch (const Fault&) {
        return false;
    }
}

void check_whole(const std::filesystem::path& file, Bytes key) {
    // A change that was interrupted has its pages in the log beside the file, and the file itself still under the key before. What
    // follows looks at the file alone.
    if (!Connection(file, key, Access::writer).checkpoint_truncate())
        throw Fault(file.string() + " is in use by another process, so its log file cannot be written back");
    const auto pages = open_database_file(file, key)->damaged_pages();
    if (!pages.empty()) throw Fault("page " + std::to_string(pages.front()) + " of " + file.string() + " is damaged");
    const std::string found = Connection(file, key, Access::copy).ask("PRAGMA integrity_check");
    if (found != "ok") throw Fault(file.string() + ": " + found);
}

}  // namespace entente::store
