#include "certs/keys.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "certs/key_files.hpp"
#include "certs/random.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Fault;

constexpr std::string_view root_name = "root.key";
constexpr std::string_view root_before_name = "root.before.key";
constexpr std::string_view next_root_name = "root.next.key";
constexpr std::string_view index_name = "index.key";
constexpr std::string_view index_before_name = "index.before.key";
constexpr std::string_view database_name = "database.key";
constexpr std::string_view next_database_name = "database.next.key";

Bytes label_bytes(const std::string& label) {
    return {reinterpret_cast<const std::uint8_t*>(label.c_str()), label.size() + 1};
}

Secret derive(Bytes key, const std::string& label, std::size_t size) {
    Blob derived = hkdf_sha256(key, label_bytes("gw-audit/v1/kdf/" + label), size);
    Secret secret = Secret::copy_of(derived);
    wipe(derived);
    return secret;
}

std::optional<Secret> key_if_there(const std::filesystem::path& file, Keeper keeper = Keeper::owner) {
    if (!std::filesystem::exists(std::filesystem::symlink_status(file))) return std::nullopt;
    return read_key_file(file, keeper);
}

void destroy_if_there(const std::filesystem::path& file) {
    if (key_if_there(file)) destroy_private_file(file);
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
    explicit KeyFolder(const KeptFolder& keys) : keeper_(keys.keeper), folder_(keys.folder) {
        const std::filesystem::path& folder = folder_;
        check_private_folder(folder);
        root_ = read_key_file(folder / root_name, keeper_);
        for (const std::uint32_t generation : generations_in(folder))
            keks_.emplace(generation, read_key_file(folder / kek_file(generation), keeper_));
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

    WrappedKey wrap(const KeyId& key_id, const Hash& owner, Bytes key) const override {
        const std::shared_lock hold(mutex_);
        const auto& [generation, kek] = *keks_.rbegin();
        return {generation, wrap_key(kek.key.bytes(), kek.id, generation, key_id, owner, key, random_array<nonce_size>())};
    }

    std::optional<std::uint32_t> generation_of(Bytes wrapped) const override {
        const auto wrapping = wrapping_of(wrapped);
        return wrapping ? std::optional(wrapping->generation) : std::nullopt;
    }

    std::optional<Secret> unwrap(const KeyId& key_id, const Hash& owner, Bytes wrapped) const override {
        const auto wrapping = wrapping_of(wrapped);
        if (!wrapping) return std::nullopt;
        const std::shared_lock hold(mutex_);
        const auto found = keks_.find(wrapping->generation);
        if (found == keks_.end() || found->second.id != wrapping->wrapping_id) return std::nullopt;
        return unwrap_key(found->second.key.bytes(), key_id, owner, wrapped);
    }

    bool can_change() const override { return key_folder_changeable({folder_, keeper_}); }

    std::uint32_t new_generation() override {
        const std::unique_lock hold(mutex_);
        // Somebody may have made one beside this process (entente keys add): it counts, and its number is taken.
        for (const std::uint32_t generation : generations_in(folder_))
            if (!keks_.contains(generation) && generation > keks_.rbegin()->first)
                keks_.emplace(generation, read_key_file(folder_ / kek_file(generation)));
        const std::uint32_t next = keks_.rbegin()->first + 1;
        const auto file = folder_ / kek_file(next);
        create_key_file(file);
        keks_.emplace(next, read_key_file(file));
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
        destroy_private_file(folder_ / kek_file(generation));
        keks_.erase(found);
    }

    Bytes service_root() const override { return root_.bytes(); }

    std::optional<Secret> service_root_before() const override { return key_if_there(folder_ / root_before_name, keeper_); }
    std::optional<Secret> index_key() const override { return key_if_there(folder_ / index_name, keeper_); }
    std::optional<Secret> index_key_before() const override { return key_if_there(folder_ / index_before_name, keeper_); }
    std::optional<Secret> database_key() const override { return key_if_there(folder_ / database_name, keeper_); }

  private:
    const Keeper keeper_;
    const std::filesystem::path folder_;
    Secret root_;
    mutable std::shared_mutex mutex_;
    std::map<std::uint32_t, Kek> keks_;
};

}  // namespace

std::unique_ptr<KeyProvider> open_key_folder(const KeptFolder& keys) {
    return std::make_unique<KeyFolder>(keys);
}

void create_key_folder(const std::filesystem::path& folder) {
    create_private_folder(folder);
    const bool has_generations = !generations_in(folder).empty();
    const auto log_keys = log_keys_in(folder);
    for (const std::string& name : {std::string(root_name), log_key_file(log_keys.empty() ? 1 : log_keys.back())}) {
        const auto file = folder / name;
        if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
            (void)read_key_file(file);
        } else if (has_generations) {
            // Generations come last, so this folder was complete once: a fresh key would make existing data unreadable for good.
            throw Fault(file.string() + ": is missing although the folder was complete before; restore it from the key backup");
        } else {
            create_key_file(file);
        }
    }
    if (has_generations) {
        (void)KeyFolder(folder);
    } else {
        create_key_file(folder / kek_file(1));
    }
}

void make_next_database_key(const std::filesystem::path& folder) {
    create_key_file(folder / next_database_name);
}

std::optional<Secret> next_database_key(const std::filesystem::path& folder) {
    return key_if_there(folder / next_database_name);
}

void adopt_next_database_key(const std::filesystem::path& folder) {
    const Secret next = read_key_file(folder / next_database_name);
    replace_secret_file(folder / database_name, next.bytes());
    destroy_private_file(folder / next_database_name);
}

void drop_next_database_key(const std::filesystem::path& folder) {
    destroy_private_file(folder / next_database_name);
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
    if (auto own = provider.index_key()) index_ = *std::move(own);
}

void make_next_service_root(const std::filesystem::path& folder) {
    if (!key_if_there(folder / database_name))
        throw Fault("the key of the database is derived from the service root; give it one of its own first (keys rekey)");
    create_key_file(folder / next_root_name);
}

std::optional<Secret> next_service_root(const std::filesystem::path& folder) {
    return key_if_there(folder / next_root_name);
}

// The steps, each durable, and each the same if it is done twice: index.before.key, root.before.key, root.key; then index.key of an
// earlier version and root.next.key go. While root.key is not the next root, what was before is still what is present.
bool settle_service_root(const std::filesystem::path& folder, std::string_view indexes_under) {
    const auto next = key_if_there(folder / next_root_name);
    if (!next) return false;
    const bool taken = index_key_name(derive(next->bytes(), "index", key_size).bytes()) == indexes_under;
    const Secret root = read_key_file(folder / root_name);
    if (taken && !std::ranges::equal(root.bytes(), next->bytes())) {
        auto index = key_if_there(folder / index_name);
        if (!index) index = derive(root.bytes(), "index", key_size);
        replace_secret_file(folder / index_before_name, index->bytes());
        replace_secret_file(folder / root_before_name, root.bytes());
        replace_secret_file(folder / root_name, next->bytes());
    }
    if (taken) destroy_if_there(folder / index_name);
    destroy_private_file(folder / next_root_name);
    return taken;
}

void forget_service_root_before(const std::filesystem::path& folder) {
    destroy_if_there(folder / root_before_name);
    destroy_if_there(folder / index_before_name);
}

std::string index_key_name(Bytes index_key) {
    constexpr std::size_t name_bytes = 8;
    return protocol::hex(derive(index_key, "indexid", name_bytes).bytes());
}

std::string service_root_name(Bytes service_root) {
    constexpr std::size_t name_bytes = 8;
    return protocol::hex(derive(service_root, "rootid", name_bytes).bytes());
}

std::string root_keys_name(const KeyProvider& provider) {
    constexpr std::size_t name_bytes = 8;
    const DerivedKeys keys(provider);
    Secret both(keys.database().size() + keys.index().size());
    std::ranges::copy(keys.index(), std::ranges::copy(keys.database(), both.writable().begin()).out);
    const Hash name = hmac_sha256(derive(provider.service_root(), "rootkeys", key_size).bytes(), both.bytes());
    return protocol::hex(Bytes(name).first(name_bytes));
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
