#pragma once
// What a refused call says, in whichever form the gateway spelled it: problem details (RFC 9457), the Connect contract's legacy
// body, OAuth's error body, or plain text from something that is not Entente.

#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/api/message.hpp"
#include "server/tools/command.hpp"
#include "server/tools/table.hpp"

namespace entente::tools {

struct Problem {
    int status = 0;
    std::string what;  // one sentence for a person
    std::string code;  // stable reason code, may be empty
    std::vector<protocol::Violation> violations;
    std::string next_step;
    std::string retry_after;
    std::string body;  // as received, for --json
};

Problem read_problem(const api::Response& response);

// Several lines: what happened, reason, violations with their pointers, the next command to type.
std::string describe(const Problem& problem, const Paint& paint);

// Adds to the pointers which option of the command fills the place, where one clearly does: people typed options, not members.
void name_options(Problem& problem, const Command& command);

// "Next: COMMAND" for the next step that a refusal names, with the gateway's own words above; empty without one.
std::string next_line(std::string_view next_step, const Paint& paint);

int exit_code_of(const Problem& problem);

// Ends a command; main prints the problem and exits.
class Refused : public protocol::Fault {
  public:
    explicit Refused(Problem problem);
    Problem problem;
};

// Ends a command for a reason that this program found itself.
class Stop : public protocol::Fault {
  public:
    Stop(int exit_code, const std::string& what, std::string next_step = {});
    int exit_code;
    std::string next_step;
};

}  // namespace entente::tools
