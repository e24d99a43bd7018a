// Query strings, path segments, form bodies, Basic credentials and Accept headers.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/connect/decode.hpp"
#include "protocol/connect/errors.hpp"
#include "protocol/encoding.hpp"

using namespace entente::protocol;
using namespace entente::protocol::connect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto items = parse_query(text)) {
        ENTENTE_ASSERT(items->size() <= query_items_max);
        for (const QueryItem& item : *items) ENTENTE_ASSERT(valid_utf8(item.name) && valid_utf8(item.value));
        for (const ListKind kind : {ListKind::v1, ListKind::v2_plain, ListKind::v2_paged}) {
            const auto filter = decode_case_filter(*items, kind);
            ENTENTE_ASSERT(!filter || (filter->page >= 0 && filter->size >= 0));
        }
        static_cast<void>(decode_note_filter(*items));
    }
    if (const auto segment = decode_segment(text)) ENTENTE_ASSERT(decode_segment(encode_segment(*segment)) == *segment);
    static_cast<void>(decode_search_term(text));
    static_cast<void>(decode_token_request(text));
    static_cast<void>(decode_basic(text));
    static_cast<void>(decode_id(text));
    ENTENTE_ASSERT(!problem_only(text) || error_mode(text) == ErrorMode::problem);
    return 0;
}
