// The vault: what is sealed opens at its own place, and for nobody once its key is gone.

#include <array>
#include <cstdio>
#include <fstream>

#include "certs/digest.hpp"
#include "tests/store/log_fixture.hpp"

namespace entente::store::test {
namespace {

class VaultTest : public LogTest {
  protected:
    Blob seal(const Owner& owner, protocol::CaseId of_case, Tag tag, std::string place, std::string plain) {
        Blob envelope;
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            envelope = vault->seal(txn, owner, of_case, tag, place, plain);
            return written("seal");
        });
        EXPECT_TRUE(commit.durable) << commit.fault;
        return envelope;
    }
    std::optional<std::string> open_at(const std::string& place, const Blob& envelope) {
        return reading([&](ReadTxn& txn) { return vault->open(txn, place, envelope); });
    }
    void change(const std::function<void(Txn&)>& work) {
        const Commit commit = submit_and_wait(*store, [&](Txn& txn) {
            work(txn);
            return written("keys");
        });
        ASSERT_TRUE(commit.durable) << commit.fault;
    }
    const Owner customer = Owner::customer({500});
    const protocol::CaseId scope{4711};
};

TEST_F(VaultTest, what_is_sealed_opens_at_its_place_also_after_a_restart) {
    const Blob envelope = seal(customer, scope, Tag::content, "cases/summary/17", "The disk of F\xc3\xb6rster is full");
    EXPECT_EQ(open_at("cases/summary/17", envelope), "The disk of F\xc3\xb6rster is full");
    start();
    EXPECT_EQ(open_at("cases/summary/17", envelope), "The disk of F\xc3\xb6rster is full");
}

// Occurrences of the key in the memory of this process that can be read, the arena of keys included. What is sought is never there
// in one piece: it comes masked.
constexpr std::uint8_t mask = 0x5a;

std::size_t times_in_memory(const std::array<std::uint8_t, 32>& masked) {
    std::ifstream maps("/proc/self/maps");
    std::ifstream memory("/proc/self/mem", std::ios::binary);
    static std::array<std::uint8_t, 1U << 16U> buffer;  // at a place of its own, to be passed over
    std::size_t found = 0;
    std::string line;
    while (std::getline(maps, line)) {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[0] != 'r' || rights[1] != 'w') continue;
        constexpr std::uint64_t sanitizers_own = std::uint64_t{1} << 30U;
        if (end - begin > sanitizers_own) continue;
        for (std::uint64_t at = begin; at + masked.size() <= end;) {
            const auto size = static_cast<std::streamsize>(std::min<std::uint64_t>(buffer.size(), end - at));
            memory.clear();
            memory.seekg(static_cast<std::streamoff>(at));
            if (!memory.read(reinterpret_cast<char*>(buffer.data()), size)) break;
            for (std::size_t i = 0; i + masked.size() <= static_cast<std::size_t>(size); ++i) {
                std::size_t same = 0;
                while (same < masked.size() && (buffer[i + same] ^ mask) == masked[same]) ++same;
                const auto place = at + i;
                const auto own = reinterpret_cast<std::uint64_t>(buffer.data());
                if (same == masked.size() && !(place >= own && place < own + buffer.size())) ++found;
            }
            certs::wipe(buffer);
            at += static_cast<std::uint64_t>(size) - (static_cast<std::uint64_t>(size) > 64 ? masked.size() : 0);
            if (static_cast<std::uint64_t>(size) <= 64) break;
            if (at + masked.size() >= end) break;
        }
    }
    return found;
}

TEST_F(VaultTest, a_destroyed_key_is_nowhere_in_memory) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "a sanitizer keeps freed memory as it was";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "a sanitizer keeps freed memory as it was";
#endif
#endif
    const Blob envelope = seal(customer, scope, Tag::content, "cases/summary/17", "text");
    const auto id = *certs::envelope_key(envelope);
    std::array<std::uint8_t, 32> masked_data{};
    std::array<std::uint8_t, 32> masked_owner{};
    reading([&](ReadTxn& txn) {
        return *txn.first(
            "SELECT o.key_id, o.wrapped, d.wrapped FROM data_key d JOIN owner_key o ON o.key_id = d.owner_key WHERE d.key_id = $1",
            {protocol::Bytes(id)}, [&](const Row& row) {
                certs::KeyId owner_id{};
                std::ranges::copy(row.bytes(0), owner_id.begin());
                const Hash owner = certs::sha256(protocol::as_bytes(customer.uid));
                const auto owner_key = vault->provider().unwrap(owner_id, owner, row.bytes(1));
                const auto data_key = certs::unwrap_key(owner_key->bytes(), id, owner, row.bytes(2));
                for (std::size_t i = 0; i < 32; ++i) {
                    masked_owner[i] = owner_key->bytes()[i] ^ mask;
                    masked_data[i] = data_key->bytes()[i] ^ mask;
                }
                return true;
            });
    });
    EXPECT_GE(times_in_memory(masked_data), 1u) << "the search finds a key that is held";
    EXPECT_GE(times_in_memory(masked_owner), 1u);
    change([&](Txn& txn) { vault->destroy_owner(txn, customer); });
    EXPECT_EQ(open_at("cases/summary/17", envelope), std::nullopt);
    EXPECT_EQ(times_in_memory(masked_data), 0u);
    EXPECT_EQ(times_in_memory(masked_owner), 0u);
}

TEST_F(VaultTest, an_empty_text_is_a_text) {
    EXPECT_EQ(open_at("a/b/1", seal(customer, scope, Tag::content, "a/b/1", "")), "");
}

TEST_F(VaultTest, an_envelope_opens_at_its_own_place_only) {
    const Blob envelope = seal(customer, scope, Tag::content, "cases/summary/17", "text");
    EXPECT_THROW(open_at("cases/summary/18", envelope), protocol::Fault);
    EXPECT_THROW(open_at("cases/summary/1", envelope), protocol::Fault);
    EXPECT_THROW(reading([&](ReadTxn& txn) { return vault->open_section(txn, {}, Tag::content, envelope); }), protocol::Fault);
}

TEST_F(VaultTest, damage_is_a_fault_and_never_an_answer) {
    const Blob envelope = seal(customer, scope, Tag::content, "cases/summary/17", "text");
    for (std::size_t i = 18; i < envelope.size(); ++i) {
        Blob damaged = envelope;
        damaged[i] ^= 1;
        EXPECT_THROW(open_at("cases/summary/17", damaged), protocol::Fault) << "byte " << i;
    }
    EXPECT_THROW(open_at("cases/summary/17", {}), protocol::Fault);
}

TEST_F(VaultTest, one_data_key_for_each_owner_case_and_tag) {
    const auto key_of_seal = [&](const Owner& owner, protocol::CaseId in, Tag tag) {
        return *certs::envelope_key(seal(owner, in, tag, "p", "x"));
    };
    const auto first = key_of_seal(customer, scope, Tag::content);
    EXPECT_EQ(key_of_seal(customer, scope, Tag::content), first);
    EXPECT_NE(key_of_seal(customer, scope, Tag::customer), first);
    EXPECT_NE(key_of_seal(customer, {4712}, Tag::content), first);
    EXPECT_NE(key_of_seal(Owner::customer({501}), scope, Tag::content), first);
    EXPECT_EQ(count("owner_key WHERE uid LIKE 'customer/%'"), 2);
    EXPECT_EQ(count("data_key WHERE owner LIKE 'customer/%'"), 4);
}

TEST_F(VaultTest, a_key_made_in_a_work_that_was_undone_is_never_used_again) {
    Blob lost;
    submit_and_wait(*store, [&](Txn& txn) -> Written {
        lost = vault->seal(txn, customer, scope, Tag::content, "p", "lost");
        throw std::runtime_error("undone");
    });
    EXPECT_EQ(count("data_key WHERE owner LIKE 'customer/%'"), 0);
    const Blob kept = seal(customer, scope, Tag::content, "p", "kept");
    EXPECT_NE(certs::envelope_key(kept), certs::envelope_key(lost));
    start();
    EXPECT_EQ(open_at("p", kept), "kept") << "its key was stored";
}

TEST_F(VaultTest, the_same_holds_for_keep_false_and_for_a_batch_without_record) {
    submit_and_wait(*store, [&](Txn& txn) {
        vault->seal(txn, customer, scope, Tag::content, "p", "lost");
        return written("refused", false);
    });
    on_record = [](auto) { throw std::runtime_error("no audit"); };
    submit_and_wait(*store, [&](Txn& txn) {
        vault->seal(txn, customer, scope, Tag::actor, "p", "lost");
        return written("lost");
    });
    on_record = nullptr;
    EXPECT_EQ(count("data_key WHERE owner LIKE 'customer/%'"), 0);
    const Blob a = seal(customer, scope, Tag::content, "p", "a");
    const Blob b = seal(customer, scope, Tag::actor, "p", "b");
    start();
    EXPECT_EQ(open_at("p", a), "a");
    EXPECT_EQ(open_at("p", b), "b");
}

TEST_F(VaultTest, destroying_an_owner_erases_everything_of_that_owner_and_nothing_else) {
    const Blob gone = seal(customer, scope, Tag::content, "p", "gone");
    const Blob stays = seal(Owner::company({100}), scope, Tag::actor, "p", "stays");
    EXPECT_EQ(open_at("p", gone), "gone") << "now its key is in memory";
    std::vector<certs::KeyId> destroyed;
    change([&](Txn& txn) { destroyed = vault->destroy_owner(txn, customer); });
    EXPECT_EQ(destroyed, std::vector<certs::KeyId>{*certs::envelope_key(gone)});
    EXPECT_EQ(open_at("p", gone), std::nullopt);
    EXPECT_EQ(open_at("p", stays), "stays");
    EXPECT_EQ(reading([&](ReadTxn& txn) { return vault->owner_of(txn, gone); }), std::nullopt);
    EXPECT_EQ(count("owner_key WHERE uid = 'customer/500' AND length(wrapped) > 0"), 0);
    EXPECT_EQ(count("data_key WHERE owner = 'customer/500' AND length(wrapped) > 0"), 0);
    start();
    EXPECT_EQ(open_at("p", gone), std::nullopt);
    const Blob anew = seal(customer, scope, Tag::content, "p", "anew");
    EXPECT_EQ(open_at("p", anew), "anew");
    EXPECT_EQ(open_at("p", gone), std::nullopt);
}

TEST_F(VaultTest, a_row_destroyed_by_hand_opens_nothing_after_a_restart) {
    const Blob gone = seal(customer, scope, Tag::content, "p", "gone");
    change(
        [&](Txn& txn) { txn.change("UPDATE owner_key SET destroyed = 1, wrapped = $2 WHERE uid = $1", {customer.uid, Bytes{}}); });
    start();
    EXPECT_EQ(open_at("p", gone), std::nullopt);
}

TEST_F(VaultTest, a_destruction_that_was_undone_destroys_nothing) {
    const Blob envelope = seal(customer, scope, Tag::content, "p", "text");
    submit_and_wait(*store, [&](Txn& txn) -> Written {
        vault->destroy_owner(txn, customer);
        EXPECT_EQ(vault->open(txn, "p", envelope), std::nullopt) << "inside the transaction it is gone";
        throw std::runtime_error("undone");
    });
    EXPECT_EQ(open_at("p", envelope), "text");
}

TEST_F(VaultTest, destroying_a_case_leaves_the_owners_other_cases) {
    const Blob gone = seal(customer, scope, Tag::content, "p", "gone");
    const Blob stays = seal(customer, {4712}, Tag::content, "p", "stays");
    const Blob general = seal(customer, {}, Tag::content, "p", "general");
    change([&](Txn& txn) { EXPECT_EQ(vault->destroy_case(txn, scope).size(), 1u); });
    EXPECT_EQ(open_at("p", gone), std::nullopt);
    EXPECT_EQ(open_at("p", stays), "stays");
    EXPECT_EQ(open_at("p", general), "general");
}

TEST_F(VaultTest, a_new_generation_takes_over_and_the_old_one_can_go) {
    const Blob old = seal(customer, scope, Tag::content, "p", "old");
    const auto first = keys->current_generation();
    keys->new_generation();
    std::size_t done = 0;
    change([&](Txn& txn) {
        while (const auto some = vault->rewrap(txn, 1)) done += some;
    });
    EXPECT_GE(done, 2u) << "the customer's and the gateway's";
    keys->destroy_generation(first);
    start();
    EXPECT_EQ(open_at("p", old), "old");
    EXPECT_EQ(count("owner_key WHERE generation = " + std::to_string(first)), 0);
    EXPECT_NO_THROW(reading([&](ReadTxn& txn) {
        vault->check_keys(txn);
        return true;
    }));
}

TEST_F(VaultTest, without_its_generation_an_owner_key_opens_nothing_and_nothing_new_is_sealed_under_it) {
    const Blob old = seal(customer, scope, Tag::content, "p", "old");
    const auto first = keys->current_generation();
    keys->new_generation();
    keys->destroy_generation(first);
    start();
    EXPECT_EQ(open_at("p", old), std::nullopt);
    submit_and_wait(*store, [&](Txn& txn) {
        EXPECT_THROW(vault->seal(txn, customer, scope, Tag::content, "p", "new"), protocol::Fault);
        return Written{};
    });
    EXPECT_THROW(reading([&](ReadTxn& txn) {
                     vault->check_keys(txn);
                     return true;
                 }),
                 protocol::Fault);
}

TEST_F(VaultTest, check_keys_names_a_key_that_was_changed) {
    seal(customer, scope, Tag::content, "p", "x");
    EXPECT_NO_THROW(reading([&](ReadTxn& txn) {
        vault->check_keys(txn);
        return true;
    }));
    change([&](Txn& txn) {
        Blob wrapped = *txn.first("SELECT wrapped FROM data_key WHERE owner = $1", {customer.uid},
                                  [](const Row& row) { return Blob(row.bytes(0).begin(), row.bytes(0).end()); });
        wrapped.back() ^= 1;
        txn.change("UPDATE data_key SET wrapped = $2 WHERE owner = $1", {customer.uid, wrapped});
    });
    try {
        read_and_wait(*store, [&](ReadTxn& txn) { vault->check_keys(txn); });
        FAIL() << "not noticed";
    } catch (const protocol::Fault& fault) {
        EXPECT_NE(std::string(fault.what()).find("customer/500"), std::string::npos) << fault.what();
    }
}

TEST_F(VaultTest, blind_indexes_are_equal_for_equal_texts_of_one_field_only) {
    EXPECT_EQ(vault->blind_index("mail", "a@b"), vault->blind_index("mail", "a@b"));
    EXPECT_NE(vault->blind_index("mail", "a@b"), vault->blind_index("mail", "a@c"));
    EXPECT_NE(vault->blind_index("mail", "a@b"), vault->blind_index("name", "a@b"));
}

TEST_F(VaultTest, several_readers_open_while_the_writer_seals) {
    const Blob envelope = seal(customer, scope, Tag::content, "p", "text");
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                if (t == 0) vault->forget_all();
                if (open_at("p", envelope) == "text") ++opened;
            }
        });
    }
    for (int i = 0; i < 50; ++i) seal(Owner::customer({600 + i}), {}, Tag::customer, "q", "x");
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(opened, 150);
}

}  // namespace
}  // namespace entente::store::test
