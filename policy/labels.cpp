#include "policy/labels.hpp"

#include <algorithm>
#include <array>

#include "policy/ascii.hpp"

namespace entente::policy {

namespace {

constexpr std::array<std::string_view, 5> names{"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"};

char lower_of(char c) {
    return upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_folded(std::string_view text, std::size_t at, std::string_view word) {
    if (text.size() < at || text.size() - at < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (lower_of(text[at + i]) != lower_of(word[i])) return false;
    return true;
}

bool word_character(char c) {
    return letter(c) || digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// The level behind "TLP:" or "TLP-" or "TLP ", or nothing.
std::optional<Label> level_at(std::string_view text, std::size_t at) {
    constexpr std::array<std::pair<std::string_view, Label>, 9> words{{{"clear", Label::clear},
                                                                       {"white", Label::clear},
                                                                       {"green", Label::green},
                                                                       {"amber+strict", Label::amber_strict},
                                                                       {"amber-strict", Label::amber_strict},
                                                                       {"amber_strict", Label::amber_strict},
                                                                       {"amber strict", Label::amber_strict},
                                                                       {"amber", Label::amber},
                                                                       {"red", Label::red}}};
    for (const auto& [word, label] : words) {
        if (!starts_with_folded(text, at, word)) continue;
        if (!word_character(at_or(text, at + word.size(), ' '))) return label;
    }
    return std::nullopt;
}

std::optional<Label> tlp_at(std::string_view text, std::size_t at) {
    if (!starts_with_folded(text, at, "tlp") || (at > 0 && word_character(text[at - 1]))) return std::nullopt;
    at += 3;
    std::size_t skipped = 0;
    while (skipped < 3 && among(at_or(text, at, 'x'), ": -_")) ++at, ++skipped;
    return skipped == 0 ? std::nullopt : level_at(text, at);
}

void raise(std::optional<Label>& highest_so_far, std::optional<Label> label) {
    if (label && (!highest_so_far || *highest_so_far < *label)) highest_so_far = label;
}

// Is this line nothing but the marking: "CONFIDENTIAL", "[confidential]", "Classification: confidential", "*** confidential ***"?
bool marks_line(std::string_view line, std::string_view word) {
    const auto edge = [](char c) { return blank(c) || among(c, "*[]()#-=_:\r\"'"); };
    while (!line.empty() && edge(line.front())) line.remove_prefix(1);
    while (!line.empty() && edge(line.back())) line.remove_suffix(1);
    for (const std::string_view label :
         {"classification", "classified as", "class", "label", "sensitivity", "klassifizierung", "vertraulichkeit"}) {
        if (!starts_with_folded(line, 0, label) || word_character(at_or(line, label.size(), ' '))) continue;
        line.remove_prefix(label.size());
        while (!line.empty() && edge(line.front())) line.remove_prefix(1);
        break;
    }
    return line.size() == word.size() && starts_with_folded(line, 0, word);
}

}  // namespace

std::string_view name(Label label) {
    return names[static_cast<std::size_t>(label)];
}

std::optional<Label> parse_label(std::string_view text) {
    const std::size_t begin = starts_with_folded(text, 0, "tlp:") ? 4 : 0;
    const std::string_view level = text.substr(begin);
    const auto label = level_at(level, 0);
    // Exactly one of the words: "amber" is none of "amber alert".
    if (!label) return std::nullopt;
    const std::size_t exact = *label == Label::red ? 3 : *label == Label::amber_strict ? 12 : 5;
    return level.size() == exact ? label : std::nullopt;
}

std::optional<Label> marking_in(std::string_view text, std::span<const OwnLabel> own) {
    std::optional<Label> found;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] == 't' || text[at] == 'T') raise(found, tlp_at(text, at));
    for (std::size_t begin = 0; begin < text.size() && !own.empty();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        for (const OwnLabel& label : own)
            if (!label.word.empty() && marks_line(text.substr(begin, end - begin), label.word)) raise(found, label.level);
        begin = end + 1;
    }
    return found;
}

Label highest(std::span<const Label> parts, Label otherwise) {
    Label result = otherwise;
    for (const Label part : parts) result = std::max(result, part);
    return result;
}

bool within_ceiling(Label label, Label ceiling) {
    return label <= ceiling;
}

RelabelVerdict judge_relabel(const Relabel& change) {
    if (change.to == change.from) return {true, "label_unchanged"};
    if (change.to > change.from) return {true, "label_raised"};
    const bool second = !change.confirmed_by.empty() && !change.asked_by.empty() && change.confirmed_by != change.asked_by;
    return second ? RelabelVerdict{true, "label_lowered"} : RelabelVerdict{false, "label_second_person_needed"};
}

}  // namespace entente::policy
