// Erasure in the log: keys go, proofs stay, every hole is named by exactly one entry, and a lie about that is found.

#include "server/audit/log/erasure.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/log/exporter.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/store/statements/erasure.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

using audit::Check;
using protocol::CaseId;

class ErasureTest : public LogTest {
  protected:
    // What operations do for a customer: find, destroy, keep the list, leave the entry.
    void erase(const Owner& owner, std::int64_t number = 1) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            audit::SectionsByKey keys;
            for (const auto& key : vault->keys_of(txn, owner)) keys.try_emplace(key.id);
            audit::find_sections(txn, 0, audit::read_head(txn)->size, keys);
            Written written;
            for (const auto& part : audit::erasure_parts(audit::ErasureScope::customer, keys)) {
                audit::keep_erased_list(txn, part, number);
                written.records.push_back(erasure_record(part));
            }
            vault->destroy_owner(txn, owner);
            vault->bar(txn, owner);
            return written;
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
        entry = commit.receipts.front().index;
    }
    static audit::Record erasure_record(const audit::ErasurePart& part) {
        audit::Record record;
        record.operation = "erasure.carry_out";
        record.class_uid = audit::Class::entity_management;
        record.activity = audit::activity_delete;
        record.authentication = "none";
        record.role = "gateway";
        record.kind = static_cast<std::uint8_t>(audit::Kind::erasure);
        record.extension = audit::encode_extension(part.extension);
        return record;
    }
    std::int64_t mark(std::int64_t limit, std::int64_t number = 1) {
        std::int64_t taken = 0;
        const auto list = reading([&](ReadTxn& txn) { return audit::list_to_take(txn, number); });
        if (!list) return taken;
        submit_and_wait(*store, [&](Txn& txn) {
            taken = audit::take_envelopes(txn, number, *list, limit);
            return written("mark");
        });
        return taken;
    }
    const Owner customer = Owner::customer({500});
    std::int64_t entry = 0;
};

TEST_F(ErasureTest, what_was_erased_is_named_by_one_entry_and_everything_still_verifies) {
    fill(0, 20);
    const auto before = reading([](ReadTxn& txn) { return audit::head(txn); });
    erase(customer);
    for (const bool with_keys : {true, false}) {
        const auto report = verify_live(with_keys);
        EXPECT_TRUE(report.good()) << sentences(report);
        EXPECT_EQ(report.erasures, 1);
        EXPECT_EQ(report.erased, with_keys ? 20 : 0) << "without keys the envelopes are still there";
    }
    EXPECT_EQ(mark(7), 7);
    EXPECT_TRUE(verify_live().good()) << "half of the envelopes are gone";
    while (mark(7) > 0) {
    }
    for (const bool with_keys : {true, false}) {
        const auto report = verify_live(with_keys);
        EXPECT_TRUE(report.good()) << sentences(report);
        EXPECT_EQ(report.erased, 20);
    }
    EXPECT_EQ(before.size + 1, entry + 1);
    const auto shown =
        reading([&](ReadTxn& txn) { return audit::show(txn, *vault, std::int64_t{1}, std::nullopt, {.all = true}); });
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->sections.at(0).state, audit::SectionState::opened) << "the core stays";
    EXPECT_EQ(shown->sections.at(1).state, audit::SectionState::erased);
    EXPECT_EQ(reading([](ReadTxn& txn) { return audit::erased_by(txn, {1, 2}); }), entry);
    EXPECT_EQ(reading([](ReadTxn& txn) { return audit::erased_by(txn, {1, 1}); }), std::nullopt);
}

TEST_F(ErasureTest, the_actor_of_another_owner_still_opens) {
    fill(0, 4);
    erase(customer);
    const auto shown =
        reading([&](ReadTxn& txn) { return audit::show(txn, *vault, std::int64_t{1}, std::nullopt, {.all = true}); });
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->sections.at(2).tag, Tag::actor);
    EXPECT_EQ(shown->sections.at(2).state, audit::SectionState::opened);
}

TEST_F(ErasureTest, nothing_is_sealed_for_who_was_erased) {
    fill(0, 2);
    erase(customer);
    const Commit commit = add(7);
    EXPECT_FALSE(commit.durable);
    EXPECT_NE(commit.fault.find("erased"), std::string::npos) << commit.fault;
    EXPECT_TRUE(verify_live().good());
}

TEST_F(ErasureTest, a_missing_or_changed_list_is_found) {
    fill(0, 6);
    erase(customer);
    while (mark(100) > 0) {
    }
    tamper([](Txn& txn) { txn.change("DELETE FROM erased_lists", {}); });
    auto report = verify_live();
    EXPECT_FALSE(report.good());
    EXPECT_EQ(report.findings.front().check, Check::erasure) << sentences(report);
}

TEST_F(ErasureTest, an_envelope_that_nobody_erased_is_found) {
    fill(0, 6);
    erase(customer);
    while (mark(100) > 0) {
    }
    // The actor section of entry 2 disappears under the cover of the erasure.
    tamper([](Txn& txn) {
        Blob packed;
        audit::each_entry(txn, 2, 3, [&](const audit::EntryRow& row) {
            auto envelopes = *audit::unpack_envelopes(row.sealed, 3);
            envelopes.at(2).reset();
            packed = audit::pack_envelopes(envelopes);
        });
        txn.change("UPDATE audit_entry SET sealed = $1 WHERE idx = 2", {packed});
    });
    const auto report = verify_live(false);
    ASSERT_FALSE(report.good());
    EXPECT_EQ(report.findings.front().check, Check::sealed) << sentences(report);
    EXPECT_EQ(report.first_bad(), 2);
}

TEST_F(ErasureTest, an_erasure_that_left_the_key_is_found) {
    fill(0, 3);
    submit_and_wait(*store, [&](Txn& txn) {
        audit::SectionsByKey keys;
        for (const auto& key : vault->keys_of(txn, customer)) keys.try_emplace(key.id);
        audit::find_sections(txn, 0, audit::read_head(txn)->size, keys);
        const auto parts = audit::erasure_parts(audit::ErasureScope::customer, keys);
        audit::keep_erased_list(txn, parts.front(), 1);
        return Written{.records = {erasure_record(parts.front())}};
    });
    const auto report = verify_live();
    ASSERT_FALSE(report.good());
    EXPECT_EQ(report.findings.front().check, Check::erasure) << sentences(report);
}

TEST_F(ErasureTest, a_backup_loses_what_was_erased_with_the_key_generation) {
    fill(0, 5);
    const auto backup = folder.path() / "backup.db";
    const certs::DerivedKeys derived(keys->service_root());
    const auto chosen = options();
    copy_database(chosen.file, chosen.key.bytes(), backup);
    const auto opened_in_backup = [&] {
        const auto copy = open_database_file(backup, chosen.key.bytes());
        int opened = 0;
        copy->read([&](ReadTxn& txn) {
            // Another vault: what this process still has in memory must not help.
            Vault fresh(*keys, derived.index(), audit::log_id(test_origin));
            audit::each_entry(txn, 1, 6, [&](const audit::EntryRow& row) {
                const auto entry = *audit::decode_entry(row.entry);
                const auto envelopes = *audit::unpack_envelopes(row.sealed, entry.sections.size());
                if (fresh.open_section(txn, entry.event, Tag::customer, *envelopes.at(1))) ++opened;
            });
        });
        return opened;
    };
    EXPECT_EQ(opened_in_backup(), 5);
    erase(customer);
    EXPECT_EQ(opened_in_backup(), 5) << "the backup alone does not know";
    keys->new_generation();
    submit_and_wait(*store, [&](Txn& txn) {
        while (vault->rewrap(txn, 100) > 0) {
        }
        EXPECT_FALSE(vault->generation_in_use(txn, 1));
        return written("rewrap");
    });
    keys->destroy_generation(1);
    EXPECT_EQ(opened_in_backup(), 0);
    EXPECT_TRUE(verify_live().good());
}

TEST_F(ErasureTest, an_interrupted_erasure_is_still_whole) {
    fill(0, 6);
    erase(customer);
    mark(2);
    start();
    EXPECT_TRUE(verify_live().good());
    while (mark(2) > 0) {
    }
    EXPECT_TRUE(verify_live().good());
}

TEST_F(ErasureTest, a_list_is_read_once_for_all_its_steps_and_lists_follow_each_other) {
    fill(0, 30);
    // Two lists of one order, as an order with many keys has them.
    const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
        Written written;
        for (const Owner& owner : {customer, Owner::company({100})}) {
            audit::SectionsByKey keys;
            for (const auto& key : vault->keys_of(txn, owner)) keys.try_emplace(key.id);
            audit::find_sections(txn, 0, audit::read_head(txn)->size, keys);
            const auto parts = audit::erasure_parts(audit::ErasureScope::customer, keys);
            audit::keep_erased_list(txn, parts.front(), 1);
            written.records.push_back(erasure_record(parts.front()));
            vault->destroy_owner(txn, owner);
        }
        return written;
    });
    ASSERT_TRUE(commit.durable) << commit.fault;
    std::size_t lists = 0;
    while (const auto list = reading([&](ReadTxn& txn) { return audit::list_to_take(txn, 1); })) {
        ASSERT_LE(++lists, 2U);
        std::int64_t taken = 0;
        for (std::int64_t step = 1; step > 0; taken += step)
            submit_and_wait(*store, [&](Txn& txn) {
                step = audit::take_envelopes(txn, 1, *list, 7);
                return written("mark");
            });
        EXPECT_EQ(taken, static_cast<std::int64_t>(list->sections.size()));
    }
    EXPECT_EQ(lists, 2U);
    EXPECT_TRUE(verify_live(false).good());
}

TEST_F(ErasureTest, a_log_that_grows_as_fast_as_it_is_read_is_read_to_its_end) {
    fill(0, 60);
    audit::SectionsByKey keys;
    for (const auto& key : reading([&](ReadTxn& txn) { return vault->keys_of(txn, customer); })) keys.try_emplace(key.id);
    int next = 60;
    const auto read = [&](const ReadWork& work) {
        read_and_wait(*store, work);
        fill(next, next + 6);
        next += 6;
    };
    const std::int64_t scanned = audit::find_sections_to_end(read, 0, keys, 8, [] { return false; });
    EXPECT_EQ(reading([](ReadTxn& txn) { return audit::head(txn).size; }) - scanned, 6) << "what came during the last read";
    audit::SectionsByKey whole;
    for (const auto& [key, none] : keys) whole.try_emplace(key);
    reading([&](ReadTxn& txn) {
        audit::find_sections(txn, 0, scanned, whole);
        return 0;
    });
    EXPECT_EQ(keys, whole);
}

TEST_F(ErasureTest, an_export_ends_under_a_checkpoint_that_covers_what_is_gone) {
    fill(0, 10);
    const auto checkpoint = [&](std::int64_t size, std::int64_t hours) {
        tamper([&](Txn& txn) {
            const auto head = audit::read_head(txn);
            const std::string note =
                audit::checkpoint_text({test_origin, static_cast<std::uint64_t>(size), head->root}) + "\n\u2014 x AAAAAAA=\n";
            txn.change("INSERT INTO audit_checkpoint (size, root, time, hour, note) VALUES ($1, $2, $3, $4, $5)",
                       {size, Bytes(head->root), hours * 3'600'000'000, hours, note});
        });
    };
    const auto end = [&] { return reading([](ReadTxn& txn) { return audit::end_of_export(txn, {}); }); };
    EXPECT_FALSE(end().any);
    checkpoint(8, 1);
    ASSERT_TRUE(end().note);
    erase(customer);
    EXPECT_TRUE(end().note) << "every envelope is there";
    mark(2);
    EXPECT_TRUE(end().any);
    EXPECT_FALSE(end().note) << "a hole in it would have no list";
    checkpoint(entry, 1);
    EXPECT_FALSE(end().note) << "it ends before the entry that names the hole";
    checkpoint(entry + 1, 1);
    ASSERT_TRUE(end().note);
    EXPECT_TRUE(end().newest);
}

TEST_F(ErasureTest, columns_and_sections_have_keys_of_their_own) {
    add(0);
    Blob column;
    submit_and_wait(*store, [&](Txn& txn) {
        column = vault->seal(txn, customer, CaseId{4711}, Tag::customer, "a/b/1", "text");
        return written("seal");
    });
    std::size_t sections = 0;
    for (const auto& key : reading([&](ReadTxn& txn) { return vault->keys_of(txn, customer); }))
        if (key.purpose == Purpose::sections) ++sections;
    EXPECT_EQ(sections, 1U);
    submit_and_wait(*store, [&](Txn& txn) {
        vault->renew_columns(txn, CaseId{4711});
        const Blob anew = vault->seal(txn, customer, CaseId{4711}, Tag::customer, "a/b/1", "text");
        EXPECT_NE(certs::envelope_key(anew), certs::envelope_key(column));
        vault->destroy_renewed_columns(txn, CaseId{4711});
        EXPECT_EQ(vault->open(txn, "a/b/1", column), std::nullopt);
        EXPECT_EQ(vault->open(txn, "a/b/1", anew), "text");
        return written("renew");
    });
    EXPECT_TRUE(verify_live().good()) << "the records of the case still open";
}

// A list ends after 500 rows, and ids are drawn by chance.
class ErasureLists : public LogTest {
  protected:
    static constexpr std::int64_t many = 501;
    static constexpr protocol::CompanyId left{100};
    static constexpr protocol::CompanyId right{101};

    void change(const std::function<void(Txn&)>& work) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            work(txn);
            return written("change");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    void order(Txn& txn, std::int64_t id, ErasureSubject subject, ErasureState state) {
        ErasureOrder order;
        order.id = id;
        order.company = subject == ErasureSubject::retention ? protocol::CompanyId{} : left;
        order.subject = subject;
        order.subject_id = 7;
        order.tags.add(Tag::content).add(Tag::actor);
        order.state = state;
        order.ordered_by = "user:1";
        order.ordered_at = {clock_us.load() + id};
        order.reason = "Asked for";
        insert_erasure(txn, *vault, order);
    }
    void request(Txn& txn, std::int64_t id, std::int64_t erasure, bool answered) {
        ErasureRequest request;
        request.id = id;
        request.erasure = erasure;
        request.company = left;
        request.partner = right;
        request.tokens = {"Hq2sV8nT0LkYp5cWd3aB"};
        request.sent_at = {clock_us.load() + id};
        insert_erasure_request(txn, request);
        if (!answered) return;
        request.answer = "deleted";
        request.answered_at = protocol::Instant{clock_us.load() + many + id};
        ASSERT_TRUE(answer_erasure_request(txn, *vault, request));
    }
};

TEST_F(ErasureLists, a_request_without_an_answer_is_listed_before_all_others) {
    change([&](Txn& txn) {
        order(txn, 1, ErasureSubject::case_alone, ErasureState::done);
        request(txn, 1, 1, false);
        request(txn, 2, 1, false);
        for (std::int64_t id = 3; id < many + 3; ++id) request(txn, id, 1, true);
    });
    for (const auto& listed : {reading([&](ReadTxn& txn) { return erasure_requests_to(txn, *vault, right); }),
                               reading([&](ReadTxn& txn) { return erasure_requests_of(txn, *vault, 1); })}) {
        ASSERT_EQ(listed.size(), 500u);
        EXPECT_EQ(listed[0].id, 1) << "the oldest that waits";
        EXPECT_EQ(listed[1].id, 2);
        EXPECT_EQ(listed[2].id, many + 2) << "then the newest answer";
        EXPECT_TRUE(listed[0].classes.has(Tag::content));
        EXPECT_FALSE(listed[0].classes.has(Tag::actor)) << "who did what never left the house";
    }
}

TEST_F(ErasureLists, an_order_that_is_not_over_is_listed_before_all_others) {
    change([&](Txn& txn) {
        order(txn, 1, ErasureSubject::company, ErasureState::proposed);
        for (std::int64_t id = 2; id < many + 2; ++id) order(txn, id, ErasureSubject::case_alone, ErasureState::done);
        for (std::int64_t id = many + 2; id < 2 * many; ++id) order(txn, id, ErasureSubject::retention, ErasureState::ordered);
    });
    const auto own = reading([&](ReadTxn& txn) { return erasures_of(txn, *vault, left); });
    ASSERT_EQ(own.size(), 500u);
    EXPECT_EQ(own[0].id, 1);
    EXPECT_EQ(own[1].id, many + 1) << "then the newest";
    const auto to_confirm = reading([&](ReadTxn& txn) { return erasures_of(txn, *vault, {}); });
    ASSERT_EQ(to_confirm.size(), 1u) << "the operator's: of whole companies alone";
    EXPECT_EQ(to_confirm[0].id, 1);
}

TEST_F(ErasureLists, a_hold_that_stands_is_listed_before_all_others) {
    change([&](Txn& txn) {
        for (std::int64_t id = 1; id < many + 1; ++id) {
            LegalHold hold{.id = id, .company = left, .subject_id = 7, .placed_by = "user:1", .placed_at = {clock_us.load() + id}};
            hold.state = id == 1 ? HoldState::in_force : HoldState::lifted;
            insert_hold(txn, *vault, hold);
        }
    });
    const auto holds = reading([&](ReadTxn& txn) { return holds_of(txn, *vault, left); });
    ASSERT_EQ(holds.size(), 500u);
    EXPECT_EQ(holds[0].id, 1);
    EXPECT_EQ(holds[1].id, many) << "then the newest";
}

}  // namespace
}  // namespace entente::store::test
