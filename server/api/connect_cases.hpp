#pragma once
// Handlers of the case path of the Connect contract (sections 9 to 13).

#include "server/api/route.hpp"

namespace entente::api::connect_cases {

Plan create(Gateway& gateway, CallPtr call);
Plan read(Gateway& gateway, CallPtr call);
Plan change(Gateway& gateway, CallPtr call);
Plan list_v1(Gateway& gateway, CallPtr call);
Plan list_v2_plain(Gateway& gateway, CallPtr call);
Plan list_v2_paged(Gateway& gateway, CallPtr call);
Plan approve(Gateway& gateway, CallPtr call);
Plan update_approval(Gateway& gateway, CallPtr call);
Plan reject(Gateway& gateway, CallPtr call);
Plan ask(Gateway& gateway, CallPtr call);
Plan answer(Gateway& gateway, CallPtr call);
Plan close(Gateway& gateway, CallPtr call);
Plan notes(Gateway& gateway, CallPtr call);
Plan add_note(Gateway& gateway, CallPtr call);

}  // namespace entente::api::connect_cases
