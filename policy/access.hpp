#pragma once
// Which role may ask for which kind of operation. Deny by default: what the table does not name is not allowed. The operation still
// checks the scope (own company, own side, another person than the requester).

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/directory.hpp"

namespace entente::policy {

enum class Operation : std::uint8_t {
    directory_read,      // partner search, intake forms, own company
    directory_admin,     // users, clients, forms, departments of a company
    customer_read,       // customers of the own company
    customer_admin,      // create and change customers, propose domains and contacts
    customer_confirm,    // confirm a domain or contact that somebody else proposed
    case_write,          // create, answer, note, close
    case_read,           // list, read, gate, preview
    case_pick_customer,  // say which customer a held case is about
    agreement_read,
    agreement_admin,  // draft, accept for the own company, suspend, resume, terminate
    authorization_read,
    authorization_request,
    authorization_attest,  // state that the customer agreed, at the lowest assurance
    authorization_decide,  // record the customer's grant or refusal with evidence
    authorization_withdraw,
    webhook_read,   // subscriptions, their log
    webhook_admin,  // subscribe, change, test, replay
    audit_read,
    audit_verify,
    audit_receipt,    // checkpoints, proofs and receipts: hashes alone, of what the own company is party to
    disclosure_read,  // who of another company saw what
    erasure_read,     // orders to erase, legal holds, requests of partners to delete
    erasure_order,    // order and confirm them, place and lift holds, answer requests
    certificate_admin,
    operator_admin  // companies, limits, keys, health
};
inline constexpr int operation_count = 25;
std::string_view name(Operation operation);

bool may(protocol::Role role, Operation operation);

}  // namespace entente::policy
