#include "protocol/reader.hpp"

#include <boost/json/value.hpp>
#include <charconv>

#include "protocol/encoding.hpp"

namespace entente::protocol {

namespace {

namespace json = boost::json;

bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view view_of(const json::string& text) {
    return {text.data(), text.size()};
}

// Decimal digits only: no sign, no blanks.
std::optional<std::int64_t> digits(std::string_view text) {
    std::int64_t number = 0;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string range(std::int64_t min, std::int64_t max) {
    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

bool plain_text(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    return true;
}

Reader::Reader(const ParsedJson& json)
    : object_(json.value().if_object()), violations_(std::make_shared<std::vector<Violation>>()) {
    if (!object_) violations_->push_back({"", "wrong_type", "the body must be a JSON object"});
}

void Reader::violate(std::string_view name, std::string code, std::string message) {
    violations_->push_back({pointer_ + '/' + std::string(name), std::move(code), std::move(message)});
}

bool Reader::has(std::string_view name) const {
    if (!object_) return false;
    const json::value* value = object_->if_contains(name);
    return value && !value->is_null();
}

const json::value* Reader::find(std::string_view name, Need need) {
    if (!object_) return nullptr;
    const json::value* value = object_->if_contains(name);
    if (value && !value->is_null()) return value;
    if (need != Need::optional) violate(name, "missing", "is missing");
    return nullptr;
}

bool Reader::acceptable(std::string_view name, std::string_view text, std::size_t chars_max, Need need) {
    if (need == Need::filled && blank(text)) {
        violate(name, "empty", "must not be empty");
        return false;
    }
    if (!plain_text(text)) {
        violate(name, "not_allowed", "contains control characters");
        return false;
    }
    if (utf8_length(text) > chars_max) {
        violate(name, "too_long", "has more than " + std::to_string(chars_max) + " characters");
        return false;
    }
    return true;
}

std::optional<std::string> Reader::maybe_text(std::string_view name, std::size_t chars_max) {
    if (!has(name)) return std::nullopt;
    return text(name, chars_max, Need::optional);
}

std::string Reader::text(std::string_view name, std::size_t chars_max, Need need) {
    const json::value* value = find(name, need);
    if (!value) return {};
    const json::string* held = value->if_string();
    if (!held) {
        violate(name, "wrong_type", "must be a text");
        return {};
    }
    if (!acceptable(name, view_of(*held), chars_max, need)) return {};
    return std::string(view_of(*held));
}

std::string Reader::secret(std::string_view name, std::size_t chars_max) {
    const json::value* value = find(name, Need::filled);
    if (!value) return {};
    const json::string* held = value->if_string();
    if (!held) {
        violate(name, "wrong_type", "must be a text");
        return {};
    }
    const std::string_view found = view_of(*held);
    if (found.empty()) violate(name, "empty", "must not be empty");
    if (utf8_length(found) > chars_max) violate(name, "too_long", "has more than " + std::to_string(chars_max) + " characters");
    return std::string(found);
}

std::optional<std::int64_t> Reader::integer(std::string_view name, std::int64_t min, std::int64_t max, Need need, NumberForm form) {
    const json::value* value = find(name, need);
    if (!value) return std::nullopt;
    std::optional<std::int64_t> number;
    if (const std::int64_t* held = value->if_int64()) number = *held;
    if (const json::string* held = value->if_string(); held && form == NumberForm::or_text) {
        if (held->empty() && need == Need::optional) return std::nullopt;
        number = digits(view_of(*held));
    }
    if (!number) {
        violate(name, "wrong_type", range(min, max));
        return std::nullopt;
    }
    if (*number < min || *number > max) {
        violate(name, "out_of_range", range(min, max));
        return std::nullopt;
    }
    return number;
}

std::optional<bool> Reader::boolean(std::string_view name, Need need) {
    const json::value* value = find(name, need);
    if (!value) return std::nullopt;
    if (const bool* held = value->if_bool()) return *held;
    violate(name, "wrong_type", "must be true or false");
    return std::nullopt;
}

std::optional<Instant> Reader::instant(std::string_view name, Need need) {
    const json::value* value = find(name, need);
    if (!value) return std::nullopt;
    const json::string* held = value->if_string();
    if (held && held->empty() && need == Need::optional) return std::nullopt;
    const auto parsed = held ? parse_rfc3339(view_of(*held)) : std::nullopt;
    if (!parsed) violate(name, "wrong_type", "must be a time such as 2030-05-04T09:30:00Z");
    return parsed;
}

std::optional<std::string> Reader::token(std::string_view name, Need need) {
    const json::value* value = find(name, need);
    if (!value) return std::nullopt;
    const json::string* held = value->if_string();
    if (!held) {
        violate(name, "wrong_type", "must be a text");
        return std::nullopt;
    }
    if (!held->empty()) return std::string(view_of(*held));
    if (need == Need::filled) violate(name, "empty", "must not be empty");
    return std::nullopt;
}

std::optional<Reader> Reader::object(std::string_view name, Need need) {
    const json::value* value = find(name, need);
    if (!value) return std::nullopt;
    if (const json::object* held = value->if_object()) return Reader(held, pointer_ + '/' + std::string(name), violations_);
    violate(name, "wrong_type", "must be an object");
    return std::nullopt;
}

const json::array* Reader::find_array(std::string_view name, std::size_t count_max, Need need) {
    const json::value* value = find(name, need);
    if (!value) return nullptr;
    const json::array* held = value->if_array();
    if (!held) {
        violate(name, "wrong_type", "must be an array");
        return nullptr;
    }
    if (held->size() > count_max) {
        violate(name, "too_many", "has more than " + std::to_string(count_max) + " elements");
        return nullptr;
    }
    if (held->empty() && need == Need::filled) violate(name, "empty", "must not be empty");
    return held;
}

std::vector<Reader> Reader::objects(std::string_view name, std::size_t count_max, Need need) {
    std::vector<Reader> readers;
    const json::array* held = find_array(name, count_max, need);
    if (!held) return readers;
    readers.reserve(held->size());
    for (std::size_t i = 0; i < held->size(); ++i) {
        const std::string step = std::string(name) + '/' + std::to_string(i);
        if (const json::object* element = (*held)[i].if_object()) {
            readers.push_back(Reader(element, pointer_ + '/' + step, violations_));
        } else {
            violate(step, "wrong_type", "must be an object");
        }
    }
    return readers;
}

std::vector<std::string> Reader::texts(std::string_view name, std::size_t count_max, std::size_t chars_max, Need need) {
    std::vector<std::string> found;
    const json::array* held = find_array(name, count_max, need);
    if (!held) return found;
    found.reserve(held->size());
    for (std::size_t i = 0; i < held->size(); ++i) {
        const std::string step = std::string(name) + '/' + std::to_string(i);
        const json::string* element = (*held)[i].if_string();
        if (!element) {
            violate(step, "wrong_type", "must be a text");
        } else if (acceptable(step, view_of(*element), chars_max, Need::filled)) {
            found.emplace_back(view_of(*element));
        }
    }
    return found;
}

std::vector<std::int64_t> Reader::integers(std::string_view name, std::size_t count_max, std::int64_t min, std::int64_t max,
                                           Need need) {
    std::vector<std::int64_t> found;
    const json::array* held = find_array(name, count_max, need);
    if (!held) return found;
    for (std::size_t i = 0; i < held->size(); ++i) {
        const std::int64_t* element = (*held)[i].if_int64();
        if (element && *element >= min && *element <= max) {
            found.push_back(*element);
        } else {
            violate(std::string(name) + '/' + std::to_string(i), element ? "out_of_range" : "wrong_type", range(min, max));
        }
    }
    return found;
}

Result<void> Reader::done() const {
    if (violations_->empty()) return {};
    return std::unexpected(invalid_members(*violations_));
}

std::string field_name(std::string_view pointer) {
    std::string name;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);  // the slash
        const std::string_view step = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(step.size());
        const bool index = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
        if (index) {
            name += '[';
            name += step;
            name += ']';
        } else {
            if (!name.empty()) name += '.';
            name += step;
        }
    }
    return name;
}

Error invalid_members(std::vector<Violation> violations) {
    constexpr std::size_t named_max = 3;
    std::string message;
    for (std::size_t i = 0; i < violations.size() && i < named_max; ++i) {
        if (i > 0) message += "; ";
        const std::string field = field_name(violations[i].pointer);
        message += field.empty() ? violations[i].message : field + ' ' + violations[i].message;
    }
    if (violations.size() > named_max) message += "; and " + std::to_string(violations.size() - named_max) + " more";
    return {
        .kind = ErrorKind::invalid, .code = "invalid_members", .message = std::move(message), .violations = std::move(violations)};
}

}  // namespace entente::protocol
