#pragma once
// What a field of an intake form can hold (contract section 8.2). Whether a field is filled at all is the client's duty: the
// contract does not bind the server to `required` (open point 22), so a blank value is always right.

#include <optional>
#include <string>
#include <string_view>

#include "protocol/directory.hpp"

namespace entente::protocol {

// What is wrong with the value, as the end of a sentence ("must be one of 11.2, 12.0"); nothing when the field can hold it. Blanks
// around a value do not matter.
//
// STRING, EMAIL, PHONE, INTEGER, URL: one line of that kind. SELECT: one of the options, letters in any case. TIERSELECT: a path
// from the top of the selections, not necessarily to its end, joined by ":", " : " or " > " (each is written by a connector in the
// field). TEXT and HIDDEN: anything. `not_numeric` in the validation rules: not digits alone.
std::optional<std::string> wrong_value(const FormField& field, std::string_view value);

}  // namespace entente::protocol
