#pragma once
// How a case looks on a terminal.

#include <string>

#include "server/tools/context.hpp"

namespace entente::tools {

// Prints one case with its trail and notes; `raw` answers with --json.
enum class Hint { next, none };
int print_case(Context& context, const Answer& answer, Hint hint = Hint::next);

// For a case that may wait at the gate: what it waits for and what to do; nothing for a case that passed or is the partner's.
void print_gate(Context& context, const Value& gate);

// 2030-05-04T09:30:00Z reads easier as 2030-05-04 09:30Z.
std::string short_time(const std::string& time);

// "/v1/collaboration-requests/TOKEN" with a tail, for the argument TOKEN.
std::string case_path(const Context& context, std::string_view tail = {});
std::string native_case_path(const Context& context, std::string_view tail);

// Commands kept in their own files.
Command case_open_command();
Command case_form_command();
std::vector<Command> case_answer_commands();
std::vector<Command> case_gate_commands();
std::vector<Command> case_life_commands();

}  // namespace entente::tools
