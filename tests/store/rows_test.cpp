// Rows that decide who may do what: told by the log, compared when they are read, at start and in the replay. An old page put back
// is accepted by the engine and refused by us.

#include "server/audit/log/row_replay.hpp"
#include "server/store/critical_rows.hpp"
#include "server/store/sqlcipher_connection.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

using audit::Check;

class RowsTest : public LogTest {
  protected:
    void write(const std::function<void(Txn&)>& work) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            work(txn);
            return written("change");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    void add_company(std::int64_t id, const std::string& name) {
        write([&](Txn& txn) {
            txn.change(
                "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes, "
                "medium_minutes,"
                " low_minutes, created_at) VALUES ($1, $2, '', $2, 1, 0, 0, 1, 1, 1, 1)",
                {id, name});
            touch(txn, Critical::company, id);
        });
    }
    void disable_company(std::int64_t id) {
        write([&](Txn& txn) {
            txn.change("UPDATE companies SET active = 0 WHERE id = $1", {id});
            touch(txn, Critical::company, id);
        });
    }
    void seed() {
        write([](Txn& txn) { seed_rows(txn); });
    }
    void check(std::int64_t id) {
        reading([&](ReadTxn& txn) {
            check_row(txn, Critical::company, id);
            return true;
        });
    }
    void check_start() {
        reading([&](ReadTxn& txn) {
            audit::check_rows_at_start(txn, *vault);
            return true;
        });
    }
    bool active(std::int64_t id) {
        return reading([&](ReadTxn& txn) {
            return txn.first("SELECT active FROM companies WHERE id = $1", {id}, [](const Row& row) { return row.number(0) == 1; })
                .value();
        });
    }
    // The gateway down, its write-ahead log in the file.
    std::string file_now() {
        store.reset();
        return file_text(options().file);
    }
    void put_page_back(const std::string& old, const std::string& text) {
        auto chosen = options();
        const auto page = open_database_file(chosen.file, chosen.key.bytes())->find_page(protocol::as_bytes(text));
        ASSERT_TRUE(page);
        constexpr std::size_t size = 4'096;
        const std::size_t at = (static_cast<std::size_t>(*page) - 1) * size;
        std::fstream file(chosen.file, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(at));
        file.write(old.data() + at, static_cast<std::streamsize>(size));
    }
};

TEST_F(RowsTest, a_row_that_was_marked_past_the_gateway_is_told_by_no_batch) {
    add_company(7, "keplin.example");
    seed();
    store.reset();
    {
        // Whoever has the database's key puts a row in, and the mark that makes the next batch tell it as the gateway's own.
        Connection past(options().file, options().key.bytes(), Access::writer);
        past.execute(
            "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes,"
            " low_minutes, created_at) VALUES (8, 'made up', '', 'made.up', 1, 0, 0, 1, 1, 1, 1);"
            "INSERT INTO critical_dirty (kind, id) VALUES ('company', 8)");
    }
    start();
    EXPECT_THROW(check_start(), audit::Tampered);
    EXPECT_THROW(check(8), RowTampered);
    const Commit commit = submit_and_wait(*store, [](Txn&) { return written("change"); });
    EXPECT_FALSE(commit.durable);
    EXPECT_NE(commit.fault.find("marked past the gateway"), std::string::npos) << commit.fault;
}

TEST_F(RowsTest, an_old_page_put_back_is_accepted_by_the_engine_and_refused_by_us) {
    add_company(7, "keplin.example");
    seed();
    const std::string before = file_now();
    start();
    disable_company(7);
    file_now();
    put_page_back(before, "keplin.example");
    auto chosen = options();
    EXPECT_TRUE(open_database_file(chosen.file, chosen.key.bytes())->damaged_pages().empty()) << "every page authenticates";
    start();
    EXPECT_TRUE(active(7)) << "the engine serves the old row";
    EXPECT_THROW(check(7), RowTampered);
    EXPECT_THROW(check(7), RowTampered) << "and again: a refusal is not forgotten";
    EXPECT_THROW(check_start(), audit::Tampered);
    const auto report = verify_live();
    ASSERT_FALSE(report.good());
    EXPECT_EQ(report.findings.front().check, Check::rows) << sentences(report);
}

TEST_F(RowsTest, an_old_row_put_back_together_with_its_digest_is_found_by_the_replay) {
    add_company(7, "keplin.example");
    seed();
    Blob digest;
    std::int64_t index = 0;
    reading([](ReadTxn&) { return true; });
    read_and_wait(*store, [&](ReadTxn& txn) {
        each_told(txn, [&](const Told& told) {
            digest.assign(told.digest.begin(), told.digest.end());
            index = told.index;
        });
    });
    disable_company(7);
    tamper([&](Txn& txn) {
        txn.change("UPDATE companies SET active = 1 WHERE id = 7", {});
        txn.change("UPDATE critical_rows SET digest = $1, idx = $2 WHERE kind = 'company' AND id = 7", {digest, index});
    });
    EXPECT_NO_THROW(check(7)) << "row and digest agree";
    const auto report = verify_live();
    ASSERT_FALSE(report.good());
    EXPECT_EQ(report.findings.front().check, Check::rows) << sentences(report);
}

TEST_F(RowsTest, what_the_gateway_changes_itself_is_told_and_passes) {
    seed();
    add_company(7, "keplin.example");
    check(7);
    disable_company(7);
    check(7);
    check_start();
    start();
    check(7);
    check_start();
    EXPECT_EQ(count("critical_dirty"), 0);
    const auto report = verify_live();
    EXPECT_TRUE(report.good()) << sentences(report);
    EXPECT_EQ(report.rows, 1);
}

TEST_F(RowsTest, a_row_is_its_own_within_the_batch_that_changes_it) {
    add_company(7, "keplin.example");
    seed();
    write([&](Txn& txn) {
        txn.change("UPDATE companies SET active = 0 WHERE id = 7", {});
        touch(txn, Critical::company, 7);
        EXPECT_NO_THROW(check_row(txn, Critical::company, 7));
    });
    check(7);
}

TEST_F(RowsTest, a_row_put_in_past_the_gateway_is_refused) {
    seed();
    tamper([](Txn& txn) {
        txn.change(
            "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes,"
            " low_minutes, created_at) VALUES (9, 'smuggled', '', 'smuggled', 1, 0, 0, 1, 1, 1, 1)",
            {});
    });
    EXPECT_THROW(check(9), RowTampered);
    EXPECT_THROW(check_start(), audit::Tampered);
    EXPECT_FALSE(verify_live().good());
}

TEST_F(RowsTest, a_change_that_was_undone_is_not_told) {
    add_company(7, "keplin.example");
    seed();
    const auto size = reading([](ReadTxn& txn) { return audit::head(txn).size; });
    submit_and_wait(*store, [&](Txn& txn) {
        txn.change("UPDATE companies SET active = 0 WHERE id = 7", {});
        touch(txn, Critical::company, 7);
        return written("refused", false);
    });
    EXPECT_EQ(reading([](ReadTxn& txn) { return audit::head(txn).size; }), size + 1) << "the refusal alone";
    check(7);
}

TEST_F(RowsTest, the_flag_of_seeding_cannot_be_put_back) {
    add_company(7, "keplin.example");
    submit_and_wait(*store, [&](Txn& txn) {
        seed_rows(txn);
        return written(std::string(audit::rows_seeded_operation));
    });
    tamper([](Txn& txn) { txn.change("UPDATE critical_state SET seeded = 0", {}); });
    EXPECT_THROW(check_start(), audit::Tampered);
}

}  // namespace
}  // namespace entente::store::test
