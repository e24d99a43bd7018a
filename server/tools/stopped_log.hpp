#pragma once
// The audit log of a gateway that does not run, opened with its keys: for the commands after which the log goes on under another
// name (audit restore, keys log-compromised).

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"
#include "server/tools/context.hpp"

namespace entente::tools {

// Throws Stop: the gateway runs.
void require_stopped(const Config& config);

struct StoppedLog {
    explicit StoppedLog(Config settings);  // with its keys found (config_with_keys)

    // Throws Tampered, and Stop where there is no log.
    audit::HeadRow checked_head();
    // gw.example.com/audit/restored-20261127T175711Z: a name that this log never had. Throws Stop.
    std::string next_name(std::string_view why);
    // Durable when it returns: the first entry under the next name says what was published under the one before. `records` follow
    // it. Throws Stop.
    void go_on_as(const std::string& name, std::int64_t kept, const audit::LogStart::Previous& previous,
                  const std::function<std::vector<audit::Record>(store::Txn&)>& records);
    // Where an anchor lies once the log of so many entries goes on under another name.
    static std::filesystem::path aside(const std::filesystem::path& anchor, std::int64_t kept);
    void put_anchors_aside(std::int64_t kept) const;

    Config config;
    std::vector<std::filesystem::path> anchors;  // whether or not they exist
    std::unique_ptr<certs::KeyProvider> keys;
    std::shared_ptr<certs::LogKeys> log_keys;
    certs::DerivedKeys derived;
    protocol::Hash log_id;
    store::Vault vault;
    SystemClock clock;
    audit::Appender appender;
    std::unique_ptr<store::SqlcipherStore> store;
};

}  // namespace entente::tools
