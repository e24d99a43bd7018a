#include "policy/rules/default_rules.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace entente::policy {

namespace {

constexpr std::array harmless{
    "",          "null",       "none",    "nil",       "n/a",       "na",        "true",         "false",          "yes",
    "no",        "not",        "empty",   "unset",     "set",       "unknown",   "required",     "missing",        "incorrect",
    "invalid",   "wrong",      "expired", "failed",    "failure",   "denied",    "ok",           "error",          "hidden",
    "redacted",  "masked",     "removed", "changed",   "reset",     "accepted",  "rejected",     "disabled",       "enabled",
    "undefined", "default",    "prompt",  "option",    "flag",      "parameter", "argument",     "switch",         "file",
    "and",       "or",         "please",  "bitte",     "policy",    "sent",      "optional",     "string",         "xxx",
    "see",       "is",         "for",     "the",       "verified",  "unchanged", "confidential", "authentication", "verification",
    "mismatch",  "validation", "locked",  "protected", "encrypted", "ignored",   "omitted",      "secrets",        "passwords",
    "tokens",    "keys"};

constexpr std::array organisation{
    "team",     "support",     "desk",        "service",    "services",      "department",  "dept",     "group",
    "center",   "centre",      "gmbh",        "inc",        "ltd",           "llc",         "corp",     "corporation",
    "company",  "ag",          "helpdesk",    "operations", "administrator", "admin",       "root",     "system",
    "systems",  "customer",    "customers",   "vendor",     "partner",       "all",         "sir",      "madam",
    "everyone", "colleagues",  "colleague",   "both",       "there",         "engineering", "engineer", "engineers",
    "storage",  "network",     "networks",    "database",   "security",      "cloud",       "platform", "noc",
    "soc",      "it",          "sales",       "office",     "user",          "users",       "guest",    "unknown",
    "none",     "null",        "true",        "false",      "yes",           "no",          "tbd",      "manager",
    "owner",    "default",     "server",      "cluster",    "node",          "host",        "hosts",    "sre",
    "dba",      "management",  "technical",   "escalation", "escalations",   "damen",       "herren",   "kollegen",
    "zusammen", "kolleginnen", "please",      "see",        "the",           "your",        "our",      "not",
    "provided", "available",   "information", "details",    "request",       "requested",   "version",  "product",
    "error",    "status",      "holder"};

}  // namespace

std::span<const Rule> default_rules() {
    static const std::vector<Rule> all = [] {
        std::vector<Rule> rules;
        for (const auto part : {credential_rules(), issuer_rules(), person_rules(), infrastructure_rules()})
            rules.insert(rules.end(), part.begin(), part.end());
        return rules;
    }();
    return all;
}

bool harmless_value(std::string_view value) {
    std::string lower;
    for (const char c : value) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    while (!lower.empty() && (lower.back() == '.' || lower.back() == ',' || lower.back() == '!')) lower.pop_back();
    return std::ranges::any_of(harmless, [&](std::string_view word) { return word == lower; });
}

bool organisation_word(std::string_view lower_case) {
    return std::ranges::any_of(organisation, [&](std::string_view word) { return word == lower_case; });
}

}  // namespace entente::policy
