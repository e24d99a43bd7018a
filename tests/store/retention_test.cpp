// What has outlived its time goes although much of it is under a legal hold, and the writer asks again about what was found alone.

#include "policy/detectors.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/operations/erasure.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

class Retention : public LogTest {
  protected:
    static constexpr int owners = 1'300;
    static constexpr std::int64_t day_us = 86'400'000'000;

    // One key of sections for each customer, all replaced long ago.
    void SetUp() override {
        LogTest::SetUp();
        clock_us = 100 * day_us;
        const Commit commit = submit_and_wait(*store, [](Txn&) {
            Written result;
            for (int i = 0; i < owners; ++i) {
                audit::Record record = sample(i);
                record.customer_owner = {1'000 + i};
                record.case_scope = {};
                result.records.push_back(std::move(record));
            }
            return result;
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
        change([](Txn& txn) { txn.change("UPDATE data_key SET retired_at = 1 WHERE owner LIKE 'customer/%'", {}); });
    }
    void change(const std::function<void(Txn&)>& what) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            what(txn);
            return Written{.records = {}, .keep = true, .derived = true};
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    void hold(const std::string& which) {
        change([&](Txn& txn) {
            txn.change(
                "INSERT INTO legal_holds (id, company, scope, subject, state, placed_by, placed_at, confirmed_by, lift_by, "
                "lifted_by)"
                " SELECT row_number() OVER (ORDER BY owner), 1, 'customer', CAST(SUBSTR(owner, 10) AS INTEGER), 'in_force', '', 1, "
                "'', '',"
                " '' FROM data_key WHERE owner LIKE 'customer/%' " +
                    which,
                {});
        });
    }
    operations::Tools tools() {
        return {*vault, detectors, [](std::span<std::uint8_t> out) { certs::random_bytes(out); }, {}};
    }
    bool expired(const operations::Tools& with) {
        return reading([&](ReadTxn& txn) {
            const operations::Context context{with, {clock_us.load()}};
            const auto order = operations::expired_sections(txn, context, {.customer_days = 30});
            return order.has_value();
        });
    }
    policy::Detectors detectors;
};

TEST_F(Retention, what_is_held_does_not_keep_the_rest_from_its_end) {
    const auto with = tools();
    // All but the last ten in whatever order they are looked at.
    hold("ORDER BY key_id LIMIT " + std::to_string(owners - 10));
    EXPECT_TRUE(expired(with));
    store::ErasureOrder order;
    change([&](Txn& txn) {
        order = *operations::expired_sections(txn, {with, {clock_us.load()}}, {.customer_days = 30});
        order.id = 7;
        insert_erasure(txn, *vault, order);
    });
    const operations::Context context{with, {clock_us.load()}};
    auto plan = reading([&](ReadTxn& txn) { return operations::plan_erasure(txn, context, 7); });
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->keys.size(), 10U);
    // What is held by the time it is carried out stays; nothing that was not found is taken.
    change([](Txn& txn) { txn.change("DELETE FROM legal_holds", {}); });
    hold("ORDER BY key_id DESC LIMIT 4");
    const auto again = reading([&](ReadTxn& txn) { return operations::plan_erasure(txn, context, 7, &*plan); });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->keys.size(), 6U);
    for (const auto& [key, none] : again->keys) EXPECT_TRUE(plan->keys.contains(key));
}

TEST_F(Retention, nothing_is_ordered_where_all_is_held) {
    hold("");
    EXPECT_FALSE(expired(tools()));
}

}  // namespace
}  // namespace entente::store::test
