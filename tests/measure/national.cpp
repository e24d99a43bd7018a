#include "tests/measure/national.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>

#include "tests/measure/values.hpp"

namespace entente::corpus {

namespace {

int value(char c) {
    return c - '0';
}
char figure(int n) {
    return static_cast<char>('0' + n);
}
std::uint64_t number(const std::string& digits) {
    std::uint64_t n = 0;
    for (const char c : digits) n = n * 10 + static_cast<std::uint64_t>(value(c));
    return n;
}
std::string padded(std::uint64_t n, std::size_t width) {
    std::string text = std::to_string(n);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
}
std::string two(std::size_t n) {
    return padded(n, 2);
}
int weighted(const std::string& digits, std::initializer_list<int> weights) {
    int sum = 0;
    std::size_t i = 0;
    for (const int weight : weights) sum += weight * value(digits[i++]);
    return sum;
}
std::string ddmmyy(Chance& c) {
    return two(1 + c.below(28)) + two(1 + c.below(12)) + two(40 + c.below(59));
}
std::string yymmdd(Chance& c) {
    return two(40 + c.below(59)) + two(1 + c.below(12)) + two(1 + c.below(28));
}

std::string swedish(Chance& c) {
    const std::string base = yymmdd(c) + c.digits(3);
    const std::string all = with_luhn(base);
    return all.substr(0, 6) + '-' + all.substr(6);
}
std::string finnish(Chance& c) {
    const std::string birth = ddmmyy(c), serial = "9" + c.digits(2);
    return birth + '-' + serial + "0123456789ABCDEFHJKLMNPRSTUVWXY"[number(birth + serial) % 31];
}
std::string belgian(Chance& c) {
    const std::string base = yymmdd(c) + c.digits(3);
    const std::string check = two(static_cast<std::size_t>(97 - number(base) % 97));
    return base.substr(0, 2) + '.' + base.substr(2, 2) + '.' + base.substr(4, 2) + '-' + base.substr(6) + '.' + check;
}
std::string swiss(Chance& c) {
    const std::string base = "756" + c.digits(9);
    int sum = 0;
    for (std::size_t i = 0; i < 12; ++i) sum += value(base[i]) * (i % 2 == 0 ? 1 : 3);
    const std::string all = base + figure((10 - sum % 10) % 10);
    return all.substr(0, 3) + '.' + all.substr(3, 4) + '.' + all.substr(7, 4) + '.' + all.substr(11);
}
std::string brazilian(Chance& c) {
    std::string digits = "3" + c.digits(8);
    for (int round = 0; round < 2; ++round) {
        int sum = 0;
        for (std::size_t i = 0; i < digits.size(); ++i) sum += value(digits[i]) * static_cast<int>(digits.size() + 1 - i);
        const int rest = sum % 11;
        digits += figure(rest < 2 ? 0 : 11 - rest);
    }
    return digits.substr(0, 3) + '.' + digits.substr(3, 3) + '.' + digits.substr(6, 3) + '-' + digits.substr(9);
}
std::string spanish(Chance& c) {
    const std::string digits = "1" + c.digits(7);
    return digits + "TRWAGMYFPDXBNJZSQVHLCKE"[number(digits) % 23];
}
std::string spanish_foreigner(Chance& c) {
    const std::string digits = c.digits(7);
    return "Y" + digits + "TRWAGMYFPDXBNJZSQVHLCKE"[number("1" + digits) % 23];
}
std::string italian(Chance& c) {
    static constexpr std::array<int, 10> odd_digit{1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    static constexpr std::array<int, 26> odd_letter{1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                                    20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    const std::string text = c.from("BCDFGLMNPRSTVZ", 6) + two(40 + c.below(59)) + c.from("ABCDEHLMPRST", 1) +
                             two(1 + c.below(28)) + c.from("ABCDEFGHIL", 1) + padded(100 + c.below(800), 3);
    int sum = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_digit = text[i] <= '9';
        const auto place = static_cast<std::size_t>(is_digit ? text[i] - '0' : text[i] - 'A');
        sum += i % 2 == 1 ? static_cast<int>(place) : is_digit ? odd_digit[place] : odd_letter[place];
    }
    return text + static_cast<char>('A' + sum % 26);
}
std::string french(Chance& c) {
    const std::string base = std::to_string(1 + c.below(2)) + two(40 + c.below(59)) + two(1 + c.below(12)) + two(1 + c.below(95)) +
                             padded(1 + c.below(990), 3) + padded(1 + c.below(990), 3);
    const std::string key = two(static_cast<std::size_t>(97 - number(base) % 97));
    return base[0] + (" " + base.substr(1, 2)) + ' ' + base.substr(3, 2) + ' ' + base.substr(5, 2) + ' ' + base.substr(7, 3) + ' ' +
           base.substr(10) + ' ' + key;
}
std::string american(Chance& c) {
    return padded(100 + c.below(500), 3) + '-' + two(1 + c.below(98)) + '-' + padded(1 + c.below(9998), 4);
}
std::string german_tax(Chance& c) {
    std::string digits = "8" + c.digits(9);
    int product = 10;
    for (const char d : digits) {
        int sum = (value(d) + product) % 10;
        if (sum == 0) sum = 10;
        product = sum * 2 % 11;
    }
    const int check = 11 - product;
    return digits + figure(check == 10 ? 0 : check % 10);
}
std::string polish(Chance& c) {
    const std::string base = yymmdd(c) + c.digits(4);
    return base + figure((10 - weighted(base, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10);
}
std::string dutch(Chance& c) {
    while (true) {
        const std::string base = "1" + c.digits(7);
        const int rest = weighted(base, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
        if (rest < 10) return base + figure(rest);
    }
}
std::string british(Chance& c) {
    const std::string d = c.digits(6);
    return c.from("ABCEGHJKLMNPRSTWXYZ", 1) + c.from("ABCEGHJKLMNPRSTWXYZ", 1) + ' ' + d.substr(0, 2) + ' ' + d.substr(2, 2) + ' ' +
           d.substr(4) + ' ' + c.from("ABCD", 1);
}
std::string chinese(Chance& c) {
    const std::string base = "110105" + ("19" + yymmdd(c)) + c.digits(3);
    const int sum = weighted(base, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2});
    return base + "10X98765432"[sum % 11];
}
std::string korean(Chance& c) {
    const std::string base = yymmdd(c) + std::to_string(1 + c.below(2)) + c.digits(5);
    const int sum = weighted(base, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5});
    const std::string all = base + figure((11 - sum % 11) % 10);
    return all.substr(0, 6) + '-' + all.substr(6);
}
std::string norwegian(Chance& c) {
    while (true) {
        std::string base = ddmmyy(c) + c.digits(3);
        const int first = (11 - weighted(base, {3, 7, 6, 1, 8, 9, 4, 5, 2}) % 11) % 11;
        if (first == 10) continue;
        base += figure(first);
        const int second = (11 - weighted(base, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11;
        if (second == 10) continue;
        return base.substr(0, 6) + ' ' + base.substr(6) + figure(second);
    }
}
std::string danish(Chance& c) {
    return ddmmyy(c) + '-' + padded(1 + c.below(9998), 4);
}
std::string czech(Chance& c) {
    while (true) {
        const std::string base = yymmdd(c) + c.digits(3);
        const auto rest = number(base) % 11;
        if (rest == 10) continue;
        return base.substr(0, 6) + '/' + base.substr(6) + std::to_string(rest);
    }
}
std::string turkish(Chance& c) {
    std::string d = "1" + c.digits(8);
    const int odd = value(d[0]) + value(d[2]) + value(d[4]) + value(d[6]) + value(d[8]);
    const int even = value(d[1]) + value(d[3]) + value(d[5]) + value(d[7]);
    d += figure(((odd * 7 - even) % 10 + 10) % 10);
    int sum = 0;
    for (const char one : d) sum += value(one);
    return d + figure(sum % 10);
}
std::string south_african(Chance& c) {
    return with_luhn(yymmdd(c) + c.digits(4) + "08");
}
std::string singaporean(Chance& c) {
    const std::string d = c.digits(7);
    return 'S' + d + "JZIHGFEDCBA"[weighted(d, {2, 7, 6, 5, 4, 3, 2}) % 11];
}
std::string canadian(Chance& c) {
    const std::string all = with_luhn(std::to_string(1 + c.below(7)) + c.digits(7));
    return all.substr(0, 3) + ' ' + all.substr(3, 3) + ' ' + all.substr(6);
}
std::string australian_tax(Chance& c) {
    while (true) {
        const std::string base = "1" + c.digits(7);
        for (int last = 0; last < 10; ++last)
            if (weighted(base + figure(last), {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0)
                return base.substr(0, 3) + ' ' + base.substr(3, 3) + ' ' + base.substr(6) + figure(last);
    }
}
std::string portuguese(Chance& c) {
    const std::string base = "2" + c.digits(7);
    const int rest = 11 - weighted(base, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return base + figure(rest > 9 ? 0 : rest);
}
std::string british_health(Chance& c) {
    while (true) {
        const std::string base = "4" + c.digits(8);
        const int check = 11 - weighted(base, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
        if (check == 10) continue;
        const std::string all = base + figure(check % 11);
        return all.substr(0, 3) + ' ' + all.substr(3, 3) + ' ' + all.substr(6);
    }
}
std::string mexican(Chance& c) {
    return c.from("BCDFGLMNPR", 1) + c.from("AEIOU", 1) + c.from("BCDFGLMNPR", 2) + yymmdd(c) + c.from("HM", 1) + "DF" +
           c.from("BCDFGLMNPR", 3) + "0" + c.digits(1);
}
std::string japanese(Chance& c) {
    const std::string base = c.digits(11);
    int sum = 0;
    for (int n = 1; n <= 11; ++n) sum += value(base[static_cast<std::size_t>(11 - n)]) * (n <= 6 ? n + 1 : n - 5);
    const std::string all = base + figure(sum % 11 <= 1 ? 0 : 11 - sum % 11);
    return all.substr(0, 4) + ' ' + all.substr(4, 4) + ' ' + all.substr(8);
}

}  // namespace

std::string with_luhn(const std::string& digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int n = value(digits[digits.size() - 1 - i]);
        if (i % 2 == 0) n = n * 2 > 9 ? n * 2 - 9 : n * 2;
        sum += n;
    }
    return digits + figure((10 - sum % 10) % 10);
}

std::string make_iban(Chance& c) {
    struct Country {
        const char* code;
        std::size_t letters;
        std::size_t digits;
    };
    static constexpr std::array countries{Country{"DE", 0, 18}, Country{"FR", 0, 23}, Country{"GB", 4, 14}, Country{"NL", 4, 10},
                                          Country{"ES", 0, 20}, Country{"PL", 0, 24}, Country{"CH", 0, 17}, Country{"SE", 0, 20},
                                          Country{"IE", 4, 14}, Country{"AT", 0, 16}};
    const Country country = countries[c.below(countries.size())];
    const std::string account = c.from("ABCDEFGHKLMNRST", country.letters) + c.digits(country.digits);
    int rest = 0;
    for (const char one : account + country.code + "00") {
        const int n = one <= '9' ? value(one) : one - 'A' + 10;
        rest = (rest * (n > 9 ? 100 : 10) + n) % 97;
    }
    std::string iban = country.code + two(static_cast<std::size_t>(98 - rest)) + account;
    if (c.below(2) == 0) return iban;
    std::string spaced;
    for (std::size_t i = 0; i < iban.size(); ++i) spaced += (i > 0 && i % 4 == 0 ? " " : "") + std::string(1, iban[i]);
    return spaced;
}

const std::vector<NationalNumber>& national_numbers() {
    static const std::vector<NationalNumber> all{{"id_us", true, american},    {"id_fi", true, finnish},
                                                 {"id_se", true, swedish},     {"id_be", true, belgian},
                                                 {"id_ch", true, swiss},       {"id_br", true, brazilian},
                                                 {"id_es", true, spanish},     {"id_es_nie", true, spanish_foreigner},
                                                 {"id_it", true, italian},     {"id_fr", true, french},
                                                 {"id_cn", true, chinese},     {"id_kr", true, korean},
                                                 {"id_mx", true, mexican},     {"id_sg", true, singaporean},
                                                 {"id_cz", true, czech},       {"id_de", false, german_tax},
                                                 {"id_pl", false, polish},     {"id_nl", false, dutch},
                                                 {"id_gb", false, british},    {"id_jp", false, japanese},
                                                 {"id_no", false, norwegian},  {"id_dk", false, danish},
                                                 {"id_tr", false, turkish},    {"id_za", false, south_african},
                                                 {"id_ca", false, canadian},   {"id_au", false, australian_tax},
                                                 {"id_pt", false, portuguese}, {"id_gb_nhs", false, british_health}};
    return all;
}

}  // namespace entente::corpus
