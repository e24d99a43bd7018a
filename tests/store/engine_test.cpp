// The embedded engine: what it refuses, what it proves, and how it keeps its files.

#include <sqlite3.h>
#include <sys/stat.h>

#include "server/store/data_folder.hpp"
#include "server/store/rekey.hpp"
#include "server/store/sqlcipher_connection.hpp"
#include "tests/store/fixture.hpp"

namespace entente::store::test {
namespace {

std::string fault_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const protocol::Fault& fault) {
        return fault.what();
    }
    return "(no fault)";
}

TEST(Parameters, are_numbered_outside_of_literals_names_and_comments) {
    EXPECT_EQ(numbered_parameters("SELECT $1, $2"), "SELECT ?1, ?2");
    EXPECT_EQ(numbered_parameters("SELECT $10, $1"), "SELECT ?10, ?1");
    EXPECT_EQ(numbered_parameters("SELECT '$1', $2"), "SELECT '$1', ?2");
    EXPECT_EQ(numbered_parameters("SELECT 'it''s $1', $2"), "SELECT 'it''s $1', ?2");
    EXPECT_EQ(numbered_parameters("SELECT \"a$1\" FROM t WHERE b = $1"), "SELECT \"a$1\" FROM t WHERE b = ?1");
    EXPECT_EQ(numbered_parameters("SELECT $1 -- not $2\n, $3"), "SELECT ?1 -- not $2\n, ?3");
    EXPECT_EQ(numbered_parameters("SELECT /* $1 ' */ $2"), "SELECT /* $1 ' */ ?2");
    EXPECT_EQ(numbered_parameters("SELECT '$1"), "SELECT '$1");
    EXPECT_EQ(numbered_parameters("$"), "$");
    EXPECT_EQ(numbered_parameters("$a $1"), "$a ?1");
}

using Engine = StoreTest;

TEST_F(Engine, numbers_parameters_by_their_number_and_not_by_appearance) {
    open();
    std::string found;
    read_and_wait(*store, [&](ReadTxn& txn) {
        txn.each("SELECT $2, $10, $1, '$3', $4, $5, $6, $7, $8, $9, $3", {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
                 [&](const Row& row) {
                     for (int i = 0; i < 11; ++i) found += row.text(i);
                 });
    });
    EXPECT_EQ(found, "bja$3defghic");
}

// Runs statements on a file with an engine of its own, whose pages are authenticated by this algorithm. The first code that is not
// OK.
int run_on(const std::filesystem::path& file, const std::string& mac, const std::vector<std::string>& statements) {
    static constexpr std::string_view key = "x'0707070707070707070707070707070707070707070707070707070707070707'";  // key_of(7)
    sqlite3* db = nullptr;
    int code = sqlite3_open(file.c_str(), &db);
    if (code == SQLITE_OK) code = sqlite3_key(db, key.data(), static_cast<int>(key.size()));
    sqlite3_exec(db, "PRAGMA cipher_log_level=NONE", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) code = sqlite3_exec(db, ("PRAGMA cipher_hmac_algorithm=" + mac).c_str(), nullptr, nullptr, nullptr);
    for (const std::string& sql : statements) {
        if (code == SQLITE_OK) code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
    }
    sqlite3_close(db);
    return code;
}

TEST_F(Engine, opens_a_file_whose_pages_an_earlier_version_authenticated_otherwise) {
    open();
    ASSERT_TRUE(submit_and_wait(*store, add_thing(1)).durable);
    store.reset();
    const auto old = folder.path() / "old.db";
    ASSERT_EQ(
        run_on(file(), "HMAC_SHA256",
               {"ATTACH '" + old.string() + "' AS old KEY \"x'0707070707070707070707070707070707070707070707070707070707070707'\"",
                "SELECT sqlcipher_export('old')", "DETACH old"}),
        SQLITE_OK);
    std::filesystem::rename(old, file());
    std::filesystem::permissions(file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const std::string look = "SELECT count(*) FROM sqlite_master";
    ASSERT_EQ(run_on(file(), "HMAC_SHA256", {look}), SQLITE_NOTADB) << "this is a file of today, not an earlier one";
    ASSERT_EQ(run_on(file(), "HMAC_SHA512", {look}), SQLITE_OK);

    open();
    EXPECT_EQ(count("test_thing"), 1);
    ASSERT_TRUE(submit_and_wait(*store, add_thing(2)).durable);
    store.reset();
    open();
    EXPECT_EQ(count("test_thing"), 2);
}

TEST_F(Engine, refuses_another_key_and_says_so) {
    open();
    store.reset();
    auto wrong = options();
    wrong.key = key_of(8);
    EXPECT_THROW(open_sqlcipher(std::move(wrong), recorder()), protocol::Fault);
    auto short_key = options();
    short_key.key = certs::Secret(16);
    EXPECT_NE(fault_of([&] { open_sqlcipher(std::move(short_key), recorder()); }).find("32 bytes"), std::string::npos);
    open();
    EXPECT_EQ(count("test_thing"), 0) << "a refused key changes nothing";
}

TEST_F(Engine, refuses_a_file_in_clear) {
    std::filesystem::create_directory(file().parent_path());
    std::filesystem::permissions(file().parent_path(), std::filesystem::perms::owner_all);
    std::ofstream(file()) << "SQLite format 3" << std::string(4096, '\0');
    std::filesystem::permissions(file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_NE(fault_of([&] { open(); }).find("not encrypted"), std::string::npos);
}

TEST_F(Engine, the_files_never_hold_a_text_in_clear) {
    open();
    const std::string canary = "canary-7d1f0c-do-not-find-me";
    for (int i = 0; i < 50; ++i) submit_and_wait(*store, add_thing(i, canary + std::to_string(i)));
    const auto search = [&] {
        int files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(file().parent_path())) {
            if (!entry.is_regular_file()) continue;
            ++files;
            const std::string text = file_text(entry.path());
            EXPECT_EQ(text.find(canary), std::string::npos) << entry.path();
            EXPECT_EQ(text.find("SQLite format 3"), std::string::npos) << entry.path();
            EXPECT_EQ(text.find("test_thing"), std::string::npos) << entry.path();
        }
        return files;
    };
    EXPECT_GE(search(), 3) << "the file, its log and the lock";
    store.reset();
    search();
}

TEST_F(Engine, the_proof_of_encryption_notices_a_file_in_clear) {
    const auto plain = folder.path() / "plain.db";
    {
        // An empty key is how the proof opens: without encryption.
        Connection clear(plain, {}, Access::writer);
        clear.execute("CREATE TABLE t (a)");
    }
    const auto key = key_of(7);
    EXPECT_NE(fault_of([&] { prove_encrypted(plain, key.bytes()); }).find("without its key"), std::string::npos);
}

TEST_F(Engine, the_linked_engine_is_new_enough) {
    EXPECT_NO_THROW(check_engine());
}

TEST_F(Engine, folder_and_files_are_closed_to_others) {
    open();
    submit_and_wait(*store, add_thing(1));
    struct stat facts{};
    ASSERT_EQ(::stat(file().parent_path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700u);
    for (const auto& entry : std::filesystem::directory_iterator(file().parent_path())) {
        ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777, 0600u) << entry.path();
    }
}

TEST_F(Engine, refuses_a_folder_or_file_that_is_open_to_others) {
    open();
    store.reset();
    using std::filesystem::perms;
    std::filesystem::permissions(file().parent_path(), perms::owner_all | perms::group_read);
    EXPECT_NE(fault_of([&] { open(); }).find("chmod 0700"), std::string::npos);
    std::filesystem::permissions(file().parent_path(), perms::owner_all);
    std::filesystem::permissions(file(), perms::owner_read | perms::owner_write | perms::others_read);
    EXPECT_NE(fault_of([&] { open(); }).find("chmod 0600"), std::string::npos);
}

TEST_F(Engine, a_folder_serves_one_process_at_a_time) {
    open();
    const std::string fault = fault_of([&] { open_sqlcipher(options(), recorder()); });
    EXPECT_NE(fault.find("is in use by process " + std::to_string(::getpid())), std::string::npos) << fault;
    store.reset();
    EXPECT_NO_THROW(open());
}

TEST_F(Engine, what_was_written_is_there_after_a_restart_and_the_log_file_is_gone) {
    open();
    for (int i = 0; i < 20; ++i) submit_and_wait(*store, add_thing(i));
    store.reset();
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
    open();
    EXPECT_EQ(count("test_thing"), 20);
}

TEST_F(Engine, an_idle_store_writes_its_log_back_by_itself) {
    open();
    submit_and_wait(*store, add_thing(1));
    EXPECT_GT(std::filesystem::file_size(file().string() + "-wal"), 0u);
    // Bounded by the test's own timeout: the writer notices after a second without work.
    while (std::filesystem::file_size(file().string() + "-wal") != 0) std::this_thread::yield();
    EXPECT_EQ(count("test_thing"), 1);
    EXPECT_TRUE(submit_and_wait(*store, add_thing(2)).durable);
}

TEST_F(Engine, a_long_log_is_written_back_while_it_grows) {
    open();
    const std::vector<std::uint8_t> body(200'000, 7);
    for (int i = 0; i < 60; ++i) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            txn.change("INSERT INTO test_thing (id, name, body) VALUES ($1, $2, $3)", {i, nullptr, body});
            return written("big");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    while (store->stats().checkpoints == 0) std::this_thread::yield();
    EXPECT_EQ(count("test_thing"), 60);
}

TEST_F(Engine, a_work_that_builds_many_statements_does_not_pile_them_up) {
    open();
    const Commit commit = submit_and_wait(*store, [](Txn& txn) {
        for (int i = 0; i < 1'500; ++i) {
            txn.each("SELECT id FROM test_thing WHERE id = " + std::to_string(i), {}, [](const Row&) {});
        }
        return Written{};
    });
    EXPECT_TRUE(commit.durable) << commit.fault;
}

TEST_F(Engine, a_double_quoted_text_is_a_name_and_never_a_literal) {
    open();
    EXPECT_THROW(read_and_wait(*store, [](ReadTxn& txn) { txn.each("SELECT \"no such column\"", {}, [](const Row&) {}); }),
                 protocol::Fault);
}

TEST_F(Engine, a_read_cannot_write_even_by_its_text) {
    open();
    EXPECT_THROW(read_and_wait(*store, [](ReadTxn& txn) { txn.each("DELETE FROM test_thing", {}, [](const Row&) {}); }),
                 protocol::Fault);
}

TEST_F(Engine, counts_slow_works) {
    open();
    const auto begun = std::chrono::steady_clock::now();
    submit_and_wait(*store, [&](Txn&) {
        while (std::chrono::steady_clock::now() - begun < slow_work * 2) std::this_thread::yield();
        return Written{};
    });
    EXPECT_EQ(store->stats().works_slow, 1u);
}

TEST_F(Engine, the_counters_fit_together) {
    open();
    for (int i = 0; i < 5; ++i) submit_and_wait(*store, add_thing(i));
    const Stats stats = store->stats();
    EXPECT_EQ(stats.batches, 5u);
    EXPECT_EQ(stats.works, 5u);
    std::uint64_t times = 0;
    for (const auto count : stats.commit_times) times += count;
    EXPECT_EQ(times, stats.batches);
    EXPECT_LE(stats.commit_us, stats.batch_us);
}

TEST_F(Engine, a_copy_of_a_store_in_use_can_be_read_without_changing_it) {
    open();
    submit_and_wait(*store, add_thing(1));
    const auto key = key_of(7);
    const auto target = folder.path() / "copy.db";
    copy_database(file(), key.bytes(), target);
    EXPECT_NE(fault_of([&] { copy_database(file(), key.bytes(), target); }).find("exists already"), std::string::npos);
    EXPECT_EQ(std::filesystem::status(target).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    store.reset();
    copy_database(file(), key.bytes(), folder.path() / "second.db");  // and of one that rests
    EXPECT_EQ(open_database_file(folder.path() / "second.db", key.bytes())->damaged_pages().size(), 0u);
    const std::string before = file_text(target);
    EXPECT_EQ(before.find("thing 1"), std::string::npos);
    const auto database = open_database_file(target, key.bytes());
    std::int64_t things = 0;
    database->read([&](ReadTxn& txn) {
        things = *txn.first("SELECT count(*) FROM test_thing", {}, [](const Row& row) { return row.number(0); });
    });
    EXPECT_EQ(things, 1);
    EXPECT_TRUE(database->damaged_pages().empty());
    EXPECT_EQ(file_text(target), before);
    EXPECT_FALSE(std::filesystem::exists(target.string() + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(target.string() + "-shm"));
}

TEST_F(Engine, the_file_of_a_store_in_use_can_be_read_beside_it_one_snapshot_a_read) {
    open();
    submit_and_wait(*store, add_thing(1));
    // The log file is empty now, as in an idle gateway.
    while (std::filesystem::file_size(file().string() + "-wal") != 0) std::this_thread::yield();
    const auto key = key_of(7);
    const auto database = open_database_file(file(), key.bytes());
    const auto things = [](ReadTxn& txn) {
        return *txn.first("SELECT count(*) FROM test_thing", {}, [](const Row& row) { return row.number(0); });
    };
    std::int64_t before = 0;
    std::int64_t after = 0;
    database->read([&](ReadTxn& txn) {
        before = things(txn);
        for (int i = 2; i < 50; ++i) submit_and_wait(*store, add_thing(i));
        after = things(txn);
    });
    EXPECT_EQ(before, 1);
    EXPECT_EQ(after, 1);
    database->read([&](ReadTxn& txn) { after = things(txn); });
    EXPECT_EQ(after, 49);
}

TEST_F(Engine, what_waits_for_a_reader_is_written_back_once_that_is_done) {
    open();
    submit_and_wait(*store, add_thing(1));
    const auto key = key_of(7);
    const auto database = open_database_file(file(), key.bytes());
    const auto place = [&] {
        for (;;)  // another checkpoint may be under way
            if (const auto found = open_database_file(file(), key.bytes())->write_back()) return *found;
    };
    LogPlace waiting;
    database->read([&](ReadTxn& txn) {
        txn.first("SELECT count(*) FROM test_thing", {}, [](const Row& row) { return row.number(0); });
        for (int i = 2; i < 200; ++i) submit_and_wait(*store, add_thing(i));
        waiting = place();
    });
    EXPECT_LT(waiting.written, waiting.in_log) << "a snapshot from before is being read";
    const LogPlace after = place();
    EXPECT_EQ(after.written, after.in_log);
    EXPECT_TRUE(database->damaged_pages().empty());
}

TEST_F(Engine, a_raw_copy_with_its_log_file_beside_it_is_read_whole) {
    open();
    submit_and_wait(*store, add_thing(1));
    const auto target = folder.path() / "copy.db";
    std::filesystem::copy_file(file(), target);
    std::filesystem::copy_file(file().string() + "-wal", target.string() + "-wal");
    const auto key = key_of(7);
    const auto database = open_database_file(target, key.bytes());
    std::int64_t things = 0;
    database->read([&](ReadTxn& txn) {
        things = *txn.first("SELECT count(*) FROM test_thing", {}, [](const Row& row) { return row.number(0); });
    });
    EXPECT_EQ(things, 1);
}

// As a process that ends between the commit of another key and its write-back leaves them: the file under the old key, every page
// under the new one in the log beside it.
TEST_F(Engine, a_change_of_the_key_whose_pages_are_in_the_log_file_alone_is_whole) {
    open();
    submit_and_wait(*store, add_thing(1));
    store.reset();
    const auto left = folder.path() / "left.db";
    {
        Connection past(file(), key_of(7).bytes(), Access::writer);
        past.execute("PRAGMA wal_autocheckpoint=0");
        past.execute("PRAGMA rekey=\"x'" + protocol::hex(key_of(9).bytes()) + "'\"");
        std::filesystem::copy_file(file(), left);
        std::filesystem::copy_file(file().string() + "-wal", left.string() + "-wal");
    }
    EXPECT_FALSE(opens_with(left, key_of(7).bytes()));
    EXPECT_NO_THROW(check_whole(left, key_of(9).bytes()));
    EXPECT_TRUE(opens_with(left, key_of(9).bytes()));
    std::filesystem::remove(left.string() + "-wal");
    EXPECT_NO_THROW(check_whole(left, key_of(9).bytes()));
}

TEST_F(Engine, a_copy_with_another_key_or_none_is_refused) {
    open();
    const auto target = folder.path() / "copy.db";
    const auto key = key_of(7);
    const auto other = key_of(9);
    copy_database(file(), key.bytes(), target);
    EXPECT_NE(fault_of([&] { open_database_file(target, other.bytes()); }).find("another key"), std::string::npos);
    EXPECT_NE(fault_of([&] { open_database_file(folder.path() / "none.db", key.bytes()); }).find("there is no file"),
              std::string::npos);
}

}  // namespace
}  // namespace entente::store::test
