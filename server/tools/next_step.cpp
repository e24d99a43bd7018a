#include "server/tools/next_step.hpp"

#include <array>

namespace entente::tools {
namespace {

// The word after `before`, up to a blank or punctuation; empty when the text does not have it.
std::string word_after(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")));
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string agreement_command(std::string_view text) {
    const std::string id = word_after(text, "/api/v1/agreements/");
    if (!id.empty()) {
        if (has(text, "/accept")) return "entente agreement accept " + id + " --document FILE --signatory 'NAME, TITLE'";
        if (has(text, "/resume")) return "entente agreement resume " + id;
        return "entente agreement show " + id;
    }
    if (has(text, "GET /api/v1/agreements")) return "entente agreement list";
    std::string out = "entente agreement add 'TITLE'";
    const std::string first = word_after(text, "with parties ");
    const std::string second = first.empty() ? std::string() : word_after(text, "with parties " + first + " and ");
    out += " --party " + (first.empty() ? std::string("COMPANY") : first) + " --party " +
           (second.empty() ? std::string("COMPANY") : second);
    return out + " --document FILE --class technical --class product --class diagnostics";
}

std::string authorization_command(std::string_view text) {
    const std::string id = word_after(text, "/api/v1/authorizations/");
    if (!id.empty()) {
        if (has(text, "/attest")) return "entente authorization attest " + id + " --obtained 'WHO, WHEN, HOW'";
        if (has(text, "/grant")) return "entente authorization grant " + id + " --obtained 'WHO, WHEN, HOW'";
        return "entente authorization show " + id;
    }
    const std::string customer = word_after(text, "for customer ");
    std::string partner = word_after(text, "partner ");
    if (partner.empty()) partner = "COMPANY";
    return "entente authorization request --customer " + (customer.empty() ? std::string("CUSTOMER") : customer) + " --partner " +
           partner + " --class technical --class product --class diagnostics --until 30d";
}

}  // namespace

std::string command_for(std::string_view next_step) {
    if (next_step.starts_with("entente ")) return std::string(next_step);
    const std::string token = word_after(next_step, "/api/v1/cases/");
    if (!token.empty() && has(next_step, "/customer"))
        return "entente case customer " + token + " --customer NAME   (a colleague, not who opened the case)";
    if (has(next_step, "/api/v1/authorizations")) return authorization_command(next_step);
    if (has(next_step, "/api/v1/agreements")) return agreement_command(next_step);
    if (has(next_step, "/api/v1/customers")) return "entente customer add 'NAME'";
    if (has(next_step, "/v1/login")) return "entente login --username NAME";
    return {};
}

}  // namespace entente::tools
