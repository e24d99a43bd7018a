#pragma once
// Reads parameters of a query string by name and collects every violation; the pointer of a parameter is / and its name. The first
// of several with one name counts; an empty value counts as missing.

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/connect/query.hpp"
#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "protocol/name_table.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol::connect {

class QueryReader {
  public:
    explicit QueryReader(std::span<const QueryItem> items) : items_(items) {}

    std::optional<std::string_view> find(std::string_view name) const {
        for (const QueryItem& item : items_)
            if (item.name == name) return item.value.empty() ? std::nullopt : std::optional<std::string_view>(item.value);
        return std::nullopt;
    }
    void violate(std::string_view name, std::string code, std::string message) {
        violations_.push_back({'/' + std::string(name), std::move(code), std::move(message)});
    }

    std::optional<std::string> text(std::string_view name, std::size_t chars_max) {
        const auto value = find(name);
        if (!value) return std::nullopt;
        if (utf8_length(*value) <= chars_max) return std::string(*value);
        violate(name, "too_long", "has more than " + std::to_string(chars_max) + " characters");
        return std::nullopt;
    }

    bool boolean(std::string_view name) {
        const auto value = find(name);
        if (!value || same_letters(*value, "false")) return false;
        if (same_letters(*value, "true")) return true;
        violate(name, "wrong_type", "must be true or false");
        return false;
    }

    std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min = 0, std::int64_t max = id_max) {
        const auto value = find(name);
        if (!value) return fallback;
        std::int64_t number = 0;
        const auto [end, ec] = std::from_chars(value->data(), value->data() + value->size(), number);
        if (ec == std::errc{} && end == value->data() + value->size() && number >= min && number <= max) return number;
        violate(name, "wrong_type", "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return fallback;
    }

    std::optional<Instant> instant(std::string_view name) {
        const auto value = find(name);
        if (!value) return std::nullopt;
        auto parsed = parse_rfc3339(*value);
        // An offset such as +02:00 that was not percent-encoded arrives with a blank.
        if (const std::size_t blank = value->rfind(' '); !parsed && blank != std::string_view::npos) {
            std::string mended(*value);
            mended[blank] = '+';
            parsed = parse_rfc3339(mended);
        }
        if (!parsed) violate(name, "wrong_type", "must be a time such as 2030-05-04T09:30:00Z");
        return parsed;
    }

    // One of an enumeration, spelled as `parse` wants it; `allowed` names the choices in the violation.
    template <class E>
    std::optional<E> choice(std::string_view name, std::optional<E> (*parse)(std::string_view), std::string_view allowed) {
        const auto value = find(name);
        if (!value) return std::nullopt;
        auto parsed = parse(*value);
        if (!parsed) violate(name, "not_allowed", "must be one of " + std::string(allowed));
        return parsed;
    }

    Result<void> done() {
        if (violations_.empty()) return {};
        return std::unexpected(invalid_members(std::move(violations_)));
    }

  private:
    std::span<const QueryItem> items_;
    std::vector<Violation> violations_;
};

}  // namespace entente::protocol::connect
