// Database files outside of a running store: a copy under examination, and making one.

#include <charconv>
#include <string_view>

#include "certs/files.hpp"
#include "protocol/result.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/sqlcipher_connection.hpp"

namespace entente::store {

using protocol::Fault;

namespace {

Access access_to(const std::filesystem::path& file) {
    return DataFolder::in_use(std::filesystem::absolute(file).parent_path()) ? Access::reader : Access::copy;
}

class File final : public DatabaseFile {
  public:
    File(std::filesystem::path file, protocol::Bytes key) : file_(std::move(file)), key_(certs::Secret::copy_of(key)) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(file_, ignored)) throw Fault("there is no file " + file_.string());
        connect();
        try {
            connection_->ask("SELECT count(*) FROM sqlite_master");
        } catch (const Fault&) {
            // With the right key only the damaged pages fail to authenticate; then reads say which answers they cost.
            const auto damaged = damaged_pages();
            if (damaged.empty() || damaged.front() == 1) {
                throw Fault(file_.string() + std::string(not_readable));
            }
        }
    }

    void read(const ReadWork& work) override {
        if (!connection_) connect();
        try {
            connection_->begin_read();
            work(*connection_);
            connection_->rollback();
        } catch (const std::exception&) {
            // After a page that does not authenticate the engine refuses everything on this connection.
            connection_.reset();
            throw;
        }
    }

    std::optional<LogPlace> write_back() override {
        if (access_to(file_) == Access::copy) return LogPlace{};
        return Connection(file_, key_.bytes(), Access::upkeep).write_back();
    }

    std::vector<std::int64_t> damaged_pages() override {
        connect();
        std::vector<std::int64_t> pages;
        connection_->each("PRAGMA cipher_integrity_check", {}, [&](const Row& row) {
            constexpr std::string_view prefix = "HMAC verification failed for page ";
            std::string_view text = row.text(0);
            if (!text.starts_with(prefix)) return;
            text.remove_prefix(prefix.size());
            std::int64_t page = 0;
            if (std::from_chars(text.data(), text.data() + text.size(), page).ec == std::errc{}) pages.push_back(page);
        });
        return pages;
    }

    std::vector<std::string> unreadable_tables() override {
        connect();
        std::vector<std::string> all, unreadable;
        connection_->each("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", {},
                          [&](const Row& row) { all.emplace_back(row.text(0)); });
        for (const std::string& table : all) {
            try {
                // Every column of every row, so every page of the table.
                connection_->each("SELECT * FROM " + table + " NOT INDEXED", {}, [](const Row&) {});
            } catch (const Fault&) {
                unreadable.push_back(table);
                connect();
            }
        }
        return unreadable;
    }

    std::optional<std::int64_t> find_page(protocol::Bytes bytes) override {
        connect();
        return connection_->find_page(bytes);
    }

  private:
    void connect() {
        connection_.reset();
        connection_ = std::make_unique<Connection>(file_, key_.bytes(), access_to(file_));
    }

    std::filesystem::path file_;
    certs::Secret key_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<DatabaseFile> open_database_file(const std::filesystem::path& file, protocol::Bytes key) {
    check_engine();
    return std::make_unique<File>(file, key);
}

void copy_database(const std::filesystem::path& file, protocol::Bytes key, const std::filesystem::path& target) {
    Connection connection(file, key, access_to(file));
    certs::create_private_file(target, {});  // before the engine opens it, so that it is nobody else's from the first byte
    try {
        connection.copy_to(target);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(target, ignored);
        throw;
    }
}

}  // namespace entente::store
