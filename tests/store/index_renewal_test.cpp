// Every blind index under another key, over real rows: what can be read is found again, what was erased is not, and a row that
// somebody changed past the gateway is not told to the log as if it were right.

#include "server/operations/index_renewal.hpp"
#include "certs/digest.hpp"
#include "server/store/critical_rows.hpp"
#include "server/store/settle_keys.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/mail.hpp"
#include "server/store/statements/trust.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

constexpr protocol::CompanyId left{100}, right{101};

class IndexRenewalTest : public LogTest {
  protected:
    void SetUp() override {
        LogTest::SetUp();
        write([&](Txn& txn) {
            for (const protocol::CompanyId id : {left, right})
                txn.change(
                    "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes,"
                    " medium_minutes, low_minutes, created_at) VALUES ($1, $2, '', $2, 1, 0, 0, 1, 1, 1, 1)",
                    {id.value, "company " + std::to_string(id.value)});
            insert_user(txn, *vault, person(1, "Ada@left.example"), {1});
            insert_customer(txn, *vault, customer(5), "harbour", {1});
            insert_case(txn, *vault, one_case(7, "N-7"));
            insert_authorization(txn, *vault, limited(9, {"Vault"}));
        });
    }

    static StoredUser person(std::int64_t id, const std::string& name) {
        StoredUser stored;
        stored.user.id = {id};
        stored.user.company = left;
        stored.user.username = name;
        stored.user.email = name;
        stored.user.active = true;
        return stored;
    }
    static StoredCustomer customer(std::int64_t id) {
        StoredCustomer stored;
        stored.customer.id = {id};
        stored.customer.company = left;
        stored.customer.name = "Harbour";
        stored.customer.active = true;
        return stored;
    }
    static StoredCase one_case(std::int64_t id, const std::string& number) {
        StoredCase c;
        c.id = {id};
        c.token = "token-" + std::to_string(id);
        c.submitter = left;
        c.receiver = right;
        c.created_at = c.updated_at = {id};
        c.released_at = protocol::Instant{id};
        c.original.submitter_number = number;
        c.original.receiver_number = "R-" + number;
        return c;
    }
    static StoredAuthorization limited(std::int64_t id, std::vector<std::string> products) {
        StoredAuthorization stored;
        stored.authorization.id = {id};
        stored.authorization.company = left;
        stored.authorization.customer = {5};
        stored.authorization.product_codes = {"0123456789abcdef"};
        stored.authorization.products = std::move(products);
        return stored;
    }

    void write(const std::function<void(Txn&)>& work) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            work(txn);
            return written("change");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }

    // What the vault of the gateway is after it.
    std::unique_ptr<Vault> next_vault() {
        const certs::DerivedKeys present(*keys);
        return std::make_unique<Vault>(*keys, next_key, audit::log_id(test_origin), std::function<protocol::Instant()>(),
                                       certs::Secret::copy_of(present.index()));
    }
    Commit renew() {
        const auto next = next_vault();
        return submit_and_wait(*store, [&](Txn& txn) -> Written {
            done = operations::renew_indexes(txn, *next, [&](std::int64_t rows) { told.push_back(rows); });
            note_index_key(txn, certs::index_key_name(next_key), {1});
            return {.records = {operations::record_of_renewal(done, certs::index_key_name(next_key))}};
        });
    }
    std::vector<protocol::CaseId> found(Vault& by, protocol::CompanyId party, const std::string& number) {
        return reading([&](ReadTxn& txn) {
            protocol::CaseFilter filter;
            filter.internal_case_number = number;
            return list_cases(txn, by, party, filter).ids;
        });
    }
    std::string text_of(const std::string& sql) {
        return reading([&](ReadTxn& txn) {
            return txn.first(sql, {}, [](const Row& row) { return std::string(row.text(0)); }).value_or("none");
        });
    }

    const Blob next_key = Blob(32, 9);
    operations::IndexedAnew done;
    std::vector<std::int64_t> told;
};

TEST_F(IndexRenewalTest, finds_everything_under_the_next_key_alone) {
    const Commit commit = renew();
    ASSERT_TRUE(commit.durable) << commit.fault;
    EXPECT_EQ(done.people, 1);
    EXPECT_EQ(done.customers, 1);
    EXPECT_EQ(done.cases, 1);
    EXPECT_EQ(done.authorizations, 1);
    const auto next = next_vault();
    const auto by_name = [&](Vault& by) {
        return reading([&](ReadTxn& txn) { return find_user_by_name(txn, by, "ADA@left.example").has_value(); });
    };
    EXPECT_TRUE(by_name(*next));
    EXPECT_FALSE(by_name(*vault));
    EXPECT_EQ(found(*next, left, "N-7"), (std::vector<protocol::CaseId>{{7}}));
    EXPECT_EQ(found(*next, right, "R-N-7"), (std::vector<protocol::CaseId>{{7}}));
    EXPECT_TRUE(found(*next, right, "N-7").empty());
    EXPECT_TRUE(found(*vault, left, "N-7").empty());
    EXPECT_EQ(text_of("SELECT product_codes FROM authorizations WHERE id = 9"),
              protocol::hex(certs::blind_index(next_key, "product", "vault")).substr(0, 16));
    reading([&](ReadTxn& txn) {
        EXPECT_NO_THROW(check_index_key(txn, next_key));
        EXPECT_THROW(check_index_key(txn, Blob(32, 8)), protocol::Fault);
        check_row(txn, Critical::user, 1);  // the log tells them as they are now
        check_row(txn, Critical::authorization, 9);
        return true;
    });
    // The name that a customer has is taken under the next key too.
    const Commit twice = submit_and_wait(*store, [&](Txn& txn) {
        insert_customer(txn, *next, customer(6), "harbour", {1});
        return written("change");
    });
    EXPECT_FALSE(twice.durable);
}

TEST_F(IndexRenewalTest, tells_no_row_anew_that_is_not_as_the_log_says) {
    const Commit past = submit_and_wait(*store, [](Txn& txn) -> Written {
        txn.change("UPDATE users SET role = 'administrator' WHERE id = 1", {});
        return {.records = {}, .derived = true};
    });
    ASSERT_TRUE(past.durable) << past.fault;
    const Commit commit = renew();
    EXPECT_FALSE(commit.durable);
    EXPECT_NE(commit.fault.find("user 1 is not stored as the log says"), std::string::npos) << commit.fault;
    EXPECT_FALSE(found(*vault, left, "N-7").empty()) << "nothing happened";
    EXPECT_EQ(text_of("SELECT name FROM index_key"), "none");
}

TEST_F(IndexRenewalTest, leaves_what_was_erased_matching_nothing) {
    write([&](Txn& txn) {
        vault->destroy_owner(txn, Owner::person({1}));
        vault->destroy_owner(txn, Owner::customer({5}));
        vault->destroy_owner(txn, Owner::gateway());  // the case's
    });
    const std::string codes = text_of("SELECT product_codes FROM authorizations WHERE id = 9");
    const Commit commit = renew();
    ASSERT_TRUE(commit.durable) << commit.fault;
    EXPECT_EQ(done.people + done.customers, 0);
    const auto next = next_vault();
    EXPECT_TRUE(found(*next, left, "N-7").empty());
    EXPECT_TRUE(found(*next, left, "").empty()) << "not even by no number";
    const std::string now = text_of("SELECT product_codes FROM authorizations WHERE id = 9");
    EXPECT_NE(now, codes);
    EXPECT_EQ(now.size(), 16U) << "an empty list would mean every product";
}

TEST_F(IndexRenewalTest, keeps_addresses_that_are_nowhere_under_the_key_before) {
    const auto index = [&](const Vault& by, const char* address) { return by.blind_index("mail_address", address); };
    std::uint64_t drawn = 0;
    write([&](Txn& txn) {
        for (const char* address : {"ada@left.example", "gone@left.example"})
            note_bounce(txn, left, "person/1", index(*vault, address), "5.1.1", true, {1}, [&] { return ++drawn; });
    });
    ASSERT_TRUE(renew().durable);
    EXPECT_EQ(done.addresses, 1);
    EXPECT_EQ(done.addresses_left, 1);
    const auto next = next_vault();
    reading([&](ReadTxn& txn) {
        EXPECT_TRUE(address_stopped(txn, left, index(*next, "ada@left.example")));
        EXPECT_FALSE(address_stopped(txn, left, index(*next, "gone@left.example")));
        EXPECT_TRUE(address_stopped(txn, left, *next->blind_index_before("mail_address", "gone@left.example")));
        return true;
    });
    // A further bounce there counts on the same row.
    write([&](Txn& txn) {
        move_bounce(txn, left, *next->blind_index_before("mail_address", "gone@left.example"), index(*next, "gone@left.example"));
        note_bounce(txn, left, "person/1", index(*next, "gone@left.example"), "5.1.1", true, {2}, [&] { return ++drawn; });
    });
    EXPECT_EQ(reading([&](ReadTxn& txn) { return bounces_of(txn, left).size(); }), 2U);
}

}  // namespace
}  // namespace entente::store::test
