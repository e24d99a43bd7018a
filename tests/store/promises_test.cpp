// The promises of server/store/store.hpp, one by one, with faults made on purpose.

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/store/fixture.hpp"

namespace entente::store::test {
namespace {

using Promises = StoreTest;

TEST_F(Promises, a_work_is_durable_when_it_is_answered_and_its_receipt_names_its_record) {
    open();
    const Commit commit = submit_and_wait(*store, add_thing(1));
    EXPECT_TRUE(commit.durable) << commit.fault;
    ASSERT_EQ(commit.receipts.size(), 1u);
    EXPECT_EQ(commit.receipts[0].index, 0);
    store.reset();
    open();
    EXPECT_EQ(count("test_thing"), 1);
    EXPECT_EQ(count("test_record"), 1);
}

TEST_F(Promises, what_is_queued_together_is_committed_together_and_recorded_once) {
    open();
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->submit(add_thing(i), answers.next()));
    EXPECT_EQ(store->queued(), 41u);
    gate.open();
    const auto commits = answers.wait(41);
    for (std::size_t i = 1; i < commits.size(); ++i) {
        EXPECT_TRUE(commits[i].durable);
        ASSERT_EQ(commits[i].receipts.size(), 1u);
        EXPECT_EQ(commits[i].receipts[0].index, static_cast<std::int64_t>(i) - 1) << "receipts follow the order of the works";
    }
    EXPECT_EQ(recordings, 1);
    const Stats stats = store->stats();
    EXPECT_EQ(stats.batches, 2u);
    EXPECT_EQ(stats.batch_size_max, 40u);
    EXPECT_EQ(stats.records, 40u);
}

TEST_F(Promises, a_batch_has_at_most_256_works) {
    open();
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(store->submit(add_thing(i), answers.next()));
    gate.open();
    answers.wait(301);
    EXPECT_EQ(store->stats().batch_size_max, 256u);
    EXPECT_EQ(store->stats().batches, 3u);
}

TEST_F(Promises, a_batch_takes_no_new_work_once_its_time_has_passed) {
    auto chosen = options();
    chosen.batch_budget = std::chrono::milliseconds(0);
    store = open_sqlcipher(std::move(chosen), recorder());
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->submit(add_thing(i), answers.next()));
    gate.open();
    answers.wait(6);
    EXPECT_EQ(store->stats().batches, 6u);
    EXPECT_EQ(count("test_thing"), 5);
}

TEST_F(Promises, a_work_that_throws_is_undone_alone) {
    open();
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    ASSERT_TRUE(store->submit(add_thing(1), answers.next()));
    ASSERT_TRUE(store->submit(
        [](Txn& txn) -> Written {
            txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {2, "gone"});
            throw std::runtime_error("the work broke");
        },
        answers.next()));
    ASSERT_TRUE(store->submit(add_thing(1, "again"), answers.next()));  // a broken key
    ASSERT_TRUE(store->submit([](Txn&) -> Written { throw 7; }, answers.next()));
    ASSERT_TRUE(store->submit(add_thing(3), answers.next()));
    gate.open();
    const auto commits = answers.wait(6);
    EXPECT_TRUE(commits[1].durable);
    EXPECT_FALSE(commits[2].durable);
    EXPECT_EQ(commits[2].fault, "the work broke");
    EXPECT_FALSE(commits[3].durable);
    EXPECT_NE(commits[3].fault.find("UNIQUE"), std::string::npos) << commits[3].fault;
    EXPECT_FALSE(commits[4].durable);
    EXPECT_FALSE(commits[4].fault.empty());
    EXPECT_TRUE(commits[5].durable);
    EXPECT_EQ(commits[5].receipts.at(0).index, 1);
    EXPECT_EQ(count("test_thing"), 2);
    EXPECT_EQ(count("test_record"), 2);
    EXPECT_EQ(store->stats().works_failed, 3u);
    EXPECT_TRUE(store->healthy());
}

TEST_F(Promises, a_broken_key_can_be_caught_by_the_work_which_goes_on) {
    open();
    submit_and_wait(*store, add_thing(1));
    const Commit commit = submit_and_wait(*store, [](Txn& txn) {
        bool caught = false;
        try {
            txn.change("INSERT INTO test_part (id, thing) VALUES ($1, $2)", {1, 99});
        } catch (const Constraint&) {
            caught = true;
        }
        txn.change("INSERT INTO test_part (id, thing) VALUES ($1, $2)", {2, 1});
        return written(caught ? "caught" : "missed");
    });
    EXPECT_TRUE(commit.durable) << commit.fault;
    EXPECT_EQ(count("test_part"), 1);
    EXPECT_EQ(count("test_record WHERE operation = 'caught'"), 1);
}

TEST_F(Promises, keep_false_undoes_the_rows_and_keeps_the_record) {
    open();
    const Commit commit = submit_and_wait(*store, [](Txn& txn) {
        txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {1, "refused"});
        return written("refused", false);
    });
    EXPECT_TRUE(commit.durable);
    EXPECT_EQ(commit.receipts.size(), 1u);
    EXPECT_EQ(count("test_thing"), 0);
    EXPECT_EQ(count("test_record"), 1);
}

TEST_F(Promises, a_change_without_a_record_does_not_happen) {
    open();
    const Commit commit = submit_and_wait(*store, [](Txn& txn) {
        txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {1, "silent"});
        return Written{};
    });
    EXPECT_FALSE(commit.durable);
    EXPECT_EQ(count("test_thing"), 0);
}

TEST_F(Promises, a_work_that_changed_nothing_needs_no_record) {
    open();
    EXPECT_TRUE(submit_and_wait(*store, [](Txn&) { return Written{}; }).durable);
    EXPECT_EQ(recordings, 0);
}

TEST_F(Promises, without_a_record_nothing_happens) {
    open();
    on_record = [](auto) { throw std::runtime_error("no audit"); };
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->submit(add_thing(i), answers.next()));
    gate.open();
    const auto commits = answers.wait(4);
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_FALSE(commits[i].durable);
        EXPECT_EQ(commits[i].fault, "no audit");
        EXPECT_TRUE(commits[i].receipts.empty());
    }
    EXPECT_FALSE(store->healthy());
    EXPECT_EQ(count("test_thing"), 0);
    on_record = nullptr;
    EXPECT_TRUE(submit_and_wait(*store, add_thing(9)).durable);
    EXPECT_TRUE(store->healthy());
}

TEST_F(Promises, one_bad_record_fails_nobody_else) {
    open();
    on_record = [](std::span<const audit::Record> records) {
        for (const auto& record : records) {
            if (record.operation == "bad") throw std::runtime_error("a record that cannot be written");
        }
    };
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    ASSERT_TRUE(store->submit(add_thing(1), answers.next()));
    ASSERT_TRUE(store->submit(
        [](Txn& txn) {
            txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {2, "bad"});
            return written("bad");
        },
        answers.next()));
    ASSERT_TRUE(store->submit(add_thing(3), answers.next()));
    gate.open();
    const auto commits = answers.wait(4);
    EXPECT_TRUE(commits[1].durable);
    EXPECT_FALSE(commits[2].durable);
    EXPECT_TRUE(commits[3].durable);
    EXPECT_EQ(count("test_thing"), 2);
    EXPECT_EQ(count("test_record"), 2);
}

TEST_F(Promises, a_recorder_that_answers_too_few_receipts_fails_the_batch) {
    store = open_sqlcipher(options(), [](Txn&, std::span<const audit::Record>) { return std::vector<audit::Receipt>{}; });
    EXPECT_FALSE(submit_and_wait(*store, add_thing(1)).durable);
    EXPECT_EQ(count("test_thing"), 0);
}

TEST_F(Promises, a_fault_before_the_commit_leaves_nothing_behind) {
    open();
    for (const Moment at : {Moment::before_recording, Moment::before_commit}) {
        on_moment = [at](Moment now) {
            if (now == at) throw std::runtime_error("stopped before the commit");
        };
        const Commit commit = submit_and_wait(*store, add_thing(1));
        EXPECT_FALSE(commit.durable);
        EXPECT_EQ(commit.fault, "stopped before the commit");
        on_moment = nullptr;
        EXPECT_EQ(count("test_thing"), 0);
        EXPECT_EQ(count("test_record"), 0);
    }
    EXPECT_EQ(store->stats().batches_failed, 2u);
}

TEST_F(Promises, a_full_queue_refuses_at_once_and_nothing_happens) {
    auto chosen = options();
    chosen.queue_max = 2;
    store = open_sqlcipher(std::move(chosen), recorder());
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    EXPECT_TRUE(store->submit(add_thing(1), answers.next()));
    EXPECT_TRUE(store->submit(add_thing(2), answers.next()));
    EXPECT_FALSE(store->submit(add_thing(3), [](Commit) { FAIL() << "answered although refused"; }));
    gate.open();
    answers.wait(3);
    EXPECT_EQ(count("test_thing"), 2);
}

TEST_F(Promises, draining_finishes_what_is_queued_and_refuses_what_comes) {
    open();
    Gate gate;
    Answers answers;
    hold_writer(gate, answers);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(store->submit(add_thing(i), answers.next()));
    std::thread drainer([&] { store->drain(); });
    gate.open();
    drainer.join();
    for (const auto& commit : answers.wait(11)) EXPECT_TRUE(commit.durable);
    EXPECT_FALSE(store->submit(add_thing(99), [](Commit) {}));
    EXPECT_FALSE(store->read([](ReadTxn&) {}, [](std::string) {}));
    EXPECT_FALSE(store->healthy());
    EXPECT_FALSE(submit_and_wait(*store, add_thing(98)).durable);
    EXPECT_THROW(read_and_wait(*store, [](ReadTxn&) {}), protocol::Fault);
    store->drain();
    store.reset();
    open();
    EXPECT_EQ(count("test_thing"), 10);
}

TEST_F(Promises, works_run_one_after_the_other_however_many_submit) {
    open();
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    std::latch finished(4 * 50);
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                store->submit(
                    [&, id = t * 1000 + i](Txn& txn) {
                        if (++inside > 1) overlapped = true;
                        txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {id, nullptr});
                        --inside;
                        return written("thing.add");
                    },
                    [&](Commit commit) {
                        EXPECT_TRUE(commit.durable);
                        finished.count_down();
                    });
            }
        });
    }
    for (auto& thread : threads) thread.join();
    finished.wait();
    EXPECT_FALSE(overlapped);
    EXPECT_EQ(count("test_thing"), 200);
}

TEST_F(Promises, a_read_sees_one_moment_however_much_is_written_meanwhile) {
    open();
    submit_and_wait(*store, add_thing(1));
    Gate started;
    Gate go_on;
    std::int64_t before = 0;
    std::int64_t after = 0;
    std::thread reader([&] {
        read_and_wait(*store, [&](ReadTxn& txn) {
            const auto things = [&] {
                return *txn.first("SELECT count(*) FROM test_thing", {}, [](const Row& row) { return row.number(0); });
            };
            before = things();
            started.open();
            go_on.pass();
            after = things();
        });
    });
    started.pass();
    EXPECT_TRUE(submit_and_wait(*store, add_thing(2)).durable);
    EXPECT_EQ(count("test_thing"), 2) << "another reader sees what is committed";
    go_on.open();
    reader.join();
    EXPECT_EQ(before, 1);
    EXPECT_EQ(after, 1);
}

TEST_F(Promises, a_read_that_throws_answers_with_its_fault_and_the_next_one_works) {
    open();
    EXPECT_THROW(read_and_wait(*store, [](ReadTxn&) { throw std::runtime_error(""); }), std::runtime_error);
    EXPECT_THROW(read_and_wait(*store, [](ReadTxn& txn) { txn.each("SELECT nothing FROM nowhere", {}, [](const Row&) {}); }),
                 protocol::Fault);
    EXPECT_EQ(count("test_thing"), 0);
    EXPECT_EQ(store->stats().reads_failed, 2u);
}

TEST_F(Promises, values_come_back_as_they_went_in) {
    open();
    const std::vector<std::uint8_t> bytes{0, 1, 255, 0};
    const std::string text("a\0b", 3);
    submit_and_wait(*store, [&](Txn& txn) {
        txn.change("INSERT INTO test_thing (id, name, body) VALUES ($1, $2, $3)",
                   {std::int64_t{-9'223'372'036'854'775'807}, text, bytes});
        txn.change("INSERT INTO test_thing (id, name, body) VALUES ($1, $2, $3)", {true, "", std::vector<std::uint8_t>{}});
        txn.change("INSERT INTO test_thing (id, name, body) VALUES ($1, $2, $3)", {2, nullptr, std::optional<std::string>{}});
        return written("things");
    });
    int rows = 0;
    read_and_wait(*store, [&](ReadTxn& txn) {
        txn.each("SELECT id, name, body FROM test_thing ORDER BY id", {}, [&](const Row& row) {
            switch (rows++) {
                case 0:
                    EXPECT_EQ(row.number(0), -9'223'372'036'854'775'807);
                    EXPECT_EQ(row.text(1), text);
                    EXPECT_TRUE(std::ranges::equal(row.bytes(2), bytes));
                    break;
                case 1:
                    EXPECT_EQ(row.number(0), 1);
                    EXPECT_EQ(row.text(1), "");
                    EXPECT_FALSE(row.is_null(1));
                    EXPECT_TRUE(row.bytes(2).empty());
                    EXPECT_FALSE(row.is_null(2));
                    break;
                default:
                    EXPECT_EQ(row.maybe_text(1), std::nullopt);
                    EXPECT_TRUE(row.is_null(2));
            }
        });
    });
    EXPECT_EQ(rows, 3);
}

TEST_F(Promises, change_answers_how_many_rows_it_changed) {
    open();
    std::vector<std::int64_t> changed;
    submit_and_wait(*store, [&](Txn& txn) {
        changed = {txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2), ($3, $4)", {1, "a", 2, "b"}),
                   txn.change("UPDATE test_thing SET name = $1 WHERE id = $2", {"c", 3}),
                   txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", {1, "x"}),
                   txn.change("DELETE FROM test_thing", {})};
        return written("counted");
    });
    EXPECT_EQ(changed, (std::vector<std::int64_t>{2, 0, 0, 2}));
}

TEST_F(Promises, a_statement_may_run_inside_the_rows_of_the_same_statement) {
    open();
    std::int64_t pairs = 0;
    submit_and_wait(*store, [&](Txn& txn) {
        for (int i = 0; i < 4; ++i) txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {i, nullptr});
        constexpr auto all = "SELECT id FROM test_thing WHERE id >= $1";
        txn.each(all, {0}, [&](const Row& outer) { txn.each(all, {outer.number(0)}, [&](const Row&) { ++pairs; }); });
        return written("nested");
    });
    EXPECT_EQ(pairs, 4 + 3 + 2 + 1);
}

TEST_F(Promises, text_compares_bytewise_and_case_counts) {
    open();
    submit_and_wait(*store, [](Txn& txn) {
        for (int i = 0; const char* name : {"a", "B", "\xc3\xa4", "z", "A"}) {
            txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {i++, name});
        }
        return written("names");
    });
    std::string order;
    std::int64_t like = 0;
    read_and_wait(*store, [&](ReadTxn& txn) {
        txn.each("SELECT name FROM test_thing ORDER BY name", {}, [&](const Row& row) { order += row.text(0); });
        like =
            *txn.first("SELECT count(*) FROM test_thing WHERE name LIKE $1", {"a%"}, [](const Row& row) { return row.number(0); });
    });
    EXPECT_EQ(order, "ABaz\xc3\xa4");
    EXPECT_EQ(like, 1);
}

using PromisesDeathTest = StoreTest;

TEST_F(PromisesDeathTest, a_wrong_type_or_column_stops_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto read = [&](auto look) {
        open();
        submit_and_wait(*store, add_thing(1));
        read_and_wait(*store, [&](ReadTxn& txn) { txn.each("SELECT id, name FROM test_thing", {}, look); });
    };
    EXPECT_DEATH(read([](const Row& row) { (void)row.text(0); }), "assertion failed");
    EXPECT_DEATH(read([](const Row& row) { (void)row.number(2); }), "assertion failed");
}

TEST_F(PromisesDeathTest, a_wrong_number_of_arguments_stops_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            open();
            read_and_wait(*store, [](ReadTxn& txn) { txn.each("SELECT id FROM test_thing WHERE id = $1", {}, [](const Row&) {}); });
        },
        "assertion failed");
}

}  // namespace
}  // namespace entente::store::test
