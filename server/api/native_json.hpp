#pragma once
// The own API's spelling of companies, people, agreements, authorizations and the gate: one model for writing and reading
// (protocol/openapi). Decoders collect every violation.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_writer.hpp"
#include "server/operations/agreement_life.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/directory.hpp"
#include "server/operations/trust.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::api::native {

using protocol::JsonWriter;
using protocol::Result;

Result<protocol::Company> decode_company(std::string_view body, const protocol::ResponseTargets& defaults);
Result<operations::CompanyChange> decode_company_change(std::string_view body, const protocol::ResponseTargets& defaults);
void write(JsonWriter& out, const protocol::Company& company);

struct UserInput {
    protocol::User user;
    std::optional<std::string> password;
};
Result<UserInput> decode_user(std::string_view body);
struct UserChangeInput {
    operations::UserChange change;
    std::optional<std::string> password;
};
Result<UserChangeInput> decode_user_change(std::string_view body);
void write(JsonWriter& out, const protocol::User& user);
std::string encode_user(const protocol::User& user, const std::optional<std::string>& password);  // shown once

Result<operations::NewClient> decode_client(std::string_view body);
Result<bool> decode_active(std::string_view body);
void write(JsonWriter& out, const store::StoredClient& client);
std::string encode_client(const operations::ClientMade& made);  // with the secret, shown once

Result<protocol::Form> decode_form(std::string_view body);
void write(JsonWriter& out, const protocol::Form& form);
void write(JsonWriter& out, const store::EarlierForm& earlier);  // a form with the time when it was replaced
Result<operations::NewDepartment> decode_department(std::string_view body);
Result<operations::DepartmentChange> decode_department_change(std::string_view body);
void write(JsonWriter& out, const protocol::Department& department);

Result<protocol::Customer> decode_customer(std::string_view body);
Result<operations::CustomerAddition> decode_domain(std::string_view body);
Result<operations::CustomerAddition> decode_contact(std::string_view body);
Result<operations::Confirmation> decode_confirmation(std::string_view body);
void write(JsonWriter& out, const store::StoredCustomer& stored);

Result<protocol::Agreement> decode_agreement(std::string_view body);
Result<operations::Acceptance> decode_acceptance(std::string_view body);
Result<std::string> decode_reason(std::string_view body);
struct StepInput {
    std::string reason;
    protocol::Instant effective;  // not before; zero: now
};
Result<StepInput> decode_step(std::string_view body, bool reason_needed);
Result<operations::Member> decode_member(std::string_view body);
Result<operations::NewText> decode_text(std::string_view body);
Result<protocol::PublicKey> decode_company_key(std::string_view body);
Result<std::string> decode_kid(std::string_view body);
void write(JsonWriter& out, const store::AgreementText& text);
void write(JsonWriter& out, const store::AgreementChange& change);
void write(JsonWriter& out, const store::CompanyKey& key);
void write(JsonWriter& out, const protocol::Agreement& agreement);

Result<operations::AuthorizationRequest> decode_authorization(std::string_view body, protocol::Instant now);
Result<operations::AuthorizationDecision> decode_decision(std::string_view body, operations::AuthorizationStep step);
void write(JsonWriter& out, const store::StoredAuthorization& stored);
std::string encode_authorization(const store::StoredAuthorization& stored, int released_cases);

Result<operations::LinkWish> decode_link_wish(std::string_view body);
Result<std::string> decode_signed_text(std::string_view body);
Result<operations::EmergencyInput> decode_emergency(std::string_view body);
Result<store::CustomerKey> decode_customer_key(std::string_view body);
Result<operations::CustomerKeyName> decode_customer_key_name(std::string_view body);
void write(JsonWriter& out, const store::CustomerKey& key);

Result<protocol::CustomerId> decode_picked_customer(std::string_view body);

void write(JsonWriter& out, const store::StoredSharingRules& stored);

struct CertificateInput {
    protocol::ClientId client;
    std::optional<std::string> csr;
    int days = 90;
};
Result<CertificateInput> decode_certificate(std::string_view body);

inline void text_or_null(JsonWriter& out, std::string_view name, std::string_view text) {
    out.key(name);
    text.empty() ? out.null() : out.value(text);
}

template <class T>
std::string encode(const T& value) {
    JsonWriter out;
    write(out, value);
    return out.take();
}

template <class T>
std::string encode_items(const std::vector<T>& items) {
    JsonWriter out;
    out.object().key("items").array();
    for (const T& item : items) write(out, item);
    out.end().end();
    return out.take();
}

}  // namespace entente::api::native
