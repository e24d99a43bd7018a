#pragma once
// Hints about slips of the finger.

#include <cstddef>
#include <string_view>

namespace entente::protocol {

// How many bytes must be put in, left out or changed to make one of the other (Levenshtein). Takes |a| times |b| steps: for short
// words.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace entente::protocol
