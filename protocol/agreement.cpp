#include "protocol/agreement.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<AgreementState, 7> state_names{{
    {AgreementState::draft, "draft"},
    {AgreementState::offered, "offered"},
    {AgreementState::in_force, "in_force"},
    {AgreementState::suspended, "suspended"},
    {AgreementState::superseded, "superseded"},
    {AgreementState::terminated, "terminated"},
    {AgreementState::expired, "expired"},
}};

constexpr NameTable<Assurance, 5> assurance_names{{
    {Assurance::attested, "attested"},
    {Assurance::recorded, "recorded"},
    {Assurance::covered, "covered"},
    {Assurance::confirmed, "confirmed"},
    {Assurance::signed_, "signed"},
}};

constexpr NameTable<AgreementKind, 3> kind_names{{
    {AgreementKind::bilateral, "bilateral"},
    {AgreementKind::one_to_many, "one_to_many"},
    {AgreementKind::consortium, "consortium"},
}};

constexpr NameTable<PartyRole, 3> role_names{{
    {PartyRole::controller, "controller"},
    {PartyRole::joint_controller, "joint_controller"},
    {PartyRole::processor, "processor"},
}};

constexpr NameTable<TransferBasis, 5> basis_names{{
    {TransferBasis::none_needed, "none_needed"},
    {TransferBasis::adequacy, "adequacy"},
    {TransferBasis::standard_clauses, "standard_clauses"},
    {TransferBasis::binding_rules, "binding_rules"},
    {TransferBasis::derogation, "derogation"},
}};

}  // namespace

std::string_view name(AgreementKind kind) {
    return name_in(kind_names, kind);
}
std::optional<AgreementKind> parse_agreement_kind(std::string_view text) {
    return find_exact(kind_names, text);
}
std::string_view name(PartyRole role) {
    return name_in(role_names, role);
}
std::optional<PartyRole> parse_party_role(std::string_view text) {
    return find_exact(role_names, text);
}
std::string_view name(TransferBasis basis) {
    return name_in(basis_names, basis);
}
std::optional<TransferBasis> parse_transfer_basis(std::string_view text) {
    return find_exact(basis_names, text);
}

std::string_view name(AgreementState state) {
    return name_in(state_names, state);
}
std::optional<AgreementState> parse_agreement_state(std::string_view text) {
    return find_exact(state_names, text);
}
std::string_view name(Assurance assurance) {
    return name_in(assurance_names, assurance);
}
std::optional<Assurance> parse_assurance(std::string_view text) {
    return find_exact(assurance_names, text);
}

}  // namespace entente::protocol
