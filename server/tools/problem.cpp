#include "server/tools/problem.hpp"

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

}  // namespace

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
