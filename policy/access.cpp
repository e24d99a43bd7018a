#include "policy/access.hpp"

#include <array>

#include "protocol/result.hpp"

namespace entente::policy {

namespace {

using protocol::Role;

constexpr unsigned bit(Role role) {
    return 1U << static_cast<unsigned>(role);
}
template <class... Roles>
constexpr unsigned roles(Roles... which) {
    return (bit(which) | ...);
}

constexpr Role engineer = Role::engineer, compliance = Role::compliance, administrator = Role::administrator,
               api_client = Role::api_client, auditor = Role::auditor, gateway_operator = Role::gateway_operator;

struct Row {
    Operation operation;
    std::string_view name;
    unsigned allowed;
};

// The operator runs the gateway and brings companies in, but reads no case and decides for no customer.
constexpr std::array<Row, operation_count> table{{
    {Operation::directory_read, "directory_read",
     roles(engineer, compliance, administrator, api_client, auditor, gateway_operator)},
    {Operation::directory_admin, "directory_admin", roles(administrator, gateway_operator)},
    {Operation::customer_read, "customer_read", roles(engineer, compliance, administrator, api_client)},
    {Operation::customer_admin, "customer_admin", roles(compliance, administrator, gateway_operator)},
    {Operation::customer_confirm, "customer_confirm", roles(compliance, administrator)},
    {Operation::case_write, "case_write", roles(engineer, api_client)},
    {Operation::case_read, "case_read", roles(engineer, compliance, administrator, api_client)},
    {Operation::case_pick_customer, "case_pick_customer", roles(engineer, compliance, administrator)},
    {Operation::agreement_read, "agreement_read",
     roles(engineer, compliance, administrator, api_client, auditor, gateway_operator)},
    {Operation::agreement_admin, "agreement_admin", roles(administrator, gateway_operator)},
    {Operation::authorization_read, "authorization_read", roles(engineer, compliance, administrator, api_client, auditor)},
    {Operation::authorization_request, "authorization_request", roles(engineer, compliance, administrator, api_client)},
    {Operation::authorization_attest, "authorization_attest", roles(engineer, compliance, administrator)},
    {Operation::authorization_decide, "authorization_decide", roles(compliance, administrator)},
    {Operation::authorization_withdraw, "authorization_withdraw", roles(engineer, compliance, administrator)},
    {Operation::webhook_read, "webhook_read", roles(engineer, compliance, administrator, api_client)},
    {Operation::webhook_admin, "webhook_admin", roles(engineer, administrator, api_client)},
    {Operation::audit_read, "audit_read", roles(compliance, auditor, gateway_operator)},
    {Operation::audit_verify, "audit_verify", roles(compliance, auditor, gateway_operator)},
    {Operation::audit_receipt, "audit_receipt", roles(engineer, compliance, administrator, api_client, auditor, gateway_operator)},
    {Operation::disclosure_read, "disclosure_read", roles(compliance, administrator, auditor)},
    {Operation::erasure_read, "erasure_read", roles(compliance, administrator, auditor, gateway_operator)},
    {Operation::erasure_order, "erasure_order", roles(compliance, administrator)},
    {Operation::certificate_admin, "certificate_admin", roles(gateway_operator)},
    {Operation::operator_admin, "operator_admin", roles(gateway_operator)},
}};

const Row& row(Operation operation) {
    const auto index = static_cast<std::size_t>(operation);
    ENTENTE_ASSERT(index < table.size() && table[index].operation == operation);
    return table[index];
}

}  // namespace

std::string_view name(Operation operation) {
    return row(operation).name;
}

bool may(Role role, Operation operation) {
    return (row(operation).allowed & bit(role)) != 0;
}

}  // namespace entente::policy
