// Forms with files: whatever comes, the reader ends, answers the same however the bytes are cut, and names what it hands out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/attachment.hpp"
#include "protocol/encoding.hpp"
#include "protocol/multipart.hpp"

using namespace entente::protocol;

namespace {

std::string read(std::string_view boundary, std::string_view body, std::size_t piece) {
    std::string told;
    FormReader reader(boundary,
                      {.begin = [&](const FormPart& part) -> Result<void> {
                           told += "\n[" + part.name + "|" + part.file_name + "|" + part.content_type + "]";
                           for (const char c : part.file_name) ENTENTE_ASSERT(static_cast<unsigned char>(c) >= 0x20);
                           const std::string plain = plain_file_name(part.file_name);
                           ENTENTE_ASSERT(valid_utf8(plain) && !plain.empty() && plain.size() <= 200);
                           ENTENTE_ASSERT(plain.find_first_of("/\\") == std::string::npos && plain != "." && plain != "..");
                           return {};
                       },
                       .data = [&](std::string_view bytes) -> Result<void> {
                           told += bytes;
                           return {};
                       },
                       .end = [&]() -> Result<void> {
                           told += "[end]";
                           return {};
                       }});
    for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
        if (!reader.feed(body.substr(0, piece))) return "refused";
    return reader.finish() ? told : "refused";
}

}  // namespace

// The first line is the Content-Type, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(bytes.find('\n'), bytes.size());
    static_cast<void>(analyze_target(bytes, {}));
    const auto boundary = form_boundary(bytes.substr(0, line));
    if (!boundary) return 0;
    const std::string_view body = bytes.substr(std::min(line + 1, bytes.size()));
    const std::string whole = read(*boundary, body, size + 1);
    ENTENTE_ASSERT(whole == read(*boundary, body, 1));
    ENTENTE_ASSERT(whole == read(*boundary, body, 7));
    return 0;
}
