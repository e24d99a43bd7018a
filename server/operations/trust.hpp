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
    std::string signed_text;      // the signatory's own signature (protocol/signed_acceptance.hpp); names the signatory then
};
Audited<Turned<protocol::Agreement>> accept_agreement(Txn& txn, const Context& context, const Caller& caller,
                                                      protocol::AgreementId id, const Acceptance& acceptance);
enum class AgreementStep { suspend, resume, terminate };
Audited<Turned<protocol::Agreement>> move_agreement(Txn& txn, const Context& context, const Caller& caller,
                                                    protocol::AgreementId id, AgreementStep step, std::string_view reason,
                                                    Instant effective = {} /* not before; now by default */);
Result<std::vector<protocol::Agreement>> list_agreements(ReadTxn& txn, const Context& context, const Caller& caller);
Result<protocol::Agreement> read_agreement(ReadTxn& txn, const Context& context, const Caller& caller, protocol::AgreementId id);

// --- authorizations ---
struct AuthorizationRequest {
    protocol::Authorization authorization;
    std::vector<std::string> cases;  // tokens; none: any case
};
Audited<store::StoredAuthorization> request_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                          const AuthorizationRequest& request);
enum class AuthorizationStep { grant, attest, refuse, withdraw };
struct AuthorizationDecision {
    std::string obtained_how;
    std::string evidence_digest;
    std::string reason;
    bool covered = false;  // a grant that a clause of the customer's contract gives; evidence_digest names the contract
};
Audited<Turned<store::StoredAuthorization>> move_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                               protocol::AuthorizationId id, AuthorizationStep step,
                                                               const AuthorizationDecision& decision);
Result<std::vector<store::StoredAuthorization>> list_authorizations(ReadTxn& txn, const Context& context, const Caller& caller,
                                                                    protocol::CustomerId customer,
                                                                    bool unconfirmed /* emergencies nobody confirmed */);
Result<store::StoredAuthorization> read_authorization(ReadTxn& txn, const Context& context, const Caller& caller,
                                                      protocol::AuthorizationId id);

// The record in the shape of ISO/IEC TS 27560 as canonical JSON, with the gateway's signature over its digest.
Result<std::string> authorization_record(ReadTxn& txn, const Context& context, const Caller& caller, protocol::AuthorizationId id);

// What the customer signed (protocol/signed_authorization.hpp), handed in by anybody of the company: the signature speaks.
Audited<Turned<store::StoredAuthorization>> take_signed_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                                      const std::string& signed_text);

// Word of mouth in an emergency, for one held case, where the agreement permits it (semantics 4).
struct EmergencyInput {
    std::string who;  // of the customer
    std::string how;  // for example by telephone, under which number
    Instant when;
    protocol::DataClasses classes;
};
Audited<Turned<store::StoredAuthorization>> attest_emergency(Txn& txn, const Context& context, const Caller& caller,
                                                             std::string_view case_token, const EmergencyInput& input);

// --- keys that customers sign with ---
struct CustomerKeyName {
    std::string issuer;
    std::string kid;
};
Audited<store::CustomerKey> add_customer_key(Txn& txn, const Context& context, const Caller& caller, protocol::CustomerId customer,
                                             const store::CustomerKey& key);
Audited<store::CustomerKey> confirm_customer_key(Txn& txn, const Context& context, const Caller& caller,
                                                 protocol::CustomerId customer, const CustomerKeyName& name);
Audited<store::CustomerKey> revoke_customer_key(Txn& txn, const Context& context, const Caller& caller,
                                                protocol::CustomerId customer, const CustomerKeyName& name);
Result<std::vector<store::CustomerKey>> list_customer_keys(ReadTxn& txn, const Context& context, const Caller& caller,
                                                           protocol::CustomerId customer);

}  // namespace entente::operations
