// The engine as a whole: is it the one that we need, and does it encrypt.

#include <sqlite3.h>

#include <charconv>
#include <mutex>

#include "certs/secret.hpp"
#include "protocol/result.hpp"
#include "server/store/sqlcipher_connection.hpp"

namespace entente::store {

using protocol::Bytes;
using protocol::Fault;

// Global counters of the allocator cost 1.6 times on cached reads with two threads; nothing here reads them.
void initialize_engine() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        if (sqlite3_initialize() != SQLITE_OK) throw Fault("the SQLCipher library does not initialise");
    });
}

void check_engine() {
    initialize_engine();
    sqlite3* memory = nullptr;
    sqlite3_open(":memory:", &memory);
    std::string version;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(memory, "PRAGMA cipher_version", -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        // Nothing where there is no memory for it.
        if (const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)); text != nullptr) version = text;
    }
    sqlite3_finalize(statement);
    sqlite3_close(memory);

    int major = 0;
    int minor = 0;
    if (version.empty()) throw Fault("the linked SQLite does not encrypt: it is not SQLCipher");
    const char* const end = version.data() + version.size();
    const auto dot = std::from_chars(version.data(), end, major).ptr;
    if (dot != end) std::from_chars(dot + 1, end, minor);
    if (major < 4 || (major == 4 && minor < 6)) {
        throw Fault("SQLCipher " + version + " is too old; 4.6 or newer is needed");
    }
    if (sqlite3_compileoption_used("TEMP_STORE=2") == 0 && sqlite3_compileoption_used("TEMP_STORE=3") == 0) {
        throw Fault("the linked SQLCipher may write temporary data to disk in clear; it must be built with TEMP_STORE=2 or 3");
    }
}

void prove_encrypted(const std::filesystem::path& file, Bytes key) {
    const auto readable = [&](Bytes with) {
        try {
            Connection probe(file, with, Access::reader);
            return !probe.ask("SELECT count(*) FROM sqlite_master").empty();
        } catch (const Fault&) {
            return false;
        }
    };
    certs::Secret other = certs::Secret::copy_of(key);
    for (std::uint8_t& byte : other.writable()) byte = static_cast<std::uint8_t>(byte ^ 0x5a);
    if (readable({})) throw Fault("the data file " + file.string() + " can be read without its key");
    if (readable(other.bytes())) throw Fault("the data file " + file.string() + " can be read with any key");
}

}  // namespace entente::store
