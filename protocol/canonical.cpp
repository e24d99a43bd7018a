#include "protocol/canonical.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"

namespace entente::protocol {

namespace {

bool canonical_key(std::string_view key) {
    if (key.empty() || key.size() > 64 || key.front() < 'a' || key.front() > 'z') return false;
    return std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string json_text(std::string_view text) {
    if (!valid_utf8(text)) throw Fault("a text for the audit log is not UTF-8");
    std::string json;
    json.reserve(text.size() + 2);
    append_json_string(json, text);
    return json;
}

std::string json_number(std::int64_t number) {
    if (number > canonical_integer_max || number < -canonical_integer_max)
        throw Fault("an integer for the audit log is out of range");
    return std::to_string(number);
}

std::string_view json_truth(bool truth) {
    return truth ? "true" : "false";
}

int depth_of(const CanonicalValue& value) {
    int below = 0;
    if (const auto* array = value.array())
        for (const CanonicalValue& element : *array) below = std::max(below, depth_of(element));
    if (const auto* members = value.members())
        for (const auto& member : *members) below = std::max(below, depth_of(member.value));
    return value.array() || value.members() ? below + 1 : 0;
}

}  // namespace

CanonicalObject& CanonicalObject::put(std::string_view key, std::string json, int depth) {
    ENTENTE_ASSERT(canonical_key(key));
    depth_ = std::max(depth_, depth + 1);
    ENTENTE_ASSERT(depth_ <= canonical_depth_max);
    const auto place =
        std::ranges::lower_bound(members_, key, {}, [](const auto& member) -> std::string_view { return member.first; });
    ENTENTE_ASSERT(place == members_.end() || place->first != key);
    members_.emplace(place, std::string(key), std::move(json));
    return *this;
}

CanonicalObject& CanonicalObject::set(std::string_view key, std::string_view text) {
    return put(key, json_text(text), 0);
}
CanonicalObject& CanonicalObject::set(std::string_view key, std::int64_t number) {
    return put(key, json_number(number), 0);
}
CanonicalObject& CanonicalObject::set(std::string_view key, bool truth) {
    return put(key, std::string(json_truth(truth)), 0);
}
CanonicalObject& CanonicalObject::set(std::string_view key, const CanonicalObject& object) {
    return put(key, object.text(), object.depth_);
}
CanonicalObject& CanonicalObject::set(std::string_view key, const CanonicalArray& array) {
    return put(key, array.text(), array.depth_);
}

CanonicalObject& CanonicalObject::set(std::string_view key, std::span<const std::string> texts) {
    CanonicalArray array;
    for (const std::string& text : texts) array.add(text);
    return set(key, array);
}

CanonicalObject& CanonicalObject::set(std::string_view key, std::span<const std::int64_t> numbers) {
    CanonicalArray array;
    for (const std::int64_t number : numbers) array.add(number);
    return set(key, array);
}

CanonicalObject& CanonicalObject::set_canonical(std::string_view key, std::string_view object) {
    const auto parsed = parse_canonical(object);
    if (!parsed) throw Fault("a nested object for the audit log is not canonical");
    return put(key, std::string(object), depth_of(*parsed));
}

bool CanonicalObject::has(std::string_view key) const {
    return std::ranges::any_of(members_, [&](const auto& member) { return member.first == key; });
}

std::string CanonicalObject::text() const {
    std::size_t size = 2;
    for (const auto& [key, json] : members_) size += key.size() + json.size() + 4;
    std::string out;
    out.reserve(size);
    out += '{';
    for (const auto& [key, json] : members_) {
        if (out.size() > 1) out += ',';
        out += '"';
        out += key;
        out += "\":";
        out += json;
    }
    out += '}';
    return out;
}

CanonicalArray& CanonicalArray::put(std::string_view json, int depth) {
    depth_ = std::max(depth_, depth + 1);
    ENTENTE_ASSERT(depth_ <= canonical_depth_max);
    if (!json_.empty()) json_ += ',';
    json_ += json;
    return *this;
}

CanonicalArray& CanonicalArray::add(std::string_view text) {
    return put(json_text(text), 0);
}
CanonicalArray& CanonicalArray::add(std::int64_t number) {
    return put(json_number(number), 0);
}
CanonicalArray& CanonicalArray::add(bool truth) {
    return put(json_truth(truth), 0);
}
CanonicalArray& CanonicalArray::add(const CanonicalObject& object) {
    return put(object.text(), object.depth_);
}
CanonicalArray& CanonicalArray::add(const CanonicalArray& array) {
    return put(array.text(), array.depth_);
}

bool CanonicalValue::operator==(const CanonicalValue& other) const {
    return type_ == other.type_ && boolean_ == other.boolean_ && integer_ == other.integer_ && text_ == other.text_ &&
           array_ == other.array_ && members_ == other.members_;
}

const CanonicalValue* CanonicalValue::find(std::string_view key) const {
    const Members* held_members = members();
    if (!held_members) return nullptr;
    const auto place =
        std::ranges::lower_bound(*held_members, key, {}, [](const auto& member) -> std::string_view { return member.key; });
    return place != held_members->end() && place->key == key ? &place->value : nullptr;
}

namespace {

// A recursive descent over exactly the canonical spelling; any deviation ends it with a sentence.
class Parser {
  public:
    explicit Parser(std::string_view bytes) : bytes_(bytes) {}

    Result<CanonicalValue> document() {
        if (!valid_utf8(bytes_)) return fail(ErrorKind::malformed, "not_canonical", "not valid UTF-8");
        CanonicalValue value;
        if (bytes_.empty() || bytes_.front() != '{') {
            complain("an object is expected");
        } else if (parse(value, 0) && at_ != bytes_.size()) {
            complain("something follows the object");
        }
        if (why_.empty()) return value;
        return fail(ErrorKind::malformed, "not_canonical",
                    "not canonical at byte " + std::to_string(at_ + 1) + ": " + std::string(why_));
    }

  private:
    bool complain(std::string_view why) {
        if (why_.empty()) why_ = why;
        return false;
    }
    char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }
    bool take(char wanted) {
        if (at_ >= bytes_.size() || bytes_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view word) {
        if (!bytes_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool parse(CanonicalValue& value, int depth) {
        switch (peek()) {
            case '{':
                return object(value, depth + 1);
            case '[':
                return array(value, depth + 1);
            case '"':
                return text(value.make_text());
            case 't':
                value.make_boolean() = true;
                return take("true") || complain("unexpected word");
            case 'f':
                value.make_boolean() = false;
                return take("false") || complain("unexpected word");
            default:
                return integer(value.make_integer());
        }
    }

    bool object(CanonicalValue& value, int depth) {
        if (depth > canonical_depth_max) return complain("nested too deeply");
        auto& members = value.make_object();
        take('{');
        if (take('}')) return true;
        do {
            std::string key;
            if (!text(key)) return false;
            if (!canonical_key(key)) return complain("a key that is not allowed");
            if (!members.empty() && members.back().key >= key) return complain("keys are not sorted or not unique");
            if (!take(':')) return complain("a colon is expected");
            members.emplace_back(std::move(key), CanonicalValue{});
            if (!parse(members.back().value, depth)) return false;
        } while (take(','));
        return take('}') || complain("a closing brace is expected");
    }

    bool array(CanonicalValue& value, int depth) {
        if (depth > canonical_depth_max) return complain("nested too deeply");
        auto& elements = value.make_array();
        take('[');
        if (take(']')) return true;
        do {
            if (!parse(elements.emplace_back(), depth)) return false;
        } while (take(','));
        return take(']') || complain("a closing bracket is expected");
    }

    bool text(std::string& out) {
        if (!take('"')) return complain("a text is expected");
        while (true) {
            if (at_ >= bytes_.size()) return complain("a text without end");
            const char c = bytes_[at_++];
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < 0x20) return complain("a bare control character");
            if (c != '\\') {
                out += c;
            } else if (!escape(out)) {
                return complain("an escape that is not canonical");
            }
        }
    }

    bool escape(std::string& out) {
        if (at_ >= bytes_.size()) return false;
        switch (bytes_[at_++]) {
            case '"':
                out += '"';
                return true;
            case '\\':
                out += '\\';
                return true;
            case 'b':
                out += '\b';
                return true;
            case 'f':
                out += '\f';
                return true;
            case 'n':
                out += '\n';
                return true;
            case 'r':
                out += '\r';
                return true;
            case 't':
                out += '\t';
                return true;
            case 'u':
                return control(out);
            default:
                return false;
        }
    }

    // Only control characters without a short form are escaped by number, in lower case.
    bool control(std::string& out) {
        if (!take("00")) return false;
        constexpr std::string_view hex_digits = "0123456789abcdef";
        const std::size_t high = hex_digits.substr(0, 2).find(peek());
        if (high == std::string_view::npos || at_ + 1 >= bytes_.size()) return false;
        const std::size_t low = hex_digits.find(bytes_[at_ + 1]);
        if (low == std::string_view::npos) return false;
        const char c = static_cast<char>(high * 16 + low);
        if (std::string_view("\b\f\n\r\t").contains(c)) return false;
        at_ += 2;
        out += c;
        return true;
    }

    bool integer(std::int64_t& number) {
        const std::size_t begin = at_;
        take('-');
        const std::size_t first = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        const std::string_view digits = bytes_.substr(first, at_ - first);
        if (digits.empty()) return complain("a value is expected");
        if (digits.size() > 16) return complain("an integer out of range");
        if (digits.front() == '0' && (digits.size() > 1 || first != begin))
            return complain("an integer with a needless zero or sign");
        std::from_chars(bytes_.data() + begin, bytes_.data() + at_, number);
        if (number > canonical_integer_max || number < -canonical_integer_max) return complain("an integer out of range");
        return true;
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::string_view why_;
};

void write(std::string& out, const CanonicalValue& value);

void write_array(std::string& out, const CanonicalValue::Array& array) {
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) out += ',';
        write(out, array[i]);
    }
    out += ']';
}

void write_members(std::string& out, const CanonicalValue::Members& members) {
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, members[i].key);
        out += ':';
        write(out, members[i].value);
    }
    out += '}';
}

void write(std::string& out, const CanonicalValue& value) {
    if (const std::string* text = value.text()) append_json_string(out, *text);
    if (const std::int64_t* number = value.integer()) out += std::to_string(*number);
    if (const bool* truth = value.boolean()) out += json_truth(*truth);
    if (const auto* array = value.array()) write_array(out, *array);
    if (const auto* members = value.members()) write_members(out, *members);
}

}  // namespace

Result<CanonicalValue> parse_canonical(std::string_view bytes) {
    return Parser(bytes).document();
}

Result<void> check_canonical(std::string_view bytes) {
    auto parsed = parse_canonical(bytes);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    return {};
}

std::string write_canonical(const CanonicalValue& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace entente::protocol
