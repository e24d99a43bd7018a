#include "server/operations/sharing.hpp"

#include "protocol/markup.hpp"

namespace entente::operations {

using protocol::DataClass;
using protocol::FieldType;

Sharer::Sharer(const policy::Detectors& detectors, protocol::DataClasses permitted, std::string_view pseudonyms_json,
               std::vector<policy::KnownName> names)
    : detectors_(detectors), permitted_(permitted), names_(std::move(names)) {
    if (pseudonyms_json.empty()) return;
    auto known = policy::Pseudonyms::from_json(pseudonyms_json);
    if (!known) throw protocol::Fault("stored pseudonyms do not parse");
    pseudonyms_ = std::move(*known);
    for (policy::KnownName& name : pseudonyms_.known_names()) names_.push_back(std::move(name));
}

void Sharer::count(const policy::Masked& masked) {
    for (const auto& [data_class, values] : masked.counts) counts_[data_class] += values;
}

std::string Sharer::text(std::string_view plain) {
    if (plain.empty()) return {};
    policy::Masked masked = policy::mask(plain, detectors_.scan(plain, names_), permitted_, pseudonyms_);
    count(masked);
    return std::move(masked.text);
}

std::string Sharer::html(std::string_view html) {
    if (html.empty()) return {};
    policy::Masked masked = policy::mask_html(html, detectors_.scan(protocol::visible_text(html), names_), permitted_, pseudonyms_);
    count(masked);
    return std::move(masked.text);
}

std::string Sharer::whole_under(std::string_view value, protocol::DataClasses permitted) {
    if (value.empty()) return {};
    policy::Pseudonyms scratch = pseudonyms_;
    const policy::Masked masked = policy::mask(value, detectors_.scan(value, names_), permitted, scratch);
    if (masked.counts.empty()) return std::string(value);
    count(masked);
    return {};
}

std::string Sharer::whole(std::string_view value) {
    return whole_under(value, permitted_);
}

std::string Sharer::staff(std::string_view value) {
    protocol::DataClasses permitted = permitted_;
    permitted.add(DataClass::personal_contact);
    return whole_under(value, permitted);
}

protocol::ContactDetails Sharer::staff(const protocol::ContactDetails& contact) {
    return {staff(contact.name), staff(contact.email), staff(contact.phone)};
}

std::vector<policy::KnownName> known_names(const protocol::Customer* customer) {
    std::vector<policy::KnownName> names;
    if (customer == nullptr) return names;
    names.push_back({customer->name, DataClass::customer_identity});
    for (const std::string& alias : customer->aliases) names.push_back({alias, DataClass::customer_identity});
    for (const protocol::CustomerContact& contact : customer->contacts)
        if (!contact.name.empty()) names.push_back({contact.name, DataClass::personal_contact});
    return names;
}

bool staff_shared(const store::StoredCase& c) {
    return c.shared && c.shared->submitted_by.id != 0;
}

void share_note_words(Sharer& sharer, store::StoredNote& note, bool staff) {
    store::StoredNote::Words words;
    words.summary = sharer.text(note.original.summary);
    words.description = sharer.html(note.original.description);
    words.topic = sharer.text(note.original.topic);
    if (staff) {
        words.creator_name = sharer.staff(note.original.creator_name);
        words.creator_email = sharer.staff(note.original.creator_email);
    }
    note.shared = std::move(words);
}

void share_response_words(Sharer& sharer, store::StoredResponse& response, bool staff) {
    store::StoredResponse::Words words;
    const store::StoredResponse::Words& original = response.original;
    words.case_number = sharer.text(original.case_number);
    words.next_steps = sharer.text(original.next_steps);
    words.reason = sharer.text(original.reason);
    words.requested_information = sharer.text(original.requested_information);
    if (staff) {
        words.engineer_name = sharer.staff(original.engineer_name);
        words.engineer_email = sharer.staff(original.engineer_email);
        words.engineer_phone = sharer.staff(original.engineer_phone);
    }
    response.shared = std::move(words);
}

SharedWords share_case(Sharer& sharer, const store::CaseWords& original, protocol::DataClasses permitted, bool staff_contacts) {
    SharedWords shared;
    store::CaseWords& words = shared.words;
    words.submitter_number = sharer.text(original.submitter_number);
    words.receiver_number = sharer.text(original.receiver_number);
    words.summary = sharer.text(original.summary);
    words.description = sharer.text(original.description);
    words.escalation_instructions = original.escalation_instructions;
    if (staff_contacts) {
        if (original.submitter_contact) words.submitter_contact = sharer.staff(*original.submitter_contact);
        words.submitted_by = original.submitted_by;
    }
    for (const store::StoredField& field : original.fields) {
        if (field.value.empty()) continue;
        // Judged as if accepted: what only waits for the acceptance is part of the view and shown then.
        const auto verdict = policy::field_verdict(field.data_class, field.stage, permitted, true);
        if (!verdict.released) {
            shared.withheld.push_back({field.label, verdict.reason});
            continue;
        }
        // A field was declared to carry its class, so what it holds of that class may pass; everything else in it is judged.
        const bool prose = field.type == FieldType::string || field.type == FieldType::text || field.type == FieldType::hidden;
        store::StoredField copy = field;
        copy.value = prose ? sharer.text(field.value) : sharer.whole(field.value);
        if (copy.value.empty()) {
            shared.withheld.push_back({field.label, "class_not_permitted"});
            continue;
        }
        words.fields.push_back(std::move(copy));
    }
    return shared;
}

}  // namespace entente::operations
