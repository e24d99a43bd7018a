#pragma once
// Which customer is a case about? Exactly one record of the submitting company, or the case waits for a person.
//
// Names are compared after normalisation and exactly: never fuzzily, because a near miss is how the wrong customer's data leaves.
// Look-alike letters of other scripts stay different. An inactive customer cannot be named or picked, but still counts as "another"
// one. Pure functions over plain values.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/directory.hpp"
#include "protocol/ids.hpp"

namespace entente::policy {

// Unicode NFKC with case folding, invisible characters removed; runs of blanks and punctuation become one blank, none at the ends.
// "Nordwind  Logistics, Ltd." and "NORDWIND LOGISTICS LTD" are equal afterwards. Invalid UTF-8 gives an empty string, which equals
// no name.
std::string normalise_name(std::string_view name);

// The domain of each mail address in the text, in ASCII form (IDNA), lower case, without final dot.
std::vector<std::string> mail_domains(std::string_view text);

// Is `domain` the same as `registered` or below it? Both in the form of mail_domains.
bool domain_within(std::string_view domain, std::string_view registered);

struct CustomerEvidence {
    std::vector<std::string> names;  // values of the fields that identify the customer
    std::vector<std::string> mails;  // mail addresses given as the customer's
    std::vector<std::string> texts;  // summary, description, other field values
};

struct CustomerFinding {
    enum class Kind : std::uint8_t { one, none, several, conflict };
    Kind kind = Kind::none;
    protocol::CustomerId customer;  // set when kind is one
    std::string_view
        reason;  // customer_named, customer_picked, customer_missing, customer_ambiguous, customer_contact_not_of_customer

    bool operator==(const CustomerFinding&) const = default;
};
std::string_view name(CustomerFinding::Kind kind);

// `submitter_domain` and `receiver_domain` are the companies' registered mail domains: a "customer" who writes from there is none.
// `picked` is the customer that a person chose; it settles none, several and conflicting evidence, but not an own mail address.
// The other names of a customer count in texts as whole words from three characters on.
CustomerFinding find_customer(std::span<const protocol::Customer> customers, const CustomerEvidence& evidence,
                              std::string_view submitter_domain, std::string_view receiver_domain,
                              protocol::CustomerId picked = {});

}  // namespace entente::policy
