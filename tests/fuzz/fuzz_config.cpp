// A settings file is the operator's own, but a slip in it must end in a sentence and never in a crash; a file that is accepted
// keeps every value within its range.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/result.hpp"
#include "server/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    const auto config = entente::parse_config({reinterpret_cast<const char*>(data), size}, "/etc/entente.toml");
    if (!config) {
        ENTENTE_ASSERT(!config.error().violations.empty() && !config.error().message.empty());
        return 0;
    }
    ENTENTE_ASSERT(config->listen.port >= 0 && config->listen.port <= 65535);
    ENTENTE_ASSERT(config->limits.body_bytes >= 1024 && config->limits.connections >= config->limits.connections_per_address);
    ENTENTE_ASSERT(config->data.folder.is_absolute() && config->keys.folder.is_absolute());
    return 0;
}
