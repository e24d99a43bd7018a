#include "protocol/authorization.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<AuthorizationState, 4> state_names{{
    {AuthorizationState::requested, "requested"},
    {AuthorizationState::granted, "granted"},
    {AuthorizationState::refused, "refused"},
    {AuthorizationState::withdrawn, "withdrawn"},
}};

}  // namespace

std::string_view name(AuthorizationState state) {
    return name_in(state_names, state);
}
std::optional<AuthorizationState> parse_authorization_state(std::string_view text) {
    return find_exact(state_names, text);
}

}  // namespace entente::protocol
