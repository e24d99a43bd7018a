#include "server/api/native_json_automation.hpp"

#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace {

void write_time(JsonWriter& out, std::string_view name, const std::optional<protocol::Instant>& time) {
    out.member(name, time ? std::optional(protocol::to_rfc3339(*time)) : std::nullopt);
}

protocol::Evidence read_evidence(Reader& in) {
    protocol::Evidence evidence;
    evidence.kind =
        in.choice("kind", protocol::parse_evidence_kind, "serial_number, contract, product, existing_case").value_or(evidence.kind);
    evidence.field = in.text("field", name_chars, Need::optional);
    evidence.values = in.texts("values", 500, name_chars);
    return evidence;
}

void write_score(JsonWriter& out, const store::RuleScore& score) {
    out.key("score")
        .object()
        .member("accepted", score.accepted)
        .member("acted", score.acted)
        .member("actedLate", score.late)
        .member("notActed", score.overdue)
        .member("waiting", score.waiting)
        .end();
}

}  // namespace

Result<protocol::AcceptanceRule> decode_acceptance_rule(std::string_view body) {
    return decode<protocol::AcceptanceRule>(body, [](Reader& in) {
        protocol::AcceptanceRule rule;
        rule.company = read_company_id(in);
        rule.name = in.text("name", name_chars);
        rule.department = {in.integer("department", 1, id_max, Need::optional).value_or(0)};
        if (in.has("partners")) rule.partners = read_companies(in, "partners");
        for (Reader& evidence : in.objects("evidence", 20, Need::present)) rule.evidence.push_back(read_evidence(evidence));
        rule.next_steps = in.text("nextSteps", text_chars, Need::optional);
        rule.act_within_hours =
            static_cast<int>(in.integer("actWithinHours", 1, 720, Need::optional).value_or(rule.act_within_hours));
        rule.until = in.instant("until", Need::filled).value_or(rule.until);
        return rule;
    });
}

void write(JsonWriter& out, const operations::ScoredRule& scored) {
    const protocol::AcceptanceRule& rule = scored.rule;
    out.object().member("id", rule.id.value).member("company", rule.company.value).member("name", rule.name);
    out.member("department", rule.department ? std::optional(rule.department.value) : std::nullopt);
    write_ids(out, "partners", rule.partners);
    out.key("evidence").array();
    for (const protocol::Evidence& evidence : rule.evidence) {
        out.object().member("kind", name(evidence.kind)).member("field", evidence.field).key("values").array();
        for (const std::string& value : evidence.values) out.value(value);
        out.end().end();
    }
    out.end().member("nextSteps", rule.next_steps).member("actWithinHours", rule.act_within_hours);
    out.member("until", protocol::to_rfc3339(rule.until)).member("createdAt", protocol::to_rfc3339(rule.created_at));
    write_time(out, "endedAt", rule.ended_at);
    write_score(out, scored.score);
    out.end();
}

Result<protocol::IntakeProbe> decode_probe(std::string_view body) {
    return decode<protocol::IntakeProbe>(body, [](Reader& in) {
        protocol::IntakeProbe probe;
        probe.company = read_company_id(in);
        probe.department = {in.integer("department", 1, id_max).value_or(0)};
        probe.customer = {in.integer("customer", 1, id_max).value_or(0)};
        probe.every_hours = static_cast<int>(in.integer("everyHours", 1, 24 * 366, Need::optional).value_or(probe.every_hours));
        return probe;
    });
}

void write(JsonWriter& out, const protocol::IntakeProbe& probe) {
    out.object().member("id", probe.id.value).member("company", probe.company.value).member("department", probe.department.value);
    out.member("customer", probe.customer.value).member("everyHours", probe.every_hours);
    out.member("nextAt", protocol::to_rfc3339(probe.next_at));
    write_time(out, "lastSentAt", probe.last_sent_at);
    out.member("lastResult", probe.last_result.empty() ? std::nullopt : std::optional(probe.last_result));
    out.member("lastCase", probe.last_case ? std::optional(probe.last_case.value) : std::nullopt);
    out.member("createdAt", protocol::to_rfc3339(probe.created_at));
    write_time(out, "endedAt", probe.ended_at);
    out.end();
}

void write(JsonWriter& out, const operations::PartnerFound& found) {
    const protocol::PartnerRow& row = found.row;
    out.object().member("label", row.label).member("company", row.company.value).member("companyName", row.company_name);
    out.member("department", row.department ? std::optional(row.department.value) : std::nullopt);
    out.member("departmentName", row.department_name).member("form", row.form.value).key("tags").array();
    for (const std::string& tag : row.tags) out.value(tag);
    out.end().member("agreement", found.agreement);
    write_time(out, "lastProven", found.last_proven);
    out.member("answerSeconds", found.answer_seconds).end();
}

}  // namespace entente::api::native
