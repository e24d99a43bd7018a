// The position of a stream is read back from a file. What parses must print as it was written.

#include <cstddef>
#include <cstdint>

#include "protocol/encoding.hpp"
#include "server/deliveries/siem.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const std::string_view text = protocol::as_text({data, size});
    if (const auto position = deliveries::parse_position(text)) {
        const auto again = deliveries::parse_position(deliveries::position_text(*position));
        ENTENTE_ASSERT(again && again->origin == position->origin && again->next == position->next &&
                       again->leaf == position->leaf);
    }
    return 0;
}
