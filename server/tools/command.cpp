#include "server/tools/command.hpp"

#include <utility>

namespace entente::tools {

Option flag(std::string name, std::string help) {
    return {Option::Kind::flag, std::move(name), {}, std::move(help)};
}

Option value(std::string name, std::string word, std::string help) {
    return {Option::Kind::value, std::move(name), std::move(word), std::move(help)};
}

Option needed(std::string name, std::string word, std::string help) {
    return {Option::Kind::value, std::move(name), std::move(word), std::move(help), true};
}

Option several(std::string name, std::string word, std::string help) {
    return {Option::Kind::list, std::move(name), std::move(word), std::move(help)};
}

Option choice(std::string name, std::vector<std::string> choices, std::string help) {
    return {Option::Kind::value, std::move(name), {}, std::move(help), false, std::move(choices)};
}

Option argument(std::string word, std::string help) {
    return {Option::Kind::argument, word, word, std::move(help), true};
}

Option optional_argument(std::string word, std::string help) {
    return {Option::Kind::argument, word, word, std::move(help), false};
}

Option arguments(std::string word, std::string help) {
    return {Option::Kind::rest, word, word, std::move(help), true};
}

std::vector<Command> api_commands() {
    std::vector<Command> out;
    for (auto* const noun :
         {case_commands,       login_commands,         company_commands,     onboard_commands,   user_commands,
          client_commands,     department_commands,    form_commands,        hours_commands,     customer_commands,
          agreement_commands,  authorization_commands, webhook_commands,     file_commands,      certificate_commands,
          automation_commands, conformance_commands,   audit_commands,       gate_commands,      sharing_commands,
          mail_commands,       evidence_commands,      audit_proof_commands, reconcile_commands, erasure_commands,
          generation_commands, subject_commands,       scrub_commands,       completion_commands}) {
        for (Command& command : noun()) out.push_back(std::move(command));
    }
    return out;
}

}  // namespace entente::tools
