#pragma once
// Family names on their own ("as Miller said"): when does such a word in a text mean the person?
//
// A name is found only where it is written as one: with a capital, as a word of its own. Many family names are words as well, in
// English and in German, where every noun has a capital ("Long outages", "ein Koch", "North pole"), and short ones are codes
// ("LEE", "Kim"). Those count only beside what says that a person is meant: a title or honorific at the name, or the person's full
// name somewhere in the same text. How often this is right: tests/measure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace entente::policy {

// The family name in a full one, as far as its spelling tells: the last word with the particles before it ("van der Meer"), the
// part before a comma ("Tanaka, Mei"), the first word in a script without capitals ("田中 恵"). Nothing for a single word.
std::optional<std::string> family_name_of(std::string_view full_name);

// A word that texts use without meaning a person, or too short to tell. `folded` as words.hpp folds.
bool doubtful_family_name(std::string_view folded);

// What stands in a text at a family name's words.
struct FamilyPlace {
    bool written_as_name = false;  // capital, nothing glued to it
    bool addressed = false;        // "Mr Miller", "Frau Koch", "田中さん"
};
FamilyPlace family_place(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace entente::policy
