#include "server/operations/case_gate.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "protocol/json_writer.hpp"
#include "server/operations/sharing.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/sharing.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

using protocol::Flow;

// By section, or by the customary label that connectors fill (contract 8.2): the section is the receiver's taste.
bool is_customers_mail(const store::StoredField& field) {
    if (field.type != protocol::FieldType::email) return false;
    return field.section == protocol::Section::common_customer || policy::normalise_name(field.label).starts_with("customer");
}

namespace {

policy::CustomerEvidence evidence_of(const store::CaseWords& words) {
    policy::CustomerEvidence evidence;
    evidence.texts = {words.summary, words.description};
    for (const store::StoredField& field : words.fields) {
        if (field.value.empty()) continue;
        if (field.identifies_customer) {
            evidence.names.push_back(field.value);
        } else if (is_customers_mail(field)) {
            evidence.mails.push_back(field.value);
        } else {
            evidence.texts.push_back(field.value);
        }
    }
    return evidence;
}

// Codes of what the case says it is about: "Switch:KX-9000" is the switch, the KX-9000, and both together.
std::vector<std::string> products_of(const Tools& tools, const store::CaseWords& words) {
    std::vector<std::string> codes;
    const auto add = [&](std::string_view product) {
        std::string code = product_code(tools.vault, product);
        if (!code.empty() && std::ranges::find(codes, code) == codes.end()) codes.push_back(std::move(code));
    };
    for (const store::StoredField& field : words.fields) {
        if (field.data_class != protocol::DataClass::product || field.value.empty()) continue;
        const std::string_view value = field.value;
        for (std::size_t begin = 0; begin <= value.size();) {
            const std::size_t end = std::min(value.find(':', begin), value.size());
            add(value.substr(begin, end - begin));
            add(value.substr(0, end));
            begin = end + 1;
        }
    }
    return codes;
}

std::vector<protocol::Customer> customers_for_gate(ReadTxn& txn, const Tools& tools, protocol::CompanyId company) {
    std::vector<protocol::Customer> customers;
    for (store::StoredCustomer& stored : store::customers_of(txn, tools.vault, company))
        customers.push_back(std::move(stored.customer));
    return customers;
}

// For the submitter, who alone reads it. A receiver that partner search does not list is not told by a guessed form either.
void name_parties(policy::Decision& decision, const protocol::Company& submitter, const protocol::Company& receiver) {
    const std::array names{std::pair{submitter.id, std::string_view(submitter.name)},
                           std::pair{receiver.id, std::string_view(receiver.name)}};
    policy::name_companies(decision, std::span(names).first(receiver.hidden ? 1 : 2));
}

}  // namespace

Judgement judge(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, Instant now) {
    Judgement judgement;
    const auto customers = customers_for_gate(txn, tools, c.submitter);
    const auto submitter = store::find_company(txn, c.submitter);
    const auto receiver = store::find_company(txn, c.receiver);
    if (!submitter || !receiver) throw protocol::Fault("a case names a company that does not exist");
    // Once a customer was settled, by the form or by a person, later words cannot move the case to another one.
    const protocol::CustomerId picked = c.picked_by.empty() ? protocol::CustomerId{} : c.customer;
    judgement.finding = policy::find_customer(customers, evidence_of(c.original), submitter->domain, receiver->domain, picked);
    for (const protocol::Customer& customer : customers)
        if (customer.id == judgement.finding.customer) judgement.customer = customer;

    auto agreements = store::agreements_between(txn, c.submitter, c.receiver);
    for (protocol::Agreement& agreement : agreements)
        for (std::string& product : agreement.products) product = product_code(tools.vault, product);
    const std::vector<std::string> products = products_of(tools, c.original);
    const auto authorizations = judgement.finding.customer ? store::authorizations_for(txn, c.submitter, judgement.finding.customer)
                                                           : std::vector<protocol::Authorization>{};
    const policy::GateInput input{.submitter = c.submitter,
                                  .receiver = c.receiver,
                                  .at = now,
                                  .agreements = agreements,
                                  .customer = judgement.finding,
                                  .authorizations = authorizations,
                                  .referenced = c.referenced,
                                  .products = products,
                                  .case_id = c.id};
    judgement.decision = policy::decide_gate(input);
    judgement.json = policy::decision_json(input, judgement.decision);
    name_parties(judgement.decision, *submitter, *receiver);
    for (const protocol::Agreement& agreement : agreements)
        if (agreement.id == judgement.decision.agreement)
            judgement.staff_contacts = agreement.permitted.has(protocol::DataClass::personal_contact);
    return judgement;
}

policy::Decision judge_agreement(ReadTxn& txn, protocol::CompanyId submitter, protocol::CompanyId receiver, Instant now) {
    const auto agreements = store::agreements_between(txn, submitter, receiver);
    policy::Decision decision = policy::decide_agreement({.submitter = submitter,
                                                          .receiver = receiver,
                                                          .at = now,
                                                          .agreements = agreements,
                                                          .customer = {},
                                                          .authorizations = {},
                                                          .referenced = {},
                                                          .products = std::nullopt,
                                                          .case_id = {}});
    if (decision.verdict == policy::Verdict::allow) return decision;
    const auto left = store::find_company(txn, submitter);
    const auto right = store::find_company(txn, receiver);
    if (left && right) name_parties(decision, *left, *right);
    return decision;
}

policy::Label ceiling_of(ReadTxn& txn, protocol::AgreementId agreement, const store::RulesInForce& rules) {
    const auto agreed = store::agreement_ceiling(txn, agreement);
    if (!agreed) return rules.ceiling;
    return rules.id == 0 ? *agreed : std::min(*agreed, rules.ceiling);
}

Sharer sharer_for(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side, bool reviewed) {
    const protocol::CompanyId introducing = side == protocol::Side::submitter ? c.submitter : c.receiver;
    return sharer_under(txn, context, c, side, store::sharing_rules_in_force(txn, introducing, c.agreement, context.now), reviewed);
}

Sharer sharer_under(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side,
                    const store::RulesInForce& rules, bool reviewed) {
    const Tools& tools = context.tools;
    std::optional<protocol::Customer> customer;
    if (c.customer)
        if (auto stored = store::find_customer(txn, tools.vault, c.submitter, c.customer)) customer = std::move(stored->customer);
    std::vector<policy::KnownName> names = known_names(customer ? &*customer : nullptr);
    // The vendors' own sites are nobody's infrastructure: links to their documents are what they tell each other.
    for (const protocol::CompanyId id : {c.submitter, c.receiver})
        if (const auto company = store::find_company(txn, id)) names.push_back({.text = company->domain, .open = true});

    if (!store::agreement_shares_staff(txn, c.agreement))
        for (policy::KnownName& name : staff_names(txn, tools.vault, c, side)) names.push_back(std::move(name));

    const protocol::CompanyId introducing = side == protocol::Side::submitter ? c.submitter : c.receiver;
    SharingTerms terms;
    // The receiver learned the customer's name only as far as it was released; what it writes is judged by the same classes.
    terms.sharing = policy::Sharing(c.released, rules.rules, reviewed);
    terms.rules_id = rules.id;
    terms.side = side;
    terms.ceiling = ceiling_of(txn, c.agreement, rules);
    terms.label = store::case_label(txn, c.id, introducing).label;
    return Sharer(tools.detectors, terms, side == protocol::Side::submitter ? c.pseudonyms_submitter : c.pseudonyms_receiver,
                  std::move(names));
}

// Most companies have no rule that could object, and then only the markings are looked at.
Objection objection_of(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side,
                       std::span<const std::string_view> words, std::string_view author) {
    Sharer sharer = sharer_for(txn, context, c, side);
    for (const std::string_view text : words) sharer.examine(text);
    Objection result{.error = sharer.objection()};
    if (!result.error || result.error->code != "content_needs_review") return result;
    const protocol::CompanyId company = side == protocol::Side::submitter ? c.submitter : c.receiver;
    if (store::content_reviewed(txn, c.id, company, sharer.held_digest(), author)) return {.reviewed = true};
    return result;
}

std::vector<std::string_view> words_of_case(const store::CaseWords& words) {
    std::vector<std::string_view> all{words.submitter_number, words.summary, words.description};
    for (const store::StoredField& field : words.fields) all.emplace_back(field.value);
    return all;
}

Flow flow_now(ReadTxn& txn, const store::StoredCase& c, Instant now) {
    if (c.flow != Flow::open) return c.flow;
    return store::keys_hold(txn, c.agreement, c.authorization, now) ? Flow::open : Flow::frozen;
}

}  // namespace entente::operations
