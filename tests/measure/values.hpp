#pragma once
// Made-up values for the corpus: tokens in the forms that their issuers use, numbers with right check digits, addresses, names.

#include <cstdint>
#include <string>
#include <string_view>

namespace entente::corpus {

// SplitMix64: the same numbers on every platform, which std::uniform_int_distribution does not promise.
class Chance {
  public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    std::string from(std::string_view alphabet, std::size_t length);
    std::string digits(std::size_t length) { return from("0123456789", length); }
    template <class List>
    auto one_of(const List& list) {
        return list[below(list.size())];
    }

  private:
    std::uint64_t state_;
};

struct Value {
    std::string text;
    std::string code;  // of the detectors; empty for what nobody needs to hide
    bool formatted = false;
};

// A value by the name that templates use; an unknown name ends the program with a word about it.
Value make_value(const std::string& name, Chance& chance);

}  // namespace entente::corpus
