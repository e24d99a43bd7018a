// Leaf entries come from database files and evidence packages that somebody may have changed. Whatever decodes must be the only
// spelling of what it says; padded sections likewise.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "protocol/result.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/section.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const protocol::Bytes bytes(data, size);
    if (const auto entry = audit::decode_entry(bytes)) {
        ENTENTE_ASSERT(std::ranges::equal(audit::encode_entry(*entry), bytes));
    }
    if (const auto section = audit::unpad_section(bytes)) {
        ENTENTE_ASSERT(std::ranges::equal(audit::pad_section(section->salt, section->text), bytes));
    }
    if (const auto list = audit::parse_erased_list(bytes)) ENTENTE_ASSERT(std::ranges::equal(audit::erased_list(*list), bytes));
    return 0;
}
