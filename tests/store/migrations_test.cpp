// Schema changes: in order, once, never backwards, and in PostgreSQL's words too.

#include "tests/store/fixture.hpp"

namespace entente::store::test {
namespace {

const Migration first{1, "first", "CREATE TABLE a (x BIGINT)"};
const Migration second{2, "second", "CREATE TABLE b (x BIGINT)"};

std::string fault_of(std::span<const Migration> known, std::span<const Applied> applied) {
    try {
        pending_migrations(known, applied);
    } catch (const protocol::Fault& fault) {
        return fault.what();
    }
    return "";
}

TEST(Migrations, those_that_did_not_run_yet_are_pending) {
    const std::vector known{first, second};
    EXPECT_EQ(pending_migrations(known, {}).size(), 2u);
    EXPECT_EQ(pending_migrations(known, std::vector<Applied>{{1, migration_digest(first)}}).front().name, "second");
    EXPECT_TRUE(
        pending_migrations(known, std::vector<Applied>{{1, migration_digest(first)}, {2, migration_digest(second)}}).empty());
}

TEST(Migrations, a_newer_schema_is_refused_in_a_plain_sentence) {
    const std::string fault =
        fault_of(std::vector{first}, std::vector<Applied>{{1, migration_digest(first)}, {2, migration_digest(second)}});
    EXPECT_EQ(fault, "the data has schema 2, this program knows 1: it was written by a newer Entente; run that one");
}

TEST(Migrations, a_text_that_changed_after_it_ran_is_refused) {
    EXPECT_NE(fault_of(std::vector{first}, std::vector<Applied>{{1, "00"}}).find("different text"), std::string::npos);
}

TEST(Migrations, numbers_may_leave_gaps_but_none_may_be_left_out) {
    EXPECT_EQ(fault_of(std::vector{second}, {}), "");
    EXPECT_EQ(pending_migrations(std::vector{second}, std::vector<Applied>{{2, migration_digest(second)}}).size(), 0u);
    EXPECT_NE(fault_of(std::vector{first, second}, std::vector<Applied>{{2, migration_digest(second)}}).find("lacks migration 1"),
              std::string::npos);
    EXPECT_NE(fault_of(std::vector{second}, std::vector<Applied>{{1, migration_digest(first)}}).find("newer Entente"),
              std::string::npos);
}

TEST(Migrations, numbers_that_do_not_rise_are_refused) {
    EXPECT_NE(fault_of(std::vector{second, first}, {}).find("migration 1 of this program is out of order"), std::string::npos);
    EXPECT_NE(fault_of(std::vector{first, first}, {}).find("out of order"), std::string::npos);
}

TEST(Migrations, the_embedded_ones_are_numbered_in_order) {
    ASSERT_FALSE(embedded_migrations().empty());
    EXPECT_EQ(embedded_migrations().front().name, "foundation");
    EXPECT_EQ(fault_of(embedded_migrations(), {}), "");
}

TEST(Migrations, postgres_gets_its_own_words_outside_of_literals) {
    EXPECT_EQ(for_postgres("a BLOB, b INTEGER PRIMARY KEY"), "a BYTEA, b BIGINT PRIMARY KEY");
    EXPECT_EQ(for_postgres(") WITHOUT ROWID;"), ") ;");
    EXPECT_EQ(for_postgres("'BLOB' \"INTEGER\" -- BLOB\n BLOBS /* INTEGER */"), "'BLOB' \"INTEGER\" -- BLOB\n BLOBS /* INTEGER */");
}

using MigrationRuns = StoreTest;

TEST_F(MigrationRuns, run_once_and_remember_when) {
    auto chosen = options();
    chosen.now = [] { return protocol::Instant{1'700'000'000'000'000}; };
    store = open_sqlcipher(std::move(chosen), recorder());
    const auto all = static_cast<std::int64_t>(test_migrations().size());
    EXPECT_EQ(count("schema_migration WHERE applied_at = 1700000000000000"), all);
    store.reset();
    open();
    EXPECT_EQ(count("schema_migration"), all);
}

TEST_F(MigrationRuns, the_store_refuses_a_newer_schema_and_leaves_it_alone) {
    open();
    submit_and_wait(*store, add_thing(1));
    store.reset();
    auto older = options();
    older.migrations = embedded_migrations();
    EXPECT_THROW(open_sqlcipher(std::move(older), recorder()), protocol::Fault);
    open();
    EXPECT_EQ(count("test_thing"), 1);
}

TEST_F(MigrationRuns, one_that_fails_leaves_nothing_of_itself) {
    std::vector<Migration> broken(test_migrations().begin(), test_migrations().end());
    broken.push_back({broken.back().version + 1, "broken", "CREATE TABLE half (x BIGINT); CREATE TABLE half (x BIGINT);"});
    auto chosen = options();
    chosen.migrations = broken;
    EXPECT_THROW(open_sqlcipher(std::move(chosen), recorder()), protocol::Fault);
    open();
    EXPECT_EQ(count("sqlite_master WHERE name = 'half'"), 0);
    EXPECT_EQ(count("test_thing"), 0);
}

}  // namespace
}  // namespace entente::store::test
