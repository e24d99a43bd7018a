#pragma once
// The command line as a table of plain values. Each noun (case, user, agreement, ...) lists its commands in a file of its own; the
// parser, the help texts and the shell completions are all derived from the table, so that they cannot disagree.
//
// A command runs once in a Context, prints to its streams and returns an exit code (exit_code.hpp).

#include <string>
#include <vector>

namespace entente::tools {

class Context;

struct Option {
    enum class Kind {
        flag,      // --name
        value,     // --name WORD
        list,      // --name WORD, may be given several times
        argument,  // WORD by its position
        rest,      // every further WORD
    };
    Kind kind = Kind::value;
    std::string name;  // without dashes; for arguments the word itself, for example TOKEN
    std::string word;  // stands for the value in the help
    std::string help;
    bool required = false;
    std::vector<std::string> choices{};  // nothing else is accepted when given
};

Option flag(std::string name, std::string help);
Option value(std::string name, std::string word, std::string help);
Option needed(std::string name, std::string word, std::string help);
Option several(std::string name, std::string word, std::string help);
Option choice(std::string name, std::vector<std::string> choices, std::string help);
Option argument(std::string word, std::string help);  // required
Option optional_argument(std::string word, std::string help);
Option arguments(std::string word, std::string help);  // one or more

// Whose credential a command uses unless --profile, --operator or ENTENTE_TOKEN says otherwise.
enum class Caller {
    nobody,              // needs none
    person,              // the signed-in profile
    person_or_operator,  // the signed-in profile; without one, the operator's credential in the keys folder
    gateway_operator,    // the operator's credential
};

struct Command {
    std::string path;     // "case open"
    std::string summary;  // one line, a sentence without full stop
    std::string example;  // lines as one would type them
    Caller caller = Caller::person;
    std::vector<Option> options{};
    int (*run)(Context&) = nullptr;
};

// The nouns, one file each.
std::vector<Command> case_commands();
std::vector<Command> company_commands();
std::vector<Command> user_commands();
std::vector<Command> client_commands();
std::vector<Command> department_commands();
std::vector<Command> form_commands();
std::vector<Command> hours_commands();
std::vector<Command> customer_commands();
std::vector<Command> agreement_commands();
std::vector<Command> authorization_commands();
std::vector<Command> certificate_commands();
std::vector<Command> webhook_commands();  // and events
std::vector<Command> file_commands();
std::vector<Command> audit_commands();
std::vector<Command> evidence_commands();
std::vector<Command> reconcile_commands();
std::vector<Command> audit_proof_commands();  // checkpoint, receipt, prove
std::vector<Command> gate_commands();
std::vector<Command> sharing_commands();  // scan, labels, rules, keys of customers and signatories
std::vector<Command> mail_commands();
std::vector<Command> erasure_commands();  // and hold
std::vector<Command> generation_commands();
std::vector<Command> subject_commands();
std::vector<Command> scrub_commands();  // and who read what
std::vector<Command> login_commands();
std::vector<Command> onboard_commands();
std::vector<Command> automation_commands();  // rules, probes, partners
std::vector<Command> conformance_commands();
std::vector<Command> completion_commands();

// What talks to the API, in the order of the help. Commands that need the gateway itself (serve, init, ...) are added by main.
std::vector<Command> api_commands();

}  // namespace entente::tools
