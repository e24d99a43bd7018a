#pragma once
// A store whose recorder is the real appender, with a key folder and a clock that the test moves.

#include "certs/keys.hpp"
#include "certs/random.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"
#include "server/store/vault.hpp"
#include "tests/store/fixture.hpp"

namespace entente::store::test {

inline constexpr const char* test_origin = "gw.example.com/audit/test";

class LogTest : public StoreTest {
  protected:
    void SetUp() override {
        certs::create_key_folder(folder.path() / "keys");
        start();
    }
    void TearDown() override { store.reset(); }

    // Opens everything as a gateway does; what was in memory before is gone.
    void start() {
        store.reset();
        appender.reset();
        vault.reset();
        keys = certs::open_key_folder(folder.path() / "keys");
        const certs::DerivedKeys derived(keys->service_root());
        const auto log_id = audit::log_id(test_origin);
        vault = std::make_unique<Vault>(*keys, derived.index(), log_id);
        appender = std::make_unique<audit::Appender>(
            *vault, test_origin, log_id, [this] { return protocol::Instant{clock_us.load()}; },
            [](std::span<std::uint8_t> out) { certs::random_bytes(out); });
        store = open_sqlcipher(options(), [this](Txn& txn, std::span<const audit::Record> records) {
            ++recordings;
            auto receipts = appender->append(txn, records);
            if (on_record) on_record(records);
            return receipts;
        });
    }

    static audit::Record sample(int i) {
        audit::Record record;
        record.operation = "note.create";
        record.activity = audit::activity_create;
        record.request_id = "req-" + std::to_string(i);
        record.authentication = "password";
        record.acting_company = {100 + i % 2};
        record.role = "engineer";
        record.credential = "c0ffee";
        record.parties = {{100}, {101 + i % 3}, {100}};
        record.resources = {{"case", "4711", 3}, {"note", std::to_string(i), 0}};
        record.decision = protocol::CanonicalObject{}.set("agreement", 7).set("allowed", true).text();
        record.customer = protocol::CanonicalObject{}.set("name", "Förster " + std::to_string(i)).text();
        record.actor = protocol::CanonicalObject{}.set("mail", "engineer@example.com").text();
        record.customer_owner = {500};
        record.case_scope = {4711 + i % 2};
        return record;
    }

    Commit add(int i) {
        return submit_and_wait(*store, [i](Txn& txn) {
            txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {i, nullptr});
            return Written{.records = {sample(i)}};
        });
    }
    // Many records in few commits.
    void fill(int from, int to) {
        while (from < to) {
            const int end = std::min(to, from + 200);
            const Commit commit = submit_and_wait(*store, [from, end](Txn&) {
                Written result;
                for (int i = from; i < end; ++i) result.records.push_back(sample(i));
                return result;
            });
            ASSERT_TRUE(commit.durable) << commit.fault;
            from = end;
        }
    }
    audit::VerifyReport verify_live(bool with_keys = true) {
        audit::VerifyReport report;
        read_and_wait(*store, [&](ReadTxn& txn) { report = audit::verify(txn, {.vault = with_keys ? vault.get() : nullptr}); });
        return report;
    }
    // Changes rows the way somebody with the database key would: past the gateway, without a record. The gateway is down meanwhile.
    void tamper(const std::function<void(Txn&)>& change) {
        store.reset();
        auto chosen = options();
        auto raw = open_sqlcipher(std::move(chosen), [](Txn&, std::span<const audit::Record> records) {
            return std::vector<audit::Receipt>(records.size());
        });
        const Commit commit = submit_and_wait(*raw, [&](Txn& txn) {
            change(txn);
            return written("tamper");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
        raw.reset();
        start();
    }
    static std::string sentences(const audit::VerifyReport& report) {
        std::string all;
        for (const auto& finding : report.findings)
            all += std::string(audit::check_name(finding.check)) + ": " + finding.sentence + "\n";
        return all;
    }
    template <class Read>
    auto reading(Read read) {
        std::optional<decltype(read(std::declval<ReadTxn&>()))> result;
        read_and_wait(*store, [&](ReadTxn& txn) { result = read(txn); });
        return *std::move(result);
    }

    std::atomic<std::int64_t> clock_us{1'767'225'600'000'000};
    std::unique_ptr<certs::KeyProvider> keys;
    std::unique_ptr<Vault> vault;
    std::unique_ptr<audit::Appender> appender;
};

}  // namespace entente::store::test
