// HTML of other companies: the clean form is stable, shows the same text, holds only allowed tags, and an edit of the visible text
// removes what it covers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "protocol/reader.hpp"
#include "protocol/result.hpp"

using namespace entente::protocol;

namespace {

// Every `<` of the clean form begins a tag of the allow-list.
void only_our_tags(std::string_view clean) {
    for (std::size_t at = clean.find('<'); at != std::string_view::npos; at = clean.find('<', at + 1))
        ENTENTE_ASSERT(has_markup(clean.substr(at, clean.find('>', at) - at + 1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view html(reinterpret_cast<const char*>(data), size);
    if (!valid_utf8(html)) return 0;  // the decoders let nothing else through
    const std::string clean = sanitise_html(html);
    const std::string seen = visible_text(html);
    ENTENTE_ASSERT(valid_utf8(clean) && valid_utf8(seen));
    ENTENTE_ASSERT(sanitise_html(clean) == clean);
    ENTENTE_ASSERT(visible_text(clean) == seen);
    only_our_tags(clean);
    const std::string plain = paragraphs(html);
    ENTENTE_ASSERT(sanitise_html(plain) == plain || !plain_text(html));
    const std::string line = strip_tags(html);
    ENTENTE_ASSERT(!has_markup(line) && !line.contains('\n'));

    // What an edit covers is gone; nothing else comes instead.
    const TextEdit whole[]{{0, seen.size(), "#"}};
    const std::string covered = visible_text(edit_visible(html, whole));
    ENTENTE_ASSERT(covered == "#" || covered.empty());
    const std::size_t middle = utf8_prefix(seen, seen.size() / 2).size();
    const TextEdit half[]{{0, middle, ""}};
    ENTENTE_ASSERT(visible_text(edit_visible(html, half)).size() <= seen.size() - middle);
    return 0;
}
