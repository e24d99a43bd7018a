#include "policy/words.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

namespace {

enum class Kind { part, separator, single, mark };

bool without_blanks(UChar32 c) {
    if (c < 0x0e00) return false;
    if (c == 0x30fc || c == 0xff70) return true;  // the prolonged sound mark belongs to no single script
    UErrorCode error = U_ZERO_ERROR;
    switch (uscript_getScript(c, &error)) {
        case USCRIPT_HAN:
        case USCRIPT_HIRAGANA:
        case USCRIPT_KATAKANA:
        case USCRIPT_THAI:
        case USCRIPT_LAO:
        case USCRIPT_KHMER:
        case USCRIPT_MYANMAR:
            return true;
        default:
            return false;
    }
}

bool ascii_alnum(UChar32 c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

Kind kind_of(UChar32 c) {
    if (c < 0) return Kind::separator;  // broken UTF-8
    if (ascii_alnum(c)) return Kind::part;
    if (u_isUWhiteSpace(c) != 0 || u_ispunct(c) != 0) return Kind::separator;
    if (c == 0xae || c == 0xa9 || c == 0x2122 || c == 0x2120) return Kind::separator;  // ® © ™ ℠
    if (c == 0xff9e || c == 0xff9f) return Kind::mark;                                 // half-width voiced sound marks
    const auto category = u_charType(c);
    if (category == U_CONTROL_CHAR) return Kind::separator;
    if (category == U_NON_SPACING_MARK || category == U_COMBINING_SPACING_MARK || category == U_ENCLOSING_MARK ||
        category == U_FORMAT_CHAR) {
        return Kind::mark;
    }
    if (category == U_MATH_SYMBOL || category == U_CURRENCY_SYMBOL || category == U_MODIFIER_SYMBOL || category == U_OTHER_SYMBOL) {
        return Kind::single;
    }
    return without_blanks(c) ? Kind::single : Kind::part;
}

std::string fold(std::string_view piece) {
    std::string folded;
    if (std::ranges::all_of(piece, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        for (const char c : piece) folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return folded;
    }
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
    if (U_SUCCESS(error)) {
        icu::StringByteSink<std::string> sink(&folded);
        normalizer->normalizeUTF8(0, icu::StringPiece(piece.data(), static_cast<std::int32_t>(piece.size())), sink, nullptr, error);
    }
    if (U_FAILURE(error)) throw protocol::Fault("Unicode normalisation failed: is ICU's data installed?");
    return folded;
}

// Calls `piece(begin, end)` for each word.
template <class Piece>
void split(std::string_view text, Piece piece) {
    std::size_t begin = 0;
    bool open = false;
    bool single = false;  // the open word is one character of its own; only marks may follow
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t here = at;
        const Kind kind = kind_of(next_character(text, at));
        if (kind == Kind::mark && open) continue;
        if (kind == Kind::part && open && !single) continue;
        if (open) piece(begin, here);
        open = kind != Kind::separator;
        begin = here;
        single = kind == Kind::single;
    }
    if (open) piece(begin, text.size());
}

}  // namespace

std::int32_t next_character(std::string_view text, std::size_t& at) {
    const auto length = static_cast<std::int32_t>(text.size());
    auto position = static_cast<std::int32_t>(at);
    UChar32 c = 0;
    U8_NEXT(text.data(), position, length, c);  // NOLINT(bugprone-inc-dec-in-conditions): ICU's macro
    at = static_cast<std::size_t>(position);
    return c;
}

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> words;
    split(text, [&](std::size_t begin, std::size_t end) {
        // Folding may bring punctuation and blanks ("㈱" becomes "(株)"), so its result is split once more.
        const std::string folded = fold(text.substr(begin, end - begin));
        split(folded, [&](std::size_t from, std::size_t to) { words.push_back({begin, end, folded.substr(from, to - from)}); });
    });
    return words;
}

void NameIndex::add(std::string_view name, std::size_t number) {
    Name entry{.number = number};
    std::size_t characters = 0;
    bool dense = false;
    for (Word& word : words_of(name)) {
        characters += protocol::utf8_length(word.folded);
        dense = dense || static_cast<unsigned char>(word.folded.front()) >= 0xe0;
        entry.words.push_back(std::move(word.folded));
    }
    if (characters < (dense ? 2U : 3U)) return;
    by_first_word_[entry.words.front()].push_back(names_.size());
    names_.push_back(std::move(entry));
}

std::vector<NameIndex::Hit> NameIndex::find(std::span<const Word> words) const {
    std::vector<Hit> hits;
    if (names_.empty()) return hits;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto found = by_first_word_.find(words[i].folded);
        if (found == by_first_word_.end()) continue;
        for (const std::size_t which : found->second) {
            const Name& name = names_[which];
            if (name.words.size() > words.size() - i) continue;
            const bool same = std::equal(name.words.begin(), name.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                                         [](const std::string& a, const Word& b) { return a == b.folded; });
            if (same) hits.push_back({words[i].begin, words[i + name.words.size() - 1].end, name.number});
        }
    }
    return hits;
}

}  // namespace entente::policy
