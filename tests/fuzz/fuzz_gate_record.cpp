// Recorded decisions as a verifier reads them back: whatever stands there is refused or replayed, and what replays exactly is
// canonical.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/gate.hpp"
#include "protocol/canonical.hpp"

using namespace entente;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const auto decision = policy::replay_decision(json);
    const auto exact = policy::replays_exactly(json);
    ENTENTE_ASSERT(decision.has_value() == exact.has_value());
    if (!decision) return 0;
    ENTENTE_ASSERT(policy::find_reason(decision->reason) != nullptr);
    ENTENTE_ASSERT(decision->verdict == policy::Verdict::allow || decision->released.empty());
    ENTENTE_ASSERT(!decision->released.has(protocol::DataClass::secret));
    ENTENTE_ASSERT(!*exact || protocol::check_canonical(json).has_value());
    return 0;
}
