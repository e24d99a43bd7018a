#pragma once
// What runs beside the works of the embedded store: counters, the checkpointer, migrations at start.

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

#include "protocol/encoding.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/sqlcipher_connection.hpp"

namespace entente::store {

// Counters behind one lock that is taken once a batch.
class Counters {
  public:
    Stats copy() const {
        const std::lock_guard guard(mutex_);
        return stats_;
    }
    template <class Change>
    void update(Change change) {
        const std::lock_guard guard(mutex_);
        change(stats_);
    }

  private:
    mutable std::mutex mutex_;
    Stats stats_;
};

// Writes the log back into the file on a thread of its own, so that no commit waits for it.
class Checkpointer {
  public:
    Checkpointer(const std::filesystem::path& file, protocol::Bytes key, Counters& counters);
    void wake();

  private:
    void loop(const std::stop_token& stop);

    Connection connection_;
    Counters& counters_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool wanted_ = false;
    std::jthread thread_;  // last: stops before the rest goes
};

// Brings the schema up to date.
void migrate(Connection& connection, const SqlcipherOptions& options);

}  // namespace entente::store
