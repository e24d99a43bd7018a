#pragma once
// Handlers of the webhook subscriptions of the Connect contract (section 15).

#include "server/api/route.hpp"

namespace entente::api::connect_webhooks {

Plan create_v1(Gateway& gateway, CallPtr call);
Plan create_v2(Gateway& gateway, CallPtr call);
Plan list_v1(Gateway& gateway, CallPtr call);
Plan list_v2(Gateway& gateway, CallPtr call);
Plan remove(Gateway& gateway, CallPtr call);
Plan attempts(Gateway& gateway, CallPtr call);
Plan rotate(Gateway& gateway, CallPtr call);

}  // namespace entente::api::connect_webhooks
