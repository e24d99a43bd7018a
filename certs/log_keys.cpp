#include "certs/log_keys.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "certs/key_files.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Fault;

class LogKeyFolder final : public LogKeys {
  public:
    explicit LogKeyFolder(const KeptFolder& keys) : keeper_(keys.keeper), folder_(keys.folder) {
        check_private_folder(folder_);
        for (const std::uint32_t number : log_keys_in(folder_))
            keys_.emplace(number, SigningKey(read_key_file(folder_ / log_key_file(number), keeper_).bytes()));
        if (keys_.empty()) throw Fault(folder_.string() + ": holds no key of the log (log.key); restore it from the key backup");
    }

    std::vector<LogKey> keys() const override {
        const std::shared_lock hold(mutex_);
        std::vector<LogKey> all;
        all.reserve(keys_.size());
        for (const auto& [number, key] : keys_) all.push_back({number, key.public_key()});
        return all;
    }

    std::optional<Signature> sign(std::uint32_t number, Bytes message) const override {
        const std::shared_lock hold(mutex_);
        const auto found = keys_.find(number);
        if (found == keys_.end()) return std::nullopt;
        return found->second.sign(message);
    }

    bool can_change() const override { return key_folder_changeable({folder_, keeper_}); }

    std::uint32_t new_key(std::uint32_t known) override {
        const std::unique_lock hold(mutex_);
        // A file that somebody put there beside this process has its number, and signs nothing before a start has looked at it.
        std::uint32_t taken = std::max(keys_.rbegin()->first, known);
        for (const std::uint32_t number : log_keys_in(folder_)) taken = std::max(taken, number);
        const std::uint32_t next = taken + 1;
        create_key_file(folder_ / log_key_file(next));
        keys_.emplace(next, SigningKey(read_key_file(folder_ / log_key_file(next)).bytes()));
        return next;
    }

    void destroy(std::uint32_t number) override {
        const std::unique_lock hold(mutex_);
        const auto found = keys_.find(number);
        if (found == keys_.end()) return;
        if (std::next(found) == keys_.end())
            throw Fault("key " + std::to_string(number) + " of the log is the newest one; make another before destroying it");
        destroy_private_file(folder_ / log_key_file(number));
        keys_.erase(found);
    }

  private:
    const Keeper keeper_;
    const std::filesystem::path folder_;
    mutable std::shared_mutex mutex_;
    std::map<std::uint32_t, SigningKey> keys_;
};

}  // namespace

std::unique_ptr<LogKeys> open_log_keys(const KeptFolder& keys) {
    return std::make_unique<LogKeyFolder>(keys);
}

}  // namespace entente::certs
