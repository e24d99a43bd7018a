#include "certs/keys.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "certs/random.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Fault;

constexpr std::string_view root_name = "root.key";
constexpr std::string_view log_name = "log.key";
constexpr std::string_view database_name = "database.key";
constexpr std::string_view next_database_name = "database.next.key";

std::string kek_name(std::uint32_t generation) {
    std::string digits = std::to_string(generation);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return "kek-" + digits + ".key";
}

std::optional<std::uint32_t> kek_generation(const std::string& name) {
    if (!name.starts_with("kek-") || !name.ends_with(".key") || name.size() < 12) return std::nullopt;
    std::uint32_t generation = 0;
    const char* const begin = name.data() + 4;
    const char* const end = name.data() + name.size() - 4;
    const auto [stopped, error] = std::from_chars(begin, end, generation);
    // One name a generation: kek-00001.key would be a second one for the first.
    if (error != std::errc() || stopped != end || generation == 0 || kek_name(generation) != name) return std::nullopt;
    return generation;
}

std::vector<std::uint32_t> generations_in(const std::filesystem::path& folder) {
    std::vector<std::uint32_t> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (const auto generation = kek_generation(entry.path().filename().string())) found.push_back(*generation);
    }
    std::ranges::sort(found);
    return found;
}

Secret read_key(const std::filesystem::path& file) {
    Secret key = read_private_file(file, key_size);
    if (key.size() != key_size) throw Fault(file.string() + ": has " + std::to_string(key.size()) + " bytes, a key has 32");
    return key;
}

void create_key(const std::filesystem::path& file) {
    Secret key(key_size);
    random_bytes(key.writable());
    create_private_file(file, key.bytes());
}

Bytes label_bytes(const std::string& label) {
    return {reinterpret_cast<const std::uint8_t*>(label.c_str()), label.size() + 1};
}

Secret derive(Bytes key, const std::string& label, std::size_t size) {
    Blob derived = hkdf_sha256(key, label_bytes("gw-audit/v1/kdf/" + label), size);
    Secret secret = Secret::copy_of(derived);
    wipe(derived);
    return secret;
}

struct Kek {
    Secret key;
    KeyId id{};

    explicit Kek(Secret from) : key(std::move(from)) {
        std::ranges::copy(derive(key.bytes(), "kekid", id.size()).bytes(), id.begin());
    }
};

class KeyFolder final : public KeyProvider {
  public:
    explicit KeyFolder(const std::filesystem::path& folder) : folder_(folder) {
        check_private_folder(folder);
        root_ = read_key(folder / root_name);
        for (const std::uint32_t generation : generations_in(folder))
            keks_.emplace(generation, read_key(folder / kek_name(generation)));
        if (keks_.empty())
            throw Fault(folder.string() + ": holds no key generation (kek-0001.key); restore it from the key backup");
    }

    std::uint32_t current_generation() const override {
        const std::shared_lock hold(mutex_);
        return keks_.rbegin()->first;
    }

    std::vector<std::uint32_t> generations() const override {
        const std::shared_lock hold(mutex_);
        std::vector<std::uint32_t> all;
        all.reserve(keks_.size());
        for (const auto& [generation, kek] : keks_) all.push_back(generation);
        return all;
    }

    Blob wrap(const KeyId& key_id, const Hash& owner, Bytes key) const override {
        const std::shared_lock hold(mutex_);
        const auto& [generation, kek] = *keks_.rbegin();
        return wrap_key(kek.key.bytes(), kek.id, generation, key_id, owner, key, random_array<nonce_size>());
    }

    std::optional<Secret> unwrap(const KeyId& key_id, const Hash& owner, Bytes wrapped) const override {
        const auto wrapping = wrapping_of(wrapped);
        if (!wrapping) return std::nullopt;
        const std::shared_lock hold(mutex_);
        const auto found = keks_.find(wrapping->generation);
        if (found == keks_.end() || found->second.id != wrapping->wrapping_id) return std::nullopt;
        return unwrap_key(found->second.key.bytes(), key_id, owner, wrapped);
    }

    bool can_change() const override { return ::access(folder_.c_str(), W_OK) == 0; }

    std::uint32_t new_generation() override {
        const std::unique_lock hold(mutex_);
        // Somebody may have made one beside this process (entente keys add): it counts, and its number is taken.
        for (const std::uint32_t generation : generations_in(folder_))
            if (!keks_.contains(generation) && generation > keks_.rbegin()->first)
                keks_.emplace(generation, read_key(folder_ / kek_name(generation)));
        const std::uint32_t next = keks_.rbegin()->first + 1;
        const auto file = folder_ / kek_name(next);
        create_key(file);
        keks_.emplace(next, read_key(file));
        return next;
    }

    void destroy_generation(std::uint32_t generation) override {
        const std::unique_lock hold(mutex_);
        const auto found = keks_.find(generation);
        if (found == keks_.end()) return;
        if (std::next(found) == keks_.end()) {
            throw Fault("key generation " + std::to_string(generation) +
                        " is the current one; make a new generation before destroying it");
        }
        destroy_private_file(folder_ / kek_name(generation));
        keks_.erase(found);
    }

    Bytes service_root() const override { return root_.bytes(); }

    std::optional<Secret> database_key() const override {
        const auto file = folder_ / database_name;
        if (!std::filesystem::exists(std::filesystem::symlink_status(file))) return std::nullopt;
        return read_key(file);
    }

  private:
    const std::filesystem::path folder_;
    Secret root_;
    mutable std::shared_mutex mutex_;
    std::map<std::uint32_t, Kek> keks_;
};

}  // namespace

std::unique_ptr<KeyProvider> open_key_folder(const std::filesystem::path& folder) {
    return std::make_unique<KeyFolder>(folder);
}

void create_key_folder(const std::filesystem::path& folder) {
    create_private_folder(folder);
    const bool has_generations = !generations_in(folder).empty();
    for (const std::string_view name : {root_name, log_name}) {
        const auto file = folder / name;
        if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
            (void)read_key(file);
        } else if (has_generations) {
            // Generations come last, so this folder was complete once: a fresh key would make existing data unreadable for good.
            throw Fault(file.string() + ": is missing although the folder was complete before; restore it from the key backup");
        } else {
            create_key(file);
        }
    }
    if (has_generations) {
        (void)KeyFolder(folder);
    } else {
        create_key(folder / kek_name(1));
    }
}

void make_next_database_key(const std::filesystem::path& folder) {
    create_key(folder / next_database_name);
}

std::optional<Secret> next_database_key(const std::filesystem::path& folder) {
    const auto file = folder / next_database_name;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file))) return std::nullopt;
    return read_key(file);
}

void adopt_next_database_key(const std::filesystem::path& folder) {
    const Secret next = read_key(folder / next_database_name);
    replace_private_file(folder / database_name, next.bytes());
    destroy_private_file(folder / next_database_name);
}

void drop_next_database_key(const std::filesystem::path& folder) {
    destroy_private_file(folder / next_database_name);
}

SigningKey open_log_key(const std::filesystem::path& folder) {
    return SigningKey(read_key(folder / log_name).bytes());
}

DerivedKeys::DerivedKeys(Bytes service_root)
    : database_(derive(service_root, "db", key_size)),
      pending_(derive(service_root, "pending", key_size)),
      index_(derive(service_root, "index", key_size)),
      token_(derive(service_root, "token", key_size)),
      mail_(derive(service_root, "mail", key_size)),
      receipt_(derive(service_root, "receipt", key_size)) {}

DerivedKeys::DerivedKeys(const KeyProvider& provider) : DerivedKeys(provider.service_root()) {
    if (auto own = provider.database_key()) database_ = *std::move(own);
}

Hash blind_index(Bytes index_key, std::string_view field, std::string_view text) {
    std::string message;
    message.reserve(20 + field.size() + text.size());
    message.append("gw-audit/v1/index/").append(field).push_back('\0');
    message.append(text);
    const Hash index = hmac_sha256(index_key, protocol::as_bytes(message));
    wipe({reinterpret_cast<std::uint8_t*>(message.data()), message.size()});
    return index;
}

}  // namespace entente::certs
