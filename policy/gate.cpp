#include "policy/gate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <tuple>
#include <vector>

namespace entente::policy {

using protocol::Agreement;
using protocol::AgreementState;
using protocol::Assurance;
using protocol::Authorization;
using protocol::AuthorizationState;
using protocol::CompanyId;
using protocol::DataClass;
using protocol::DataClasses;
using protocol::Instant;

namespace {

constexpr std::string_view usable = "";  // no reason against it

// From the reason that is nearest to being mended to the farthest: of several agreements or authorizations that do not do, the
// person is told about the first.
constexpr std::array agreement_order{"agreement_not_accepted",  "agreement_not_in_force",  "agreement_suspended",
                                     "agreement_not_yet_valid", "agreement_expired",       "agreement_superseded",
                                     "agreement_terminated",    "agreement_other_product", "agreement_document_missing",
                                     "agreement_other_purpose"};
constexpr std::array authorization_order{
    "technical_not_permitted",     "authorization_assurance_too_low", "emergency_not_permitted",     "emergency_not_confirmed",
    "authorization_not_yet_valid", "authorization_not_granted",       "authorization_refused",       "authorization_withdrawn",
    "authorization_expired",       "authorization_other_case",        "authorization_other_product", "authorization_other_purpose",
    "authorization_other_partner"};

template <std::size_t n>
std::size_t rank(const std::array<const char*, n>& order, std::string_view reason) {
    const auto found = std::ranges::find(order, reason, [](const char* code) { return std::string_view(code); });
    return static_cast<std::size_t>(found - order.begin());
}

bool has(std::span<const CompanyId> companies, CompanyId company) {
    return std::ranges::find(companies, company) != companies.end();
}

// A purpose is a code. Free text could carry anything into the record, so it matches nothing.
bool purpose_code(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}
bool same_purpose(std::string_view a, std::string_view b) {
    return purpose_code(a) && a == b;
}

bool sha256_hex(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Whose acceptance this exchange rests on: everybody's, or in an agreement of many that of the two.
std::vector<CompanyId> missing_acceptances(const Agreement& agreement, const GateInput& input) {
    const Instant at = input.at;
    const bool everybody = agreement.kind == protocol::AgreementKind::bilateral;
    std::vector<CompanyId> missing;
    for (const CompanyId party : agreement.parties) {
        if (!everybody && party != input.submitter && party != input.receiver) continue;
        const bool accepted = std::ranges::any_of(agreement.acceptances, [&](const protocol::Acceptance& acceptance) {
            return acceptance.company == party && acceptance.at <= at;
        });
        if (!accepted) missing.push_back(party);
    }
    std::ranges::sort(missing);
    const auto repeated = std::ranges::unique(missing);
    missing.erase(repeated.begin(), repeated.end());
    return missing;
}

// No products named: any. Otherwise one of them must be the case's; what the case does not say is not covered.
bool covers(const std::vector<std::string>& named, const GateInput& input) {
    if (named.empty() || !input.products) return named.empty();
    return std::ranges::any_of(*input.products, [&](const std::string& product) {
        return product_code(product) && std::ranges::find(named, product) != named.end();
    });
}

// Why this agreement, to which both companies are parties, does not do at this moment.
std::string_view against(const Agreement& agreement, const GateInput& input) {
    if (!same_purpose(input.purpose, agreement.purpose)) return "agreement_other_purpose";
    if (!sha256_hex(agreement.document_digest)) return "agreement_document_missing";
    if (input.products && !covers(agreement.products, input)) return "agreement_other_product";
    if (agreement.state == AgreementState::terminated) return "agreement_terminated";
    if (agreement.state == AgreementState::superseded) return "agreement_superseded";
    if (agreement.state == AgreementState::expired) return "agreement_expired";
    if (agreement.valid_until && input.at >= *agreement.valid_until) return "agreement_expired";
    if (!missing_acceptances(agreement, input).empty()) return "agreement_not_accepted";
    if (agreement.state == AgreementState::suspended) return "agreement_suspended";
    if (agreement.state != AgreementState::in_force) return "agreement_not_in_force";
    if (input.at < agreement.valid_from) return "agreement_not_yet_valid";
    return usable;
}

// Why this authorization of the right customer does not do under this agreement at this moment.
std::string_view against(const Authorization& authorization, const Agreement& agreement, const GateInput& input) {
    if (!has(authorization.partners, input.receiver)) return "authorization_other_partner";
    if (!same_purpose(input.purpose, authorization.purpose)) return "authorization_other_purpose";
    if (!authorization.cases.empty() && std::ranges::find(authorization.cases, input.case_id) == authorization.cases.end())
        return "authorization_other_case";
    if (!covers(authorization.product_codes, input)) return "authorization_other_product";
    if (input.at >= authorization.until) {
        const bool oral = authorization.emergency && authorization.state == AuthorizationState::granted;
        return oral ? "emergency_not_confirmed" : "authorization_expired";
    }
    if (authorization.state == AuthorizationState::refused) return "authorization_refused";
    if (authorization.state == AuthorizationState::withdrawn) return "authorization_withdrawn";
    if (authorization.state != AuthorizationState::granted) return "authorization_not_granted";
    if (input.at < authorization.not_before) return "authorization_not_yet_valid";
    if (authorization.emergency) {
        if (agreement.emergency_hours <= 0) return "emergency_not_permitted";
    } else if (authorization.assurance < agreement.required_assurance) {
        return "authorization_assurance_too_low";
    }
    if (!agreement.permitted.has(DataClass::technical) || !authorization.classes.has(DataClass::technical)) {
        return "technical_not_permitted";
    }
    return usable;
}

// What both permit. Case facts are always needed to work together; secrets never leave.
DataClasses released_by(DataClasses permitted) {
    constexpr auto secret = 1U << static_cast<unsigned>(DataClass::secret);
    DataClasses released = DataClasses::from_bits(permitted.bits() & ~secret);
    released.add(DataClass::case_facts);
    return released;
}

int count(DataClasses classes) {
    return std::popcount(classes.bits());
}
std::int64_t end_of(const Agreement& agreement) {
    return agreement.valid_until ? agreement.valid_until->us : std::numeric_limits<std::int64_t>::max();
}
// Smaller is better: most classes, then latest end, then lowest id. (~x orders like -x and cannot overflow.)
auto preference(const Agreement& agreement) {
    return std::tuple(-count(released_by(agreement.permitted)), ~end_of(agreement), agreement.id);
}

std::string filled(std::string_view pattern, const GateInput& input, const Decision& decision) {
    std::string missing;
    for (const CompanyId company : decision.missing)
        missing += (missing.empty() ? "company " : " and company ") + std::to_string(company.value);
    const std::array<std::pair<std::string_view, std::string>, 6> values{{
        {"{submitter}", std::to_string(input.submitter.value)},
        {"{receiver}", std::to_string(input.receiver.value)},
        {"{customer}", std::to_string(input.customer.customer.value)},
        {"{agreement}", std::to_string(decision.agreement.value)},
        {"{authorization}", std::to_string(decision.authorization.value)},
        {"{missing}", missing},
    }};
    std::string text(pattern);
    for (const auto& [what, with] : values) {
        for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
            text.replace(at, what.size(), with);
        }
    }
    return text;
}

struct Chosen {
    const Agreement* agreement = nullptr;
    const Authorization* authorization = nullptr;
};

Decision decide(Verdict verdict, std::string_view code, const GateInput& input, Chosen chosen) {
    const Reason* reason = find_reason(code);
    ENTENTE_ASSERT(reason != nullptr);
    Decision decision{.verdict = verdict, .reason = reason->code};
    if (chosen.agreement != nullptr) {
        decision.agreement = chosen.agreement->id;
        decision.agreement_version = chosen.agreement->version;
        if (sha256_hex(chosen.agreement->document_digest)) decision.document_digest = chosen.agreement->document_digest;
        if (code == "agreement_not_accepted") decision.missing = missing_acceptances(*chosen.agreement, input);
    }
    if (chosen.authorization != nullptr) {
        decision.authorization = chosen.authorization->id;
        decision.authorization_version = chosen.authorization->version;
    }
    decision.text = filled(reason->text, input, decision);
    decision.next_step = filled(reason->next_step, input, decision);
    return decision;
}

// All usable agreements of the pair, the preferred one first; or none and the reason to tell.
struct FirstKey {
    std::vector<const Agreement*> usable;
    std::string_view reason = "agreement_missing";
    const Agreement* nearest = nullptr;
};

FirstKey first_key(const GateInput& input) {
    FirstKey key;
    std::size_t nearest = agreement_order.size();
    for (const Agreement& agreement : input.agreements) {
        if (!joins(agreement, input.submitter, input.receiver)) continue;
        const std::string_view reason = against(agreement, input);
        if (reason == usable) {
            key.usable.push_back(&agreement);
            continue;
        }
        const std::size_t here = rank(agreement_order, reason);
        const bool nearer = here < nearest || (here == nearest && preference(agreement) < preference(*key.nearest));
        if (!nearer) continue;
        nearest = here;
        key.nearest = &agreement;
        key.reason = reason;
    }
    std::ranges::sort(key.usable, {}, [](const Agreement* agreement) { return std::pair(preference(*agreement), agreement); });
    return key;
}

// A customer's own "no" for this partner and purpose, as long as the time it speaks of lasts. An engineer's word alone does not
// outweigh it.
const Authorization* standing_no(const GateInput& input, AuthorizationState state) {
    const Authorization* no = nullptr;
    for (const Authorization& authorization : input.authorizations) {
        if (authorization.company != input.submitter || authorization.customer != input.customer.customer) continue;
        if (authorization.state != state || input.at >= authorization.until) continue;
        if (!has(authorization.partners, input.receiver) || !same_purpose(input.purpose, authorization.purpose)) continue;
        if (no == nullptr || authorization.id < no->id) no = &authorization;
    }
    return no;
}

// What the engineer wrote as reference, if it is an authorization of the own company.
const Authorization* referenced(const GateInput& input) {
    if (!input.referenced) return nullptr;
    for (const Authorization& authorization : input.authorizations) {
        if (authorization.id == input.referenced && authorization.company == input.submitter) return &authorization;
    }
    return nullptr;
}

struct Pair {
    Chosen chosen;
    std::string_view reason;
};

// Smaller is better. A usable pair before any other; among usable ones by what they release.
auto preference(const Pair& pair) {
    const Agreement& agreement = *pair.chosen.agreement;
    const Authorization& authorization = *pair.chosen.authorization;
    const DataClasses both = released_by(agreement.permitted.both(authorization.classes));
    const std::size_t order = pair.reason == usable ? 0 : 1 + rank(authorization_order, pair.reason);
    const std::int64_t until = std::min(end_of(agreement), authorization.until.us);
    return std::tuple(order, -count(both), ~until, authorization.id, agreement.id);
}

struct StandingNo {
    const Authorization* refusal;
    const Authorization* withdrawal;
};

Pair judge(const Authorization& authorization, const Agreement& agreement, const GateInput& input, const StandingNo& no) {
    const Pair pair{{&agreement, &authorization}, against(authorization, agreement, input)};
    const bool granted = authorization.state == AuthorizationState::granted;
    const bool concerns = pair.reason != "authorization_expired" && pair.reason != "authorization_other_partner" &&
                          pair.reason != "authorization_other_purpose";
    if (!granted || !concerns || authorization.assurance != Assurance::attested) return pair;
    if (no.refusal != nullptr) return {{&agreement, no.refusal}, "authorization_refused"};
    if (no.withdrawal != nullptr) return {{&agreement, no.withdrawal}, "authorization_withdrawn"};
    return pair;
}

Decision second_key(const GateInput& input, std::span<const Agreement* const> agreements) {
    const Authorization* named = referenced(input);
    if (named != nullptr && named->customer != input.customer.customer) {
        return decide(Verdict::hold, "authorization_other_customer", input, {agreements.front(), named});
    }
    const StandingNo no{standing_no(input, AuthorizationState::refused), standing_no(input, AuthorizationState::withdrawn)};
    std::optional<Pair> best;
    for (const Authorization& authorization : input.authorizations) {
        if (authorization.company != input.submitter || authorization.customer != input.customer.customer) continue;
        if (named != nullptr && authorization.id != named->id) continue;
        for (const Agreement* agreement : agreements) {
            const Pair pair = judge(authorization, *agreement, input, no);
            if (!best || preference(pair) < preference(*best)) best = pair;
        }
    }
    if (!best) return decide(Verdict::hold, "authorization_missing", input, {agreements.front(), nullptr});
    if (best->reason == "authorization_refused") return decide(Verdict::refuse, best->reason, input, best->chosen);
    if (best->reason != usable) return decide(Verdict::hold, best->reason, input, best->chosen);

    Decision decision = decide(Verdict::allow, "all_keys_turn", input, best->chosen);
    decision.released = released_by(best->chosen.agreement->permitted.both(best->chosen.authorization->classes));
    return decision;
}

// The finding's own reason, if it is one of those that hold a case; anything else says no more than that there is no customer.
std::string_view customer_reason(const CustomerFinding& finding) {
    for (const std::string_view code : {"customer_ambiguous", "customer_contact_not_of_customer"}) {
        if (finding.kind != CustomerFinding::Kind::one && finding.reason == code) return code;
    }
    return "customer_missing";
}

}  // namespace

bool joins(const Agreement& agreement, CompanyId one, CompanyId other) {
    if (!has(agreement.parties, one) || !has(agreement.parties, other)) return false;
    return agreement.kind != protocol::AgreementKind::one_to_many || agreement.hub == one || agreement.hub == other;
}

bool product_code(std::string_view text) {
    return text.size() == 16 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Decision decide_agreement(const GateInput& input) {
    if (input.submitter == input.receiver) return decide(Verdict::refuse, "same_company", input, {});
    if (!input.submitter || !input.receiver) return decide(Verdict::refuse, "agreement_missing", input, {});
    const FirstKey key = first_key(input);
    if (key.usable.empty()) return decide(Verdict::refuse, key.reason, input, {key.nearest, nullptr});
    Decision decision = decide(Verdict::allow, "agreement_in_force", input, {key.usable.front(), nullptr});
    decision.released = released_by(key.usable.front()->permitted);
    return decision;
}

Decision decide_gate(const GateInput& input) {
    Decision first = decide_agreement(input);
    if (first.verdict != Verdict::allow) return first;

    const FirstKey key = first_key(input);
    if (input.customer.kind != CustomerFinding::Kind::one || !input.customer.customer) {
        return decide(Verdict::hold, customer_reason(input.customer), input, {key.usable.front(), nullptr});
    }
    return second_key(input, key.usable);
}

}  // namespace entente::policy
