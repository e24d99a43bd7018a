// The spool: what is written is read again, nothing of it is readable without its key, and nothing stays that nobody keeps.

#include "server/store/spool.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "certs/random.hpp"
#include "protocol/encoding.hpp"

namespace entente::store::test {
namespace {

class SpoolTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::array<std::uint8_t, 8> name{};
        certs::random_bytes(name);
        folder = std::filesystem::temp_directory_path() / ("spool-" + protocol::hex(name));
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
    }
    static std::string all(const SpoolFile& file) {
        std::string text;
        SpoolFile::Reader reader(file);
        for (auto piece = reader.next(); !piece.empty(); piece = reader.next()) text += piece;
        return text;
    }
    std::filesystem::path folder;
};

TEST_F(SpoolTest, what_is_written_is_read_again_whatever_its_size) {
    Spool spool(folder, {});
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, SpoolFile::chunk_bytes - 1, SpoolFile::chunk_bytes,
                                   SpoolFile::chunk_bytes + 1, 3 * SpoolFile::chunk_bytes}) {
        const std::string content(size, 'q');
        const auto file = spool.create(1);
        for (std::size_t at = 0; at < size; at += 10'000) file->append(std::string_view(content).substr(at, 10'000));
        file->finish();
        EXPECT_EQ(file->size(), size);
        EXPECT_EQ(all(*file), content);
        std::ifstream stored(folder / file->name(), std::ios::binary);
        const std::string raw((std::istreambuf_iterator<char>(stored)), std::istreambuf_iterator<char>());
        EXPECT_EQ(raw.find("qqqqqqqqqqqq"), std::string::npos);
    }
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(spool.used(), 0U);
}

TEST_F(SpoolTest, a_file_that_was_changed_swapped_or_cut_does_not_open) {
    Spool spool(folder, {});
    const auto file = spool.create(1);
    file->append(std::string(2 * SpoolFile::chunk_bytes + 5, 'q'));
    file->finish();
    const auto path = folder / file->name();
    const auto size = std::filesystem::file_size(path);
    {
        std::fstream stored(path, std::ios::binary | std::ios::in | std::ios::out);
        stored.seekp(70'000);
        stored.put('!');
    }
    EXPECT_THROW(all(*file), protocol::Fault);
    std::filesystem::resize_file(path, size - 1);
    EXPECT_THROW(all(*file), protocol::Fault);
}

TEST_F(SpoolTest, quotas_hold_in_total_and_for_each_owner) {
    Spool spool(folder, {.total_bytes = 100, .owner_bytes = 60});
    const auto one = spool.create(1);
    one->append(std::string(60, 'x'));
    EXPECT_THROW(one->append("x"), SpoolFull);
    auto two = spool.create(2);
    two->append(std::string(40, 'x'));
    EXPECT_THROW(two->append("x"), SpoolFull);
    two.reset();
    spool.create(3)->append(std::string(40, 'x'));
}

// A kept file of so many bytes.
KeptFile keep_one(Spool& spool, std::int64_t owner, std::size_t bytes) {
    const auto file = spool.create(owner);
    file->append(std::string(bytes, 'x'));
    file->finish();
    EXPECT_TRUE(file->keep());
    return {file->name(), owner, bytes};
}

TEST_F(SpoolTest, what_is_kept_counts_in_the_quotas_until_it_is_gone_and_over_a_restart) {
    constexpr SpoolLimits limits{.total_bytes = 100, .owner_bytes = 60};
    KeptFile kept;
    {
        Spool spool(folder, limits);
        kept = keep_one(spool, 1, 30);
        EXPECT_EQ(spool.used(), 30U);
        EXPECT_THROW(spool.create(1)->append(std::string(31, 'x')), SpoolFull);
    }
    Spool spool(folder, limits);
    const KeptFile gone{"gone", 1, 30};
    spool.clean(std::vector<KeptFile>{kept, gone});
    EXPECT_EQ(spool.used(), 30U);
    EXPECT_THROW(spool.create(1)->append(std::string(31, 'x')), SpoolFull);
    const protocol::Blob key(certs::key_size);
    spool.reopen(kept.name, 1, key, 30);
    EXPECT_EQ(spool.used(), 30U) << "opening it again is not a second file";
    spool.reopen(kept.name, 1, key, 30)->keep_no_longer();
    EXPECT_EQ(spool.used(), 0U);
    EXPECT_EQ(files(), 0U);
    spool.create(1)->append(std::string(60, 'x'));
}

TEST_F(SpoolTest, what_is_kept_leaves_half_of_each_quota_to_what_is_new) {
    Spool spool(folder, {.total_bytes = 100, .owner_bytes = 60});
    keep_one(spool, 1, 30);
    const auto own = spool.create(1);
    own->append("x");
    EXPECT_FALSE(own->keep());
    keep_one(spool, 2, 20);
    const auto third = spool.create(3);
    third->append("x");
    EXPECT_FALSE(third->keep());
    EXPECT_EQ(spool.clean({}), 2U);
    EXPECT_TRUE(third->keep());
}

TEST_F(SpoolTest, a_kept_file_opens_again_with_its_key_and_with_no_other) {
    Spool spool(folder, {});
    std::string name;
    protocol::Blob key;
    {
        const auto file = spool.create(1);
        file->append("words");
        file->finish();
        EXPECT_TRUE(file->keep());
        name = file->name();
        key.assign(file->key().begin(), file->key().end());
    }
    const auto again = spool.reopen(name, 1, key, 5);
    ASSERT_TRUE(again);
    EXPECT_EQ(all(*again), "words");
    key.front() ^= 1;
    EXPECT_THROW(all(*spool.reopen(name, 1, key, 5)), protocol::Fault);
    EXPECT_FALSE(spool.reopen("../" + name, 1, key, 5));
    EXPECT_FALSE(spool.reopen("gone", 1, key, 5));
}

TEST_F(SpoolTest, cleaning_leaves_what_is_kept_and_what_is_held) {
    Spool spool(folder, {});
    const auto held = spool.create(1);
    std::string kept;
    {
        const auto file = spool.create(1);
        file->finish();
        EXPECT_TRUE(file->keep());
        kept = file->name();
    }
    std::ofstream(folder / "left by a killed process") << "x";
    EXPECT_EQ(spool.clean(std::vector<KeptFile>{{kept, 1, 0}}), 1U);
    EXPECT_EQ(files(), 2U);
    EXPECT_EQ(spool.clean({}), 1U);
    EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace entente::store::test
