#pragma once
// Statements about what the three keys rest on: agreements and authorizations.

#include <optional>
#include <string>
#include <vector>

#include "protocol/agreement.hpp"
#include "protocol/authorization.hpp"
#include "protocol/jose.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

void insert_agreement(Txn& txn, const protocol::Agreement& agreement, protocol::Instant now);
// Compare-and-set on `agreement.version`, which the caller has raised by one. False: somebody else was faster.
bool update_agreement(Txn& txn, const protocol::Agreement& agreement);
void accept_agreement(Txn& txn, Vault& vault, protocol::AgreementId id, const protocol::Acceptance& acceptance,
                      std::string_view signed_text = {});
// A new party, or one that comes back: without acceptance either way.
void add_party(Txn& txn, protocol::AgreementId id, protocol::CompanyId company, protocol::PartyRole role);
bool leave_agreement(Txn& txn, protocol::AgreementId id, protocol::CompanyId company, protocol::Instant now);
std::optional<protocol::Agreement> find_agreement(ReadTxn& txn, Vault& vault, protocol::AgreementId id);
std::vector<protocol::Agreement> agreements_of(ReadTxn& txn, Vault& vault, protocol::CompanyId party);
std::vector<protocol::Agreement> all_agreements(ReadTxn& txn, Vault& vault);
std::vector<protocol::CompanyId> agreement_parties(ReadTxn& txn, protocol::AgreementId id);  // empty: no such agreement
// Facts for the gate: every agreement to which both are parties, without the signatories' names.
std::vector<protocol::Agreement> agreements_between(ReadTxn& txn, protocol::CompanyId one, protocol::CompanyId other);

// Do both keys of a released case hold at this moment? One look at two rows: asked on every read of a case.
bool keys_hold(ReadTxn& txn, protocol::AgreementId agreement, protocol::AuthorizationId authorization, protocol::Instant now);

struct StoredAuthorization {
    protocol::Authorization authorization;
    std::string requested_by;  // principal label
    std::string decided_by;
    std::string reason;                    // of a refusal or withdrawal
    std::string signed_text;               // the JWS that the customer signed, or empty
    std::optional<Blob> signed_id;         // names it for ever; written once
    std::vector<std::string> case_tokens;  // of authorization.cases
};
void insert_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored);
bool update_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored);  // compare-and-set as above
std::optional<StoredAuthorization> find_authorization(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                      protocol::AuthorizationId id);
std::vector<StoredAuthorization> authorizations_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                   protocol::CustomerId customer /* none: all */);
// What the gate compares its products by, under another key of blind indexes.
void renew_product_codes(Txn& txn, protocol::AuthorizationId id, const std::vector<std::string>& codes);
// Takes away the partners that the authorization no longer names.
void keep_only_partners(Txn& txn, const protocol::Authorization& authorization);
bool known_signed_id(ReadTxn& txn, Bytes id);

// What happened to it, in order: requested, link_sent, attested, recorded, covered, confirmed, narrowed, signed, emergency,
// refused, withdrawn. `actor` is a principal's label, or `customer`.
struct AuthorizationEvent {
    std::string kind;
    protocol::Instant at;
    std::string actor;
};
void add_authorization_event(Txn& txn, protocol::AuthorizationId id, std::string_view kind, protocol::Instant at,
                             std::string_view actor);
std::vector<AuthorizationEvent> authorization_events(ReadTxn& txn, protocol::AuthorizationId id);

// Given by word of mouth and not confirmed: waiting, frozen or refused.
std::vector<StoredAuthorization> unconfirmed_emergencies(ReadTxn& txn, Vault& vault, protocol::CompanyId company);

// A key that a customer signs with. It counts once a second person of the company has confirmed it, until it is revoked.
struct CustomerKey {
    protocol::CustomerId customer;
    std::string issuer;  // `iss` of what it signs
    protocol::PublicKey key;
    std::string proposed_by;
    std::string confirmed_by;
    protocol::Instant created_at;
    std::optional<protocol::Instant> confirmed_at;
    std::optional<protocol::Instant> revoked_at;
};
void insert_customer_key(Txn& txn, const CustomerKey& key);
bool confirm_customer_key(Txn& txn, const CustomerKey& key);  // by `confirmed_by` at `confirmed_at`
bool revoke_customer_key(Txn& txn, const CustomerKey& key, protocol::Instant now);
std::vector<CustomerKey> customer_keys(ReadTxn& txn, protocol::CustomerId customer);

// Facts for the gate: the company's authorizations for this customer, without the sealed details.
std::vector<protocol::Authorization> authorizations_for(ReadTxn& txn, protocol::CompanyId company, protocol::CustomerId customer);

}  // namespace entente::store
