#pragma once
// Agreements between companies and customers' authorizations: what two of the three keys are made of.
//
// Changes answer with the cases that the caller must reconcile afterwards, one operation per case (semantics 2).

#include <string>
#include <vector>

#include "protocol/agreement.hpp"
#include "protocol/authorization.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

template <class T>
struct Turned {
    T what;
    std::vector<protocol::CaseId> cases;  // to reconcile now
};

// --- agreements ---
Audited<protocol::Agreement> add_agreement(Txn& txn, const Context& context, const Caller& caller, protocol::Agreement agreement);
struct Acceptance {
    protocol::CompanyId company;  // the operator records for it; otherwise the caller's own
    std::string signatory;
    std::string document_digest;  // must be the agreement's: what is accepted is exactly this text
    std::string reason;           // why the operator records it for the company; required then
};
Audited<Turned<protocol::Agreement>> accept_agreement(Txn& txn, const Context& context, const Caller& caller,
                                                      protocol::AgreementId id, const Acceptance& acceptance);
enum class AgreementStep { suspend, resume, terminate };
Audited<Turned<protocol::Agreement>> move_agreement(Txn& txn, const Context& context, const Caller& caller,
                                                    protocol::AgreementId id, AgreementStep step, std::string_view reason);
Result<std::vector<protocol::Agreement>> list_agreements(ReadTxn& txn, const Context& context, const Caller& caller);
Result<protocol::Agreement> read_agreement(ReadTxn& txn, const Context& context, const Caller& caller, protocol::AgreementId id);

// --- authorizations ---
Audited<store::StoredAuthorization> request_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                          protocol::Authorization authorization);
enum class AuthorizationStep { grant, attest, refuse, withdraw };
struct AuthorizationDecision {
    std::string obtained_how;
    std::string evidence_digest;
    std::string reason;
};
Audited<Turned<store::StoredAuthorization>> move_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                               protocol::AuthorizationId id, AuthorizationStep step,
                                                               const AuthorizationDecision& decision);
Result<std::vector<store::StoredAuthorization>> list_authorizations(ReadTxn& txn, const Context& context, const Caller& caller,
                                                                    protocol::CustomerId customer);
Result<store::StoredAuthorization> read_authorization(ReadTxn& txn, const Context& context, const Caller& caller,
                                                      protocol::AuthorizationId id);

}  // namespace entente::operations
