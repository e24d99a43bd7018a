#pragma once
// A text in which pieces are replaced, and the way back from a place in it to the place in the original.
//
// The detectors look at a shadow: invisible characters gone, full-width forms plain, what was found already replaced by its
// place-holder. So a second look sees what a reader of the masked text would see.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/values.hpp"

namespace entente::policy {

struct Replacement {
    std::size_t begin = 0;
    std::size_t end = 0;  // exclusive; bytes of the original
    std::string with;
};

class Shadow {
  public:
    // `replacements` are sorted and do not overlap.
    Shadow(std::string_view original, std::span<const Replacement> replacements);

    const std::string& text() const { return text_; }
    // Where in the shadow something was replaced: sorted, each with the characters that touch it.
    std::vector<Span> replaced() const;
    // The bytes of the original behind these bytes of the shadow; a replaced piece counts as a whole.
    Span original(Span in_shadow) const;

  private:
    struct Piece {
        std::size_t shadow_begin = 0;
        std::size_t begin = 0;  // in the original
        std::size_t end = 0;
        bool replaced = false;
    };
    const Piece& piece_at(std::size_t shadow_position) const;

    std::string text_;
    std::vector<Piece> pieces_;  // by shadow_begin; pieces that left nothing in the shadow are not listed
};

// Characters that a reader does not see (zero width, soft hyphen, direction marks) become nothing, full-width ASCII and the
// no-break space become their plain forms.
std::vector<Replacement> plain_forms(std::string_view text);

}  // namespace entente::policy
