#include "policy/confirm.hpp"

#include <algorithm>
#include <string>

#include "policy/hosts.hpp"
#include "policy/numbers.hpp"
#include "policy/people.hpp"

namespace entente::policy {

namespace {

std::optional<Span> assigned_secret(std::string_view text, Span match) {
    const auto span = assigned_value(text, match);
    if (!span) return std::nullopt;
    std::string key(text.substr(match.begin, match.end - match.begin));
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::string_view value = text.substr(span->begin, span->end - span->begin);
    const auto has = [&](std::string_view word) { return key.find(word) != std::string::npos; };
    // PWD is also the working directory, and keys are often named by their file or their kind.
    if (key.starts_with("pwd") && like_path(value)) return std::nullopt;
    if (!has("key")) return span;
    if (like_path(value)) return std::nullopt;
    const bool surely = has("api") || has("secret") || has("access");
    return surely || like_credential(value) || like_random(value) ? span : std::nullopt;
}

}  // namespace

std::optional<Span> confirm(Check check, std::string_view text, Span match, Span group) {
    const std::string_view value = text.substr(group.begin, group.end - group.begin);
    const auto if_true = [&](bool holds) { return holds ? std::optional(group) : std::nullopt; };
    switch (check) {
        case Check::none:
            return if_true(!plainly_none(value));
        case Check::private_key:
            return private_key_block(text, match);
        case Check::putty_key:
            return putty_key_block(text, match);
        case Check::assigned:
            return assigned_secret(text, match);
        case Check::assigned_weak: {
            const auto span = assigned_value(text, match);
            if (!span) return std::nullopt;
            const std::string_view weak = text.substr(span->begin, span->end - span->begin);
            // ansible_ssh_pass and the like are always passwords; a bare "pass:" may count tests.
            const std::string_view key = text.substr(match.begin, match.end - match.begin);
            const std::size_t pass = std::min(key.find("_pass"), key.find("_PASS"));
            const bool words_only = std::ranges::none_of(weak, [](char c) { return c >= '0' && c <= '9'; });
            return like_credential(weak) || (pass != std::string_view::npos && words_only) ? span : std::nullopt;
        }
        case Check::assigned_random: {
            const auto span = assigned_value(text, match);
            return span && like_random(text.substr(span->begin, span->end - span->begin)) ? span : std::nullopt;
        }
        case Check::element:
            return element_value(text, match.end);
        case Check::header:
            return header_value(text, match.end);
        case Check::to_line_end:
            return line_value(text, match.end);
        case Check::issued:
            return if_true(like_issued(value));
        case Check::random:
            return if_true(like_credential(value));
        case Check::command:
            return if_true(!plainly_none(value));
        case Check::user_or_sudo: {
            const std::string_view whole = text.substr(match.begin, match.end - match.begin);
            const bool echo = whole.front() == 'e' || whole.front() == 'E';
            return if_true(!plainly_none(value) && (!echo || whole.find("sudo") != std::string_view::npos));
        }
        case Check::basic:
            return if_true(basic_credentials(value));
        case Check::phrase:
            return spoken_value(text, match.end);
        case Check::mail:
            return confirm_mail(text, group);
        case Check::person_label:
        case Check::person_full:
        case Check::person_sender:
        case Check::person_signature:
        case Check::person_greeting:
            return confirm_person(check, text, match);
        case Check::ipv4:
        case Check::ipv6:
        case Check::hardware_address:
        case Check::domain_name:
        case Check::host_word:
        case Check::host_like:
        case Check::syslog_host:
        case Check::internal_authority:
        case Check::serial_number:
            return confirm_host(check, text, match, group);
        default:
            return confirm_number(check, text, group);
    }
}

}  // namespace entente::policy
