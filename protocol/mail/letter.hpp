#pragma once
// The shape of every mail that we write, as plain text and as HTML with the same words. Whatever comes from outside is a value in
// here and is escaped on the way out; there is no other way into the markup.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/language.hpp"

namespace entente::protocol::mail {

struct Letter {
    std::string subject;
    std::string text;  // lines end in \n
    std::string html;
};

struct Layout {
    Language language = Language::english;
    std::string subject;
    bool reply_mark = false;  // begins with the line above which replies are written
    std::string heading;
    std::vector<std::string> paragraphs;
    std::string code;                                         // shown large, alone on its line
    std::vector<std::pair<std::string, std::string>> facts;   // label, value
    std::vector<std::pair<std::string, std::string>> quotes;  // heading, plain text of a person
    std::vector<std::string> items;                           // a list
    std::string link;                                         // https address
    std::string link_label;
    std::vector<std::string> closing;  // after the link
    std::vector<std::string> footer;   // small, behind a rule
};

Letter render(const Layout& layout);

// Puts values for {names}; an unknown name is a bug. Values are taken as they are: a brace in a value starts nothing.
using Terms = std::map<std::string_view, std::string_view>;
std::string fill(std::string_view sentence, const Terms& terms);

}  // namespace entente::protocol::mail
