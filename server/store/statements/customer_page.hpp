#pragma once
// Statements of the customer's page: mailed links, what was disclosed.

#include <optional>
#include <string>
#include <vector>

#include "protocol/authorization.hpp"
#include "protocol/language.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

enum class LinkKind : std::uint8_t {
    ask,      // lets the customer decide; ends with the decision
    receipt,  // lasting: shows disclosures, lets the customer withdraw
    feedback  // asks how a case went; `case_id` says which
};

struct CustomerLink {
    std::int64_t id = 0;
    LinkKind kind = LinkKind::ask;
    protocol::AuthorizationId authorization;
    protocol::CompanyId company;    // of the authorization
    protocol::CustomerId customer;  // likewise
    protocol::CaseId case_id;       // feedback
    Blob token_hash;
    protocol::Language language = protocol::Language::english;
    std::string address;
    protocol::Instant created_at;
    protocol::Instant expires_at;
    std::optional<Blob> code;  // blind index of the code that was mailed last
    protocol::Instant code_until;
    std::int64_t code_tries = 0;  // with this code
    std::int64_t codes_sent = 0;  // since codes_since
    protocol::Instant codes_since;
    std::int64_t wrong_tries = 0;  // in the life of the link
    std::optional<Blob> ticket;    // digest of what the page carries after a right code
    protocol::Instant ticket_until;
};

void insert_link(Txn& txn, Vault& vault, const CustomerLink& link);
void update_link(Txn& txn, const CustomerLink& link);  // code, ticket and counts
std::optional<CustomerLink> find_link(ReadTxn& txn, Vault& vault, LinkKind kind, Bytes token_hash);
// Where and in which language this customer answered last about the authorization; nothing if it never did on the page. Only
// address and language matter.
std::optional<CustomerLink> last_answered_link(ReadTxn& txn, Vault& vault, protocol::AuthorizationId authorization);
// Earlier links that ask about the same authorization end.
void end_ask_links(Txn& txn, protocol::AuthorizationId authorization);
// Is the customer being asked already: an unexpired link of an undecided authorization that names this partner?
bool asked_already(ReadTxn& txn, protocol::CompanyId company, protocol::CustomerId customer, protocol::CompanyId partner,
                   protocol::Instant now);
std::int64_t forget_links(Txn& txn, protocol::Instant expired_before);

void note_use(Txn& txn, protocol::AuthorizationId authorization, protocol::CaseId id, protocol::Instant now);

struct Disclosure {
    protocol::Instant at;
    protocol::CompanyId company;
    std::string operation;
    std::string case_token;
    std::int64_t version = 0;
};
// Called by operations/readers alone. What was only sent to the company (`taken` is false) counts as taken once it fetches it.
void note_disclosure(Txn& txn, protocol::CaseId id, protocol::CompanyId company, std::int64_t version, std::string_view operation,
                     protocol::Instant now, bool taken);
std::int64_t count_disclosures_under(ReadTxn& txn, protocol::AuthorizationId authorization);
// Newest first, at most `limit`.
std::vector<Disclosure> disclosures_under(ReadTxn& txn, protocol::AuthorizationId authorization, std::int64_t limit);

}  // namespace entente::store
