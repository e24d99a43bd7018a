#include "protocol/form_values.hpp"

#include <algorithm>

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

using Wrong = std::optional<std::string>;

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, digit);
}

Wrong wrong_integer(std::string_view value) {
    if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
    if (all_digits(value) && value.size() <= 18) return {};
    return "must be a whole number";
}

// Numbers as people write them: +1 (512) 555-0142 ext. 7.
Wrong wrong_phone(std::string_view value) {
    const auto fits = [](char c) {
        return digit(c) || std::string_view(" +-().,/#*:;=\t").contains(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
    };
    const auto digits = std::ranges::count_if(value, digit);
    const auto letters = std::ranges::count_if(value, [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; });
    if (std::ranges::all_of(value, fits) && digits >= 3 && digits <= 30 && letters <= 12) return {};
    return "must be a telephone number such as +1 512 555 0142";
}

Wrong wrong_mail(std::string_view value) {
    const std::size_t at = value.find('@');
    const std::string_view local = value.substr(0, at);
    const std::string_view domain = at == std::string_view::npos ? std::string_view() : value.substr(at + 1);
    const auto strange = [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || std::string_view("@,;:<>()[]\\\"").contains(c);
    };
    const bool whole = !local.empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    if (whole && std::ranges::none_of(local, strange) && std::ranges::none_of(domain, strange)) return {};
    return "must be one mail address such as ada@northwind.example";
}

// With a scheme, or as people type it: www.northwind.example/page.
Wrong wrong_url(std::string_view value) {
    constexpr std::string_view problem = "must be an address such as https://northwind.example/page";
    if (std::ranges::any_of(value,
                            [](char c) { return static_cast<unsigned char>(c) <= 0x20 || std::string_view("<>\"").contains(c); }))
        return std::string(problem);
    const std::size_t scheme = value.find("://");
    if (scheme != std::string_view::npos) {
        const auto known = {"http", "https", "ftp", "ftps", "sftp", "ssh"};
        if (std::ranges::none_of(known, [&](std::string_view name) { return same_letters(value.substr(0, scheme), name); }))
            return std::string(problem);
        value.remove_prefix(scheme + 3);
    }
    const std::string_view host = value.substr(0, value.find_first_of("/?#"));
    if (host.empty() || host.starts_with('.') || host.find("..") != std::string_view::npos) return std::string(problem);
    // Without a scheme only what looks like a host name with a domain: "javascript:..." is none.
    const bool named = host.contains('.') && !host.ends_with('.') && !host.contains(':') && !host.contains('@');
    if (scheme == std::string_view::npos && !named) return std::string(problem);
    return {};
}

template <class List, class Text>
std::string one_of(const List& list, Text text) {
    std::string all = "must be one of ";
    std::size_t named = 0;
    for (const auto& item : list) {
        if (named == 12) return all + ", ...";
        if (named++ > 0) all += ", ";
        all += text(item);
    }
    return all;
}

Wrong wrong_choice(const FormField& field, std::string_view value) {
    if (std::ranges::any_of(field.options, [&](const std::string& option) { return same_letters(trimmed(option), value); }))
        return {};
    return one_of(field.options, [](const std::string& option) { return option; });
}

// Labels may hold blanks and even separators themselves, so the path is walked down the tree and not cut at the separators.
bool on_path(const std::vector<Selection>& level, std::string_view path) {
    for (const Selection& selection : level) {
        const std::string_view label = trimmed(selection.value);
        if (label.empty() || path.size() < label.size() || !same_letters(path.substr(0, label.size()), label)) continue;
        std::string_view rest = trimmed(path.substr(label.size()));
        if (rest.empty()) return true;
        if (rest.front() != ':' && rest.front() != '>') continue;
        rest = trimmed(rest.substr(1));
        if (rest.empty() || on_path(selection.children, rest)) return true;
    }
    return false;
}

Wrong wrong_path(const FormField& field, std::string_view value) {
    if (on_path(field.selections, value)) return {};
    return one_of(field.selections, [](const Selection& selection) { return selection.value; }) +
           ", then down its branches joined by a colon";
}

Wrong wrong_line(std::string_view value) {
    if (value.find_first_of("\r\n") == std::string_view::npos) return {};
    return "must be one line";
}

Wrong wrong_of_type(const FormField& field, std::string_view value) {
    switch (field.type) {
        case FieldType::text:
        case FieldType::hidden:
            return {};
        case FieldType::select:
            return wrong_choice(field, value);
        case FieldType::tierselect:
            return wrong_path(field, value);
        case FieldType::email:
            return wrong_mail(value);
        case FieldType::phone:
            return wrong_phone(value);
        case FieldType::integer:
            return wrong_integer(value);
        case FieldType::url:
            return wrong_url(value);
        case FieldType::string:
            break;
    }
    return wrong_line(value);
}

}  // namespace

std::optional<std::string> wrong_value(const FormField& field, std::string_view value) {
    value = trimmed(value);
    if (value.empty()) return {};
    if (field.validation_rules.contains("not_numeric") && all_digits(value)) return "must not be a number alone";
    return wrong_of_type(field, value);
}

}  // namespace entente::protocol
