#include "policy/numbers.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "policy/checks.hpp"

namespace entente::policy {

namespace {

bool digit(char c) {
    return c >= '0' && c <= '9';
}
bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool alnum(char c) {
    return digit(c) || letter(c);
}
bool hexadecimal(char c) {
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char before(std::string_view text, std::size_t at) {
    return at > 0 ? text[at - 1] : ' ';
}
char after(std::string_view text, std::size_t at) {
    return at < text.size() ? text[at] : ' ';
}

// An escaped line break ("\n" as two characters in a log line) ends what stands before it.
bool escape_before(std::string_view text, std::size_t at) {
    return at >= 2 && text[at - 2] == '\\' && (text[at - 1] == 'n' || text[at - 1] == 'r' || text[at - 1] == 't');
}

// Neither a letter nor a digit touches it, nor a dot, comma, colon or dash with a digit behind it: then it is part of something
// longer.
bool stands_alone(std::string_view text, Span span) {
    const char left = before(text, span.begin);
    const char right = after(text, span.end);
    if (alnum(left) && !escape_before(text, span.begin)) return false;
    if (alnum(right) || left == '_' || right == '_') return false;
    if (left == '-' && before(text, span.begin - 1) == '_') return false;  // blk_-1234567890123456
    const bool joined_left =
        (left == '.' || left == '-' || left == ',' || left == ':') && span.begin >= 2 && digit(text[span.begin - 2]);
    const bool joined_right = (right == '.' || right == '-' || right == ',' || right == ':') && digit(after(text, span.end + 1));
    return !joined_left && !joined_right;
}

bool all_equal(std::string_view digits) {
    return std::ranges::all_of(digits, [&](char c) { return c == digits.front(); });
}

// "09:30:00 +0100 2030": an offset after a time is no telephone number.
bool offset_of_time(std::string_view text, std::size_t plus) {
    while (plus > 0 && text[plus - 1] == ' ') --plus;
    std::size_t digits = plus;
    while (digits > 0 && (digit(text[digits - 1]) || text[digits - 1] == '.')) --digits;
    return digits < plus && digits > 0 && text[digits - 1] == ':';
}

bool date_shape(std::string_view value) {
    const auto is = [&](std::string_view shape) {
        if (value.size() < shape.size()) return false;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (shape[i] == 'd' ? !digit(value[i]) : value[i] != shape[i]) return false;
        }
        return value.size() == shape.size() || !digit(value[shape.size()]);
    };
    return is("dddd-dd-dd") || is("dd-dd-dddd") || is("dd.dd.dddd") || is("dd/dd/dddd") || is("dddd/dd/dd") || is("d/d/dddd");
}

bool dotted_quad(std::string_view value) {
    return std::ranges::count(value, '.') == 3 && std::ranges::all_of(value, [](char c) { return digit(c) || c == '.'; });
}

std::size_t separators(std::string_view value) {
    return static_cast<std::size_t>(std::ranges::count_if(value, [](char c) { return !digit(c); }));
}

bool phone(Check check, std::string_view text, Span span) {
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    const std::string digits = digits_of(value);
    if (all_equal(digits) || date_shape(value) || dotted_quad(value)) return false;
    if (check == Check::phone_labelled) return digits.size() >= 6 && !alnum(after(text, span.end)) && after(text, span.end) != '_';
    if (!stands_alone(text, span) && !(before(text, span.begin) == ':' && !alnum(after(text, span.end)))) return false;
    if (after(text, span.end) == ':' && alnum(after(text, span.end + 1))) return false;  // [0701/114930:WARNING: is a time
    if (check == Check::phone_international) {
        const bool plus = value.front() == '+';
        if (plus && offset_of_time(text, span.begin)) return false;
        const std::size_t dense_min = plus ? 10 : 9;  // a bare run of digits needs more of them to be believed
        return separators(value) > (plus ? 1U : 0U) ? digits.size() >= 8 : digits.size() >= dense_min;
    }
    return true;
}

bool hex_dump(std::string_view text, Span span) {
    const auto pair_before =
        span.begin >= 3 && text[span.begin - 1] == ' ' && hexadecimal(text[span.begin - 2]) && hexadecimal(text[span.begin - 3]);
    const auto pair_after =
        span.end + 2 < text.size() && text[span.end] == ' ' && hexadecimal(text[span.end + 1]) && hexadecimal(text[span.end + 2]);
    return pair_before || pair_after;
}

// "SSN 078-05-1120 and": the pattern took following words along; give them back until a check holds.
std::optional<Span> confirm_labelled(std::string_view text, Span candidate) {
    std::size_t end = candidate.end;
    while (end > candidate.begin) {
        const Span span{candidate.begin, end};
        if (!alnum(after(text, end)) && labelled_id(letters_and_digits_of(text.substr(span.begin, end - span.begin)))) return span;
        --end;
        while (end > candidate.begin && alnum(text[end - 1]) && alnum(after(text, end))) --end;
        while (end > candidate.begin && !alnum(text[end - 1])) --end;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Span> confirm_number(Check check, std::string_view text, Span span) {
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    const auto if_true = [&](bool holds) { return holds ? std::optional(span) : std::nullopt; };
    switch (check) {
        case Check::phone_international:
        case Check::phone_national:
        case Check::phone_labelled:
            return if_true(phone(check, text, span));
        case Check::japanese_phone:
            return if_true(digits_of(value).size() >= 10 && phone(check, text, span));
        case Check::french_pairs:
            return if_true(!hex_dump(text, span) && phone(check, text, span));
        case Check::iban: {
            const std::size_t length = iban_length(value);
            const Span exact{span.begin, span.begin + length};
            return length != 0 && stands_alone(text, exact) ? std::optional(exact) : std::nullopt;
        }
        case Check::payment_card: {
            // The pattern may have taken the expiry date along: try shorter ends at group boundaries.
            for (std::size_t end = span.end; end >= span.begin + 13; --end) {
                const Span shorter{span.begin, end};
                if (!digit(text[end - 1]) || !stands_alone(text, shorter)) continue;
                if (payment_card(digits_of(text.substr(span.begin, end - span.begin)))) return shorter;
            }
            return std::nullopt;
        }
        case Check::us_ssn:
            return if_true(stands_alone(text, span) && us_ssn(digits_of(value)));
        case Check::finnish_id:
            return if_true(stands_alone(text, span) && finnish_id(value));
        case Check::swedish_id:
            return if_true(stands_alone(text, span) && swedish_id(digits_of(value)));
        case Check::belgian_id:
            return if_true(stands_alone(text, span) && belgian_id(digits_of(value)));
        case Check::swiss_id:
            return if_true(stands_alone(text, span) && swiss_id(digits_of(value)));
        case Check::brazilian_id:
            return if_true(stands_alone(text, span) && brazilian_id(digits_of(value)));
        case Check::spanish_id:
            return if_true(stands_alone(text, span) && spanish_id(letters_and_digits_of(value)));
        case Check::italian_id:
            return if_true(stands_alone(text, span) && italian_id(letters_and_digits_of(value)));
        case Check::french_id:
            return if_true(stands_alone(text, span) && french_id(letters_and_digits_of(value)));
        case Check::chinese_id:
            return if_true(stands_alone(text, span) && chinese_id(letters_and_digits_of(value)));
        case Check::korean_id:
            return if_true(stands_alone(text, span) && korean_id(digits_of(value)));
        case Check::mexican_id:
            return if_true(stands_alone(text, span) && mexican_id(value));
        case Check::singaporean_id:
            return if_true(stands_alone(text, span) && singaporean_id(value));
        case Check::czech_id:
            return if_true(stands_alone(text, span) && before(text, span.begin) != '/' && after(text, span.end) != '/' &&
                           czech_id(digits_of(value)));
        case Check::labelled_id:
            return confirm_labelled(text, span);
        default:
            return std::nullopt;
    }
}

std::optional<Span> confirm_mail(std::string_view text, Span span) {
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    // Endings of files and units that look like top-level domains: icon@2x.png, getty@tty1.service.
    constexpr std::array no_domain{".png",   ".jpg",   ".jpeg",  ".gif",     ".svg",    ".webp",   ".css",
                                   ".js",    ".json",  ".yaml",  ".service", ".socket", ".target", ".mount",
                                   ".timer", ".slice", ".scope", ".device",  ".path",   ".conf"};
    for (const std::string_view ending : no_domain) {
        if (value.ends_with(ending)) return std::nullopt;
    }
    if (value.ends_with("@masked.invalid")) return std::nullopt;  // a stand-in
    // scheme://user@host is an address of a machine; a password in it is another rule's business.
    std::size_t at = span.begin;
    while (at > 0 && span.begin - at < 256) {
        const char c = text[at - 1];
        if (c == ' ' || c == '\t' || c == '\n' || c == '@' || c == '"' || c == '\'' || c == '<') break;
        if (c == '/') {
            if (at >= 3 && text[at - 2] == '/' && text[at - 3] == ':') return std::nullopt;
            break;
        }
        --at;
    }
    return span;
}

}  // namespace entente::policy
