// The gate's decision as it stands in the audit log, and its replay from there (semantics: a decision is recomputed from the record
// alone). What the decision does not look at is not recorded: agreements of others, other customers, names.

#include <algorithm>
#include <charconv>

#include "policy/gate.hpp"
#include "policy/rehearsal.hpp"
#include "protocol/canonical.hpp"

namespace entente::policy {

using protocol::Agreement;
using protocol::Authorization;
using protocol::CanonicalArray;
using protocol::CanonicalObject;
using protocol::CanonicalValue;
using protocol::CompanyId;
using protocol::DataClasses;
using protocol::Instant;

namespace {

constexpr std::string_view format = gate_version;

// Microseconds reach beyond 2^53 in the year 2255, so they are written as text.
std::string written(Instant instant) {
    return std::to_string(instant.us);
}

// Codes and digests are recorded only when they have their form. What has not matches nothing, and neither does the empty text, so
// the decision is the same and free text stays out of the log.
std::string_view recorded_purpose(std::string_view text) {
    const bool code = text.size() <= 64 && std::ranges::all_of(text, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
                      });
    return code ? text : std::string_view{};
}
std::string_view recorded_digest(std::string_view text) {
    const bool hex =
        text.size() == 64 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return hex ? text : std::string_view{};
}

CanonicalArray numbers(std::span<const CompanyId> companies) {
    CanonicalArray array;
    for (const CompanyId company : companies) array.add(company.value);
    return array;
}

// Codes as gate.hpp describes them; anything else could be a name and is left out, which matches nothing.
CanonicalArray codes(std::span<const std::string> products) {
    CanonicalArray array;
    for (const std::string& product : products) array.add(product_code(product) ? std::string_view(product) : std::string_view{});
    return array;
}

CanonicalObject recorded(const Agreement& agreement) {
    CanonicalArray acceptances;
    for (const auto& acceptance : agreement.acceptances) {
        acceptances.add(CanonicalObject().set("at", written(acceptance.at)).set("company", acceptance.company.value));
    }
    CanonicalObject object;
    object.set("acceptances", acceptances)
        .set("assurance", protocol::name(agreement.required_assurance))
        .set("classes", std::int64_t{agreement.permitted.bits()})
        .set("digest", recorded_digest(agreement.document_digest))
        .set("from", written(agreement.valid_from))
        .set("id", agreement.id.value)
        .set("parties", numbers(agreement.parties))
        .set("purpose", recorded_purpose(agreement.purpose))
        .set("state", protocol::name(agreement.state))
        .set("version", agreement.version);
    if (agreement.valid_until) object.set("until", written(*agreement.valid_until));
    // Members that came later stand only where they say something: older records keep their bytes.
    if (agreement.kind != protocol::AgreementKind::bilateral) object.set("kind", name(agreement.kind));
    if (agreement.hub) object.set("hub", agreement.hub.value);
    if (agreement.emergency_hours != 0) object.set("emergency_hours", agreement.emergency_hours);
    if (!agreement.products.empty()) object.set("products", codes(agreement.products));
    return object;
}

CanonicalObject recorded(const Authorization& authorization) {
    CanonicalObject object;
    object.set("assurance", protocol::name(authorization.assurance))
        .set("classes", std::int64_t{authorization.classes.bits()})
        .set("customer", authorization.customer.value)
        .set("from", written(authorization.not_before))
        .set("id", authorization.id.value)
        .set("partners", numbers(authorization.partners))
        .set("purpose", recorded_purpose(authorization.purpose))
        .set("state", protocol::name(authorization.state))
        .set("until", written(authorization.until))
        .set("version", authorization.version);
    if (authorization.emergency) object.set("emergency", true);
    if (!authorization.product_codes.empty()) object.set("products", codes(authorization.product_codes));
    if (!authorization.cases.empty()) {
        CanonicalArray cases;
        for (const protocol::CaseId id : authorization.cases) cases.add(id.value);
        object.set("cases", cases);
    }
    return object;
}

CanonicalObject recorded(const Decision& decision) {
    CanonicalObject object;
    object.set("agreement", decision.agreement.value)
        .set("agreement_version", decision.agreement_version)
        .set("authorization", decision.authorization.value)
        .set("authorization_version", decision.authorization_version)
        .set("digest", decision.document_digest)
        .set("reason", decision.reason)
        .set("released", std::int64_t{decision.released.bits()})
        .set("verdict", name(decision.verdict));
    if (!decision.missing.empty()) object.set("missing", numbers(decision.missing));
    return object;
}

bool concerns(const Authorization& authorization, const GateInput& input) {
    if (authorization.company != input.submitter || input.customer.kind != CustomerFinding::Kind::one) return false;
    return authorization.customer == input.customer.customer || (input.referenced && authorization.id == input.referenced);
}

// Those that count, ordered by id, so that the record does not depend on the order of rows.
template <class T, class Counts>
CanonicalArray recorded_all(std::span<const T> all, Counts counts) {
    std::vector<const T*> chosen;
    for (const T& one : all) {
        if (counts(one)) chosen.push_back(&one);
    }
    std::ranges::sort(chosen, {}, [](const T* one) { return one->id; });
    CanonicalArray array;
    for (const T* one : chosen) array.add(recorded(*one));
    return array;
}

// --- back again. A Take remembers whether everything was there; its values are only used when `good`. ---

struct Take {
    bool good = true;

    const CanonicalValue* member(const CanonicalValue& object, std::string_view key) {
        const CanonicalValue* found = object.find(key);
        if (found == nullptr) good = false;
        return found;
    }
    std::string_view text(const CanonicalValue& object, std::string_view key) {
        const CanonicalValue* found = member(object, key);
        const std::string* text = found == nullptr ? nullptr : found->text();
        if (text == nullptr) good = false;
        return text == nullptr ? std::string_view{} : std::string_view(*text);
    }
    std::int64_t number(const CanonicalValue& value) {
        const std::int64_t* number = value.integer();
        if (number == nullptr) good = false;
        return number == nullptr ? 0 : *number;
    }
    std::int64_t integer(const CanonicalValue& object, std::string_view key) {
        const CanonicalValue* found = member(object, key);
        return found == nullptr ? 0 : number(*found);
    }
    Instant instant(const CanonicalValue& object, std::string_view key) {
        const std::string_view digits = text(object, key);
        Instant instant;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), instant.us);
        if (error != std::errc{} || end != digits.data() + digits.size() || written(instant) != digits) good = false;
        return instant;
    }
    DataClasses classes(const CanonicalValue& object, std::string_view key) {
        const std::int64_t bits = integer(object, key);
        if (bits < 0 || bits >= (1 << protocol::data_class_count)) good = false;
        return good ? DataClasses::from_bits(static_cast<std::uint32_t>(bits)) : DataClasses{};
    }
    const CanonicalValue::Array& array(const CanonicalValue& object, std::string_view key) {
        static const CanonicalValue::Array none;
        const CanonicalValue* found = member(object, key);
        const CanonicalValue::Array* array = found == nullptr ? nullptr : found->array();
        if (array == nullptr) good = false;
        return array == nullptr ? none : *array;
    }
    template <class E>
    E word(const CanonicalValue& object, std::string_view key, std::optional<E> (*parse)(std::string_view)) {
        const auto value = parse(text(object, key));
        if (!value) good = false;
        return value.value_or(E{});
    }
    // A member that is written only when it is true.
    bool yes(const CanonicalValue& object, std::string_view key) {
        const CanonicalValue* found = member(object, key);
        const bool* truth = found == nullptr ? nullptr : found->boolean();
        if (truth == nullptr || !*truth) good = false;
        return good;
    }
    std::vector<std::string> codes(const CanonicalValue& object, std::string_view key) {
        std::vector<std::string> codes;
        for (const CanonicalValue& one : array(object, key)) {
            const std::string* text = one.text();
            if (text == nullptr || (!text->empty() && !product_code(*text))) good = false;
            codes.push_back(text == nullptr ? std::string{} : *text);
        }
        return codes;
    }
    std::vector<CompanyId> companies(const CanonicalValue& object, std::string_view key) {
        std::vector<CompanyId> companies;
        for (const CanonicalValue& one : array(object, key)) companies.push_back({number(one)});
        return companies;
    }
};

Agreement read_agreement(Take& take, const CanonicalValue& from) {
    Agreement agreement;
    agreement.id = {take.integer(from, "id")};
    agreement.document_digest = take.text(from, "digest");
    agreement.parties = take.companies(from, "parties");
    for (const CanonicalValue& one : take.array(from, "acceptances")) {
        agreement.acceptances.push_back({{take.integer(one, "company")}, {}, take.instant(one, "at")});
    }
    agreement.valid_from = take.instant(from, "from");
    if (from.find("until") != nullptr) agreement.valid_until = take.instant(from, "until");
    agreement.state = take.word(from, "state", &protocol::parse_agreement_state);
    agreement.permitted = take.classes(from, "classes");
    agreement.purpose = take.text(from, "purpose");
    agreement.required_assurance = take.word(from, "assurance", &protocol::parse_assurance);
    agreement.version = take.integer(from, "version");
    if (from.find("kind") != nullptr) agreement.kind = take.word(from, "kind", &protocol::parse_agreement_kind);
    if (from.find("hub") != nullptr) agreement.hub = {take.integer(from, "hub")};
    if (from.find("emergency_hours") != nullptr) {
        const std::int64_t hours = take.integer(from, "emergency_hours");
        if (hours == 0 || hours < -1'000'000 || hours > 1'000'000) take.good = false;
        agreement.emergency_hours = take.good ? static_cast<int>(hours) : 0;
    }
    if (from.find("products") != nullptr) agreement.products = take.codes(from, "products");
    return agreement;
}

Authorization read_authorization(Take& take, const CanonicalValue& from, CompanyId company) {
    Authorization authorization;
    authorization.id = {take.integer(from, "id")};
    authorization.company = company;
    authorization.customer = {take.integer(from, "customer")};
    authorization.partners = take.companies(from, "partners");
    authorization.purpose = take.text(from, "purpose");
    authorization.classes = take.classes(from, "classes");
    authorization.not_before = take.instant(from, "from");
    authorization.until = take.instant(from, "until");
    authorization.state = take.word(from, "state", &protocol::parse_authorization_state);
    authorization.assurance = take.word(from, "assurance", &protocol::parse_assurance);
    authorization.version = take.integer(from, "version");
    if (from.find("emergency") != nullptr) authorization.emergency = take.yes(from, "emergency");
    if (from.find("products") != nullptr) authorization.product_codes = take.codes(from, "products");
    if (from.find("cases") != nullptr) {
        for (const CanonicalValue& one : take.array(from, "cases")) authorization.cases.push_back({take.number(one)});
        if (authorization.cases.empty()) take.good = false;
    }
    return authorization;
}

std::optional<CustomerFinding::Kind> parse_kind(std::string_view text) {
    using enum CustomerFinding::Kind;
    for (const auto kind : {one, none, several, conflict}) {
        if (name(kind) == text) return kind;
    }
    return std::nullopt;
}

CustomerFinding read_customer(Take& take, const CanonicalValue& from) {
    CustomerFinding finding{.kind = take.word(from, "kind", &parse_kind), .customer = {take.integer(from, "id")}};
    const Reason* reason = find_reason(take.text(from, "reason"));
    if (reason != nullptr) finding.reason = reason->code;
    return finding;
}

// The inputs with what they point to.
struct Recorded {
    std::vector<Agreement> agreements;
    std::vector<Authorization> authorizations;
    std::string purpose;
    std::optional<std::vector<std::string>> products;
    GateInput input;

    GateInput view() const {
        GateInput copy = input;
        copy.agreements = agreements;
        copy.authorizations = authorizations;
        copy.purpose = purpose;
        if (products) copy.products = *products;
        return copy;
    }
};

protocol::Result<Recorded> read_record(std::string_view json) {
    const auto parsed = protocol::parse_canonical(json);
    if (!parsed) return std::unexpected(parsed.error());
    Take take;
    Recorded recorded;
    if (take.text(*parsed, "format") != format) take.good = false;
    recorded.input.submitter = {take.integer(*parsed, "submitter")};
    recorded.input.receiver = {take.integer(*parsed, "receiver")};
    recorded.input.referenced = {take.integer(*parsed, "referenced")};
    recorded.input.at = take.instant(*parsed, "at");
    recorded.purpose = take.text(*parsed, "purpose");
    if (parsed->find("case") != nullptr) recorded.input.case_id = {take.integer(*parsed, "case")};
    if (parsed->find("products") != nullptr) recorded.products = take.codes(*parsed, "products");
    if (const CanonicalValue* customer = take.member(*parsed, "customer")) recorded.input.customer = read_customer(take, *customer);
    for (const CanonicalValue& one : take.array(*parsed, "agreements")) recorded.agreements.push_back(read_agreement(take, one));
    for (const CanonicalValue& one : take.array(*parsed, "authorizations")) {
        recorded.authorizations.push_back(read_authorization(take, one, recorded.input.submitter));
    }
    if (!take.good)
        return protocol::fail(protocol::ErrorKind::malformed, "not_a_decision", "this is not a recorded decision of the gate");
    return recorded;
}

}  // namespace

std::string decision_json(const GateInput& input, const Decision& decision) {
    const Reason* reason = find_reason(input.customer.reason);
    CanonicalObject customer;
    customer.set("id", input.customer.customer.value)
        .set("kind", name(input.customer.kind))
        .set("reason", reason == nullptr ? std::string_view{} : reason->code);
    CanonicalObject object;
    object
        .set("agreements",
             recorded_all(input.agreements, [&](const Agreement& one) { return joins(one, input.submitter, input.receiver); }))
        .set("at", written(input.at))
        .set("authorizations", recorded_all(input.authorizations, [&](const Authorization& one) { return concerns(one, input); }))
        .set("customer", customer)
        .set("format", format)
        .set("outcome", recorded(decision))
        .set("purpose", recorded_purpose(input.purpose))
        .set("receiver", input.receiver.value)
        .set("referenced", input.referenced.value)
        .set("submitter", input.submitter.value);
    if (input.case_id) object.set("case", input.case_id.value);
    if (input.products) object.set("products", codes(*input.products));
    return object.text();
}

protocol::Result<Decision> replay_decision(std::string_view json) {
    const auto recorded = read_record(json);
    if (!recorded) return std::unexpected(recorded.error());
    return decide_gate(recorded->view());
}

protocol::Result<bool> replays_exactly(std::string_view json) {
    const auto recorded = read_record(json);
    if (!recorded) return std::unexpected(recorded.error());
    const GateInput input = recorded->view();
    return decision_json(input, decide_gate(input)) == json;
}

namespace {

void put_terms(Agreement& agreement, const GateTerms& terms) {
    if (terms.agreement && terms.agreement != agreement.id) return;
    if (terms.permitted) agreement.permitted = *terms.permitted;
    if (terms.required_assurance) agreement.required_assurance = *terms.required_assurance;
    if (terms.emergency_hours) agreement.emergency_hours = *terms.emergency_hours;
    if (terms.products) agreement.products = *terms.products;
    if (terms.purpose) agreement.purpose = *terms.purpose;
    if (terms.valid_from) agreement.valid_from = *terms.valid_from;
    if (terms.valid_until) agreement.valid_until = terms.valid_until;
    if (terms.suspended && agreement.state == protocol::AgreementState::in_force)
        agreement.state = protocol::AgreementState::suspended;
}

Change change_between(const Decision& then, const Decision& now) {
    if (then.verdict != now.verdict) {
        if (now.verdict == Verdict::allow) return Change::released;
        if (now.verdict == Verdict::refuse) return Change::blocked;
        return then.verdict == Verdict::allow ? Change::delayed : Change::unblocked;
    }
    if (then.released == now.released) return Change::same;
    const bool keeps_all = then.released.both(now.released) == then.released;
    return keeps_all ? Change::widened : Change::narrowed;
}

}  // namespace

std::string_view name(Change change) {
    switch (change) {
        case Change::same:
            return "same";
        case Change::blocked:
            return "blocked";
        case Change::delayed:
            return "delayed";
        case Change::unblocked:
            return "unblocked";
        case Change::released:
            return "released";
        case Change::narrowed:
            return "narrowed";
        case Change::widened:
            break;
    }
    return "widened";
}

protocol::Result<Rehearsed> rehearse_decision(std::string_view json, const GateTerms& terms) {
    auto recorded = read_record(json);
    if (!recorded) return std::unexpected(recorded.error());
    const GateInput input = recorded->view();
    Rehearsed rehearsed{.then = decide_gate(input), .now = {}, .case_id = input.case_id, .at = input.at};
    if (decision_json(input, rehearsed.then) != json)
        return protocol::fail(protocol::ErrorKind::wrong_state, "not_exact",
                              "the recorded outcome does not follow from its inputs");
    for (Agreement& agreement : recorded->agreements) put_terms(agreement, terms);
    rehearsed.now = decide_gate(recorded->view());
    rehearsed.change = change_between(rehearsed.then, rehearsed.now);
    return rehearsed;
}

}  // namespace entente::policy
