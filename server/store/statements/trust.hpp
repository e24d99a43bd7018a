#pragma once
// Statements about what the three keys rest on: agreements and authorizations.

#include <optional>
#include <string>
#include <vector>

#include "protocol/agreement.hpp"
#include "protocol/authorization.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

void insert_agreement(Txn& txn, const protocol::Agreement& agreement, protocol::Instant now);
// Compare-and-set on `agreement.version`, which the caller has raised by one. False: somebody else was faster.
bool update_agreement(Txn& txn, const protocol::Agreement& agreement);
void accept_agreement(Txn& txn, Vault& vault, protocol::AgreementId id, const protocol::Acceptance& acceptance);
std::optional<protocol::Agreement> find_agreement(ReadTxn& txn, Vault& vault, protocol::AgreementId id);
std::vector<protocol::Agreement> agreements_of(ReadTxn& txn, Vault& vault, protocol::CompanyId party);
std::vector<protocol::Agreement> all_agreements(ReadTxn& txn, Vault& vault);
// Facts for the gate: every agreement to which both are parties, without the signatories' names.
std::vector<protocol::Agreement> agreements_between(ReadTxn& txn, protocol::CompanyId one, protocol::CompanyId other);

// Do both keys of a released case hold at this moment? One look at two rows: asked on every read of a case.
bool keys_hold(ReadTxn& txn, protocol::AgreementId agreement, protocol::AuthorizationId authorization, protocol::Instant now);

struct StoredAuthorization {
    protocol::Authorization authorization;
    std::string requested_by;  // principal label
    std::string decided_by;
    std::string reason;  // of a refusal or withdrawal
};
void insert_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored);
bool update_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored);  // compare-and-set as above
std::optional<StoredAuthorization> find_authorization(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                      protocol::AuthorizationId id);
std::vector<StoredAuthorization> authorizations_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                   protocol::CustomerId customer /* none: all */);
// Facts for the gate: the company's authorizations for this customer, without the sealed details.
std::vector<protocol::Authorization> authorizations_for(ReadTxn& txn, protocol::CompanyId company, protocol::CustomerId customer);

}  // namespace entente::store
