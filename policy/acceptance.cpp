#include "policy/acceptance.hpp"

#include <algorithm>

#include "protocol/name_table.hpp"
#include "protocol/reader.hpp"

namespace entente::policy {

using protocol::AcceptanceRule;
using protocol::Evidence;
using protocol::EvidenceKind;
using protocol::Violation;

namespace {

constexpr std::size_t beginning_min = 3;  // characters before a star
constexpr std::int64_t longest_days = 366;

// Letters in any case, blanks trimmed and around separators left out: "Cloud : Vault" and "cloud > vault" are one product.
std::string comparable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' && (out.empty() || out.back() == ':' || out.back() == ' ')) continue;
        if ((c == ':' || c == '>') && !out.empty() && out.back() == ' ') out.pop_back();
        out += c == '>' ? ':' : protocol::ascii_lower(c);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

bool stands_for(std::string_view pattern, const std::string& value) {
    if (pattern.ends_with('*')) return value.starts_with(comparable(pattern.substr(0, pattern.size() - 1)));
    return comparable(pattern) == value;
}

bool shown(const Evidence& evidence, const AcceptanceFacts& facts) {
    if (evidence.kind == EvidenceKind::existing_case) return facts.existing_case;
    return std::ranges::any_of(facts.fields, [&](const auto& field) {
        if (!protocol::same_letters(field.first, evidence.field)) return false;
        const std::string value = comparable(field.second);
        return !value.empty() &&
               std::ranges::any_of(evidence.values, [&](const std::string& pattern) { return stands_for(pattern, value); });
    });
}

void check_evidence(const Evidence& evidence, const std::string& pointer, std::vector<Violation>& violations) {
    if (evidence.kind == EvidenceKind::existing_case) {
        if (!evidence.field.empty() || !evidence.values.empty())
            violations.push_back(
                {pointer, "not_allowed", "an existing case is found by its number and takes no field and no values"});
        return;
    }
    if (evidence.field.empty()) violations.push_back({pointer + "/field", "missing", "is required: the label of the form's field"});
    if (evidence.values.empty())
        violations.push_back({pointer + "/values", "missing", "is required: what must stand in the field"});
    for (std::size_t i = 0; i < evidence.values.size(); ++i) {
        const std::string& value = evidence.values[i];
        const std::size_t star = value.find('*');
        const bool beginning = star != std::string::npos;
        if (comparable(value).empty() ||
            (beginning && (star + 1 != value.size() || comparable(value.substr(0, star)).size() < beginning_min)))
            violations.push_back(
                {pointer + "/values/" + std::to_string(i), "not_allowed",
                 "must be a whole value, or at least three characters and a star at the end: anything else is no evidence"});
    }
}

}  // namespace

AcceptanceVerdict decide_acceptance(const AcceptanceRule& rule, const AcceptanceFacts& facts) {
    if (rule.company != facts.receiver) return {false, "other_company"};
    if (rule.ended_at || facts.now >= rule.until) return {false, "rule_ended"};
    if (facts.flow != protocol::Flow::open) return {false, "case_held"};
    if (facts.status != protocol::CaseStatus::open) return {false, "case_not_open"};
    if (facts.test) return {false, "test_case"};
    if (rule.department && rule.department != facts.department) return {false, "other_department"};
    if (!rule.partners.empty() && std::ranges::find(rule.partners, facts.submitter) == rule.partners.end())
        return {false, "other_partner"};
    if (facts.released_at < rule.created_at) return {false, "older_than_rule"};
    const bool proven = !rule.evidence.empty() &&
                        std::ranges::all_of(rule.evidence, [&](const Evidence& evidence) { return shown(evidence, facts); });
    if (!proven) return {false, "evidence_missing"};
    return {true, "rule_fires"};
}

protocol::Result<void> check_acceptance_rule(const AcceptanceRule& rule, protocol::Instant now) {
    std::vector<Violation> violations;
    if (rule.evidence.empty()) violations.push_back({"/evidence", "missing", "a rule must name the evidence it asserts"});
    for (std::size_t i = 0; i < rule.evidence.size(); ++i)
        check_evidence(rule.evidence[i], "/evidence/" + std::to_string(i), violations);
    if (rule.until <= now || rule.until > now.plus_seconds(longest_days * 86'400))
        violations.push_back({"/until", "not_allowed", "must be within the next year"});
    if (rule.act_within_hours < 1 || rule.act_within_hours > 720)
        violations.push_back({"/actWithinHours", "not_allowed", "must be from 1 to 720"});
    if (violations.empty()) return {};
    return std::unexpected(protocol::invalid_members(std::move(violations)));
}

}  // namespace entente::policy
