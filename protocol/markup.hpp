#pragma once
// The HTML of notes and instructions: escaping, a small allow-list, and the text that a reader sees.
//
// Never trusts its input to be well-formed. Allowed elements: p br b i strong em u ul ol li a code pre blockquote span div h1-h6
// table tr td th; the only attribute is a link's address (http, https, mailto). Any other tag is kept as visible, escaped text;
// comments and declarations are dropped. Entities are decoded and written anew, an unknown one becomes visible text, so that what
// is scanned is what a browser shows. Input and output are UTF-8; cost is linear.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace entente::protocol {

// & < > " ' as entities.
std::string escape_html(std::string_view plain);

// Plain text as the contract returns it (section 2.2): blank lines separate <p> elements, other line ends are <br>.
std::string paragraphs(std::string_view plain);

// True when the text has at least one tag of the allow-list, so that it was meant as HTML.
bool has_markup(std::string_view text);

// Well-formed and harmless: only allowed elements, balanced; idempotent.
std::string sanitise_html(std::string_view html);

// What a client posted as a description, ready to store: sanitised when it has markup, else wrapped by paragraphs().
std::string to_html(std::string_view posted);

// The text that a reader sees, for scanning: tags removed (so that a tag cannot split a word), entities decoded, blanks collapsed
// outside <pre>, block elements on lines of their own, the cells of a row parted by tabs. Link addresses follow at the end, one a
// line, because a pointer over the link shows them. Equal for a text and its sanitised form.
std::string visible_text(std::string_view html);

// A change of the visible text: bytes [begin, end) of visible_text(html) become `text`. A change that touches a link address
// removes the address.
struct TextEdit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};
// The sanitised html with the edits applied. Edits are sorted and do not overlap.
std::string edit_visible(std::string_view html, std::span<const TextEdit> edits);

// One line of plain text: visible words without tags and link addresses, blanks collapsed, trimmed. For summaries.
std::string strip_tags(std::string_view html);

}  // namespace entente::protocol
