// A posted note on its whole way: decoded, made HTML, encoded. The answer is JSON that reads back to the same text.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/connect/decode.hpp"
#include "protocol/connect/encode.hpp"
#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "protocol/reader.hpp"

using namespace entente::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto note = connect::decode_new_note({reinterpret_cast<const char*>(data), size});
    if (!note) return 0;
    ENTENTE_ASSERT(note->type != NoteType::system);
    NoteView view;
    view.summary = strip_tags(note->summary);
    view.description = to_html(note->description);
    view.creator_name = note->author_name;
    ENTENTE_ASSERT(valid_utf8(view.summary) && valid_utf8(view.description));
    const auto json = parse_json(connect::encode_note(view));
    ENTENTE_ASSERT(json);
    Reader in(*json);
    ENTENTE_ASSERT(in.text("summary", 100'000, Need::present) == view.summary);
    ENTENTE_ASSERT(in.text("description", 1'000'000, Need::present) == view.description);
    return 0;
}
