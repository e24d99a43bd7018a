// What the archive worker says, and names in archives of strangers: whatever comes, frames end, members read back as they were
// written, and a name that is let through leads nowhere else.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"
#include "server/archive/frames.hpp"
#include "server/deliveries/file_judge.hpp"

using namespace entente;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::string_view rest = bytes;
    for (bool broken = false;;) {
        const auto taken = archive::take_frame(rest, broken);
        if (!taken) break;
        ENTENTE_ASSERT(!broken && taken->content.size() + archive::frame_head <= rest.size());
        ENTENTE_ASSERT(archive::frame(taken->kind, taken->content) == rest.substr(0, archive::frame_head + taken->content.size()));
        if (const auto member = archive::parse_member(taken->content)) {
            const auto back = archive::parse_member(archive::member_text(*member));
            ENTENTE_ASSERT(back && back->name == member->name && back->size == member->size && back->modified == member->modified);
        }
        rest.remove_prefix(archive::frame_head + taken->content.size());
    }
    static_cast<void>(archive::parse_shape(bytes));
    static_cast<void>(deliveries::looks_like_archive(bytes));
    if (const auto name = deliveries::safe_member_name(bytes)) {
        ENTENTE_ASSERT(protocol::valid_utf8(*name) && !name->starts_with('/') && name->find('\\') == std::string::npos);
        ENTENTE_ASSERT(("/" + *name + "/").find("/../") == std::string::npos);
        ENTENTE_ASSERT(deliveries::safe_member_name(*name) == name);
    }
    return 0;
}
