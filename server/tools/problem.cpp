#include "server/tools/problem.hpp"

#include <algorithm>
#include <array>

#include "server/tools/exit_code.hpp"
#include "server/tools/next_step.hpp"
#include "server/tools/text.hpp"
#include "server/tools/value.hpp"

namespace entente::tools {
namespace {

std::string header(const api::Response& response, std::string_view name) {
    for (const api::Header& each : response.headers) {
        if (same_ignoring_case(each.name, name)) return each.value;
    }
    return {};
}

std::string first_of(const Value& body, std::initializer_list<std::string_view> members) {
    for (const std::string_view member : members) {
        std::string text = body.text(member);
        if (!text.empty()) return text;
    }
    return {};
}

std::string_view heading(const Problem& problem) {
    if (problem.status == 401) return "Not signed in";
    if (problem.status == 404) return "Not found";
    if (problem.status == 429 || problem.status == 503) return "Not now";
    if (problem.status >= 500) return "The gateway failed";
    return problem.status == 400 ? "Not accepted" : "Refused";
}

// "requiredAssurance" as an option would spell it: "required-assurance".
std::string as_option(std::string_view member) {
    std::string out;
    for (const char c : member) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital && !out.empty()) out += '-';
        out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

struct Spelled {
    std::string_view member;
    std::string_view option;
};
constexpr std::array spelled_otherwise{
    Spelled{"problemSummary", "summary"},
    Spelled{"problemDescription", "description"},
    Spelled{"internalCaseNumber", "number"},
    Spelled{"caseNumber", "number"},
    Spelled{"requiredAssurance", "assurance"},
    Spelled{"dataClasses", "class"},
    Spelled{"engineerName", "engineer"},
    Spelled{"engineerEmail", "email"},
    Spelled{"engineerPhone", "phone"},
    Spelled{"testSubmission", "test"},
    Spelled{"owner", "to"},
    Spelled{"parties", "party"},
    Spelled{"aliases", "alias"},
    Spelled{"reason", "reject"},
    Spelled{"description", "text"},
};

// Words of a pointer, however it is spelled: /customFields/4/value, customFields[4].value.
std::vector<std::string> words_of(std::string_view pointer) {
    std::vector<std::string> out;
    while (!pointer.empty()) {
        const std::size_t end = std::min(pointer.find_first_of("/.[]"), pointer.size());
        if (end > 0 && !is_number(pointer.substr(0, end))) out.emplace_back(pointer.substr(0, end));
        pointer.remove_prefix(std::min(end + 1, pointer.size()));
    }
    return out;
}

std::string called(const Command& command, std::string_view name) {
    for (const Option& option : command.options) {
        const bool positional = option.kind == Option::Kind::argument || option.kind == Option::Kind::rest;
        if (!positional && option.name == name) return "--" + option.name;
        if (positional && lower(option.name) == name) return option.name;
    }
    return {};
}

std::string option_for(std::string_view pointer, const Command& command) {
    const std::vector<std::string> words = words_of(pointer);
    if (words.empty()) return {};
    if (words.front() == "customFields") return called(command, "field").empty() ? std::string() : "--field 'LABEL=...'";
    const std::string name = as_option(words.back());
    if (words.front() == "submitterContactDetails") return called(command, "contact-" + name);
    std::string option = called(command, name);
    for (const Spelled& each : spelled_otherwise)
        if (option.empty() && each.member == words.back()) option = called(command, each.option);
    if (option.empty() && name.ends_with('s')) option = called(command, name.substr(0, name.size() - 1));
    return option;
}

}  // namespace

void name_options(Problem& problem, const Command& command) {
    for (protocol::Violation& violation : problem.violations) {
        if (violation.pointer.find(" (") != std::string::npos) continue;  // the command said it itself
        const std::string option = option_for(violation.pointer, command);
        if (!option.empty()) violation.pointer += " (" + option + ")";
    }
}

Problem read_problem(const api::Response& response) {
    Problem out{
        .status = response.status, .what = {}, .code = {}, .violations = {}, .next_step = {}, .retry_after = {}, .body = {}};
    out.body = response.body;
    out.retry_after = header(response, "Retry-After");
    const std::optional<Value> body = Value::parse(response.body);
    if (!body || !body->is_object()) {
        out.what = "status " + std::to_string(response.status) + " without an explanation: " + shortened(response.body, 200);
        return out;
    }
    out.what = first_of(*body, {"detail", "message", "error_description", "title", "error"});
    out.code = first_of(*body, {"code", "error"});
    out.next_step = body->text("nextStep");
    for (const Value& each : body->items("violations")) {
        out.violations.push_back({each.text("pointer"), each.text("code"), each.text("message")});
    }
    for (const Value& each : body->items("validationErrors")) {
        out.violations.push_back({each.text("field"), {}, each.text("message")});
    }
    if (out.what.empty()) out.what = "status " + std::to_string(response.status) + " without an explanation";
    return out;
}

std::string describe(const Problem& problem, const Paint& paint) {
    std::string out = paint(Ink::red, heading(problem)) + ": " + printable(problem.what, Lines::join) + "\n";
    if (!problem.code.empty()) {
        out += paint(Ink::dim, "  reason") + "  " + printable(problem.code, Lines::join) + " (" + std::to_string(problem.status) +
               ")\n";
    }
    for (const protocol::Violation& violation : problem.violations) {
        out += paint(Ink::dim, "  at") + "      " + printable(violation.pointer, Lines::join) + ": " +
               printable(violation.message, Lines::join);
        if (!violation.code.empty()) out += " (" + printable(violation.code, Lines::join) + ")";
        out += "\n";
    }
    if (!problem.retry_after.empty())
        out += paint(Ink::dim, "  again") + "   in " + printable(problem.retry_after, Lines::join) + " s\n";
    return out + next_line(problem.next_step, paint);
}

std::string next_line(std::string_view next_step, const Paint& paint) {
    if (next_step.empty()) return {};
    const std::string command = command_for(next_step);
    const std::string said = printable(next_step, Lines::join);
    if (command.empty() || command == next_step) return paint(Ink::bold, "Next:") + " " + said + "\n";
    return paint(Ink::dim, "  " + said.substr(0, said.find(": "))) + "\n" + paint(Ink::bold, "Next:") + " " +
           printable(command, Lines::join) + "\n";
}

int exit_code_of(const Problem& problem) {
    if (problem.status == 401) return exit_code::not_signed_in;
    if (problem.status == 429 || problem.status == 503) return exit_code::unreachable;
    return exit_code::refused;
}

Refused::Refused(Problem what) : Fault(what.what), problem(std::move(what)) {}

Stop::Stop(int code, const std::string& what, std::string next) : Fault(what), exit_code(code), next_step(std::move(next)) {}

}  // namespace entente::tools
