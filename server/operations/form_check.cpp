#include "server/operations/form_check.hpp"

#include <algorithm>

#include "protocol/form_values.hpp"
#include "protocol/reader.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::FieldInput;
using protocol::Form;
using protocol::FormField;

namespace {

const FormField* field_of(const Form& form, protocol::FieldId id) {
    const auto found = std::ranges::find(form.fields, id, &FormField::id);
    return found == form.fields.end() ? nullptr : &*found;
}

// Earlier versions are read only when something does not fit: nearly never.
class History {
  public:
    History(ReadTxn& txn, const Form& form) : txn_(txn), form_(form) {}
    const std::vector<store::EarlierForm>& versions() {
        if (!versions_) versions_ = store::earlier_forms(txn_, form_);
        return *versions_;
    }
    // The field as it was when it could hold this value, newest first.
    const FormField* once(const FieldInput& given) {
        for (const store::EarlierForm& earlier : versions())
            if (const FormField* field = field_of(earlier.form, given.field); field && !protocol::wrong_value(*field, given.value))
                return field;
        return nullptr;
    }

  private:
    ReadTxn& txn_;
    const Form& form_;
    std::optional<std::vector<store::EarlierForm>> versions_;
};

Error changed(const Form& form, std::vector<protocol::Violation> violations) {
    // 400: the contract lists no 409 and no 422 for creating a case.
    Error error{.kind = ErrorKind::invalid, .code = "form_changed"};
    error.message = "the intake form was changed by its owner while this request was being filled in (it is at version " +
                    std::to_string(form.version) + " now):";
    for (std::size_t i = 0; i < violations.size() && i < 3; ++i) error.message += (i > 0 ? "; " : " ") + violations[i].message;
    error.message += ". Fetch the form again and send the request once more";
    error.next_step = "GET /v1/forms/document/" + std::to_string(form.id.value);
    error.violations = std::move(violations);
    return error;
}

}  // namespace

Result<void> check_fields(ReadTxn& txn, const Form& form, std::span<const FieldInput> values) {
    History history(txn, form);
    std::vector<protocol::Violation> wrong, outdated;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const FieldInput& given = values[i];
        if (given.value.empty() || given.field == form.injected_field) continue;
        const std::string pointer = "/customFields/" + std::to_string(i) + "/value";
        const FormField* field = field_of(form, given.field);
        if (field == nullptr) {
            if (const FormField* then = history.once(given))
                outdated.push_back({pointer, "field_gone", "\"" + then->label + "\" is no longer asked"});
            continue;
        }
        const auto problem = protocol::wrong_value(*field, given.value);
        if (!problem) continue;
        const std::string named = "\"" + field->label + "\" " + *problem;
        const FormField* then = history.once(given);
        // A renamed field or a new choice list: the value was right when the form was fetched.
        (then ? outdated : wrong).push_back({pointer, then ? "choice_gone" : "not_allowed", named});
    }
    if (!outdated.empty()) return std::unexpected(changed(form, std::move(outdated)));
    if (!wrong.empty()) return std::unexpected(protocol::invalid_members(std::move(wrong)));
    return {};
}

}  // namespace entente::operations
