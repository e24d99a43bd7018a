#include "server/store/sqlcipher_upkeep.hpp"

#include "protocol/result.hpp"

namespace entente::store {

using protocol::Fault;

Checkpointer::Checkpointer(const std::filesystem::path& file, protocol::Bytes key, Counters& counters)
    : connection_(file, key, Access::upkeep), counters_(counters), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

void Checkpointer::wake() {
    {
        const std::lock_guard guard(mutex_);
        wanted_ = true;
    }
    changed_.notify_one();
}

void Checkpointer::loop(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [&] { return wanted_; })) return;
            wanted_ = false;
        }
        try {
            const auto place = connection_.write_back();
            if (place && place->written > 0) counters_.update([](Stats& stats) { ++stats.checkpoints; });
        } catch (const Fault&) {
            // The log keeps every page; the writer meets the disk's trouble itself.
            counters_.update([](Stats& stats) { ++stats.upkeep_failed; });
        }
    }
}

void migrate(Connection& connection, const SqlcipherOptions& options) {
    std::vector<Applied> applied;
    if (!connection.ask("SELECT name FROM sqlite_master WHERE name = 'schema_migration'").empty()) {
        connection.each("SELECT version, digest FROM schema_migration ORDER BY version", {},
                        [&](const Row& row) { applied.push_back({row.number(0), std::string(row.text(1))}); });
    }
    for (const Migration& migration : pending_migrations(options.migrations, applied)) {
        connection.begin_write();
        try {
            connection.execute(std::string(migration.sql));
            connection.change("INSERT INTO schema_migration (version, name, digest, applied_at) VALUES ($1, $2, $3, $4)",
                              {migration.version, migration.name, migration_digest(migration), options.now ? options.now().us : 0});
            connection.commit();
        } catch (const std::exception& fault) {
            connection.rollback();
            throw Fault("migration " + std::to_string(migration.version) + " (" + std::string(migration.name) +
                        ") fails: " + fault.what());
        }
    }
}

}  // namespace entente::store
