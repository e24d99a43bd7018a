#pragma once
// Steps that the operations about agreements and authorizations share. Not for use outside of operations/.

#include "server/operations/trust.hpp"

namespace entente::operations {

inline audit::Record trust_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

inline Error invalid(std::string pointer, std::string code, std::string message) {
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the request breaks rules"};
    error.violations.push_back({std::move(pointer), std::move(code), std::move(message)});
    return error;
}

// Names the agreement and its parties in the record.
void about(audit::Record& record, const protocol::Agreement& agreement);
// Every pair of parties: a consortium's agreement moves the cases of all of them.
std::vector<protocol::CaseId> cases_concerned(ReadTxn& txn, const protocol::Agreement& agreement);

// Names the authorization and its customer in the record, with what is not personal of it.
void about(audit::Record& record, const store::StoredAuthorization& stored);
Error authorization_not_found();

// The customer's words and the person's reasons: sealed under the customer's key.
std::string customer_section(const store::StoredAuthorization& stored);

// Raises the version, stores the row and its event, names it in the record.
void save_authorization(Txn& txn, const Context& context, store::StoredAuthorization& stored, std::string_view event,
                        std::string_view actor, audit::Record& record);

// The code by which the gate compares products; empty for a name without letters or digits.
std::string product_code(const store::Vault& vault, std::string_view product);
// The same, and behind it the one before the last renewal of the service root: decisions recorded then name products by that.
std::vector<std::string> product_codes_in_log(const store::Vault& vault, std::string_view product);

// Confirmed: it stands on its own now, until the end that was asked for.
void end_emergency(protocol::Authorization& authorization);

// The cases that must follow after the authorization moved.
std::vector<protocol::CaseId> cases_to_follow(ReadTxn& txn, const protocol::Authorization& authorization);

// A new authorization's partners, time, classes: refused with the member that is wrong.
Result<void> check_authorization(ReadTxn& txn, const Context& context, protocol::CompanyId company,
                                 const protocol::Authorization& authorization);

// Finds the ids of `case_tokens`, in the company's sight.
Result<void> resolve_cases(ReadTxn& txn, protocol::CompanyId company, store::StoredAuthorization& stored);

// Gives a new authorization its id, codes and first event, and writes it.
void insert_new(Txn& txn, const Context& context, store::StoredAuthorization& stored, std::string_view event,
                std::string_view actor, audit::Record& record);

}  // namespace entente::operations
