#pragma once
// Statements about orders to erase, requests to partners to do the same, and legal holds.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

// What an order covers. `age`: every ended case of the company; `company`: everything under the company's own key; `retention`:
// sections of the log whose time is over, ordered by the gateway itself.
enum class ErasureSubject : std::uint8_t { customer, person, case_alone, partner, age, company, retention };
std::string_view name(ErasureSubject subject);
std::optional<ErasureSubject> parse_erasure_subject(std::string_view text);

// Sections of the log and columns of rows by tag, as bits.
struct TagSet {
    std::uint32_t bits = 0;
    bool has(Tag tag) const { return (bits & (1U << static_cast<unsigned>(tag))) != 0; }
    TagSet& add(Tag tag) {
        bits |= 1U << static_cast<unsigned>(tag);
        return *this;
    }
    bool empty() const { return bits == 0; }
};

enum class ErasureState : std::uint8_t { proposed, ordered, erasing, done, cancelled };
std::string_view name(ErasureState state);

struct ErasureOrder {
    std::int64_t id = 0;
    protocol::CompanyId company;  // whose data
    ErasureSubject subject = ErasureSubject::customer;
    std::int64_t subject_id = 0;  // of the customer, user, case or partner; 0 for age and company
    TagSet tags;
    std::optional<protocol::Instant> ended_before;  // age
    ErasureState state = ErasureState::proposed;
    std::string ordered_by;
    protocol::Instant ordered_at;
    std::string confirmed_by;  // empty where one person suffices
    std::optional<protocol::Instant> confirmed_at;
    std::optional<protocol::Instant> done_at;
    std::optional<std::int64_t> entry;  // of the log
    std::int64_t keys_destroyed = 0;
    std::int64_t sections = 0;
    std::int64_t cases = 0;
    std::int64_t cases_held = 0;  // left alone because of a legal hold
    std::string reason;           // sealed; empty once the company's own key is gone
};
void insert_erasure(Txn& txn, Vault& vault, const ErasureOrder& order);
void update_erasure(Txn& txn, const ErasureOrder& order);  // all but what was ordered
std::optional<ErasureOrder> find_erasure(ReadTxn& txn, Vault& vault, std::int64_t id);
// What is not over comes first, then the newest; none: those of whole companies, which the operator confirms.
std::vector<ErasureOrder> erasures_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);
// Ids above `after`: orders that wait must not keep those behind them from their turn.
std::vector<std::int64_t> erasures_to_do(ReadTxn& txn, std::int64_t after, int limit);

// --- what an order covers ---
// Cases whose words are not erased yet.
std::vector<protocol::CaseId> cases_to_erase(ReadTxn& txn, const ErasureOrder& order);
// Cases that go on: nothing of them is erased before they end. At most `limit` of them, the oldest first.
std::vector<std::string> cases_going_on(ReadTxn& txn, const ErasureOrder& order, int limit);
// The company's own key, and those of its people and customers.
std::vector<Owner> owners_of_company(ReadTxn& txn, protocol::CompanyId company);
std::vector<protocol::UserId> people_of(ReadTxn& txn, protocol::CompanyId company);
std::vector<protocol::CustomerId> customer_ids_of(ReadTxn& txn, protocol::CompanyId company);
std::optional<std::int64_t> id_of_case(ReadTxn& txn, std::string_view token, protocol::CompanyId submitter);
// Keys of sections with this tag that belong to cases which ended before, at most `limit`, with ids above `after`. Looks at every
// key of a case: not on the writer.
std::vector<Vault::KeyRow> expired_case_keys(ReadTxn& txn, Tag tag, protocol::Instant before, const certs::KeyId& after, int limit);
bool case_ended_before(ReadTxn& txn, protocol::CaseId id, protocol::Instant before);
bool retention_under_way(ReadTxn& txn);
// Companies besides the submitter that were shown the case, or to which it was released.
std::vector<protocol::CompanyId> companies_that_saw(ReadTxn& txn, protocol::CaseId id);

// --- lookup tokens and rows that go with the keys ---
void forget_case(Txn& txn, protocol::CaseId id);
void forget_customer(Txn& txn, protocol::CustomerId id, Bytes random_index, protocol::Instant now);
void forget_person(Txn& txn, protocol::UserId id, Bytes random_index, protocol::Instant now);
void forget_company(Txn& txn, protocol::CompanyId id, protocol::Instant now);

// --- requests to partners ---
// What partners are asked to delete of an order's cases; empty: nothing, because who did what (actor) never left the house.
TagSet asked_of_partners(ErasureSubject subject, TagSet tags);
struct ErasureRequest {
    std::int64_t id = 0;
    std::int64_t erasure = 0;
    protocol::CompanyId company;      // that asks
    protocol::CompanyId partner;      // that is asked
    std::vector<std::string> tokens;  // of the cases
    TagSet classes;                   // what of them; follows from the order
    std::string signed_text;          // compact JWS of the gateway
    protocol::Instant sent_at;
    std::string answer;  // deleted, partly, kept; empty: none yet
    std::string answered_by;
    std::optional<protocol::Instant> answered_at;
    std::string words;  // of who answered
};
void insert_erasure_request(Txn& txn, const ErasureRequest& request);
bool answer_erasure_request(Txn& txn, Vault& vault, const ErasureRequest& request);  // false: answered already
std::optional<ErasureRequest> find_erasure_request(ReadTxn& txn, Vault& vault, protocol::CompanyId partner, std::int64_t id);
// Without an answer first, of those the oldest, so that a list that ends early goes on with every answer.
std::vector<ErasureRequest> erasure_requests_to(ReadTxn& txn, Vault& vault, protocol::CompanyId partner);
std::vector<ErasureRequest> erasure_requests_of(ReadTxn& txn, Vault& vault, std::int64_t erasure);

// --- legal holds ---
// One stands from its proposal until it is lifted: what it is to protect must not go while the second person is asked.
enum class HoldSubject : std::uint8_t { customer, case_alone, person, company };
std::string_view name(HoldSubject subject);
std::optional<HoldSubject> parse_hold_subject(std::string_view text);
enum class HoldState : std::uint8_t { proposed, in_force, lifting, lifted };
std::string_view name(HoldState state);

struct LegalHold {
    std::int64_t id = 0;
    protocol::CompanyId company;
    HoldSubject subject = HoldSubject::customer;
    std::int64_t subject_id = 0;  // the company's own id for company
    HoldState state = HoldState::proposed;
    std::string placed_by;
    protocol::Instant placed_at;
    std::string confirmed_by;
    std::optional<protocol::Instant> confirmed_at;
    std::string lift_by;
    std::optional<protocol::Instant> lift_at;
    std::string lifted_by;
    std::optional<protocol::Instant> lifted_at;
    std::string reason;
};
void insert_hold(Txn& txn, Vault& vault, const LegalHold& hold);
void update_hold(Txn& txn, const LegalHold& hold);
std::optional<LegalHold> find_hold(ReadTxn& txn, Vault& vault, protocol::CompanyId company, std::int64_t id);
// What stands comes first, then the newest.
std::vector<LegalHold> holds_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company /* none: all */);
std::vector<std::int64_t> standing_holds(ReadTxn& txn, protocol::CompanyId company);
bool on_hold(ReadTxn& txn, HoldSubject subject, std::int64_t id);
// The key's owner, or for the gateway's keys anybody at all: core sections tell of everybody.
bool owner_on_hold(ReadTxn& txn, const Owner& owner);
// The case itself, its customer, or its submitter.
bool case_on_hold(ReadTxn& txn, protocol::CaseId id);
// Held cases in which names that an order takes away still stand.
void note_held_name(Txn& txn, std::int64_t erasure, protocol::CaseId id);
void forget_held_names(Txn& txn, std::int64_t erasure);
bool waits_for_held_names(ReadTxn& txn, std::int64_t erasure);

}  // namespace entente::store
