// What every provider of keys promises, run over each: the folder, credentials of the service manager, and one that is unlike both,
// as a token or a key service would be. A new provider gets a line in `providers`.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "certs/random.hpp"
#include "tests/unit/certs_support.hpp"

namespace entente::certs {
namespace {

using tests::fault_of;
using tests::ScratchFolder;

// Keys never leave it and what it wraps has a form of its own: "v<generation>:" and a sealed text, as Vault's transit engine writes
// it.
class OtherProvider final : public KeyProvider {
  public:
    OtherProvider() { new_generation(); }
    std::uint32_t current_generation() const override { return keys_.rbegin()->first; }
    std::vector<std::uint32_t> generations() const override {
        std::vector<std::uint32_t> all;
        for (const auto& [generation, key] : keys_) all.push_back(generation);
        return all;
    }
    WrappedKey wrap(const KeyId& key_id, const Hash& owner, Bytes key) const override {
        const auto& [generation, kek] = *keys_.rbegin();
        const std::string head = "v" + std::to_string(generation) + ":";
        Blob out(head.begin(), head.end());
        const Blob sealed = wrap_key(kek.bytes(), id_, generation, key_id, owner, key, random_array<nonce_size>());
        out.insert(out.end(), sealed.begin(), sealed.end());
        return {generation, out};
    }
    std::optional<std::uint32_t> generation_of(Bytes wrapped) const override {
        const std::string_view text = protocol::as_text(wrapped);
        const auto colon = text.find(':');
        if (!text.starts_with('v') || colon == std::string_view::npos) return std::nullopt;
        return static_cast<std::uint32_t>(std::stoul(std::string(text.substr(1, colon - 1))));
    }
    std::optional<Secret> unwrap(const KeyId& key_id, const Hash& owner, Bytes wrapped) const override {
        const auto generation = generation_of(wrapped);
        const auto found = generation ? keys_.find(*generation) : keys_.end();
        if (found == keys_.end()) return std::nullopt;
        return unwrap_key(found->second.bytes(), key_id, owner, wrapped.subspan(protocol::as_text(wrapped).find(':') + 1));
    }
    bool can_change() const override { return true; }
    std::uint32_t new_generation() override {
        Secret key(key_size);
        random_bytes(key.writable());
        const std::uint32_t next = ++last_;
        keys_.emplace(next, std::move(key));
        return next;
    }
    void destroy_generation(std::uint32_t generation) override {
        if (!keys_.contains(generation)) return;
        if (generation == current_generation()) throw protocol::Fault("it is the current one");
        keys_.erase(generation);
    }
    Bytes service_root() const override { return root_; }
    std::optional<Secret> service_root_before() const override { return std::nullopt; }
    std::optional<Secret> index_key() const override { return std::nullopt; }
    std::optional<Secret> index_key_before() const override { return std::nullopt; }
    std::optional<Secret> database_key() const override { return std::nullopt; }

  private:
    std::map<std::uint32_t, Secret> keys_;
    std::uint32_t last_ = 0;
    KeyId id_ = random_array<16>();
    std::array<std::uint8_t, key_size> root_ = random_array<key_size>();
};

struct Kind {
    std::string name;
    std::function<std::unique_ptr<KeyProvider>(const std::filesystem::path&)> open;
};

std::vector<Kind> providers() {
    return {{"folder",
             [](const std::filesystem::path& folder) {
                 create_key_folder(folder);
                 return open_key_folder(folder);
             }},
            {"unlike", [](const std::filesystem::path&) { return std::make_unique<OtherProvider>(); }}};
}

class KeyProviderContract : public testing::TestWithParam<Kind> {
  protected:
    const ScratchFolder scratch;
    std::unique_ptr<KeyProvider> provider = GetParam().open(scratch / "keys");
    const KeyId id = random_array<16>();
    const Hash owner = random_array<32>();
    const std::array<std::uint8_t, key_size> key = random_array<key_size>();
};

TEST_P(KeyProviderContract, WhatItWrapsItUnwrapsForTheSameKeyAndOwnerAlone) {
    const WrappedKey wrapped = provider->wrap(id, owner, key);
    EXPECT_EQ(wrapped.generation, provider->current_generation());
    EXPECT_EQ(provider->generation_of(wrapped.bytes), wrapped.generation);
    const auto opened = provider->unwrap(id, owner, wrapped.bytes);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(std::ranges::equal(opened->bytes(), key));
    EXPECT_FALSE(provider->unwrap(random_array<16>(), owner, wrapped.bytes));
    EXPECT_FALSE(provider->unwrap(id, random_array<32>(), wrapped.bytes));
    EXPECT_NE(provider->wrap(id, owner, key).bytes, wrapped.bytes) << "a fresh nonce each time";
    EXPECT_EQ(std::ranges::search(wrapped.bytes, key).size(), 0U) << "the key in the clear";
}

TEST_P(KeyProviderContract, ChangedBytesOpenToNothing) {
    const Blob good = provider->wrap(id, owner, key).bytes;
    for (std::size_t i = good.size() - 60; i < good.size(); ++i) {
        Blob bad = good;
        bad[i] ^= 1;
        EXPECT_FALSE(provider->unwrap(id, owner, bad)) << i;
    }
    EXPECT_FALSE(provider->unwrap(id, owner, {}));
    EXPECT_FALSE(provider->unwrap(id, owner, Bytes(good).first(good.size() - 1)));
    EXPECT_FALSE(provider->generation_of({}));
}

TEST_P(KeyProviderContract, GenerationsFollowEachOtherAndEnd) {
    const Blob first = provider->wrap(id, owner, key).bytes;
    const std::uint32_t before = provider->current_generation();
    const std::uint32_t next = provider->new_generation();
    EXPECT_GT(next, before);
    EXPECT_EQ(provider->current_generation(), next);
    EXPECT_EQ(provider->generations(), (std::vector{before, next}));
    EXPECT_TRUE(provider->unwrap(id, owner, first)) << "older generations open what they wrapped";
    EXPECT_NE(fault_of([&] { provider->destroy_generation(next); }), "") << "the current one stays";
    provider->destroy_generation(before);
    provider->destroy_generation(before);
    EXPECT_FALSE(provider->unwrap(id, owner, first));
    EXPECT_EQ(provider->generation_of(first), before) << "who asks why learns that the generation is gone";
    EXPECT_EQ(provider->generations(), (std::vector{next}));
    EXPECT_GT(provider->new_generation(), next) << "no number twice";
}

TEST_P(KeyProviderContract, TheRootIsTheSameEachTime) {
    EXPECT_EQ(provider->service_root().size(), key_size);
    EXPECT_TRUE(std::ranges::equal(provider->service_root(), provider->service_root()));
}

INSTANTIATE_TEST_SUITE_P(Each, KeyProviderContract, testing::ValuesIn(providers()),
                         [](const auto& info) { return info.param.name; });

// What the service manager makes of keys: files of mode 0440, the group's bit being the mask of an access list, in a folder of
// 0550.
class Credentials : public testing::Test {
  protected:
    Credentials() {
        create_key_folder(folder);
        for (const auto& entry : std::filesystem::directory_iterator(folder)) ::chmod(entry.path().c_str(), 0440);
        ::chmod(folder.c_str(), 0550);
    }
    ~Credentials() override { ::chmod(folder.c_str(), 0700); }
    std::string refusal(Keeper keeper = Keeper::service_manager) const {
        return fault_of([&] {
            open_log_keys({folder, keeper});
            open_key_folder({folder, keeper});
        });
    }

    const ScratchFolder scratch;
    const std::filesystem::path folder = scratch / "credentials";
};

TEST_F(Credentials, AreReadAsTheServiceManagerKeepsThemAndNeverChanged) {
    if (::geteuid() != 0) GTEST_SKIP() << "they belong to root";
    EXPECT_EQ(refusal(), "");
    EXPECT_FALSE(open_key_folder({folder, Keeper::service_manager})->can_change());
    EXPECT_FALSE(open_log_keys({folder, Keeper::service_manager})->can_change());
    EXPECT_NE(refusal(Keeper::owner).find("group or others have access to this file"), std::string::npos)
        << "a folder of key files is as strict as ever";
}

TEST_F(Credentials, AreRefusedWhereMoreThanReadingIsAllowed) {
    for (const mode_t mode : {0640U, 0460U, 0450U, 0444U, 0442U, 0441U}) {
        ASSERT_EQ(::chmod((folder / "root.key").c_str(), mode), 0);
        EXPECT_NE(refusal().find("group or others have access to this file"), std::string::npos) << mode;
    }
    ASSERT_EQ(::chmod((folder / "root.key").c_str(), 0440), 0);
    ASSERT_EQ(::chmod(folder.c_str(), 0750), 0);
    EXPECT_NE(refusal().find("group or others have access to this file"), std::string::npos) << "somebody may write the folder";
}

TEST_F(Credentials, AreRefusedWhereTheGroupIsNotRoots) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_EQ(::chown((folder / "root.key").c_str(), 0, 12'345), 0);
    EXPECT_NE(refusal().find("group or others have access to this file"), std::string::npos);
    ASSERT_EQ(::chown((folder / "root.key").c_str(), 12'345, 0), 0);
    EXPECT_NE(refusal().find("belongs to user 12345"), std::string::npos);
}

// Where the service runs as root, and with service managers before access lists.
TEST_F(Credentials, MayBeKeptAsAnOwnerKeepsThem) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) ASSERT_EQ(::chmod(entry.path().c_str(), 0400), 0);
    EXPECT_EQ(refusal(), "");
}

TEST(LogKeyFolder, TheNewestSignsBesideTheOlderUntilThatIsDestroyed) {
    const ScratchFolder scratch;
    create_key_folder(scratch / "keys");
    const auto keys = open_log_keys(scratch / "keys");
    ASSERT_EQ(keys->keys().size(), 1U);
    const Blob first = keys->keys().back().public_key;
    EXPECT_EQ(keys->new_key(0), 2U);
    const auto both = open_log_keys(scratch / "keys")->keys();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].public_key, first);
    const Blob text{1, 2, 3};
    for (const LogKey& key : both) EXPECT_TRUE(verify_ed25519(key.public_key, text, keys->sign(key.number, text).value()));
    EXPECT_NE(fault_of([&] { keys->destroy(2); }), "");
    keys->destroy(1);
    keys->destroy(1);
    EXPECT_FALSE(std::filesystem::exists(scratch / "keys" / "log.key"));
    EXPECT_FALSE(keys->sign(1, text).has_value());
    EXPECT_EQ(open_log_keys(scratch / "keys")->keys().back().public_key, both[1].public_key);
    create_key_folder(scratch / "keys");  // is complete without the first
    EXPECT_FALSE(std::filesystem::exists(scratch / "keys" / "log.key"));
    EXPECT_EQ(keys->new_key(7), 8U);
    // A file that appears beside it has its number, and no signature before the next opening.
    std::filesystem::copy_file(scratch / "keys" / "log-0008.key", scratch / "keys" / "log-0020.key");
    EXPECT_EQ(keys->new_key(8), 21U);
    EXPECT_FALSE(keys->sign(20, text).has_value());
}

}  // namespace
}  // namespace entente::certs
