// Canonical section bytes: whatever is accepted is the only spelling of what it says.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/canonical.hpp"

using namespace entente::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto value = parse_canonical(bytes);
    ENTENTE_ASSERT(value.has_value() == check_canonical(bytes).has_value());
    if (value) ENTENTE_ASSERT(write_canonical(*value) == bytes);
    return 0;
}
