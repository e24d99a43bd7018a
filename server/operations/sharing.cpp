#include "server/operations/sharing.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "policy/family_names.hpp"
#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::DataClass;
using protocol::FieldType;

namespace {

std::string joined(const std::set<std::string_view>& kinds) {
    std::string text;
    for (const policy::KindInfo& kind : policy::finding_kinds())
        if (kinds.contains(kind.name)) text += (text.empty() ? "" : ", ") + std::string(kind.title);
    return text;
}

bool machine_or_serial(std::string_view code) {
    return code == "host_name" || code == "internal_url" || code == "ip_address" || code == "hardware_address" ||
           code == "serial_number";
}

}  // namespace

Sharer::Sharer(const policy::Detectors& detectors, SharingTerms terms, std::string_view pseudonyms_json,
               std::vector<policy::KnownName> names)
    : detectors_(detectors), terms_(std::move(terms)), label_(terms_.label), names_(std::move(names)) {
    if (pseudonyms_json.empty()) return;
    auto known = policy::Pseudonyms::from_json(pseudonyms_json);
    if (!known) throw protocol::Fault("stored pseudonyms do not parse");
    pseudonyms_ = std::move(*known);
    for (policy::KnownName& name : pseudonyms_.known_names()) names_.push_back(std::move(name));
}

void Sharer::note(std::string_view original, const policy::Masked& masked) {
    for (const auto& [data_class, values] : masked.counts) counts_[data_class] += values;
    for (const auto& [kind, count] : masked.found) findings_[kind] += count;
    strictest_ = std::max(strictest_, masked.strictest);
    kinds_.insert(masked.kinds.begin(), masked.kinds.end());
    if (masked.strictest == policy::Action::hold) {
        held_texts_ += original;
        held_texts_ += '\0';
    }
    if (const auto marking = policy::marking_in(original)) label_ = std::max(label_, *marking);
}

bool Sharer::is_stand_in(std::string_view value) const {
    return std::ranges::any_of(pseudonyms_.rows(), [&](const policy::Pseudonyms::Row& row) { return row.stand_in == value; });
}

std::string Sharer::part(std::string_view text, const policy::Scan& scan, std::size_t begin, std::size_t end) {
    const std::string_view piece = text.substr(begin, end - begin);
    policy::Scan own{.findings = {}, .rules = scan.rules, .text_bytes = piece.size()};
    for (policy::Finding finding : scan.findings) {
        if (finding.end <= begin || finding.begin >= end) continue;
        finding.begin = std::max(finding.begin, begin) - begin;
        finding.end = std::min(finding.end, end) - begin;
        own.findings.push_back(finding);
    }
    policy::Masked masked = policy::mask(piece, own, terms_.sharing, pseudonyms_);
    for (const auto& [data_class, values] : masked.counts) counts_[data_class] += values;
    for (const auto& [kind, count] : masked.found) findings_[kind] += count;
    strictest_ = std::max(strictest_, masked.strictest);
    kinds_.insert(masked.kinds.begin(), masked.kinds.end());
    if (const auto marking = policy::marking_in(piece)) label_ = std::max(label_, *marking);
    return std::move(masked.text);
}

std::string Sharer::strictest_kinds() const {
    return joined(kinds_);
}

std::string Sharer::fingerprint() const {
    std::string text = detectors_.version() + "|" + std::to_string(terms_.rules_id) + "|" + terms_.sharing.rules.to_json() + "|" +
                       std::to_string(terms_.sharing.permitted.bits()) + "|" + (terms_.sharing.reviewed ? "1" : "0") + "|" +
                       std::string(name(terms_.label)) + "|" + std::string(name(terms_.ceiling)) + "|" + pseudonyms_.to_json();
    for (const policy::KnownName& known : names_)
        text += "|" + known.text + "=" + std::string(known.open ? "open" : name(known.data_class));
    return text;
}

void Sharer::examine(std::string_view text) {
    if (text.empty()) return;
    const std::string visible = protocol::visible_text(text);
    if (const auto marking = policy::marking_in(visible)) label_ = std::max(label_, *marking);
    if (!terms_.sharing.rules.may_object()) return;
    policy::Pseudonyms scratch;
    note(visible, policy::mask(visible, detectors_.scan(visible, names_), terms_.sharing, scratch));
}

std::optional<Error> Sharer::objection() const {
    Error error{.kind = ErrorKind::forbidden};
    if (!policy::within_ceiling(label_, terms_.ceiling)) {
        error.code = "label_exceeds_ceiling";
        error.message = "this is marked " + std::string(name(label_)) + ", and nothing above " + std::string(name(terms_.ceiling)) +
                        " crosses to this partner";
        error.next_step = "leave out what carries the label, or have it lowered by two people: POST /api/v1/cases/{case}/label";
        return error;
    }
    if (strictest_ == policy::Action::refuse) {
        error.code = "content_refused";
        error.message = "your company's sharing rules take no " + joined(kinds_) + " for this partner";
        error.next_step = "leave it out and send the rest; POST /api/v1/scan shows where it stands";
        return error;
    }
    if (strictest_ == policy::Action::hold) {
        error.code = "content_needs_review";
        error.message = "a second person of your company must look at this first, because it holds: " + joined(kinds_);
        error.next_step = "a colleague lets it pass with POST /api/v1/cases/{case}/reviews and the digest " +
                          protocol::hex(held_digest()) + ", then send it again";
        return error;
    }
    return std::nullopt;
}

protocol::Hash Sharer::held_digest() const {
    return certs::sha256(protocol::as_bytes(held_texts_));
}

std::string Sharer::text(std::string_view plain) {
    if (plain.empty()) return {};
    policy::Masked masked = policy::mask(plain, detectors_.scan(plain, names_), terms_.sharing, pseudonyms_);
    note(plain, masked);
    return std::move(masked.text);
}

std::string Sharer::field(std::string_view value, DataClass declared) {
    if (value.empty()) return {};
    const policy::Scan scan = detectors_.scan(value, names_);
    const bool whole = scan.findings.size() == 1 && scan.findings[0].begin == 0 && scan.findings[0].end == value.size();
    if (whole && machine_or_serial(scan.findings[0].code) && scan.findings[0].data_class == declared) return std::string(value);
    policy::Masked masked = policy::mask(value, scan, terms_.sharing, pseudonyms_);
    note(value, masked);
    return std::move(masked.text);
}

std::string Sharer::html(std::string_view html) {
    if (html.empty()) return {};
    const std::string visible = protocol::visible_text(html);
    policy::Masked masked = policy::mask_html(html, detectors_.scan(visible, names_), terms_.sharing, pseudonyms_);
    note(visible, masked);
    return std::move(masked.text);
}

std::string Sharer::whole_under(std::string_view value, protocol::DataClasses permitted) {
    if (value.empty()) return {};
    policy::Pseudonyms scratch = pseudonyms_;
    policy::Sharing sharing = terms_.sharing;
    sharing.permitted = permitted;
    const policy::Masked masked = policy::mask(value, detectors_.scan(value, names_), sharing, scratch);
    if (masked.counts.empty()) return std::string(value);
    note(value, masked);
    return {};
}

std::string Sharer::whole(std::string_view value) {
    return whole_under(value, terms_.sharing.permitted);
}

std::string Sharer::staff(std::string_view value) {
    protocol::DataClasses permitted = terms_.sharing.permitted;
    permitted.add(DataClass::personal_contact);
    return whole_under(value, permitted);
}

protocol::ContactDetails Sharer::staff(const protocol::ContactDetails& contact) {
    return {staff(contact.name), staff(contact.email), staff(contact.phone)};
}

namespace {

void add_person(std::vector<policy::KnownName>& names, const std::string& name) {
    // One word alone may be any word elsewhere.
    const bool alone = name.find(' ') == std::string::npos && static_cast<unsigned char>(name.front()) < 0x80;
    names.push_back({.text = name, .data_class = DataClass::personal_contact, .family = alone});
    if (auto family = policy::family_name_of(name))
        names.push_back({.text = std::move(*family), .data_class = DataClass::personal_contact, .family = true});
}

}  // namespace

std::vector<policy::KnownName> known_names(const protocol::Customer* customer) {
    std::vector<policy::KnownName> names;
    if (customer == nullptr) return names;
    names.push_back({customer->name, DataClass::customer_identity});
    for (const std::string& alias : customer->aliases) names.push_back({alias, DataClass::customer_identity});
    for (const protocol::CustomerContact& contact : customer->contacts)
        if (!contact.name.empty()) add_person(names, contact.name);
    return names;
}

std::vector<policy::KnownName> staff_names(ReadTxn& txn, store::Vault& vault, const store::StoredCase& c, protocol::Side side) {
    std::vector<policy::KnownName> names;
    const bool submitter = side == protocol::Side::submitter;
    for (const protocol::User& user : store::users_of(txn, vault, submitter ? c.submitter : c.receiver)) {
        if (user.first_name.empty() || user.last_name.empty()) continue;
        names.push_back({user.first_name + " " + user.last_name, DataClass::personal_contact});
        names.push_back({user.last_name + " " + user.first_name, DataClass::personal_contact});
        names.push_back({.text = user.last_name, .data_class = DataClass::personal_contact, .family = true});
    }
    const auto& contact = submitter ? c.original.submitter_contact : c.original.receiver_contact;
    if (contact && contact->name.find(' ') != std::string::npos) add_person(names, contact->name);
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
        copy.value = prose ? sharer.field(field.value, field.data_class) : sharer.whole(field.value);
        if (copy.value.empty()) {
            shared.withheld.push_back({field.label, "class_not_permitted"});
            continue;
        }
        words.fields.push_back(std::move(copy));
    }
    return shared;
}

}  // namespace entente::operations
