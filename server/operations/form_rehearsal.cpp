#include "server/operations/form_rehearsal.hpp"

#include <algorithm>

#include "policy/minimisation.hpp"
#include "protocol/form_values.hpp"
#include "server/operations/directory.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::FormField;
using protocol::Stage;

namespace {

constexpr std::int64_t usual_form_days = 30;
constexpr std::size_t refused_examples_max = 50;

const FormField* same_field(const protocol::Form& proposed, const store::StoredField& stored) {
    for (const FormField& field : proposed.fields)
        if (field.id && field.id == stored.field) return &field;
    const auto by_label = std::ranges::find(proposed.fields, stored.label, &FormField::label);
    return by_label == proposed.fields.end() ? nullptr : &*by_label;
}

// True when the value would not have been taken.
bool rehearse_value(const store::StoredCase& c, const store::StoredField& stored, const FormField* field, FieldRehearsal& result) {
    ++result.values;
    if (field == nullptr) {
        ++result.not_asked;
        return false;
    }
    const policy::FieldVerdict at_all = policy::field_verdict(field->data_class, field->stage, c.released, true);
    if (!at_all.released) ++result.withheld;
    if (at_all.released && stored.stage == Stage::release && field->stage == Stage::acceptance) ++result.later;
    if (at_all.released && stored.stage == Stage::acceptance && field->stage == Stage::release) ++result.sooner;
    if (!protocol::wrong_value(*field, stored.value)) return false;
    ++result.not_taken;
    return true;
}

void rehearse_received(const store::StoredCase& c, const protocol::Form& proposed, FormRehearsal& rehearsal) {
    ++rehearsal.cases;
    if (c.erased || c.content_removed || !c.shared) {
        ++rehearsal.unreadable;
        return;
    }
    bool refused = false;
    std::vector<const FormField*> answered;
    for (const store::StoredField& stored : c.shared->fields) {
        if (stored.value.empty() || (stored.stage == Stage::acceptance && !c.accepted_at)) continue;
        const FormField* field = same_field(proposed, stored);
        answered.push_back(field);
        refused = rehearse_value(c, stored, field, rehearsal.fields[stored.label]) || refused;
    }
    for (const FormField& field : proposed.fields) {
        if (!field.required || std::ranges::find(answered, &field) != answered.end()) continue;
        if (policy::field_verdict(field.data_class, field.stage, c.released, c.accepted_at.has_value()).released)
            ++rehearsal.fields[field.label].unanswered;
    }
    if (!refused) return;
    ++rehearsal.refused;
    if (rehearsal.examples.size() < refused_examples_max) rehearsal.examples.push_back(c.token);
}

}  // namespace

Result<FormRehearsal> rehearse_form(ReadTxn& txn, const Context& context, const Caller& caller, protocol::FormId id,
                                    const protocol::Form& proposed, const RehearsalPeriod& period) {
    // It tells of values, so who may read no case (the operator) may not ask.
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    const auto form = read_form(txn, caller, id);
    if (!form) return std::unexpected(form.error());
    FormRehearsal rehearsal;
    rehearsal.until = period.until.value_or(context.now);
    rehearsal.from = period.from.value_or(rehearsal.until.plus_seconds(-usual_form_days * 86'400));
    if (rehearsal.from >= rehearsal.until)
        return std::unexpected(invalid("/from", "out_of_range", "must be before the end of the period"));
    const auto ids = store::cases_opened_between(txn, form->company, rehearsal.from, rehearsal.until, period.after, period.limit);
    for (const protocol::CaseId case_id : ids) {
        const auto c = store::find_case(txn, context.tools.vault, case_id);
        if (c && c->receiver == form->company && c->form == id) rehearse_received(*c, proposed, rehearsal);
    }
    std::erase_if(rehearsal.fields, [](const auto& one) {
        const FieldRehearsal& f = one.second;
        return f.withheld + f.later + f.sooner + f.not_asked + f.not_taken + f.unanswered == 0;
    });
    if (std::ssize(ids) == period.limit) rehearsal.next = ids.back();
    return rehearsal;
}

}  // namespace entente::operations
