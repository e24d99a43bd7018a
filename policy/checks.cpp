#include "policy/checks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace entente::policy {

namespace {

bool digit(char c) {
    return c >= '0' && c <= '9';
}
bool upper(char c) {
    return c >= 'A' && c <= 'Z';
}
int value(char c) {
    return c - '0';
}
bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, digit);
}

std::uint64_t number(std::string_view digits) {
    std::uint64_t n = 0;
    for (const char c : digits) n = n * 10 + static_cast<std::uint64_t>(value(c));
    return n;
}

int weighted(std::string_view digits, std::initializer_list<int> weights) {
    int sum = 0;
    std::size_t i = 0;
    for (const int weight : weights) sum += weight * value(digits[i++]);
    return sum;
}

bool month_and_day(std::string_view mmdd) {
    const auto month = number(mmdd.substr(0, 2));
    const auto day = number(mmdd.substr(2, 2));
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool all_equal(std::string_view text) {
    return std::ranges::all_of(text, [&](char c) { return c == text.front(); });
}

constexpr std::array<std::pair<std::string_view, std::size_t>, 89> iban_lengths{{
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22}, {"BI", 27},
    {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28},
    {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23},
    {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21},
    {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28},
    {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22},
    {"RU", 33}, {"SA", 24}, {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25},
    {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
}};

bool remainder_97(std::string_view iban) {
    std::string turned(iban.substr(4));
    turned += iban.substr(0, 4);
    int remainder = 0;
    for (const char c : turned) {
        const int v = digit(c) ? value(c) : c - 'A' + 10;
        remainder = (remainder * (v > 9 ? 100 : 10) + v) % 97;
    }
    return remainder == 1;
}

// ISO 7064 MOD 11,10: German tax number.
bool mod_11_10(std::string_view digits) {
    int product = 10;
    for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
        int sum = (value(digits[i]) + product) % 10;
        if (sum == 0) sum = 10;
        product = sum * 2 % 11;
    }
    return (11 - product) % 10 == value(digits.back());
}

bool verhoeff(std::string_view digits) {
    static constexpr int permute[8][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
                                           {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
                                           {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
                                           {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    // Multiplication in the dihedral group D5.
    const auto times = [](int a, int b) {
        if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
        return b < 5 ? 5 + (a - 5 - b + 5) % 5 : (a - b + 5) % 5;
    };
    int check = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) check = times(check, permute[i % 8][value(digits[digits.size() - 1 - i])]);
    return check == 0;
}

bool japanese_number(std::string_view digits) {
    int sum = 0;
    for (int n = 1; n <= 11; ++n) sum += value(digits[static_cast<std::size_t>(11 - n)]) * (n <= 6 ? n + 1 : n - 5);
    const int remainder = sum % 11;
    return value(digits[11]) == (remainder <= 1 ? 0 : 11 - remainder);
}

bool norwegian_number(std::string_view digits) {
    std::string ddmm(digits.substr(0, 4));
    if (ddmm[0] >= '4') ddmm[0] = static_cast<char>(ddmm[0] - 4);  // D-numbers add 40 to the day
    return month_and_day(ddmm.substr(2) + ddmm.substr(0, 2)) && weighted(digits, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
           weighted(digits, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool turkish_number(std::string_view digits) {
    if (digits[0] == '0') return false;
    const int odd = weighted(digits, {1, 0, 1, 0, 1, 0, 1, 0, 1});
    const int even = weighted(digits, {0, 1, 0, 1, 0, 1, 0, 1});
    const int sum = weighted(digits, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    return ((odd * 7 - even) % 10 + 10) % 10 == value(digits[9]) && sum % 10 == value(digits[10]);
}

// Nine digits: Social Security (US), BSN (Netherlands), SIN (Canada), TFN (Australia), NIF (Portugal).
bool nine_digits(std::string_view digits) {
    if (us_ssn(digits) || luhn(digits)) return true;
    if (weighted(digits, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0) return true;
    if (weighted(digits, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0) return true;
    const int rest = 11 - weighted(digits, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return value(digits[8]) == (rest > 9 ? 0 : rest);
}

// Ten digits: NHS (United Kingdom), CPR (Denmark, no check any more), social insurance (Austria), and Swedish ones.
bool ten_digits(std::string_view digits) {
    const int check = 11 - weighted(digits, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    if (check != 10 && check % 11 == value(digits[9])) return true;
    const std::string mmdd = std::string(digits.substr(2, 2)) + std::string(digits.substr(0, 2));
    if (month_and_day(mmdd) || swedish_id(digits)) return true;
    return weighted(digits, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == value(digits[3]);
}

// Thirteen: South Africa (Luhn), Romania.
bool thirteen_digits(std::string_view digits) {
    if (luhn(digits) && month_and_day(digits.substr(2, 4))) return true;
    const int rest = weighted(digits, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
    return value(digits[12]) == (rest == 10 ? 1 : rest);
}

bool british_number(std::string_view text) {
    if (text.size() != 9 || !upper(text[0]) || !upper(text[1]) || !all_digits(text.substr(2, 6))) return false;
    return text[8] >= 'A' && text[8] <= 'D' && std::string_view("DFIQUV").find(text[0]) == std::string_view::npos &&
           std::string_view("DFIOQUV").find(text[1]) == std::string_view::npos;
}

}  // namespace

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (digit(c)) digits += c;
    }
    return digits;
}

std::string letters_and_digits_of(std::string_view text) {
    std::string kept;
    for (const char c : text) {
        if (digit(c) || upper(c)) kept += c;
        if (c >= 'a' && c <= 'z') kept += static_cast<char>(c - 'a' + 'A');
    }
    return kept;
}

bool luhn(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int n = value(digits[digits.size() - 1 - i]);
        if (i % 2 == 1) n = n * 2 > 9 ? n * 2 - 9 : n * 2;
        sum += n;
    }
    return sum % 10 == 0;
}

bool payment_card(std::string_view digits) {
    if (digits.size() < 13 || digits.size() > 19 || all_equal(digits)) return false;
    const auto two = number(digits.substr(0, 2));
    const auto four = number(digits.substr(0, 4));
    const std::size_t n = digits.size();
    const bool visa = digits[0] == '4' && n == 16;  // 13 and 19 digits are mostly times and block numbers
    const bool mastercard = n == 16 && ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720));
    const bool amex = n == 15 && (two == 34 || two == 37);
    const bool discover = n == 16 && (four == 6011 || two == 65 || (four >= 6440 && four <= 6499));
    const bool diners = n == 14 && (two == 36 || two == 38 || two == 30);
    const bool jcb = n == 16 && four >= 3528 && four <= 3589;
    const bool union_pay = n >= 16 && two == 62;
    return (visa || mastercard || amex || discover || diners || jcb || union_pay) && luhn(digits);
}

std::size_t iban_length(std::string_view text) {
    const std::string country = letters_and_digits_of(text.substr(0, 2));
    const auto row = std::ranges::find(iban_lengths, country, &std::pair<std::string_view, std::size_t>::first);
    if (row == iban_lengths.end()) return 0;
    std::string iban;
    std::size_t at = 0;
    for (; at < text.size() && iban.size() < row->second; ++at) iban += letters_and_digits_of(text.substr(at, 1));
    return iban.size() == row->second && remainder_97(iban) ? at : 0;
}

bool us_ssn(std::string_view digits) {
    if (digits.size() != 9 || all_equal(digits)) return false;
    const auto area = number(digits.substr(0, 3));
    return area != 0 && area != 666 && area < 900 && digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

bool finnish_id(std::string_view text) {
    if (text.size() != 11 || !all_digits(text.substr(0, 6)) || !all_digits(text.substr(7, 3))) return false;
    const std::string mmdd = std::string(text.substr(2, 2)) + std::string(text.substr(0, 2));
    if (!month_and_day(mmdd)) return false;
    const auto n = number(std::string(text.substr(0, 6)) + std::string(text.substr(7, 3)));
    return std::string_view("0123456789ABCDEFHJKLMNPRSTUVWXY")[n % 31] == text[10];
}

bool swedish_id(std::string_view digits) {
    if (digits.size() == 12) digits.remove_prefix(2);
    if (digits.size() != 10) return false;
    std::string mmdd(digits.substr(2, 4));
    if (mmdd[2] >= '6') mmdd[2] = static_cast<char>(mmdd[2] - 6);  // co-ordination numbers add 60 to the day
    return month_and_day(mmdd) && luhn(digits);
}

bool belgian_id(std::string_view digits) {
    if (digits.size() != 11) return false;
    const auto base = number(digits.substr(0, 9));
    const auto check = number(digits.substr(9));
    return check == 97 - base % 97 || check == 97 - (2'000'000'000 + base) % 97;
}

bool swiss_id(std::string_view digits) {
    if (digits.size() != 13 || !digits.starts_with("756")) return false;
    int sum = 0;
    for (std::size_t i = 0; i < 12; ++i) sum += value(digits[i]) * (i % 2 == 0 ? 1 : 3);
    return (10 - sum % 10) % 10 == value(digits[12]);
}

bool brazilian_id(std::string_view digits) {
    if (digits.size() != 11 || all_equal(digits)) return false;
    const auto check = [&](std::size_t n) {
        int sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += value(digits[i]) * static_cast<int>(n + 1 - i);
        const int remainder = sum * 10 % 11;
        return remainder == 10 ? 0 : remainder;
    };
    return check(9) == value(digits[9]) && check(10) == value(digits[10]);
}

bool spanish_id(std::string_view text) {
    if (text.size() != 9 || !upper(text[8])) return false;
    std::string digits(text.substr(0, 8));
    if (digits[0] >= 'X' && digits[0] <= 'Z') digits[0] = static_cast<char>('0' + (digits[0] - 'X'));
    if (!all_digits(digits) || digits == "00000000") return false;
    return std::string_view("TRWAGMYFPDXBNJZSQVHLCKE")[number(digits) % 23] == text[8];
}

bool italian_id(std::string_view text) {
    static constexpr int odd_digit[10] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    static constexpr int odd_letter[26] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                           20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    if (text.size() != 16) return false;
    int sum = 0;
    for (std::size_t i = 0; i < 15; ++i) {
        const char c = text[i];
        const int even = digit(c) ? value(c) : c - 'A';
        sum += i % 2 == 1 ? even : (digit(c) ? odd_digit[value(c)] : odd_letter[c - 'A']);
    }
    return 'A' + sum % 26 == text[15];
}

bool french_id(std::string_view text) {
    if (text.size() != 15) return false;
    std::string digits(text);
    int less = 0;
    if (digits[6] == 'A') less = 1'000'000;  // Corsica
    if (digits[6] == 'B') less = 2'000'000;
    if (less != 0) digits[6] = '0';
    if (!all_digits(digits)) return false;
    const auto month = number(digits.substr(3, 2));
    if (month == 0 || (month > 12 && month < 20)) return false;
    const auto base = number(digits.substr(0, 13)) - static_cast<std::uint64_t>(less);
    return 97 - base % 97 == number(digits.substr(13));
}

bool chinese_id(std::string_view text) {
    if (text.size() != 18 || !all_digits(text.substr(0, 17)) || !month_and_day(text.substr(10, 4))) return false;
    return std::string_view("10X98765432")[static_cast<std::size_t>(
               weighted(text, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) % 11)] == text[17];
}

// Numbers given since October 2020 have no check digit any more: then the date alone speaks.
bool korean_id(std::string_view digits) {
    if (digits.size() != 13 || !month_and_day(digits.substr(2, 4))) return false;
    const bool checked = (11 - weighted(digits, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10 == value(digits[12]);
    return checked || (number(digits.substr(0, 2)) >= 20 && digits[6] >= '3');
}

bool mexican_id(std::string_view text) {
    return text.size() == 18 && month_and_day(text.substr(6, 4)) &&
           std::string_view("AEIOUX").find(text[1]) != std::string_view::npos;
}

bool singaporean_id(std::string_view text) {
    if (text.size() != 9 || !all_digits(text.substr(1, 7))) return false;
    int sum = weighted(text.substr(1), {2, 7, 6, 5, 4, 3, 2});
    if (text[0] == 'T' || text[0] == 'G') sum += 4;
    if (text[0] == 'M') sum += 3;
    const auto place = static_cast<std::size_t>(sum % 11);
    if (text[0] == 'M') return std::string_view("XWUTRQPNJLK")[place] == text[8];
    return (text[0] == 'S' || text[0] == 'T' ? std::string_view("JZIHGFEDCBA") : std::string_view("XWUTRQPNMLK"))[place] == text[8];
}

bool czech_id(std::string_view digits) {
    if (digits.size() != 10) return false;
    std::string mmdd(digits.substr(2, 4));
    if (mmdd[0] >= '5') mmdd[0] = static_cast<char>(mmdd[0] - 5);  // women's months add 50
    return month_and_day(mmdd) && number(digits) % 11 == 0;
}

bool labelled_id(std::string_view text) {
    if (british_number(text)) return true;
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(text, digit));
    if (digits == text.size()) {
        if (all_equal(text)) return false;
        if (text.size() == 9) return nine_digits(text);
        if (text.size() == 10) return ten_digits(text);
        if (text.size() == 11)  // tax number (Germany), OIB (Croatia), PESEL (Poland), Norway, Turkey
            return mod_11_10(text) || weighted(text, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0 || norwegian_number(text) ||
                   turkish_number(text);
        if (text.size() == 13) return thirteen_digits(text);
        if (text.size() == 12) {  // Aadhaar (India), My Number (Japan), Sweden with the century
            const bool swedish = (text.starts_with("19") || text.starts_with("20")) && swedish_id(text.substr(2));
            return verhoeff(text) || japanese_number(text) || swedish;
        }
        return text.size() == 8;
    }
    // Passports and identity cards have letters among their digits and no common check.
    return (text.size() == 8 || text.size() == 9) && digits >= 5;
}

}  // namespace entente::policy
