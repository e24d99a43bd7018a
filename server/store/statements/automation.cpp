#include "server/store/statements/automation.hpp"

#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::AcceptanceRule;
using protocol::AcceptanceRuleId;
using protocol::CaseId;
using protocol::CompanyId;
using protocol::Instant;
using protocol::IntakeProbe;
using protocol::IntakeProbeId;

namespace {

constexpr std::uint8_t rule_version = 1;

std::string place(AcceptanceRuleId id) {
    return "acceptance_rules/words/" + std::to_string(id.value);
}

Blob seal_words(Txn& txn, Vault& vault, const AcceptanceRule& rule) {
    Packer pack(rule_version);
    pack.text(rule.name).text(rule.next_steps).count(rule.partners);
    for (const CompanyId partner : rule.partners) pack.number(partner.value);
    pack.count(rule.evidence);
    for (const protocol::Evidence& evidence : rule.evidence) {
        pack.number(static_cast<int>(evidence.kind)).text(evidence.field).count(evidence.values);
        for (const std::string& value : evidence.values) pack.text(value);
    }
    return vault.seal(txn, Owner::company(rule.company), {}, Tag::content, place(rule.id), pack.bytes());
}

void open_words(std::string_view bytes, AcceptanceRule& rule) {
    Unpacker in(bytes, rule_version);
    rule.name = in.text();
    rule.next_steps = in.text();
    for (std::int64_t left = in.number(); left > 0; --left) rule.partners.push_back({in.number()});
    for (std::int64_t left = in.number(); left > 0; --left) {
        protocol::Evidence evidence;
        evidence.kind = in.as<protocol::EvidenceKind>();
        evidence.field = in.text();
        for (std::int64_t values = in.number(); values > 0; --values) evidence.values.push_back(in.text());
        rule.evidence.push_back(std::move(evidence));
    }
}

std::optional<Instant> maybe(const Row& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(Instant{row.number(column)});
}

// Without words when their key was destroyed: such a rule asserts nothing and never fires.
AcceptanceRule read_rule(ReadTxn& txn, Vault& vault, const Row& row) {
    AcceptanceRule rule;
    rule.id = {row.number(0)};
    rule.company = {row.number(1)};
    rule.department = {row.number(2)};
    rule.until = Instant{row.number(3)};
    rule.act_within_hours = static_cast<int>(row.number(4));
    rule.created_at = Instant{row.number(5)};
    rule.ended_at = maybe(row, 6);
    if (const auto words = vault.open(txn, place(rule.id), row.bytes(7))) open_words(*words, rule);
    return rule;
}

IntakeProbe read_probe(const Row& row) {
    IntakeProbe probe;
    probe.id = {row.number(0)};
    probe.company = {row.number(1)};
    probe.department = {row.number(2)};
    probe.customer = {row.number(3)};
    probe.every_hours = static_cast<int>(row.number(4));
    probe.next_at = Instant{row.number(5)};
    probe.last_case = {row.number(6)};
    probe.last_sent_at = maybe(row, 7);
    probe.last_result = row.text(8);
    probe.created_at = Instant{row.number(9)};
    probe.ended_at = maybe(row, 10);
    return probe;
}

std::vector<IntakeProbeId> probe_ids(ReadTxn& txn, std::string_view sql, Args args) {
    std::vector<IntakeProbeId> ids;
    txn.each(sql, args, [&](const Row& row) { ids.push_back({row.number(0)}); });
    return ids;
}

}  // namespace

void insert_acceptance_rule(Txn& txn, Vault& vault, const AcceptanceRule& rule, std::string_view created_by) {
    const Blob words = seal_words(txn, vault, rule);
    txn.change(
        "INSERT INTO acceptance_rules (id, company, department, until, act_within_hours, created_at, created_by, words)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {rule.id.value, rule.company.value, rule.department.value, rule.until.us, rule.act_within_hours, rule.created_at.us,
         created_by, Bytes(words)});
}

void end_acceptance_rule(Txn& txn, AcceptanceRuleId id, Instant now) {
    txn.change("UPDATE acceptance_rules SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", {id.value, now.us});
}

std::optional<AcceptanceRule> find_acceptance_rule(ReadTxn& txn, Vault& vault, CompanyId company, AcceptanceRuleId id) {
    return txn.first(
        "SELECT id, company, department, until, act_within_hours, created_at, ended_at, words FROM acceptance_rules"
        " WHERE company = $1 AND id = $2",
        {company.value, id.value}, [&](const Row& row) { return read_rule(txn, vault, row); });
}

std::vector<AcceptanceRule> acceptance_rules_of(ReadTxn& txn, Vault& vault, CompanyId company, std::optional<Instant> in_force_at) {
    std::vector<AcceptanceRule> rules;
    txn.each(
        "SELECT id, company, department, until, act_within_hours, created_at, ended_at, words FROM acceptance_rules"
        " WHERE company = $1 AND ($2 = 0 OR (ended_at IS NULL AND until > $2)) ORDER BY created_at, id",
        {company.value, in_force_at ? in_force_at->us : 0}, [&](const Row& row) { rules.push_back(read_rule(txn, vault, row)); });
    return rules;
}

std::vector<RuleCandidate> cases_for_rules(ReadTxn& txn, Instant now, Instant released_since) {
    std::vector<RuleCandidate> candidates;
    txn.each(
        "SELECT c.id, c.version FROM cases c WHERE c.receiver IN (SELECT company FROM acceptance_rules WHERE ended_at IS NULL AND "
        "until > $1)"
        " AND c.status = 'OPEN' AND c.flow = 'open' AND c.responded = 0 AND c.test = 0 AND c.released_at >= $2",
        {now.us, released_since.us}, [&](const Row& row) { candidates.push_back({{row.number(0)}, row.number(1)}); });
    return candidates;
}

void insert_rule_acceptance(Txn& txn, CaseId case_id, AcceptanceRuleId rule, Instant now, Instant act_by) {
    txn.change("INSERT INTO rule_acceptances (case_id, rule, accepted_at, act_by) VALUES ($1, $2, $3, $4)",
               {case_id.value, rule.value, now.us, act_by.us});
}

std::map<AcceptanceRuleId, RuleScore> rule_scores(ReadTxn& txn, CompanyId company, Instant now) {
    std::map<AcceptanceRuleId, RuleScore> scores;
    txn.each(
        "SELECT a.rule, a.act_by, (SELECT MIN(n.created_at) FROM notes n WHERE n.case_id = a.case_id AND n.author_company = "
        "r.company"
        " AND n.created_at > a.accepted_at), (SELECT MIN(p.created_at) FROM responses p WHERE p.case_id = a.case_id"
        " AND p.author_company = r.company AND p.created_at > a.accepted_at)"
        " FROM rule_acceptances a JOIN acceptance_rules r ON r.id = a.rule WHERE r.company = $1",
        {company.value}, [&](const Row& row) {
            RuleScore& score = scores[{row.number(0)}];
            const Instant act_by{row.number(1)};
            const auto note = maybe(row, 2), response = maybe(row, 3);
            const auto acted = note && response ? std::optional(std::min(*note, *response)) : note ? note : response;
            ++score.accepted;
            if (acted) {
                ++(*acted <= act_by ? score.acted : score.late);
            } else {
                ++(now > act_by ? score.overdue : score.waiting);
            }
        });
    return scores;
}

void insert_probe(Txn& txn, const IntakeProbe& probe, std::string_view created_by) {
    txn.change(
        "INSERT INTO intake_probes (id, company, department, customer, every_hours, next_at, last_case, last_result, created_at,"
        " created_by) VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7, $8)",
        {probe.id.value, probe.company.value, probe.department.value, probe.customer.value, probe.every_hours, probe.next_at.us,
         probe.created_at.us, created_by});
}

void update_probe(Txn& txn, const IntakeProbe& probe) {
    const auto or_null = [](const std::optional<Instant>& time) { return time ? Value(time->us) : Value(); };
    txn.change(
        "UPDATE intake_probes SET next_at = $2, last_case = $3, last_sent_at = $4, last_result = $5, ended_at = $6 WHERE id = $1",
        {probe.id.value, probe.next_at.us, probe.last_case.value, or_null(probe.last_sent_at), probe.last_result,
         or_null(probe.ended_at)});
}

std::optional<IntakeProbe> find_probe(ReadTxn& txn, IntakeProbeId id) {
    return txn.first(
        "SELECT id, company, department, customer, every_hours, next_at, last_case, last_sent_at, last_result, created_at, ended_at"
        " FROM intake_probes WHERE id = $1",
        {id.value}, read_probe);
}

std::vector<IntakeProbe> probes_of(ReadTxn& txn, CompanyId company) {
    std::vector<IntakeProbe> probes;
    txn.each(
        "SELECT id, company, department, customer, every_hours, next_at, last_case, last_sent_at, last_result, created_at, ended_at"
        " FROM intake_probes WHERE company = $1 ORDER BY created_at, id",
        {company.value}, [&](const Row& row) { probes.push_back(read_probe(row)); });
    return probes;
}

std::vector<IntakeProbeId> probes_due(ReadTxn& txn, Instant now, int limit) {
    return probe_ids(txn, "SELECT id FROM intake_probes WHERE ended_at IS NULL AND next_at <= $1 ORDER BY next_at, id LIMIT $2",
                     {now.us, limit});
}

std::vector<IntakeProbeId> probes_waiting(ReadTxn& txn, int limit) {
    return probe_ids(txn,
                     "SELECT p.id FROM intake_probes p JOIN cases c ON c.id = p.last_case WHERE p.last_result IN ('sent', 'held',"
                     " 'unanswered') AND (c.responded = 1 OR EXISTS (SELECT 1 FROM notes n WHERE n.case_id = c.id AND"
                     " n.author_company = c.receiver)) ORDER BY p.id LIMIT $1",
                     {limit});
}

std::optional<Instant> first_answer(ReadTxn& txn, CaseId id, CompanyId receiver) {
    const auto at = txn.first(
        "SELECT MIN(created_at) FROM (SELECT created_at FROM responses WHERE case_id = $1 AND author_company = $2 UNION ALL"
        " SELECT created_at FROM notes WHERE case_id = $1 AND author_company = $2) said"
        " WHERE NOT EXISTS (SELECT 1 FROM rule_acceptances a WHERE a.case_id = $1)",
        {id.value, receiver.value}, [](const Row& row) { return maybe(row, 0); });
    return at ? *at : std::nullopt;
}

void record_liveness(Txn& txn, protocol::DepartmentId department, const Liveness& liveness) {
    txn.change(
        "INSERT INTO department_liveness (department, proven_at, answer_seconds) VALUES ($1, $2, $3) ON CONFLICT (department)"
        " DO UPDATE SET proven_at = excluded.proven_at, answer_seconds = excluded.answer_seconds",
        {department.value, liveness.proven_at.us, liveness.answer_seconds});
}

std::map<protocol::DepartmentId, Liveness> all_liveness(ReadTxn& txn) {
    std::map<protocol::DepartmentId, Liveness> all;
    txn.each("SELECT department, proven_at, answer_seconds FROM department_liveness", {},
             [&](const Row& row) { all[{row.number(0)}] = {Instant{row.number(1)}, row.number(2)}; });
    return all;
}

}  // namespace entente::store
