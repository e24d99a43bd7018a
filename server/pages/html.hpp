#pragma once
// HTML that cannot be injected into: markup comes from the source code alone, everything else is escaped. `Markup` can only be made
// from a literal, so a value has no other way in than text().

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/language.hpp"

namespace entente::pages {

struct Markup {
    consteval Markup(const char* literal) : text(literal) {}
    std::string_view text;
};

// Values for the {names} of a sentence.
using Terms = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Html {
  public:
    Html& raw(Markup markup) {
        out_ += markup.text;
        return *this;
    }
    // Escaped for element content and for attributes in double quotes.
    Html& text(std::string_view value);
    // A sentence of ours with values filled in; all of it is escaped.
    Html& say(std::string_view sentence, Terms terms = {});
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

std::string filled(std::string_view sentence, Terms terms);

}  // namespace entente::pages
