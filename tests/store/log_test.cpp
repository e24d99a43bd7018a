// Appending to the log and reading it: order, times, heads, scope.

#include "server/audit/format/leaf.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/core_section.hpp"
#include "server/audit/log/log_rows.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

using Log = LogTest;

TEST_F(Log, a_new_log_begins_with_its_start_entry_and_receipts_follow) {
    const Commit commit = add(1);
    ASSERT_TRUE(commit.durable) << commit.fault;
    ASSERT_EQ(commit.receipts.size(), 1u);
    EXPECT_EQ(commit.receipts[0].index, 1);
    EXPECT_EQ(commit.receipts[0].time.us, clock_us);
    const auto lines = reading([&](ReadTxn& txn) { return audit::list(txn, *vault, {}); });
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].kind, 4);
    EXPECT_EQ(lines[0].operation, "log.start");
    EXPECT_EQ(lines[1].operation, "note.create");
    EXPECT_EQ(lines[1].event, commit.receipts[0].event);
    const auto head = reading([](ReadTxn& txn) { return audit::head(txn); });
    EXPECT_EQ(head.size, 2);
    EXPECT_EQ(head.last.us, clock_us);
    EXPECT_EQ(verify_live().root, head.root);
}

TEST_F(Log, the_leaf_of_a_receipt_is_the_hash_of_the_stored_entry) {
    const auto receipt = add(1).receipts.at(0);
    const auto shown = reading([&](ReadTxn& txn) { return audit::show(txn, *vault, receipt.event, {}, {.all = true}); });
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->leaf, receipt.leaf);
    EXPECT_EQ(audit::leaf_hash(shown->entry), receipt.leaf);
    const auto entry = audit::decode_entry(shown->entry);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->event, receipt.event);
    EXPECT_EQ(entry->sections.size(), 3u);
    EXPECT_EQ(receipt.event[6] >> 4, 7) << "UUID version";
    EXPECT_EQ(receipt.event[8] >> 6, 2) << "UUID variant";
}

TEST_F(Log, the_core_section_says_what_the_reference_wants_and_is_canonical) {
    const auto receipt = add(1).receipts.at(0);
    const auto shown = reading([&](ReadTxn& txn) { return audit::show(txn, *vault, receipt.index, {}, {}); });
    ASSERT_TRUE(shown);
    const std::string uid = protocol::uuid_text(receipt.event);
    EXPECT_EQ(
        shown->line.core,
        R"({"action_id":1,"activity_id":1,"actor":{"authentication":"password","credential":"c0ffee","org_uid":"101","role":"engineer"},)"
        R"("api":{"operation":"note.create","version":"1"},"category_uid":6,"class_uid":6003,"disposition_id":1,)"
        R"("metadata":{"correlation_uid":"req-1","log_name":"gw.example.com/audit/test","product":{"name":"Entente","version":")" ENTENTE_VERSION
        R"("},"uid":")" +
            uid +
            R"(","version":"1.8.0"},"resources":[{"type":"case","uid":"4711","version":3},{"type":"note","uid":"1"}],"severity_id":1,)"
            R"("status_id":1,"time":1767225600000,"type_uid":600301,)"
            R"("unmapped":{"case_id":4712,"decision":{"agreement":7,"allowed":true},"parties":[100,102]}})");
    EXPECT_TRUE(protocol::check_canonical(shown->line.core));
    const auto facts = audit::read_core_section(shown->line.core);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->uid, uid);
    EXPECT_EQ(facts->parties, (std::vector<std::int64_t>{100, 102}));
}

TEST_F(Log, a_record_without_anything_optional_is_canonical_too) {
    const Commit commit = submit_and_wait(*store, [](Txn&) { return written("bare"); });
    ASSERT_TRUE(commit.durable);
    const auto shown = reading([&](ReadTxn& txn) { return audit::show(txn, *vault, commit.receipts[0].index, {}, {}); });
    EXPECT_TRUE(protocol::check_canonical(shown->line.core)) << shown->line.core;
    EXPECT_TRUE(verify_live().good());
}

TEST_F(Log, texts_that_are_not_canonical_are_refused_before_they_are_committed_to) {
    for (const auto& broken : {std::string("{\"b\":1,\"a\":2}"), std::string("{\"a\": 1}"), std::string("[]"),
                               std::string("{\"a\":\"\xff\"}"), "{\"a\":\"" + std::string(300'000, 'x') + "\"}"}) {
        for (int member = 0; member < 4; ++member) {
            const Commit commit = submit_and_wait(*store, [&](Txn&) {
                auto record = sample(1);
                (member == 0   ? record.decision
                 : member == 1 ? record.customer
                 : member == 2 ? record.actor
                               : record.content) = broken;
                return Written{.records = {record}};
            });
            EXPECT_FALSE(commit.durable) << broken.substr(0, 20);
        }
    }
    EXPECT_TRUE(add(1).durable);
}

TEST_F(Log, sections_open_for_their_owners_only) {
    const auto receipt = add(1).receipts.at(0);
    const auto view = [&](const audit::Viewer& viewer) {
        auto shown = reading([&](ReadTxn& txn) { return audit::show(txn, *vault, receipt.event, {}, viewer); });
        std::string states;
        for (const auto& section : shown->sections) {
            states += section.state == audit::SectionState::opened     ? 'o'
                      : section.state == audit::SectionState::withheld ? 'w'
                                                                       : 'e';
            EXPECT_EQ(section.text.empty(), section.state != audit::SectionState::opened);
        }
        return states;
    };
    EXPECT_EQ(view({}), "oww");
    EXPECT_EQ(view({.all = true}), "ooo");
    EXPECT_EQ(view({.owners = {Owner::company({101})}}), "owo");
    EXPECT_EQ(view({.owners = {Owner::company({100})}}), "oww");
    EXPECT_EQ(view({.owners = {Owner::customer({500})}}), "oow");
    submit_and_wait(*store, [&](Txn& txn) {
        vault->destroy_owner(txn, Owner::customer({500}));
        return written("erase");
    });
    EXPECT_EQ(view({.all = true}), "oeo");
    EXPECT_EQ(view({}), "oew");
}

TEST_F(Log, a_company_sees_what_it_is_party_to_and_cannot_tell_the_rest_from_nothing) {
    fill(0, 12);
    const auto all = reading([&](ReadTxn& txn) { return audit::list(txn, *vault, {}); });
    EXPECT_EQ(all.size(), 13u);
    const auto mine = reading([&](ReadTxn& txn) { return audit::list(txn, *vault, {.company = protocol::CompanyId{102}}); });
    EXPECT_EQ(mine.size(), 4u);
    for (const auto& line : mine) EXPECT_NE(line.core.find("102]"), std::string::npos);
    const auto nobody = reading([&](ReadTxn& txn) { return audit::list(txn, *vault, {.company = protocol::CompanyId{999}}); });
    EXPECT_TRUE(nobody.empty());
    for (const auto& line : all) {
        const bool listed = std::ranges::any_of(mine, [&](const auto& other) { return other.index == line.index; });
        for (const audit::EntryKey& key : {audit::EntryKey{line.index}, audit::EntryKey{line.event}}) {
            EXPECT_EQ(reading([&](ReadTxn& txn) {
                          return audit::show(txn, *vault, key, protocol::CompanyId{102}, {.all = true}).has_value();
                      }),
                      listed);
        }
    }
    EXPECT_FALSE(reading([&](ReadTxn& txn) { return audit::show(txn, *vault, std::int64_t{999}, {}, {}).has_value(); }));
}

TEST_F(Log, events_stand_beside_their_record_with_its_position_and_vanish_with_a_refused_change) {
    const auto announcing = [](bool keep) {
        return [keep](Txn& txn) {
            txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {keep ? 1 : 2, nullptr});
            audit::Record record = sample(0);
            protocol::Event event;
            event.kind = protocol::EventKind::note_created;
            event.company = {100};
            event.partner = {101};
            event.case_id = {4711};
            event.subject = {protocol::EventSubject::Type::note, 17};
            event.id[0] = 1;
            record.events.push_back(event);
            event.company = {101};
            event.partner = {100};
            event.side = protocol::Side::receiver;
            event.id[0] = 2;
            record.events.push_back(event);
            return Written{.records = {std::move(record)}, .keep = keep};
        };
    };
    const Commit refused = submit_and_wait(*store, announcing(false));
    const Commit kept = submit_and_wait(*store, announcing(true));
    ASSERT_TRUE(refused.durable && kept.durable);
    std::vector<std::string> found;
    read_and_wait(*store, [&](ReadTxn& txn) {
        found.clear();
        txn.each("SELECT company, idx, seq, kind, side, partner, subject, time FROM events ORDER BY idx, seq", {},
                 [&](const Row& row) {
                     EXPECT_EQ(row.number(1), kept.receipts.front().index);
                     EXPECT_EQ(row.number(7), kept.receipts.front().time.us);
                     found.push_back(std::to_string(row.number(0)) + " " + std::to_string(row.number(2)) + " " +
                                     std::string(row.text(3)) + " " + std::string(row.text(4)) + " " +
                                     std::to_string(row.number(5)) + " " + std::to_string(row.number(6)));
                 });
    });
    EXPECT_EQ(found, (std::vector<std::string>{"100 0 note.created submitter 101 17", "101 1 note.created receiver 100 17"}));
}

TEST_F(Log, lists_narrow_by_case_range_and_order) {
    fill(0, 20);
    const auto indices = [&](const audit::Filter& filter) {
        std::vector<std::int64_t> found;
        for (const auto& line : reading([&](ReadTxn& txn) { return audit::list(txn, *vault, filter); }))
            found.push_back(line.index);
        return found;
    };
    using Numbers = std::vector<std::int64_t>;
    EXPECT_EQ(indices({.from = 5, .before = 8}), (Numbers{5, 6, 7}));
    EXPECT_EQ(indices({.limit = 2}), (Numbers{0, 1}));
    EXPECT_EQ(indices({.limit = 2, .newest_first = true}), (Numbers{20, 19}));
    EXPECT_EQ(indices({.case_id = {4711}, .before = 6}), (Numbers{1, 3, 5}));
    EXPECT_EQ(indices({.case_id = {4712}, .limit = 2, .newest_first = true}), (Numbers{20, 18}));
    EXPECT_EQ(indices({.company = protocol::CompanyId{101}, .case_id = {4711}}), (Numbers{1, 7, 13, 19}));
    EXPECT_EQ(indices({.company = protocol::CompanyId{101}, .case_id = {4711}, .from = 2, .before = 14, .newest_first = true}),
              (Numbers{13, 7}));
    EXPECT_TRUE(indices({.limit = 0}).empty());
}

TEST_F(Log, tiles_are_written_as_they_fill_and_stay_what_the_entries_say) {
    fill(0, 1'100);
    EXPECT_EQ(count("audit_tile"), 4);
    EXPECT_EQ(count("audit_entry"), 1'101);
    const auto report = verify_live();
    EXPECT_TRUE(report.good()) << sentences(report);
    EXPECT_EQ(report.entries, 1'101);
    EXPECT_EQ(report.opened, 3'300);
}

TEST_F(Log, an_upper_tile_is_written_too) {
    // 65,536 leaves fill a tile of level 1; small records, few commits.
    for (int i = 0; i < 70; ++i) {
        const Commit commit = submit_and_wait(*store, [](Txn&) {
            Written result;
            result.records.assign(940, record_of("x"));
            return result;
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    EXPECT_EQ(count("audit_tile WHERE level = 0"), (70 * 940 + 1) / 256);
    EXPECT_EQ(count("audit_tile WHERE level = 1"), 1);
    const auto report = verify_live(false);
    EXPECT_TRUE(report.good()) << sentences(report);
    start();
    EXPECT_NO_THROW(reading([&](ReadTxn& txn) {
        audit::check_at_start(txn, *vault);
        return true;
    }));
}

TEST_F(Log, the_log_goes_on_after_a_restart) {
    fill(0, 300);
    start();
    fill(300, 600);
    const auto report = verify_live();
    EXPECT_TRUE(report.good()) << sentences(report);
    EXPECT_EQ(report.entries, 601);
}

TEST_F(Log, nothing_follows_a_freeze_but_a_start_under_another_name) {
    ASSERT_TRUE(add(1).durable);
    audit::Record freeze = sample(2);
    freeze.kind = static_cast<std::uint8_t>(audit::Kind::freeze);
    freeze.extension = audit::encode_extension(audit::Freeze{"log_key_compromised"});
    const auto write = [&](std::vector<audit::Record> records) {
        return submit_and_wait(*store, [&](Txn&) { return Written{.records = records}; });
    };
    const auto frozen = [&] { return reading([](ReadTxn& txn) { return audit::frozen_since(txn, audit::head(txn).size); }); };
    EXPECT_FALSE(write({freeze, sample(3)}).durable);
    EXPECT_FALSE(frozen());
    ASSERT_TRUE(write({sample(3), freeze}).durable);
    const auto before = reading([](ReadTxn& txn) { return audit::head(txn); });
    for (const bool restarted : {false, true}) {
        if (restarted) start();
        EXPECT_FALSE(add(4).durable);
        EXPECT_EQ(frozen()->us, clock_us);
        EXPECT_THROW(read_and_wait(*store, [](ReadTxn& txn) { audit::require_not_frozen(txn); }), audit::Frozen);
    }
    start();
    appender->restart({test_origin, static_cast<std::uint64_t>(before.size), before.root});
    ASSERT_TRUE(add(4).durable);
    EXPECT_FALSE(frozen());
    read_and_wait(*store, [](ReadTxn& txn) { audit::require_not_frozen(txn); });
    EXPECT_TRUE(verify_live().good()) << sentences(verify_live());
}

TEST_F(Log, a_batch_that_was_rolled_back_leaves_no_trace_in_the_log) {
    ASSERT_TRUE(add(1).durable);
    on_moment = [](Moment at) {
        if (at == Moment::before_commit) throw std::runtime_error("stopped");
    };
    EXPECT_FALSE(add(2).durable);
    EXPECT_FALSE(add(3).durable);
    on_moment = nullptr;
    const Commit commit = add(4);
    ASSERT_TRUE(commit.durable) << commit.fault;
    EXPECT_EQ(commit.receipts[0].index, 2);
    const auto report = verify_live();
    EXPECT_TRUE(report.good()) << sentences(report);
}

TEST_F(Log, a_head_that_somebody_else_moved_stops_everything) {
    ASSERT_TRUE(add(1).durable);
    ASSERT_TRUE(add(2).durable);
    // Puts the head back to what it was before: a valid earlier state, but not what this process wrote.
    const Commit moved = submit_and_wait(*store, [](Txn& txn) {
        txn.change("UPDATE audit_head SET size = size - 1 WHERE id = 1", {});
        return written("thief");
    });
    EXPECT_FALSE(moved.durable);
    EXPECT_NE(moved.fault.find("not what this process wrote"), std::string::npos) << moved.fault;
    EXPECT_TRUE(add(3).durable) << "it was rolled back with the work";
}

TEST_F(Log, times_never_decrease_and_a_clock_that_falls_behind_raises_an_alarm_once) {
    ASSERT_TRUE(add(1).durable);
    const auto before = clock_us.load();
    clock_us -= 900'000;
    EXPECT_EQ(add(2).receipts.at(0).time.us, before) << "clamped";
    EXPECT_EQ(count("audit_entry WHERE operation = 'clock.alarm'"), 0);
    clock_us -= 200'000;
    EXPECT_EQ(add(3).receipts.at(0).time.us, before);
    EXPECT_EQ(add(4).receipts.size(), 1u);
    EXPECT_EQ(count("audit_entry WHERE operation = 'clock.alarm' AND reason = 'clock_behind'"), 1);
    clock_us = before + 5'000'000;
    ASSERT_TRUE(add(5).durable);
    clock_us -= 2'000'000;
    ASSERT_TRUE(add(6).durable);
    EXPECT_EQ(count("audit_entry WHERE operation = 'clock.alarm'"), 2) << "a new episode";
    const auto report = verify_live();
    EXPECT_TRUE(report.good()) << sentences(report);
}

TEST_F(Log, a_clock_more_than_a_minute_behind_fails_closed) {
    ASSERT_TRUE(add(1).durable);
    clock_us -= 60'000'001;
    const Commit commit = add(2);
    EXPECT_FALSE(commit.durable);
    EXPECT_NE(commit.fault.find("60 s behind"), std::string::npos) << commit.fault;
    EXPECT_EQ(count("test_thing"), 1);
    clock_us += 10'000'000;
    EXPECT_TRUE(add(2).durable);
}

TEST_F(Log, the_origin_and_the_vault_must_agree) {
    const auto id = audit::log_id(test_origin);
    const auto make = [&](std::string origin, audit::Hash of) {
        audit::Appender(*vault, std::move(origin), of, [] { return protocol::Instant{}; }, [](std::span<std::uint8_t>) {});
    };
    EXPECT_NO_THROW(make(test_origin, id));
    EXPECT_THROW(make("other.example.com/audit", id), protocol::Fault);
    EXPECT_THROW(make("other.example.com/audit", audit::log_id("other.example.com/audit")), protocol::Fault);
    EXPECT_THROW(make("with blank", audit::log_id("with blank")), protocol::Fault);
}

TEST_F(Log, randomness_that_fails_fails_the_batch) {
    submit_and_wait(*store, [](Txn&) { return written("first"); });
    store.reset();
    audit::Appender broken(
        *vault, test_origin, audit::log_id(test_origin), [this] { return protocol::Instant{clock_us}; },
        [](std::span<std::uint8_t>) { throw protocol::Fault("no randomness"); });
    store =
        open_sqlcipher(options(), [&](Txn& txn, std::span<const audit::Record> records) { return broken.append(txn, records); });
    EXPECT_EQ(submit_and_wait(*store, [](Txn&) { return written("second"); }).fault, "no randomness");
    store.reset();
}

TEST_F(Log, personal_texts_are_in_no_table_in_clear) {
    ASSERT_TRUE(add(7).durable);
    read_and_wait(*store, [](ReadTxn& txn) {
        txn.each("SELECT entry, sealed, operation, reason FROM audit_entry", {}, [](const Row& row) {
            for (int column = 0; column < 2; ++column) {
                const auto text = protocol::as_text(row.bytes(column));
                EXPECT_EQ(text.find("rster"), std::string::npos);
                EXPECT_EQ(text.find("engineer@example.com"), std::string::npos);
                EXPECT_EQ(text.find("note.create"), std::string::npos);
            }
        });
    });
}

TEST_F(Log, the_start_check_accepts_what_is_right_and_names_what_is_not) {
    const auto checked = [&]() -> std::string {
        try {
            read_and_wait(*store, [&](ReadTxn& txn) { audit::check_at_start(txn, *vault); });
        } catch (const audit::Tampered& tampered) {
            return std::string("tampered: ") + tampered.what();
        } catch (const protocol::Fault& fault) {
            return fault.what();
        }
        return "good";
    };
    EXPECT_EQ(checked(), "good") << "an empty log";
    fill(0, 600);
    start();
    EXPECT_EQ(checked(), "good");
    const auto broken = [&](const char* sql) {
        tamper([&](Txn& txn) { txn.change(sql, {}); });
        return checked();
    };
    EXPECT_NE(broken("DELETE FROM audit_entry WHERE idx = 600").find("tampered: the newest entry"), std::string::npos);
    EXPECT_NE(broken("UPDATE audit_head SET size = 600").find("root"), std::string::npos);
}

TEST_F(Log, the_start_check_wants_the_keys_that_belong_to_the_data) {
    fill(0, 3);
    store.reset();
    std::filesystem::rename(folder.path() / "keys", folder.path() / "others");
    certs::create_key_folder(folder.path() / "keys");
    start();
    EXPECT_THROW(reading([&](ReadTxn& txn) {
                     audit::check_at_start(txn, *vault);
                     return true;
                 }),
                 audit::Tampered);
}

}  // namespace
}  // namespace entente::store::test
