#include "policy/people.hpp"

#include <unicode/uchar.h>

#include <string>

#include "policy/words.hpp"

namespace entente::policy {

namespace {

constexpr int words_max = 4;

struct NameWord {
    std::size_t end = 0;
    bool good = false;
    bool capitals = false;  // more than one letter, all of them capital
};

bool mark(UChar32 c) {
    return c == '-' || c == '\'' || c == 0x2019 || u_charType(c) == U_NON_SPACING_MARK;
}

// One word of a name: a capital, then letters; or an initial with its dot. Small particles (van, de, von) are the caller's.
NameWord name_word(std::string_view text, std::size_t begin) {
    NameWord word{.end = begin};
    std::size_t at = begin;
    if (at >= text.size()) return word;
    const UChar32 first = next_character(text, at);
    if (first < 0 || (u_isupper(first) == 0 && u_istitle(first) == 0)) return word;
    word.end = at;
    int letters = 1;
    int capitals = 1;
    std::string lower(1, static_cast<char>(first < 0x80 ? u_tolower(first) : '?'));
    while (at < text.size()) {
        const UChar32 c = next_character(text, at);
        if (c < 0 || (u_isalpha(c) == 0 && !mark(c))) break;
        if (u_isalpha(c) != 0) {
            ++letters;
            capitals += u_isupper(c) != 0 ? 1 : 0;
        }
        lower += static_cast<char>(c < 0x80 ? u_tolower(c) : '?');
        word.end = at;
    }
    while (word.end > begin && (text[word.end - 1] == '-' || text[word.end - 1] == '\'')) --word.end;
    const char after = word.end < text.size() ? text[word.end] : ' ';
    if (letters == 1) {
        word.good = after == '.';
        word.end += word.good ? 1U : 0U;
        return word;
    }
    const bool glued = (after >= '0' && after <= '9') || after == '_' || after == '/' || after == '\\' || after == '(' ||
                       after == '@' || after == '=';
    word.capitals = capitals == letters;
    word.good = !glued && !organisation_word(lower);
    return word;
}

bool particle(std::string_view text, std::size_t begin, std::size_t& end) {
    for (const std::string_view word :
         {"von der ", "van der ", "van den ", "de la ", "von ", "van ", "de ", "da ", "del ", "di ", "zu ", "bin ", "al "}) {
        if (!text.substr(begin).starts_with(word)) continue;
        end = begin + word.size();
        return true;
    }
    return false;
}

struct Name {
    Span span;
    int words = 0;
    bool capitals = true;
    bool organisation = false;  // a word of an organisation ended it
};

// "Dr. ", "Prof. ": part of how a person is addressed, not of the name.
std::size_t behind_titles(std::string_view text, std::size_t at) {
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view title :
             {"Dr. ", "Prof. ", "Mr. ", "Mrs. ", "Ms. ", "Mr ", "Mrs ", "Ms ", "Dipl.-Ing. ", "Herr ", "Frau "}) {
            if (!text.substr(at).starts_with(title)) continue;
            at += title.size();
            again = true;
        }
    }
    return at;
}

Name read_name(std::string_view text, std::size_t begin) {
    begin = behind_titles(text, begin);
    Name name{.span = {begin, begin}};
    std::size_t at = begin;
    while (name.words < words_max) {
        std::size_t word_begin = at;
        if (name.words > 0) particle(text, at, word_begin);
        const NameWord word = name_word(text, word_begin);
        if (!word.good) {
            name.organisation = word.end > word_begin;
            break;
        }
        name.span.end = word.end;
        name.capitals = name.capitals && word.capitals;
        ++name.words;
        // "Berg, Anna" counts as one name.
        at = word.end;
        if (name.words == 1 && text.substr(at).starts_with(", ") && name_word(text, at + 2).good) ++at;
        if (at >= text.size() || text[at] != ' ') break;
        ++at;
    }
    return name;
}

bool rest_of_line_empty(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) ++at;
    return at >= text.size() || text[at] == '\n';
}

bool address_follows(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '"' || text[at] == '\'')) ++at;
    return at < text.size() && (text[at] == '<' || placeholder_length(text, at) != 0);
}

// These labels speak of persons only; after the others a single word may be a product.
bool label_of_person(std::string_view label) {
    std::string lower;
    for (const char c : label) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const std::string_view word : {"name", "contact", "kontakt", "ansprech", "attn", "caller", "mr", "ms", "dr.", "herr",
                                        "frau", "mme", "monsieur", "madame", "se\xc3\xb1or", "prof"}) {
        if (lower.find(word) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

std::optional<Span> confirm_person(Check check, std::string_view text, Span match) {
    const Name name = read_name(text, match.end);
    if (name.words == 0 || name.organisation) return std::nullopt;
    if (name.words == 1 && name.capitals) return std::nullopt;  // DBA, NOC
    switch (check) {
        case Check::person_label:
            if (name.words == 1 && !label_of_person(text.substr(match.begin, match.end - match.begin))) return std::nullopt;
            return name.span;
        case Check::person_full:
            return name.words >= 2 ? std::optional(name.span) : std::nullopt;
        case Check::person_sender:
            return address_follows(text, name.span.end) ? std::optional(name.span) : std::nullopt;
        case Check::person_signature: {
            const bool dashes = text.substr(match.begin, match.end - match.begin).find("--") != std::string_view::npos;
            const bool enough = name.words >= (dashes ? 2 : 1);
            return enough && rest_of_line_empty(text, name.span.end) ? std::optional(name.span) : std::nullopt;
        }
        case Check::person_greeting: {
            const char after = name.span.end < text.size() ? text[name.span.end] : '\n';
            const bool ends = after == ',' || after == '!' || after == ':' || rest_of_line_empty(text, name.span.end);
            return ends && name.words <= 3 ? std::optional(name.span) : std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

std::optional<Span> name_before_address(std::string_view text, std::size_t address) {
    std::size_t end = address;
    if (end == 0 || (text[end - 1] != '<' && text[end - 1] != '(')) return std::nullopt;
    const int words_min = text[end - 1] == '<' ? 1 : 2;
    --end;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '"' || text[end - 1] == '\'')) --end;
    std::size_t window = end;
    constexpr std::string_view stops = "\n\r:;<>()[]{}|=\"";
    while (window > 0 && end - window < 80 && stops.find(text[window - 1]) == std::string_view::npos) --window;
    for (std::size_t begin = window; begin < end; ++begin) {
        if (begin > window && text[begin - 1] != ' ' && text[begin - 1] != ',') continue;
        const Name name = read_name(text, begin);
        if (name.span.end == end && name.words >= words_min && !(name.words == 1 && name.capitals)) return name.span;
    }
    return std::nullopt;
}

}  // namespace entente::policy
