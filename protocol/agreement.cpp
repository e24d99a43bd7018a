#include "protocol/agreement.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<AgreementState, 6> state_names{{
    {AgreementState::draft, "draft"},
    {AgreementState::offered, "offered"},
    {AgreementState::in_force, "in_force"},
    {AgreementState::suspended, "suspended"},
    {AgreementState::superseded, "superseded"},
    {AgreementState::terminated, "terminated"},
}};

constexpr NameTable<Assurance, 5> assurance_names{{
    {Assurance::attested, "attested"},
    {Assurance::recorded, "recorded"},
    {Assurance::covered, "covered"},
    {Assurance::confirmed, "confirmed"},
    {Assurance::signed_, "signed"},
}};

}  // namespace

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
