// Evidence ends under a checkpoint: signs what is there now and gives the witnesses of the log a moment to cosign it.

#include <algorithm>
#include <chrono>

#include "server/api/native_steps.hpp"

namespace entente::api::native {

namespace {

using Moment = std::chrono::steady_clock::time_point;

// As long as a witness is given for its answer: who answers at all is in it.
constexpr std::chrono::seconds witness_patience{10};

// Waits without a thread, and goes on in any case.
Plan await_witnesses(Gateway& gateway, std::uint64_t size, Moment until, std::function<Plan()> then) {
    const Witnessing& witnessing = gateway.parts().witnessing;
    const std::uint64_t seen = witnessing.bell->count();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || witnessing.bell->closed() || !witnessing.awaited(size)) return then();
    auto wait = std::make_unique<OnBell>();
    wait->bell = witnessing.bell;
    wait->seen = seen;
    wait->wait = left;
    wait->then = [&gateway, size, until, then = std::move(then)] { return await_witnesses(gateway, size, until, then); };
    return wait;
}

}  // namespace

Plan sign_then(Gateway& gateway, CallPtr call, std::function<Plan()> then) {
    auto sign = std::make_unique<OnWorker>();
    sign->run = [&gateway, call = std::move(call), then = std::move(then)]() -> Plan {
        std::uint64_t size = 0;
        try {
            size = gateway.parts().witnessing.sign();
        } catch (const protocol::Fault& fault) {
            return gateway.fault(call, fault.what());
        }
        return await_witnesses(gateway, size, std::chrono::steady_clock::now() + witness_patience, then);
    };
    return sign;
}

}  // namespace entente::api::native
