#include "certs/keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "certs/files.hpp"
#include "certs/log_keys.hpp"
#include "certs/random.hpp"
#include "tests/unit/certs_support.hpp"

namespace entente::certs {
namespace {

using tests::fault_of;
using tests::ScratchFolder;
namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
    struct stat facts{};
    EXPECT_EQ(::lstat(path.c_str(), &facts), 0);
    return facts.st_mode & 07777U;
}

std::string name_of_next(const fs::path& folder) {
    return index_key_name(DerivedKeys(next_service_root(folder)->bytes()).index());
}

class KeyFolderTest : public testing::Test {
  protected:
    const ScratchFolder scratch;
    const fs::path folder = scratch / "keys";
    const KeyId id = random_array<16>();
    const Hash owner = random_array<32>();
    const std::array<std::uint8_t, key_size> key = random_array<key_size>();

    KeyFolderTest() { create_key_folder(folder); }
    std::string refusal() const {
        return fault_of([&] { open_key_folder(folder); });
    }
};

TEST_F(KeyFolderTest, IsMadePrivateAndComplete) {
    EXPECT_EQ(mode_of(folder), 0700U);
    for (const char* name : {"root.key", "log.key", "kek-0001.key"}) {
        EXPECT_EQ(mode_of(folder / name), 0600U) << name;
        EXPECT_EQ(fs::file_size(folder / name), 32U) << name;
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 3);
}

TEST_F(KeyFolderTest, CreatingAgainChangesNothing) {
    const auto before = open_key_folder(folder);
    const Blob log_key = open_log_keys(folder)->keys().back().public_key;
    create_key_folder(folder);
    const auto after = open_key_folder(folder);
    EXPECT_TRUE(std::ranges::equal(before->service_root(), after->service_root()));
    EXPECT_EQ(open_log_keys(folder)->keys().back().public_key, log_key);
    EXPECT_TRUE(after->unwrap(id, owner, before->wrap(id, owner, key).bytes));
}

TEST_F(KeyFolderTest, ALostRootIsNeverReplacedByAFreshOne) {
    fs::remove(folder / "root.key");
    EXPECT_NE(fault_of([&] { create_key_folder(folder); }).find("restore it from the key backup"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder / "root.key"));
}

TEST_F(KeyFolderTest, ARunThatWasCutShortCanBeRepeated) {
    fs::remove(folder / "kek-0001.key");
    fs::remove(folder / "log.key");
    create_key_folder(folder);
    EXPECT_EQ(open_key_folder(folder)->current_generation(), 1U);
}

TEST_F(KeyFolderTest, WrapsUnderTheCurrentGenerationAndUnwrapsUnderAll) {
    auto provider = open_key_folder(folder);
    const Blob first = provider->wrap(id, owner, key).bytes;
    EXPECT_EQ(provider->new_generation(), 2U);
    EXPECT_EQ(mode_of(folder / "kek-0002.key"), 0600U);
    const Blob second = provider->wrap(id, owner, key).bytes;
    EXPECT_EQ(wrapping_of(first)->generation, 1U);
    EXPECT_EQ(wrapping_of(second)->generation, 2U);
    const auto reopened = open_key_folder(folder);
    EXPECT_EQ(reopened->generations(), (std::vector<std::uint32_t>{1, 2}));
    for (const Blob& wrapped : {first, second}) {
        const auto unwrapped = reopened->unwrap(id, owner, wrapped);
        ASSERT_TRUE(unwrapped);
        EXPECT_TRUE(std::ranges::equal(unwrapped->bytes(), key));
    }
    EXPECT_FALSE(reopened->unwrap(random_array<16>(), owner, first));
}

TEST_F(KeyFolderTest, ADestroyedGenerationIsGoneForGood) {
    auto provider = open_key_folder(folder);
    const Blob wrapped = provider->wrap(id, owner, key).bytes;
    provider->new_generation();
    provider->destroy_generation(1);
    provider->destroy_generation(1);  // already gone
    EXPECT_FALSE(provider->unwrap(id, owner, wrapped));
    EXPECT_FALSE(fs::exists(folder / "kek-0001.key"));
    EXPECT_FALSE(open_key_folder(folder)->unwrap(id, owner, wrapped));
    // Its number is not used again.
    EXPECT_EQ(open_key_folder(folder)->new_generation(), 3U);
}

TEST_F(KeyFolderTest, TheCurrentGenerationCannotBeDestroyed) {
    auto provider = open_key_folder(folder);
    EXPECT_NE(fault_of([&] { provider->destroy_generation(1); }).find("current one"), std::string::npos);
    EXPECT_TRUE(fs::exists(folder / "kek-0001.key"));
}

TEST_F(KeyFolderTest, RootKeysHaveANameThatChangesWithEachOfThem) {
    const auto named = [&] { return root_keys_name(*open_key_folder(folder)); };
    const std::string first = named();
    EXPECT_EQ(first.size(), 16U);
    open_key_folder(folder)->new_generation();
    EXPECT_EQ(named(), first) << "a generation has its own number";
    make_next_database_key(folder);
    EXPECT_EQ(named(), first) << "not in use yet";
    adopt_next_database_key(folder);
    const std::string second = named();
    EXPECT_NE(second, first);
    make_next_service_root(folder);
    EXPECT_EQ(named(), second) << "not in use yet";
    settle_service_root(folder, name_of_next(folder));
    EXPECT_NE(named(), second);
    EXPECT_NE(named(), first);
}

// A folder whose database has a key of its own and whose next root waits for the database's word.
class RenewalTest : public KeyFolderTest {
  protected:
    RenewalTest() {
        make_next_database_key(folder);
        adopt_next_database_key(folder);
        root = content("root.key");
        make_next_service_root(folder);
        next = content("root.next.key");
        name = name_of_next(folder);
        index = copy_of(DerivedKeys(*open_key_folder(folder)).index());
    }
    static Blob copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
    Blob content(const std::string& file) const {
        if (!fs::exists(folder / file)) return {};
        return copy_of(read_private_file(folder / file, key_size).bytes());
    }
    void put(const std::string& file, Bytes bytes) const { replace_private_file(folder / file, bytes); }

    void expect_renewed() const {
        EXPECT_EQ(content("root.key"), next);
        EXPECT_EQ(content("root.before.key"), root);
        EXPECT_EQ(content("index.before.key"), index);
        EXPECT_FALSE(fs::exists(folder / "index.key"));
        EXPECT_FALSE(fs::exists(folder / "root.next.key"));
        const auto keys = open_key_folder(folder);
        EXPECT_EQ(index_key_name(DerivedKeys(*keys).index()), name);
        EXPECT_EQ(copy_of(keys->index_key_before()->bytes()), index);
        EXPECT_FALSE(settle_service_root(folder, name)) << "there is nothing more to settle";
    }

    Blob root, next, index;
    std::string name;
};

TEST_F(RenewalTest, IsTheDatabasesWord) {
    EXPECT_FALSE(settle_service_root(folder, "")) << "not indexed anew: the next root is dropped";
    EXPECT_EQ(content("root.key"), root);
    EXPECT_FALSE(fs::exists(folder / "root.next.key"));
    EXPECT_FALSE(fs::exists(folder / "index.before.key"));
    make_next_service_root(folder);
    EXPECT_FALSE(settle_service_root(folder, index_key_name(index))) << "nor is it by an earlier renewal";
    EXPECT_EQ(content("root.key"), root);
    put("root.next.key", next);
    EXPECT_TRUE(settle_service_root(folder, name));
    expect_renewed();
}

TEST_F(RenewalTest, GoesOnWhereverItWasInterrupted) {
    const std::vector<std::pair<std::string, Blob>> steps{
        {"index.before.key", index}, {"root.before.key", root}, {"root.key", next}};
    for (std::size_t done = 0; done <= steps.size(); ++done) {
        for (const char* file : {"index.before.key", "root.before.key"}) fs::remove(folder / file);
        put("root.key", root);
        put("root.next.key", next);
        for (std::size_t i = 0; i < done; ++i) put(steps[i].first, steps[i].second);
        EXPECT_TRUE(settle_service_root(folder, name)) << done;
        expect_renewed();
    }
}

TEST_F(RenewalTest, ReplacesAnIndexKeyThatOutlivedItsRoot) {
    index = Blob(key_size, 7);
    const std::vector<std::pair<std::string, Blob>> steps{
        {"index.before.key", index}, {"root.before.key", root}, {"root.key", next}, {"index.key", Blob(key_size, 0)}};
    for (std::size_t done = 0; done <= steps.size(); ++done) {  // the last: overwritten, and not yet removed
        for (const char* file : {"index.before.key", "root.before.key"}) fs::remove(folder / file);
        put("root.key", root);
        put("index.key", index);
        put("root.next.key", next);
        for (std::size_t i = 0; i < done; ++i) put(steps[i].first, steps[i].second);
        EXPECT_TRUE(settle_service_root(folder, name)) << done;
        expect_renewed();
    }
}

TEST_F(RenewalTest, OneBeforeIsKeptUntilItIsForgotten) {
    settle_service_root(folder, name);
    make_next_service_root(folder);
    settle_service_root(folder, name_of_next(folder));
    EXPECT_EQ(content("root.before.key"), next);
    EXPECT_EQ(index_key_name(content("index.before.key")), name);
    forget_service_root_before(folder);
    forget_service_root_before(folder);  // already gone
    EXPECT_FALSE(open_key_folder(folder)->service_root_before());
    EXPECT_FALSE(open_key_folder(folder)->index_key_before());
}

TEST_F(KeyFolderTest, ARootIsNotRenewedWhileTheDatabaseHangsOnIt) {
    EXPECT_NE(fault_of([&] { make_next_service_root(folder); }).find("keys rekey"), std::string::npos);
}

TEST_F(KeyFolderTest, RefusesFilesThatOthersMayTouch) {
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U}) {
        for (const char* name : {"root.key", "kek-0001.key"}) {
            ASSERT_EQ(::chmod((folder / name).c_str(), mode), 0);
            EXPECT_NE(refusal().find("group or others have access to this file; chmod 600 it"), std::string::npos) << name << mode;
            ASSERT_EQ(::chmod((folder / name).c_str(), 0600), 0);
        }
    }
    EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFolderTest, RefusesAFolderThatOthersMayWrite) {
    for (const mode_t mode : {0720U, 0702U, 0777U}) {
        ASSERT_EQ(::chmod(folder.c_str(), mode), 0);
        EXPECT_NE(refusal().find("group or others may write this folder"), std::string::npos);
    }
    ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
    EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFolderTest, RefusesSymbolicLinks) {
    fs::rename(folder / "root.key", scratch / "elsewhere.key");
    fs::create_symlink(scratch / "elsewhere.key", folder / "root.key");
    EXPECT_NE(refusal().find("symbolic link"), std::string::npos);
    fs::create_directory_symlink(folder, scratch / "link");
    for (const char* spelling : {"link", "link/"}) {
        EXPECT_NE(fault_of([&] { open_key_folder(scratch.path() / spelling); }).find("symbolic link"), std::string::npos)
            << spelling;
    }
}

TEST_F(KeyFolderTest, RefusesAnotherOwner) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_EQ(::chown((folder / "root.key").c_str(), 12'345, 12'345), 0);
    EXPECT_NE(refusal().find("belongs to user 12345"), std::string::npos);
    ASSERT_EQ(::chown((folder / "root.key").c_str(), 0, 0), 0);
    ASSERT_EQ(::chown(folder.c_str(), 12'345, 12'345), 0);
    EXPECT_NE(refusal().find("belongs to user 12345"), std::string::npos);
}

TEST_F(KeyFolderTest, RefusesWhatIsNoRegularFileWithoutWaiting) {
    fs::remove(folder / "root.key");
    ASSERT_EQ(::mkfifo((folder / "root.key").c_str(), 0600), 0);
    EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
}

TEST_F(KeyFolderTest, RefusesKeysOfAWrongSize) {
    for (const std::size_t size : {0U, 31U, 33U}) {
        replace_private_file(folder / "root.key", Blob(size, 1));
        EXPECT_NE(refusal().find("bytes"), std::string::npos) << size;
    }
}

TEST_F(KeyFolderTest, RefusalsNeverShowTheKey) {
    std::ifstream in(folder / "root.key", std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    ASSERT_EQ(::chmod((folder / "root.key").c_str(), 0644), 0);
    EXPECT_EQ(refusal().find(content), std::string::npos);
}

TEST(PrivateFile, IsNeverReplacedByCreating) {
    const ScratchFolder scratch;
    create_private_file(scratch / "a", Blob{1});
    EXPECT_NE(fault_of([&] { create_private_file(scratch / "a", Blob{2}); }).find("exists already"), std::string::npos);
    EXPECT_EQ(read_private_file(scratch / "a", 10).bytes()[0], 1);
    replace_private_file(scratch / "a", Blob{3, 4});
    EXPECT_EQ(read_private_file(scratch / "a", 10).bytes()[1], 4);
    destroy_private_file(scratch / "a");
    EXPECT_TRUE(fs::is_empty(scratch.path())) << "nothing half-made stays behind";
}

}  // namespace
}  // namespace entente::certs
