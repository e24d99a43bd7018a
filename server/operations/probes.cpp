#include "server/operations/probes.hpp"

#include <map>

#include "server/operations/case_gate.hpp"
#include "server/operations/cases.hpp"
#include "server/store/statements/automation.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::Department;
using protocol::IntakeProbe;
using protocol::IntakeProbeId;

namespace {

audit::Record probe_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

Error missing(std::string_view what) {
    return {
        .kind = ErrorKind::not_found, .code = std::string(what) + "_not_found", .message = "there is no such " + std::string(what)};
}

Caller probe_caller(const IntakeProbe& probe) {
    Caller caller;
    caller.principal = {certs::PrincipalKind::probe, probe.id.value, probe.company, protocol::Role::api_client, "probe", ""};
    return caller;
}

// Fixed words, and the name of the test customer where the form asks for the customer.
protocol::NewCase test_case(ReadTxn& txn, const Context& context, const IntakeProbe& probe, const Department& department,
                            const protocol::Form& form) {
    protocol::NewCase input;
    input.form = form.id;
    input.internal_case_number = "PROBE-" + std::to_string(probe.id.value) + "-" + std::to_string(context.now.seconds() / 60);
    input.summary = "Test of the way into " + department.name;
    input.description =
        "This is a test: a partner's gateway looks from time to time whether cases for this department reach somebody. Please "
        "accept or "
        "decline it; nothing else is needed.";
    input.priority = protocol::Priority::low;
    input.test = true;
    const auto customer = store::find_customer(txn, context.tools.vault, probe.company, probe.customer);
    for (const protocol::FormField& field : form.fields)
        if (field.identifies_customer && customer) input.fields.push_back({field.id, customer->customer.name});
    return input;
}

bool still_open(ReadTxn& txn, const Context& context, protocol::CaseId id) {
    const auto c = id ? store::find_case(txn, context.tools.vault, id) : std::nullopt;
    return c && c->status != protocol::CaseStatus::closed && c->status != protocol::CaseStatus::rejected;
}

}  // namespace

Audited<IntakeProbe> add_probe(Txn& txn, const Context& context, const Caller& caller, IntakeProbe probe) {
    audit::Record record = probe_record(caller, "intake_probe.create", audit::activity_create);
    if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed)
        return refused<IntakeProbe>(std::move(record), allowed.error());
    const auto company = acting_for(txn, caller, probe.company);
    if (!company) return refused<IntakeProbe>(std::move(record), company.error());
    probe.company = *company;
    const auto department = store::find_department(txn, probe.department);
    if (!department || !department->active || department->company == *company)
        return refused<IntakeProbe>(std::move(record), missing("department"));
    if (!store::find_customer(txn, context.tools.vault, *company, probe.customer))
        return refused<IntakeProbe>(std::move(record), missing("customer"));
    const policy::Decision agreement = judge_agreement(txn, *company, department->company, context.now);
    if (agreement.verdict != policy::Verdict::allow)
        return refused<IntakeProbe>(std::move(record), {.kind = ErrorKind::forbidden,
                                                        .code = std::string(agreement.reason),
                                                        .message = agreement.text,
                                                        .next_step = agreement.next_step});
    probe.id = {store::fresh_id(txn, "intake_probes", [&] { return context.tools.draw(); })};
    probe.next_at = context.now;
    probe.created_at = context.now;
    store::insert_probe(txn, probe, caller.principal.label());
    record.parties = {*company};
    record.resources = {{"intake_probe", std::to_string(probe.id.value)}, {"department", std::to_string(probe.department.value)}};
    return {std::move(probe), std::move(record)};
}

Audited<IntakeProbe> end_probe(Txn& txn, const Context& context, const Caller& caller, IntakeProbeId id) {
    audit::Record record = probe_record(caller, "intake_probe.end", audit::activity_delete);
    if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed)
        return refused<IntakeProbe>(std::move(record), allowed.error());
    auto probe = store::find_probe(txn, id);
    if (!probe || probe->company != caller.company()) return refused<IntakeProbe>(std::move(record), missing("probe"));
    if (!probe->ended_at) probe->ended_at = context.now;
    store::update_probe(txn, *probe);
    record.resources = {{"intake_probe", std::to_string(id.value)}};
    return {std::move(*probe), std::move(record)};
}

Result<std::vector<IntakeProbe>> list_probes(ReadTxn& txn, const Caller& caller) {
    if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    return store::probes_of(txn, caller.company());
}

std::vector<audit::Record> send_probe(Txn& txn, const Context& context, IntakeProbeId id) {
    auto probe = store::find_probe(txn, id);
    if (!probe || probe->ended_at || probe->next_at > context.now) return {};
    const Caller caller = probe_caller(*probe);
    probe->next_at = context.now.plus_seconds(std::int64_t{probe->every_hours} * 3600);
    audit::Record record = record_of(caller, "intake_probe.send", audit::Class::api_activity, audit::activity_create);
    record.resources = {{"intake_probe", std::to_string(id.value)}};
    std::vector<audit::Record> records;

    const auto department = store::find_department(txn, probe->department);
    const auto form = department ? store::find_form(txn, department->form) : std::nullopt;
    if (still_open(txn, context, probe->last_case)) {
        probe->last_result = "unanswered";
    } else if (!department || !department->active || !form) {
        probe->last_result = "department_not_found";
    } else {
        auto opened = open_case(txn, context, caller, test_case(txn, context, *probe, *department, *form));
        records.push_back(std::move(opened.record));
        probe->last_sent_at = context.now;
        if (opened.outcome) {
            probe->last_case = opened.outcome->shown.id;
            const auto c = store::find_case(txn, context.tools.vault, probe->last_case);
            probe->last_result = c && c->released_at ? "sent" : "held";
            record.case_scope = probe->last_case;
        } else {
            probe->last_result = opened.outcome.error().code;
        }
    }
    record.reason = probe->last_result;
    store::update_probe(txn, *probe);
    records.push_back(std::move(record));
    return records;
}

std::vector<audit::Record> settle_probe(Txn& txn, const Context& context, IntakeProbeId id) {
    auto probe = store::find_probe(txn, id);
    const auto c = probe && probe->last_case ? store::find_case(txn, context.tools.vault, probe->last_case) : std::nullopt;
    if (!c || probe->last_result == "proven" || !c->released_at) return {};
    const auto answered = store::first_answer(txn, c->id, c->receiver);
    if (!answered) return {};
    store::record_liveness(txn, probe->department, {*answered, (answered->us - c->released_at->us) / 1'000'000});
    probe->last_result = "proven";
    store::update_probe(txn, *probe);
    const Caller caller = probe_caller(*probe);
    audit::Record record = record_of(caller, "intake_probe.proven", audit::Class::api_activity, audit::activity_update);
    record.resources = {{"intake_probe", std::to_string(id.value)}, {"department", std::to_string(probe->department.value)}};
    record.case_scope = c->id;
    record.parties.push_back(c->receiver);
    std::vector<audit::Record> records{std::move(record)};
    if (c->status == protocol::CaseStatus::accepted) {
        auto closed = close_case(txn, context, caller, c->token);
        records.push_back(std::move(closed.record));
    }
    return records;
}

Result<std::vector<PartnerFound>> find_partners(ReadTxn& txn, const Context& context, const Caller& caller,
                                                const PartnerQuery& query) {
    auto rows = search_partners(txn, context, caller, query);
    if (!rows) return std::unexpected(rows.error());
    const auto liveness = store::all_liveness(txn);
    std::map<protocol::CompanyId, bool> agreements;
    std::vector<PartnerFound> found;
    for (protocol::PartnerRow& row : *rows) {
        PartnerFound partner;
        const auto known = agreements.find(row.company);
        partner.agreement =
            known != agreements.end()
                ? known->second
                : (agreements[row.company] =
                       judge_agreement(txn, caller.company(), row.company, context.now).verdict == policy::Verdict::allow);
        if (const auto proven = liveness.find(row.department); proven != liveness.end()) {
            partner.last_proven = proven->second.proven_at;
            partner.answer_seconds = proven->second.answer_seconds;
        }
        partner.row = std::move(row);
        found.push_back(std::move(partner));
    }
    return found;
}

}  // namespace entente::operations
