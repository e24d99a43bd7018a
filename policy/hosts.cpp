#include "policy/hosts.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "policy/addresses.hpp"
#include "policy/ascii.hpp"
#include "policy/domains.hpp"

namespace entente::policy {

namespace {

bool alnum(char c) {
    return letter(c) || digit(c);
}
char before(std::string_view text, std::size_t at) {
    return at > 0 ? text[at - 1] : ' ';
}
char after(std::string_view text, std::size_t at) {
    return at_or(text, at, ' ');
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    return result;
}

constexpr std::array version_words{"version", "ver",     "v",      "release",  "rel",      "build",  "firmware", "fw",
                                   "bios",    "patch",   "oid",    "section",  "sdk",      "driver", "versions", "revision",
                                   "rev",     "upgrade", "update", "software", "versione", "wersja", "versie"};
// The same where words are not made of ASCII letters: バージョン, 版本, 버전, versión, versão, версия.
constexpr std::array version_words_elsewhere{"\xe3\x83\x90\xe3\x83\xbc\xe3\x82\xb8\xe3\x83\xa7\xe3\x83\xb3",
                                             "\xe7\x89\x88\xe6\x9c\xac",
                                             "\xeb\xb2\x84\xec\xa0\x84",
                                             "versi\xc3\xb3n",
                                             "vers\xc3\xa3o",
                                             "\xd0\xb2\xd0\xb5\xd1\x80\xd1\x81\xd0\xb8\xd1\x8f"};

// "version 10.1.2.3", "build: 5.2.0.1", "firmware = ...", "upgrade from 5.2.0.1 to 5.2.0.4": the words before say that this is no
// address.
bool version_word_before(std::string_view text, std::size_t at) {
    std::size_t end = at;
    const auto part_of_word = [&](std::size_t i) { return alnum(text[i]) || static_cast<unsigned char>(text[i]) >= 0x80; };
    while (end > 0 && at - end < 6 && !part_of_word(end - 1) && !line_end(text[end - 1])) --end;
    std::size_t begin = end;
    while (begin > 0 && end - begin < 24 && part_of_word(begin - 1)) --begin;
    const std::string word = lower_case(text.substr(begin, end - begin));
    const auto is = [&](std::string_view one) { return one == word; };
    if (std::ranges::any_of(version_words, is)) return true;
    if (std::ranges::any_of(version_words_elsewhere, [&](std::string_view one) { return word.ends_with(one); })) return true;
    constexpr std::array between{"from", "to", "auf", "von", "vers", "de", "a"};
    if (std::ranges::none_of(between, is)) return false;
    const std::size_t window = begin > 60 ? begin - 60 : 0;
    std::string before_it = lower_case(text.substr(window, begin - window));
    before_it.erase(0, before_it.rfind('\n') + 1);
    constexpr std::array moves{"upgrade", "update", "downgrade", "firmware", "version", "aktualisier", "mise \xc3\xa0 jour"};
    return std::ranges::any_of(moves, [&](std::string_view one) { return before_it.find(one) != std::string::npos; });
}

bool ipv4_here(std::string_view text, Span span) {
    const auto address = parse_ipv4(text.substr(span.begin, span.end - span.begin));
    if (!address || meaningless(*address)) return false;
    const char left = before(text, span.begin);
    const char right = after(text, span.end);
    if (alnum(left) || among(left, "._~") || alnum(right) || right == '_') return false;
    if (right == '.' && digit(after(text, span.end + 1))) return false;
    if (left == '-' && letter(before(text, span.begin - 1))) return false;  // package-1.2.3.4
    if (right == '-' && letter(after(text, span.end + 1))) return false;    // 1.2.3.4-rc1
    if (left == '.' || (left == '=' && before(text, span.begin - 1) == '=')) return false;
    if (left == '/' && letter(before(text, span.begin - 1)) && !private_range(*address) && (*address & 0xffU) == 0)
        return false;  // Agent/120.0.0.0
    return !version_word_before(text, span.begin);
}

std::optional<Span> ipv6_here(std::string_view text, Span span) {
    while (span.end > span.begin && text[span.end - 1] == ':' && !(span.end - span.begin >= 2 && text[span.end - 2] == ':'))
        --span.end;
    const char left = before(text, span.begin);
    const char right = after(text, span.end);
    if (alnum(left) || left == ':' || left == '_' || left == '.' || alnum(right) || right == '_') return std::nullopt;
    if (!telling_ipv6(text.substr(span.begin, span.end - span.begin))) return std::nullopt;
    return span;
}

bool hardware_here(std::string_view text, Span span) {
    const char left = before(text, span.begin);
    const char right = after(text, span.end);
    const auto joins = [](char c) { return alnum(c) || c == '_'; };
    if (joins(left) || joins(right)) return false;
    if ((left == ':' || left == '-' || left == '.') && alnum(before(text, span.begin - 1))) return false;
    if ((right == ':' || right == '-' || right == '.') && alnum(after(text, span.end + 1))) return false;
    return telling_hardware_address(text.substr(span.begin, span.end - span.begin));
}

bool inside_path(std::string_view text, std::size_t slash) {
    if (before(text, slash) == '/') return false;  // "//host"
    std::size_t at = slash;
    while (at > 0 && alnum(text[at - 1])) --at;
    return at == slash || before(text, at) == '/' || before(text, at) == '.';  // "HTTP/web01.corp.example" is none
}

// scheme://user:password@host: the password may have been replaced already.
bool behind_userinfo(std::string_view text, std::size_t host) {
    const std::size_t window = host > 300 ? host - 300 : 0;
    const std::size_t scheme = text.substr(window, host - window).rfind("://");
    if (scheme == std::string_view::npos) return false;
    std::string_view between = text.substr(window + scheme + 3, host - window - scheme - 3);
    constexpr std::string_view removed = "[secret removed]@";
    if (between.ends_with(removed)) between.remove_suffix(removed.size());
    return std::ranges::none_of(between, [](char c) { return blank(c) || line_end(c) || among(c, "/\"<>'"); });
}

bool domain_here(std::string_view text, Span span) {
    const char left = before(text, span.begin);
    const char right = after(text, span.end);
    if (left == '@' && !behind_userinfo(text, span.begin)) return false;
    if (alnum(left) || among(left, "_-.\\%${#")) return false;
    if (left == '/' && inside_path(text, span.begin - 1)) return false;
    // https://vendor.example/page: the web site of somebody, not a machine.
    const std::string_view name = text.substr(span.begin, span.end - span.begin);
    const std::string_view ahead = text.substr(0, span.begin);
    if (std::ranges::count(name, '.') == 1 && (ahead.ends_with("https://") || ahead.ends_with("http://")) &&
        !internal_domain(lower_case(name)))
        return false;
    if (alnum(right) || among(right, "_(-=$")) return false;
    if (right == '@' && !upper(after(text, span.end + 1))) return false;  // HTTP/web01.corp.example@REALM is a machine's principal
    if (right == '.' && (alnum(after(text, span.end + 1)) || after(text, span.end + 1) == '*')) return false;
    return telling_domain(name);
}

// Words that stand behind "host:" and name no machine.
bool no_host_word(const std::string& lower) {
    constexpr std::array words{
        "localhost",  "local",   "remote",    "unknown", "none",        "null",        "name",     "default",  "any",
        "all",        "self",    "the",       "a",       "an",          "is",          "was",      "in",       "on",
        "at",         "this",    "that",      "with",    "not",         "no",          "up",       "down",     "server",
        "host",       "node",    "hosts",     "nodes",   "and",         "or",          "for",      "from",     "to",
        "of",         "it",      "has",       "failed",  "error",       "online",      "offline",  "ready",    "added",
        "removed",    "status",  "true",      "false",   "yes",         "hostname",    "machine",  "computer", "client",
        "target",     "source",  "undefined", "empty",   "unreachable", "unavailable", "nil",      "string",   "key",
        "value",      "type",    "id",        "port",    "address",     "ip",          "last",     "kernel",   "message",
        "controller", "worker",  "master",    "primary", "secondary",   "replica",     "standby",  "slave",    "leader",
        "follower",   "cluster", "leaf",      "root",    "parent",      "child",       "internal", "external", "list",
        "array",      "group",   "info",      "warn",    "debug",       "js"};
    return std::ranges::any_of(words, [&](std::string_view one) { return one == lower; });
}

std::string_view without_dot(std::string_view name) {
    while (!name.empty() && (name.back() == '.' || name.back() == '-' || name.back() == '_')) name.remove_suffix(1);
    return name;
}

bool camel_case(std::string_view name) {
    for (std::size_t i = 1; i < name.size(); ++i)
        if (lower(name[i - 1]) && upper(name[i])) return true;
    return false;
}

bool hexadecimal_id(std::string_view name) {
    return name.size() >= 8 && std::ranges::any_of(name, digit) &&
           std::ranges::all_of(name, [](char c) { return digit(c) || (c >= 'a' && c <= 'f') || c == '-'; });
}

std::optional<Span> named_host(std::string_view text, Span span, bool must_look_like_one) {
    const std::string_view name = without_dot(text.substr(span.begin, span.end - span.begin));
    span.end = span.begin + name.size();
    if (name.size() < 2 || std::ranges::none_of(name, letter) || placeholder_length(text, span.begin) != 0) return std::nullopt;
    const std::string lower_name = lower_case(name);
    if (no_host_word(lower_name) || plainly_none(name) || lower_name.starts_with("tty") || hexadecimal_id(lower_name))
        return std::nullopt;
    if (parse_ipv4(name) || among(after(text, span.end), "(=/_@")) return std::nullopt;
    if (after(text, span.end) == '\\' && before(text, span.begin) != '\\') return std::nullopt;
    if (after(text, span.end) == ':' && after(text, span.end + 1) == ':') return std::nullopt;
    const bool dotted = name.find('.') != std::string_view::npos;
    if (dotted && !telling_domain(name)) return std::nullopt;
    if (dotted || like_host(name))
        return camel_case(name) && !dotted && std::ranges::none_of(name, digit) ? std::nullopt : std::optional(span);
    if (must_look_like_one || camel_case(name) || harmless_value(name) || name.size() < 3) return std::nullopt;
    // "Host: Unable to connect": the beginning of a sentence.
    if (after(text, span.end) == ' ' && lower(after(text, span.end + 1)) && at_or(text, span.end + 2, ' ') != '=')
        return std::nullopt;
    return span;
}

std::optional<Span> syslog_host(std::string_view text, Span span) {
    const std::string_view name = without_dot(text.substr(span.begin, span.end - span.begin));
    span.end = span.begin + name.size();
    if (name.size() < 2 || std::ranges::none_of(name, letter) || placeholder_length(text, span.begin) != 0) return std::nullopt;
    const std::string lower_name = lower_case(name);
    constexpr std::array levels{"info",   "warn", "warning", "error", "debug", "fatal", "trace",
                                "notice", "utc",  "am",      "pm",    "gmt",   "cet",   "cest"};
    if (no_host_word(lower_name) || parse_ipv4(name)) return std::nullopt;
    if (std::ranges::any_of(levels, [&](std::string_view one) { return one == lower_name; })) return std::nullopt;
    return span;
}

bool internal_authority(std::string_view text, Span match, Span span) {
    const std::string_view name = without_dot(text.substr(span.begin, span.end - span.begin));
    const std::string_view scheme = text.substr(match.begin, text.substr(match.begin).find(':'));
    constexpr std::array elsewhere{"file",     "unix", "npipe",     "docker", "chrome", "about", "content",
                                   "resource", "jar",  "classpath", "urn",    "data",   "app"};
    if (std::ranges::any_of(elsewhere, [&](std::string_view one) { return one == scheme; })) return false;
    const std::string lower_name = lower_case(name);
    if (parse_ipv4(name) || no_host_word(lower_name) || plainly_none(name) || placeholder_length(text, span.begin) != 0)
        return false;
    if (std::ranges::none_of(name, letter) || name.size() < 3 || hexadecimal_id(lower_name)) return false;
    if (after(text, span.end) == ':' && !digit(after(text, span.end + 1))) return false;  // scheme://user:...
    if (name.find('.') == std::string_view::npos) return !among(after(text, span.end), "$%{@");
    return internal_domain(lower_name);
}

bool serial_here(std::string_view text, Span match, Span span) {
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(value, digit));
    const char right = after(text, span.end);
    if (alnum(right) || among(right, ":_@(=") || value.ends_with('-')) return false;
    if (right == '.' && alnum(after(text, span.end + 1))) return false;
    const std::string low = lower_case(value);
    if (digits == 0 || low.starts_with("tty") || low.starts_with("0x") || value.size() >= 24) return false;
    const bool letters = std::ranges::any_of(value, letter);
    if (letters) return digits >= 2;
    // A bare number: "Serial: 2030050401" is a zone's version, "serial number: 21044" a certificate's.
    const std::string label = lower_case(text.substr(match.begin, span.begin - match.begin));
    const bool surely = label.find("num") != std::string::npos || label.find("nr") != std::string::npos ||
                        label.find("s/n") != std::string::npos || label.find("tag") != std::string::npos;
    return digits >= 8 && (surely || !value.starts_with("20"));
}

}  // namespace

bool like_host(std::string_view name) {
    return std::ranges::any_of(name, letter) && std::ranges::any_of(name, [](char c) { return digit(c) || c == '-' || c == '.'; });
}

bool distinctive_host(std::string_view name) {
    return name.size() >= 4 && like_host(name) && (std::ranges::any_of(name, digit) || name.size() >= 8);
}

std::optional<Span> confirm_host(Check check, std::string_view text, Span match, Span group) {
    const auto if_true = [&](bool holds) { return holds ? std::optional(group) : std::nullopt; };
    switch (check) {
        case Check::ipv4:
            return if_true(ipv4_here(text, group));
        case Check::ipv6:
            return ipv6_here(text, group);
        case Check::hardware_address:
            return if_true(hardware_here(text, group));
        case Check::domain_name:
            return if_true(domain_here(text, group));
        case Check::host_word:
            return named_host(text, group, false);
        case Check::host_like:
            return named_host(text, group, true);
        case Check::syslog_host:
            return syslog_host(text, group);
        case Check::internal_authority:
            return if_true(internal_authority(text, match, group));
        case Check::serial_number:
            return if_true(serial_here(text, match, group));
        default:
            return std::nullopt;
    }
}

}  // namespace entente::policy
