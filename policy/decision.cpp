#include "policy/decision.hpp"

#include <algorithm>
#include <array>

namespace entente::policy {

namespace {

// One row a reason. Sorted by code, which a test checks.
constexpr std::array table{
    Reason{"agreement_document_missing", "agreement {agreement} does not name its document by a SHA-256 digest",
           "enter the agreement anew with the digest of its text: POST /api/v1/agreements"},
    Reason{"agreement_expired", "the agreement {agreement} between the two companies has expired",
           "agree on a new version: POST /api/v1/agreements with both companies as parties, then both accept it"},
    Reason{"agreement_in_force", "an agreement between the two companies is in force", ""},
    Reason{"agreement_missing", "there is no agreement between company {submitter} and company {receiver}",
           "create one: POST /api/v1/agreements with parties {submitter} and {receiver}, then both accept it"},
    Reason{"agreement_not_accepted", "the agreement {agreement} is not accepted yet; missing is the acceptance of {missing}",
           "an administrator of {missing} accepts it: POST /api/v1/agreements/{agreement}/accept"},
    Reason{"agreement_not_in_force", "the agreement {agreement} has not been put in force",
           "offer it to its parties and accept it: POST /api/v1/agreements/{agreement}/accept"},
    Reason{"agreement_not_yet_valid", "the agreement {agreement} between the two companies is not valid yet",
           "wait until it begins, or agree on an earlier date in a new version: GET /api/v1/agreements/{agreement}"},
    Reason{"agreement_other_product", "the agreement {agreement} between the two companies does not cover this product",
           "choose a product that it covers, or agree on this one: GET /api/v1/agreements/{agreement}"},
    Reason{"agreement_other_purpose", "the agreements between the two companies are for another purpose",
           "create one for this purpose: POST /api/v1/agreements with parties {submitter} and {receiver}"},
    Reason{"agreement_superseded", "the agreement {agreement} between the two companies was replaced by another version",
           "both companies accept the newer version: GET /api/v1/agreements"},
    Reason{"agreement_suspended", "the agreement {agreement} between the two companies is suspended",
           "an administrator of a party resumes it: POST /api/v1/agreements/{agreement}/resume"},
    Reason{"agreement_terminated", "the agreement {agreement} between the two companies was terminated",
           "agree on a new one: POST /api/v1/agreements with parties {submitter} and {receiver}, then both accept it"},
    Reason{"all_keys_turn", "agreement {agreement} and authorization {authorization} permit it", ""},
    Reason{"authorization_assurance_too_low",
           "the authorization {authorization} was not obtained as surely as the agreement asks for",
           "ask the customer (POST /api/v1/authorizations/{authorization}/link), or a second person records it with evidence: "
           "POST /api/v1/authorizations/{authorization}/grant"},
    Reason{"authorization_expired", "the customer's authorization {authorization} has expired",
           "ask the customer again: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_missing", "the customer has not authorized the exchange with company {receiver}",
           "ask the customer and enter it: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_not_granted", "the customer's authorization {authorization} is asked for, but not granted yet",
           "send the customer a link (POST /api/v1/authorizations/{authorization}/link), or record their answer: "
           "POST /api/v1/authorizations/{authorization}/grant"},
    Reason{"authorization_not_yet_valid", "the customer's authorization {authorization} is not valid yet",
           "wait until it begins, or ask for an earlier one: POST /api/v1/authorizations for customer {customer}"},
    Reason{"authorization_other_case", "the customer's authorization {authorization} is for other cases",
           "ask the customer for this case: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_other_customer", "the authorization {authorization} that the request names was given by another customer",
           "name an authorization of customer {customer} or none"},
    Reason{"authorization_other_partner",
           "the customer's authorization {authorization} does not name company {receiver} as a partner",
           "ask the customer for this partner: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_other_product", "the customer's authorization {authorization} is for other products",
           "ask the customer for this product: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_other_purpose", "the customer's authorization {authorization} is for another purpose",
           "ask the customer for this purpose: POST /api/v1/authorizations for customer {customer} with partner {receiver}"},
    Reason{"authorization_refused", "the customer refused the exchange with company {receiver} (authorization {authorization})",
           "if the customer has changed their mind, enter a new request: POST /api/v1/authorizations for customer {customer}"},
    Reason{"authorization_withdrawn", "the customer's authorization {authorization} was withdrawn",
           "only a new authorization opens the way again: POST /api/v1/authorizations for customer {customer} with partner "
           "{receiver}"},
    Reason{"class_not_permitted", "the agreement or the customer's authorization does not permit this kind of data", ""},
    Reason{"content_erased", "the words of the case were erased, and nothing is left to decide about", ""},
    Reason{"content_needs_review", "a second person of the company must look at this content before it crosses",
           "a colleague looks at the case and lets it pass: POST /api/v1/cases/{case}/reviews"},
    Reason{"content_refused", "the company's own sharing rules do not let this content cross to this partner",
           "open a new case without it, or have the rules changed: POST /api/v1/sharing-rules"},
    Reason{"customer_ambiguous", "the request points to more than one customer",
           "say which customer it is about: POST /api/v1/cases/{case}/customer"},
    Reason{"customer_contact_not_of_customer", "a mail address given for the customer belongs to one of the two companies",
           "open a new case with the customer's own contact"},
    Reason{"customer_missing", "the request does not name a customer of company {submitter}",
           "enter the customer (POST /api/v1/customers) or say which one it is: POST /api/v1/cases/{case}/customer"},
    Reason{"customer_named", "the request names exactly one customer", ""},
    Reason{"customer_picked", "a person said which customer it is", ""},
    Reason{"emergency_not_confirmed",
           "the customer did not confirm in time what was allowed by word of mouth in an emergency (authorization {authorization})",
           "ask the customer: POST /api/v1/authorizations/{authorization}/link, or record the grant with evidence"},
    Reason{"emergency_not_permitted",
           "the agreement {agreement} does not permit an oral authorization in an emergency (authorization {authorization})",
           "ask the customer: POST /api/v1/authorizations/{authorization}/link"},
    Reason{"label_exceeds_ceiling", "the content carries a label above what may cross to this partner",
           "have the label lowered by two people: POST /api/v1/cases/{case}/label"},
    Reason{"never_shared", "the form keeps this field for its owner", ""},
    Reason{"not_before_acceptance", "this value is shown once the partner has accepted the case", ""},
    Reason{"released", "this value may be seen by the partner", ""},
    Reason{"same_company", "a case needs two different companies", "choose the form of another company"},
    Reason{"secret", "credentials and keys never leave, whatever anybody permits", ""},
    Reason{"technical_not_permitted", "agreement {agreement} and authorization {authorization} do not both permit technical data",
           "ask the customer for the class technical, or have the agreement permit it: POST /api/v1/authorizations"},
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

}  // namespace

std::string_view name(Verdict verdict) {
    switch (verdict) {
        case Verdict::allow:
            return "allow";
        case Verdict::hold:
            return "hold";
        case Verdict::refuse:
            break;
    }
    return "refuse";
}

std::span<const Reason> reasons() {
    return table;
}

const Reason* find_reason(std::string_view code) {
    const auto found = std::ranges::lower_bound(table, code, {}, &Reason::code);
    return found != table.end() && found->code == code ? &*found : nullptr;
}

void name_companies(Decision& decision, std::span<const std::pair<protocol::CompanyId, std::string_view>> names) {
    constexpr std::string_view word = "company ";
    for (std::string* text : {&decision.text, &decision.next_step}) {
        std::string named;
        std::size_t done = 0;
        for (std::size_t at = text->find(word); at != std::string::npos; at = text->find(word, at + 1)) {
            const std::size_t end = std::min(text->find_first_not_of("0123456789", at + word.size()), text->size());
            const std::string_view plain(text->data() + at, end - at);
            const auto known = std::ranges::find(names, plain.substr(word.size()),
                                                 [](const auto& one) { return std::to_string(one.first.value); });
            if (known == names.end()) continue;
            named.append(*text, done, at - done).append(known->second).append(" (").append(plain).append(")");
            done = end;
        }
        *text = named.append(*text, done);
    }
}

std::string for_case(std::string_view text, std::string_view token) {
    std::string filled(text);
    replace_all(filled, "{case}", token);
    return filled;
}

}  // namespace entente::policy
