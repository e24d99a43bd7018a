#include "policy/likeness.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "policy/ascii.hpp"
#include "policy/rules/default_rules.hpp"
#include "protocol/encoding.hpp"

namespace entente::policy {

namespace {

constexpr std::size_t credential_bytes_max = 4096;

bool hex_digit(char c) {
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (blank(text.front()) || line_end(text.front()))) text.remove_prefix(1);
    while (!text.empty() && (blank(text.back()) || line_end(text.back()))) text.remove_suffix(1);
    return text;
}

bool variable(std::string_view value) {
    if (value.starts_with("${") || value.starts_with("$(") || value.starts_with("{{") || value.starts_with("%(") ||
        value.starts_with("<%")) {
        return value.find_first_of("})>", 2) != std::string_view::npos && value.size() < 200 && among(value.back(), "})>s");
    }
    if (value.size() > 2 && value.front() == '%' && value.back() == '%') return true;
    if (value.size() > 1 && value.front() == '$') {
        return std::ranges::all_of(value.substr(1), [](char c) { return upper(c) || digit(c) || c == '_'; });
    }
    if (value.size() > 2 && value.front() == '<' && value.back() == '>') {
        const auto inner = value.substr(1, value.size() - 2);
        return std::ranges::all_of(inner, [](char c) { return letter(c) || c == ' ' || c == '_' || c == '-'; });
    }
    return value == "%s" || value == "?" || value == "{}";
}

// Token{a64f992, com.apple.xpc.activity/4505, db01.corp.example: how programs name things.
bool like_identifier(std::string_view value) {
    std::size_t at = 0;
    while (at < value.size() && letter(value[at])) ++at;
    if (at > 0 && at < value.size() && (value[at] == '{' || value[at] == '(')) return true;
    const std::size_t object = value.find('@');  // android.os.BinderProxy@2bd79ce
    if (object != std::string_view::npos && value.substr(0, object).find('.') != std::string_view::npos &&
        object + 1 < value.size() &&
        std::ranges::all_of(value.substr(object + 1), [](char c) { return digit(c) || (c >= 'a' && c <= 'f'); })) {
        return true;
    }
    const std::string_view first = value.substr(0, value.find('/'));
    const auto dots = std::ranges::count(first, '.');
    return dots >= 2 && std::ranges::all_of(first, [](char c) { return lower(c) || digit(c) || c == '.' || c == '-' || c == '_'; });
}

bool all_same(std::string_view value) {
    if (value.empty()) return true;
    // Stars and dots in place of the characters; a bullet has three bytes.
    return std::ranges::all_of(value, [](char c) { return among(c, "*.xX#-_ \xe2\x80\xa2\x97\x8f\xcf"); });
}

// sha256, scram-sha-256, oauth2: names of methods, not of anybody's secret.
bool like_method(std::string_view value) {
    std::string lower_case(value);
    for (char& c : lower_case) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    for (const std::string_view method :
         {"sha",  "scram", "md5",   "bcrypt",  "argon", "pbkdf", "oauth", "aes",  "rsa",   "base64", "tls",     "krb5",
          "saml", "hmac",  "ecdsa", "ed25519", "pkcs",  "x509",  "ipv",   "http", "win32", "win64",  "windows", "utf"}) {
        if (!lower_case.starts_with(method)) continue;
        return std::ranges::all_of(lower_case, [](char c) { return lower(c) || digit(c) || c == '-' || c == '_'; }) &&
               lower_case.size() < 16;
    }
    return false;
}

bool like_number_or_date(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return digit(c) || among(c, ".:,-+/TZ %_"); });
}

bool like_address(std::string_view value) {
    return value.find("://") != std::string_view::npos;
}

bool hexadecimal_number(std::string_view value) {
    if (!value.starts_with("0x") && !value.starts_with("0X")) return false;
    return std::ranges::all_of(value.substr(2), hex_digit);
}

// "10ms", "5.2GB", "v1.2.3", "30min": a number with a short unit or a letter before it.
bool like_quantity(std::string_view value) {
    if (value.size() > 1 && (value.front() == 'v' || value.front() == 'V') && digit(value[1])) value.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < value.size() && (digit(value[digits]) || value[digits] == '.' || value[digits] == ',')) ++digits;
    return digits > 0 && value.size() - digits <= 3 &&
           std::ranges::all_of(value.substr(digits), [](char c) { return letter(c) || c == '%'; });
}

// HOST-3, ADDR-1: place-holders of machines stand bare, so that a log line keeps its words.
std::size_t machine_placeholder(std::string_view text, std::size_t at) {
    if (text[at] < 'A' || text[at] > 'S') return 0;
    if (at > 0 && (letter(text[at - 1]) || digit(text[at - 1]))) return 0;
    const std::string_view rest = text.substr(at);
    for (const std::string_view kind : {"HOST-", "ADDR-", "MAC-", "SERIAL-"}) {
        if (!rest.starts_with(kind)) continue;
        std::size_t end = kind.size();
        while (end < rest.size() && end < kind.size() + 10 && digit(rest[end])) ++end;
        const char next = at_or(rest, end, ' ');
        return end > kind.size() && !letter(next) && !digit(next) ? end : 0;
    }
    return 0;
}

}  // namespace

std::size_t placeholder_length(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    if (text[at] != '[') return machine_placeholder(text, at);
    const std::string_view rest = text.substr(at);
    for (const std::string_view removed : {"[secret removed]", "[removed]"})
        if (rest.starts_with(removed)) return removed.size();
    for (const std::string_view kind : {"mail", "phone", "name", "customer", "account", "card", "id", "value"}) {
        if (rest.size() < kind.size() + 4 || rest.substr(1, kind.size()) != kind || rest[kind.size() + 1] != '-') continue;
        std::size_t end = kind.size() + 2;
        while (end < rest.size() && end < kind.size() + 12 && digit(rest[end])) ++end;
        if (end > kind.size() + 2 && end < rest.size() && rest[end] == ']') return end + 1;
    }
    return 0;
}

Span past_placeholders(std::string_view text, Span value) {
    std::size_t at = value.begin;
    while (at < value.end) {
        const std::size_t held = placeholder_length(text, at);
        at += held == 0 ? 1 : held;
    }
    // The pattern stopped inside a place-holder: what is glued to it belongs to the value.
    const bool cut = at > value.end && !among(at_or(text, at, ' '), "@,;&:/.)]}");
    while (cut && at < text.size() && !blank(text[at]) && !line_end(text[at]) && !among(text[at], "\"'`<>")) {
        const std::size_t held = placeholder_length(text, at);
        at += held == 0 ? 1 : held;
    }
    return {value.begin, at};
}

namespace {

// sgp_xxxxxxxxxxxxxxxx: somebody has blotted it out.
bool blotted_out(std::string_view value) {
    constexpr std::array runs{"xxxxxxxxxx", "XXXXXXXXXX", "**********", ".........."};
    return std::ranges::any_of(runs, [&](std::string_view run) { return value.find(run) != std::string_view::npos; });
}

}  // namespace

bool plainly_none(std::string_view value) {
    value = trimmed(value);
    if (blotted_out(value) && value.size() < 200) return true;
    std::string rest;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t held = placeholder_length(value, at);
        if (held == 0) rest += value[at];
        at += held == 0 ? 1 : held;
    }
    std::string_view left = trimmed(rest);
    if (left.size() > 2 && among(left.front(), "([<") && among(left.back(), ")]>") &&
        harmless_value(left.substr(1, left.size() - 2)))
        return true;
    return left.empty() || all_same(left) || variable(left) || harmless_value(left);
}

bool like_path(std::string_view value) {
    if (value.starts_with("/") || value.starts_with("./") || value.starts_with("../") || value.starts_with("~/")) return true;
    return value.size() > 2 && letter(value[0]) && value[1] == ':' && (value[2] == '\\' || value[2] == '/');
}

bool like_credential(std::string_view value) {
    if (value.size() < 6 || value.size() > credential_bytes_max || plainly_none(value)) return false;
    if (like_path(value) || like_address(value) || like_number_or_date(value) || hexadecimal_number(value) ||
        like_quantity(value) || like_method(value) || like_identifier(value))
        return false;
    bool has_lower = false, has_upper = false, has_digit = false, has_mark = false;
    for (const char c : value) {
        has_lower = has_lower || lower(c);
        has_upper = has_upper || upper(c);
        has_digit = has_digit || digit(c);
        has_mark = has_mark || among(c, "!@#$%^&*?+~=|");
    }
    const bool letters = has_lower || has_upper;
    return letters && (has_digit || has_mark);
}

bool like_issued(std::string_view value) {
    const std::set<char> different(value.begin(), value.end());
    const bool mixed = std::ranges::any_of(value, lower) && std::ranges::any_of(value, upper);
    return different.size() >= 7 && (mixed || std::ranges::any_of(value, digit)) && !plainly_none(value);
}

bool like_random(std::string_view value) {
    if (value.starts_with("base64:")) value.remove_prefix(7);
    const bool hex = std::ranges::all_of(value, hex_digit);
    if (value.size() < (hex ? 32U : 24U) || value.front() == '/' || value.find("//") != std::string_view::npos) return false;
    bool has_lower = false, has_upper = false, has_digit = false;
    for (const char c : value) {
        if (!letter(c) && !digit(c) && !among(c, "+/=-_")) return false;
        has_lower = has_lower || lower(c);
        has_upper = has_upper || upper(c);
        has_digit = has_digit || digit(c);
    }
    const std::set<char> different(value.begin(), value.end());
    if (hex) return has_digit && different.size() >= 8;
    const auto parts = std::ranges::count_if(value, [](char c) { return c == '-' || c == '_' || c == '/'; });
    return has_lower && has_upper && has_digit && different.size() >= 12 && static_cast<std::size_t>(parts) * 10 <= value.size();
}

bool basic_credentials(std::string_view base64_text) {
    std::string padded(base64_text);
    while (padded.size() % 4 != 0) padded += '=';
    const auto decoded = protocol::from_base64(padded);
    if (!decoded) return false;
    const std::string_view plain = protocol::as_text(*decoded);
    const bool printable = std::ranges::all_of(plain, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
    const std::size_t colon = plain.find(':');
    return printable && colon != std::string_view::npos && colon > 0;
}

}  // namespace entente::policy
