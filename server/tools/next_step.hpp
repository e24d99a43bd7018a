#pragma once
// Refusals name the call that helps; at a terminal the command for it is more use. Turns "POST /api/v1/agreements with parties 12
// and 31" into a command with its options, words in capitals being what only the person knows.

#include <string>
#include <string_view>

namespace entente::tools {

// Empty when the text names no call that a command makes. A text that is a command already comes back as it is.
std::string command_for(std::string_view next_step);

}  // namespace entente::tools
