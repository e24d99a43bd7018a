#pragma once
// Reading JSON that somebody else wrote: a strict parser, and a Reader that takes members out of an object and collects every
// violation with its JSON pointer (RFC 6901), so that a partner can mend all of them in one round.
//
// Rules that hold for every decoder: a member that is null counts as absent, unknown members are ignored, limits count characters
// (code points), and no message ever repeats what the body said. Texts refuse control characters except tab, line feed and
// carriage return. The size of the body is the rim's business.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

// A parsed document. Readers made from it refer to it and must not outlive it.
class ParsedJson {
  public:
    explicit ParsedJson(std::shared_ptr<const boost::json::value> value) : value_(std::move(value)) {}
    const boost::json::value& value() const { return *value_; }

  private:
    std::shared_ptr<const boost::json::value> value_;
};

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_members_max = 1'000;    // of one object
inline constexpr std::size_t json_elements_max = 10'000;  // of one array
inline constexpr std::size_t json_number_max = 64;        // characters of one number

// RFC 8259, strict: one value, valid UTF-8, no unpaired surrogates, no member twice, no number beyond 64 signed bits or the range
// of a double. Otherwise `malformed` (code malformed_json) with a sentence and the position.
Result<ParsedJson> parse_json(std::string_view body);

enum class Need : std::uint8_t {
    filled,   // must be there and not blank
    present,  // must be there, may be empty
    optional  // may be missing
};

class Reader {
  public:
    // The body as a whole; anything but an object is a violation at the root.
    explicit Reader(const ParsedJson& json);

    bool has(std::string_view name) const;  // there and not null

    std::string text(std::string_view name, std::size_t chars_max, Need need = Need::filled);  // "" when missing
    std::optional<std::string> maybe_text(std::string_view name, std::size_t chars_max);
    // Passwords and other secrets: any character is allowed. No shorter than one character.
    std::string secret(std::string_view name, std::size_t chars_max);

    // With `or_text` a string of decimal digits is accepted as well.
    enum class NumberForm : std::uint8_t { number, or_text };
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max, Need need = Need::filled,
                                        NumberForm form = NumberForm::number);
    std::optional<bool> boolean(std::string_view name, Need need = Need::optional);
    std::optional<Instant> instant(std::string_view name, Need need = Need::optional);

    // One of an enumeration; an empty optional member counts as missing. `allowed` names the choices in the violation.
    template <class E>
    std::optional<E> choice(std::string_view name, std::optional<E> (*parse)(std::string_view), std::string_view allowed,
                            Need need = Need::filled) {
        const auto word = token(name, need);
        if (!word) return std::nullopt;
        auto value = parse(*word);
        if (!value) violate(name, "not_allowed", "must be one of " + std::string(allowed));
        return value;
    }
    template <class E>
    std::vector<E> choices(std::string_view name, std::optional<E> (*parse)(std::string_view), std::string_view allowed,
                           Need need = Need::filled) {
        std::vector<E> values;
        const auto words = texts(name, 100, 100, need);
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (auto value = parse(words[i])) {
                values.push_back(*value);
            } else {
                violate(std::string(name) + '/' + std::to_string(i), "not_allowed", "must be one of " + std::string(allowed));
            }
        }
        return values;
    }

    std::optional<Reader> object(std::string_view name, Need need = Need::optional);
    std::vector<Reader> objects(std::string_view name, std::size_t count_max, Need need = Need::optional);  // an array of objects
    std::vector<std::string> texts(std::string_view name, std::size_t count_max, std::size_t chars_max, Need need = Need::optional);
    std::vector<std::int64_t> integers(std::string_view name, std::size_t count_max, std::int64_t min, std::int64_t max,
                                       Need need = Need::optional);

    // Adds a violation found by the caller. `name` may be several steps, already escaped: "tags/3".
    void violate(std::string_view name, std::string code, std::string message);
    bool clean() const { return violations_->empty(); }
    // Every violation found by this reader and those made from it: kind invalid, code invalid_members.
    Result<void> done() const;

  private:
    Reader(const boost::json::object* object, std::string pointer, std::shared_ptr<std::vector<Violation>> violations)
        : object_(object), pointer_(std::move(pointer)), violations_(std::move(violations)) {}
    const boost::json::value* find(std::string_view name, Need need);
    const boost::json::array* find_array(std::string_view name, std::size_t count_max, Need need);
    std::optional<std::string> token(std::string_view name, Need need);
    bool acceptable(std::string_view name, std::string_view text, std::size_t chars_max, Need need);

    const boost::json::object* object_;  // nothing when the body was no object
    std::string pointer_;
    std::shared_ptr<std::vector<Violation>> violations_;  // shared with the readers of nested objects
};

// An error of kind invalid that carries these violations; the message counts and names the first of them.
Error invalid_members(std::vector<Violation> violations);

// "/customFields/3/value" -> "customFields[3].value", as validationErrors name their fields.
std::string field_name(std::string_view pointer);

// Nothing but printable characters, tab, line feed and carriage return.
bool plain_text(std::string_view text);

}  // namespace entente::protocol
