// Whatever is changed in a log, verification finds it and names an index not after the damage.

#include <set>

#include "server/audit/format/leaf.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/store/sqlcipher_connection.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

using audit::Check;

class Verify : public LogTest {
  protected:
    // Changes rows past the gateway, then verifies.
    audit::VerifyReport after(const std::function<void(Txn&)>& change, bool with_keys = true) {
        tamper(change);
        return verify_live(with_keys);
    }
    static bool found(const audit::VerifyReport& report, Check check) {
        return std::ranges::any_of(report.findings, [&](const auto& finding) { return finding.check == check; });
    }
    static Blob column(Txn& txn, const std::string& name, std::int64_t index) {
        return *txn.first("SELECT " + name + " FROM audit_entry WHERE idx = $1", {index},
                          [](const Row& row) { return Blob(row.bytes(0).begin(), row.bytes(0).end()); });
    }
    static void flip(Txn& txn, const std::string& name, std::int64_t index, std::size_t at) {
        Blob bytes = column(txn, name, index);
        bytes.at(at) ^= 0x10;
        txn.change("UPDATE audit_entry SET " + name + " = $2 WHERE idx = $1", {index, bytes});
    }
    std::filesystem::path copy() {
        const auto target = folder.path() / ("copy" + std::to_string(copies++) + ".db");
        const auto key = key_of(7);
        copy_database(file(), key.bytes(), target);
        return target;
    }
    audit::VerifyReport verify_copy(const std::filesystem::path& target, bool with_keys = true) {
        const auto key = key_of(7);
        return audit::verify_file(target, key.bytes(), {.vault = with_keys ? vault.get() : nullptr});
    }
    static void flip_byte(const std::filesystem::path& target, std::uint64_t at) {
        std::fstream stream(target, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(static_cast<std::streamoff>(at));
        const char byte = static_cast<char>(stream.get() ^ 1);
        stream.seekp(static_cast<std::streamoff>(at));
        stream.put(byte);
    }
    int copies = 0;
};

TEST_F(Verify, an_untouched_log_is_good_with_and_without_keys) {
    EXPECT_TRUE(verify_live().good()) << "an empty one too";
    fill(0, 700);
    std::int64_t told = 0;
    audit::VerifyReport report;
    read_and_wait(*store, [&](ReadTxn& txn) {
        report = audit::verify(txn, {.vault = vault.get(), .progress = [&](std::int64_t done, std::int64_t) { told = done; }});
    });
    EXPECT_TRUE(report.good()) << sentences(report);
    EXPECT_EQ(told, 701);
    EXPECT_EQ(report.sections, 2'100);
    EXPECT_EQ(report.opened, 2'100);
    report = verify_live(false);
    EXPECT_TRUE(report.good()) << sentences(report);
    EXPECT_EQ(report.opened, 0);
}

TEST_F(Verify, every_byte_of_an_entry_counts) {
    fill(0, 20);
    const std::size_t size = reading([](ReadTxn& txn) {
        return static_cast<std::size_t>(
            *txn.first("SELECT length(entry) FROM audit_entry WHERE idx = 9", {}, [](const Row& row) { return row.number(0); }));
    });
    store.reset();
    const auto key = key_of(7);
    Connection connection(file(), key.bytes(), Access::writer);
    for (std::size_t at = 0; at < size; ++at) {
        connection.begin_write();
        flip(connection, "entry", 9, at);
        for (store::Vault* with : {vault.get(), static_cast<store::Vault*>(nullptr)}) {
            const auto report = audit::verify(connection, {.vault = with});
            ASSERT_FALSE(report.good()) << "byte " << at;
            ASSERT_TRUE(report.first_bad());
            if (with != nullptr) {
                EXPECT_EQ(*report.first_bad(), 9) << "byte " << at << "\n" << sentences(report);
            } else {
                EXPECT_LE(*report.first_bad(), 9) << "byte " << at << "\n" << sentences(report);
            }
        }
        connection.rollback();
    }
}

TEST_F(Verify, every_byte_that_is_sealed_counts) {
    fill(0, 20);
    const std::size_t size = reading([](ReadTxn& txn) {
        return static_cast<std::size_t>(
            *txn.first("SELECT length(sealed) FROM audit_entry WHERE idx = 9", {}, [](const Row& row) { return row.number(0); }));
    });
    store.reset();
    const auto key = key_of(7);
    Connection connection(file(), key.bytes(), Access::writer);
    for (std::size_t at = 0; at < size; ++at) {
        connection.begin_write();
        flip(connection, "sealed", 9, at);
        const auto report = audit::verify(connection, {});
        EXPECT_EQ(report.first_bad(), 9) << "byte " << at << "\n" << sentences(report);
        EXPECT_TRUE(found(report, Check::sealed));
        connection.rollback();
    }
}

TEST_F(Verify, an_entry_after_a_freeze_is_found) {
    fill(0, 20);
    const auto report = after([](Txn& txn) {
        auto entry = *audit::decode_entry(column(txn, "entry", 9));
        entry.extension = audit::Freeze{"log_key_compromised"};
        txn.change("UPDATE audit_entry SET entry = $1 WHERE idx = 9", {audit::encode_entry(entry)});
    });
    EXPECT_NE(sentences(report).find("entry 10 follows the freeze"), std::string::npos) << sentences(report);
}

TEST_F(Verify, a_deleted_row_is_missed_wherever_it_was) {
    for (const std::int64_t index : {0, 1, 150, 399, 400}) {
        if (index == 0) fill(0, 400);
        store.reset();
        const auto key = key_of(7);
        Connection connection(file(), key.bytes(), Access::writer);
        connection.begin_write();
        connection.change("DELETE FROM audit_entry WHERE idx = $1", {index});
        const auto report = audit::verify(connection, {.vault = vault.get()});
        EXPECT_EQ(report.first_bad(), index) << sentences(report);
        EXPECT_TRUE(found(report, Check::present));
        connection.rollback();
    }
}

TEST_F(Verify, a_truncated_tail_is_missed) {
    fill(0, 300);
    const auto report = after([](Txn& txn) { txn.change("DELETE FROM audit_entry WHERE idx >= 290", {}); });
    EXPECT_EQ(report.first_bad(), 290);
    EXPECT_NE(sentences(report).find("entries 290 to 300 are missing"), std::string::npos) << sentences(report);
}

TEST_F(Verify, swapped_rows_are_found) {
    fill(0, 300);
    const auto swap = [](Txn& txn) {
        txn.change("UPDATE audit_entry SET idx = 100000 WHERE idx = 40", {});
        txn.change("UPDATE audit_entry SET idx = 40 WHERE idx = 41", {});
        txn.change("UPDATE audit_entry SET idx = 41 WHERE idx = 100000", {});
    };
    const auto report = after(swap);
    EXPECT_FALSE(report.good());
    EXPECT_EQ(report.first_bad(), 40) << sentences(report);
    const auto keyless = verify_live(false);
    EXPECT_EQ(keyless.first_bad(), 40) << sentences(keyless);
}

TEST_F(Verify, swapped_rows_behind_the_last_tile_are_found_by_the_root) {
    fill(0, 300);
    // Two starts of one time, so that only the tree knows their order.
    const auto report = after(
        [](Txn& txn) {
            txn.change("UPDATE audit_entry SET idx = 100000 WHERE idx = 290", {});
            txn.change("UPDATE audit_entry SET idx = 290 WHERE idx = 291", {});
            txn.change("UPDATE audit_entry SET idx = 291 WHERE idx = 100000", {});
        },
        false);
    EXPECT_TRUE(found(report, Check::root)) << sentences(report);
    ASSERT_TRUE(report.first_bad());
    EXPECT_LE(*report.first_bad(), 290);
    EXPECT_GE(*report.first_bad(), 288) << "the head's frontier narrows it down";
}

TEST_F(Verify, a_row_put_in_is_found) {
    fill(0, 10);
    const auto report = after([](Txn& txn) {
        txn.change(
            "INSERT INTO audit_entry (idx, event, time, entry, sealed, operation, outcome, reason)"
            " SELECT 11, $1, time, entry, sealed, operation, outcome, reason FROM audit_entry WHERE idx = 10",
            {Blob(16, 9)});
    });
    EXPECT_EQ(report.first_bad(), 11) << sentences(report);
    EXPECT_TRUE(found(report, Check::head));
    EXPECT_TRUE(found(report, Check::event)) << "and the event is there twice";
}

TEST_F(Verify, a_changed_tile_is_found) {
    fill(0, 600);
    const auto report = after([](Txn& txn) {
        Blob hashes = *txn.first("SELECT hashes FROM audit_tile WHERE level = 0 AND n = 1", {},
                                 [](const Row& row) { return Blob(row.bytes(0).begin(), row.bytes(0).end()); });
        hashes[32 * 7 + 3] ^= 1;
        txn.change("UPDATE audit_tile SET hashes = $1 WHERE level = 0 AND n = 1", {hashes});
    });
    EXPECT_EQ(report.first_bad(), 256 + 7) << sentences(report);
    EXPECT_TRUE(found(report, Check::tile));
}

TEST_F(Verify, a_missing_and_a_surplus_tile_are_found) {
    fill(0, 600);
    auto report = after([](Txn& txn) { txn.change("UPDATE audit_tile SET n = 7 WHERE level = 0 AND n = 1", {}); });
    EXPECT_EQ(report.first_bad(), 256) << sentences(report);
    report = after([](Txn& txn) {
        txn.change("UPDATE audit_tile SET n = 1 WHERE level = 0 AND n = 7", {});
        txn.change("INSERT INTO audit_tile (level, n, hashes) SELECT 3, 0, hashes FROM audit_tile WHERE n = 0", {});
    });
    EXPECT_TRUE(found(report, Check::tile)) << sentences(report);
}

TEST_F(Verify, every_member_of_the_head_counts) {
    fill(0, 20);
    store.reset();
    const auto key = key_of(7);
    Connection connection(file(), key.bytes(), Access::writer);
    for (const char* sql :
         {"UPDATE audit_head SET size = size + 1", "UPDATE audit_head SET size = size - 1", "UPDATE audit_head SET root = frontier",
          "UPDATE audit_head SET root = (SELECT entry FROM audit_entry WHERE idx = 0)", "UPDATE audit_head SET frontier = root",
          "UPDATE audit_head SET last_time = last_time + 1", "DELETE FROM audit_head"}) {
        connection.begin_write();
        connection.change(sql, {});
        EXPECT_FALSE(audit::verify(connection, {}).good()) << sql;
        connection.rollback();
    }
    EXPECT_TRUE(audit::verify(connection, {}).good());
}

TEST_F(Verify, columns_that_decide_who_finds_an_entry_must_say_what_its_core_says) {
    fill(0, 20);
    store.reset();
    const auto key = key_of(7);
    Connection connection(file(), key.bytes(), Access::writer);
    for (const char* sql :
         {"UPDATE audit_entry SET operation = 'case.read' WHERE idx = 5", "UPDATE audit_entry SET outcome = 2 WHERE idx = 5",
          "UPDATE audit_entry SET reason = 'x' WHERE idx = 5", "UPDATE audit_entry SET time = time + 1 WHERE idx = 5",
          "DELETE FROM audit_party WHERE idx = 5", "DELETE FROM audit_case WHERE idx = 5"}) {
        connection.begin_write();
        connection.change(sql, {});
        const auto report = audit::verify(connection, {.vault = vault.get()});
        EXPECT_EQ(report.first_bad(), 5) << sql << "\n" << sentences(report);
        connection.rollback();
    }
    for (const char* sql :
         {"INSERT INTO audit_party (company, idx) VALUES (999, 5)", "INSERT INTO audit_case (case_id, idx) VALUES (999, 5)"}) {
        connection.begin_write();
        connection.change(sql, {});
        EXPECT_FALSE(audit::verify(connection, {.vault = vault.get()}).good()) << sql;
        connection.rollback();
    }
}

TEST_F(Verify, a_key_that_vanished_without_an_order_is_found) {
    fill(0, 6);
    submit_and_wait(*store, [&](Txn& txn) {
        vault->destroy_owner(txn, Owner::customer({500}));
        return written("silent.erasure");
    });
    const auto report = verify_live();
    EXPECT_TRUE(found(report, Check::key)) << sentences(report);
    EXPECT_EQ(report.first_bad(), 1);
    EXPECT_EQ(report.erased, 6);
}

TEST_F(Verify, a_section_moved_to_another_entry_does_not_pass) {
    fill(0, 10);
    const auto report = after([](Txn& txn) {
        txn.change("UPDATE audit_entry SET sealed = (SELECT sealed FROM audit_entry WHERE idx = 4) WHERE idx = 6", {});
    });
    EXPECT_EQ(report.first_bad(), 6) << sentences(report);
    EXPECT_TRUE(found(report, Check::sealed));
    EXPECT_TRUE(found(report, Check::opens));
}

TEST_F(Verify, findings_are_bounded_and_say_that_there_were_more) {
    fill(0, 100);
    const auto report = after([](Txn& txn) { txn.change("UPDATE audit_entry SET operation = 'x' WHERE idx > 0", {}); });
    EXPECT_EQ(report.findings.size(), 20u);
    EXPECT_TRUE(report.more);
}

TEST_F(Verify, a_copy_verifies_and_one_flipped_byte_in_it_names_the_record) {
    fill(0, 1'000);
    const auto target = copy();
    EXPECT_TRUE(verify_copy(target).good()) << sentences(verify_copy(target));
    const auto key = key_of(7);
    for (const std::int64_t index : {0, 500, 1'000}) {
        const auto page = audit::page_of_entry(target, key.bytes(), index);
        ASSERT_TRUE(page);
        const std::uint64_t at = static_cast<std::uint64_t>(*page - 1) * 4096 + 1234;
        flip_byte(target, at);
        const auto report = verify_copy(target);
        EXPECT_FALSE(report.good());
        ASSERT_TRUE(report.first_bad()) << sentences(report);
        EXPECT_LE(*report.first_bad(), index) << sentences(report);
        EXPECT_GE(*report.first_bad(), index - 8) << "only entries of that page";
        EXPECT_TRUE(std::ranges::any_of(report.findings, [&](const auto& f) {
            return f.check == Check::readable && f.index == index;
        })) << sentences(report);
        EXPECT_TRUE(std::ranges::any_of(report.findings, [&](const auto& f) {
            return f.check == Check::page && f.sentence.find("page " + std::to_string(*page) + " ") != std::string::npos;
        })) << sentences(report);
        flip_byte(target, at);
    }
    EXPECT_TRUE(verify_copy(target).good());
}

TEST_F(Verify, a_flipped_byte_anywhere_in_a_copy_is_found) {
    fill(0, 120);
    const auto target = copy();
    const auto pages = std::filesystem::file_size(target) / 4096;
    const auto key = key_of(7);
    std::set<std::int64_t> of_entries;
    for (std::int64_t index = 0; index <= 120; ++index)
        if (const auto page = audit::page_of_entry(target, key.bytes(), index)) of_entries.insert(*page);
    ASSERT_GT(of_entries.size(), 10u);
    for (std::uint64_t page = 0; page < pages; ++page) {
        // Every page that holds entries, and some of the others.
        const bool holds_entries = of_entries.contains(static_cast<std::int64_t>(page) + 1);
        if (!holds_entries && page % 5 != 0) continue;
        flip_byte(target, page * 4096 + 77);
        try {
            const auto report = verify_copy(target, page % 3 == 0);
            EXPECT_FALSE(report.good()) << "page " << page + 1;
            if (holds_entries) EXPECT_TRUE(report.first_bad()) << "page " << page + 1 << ": " << sentences(report);
            if (!report.first_bad() && report.size > 0 && report.entries == report.size) {
                EXPECT_NE(sentences(report).find("read whole"), std::string::npos)
                    << "names the table that is hit, or says none is";
            }
        } catch (const protocol::Fault& fault) {
            EXPECT_EQ(page, 0u) << "only the first page makes the file unreadable: " << fault.what();
        }
        flip_byte(target, page * 4096 + 77);
    }
}

}  // namespace
}  // namespace entente::store::test
