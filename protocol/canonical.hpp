#pragma once
// Canonical bytes of audit sections: the subset of JSON for which RFC 8785 (JCS) is trivial to get right (audit reference, section
// 5). Keys match [a-z][a-z0-9_]{0,63} and are sorted; values are texts, integers within 2^53-1, booleans, arrays, objects; no null,
// no blanks; depth at most 16. The producer writes the bytes once; a verifier hashes bytes as found and checks the form separately.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/result.hpp"

namespace entente::protocol {

inline constexpr std::int64_t canonical_integer_max = 9'007'199'254'740'991;
inline constexpr int canonical_depth_max = 16;

class CanonicalArray;

// Builds one object; members may be set in any order, each once (a wrong or repeated key is a bug and stops the program). A text
// that is not UTF-8 and an integer out of range throw Fault: such a value may come from outside, and nothing may be recorded then.
class CanonicalObject {
  public:
    CanonicalObject& set(std::string_view key, std::string_view text);
    CanonicalObject& set(std::string_view key, const std::string& text) { return set(key, std::string_view(text)); }
    CanonicalObject& set(std::string_view key, const char* text) { return set(key, std::string_view(text)); }
    CanonicalObject& set(std::string_view key, std::int64_t number);
    CanonicalObject& set(std::string_view key, int number) { return set(key, static_cast<std::int64_t>(number)); }
    CanonicalObject& set(std::string_view key, bool truth);
    CanonicalObject& set(std::string_view key, const CanonicalObject& object);
    CanonicalObject& set(std::string_view key, const CanonicalArray& array);
    CanonicalObject& set(std::string_view key, std::span<const std::string> texts);
    CanonicalObject& set(std::string_view key, const std::vector<std::string>& texts) {
        return set(key, std::span<const std::string>(texts));
    }
    CanonicalObject& set(std::string_view key, std::span<const std::int64_t> numbers);
    CanonicalObject& set(std::string_view key, const std::vector<std::int64_t>& numbers) {
        return set(key, std::span<const std::int64_t>(numbers));
    }
    // An object that is canonical text already, for example a record's decision; Fault when it is not.
    CanonicalObject& set_canonical(std::string_view key, std::string_view object);
    // Absent means absent: an empty text is left out.
    CanonicalObject& set_filled(std::string_view key, std::string_view text) { return text.empty() ? *this : set(key, text); }

    bool has(std::string_view key) const;
    bool empty() const { return members_.empty(); }
    std::string text() const;  // the canonical bytes

  private:
    friend class CanonicalArray;
    CanonicalObject& put(std::string_view key, std::string json, int depth);

    std::vector<std::pair<std::string, std::string>> members_;  // key, finished JSON
    int depth_ = 1;
};

class CanonicalArray {
  public:
    CanonicalArray& add(std::string_view text);
    CanonicalArray& add(const std::string& text) { return add(std::string_view(text)); }
    CanonicalArray& add(const char* text) { return add(std::string_view(text)); }
    CanonicalArray& add(std::int64_t number);
    CanonicalArray& add(int number) { return add(static_cast<std::int64_t>(number)); }
    CanonicalArray& add(bool truth);
    CanonicalArray& add(const CanonicalObject& object);
    CanonicalArray& add(const CanonicalArray& array);

    bool empty() const { return json_.empty(); }
    std::string text() const { return '[' + json_ + ']'; }

  private:
    friend class CanonicalObject;
    CanonicalArray& put(std::string_view json, int depth);

    std::string json_;
    int depth_ = 1;
};

// The parsed form, for replay and for showing an entry.
struct CanonicalMember;
class CanonicalValue {
  public:
    using Array = std::vector<CanonicalValue>;
    using Members = std::vector<CanonicalMember>;  // sorted by key

    // Each is nothing when the value is of another type.
    const std::string* text() const { return type_ == Type::text ? &text_ : nullptr; }
    const std::int64_t* integer() const { return type_ == Type::integer ? &integer_ : nullptr; }
    const bool* boolean() const { return type_ == Type::boolean ? &boolean_ : nullptr; }
    const Array* array() const { return type_ == Type::array ? &array_ : nullptr; }
    const Members* members() const { return type_ == Type::object ? &members_ : nullptr; }
    const CanonicalValue* find(std::string_view key) const;  // nothing when this is no object or has no such member
    bool operator==(const CanonicalValue& other) const;

    std::string& make_text() { return type_ = Type::text, text_; }
    std::int64_t& make_integer() { return type_ = Type::integer, integer_; }
    bool& make_boolean() { return type_ = Type::boolean, boolean_; }
    Array& make_array() { return type_ = Type::array, array_; }
    Members& make_object() { return type_ = Type::object, members_; }

  private:
    enum class Type : std::uint8_t { text, integer, boolean, array, object };
    Type type_ = Type::text;
    bool boolean_ = false;
    std::int64_t integer_ = 0;
    std::string text_;
    Array array_;
    Members members_;
};
struct CanonicalMember {
    std::string key;
    CanonicalValue value;
    bool operator==(const CanonicalMember& other) const = default;
};

// Accepts exactly the canonical spelling of one object; everything else is `malformed` (code not_canonical) with the position.
Result<CanonicalValue> parse_canonical(std::string_view bytes);
Result<void> check_canonical(std::string_view bytes);
// The same bytes back. `value` must have come from parse_canonical or obey its rules.
std::string write_canonical(const CanonicalValue& value);

}  // namespace entente::protocol
