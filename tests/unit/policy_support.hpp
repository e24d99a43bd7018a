#pragma once
// Helpers of the policy tests: one valid situation that each test then spoils in one place.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/gate.hpp"

namespace entente::policy {

using protocol::Agreement;
using protocol::AgreementId;
using protocol::AgreementState;
using protocol::Assurance;
using protocol::Authorization;
using protocol::AuthorizationId;
using protocol::AuthorizationState;
using protocol::CompanyId;
using protocol::CustomerId;
using protocol::DataClass;
using protocol::DataClasses;
using protocol::Instant;

inline constexpr CompanyId submitter{11};
inline constexpr CompanyId receiver{22};
inline constexpr CompanyId stranger{33};
inline constexpr CustomerId customer{7};
inline constexpr CustomerId other_customer{8};
inline constexpr Instant now{1'900'000'000'000'000};
inline constexpr std::string_view digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

inline const std::string product_a = "00000000000000aa", product_b = "00000000000000bb";

inline Instant before(Instant instant) {
    return {instant.us - 1};
}
inline Instant after(Instant instant) {
    return {instant.us + 1};
}

inline Agreement good_agreement() {
    Agreement agreement;
    agreement.id = {501};
    agreement.title = "CANARY-TITLE mutual support agreement";
    agreement.document_version = "1.0";
    agreement.document_digest = digest;
    agreement.parties = {submitter, receiver};
    agreement.acceptances = {{submitter, "CANARY Signatory A", before(now)}, {receiver, "CANARY Signatory B", before(now)}};
    agreement.valid_from = before(now);
    agreement.valid_until = now.plus_seconds(86'400);
    agreement.state = AgreementState::in_force;
    agreement.permitted = {DataClass::technical, DataClass::product, DataClass::diagnostics};
    agreement.purpose = "support";
    agreement.version = 3;
    return agreement;
}

inline Authorization good_authorization() {
    Authorization authorization;
    authorization.id = {901};
    authorization.company = submitter;
    authorization.customer = customer;
    authorization.partners = {receiver};
    authorization.purpose = "support";
    authorization.classes = {DataClass::technical, DataClass::diagnostics, DataClass::personal_contact};
    authorization.not_before = before(now);
    authorization.until = now.plus_seconds(3'600);
    authorization.state = AuthorizationState::granted;
    authorization.assurance = Assurance::recorded;
    authorization.obtained_how = "CANARY call with Anna";
    authorization.version = 2;
    return authorization;
}

// A situation with room for what its spans point to.
struct Situation {
    std::vector<Agreement> agreements{good_agreement()};
    std::vector<Authorization> authorizations{good_authorization()};
    CompanyId from = submitter;
    CompanyId to = receiver;
    Instant at = now;
    CustomerFinding finding{CustomerFinding::Kind::one, customer, "customer_named"};
    AuthorizationId referenced{};
    std::string purpose = "support";
    std::optional<std::vector<std::string>> products = std::nullopt;
    protocol::CaseId case_id{};

    GateInput input() const {
        return {.submitter = from,
                .receiver = to,
                .at = at,
                .agreements = agreements,
                .customer = finding,
                .authorizations = authorizations,
                .referenced = referenced,
                .purpose = purpose,
                .products = products ? std::optional<std::span<const std::string>>(*products) : std::nullopt,
                .case_id = case_id};
    }
    Decision decide() const { return decide_gate(input()); }
};

// "hold authorization_expired", for comparing.
inline std::string told(const Decision& decision) {
    return std::string(name(decision.verdict)) + ' ' + std::string(decision.reason);
}

inline bool long_form() {
    const char* given = std::getenv("ENTENTE_LONG");
    return given != nullptr && std::string_view(given) == "1";
}

}  // namespace entente::policy
