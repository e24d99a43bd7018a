// Signed checkpoints: what they cover, that they are never signed over a changed log, and that a log put back is refused at start.

#include "server/audit/log/notary.hpp"

#include <cstdlib>
#include <fstream>

#include "certs/files.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/log/log_rows.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

using audit::Tampered;

class Notary : public LogTest {
  protected:
    void open_notary() {
        notary.reset();
        notary.emplace(*store, audit::NotaryOptions{.origin = test_origin,
                                                    .keys = log_keys(),
                                                    .older_keys = older_keys,
                                                    .anchors = {anchor()},
                                                    .now = [this] { return protocol::Instant{clock_us.load()}; },
                                                    .alarm = [this](const std::string& why) { alarms.push_back(why); }});
    }
    std::shared_ptr<certs::LogKeys> log_keys() {
        if (!keys_of_log) keys_of_log = certs::open_log_keys(folder.path() / "keys");
        return keys_of_log;
    }
    std::filesystem::path anchor() const { return folder.path() / "keys" / "anchor"; }
    std::string fault_of_opening() {
        try {
            open_notary();
        } catch (const Tampered& fault) {
            return fault.what();
        }
        return {};
    }
    void again() {
        notary.reset();
        start();
    }
    void TearDown() override {
        notary.reset();
        LogTest::TearDown();
    }
    std::int64_t stored() {
        return reading([](ReadTxn& txn) {
            return *txn.first("SELECT count(*) FROM audit_checkpoint", {}, [](const Row& row) { return row.number(0); });
        });
    }

    std::shared_ptr<certs::LogKeys> keys_of_log;
    std::vector<Blob> older_keys;
    std::optional<audit::Notary> notary;
    std::vector<std::string> alarms;
};

TEST_F(Notary, signs_what_is_there_and_nothing_twice) {
    open_notary();
    notary->round();
    EXPECT_EQ(notary->newest(), nullptr) << "an empty log has no checkpoint";
    fill(0, 300);
    notary->round();
    const auto first = notary->newest();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->checkpoint.size, 301u);
    EXPECT_EQ(first->checkpoint.root, reading([](ReadTxn& txn) { return audit::head(txn).root; }));
    notary->round();
    EXPECT_EQ(notary->newest(), first);
    EXPECT_EQ(stored(), 1);

    const auto note = audit::parse_note(first->note);
    ASSERT_TRUE(note);
    EXPECT_TRUE(audit::verify_note(*note, std::vector{notary->key()}));
    EXPECT_EQ(audit::parse_checkpoint(note->text), first->checkpoint);
    EXPECT_EQ(std::string(protocol::as_text(certs::read_private_file(anchor(), 10'000).bytes())), first->note)
        << "the anchor holds what is shown";
}

TEST_F(Notary, what_no_anchor_could_be_written_for_is_not_shown_until_one_is) {
    open_notary();
    fill(0, 10);
    std::filesystem::create_directories(anchor() / "in the way");
    for (int times = 0; times < 3; ++times) {
        try {
            notary->round();
            FAIL() << "there is no anchor";
        } catch (const protocol::Fault& fault) {
            EXPECT_NE(std::string(fault.what()).find(anchor().string()), std::string::npos) << fault.what();
        }
        EXPECT_EQ(notary->newest(), nullptr);
    }
    std::filesystem::remove_all(anchor());
    notary->round();
    ASSERT_NE(notary->newest(), nullptr);
    EXPECT_EQ(notary->newest()->checkpoint.size, 11U);
    EXPECT_EQ(stored(), 1);
    EXPECT_EQ(alarms, std::vector<std::string>{});
}

TEST_F(Notary, every_entry_has_a_receipt_and_every_size_a_consistency_proof) {
    open_notary();
    std::vector<std::shared_ptr<const audit::Published>> earlier;
    for (const int end : {1, 2, 255, 256, 257, 700}) {
        static int from = 0;
        fill(from, end);
        from = end;
        notary->round();
        earlier.push_back(notary->newest());
    }
    const auto newest = notary->newest();
    reading([&](ReadTxn& txn) {
        audit::each_entry(txn, 0, 701, [&](const audit::EntryRow& row) {
            const auto index = static_cast<std::uint64_t>(row.index);
            const audit::InclusionReceipt receipt{Blob(row.entry.begin(), row.entry.end()), index,
                                                  notary->proofs().inclusion(txn, index, newest->checkpoint.size), newest->note};
            EXPECT_TRUE(audit::verify_receipt(receipt, std::vector{notary->key()})) << index;
        });
        for (const auto& before : earlier) {
            const auto path = notary->proofs().consistency(txn, before->checkpoint.size, newest->checkpoint.size);
            EXPECT_TRUE(audit::verify_consistency(before->checkpoint.size, newest->checkpoint.size, path, before->checkpoint.root,
                                                  newest->checkpoint.root));
            EXPECT_EQ(notary->of_size(txn, before->checkpoint.size)->note, before->note);
        }
        return true;
    });
}

TEST_F(Notary, proofs_in_a_tree_of_several_levels_use_what_was_kept) {
    // The long form has a whole tile of level 1 and the beginning of the next.
    const char* const asked = std::getenv("ENTENTE_LONG");
    const std::int64_t count = asked != nullptr && std::string_view(asked) == "1" ? 66'100 : 1'300;
    fill(0, static_cast<int>(count));
    open_notary();
    notary->round();
    const auto newest = notary->newest()->checkpoint;
    for (int twice = 0; twice < 2; ++twice) {
        reading([&](ReadTxn& txn) {
            for (const std::int64_t index : std::initializer_list<std::int64_t>{0, 255, 256, 511, 512, count - 300, count}) {
                const auto leaf = audit::find_leaf(txn, index, std::nullopt);
                const auto path = notary->proofs().inclusion(txn, static_cast<std::uint64_t>(index), newest.size);
                EXPECT_TRUE(audit::verify_inclusion(audit::leaf_hash(leaf->entry), static_cast<std::uint64_t>(index), newest.size,
                                                    path, newest.root))
                    << index;
            }
            return true;
        });
    }
}

TEST_F(Notary, goes_on_after_a_restart) {
    fill(0, 500);
    open_notary();
    notary->round();
    again();
    open_notary();
    EXPECT_EQ(notary->newest()->checkpoint.size, 501u) << "shown again at once";
    fill(500, 900);
    notary->round();
    EXPECT_EQ(notary->newest()->checkpoint.size, 901u);
    EXPECT_EQ(notary->newest()->checkpoint.root, reading([](ReadTxn& txn) { return audit::head(txn).root; }));
}

TEST_F(Notary, the_thread_signs_by_itself_and_stops_with_all_signed) {
    open_notary();
    notary->start();
    fill(0, 50);
    notary->wake();
    notary->stop();
    EXPECT_EQ(notary->newest()->checkpoint.size, 51u);
}

TEST_F(Notary, keeps_every_checkpoint_of_two_hours_and_then_one_an_hour) {
    open_notary();
    for (int hour = 0; hour < 5; ++hour) {
        for (int i = 0; i < 4; ++i) {
            fill(hour * 4 + i, hour * 4 + i + 1);
            notary->round();
            clock_us += 600'000'000;
        }
        clock_us += 1'200'000'000;
    }
    EXPECT_EQ(stored(), 3 * 1 + 2 * 4);
}

TEST_F(Notary, a_changed_entry_is_not_signed_and_the_signing_ends) {
    fill(0, 20);
    open_notary();
    notary->round();
    const auto before = notary->newest();
    fill(20, 300);
    notary.reset();
    tamper([](Txn& txn) {
        txn.change("UPDATE audit_entry SET entry = (SELECT entry FROM audit_entry WHERE idx = 30) WHERE idx = 31", {});
    });
    open_notary();
    EXPECT_THROW(notary->round(), Tampered);
    EXPECT_THROW(notary->round(), Tampered) << "for good";
    EXPECT_NE(notary->halted(), "");
    EXPECT_EQ(alarms.size(), 1u);
    EXPECT_EQ(notary->newest()->note, before->note);
}

TEST_F(Notary, a_changed_tile_is_not_signed) {
    fill(0, 20);
    open_notary();
    notary->round();
    fill(20, 600);
    notary.reset();
    tamper([](Txn& txn) {
        txn.change(
            "UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE level = 0 AND n = 1)"
            " WHERE level = 0 AND n = 0",
            {});
    });
    open_notary();
    EXPECT_THROW(notary->round(), Tampered);
    EXPECT_NE(notary->halted().find("tile 0 of level 0"), std::string::npos) << notary->halted();
}

TEST_F(Notary, a_whole_store_put_back_is_refused_at_start) {
    fill(0, 100);
    open_notary();
    notary->round();
    notary.reset();
    store.reset();
    const auto key = key_of(7);
    const auto copy = folder.path() / "old.db";
    copy_database(file(), key.bytes(), copy);
    start();
    fill(100, 130);
    open_notary();
    notary->round();
    notary.reset();
    store.reset();
    // Everything that lies in the data folder is as it was: valid by itself, and older than what was published.
    for (const char* rest : {"-wal", "-shm"}) std::filesystem::remove(file().string() + rest);
    std::filesystem::copy_file(copy, file(), std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    start();
    EXPECT_TRUE(verify_live().good()) << "nothing inside the file tells";
    EXPECT_NE(fault_of_opening().find("put back"), std::string::npos) << fault_of_opening();
}

TEST_F(Notary, every_key_signs_and_what_a_destroyed_one_signed_is_still_believed) {
    open_notary();
    fill(0, 40);
    notary->round();
    const std::string alone = notary->newest()->note;
    const audit::VerifierKey first = notary->key();
    log_keys()->new_key(0);
    const audit::VerifierKey second = notary->key();
    EXPECT_NE(second, first);
    EXPECT_EQ(notary->keys(), (std::vector{second, first}));
    fill(40, 60);
    notary->round();
    const auto both = audit::parse_note(notary->newest()->note);
    ASSERT_TRUE(both);
    EXPECT_EQ(both->signatures.size(), 2u);
    for (const audit::VerifierKey& key : {first, second}) EXPECT_TRUE(audit::verify_note(*both, std::vector{key}));
    log_keys()->destroy(1);
    // Nothing was published since: anchor and newest checkpoint carry the older signature too. It was seen, so it is known.
    const auto of_before = reading([&](ReadTxn& txn) { return notary->of_size(txn, 41); });
    ASSERT_TRUE(of_before);
    EXPECT_EQ(of_before->note, alone);
    EXPECT_TRUE(alarms.empty());
    // After a restart the table of the log's keys tells it.
    older_keys = {first.public_key};
    again();
    open_notary();
    EXPECT_TRUE(reading([&](ReadTxn& txn) { return notary->of_size(txn, 41); }));
    older_keys.clear();
    again();
    open_notary();
    EXPECT_THROW(reading([&](ReadTxn& txn) { return notary->of_size(txn, 41); }), Tampered) << "by a key of nobody";
}

TEST_F(Notary, the_checkpoint_that_hands_over_to_another_key_is_kept_for_ever) {
    constexpr std::int64_t hour_us = 3'600'000'000;
    open_notary();
    const auto grow = [&](int to) {
        fill(to - 10, to);
        notary->round();
        return static_cast<std::int64_t>(notary->newest()->checkpoint.size);
    };
    const auto sizes = [&] {
        std::vector<std::int64_t> all;
        reading([&](ReadTxn& txn) {
            txn.each("SELECT size FROM audit_checkpoint ORDER BY size", {}, [&](const Row& row) { all.push_back(row.number(0)); });
            return 0;
        });
        return all;
    };
    std::vector<std::int64_t> made;
    for (int to = 10; to <= 60; to += 10) made.push_back(grow(to));
    // The key of before entry 15 handed over under the third of these, and the fourth is the first that witnesses cosigned.
    submit_and_wait(*store, [&](Txn& txn) {
        txn.change("INSERT INTO log_keys (number, public_key, made_at, idx) VALUES (1, $1, 0, 1), (2, $1, 0, 25)",
                   {Bytes(audit::Hash{7})});
        return Written{.records = {}, .keep = true, .derived = true};
    });
    notary->add_cosignatures(*reading([&](ReadTxn& txn) { return notary->of_size(txn, static_cast<std::uint64_t>(made[3])); }), {},
                             true);
    for (int hours = 1; hours <= 3; ++hours) {
        clock_us += hour_us;
        made.push_back(grow(60 + 10 * hours));
    }
    // Of the first hour: the first (of key 1), the third, the fourth, and its last.
    EXPECT_EQ(sizes(), (std::vector{made[0], made[2], made[3], made[5], made[6], made[7], made[8]}));
}

TEST_F(Notary, a_fork_of_what_was_published_is_refused_at_start) {
    fill(0, 40);
    open_notary();
    notary->round();
    notary.reset();
    // The same number of entries and more, but others: the anchor of a log that went another way.
    const auto other = audit::Checkpoint{test_origin, 30, audit::Hash{7}};
    const std::string text = audit::checkpoint_text(other);
    const certs::SigningKey key(certs::read_private_file(folder.path() / "keys" / "log.key", 32).bytes());
    certs::replace_private_file(anchor(),
                                protocol::as_bytes(audit::format_note({text, {audit::sign_note(key, test_origin, text)}})));
    EXPECT_NE(fault_of_opening().find("not the one that was published"), std::string::npos) << fault_of_opening();
}

TEST_F(Notary, an_anchor_that_is_missing_damaged_or_anothers_is_refused) {
    fill(0, 40);
    open_notary();
    notary->round();
    fill(40, 50);
    notary->round();
    notary.reset();
    const std::string good(protocol::as_text(certs::read_private_file(anchor(), 10'000).bytes()));
    std::filesystem::remove(anchor());
    EXPECT_NE(fault_of_opening().find("is missing"), std::string::npos) << fault_of_opening();
    const auto put = [&](const std::string& note) { certs::replace_private_file(anchor(), protocol::as_bytes(note)); };
    for (std::size_t at = 0; at < good.size(); at += 7) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        put(bad);
        EXPECT_NE(fault_of_opening(), "") << "byte " << at;
    }
    put(good);
    EXPECT_EQ(fault_of_opening(), "");
}

TEST_F(Notary, a_checkpoint_that_was_stored_but_never_shown_needs_no_anchor) {
    fill(0, 40);
    open_notary();
    notary->round();
    notary.reset();
    std::filesystem::remove(anchor());
    EXPECT_EQ(fault_of_opening(), "") << "the process may have ended between the two";
}

}  // namespace
}  // namespace entente::store::test
