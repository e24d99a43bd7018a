#pragma once
// Text as words for comparing names: folded (Unicode NFKC, case fold, invisible characters gone), with their place in the text.
//
// Blanks, punctuation and trade-mark signs part words. A symbol is a word of its own, and so is each character of a script that is
// written without blanks (Han, Kana, Thai, ...), so that a name is found inside a sentence. Letters of different scripts that look
// alike stay different.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace entente::policy {

// The code point at `at`, which moves behind it; negative for broken UTF-8.
std::int32_t next_character(std::string_view text, std::size_t& at);

struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;  // exclusive; bytes of the text
    std::string folded;
};

// Broken UTF-8 parts words like a blank.
std::vector<Word> words_of(std::string_view text);

// Finds names as sequences of whole words.
class NameIndex {
  public:
    // A name shorter than three characters (two in scripts without blanks) is not looked for: it would be found everywhere.
    void add(std::string_view name, std::size_t number);
    bool empty() const { return names_.empty(); }

    struct Hit {
        std::size_t begin = 0;
        std::size_t end = 0;     // exclusive; bytes of the text
        std::size_t number = 0;  // as given to add
    };
    // Every occurrence of every name, by begin. Hits may overlap.
    std::vector<Hit> find(std::span<const Word> words) const;

  private:
    struct Name {
        std::vector<std::string> words;
        std::size_t number = 0;
    };
    std::vector<Name> names_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_first_word_;
};

}  // namespace entente::policy
