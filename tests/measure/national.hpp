#pragma once
// Numbers of persons, accounts and cards with their check digits right, made independently of the checks in policy/checks: by the
// issuers' rules for appending a check digit, not by trying until a check agrees.

#include <functional>
#include <string>
#include <vector>

namespace entente::corpus {

class Chance;

std::string with_luhn(const std::string& digits);
std::string make_iban(Chance& chance);

struct NationalNumber {
    const char* name;
    bool formatted;  // recognised by its form alone; otherwise templates put the label beside it
    std::function<std::string(Chance&)> make;
};
const std::vector<NationalNumber>& national_numbers();

}  // namespace entente::corpus
