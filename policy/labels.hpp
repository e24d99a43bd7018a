#pragma once
// Labels say how far an item may travel: the Traffic Light Protocol 2.0 (FIRST, August 2022) and a company's own classes, each of
// which stands for one of its levels.
//
// The label of an item is the highest of its parts: what was declared, what its texts say themselves ("TLP:AMBER"), and the label
// of the case. A link between two companies has a ceiling; what exceeds it is refused. Raising is anybody's, lowering takes a
// second person.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/result.hpp"

namespace entente::policy {

enum class Label : std::uint8_t { clear, green, amber, amber_strict, red };
// What crosses between two companies unless they say otherwise: AMBER+STRICT stays in its company, RED with the persons named.
inline constexpr Label default_ceiling = Label::amber;
std::string_view name(Label label);  // TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED
// Any letter case, with or without "TLP:"; WHITE, as version 1 called it, is CLEAR.
std::optional<Label> parse_label(std::string_view text);

// A company's own words: "confidential" stands for TLP:AMBER+STRICT.
struct OwnLabel {
    std::string word;
    Label level = Label::amber;
};

// The highest marking in a text, or nothing. TLP markings are looked for everywhere; an own word only where it marks the text: at
// the beginning of a line (behind "Classification:" or the like), alone on it or in square brackets.
std::optional<Label> marking_in(std::string_view text, std::span<const OwnLabel> own = {});

Label highest(std::span<const Label> parts, Label otherwise);

// May an item with this label cross a link with this ceiling? RED is for the persons named only and never crosses a link that does
// not say so.
bool within_ceiling(Label label, Label ceiling);

// Who asked for a change of label and who confirms it; names of principals, empty for nobody.
struct Relabel {
    Label from = Label::clear;
    Label to = Label::clear;
    std::string_view asked_by;
    std::string_view confirmed_by;
};
struct RelabelVerdict {
    bool takes_effect = false;
    std::string_view reason;  // label_raised, label_unchanged, label_lowered, label_second_person_needed
};
RelabelVerdict judge_relabel(const Relabel& change);

}  // namespace entente::policy
