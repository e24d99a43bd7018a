#pragma once
// Check digits: is this number what its shape says? Separators are ignored. Sources: ISO/IEC 7812 (cards), ISO 13616 (IBAN), and
// the rules that the issuing states publish for their numbers.

#include <cstddef>
#include <string>
#include <string_view>

namespace entente::policy {

std::string digits_of(std::string_view text);
std::string letters_and_digits_of(std::string_view text);  // upper case

bool luhn(std::string_view digits);
bool payment_card(std::string_view digits);  // prefix, length and Luhn

// Characters of `text` that an IBAN at its beginning takes (separators included), or 0: country, length and remainder 97.
std::size_t iban_length(std::string_view text);

bool us_ssn(std::string_view digits);
bool finnish_id(std::string_view text);
bool swedish_id(std::string_view digits);  // the last ten
bool belgian_id(std::string_view digits);
bool swiss_id(std::string_view digits);
bool brazilian_id(std::string_view digits);
bool spanish_id(std::string_view letters_and_digits);
bool italian_id(std::string_view letters_and_digits);
bool french_id(std::string_view letters_and_digits);
bool chinese_id(std::string_view letters_and_digits);
bool korean_id(std::string_view digits);
bool mexican_id(std::string_view text);
bool singaporean_id(std::string_view text);
bool czech_id(std::string_view digits);
// One of the numbers that are only looked for after a label.
bool labelled_id(std::string_view letters_and_digits);

}  // namespace entente::policy
