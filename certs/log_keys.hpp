#pragma once
// The keys that sign checkpoints of the audit log (audit and crypto reference, sections 8, 11 and 17): apart from all others,
// behind a seam of their own, so that they may stay in a token or an agent that signs without giving them out.
//
// The newest signs; older ones sign beside it until they are destroyed, so that readers have time to learn the newest. The folder
// keeps log.key and after it log-0002.key, log-0003.key, ... each 32 random bytes, 0600. Any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "certs/files.hpp"
#include "certs/sign.hpp"

namespace entente::certs {

struct LogKey {
    std::uint32_t number = 0;  // from 1; never given twice
    Blob public_key;           // Ed25519, 32 bytes
};

class LogKeys {
  public:
    LogKeys() = default;
    LogKeys(const LogKeys&) = delete;
    LogKeys& operator=(const LogKeys&) = delete;
    virtual ~LogKeys() = default;

    virtual std::vector<LogKey> keys() const = 0;  // at least one, ascending: the last is the newest
    // Nothing: there is no such key, or no more.
    virtual std::optional<Signature> sign(std::uint32_t number, Bytes message) const = 0;
    // False: keys are made and destroyed where they come from, and seen after a restart.
    virtual bool can_change() const = 0;
    // Durable before it returns, and the newest from now on. Its number is above `known`, the greatest that the log knows: a folder
    // that came back from an older escrow lacks keys, and their numbers stay theirs.
    virtual std::uint32_t new_key(std::uint32_t known) = 0;
    // The newest cannot be destroyed: Fault. An unknown one is gone already.
    virtual void destroy(std::uint32_t number) = 0;
};

// Opens the keys of a folder. Faults as open_key_folder.
std::unique_ptr<LogKeys> open_log_keys(const KeptFolder& keys);

}  // namespace entente::certs
