// Stored maps of pseudonyms: what is accepted is written again to the same map, and a new value gets a number of its own.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/minimisation.hpp"
#include "protocol/result.hpp"

using namespace entente;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    auto map = policy::Pseudonyms::from_json(json);
    if (!map) return 0;
    const auto again = policy::Pseudonyms::from_json(map->to_json());
    ENTENTE_ASSERT(again && *again == *map);
    const std::size_t before = map->size();
    const std::string label = map->label("mail", json);
    ENTENTE_ASSERT(map->size() <= before + 1 && map->label("mail", json) == label);
    return 0;
}
