#pragma once
// The words of a letter as named texts, which is how they wait in the store, and back. Not for use outside of operations/.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/mail/letter.hpp"
#include "server/operations/mail.hpp"

namespace entente::operations {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

std::string letter_kind(const LetterWords& words);  // authorization_request, authorization_code, ...
NamedTexts letter_terms(const LetterWords& words);

// Nothing for a kind that this version does not write.
std::optional<protocol::mail::Letter> letter_of(std::string_view kind, protocol::Language language, const NamedTexts& terms);

}  // namespace entente::operations
