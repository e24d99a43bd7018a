#pragma once
// A witness (c2sp.org/tlog-witness): remembers the newest checkpoint of each log that it knows and cosigns only what grew out of
// it. It learns nothing but sizes and roots. Two parties that ask the same witness see the same log, or learn that there are two.
//
// The state is one small file, replaced durably before the cosignature leaves; looking and storing is one step under a lock. A
// witness that lost its state must be given a new key: the old one would cosign a fork. Any thread.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "certs/sign.hpp"
#include "server/audit/format/note.hpp"

namespace entente::audit {

// HTTP's words, because the protocol is defined by them.
struct CosignAnswer {
    int status = 200;
    std::string body;     // 200: cosignature lines; 409: the size that is known, and a newline; else a sentence
    bool forked = false;  // the log showed two histories
};

class Cosigner {
  public:
    // Fault: the state cannot be read, is malformed, or could not be written. It is not written before there is something to keep:
    // another witness that was started by mistake must not put back what the first one has written since.
    Cosigner(std::string name, certs::SigningKey key, std::vector<VerifierKey> logs, std::filesystem::path state,
             std::function<std::uint64_t()> seconds_now);

    CosignAnswer add_checkpoint(std::string_view request);
    VerifierKey key() const;
    // Size known of a log; 0 for one that never came.
    std::uint64_t known_size(const std::string& origin) const;

  private:
    CosignAnswer judge(std::string_view request);
    void store(const std::map<std::string, Checkpoint>& known) const;
    void load();

    const std::string name_;
    const certs::SigningKey key_;
    const std::vector<VerifierKey> logs_;
    const std::filesystem::path state_;
    const std::function<std::uint64_t()> seconds_now_;
    mutable std::mutex mutex_;
    std::map<std::string, Checkpoint> known_;
};

}  // namespace entente::audit
