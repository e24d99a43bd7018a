#include "policy/customer.hpp"

#include <unicode/uchar.h>
#include <unicode/uidna.h>

#include <algorithm>
#include <memory>
#include <set>

#include "policy/words.hpp"
#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

using protocol::Customer;
using protocol::CustomerId;
using Kind = CustomerFinding::Kind;

namespace {

std::string domain_ascii(std::string_view domain) {
    struct Close {
        void operator()(UIDNA* idna) const { uidna_close(idna); }
    };
    static const std::unique_ptr<UIDNA, Close> idna = [] {
        UErrorCode error = U_ZERO_ERROR;
        return std::unique_ptr<UIDNA, Close>(uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &error));
    }();
    std::string ascii(domain.size() * 4 + 64, '\0');
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    std::int32_t length = 0;
    if (idna != nullptr) {
        length = uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()), ascii.data(),
                                        static_cast<std::int32_t>(ascii.size()), &info, &error);
    }
    if (idna == nullptr || U_FAILURE(error) || length < 0 || static_cast<std::size_t>(length) > ascii.size())
        ascii = domain;
    else
        ascii.resize(static_cast<std::size_t>(length));
    for (char& c : ascii) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    while (!ascii.empty() && ascii.back() == '.') ascii.pop_back();
    return ascii;
}

bool domain_character(UChar32 c) {
    return c == '-' || c == '.' || c == 0x3002 || c == 0xff0e ||
           (c >= 0 && (u_isalnum(c) != 0 || u_charType(c) == U_NON_SPACING_MARK));
}

std::vector<std::string> all_domains(std::span<const std::string> texts) {
    std::vector<std::string> domains;
    for (const std::string& text : texts) {
        for (std::string& domain : mail_domains(text)) domains.push_back(std::move(domain));
    }
    return domains;
}

bool has_domain(const Customer& customer, std::string_view domain) {
    return std::ranges::any_of(customer.domains, [&](const protocol::CustomerDomain& registered) {
        return registered.confirmed && domain_within(domain, domain_ascii(registered.domain));
    });
}

// Does a mail address stand on the confirmed domain of somebody else, and not on the customer's own?
bool mail_of_another(std::span<const Customer> customers, const Customer& chosen, const CustomerEvidence& evidence) {
    for (const auto& source : {all_domains(evidence.mails), all_domains(evidence.texts)}) {
        for (const std::string& domain : source) {
            if (has_domain(chosen, domain)) continue;
            for (const Customer& other : customers) {
                if (other.id != chosen.id && has_domain(other, domain)) return true;
            }
        }
    }
    return false;
}

// Is another customer named in a text? A name that is part of the chosen customer's own ("Nordwind" in "Nordwind Logistics") where
// that stands in full does not count.
bool text_names_another(std::span<const Customer> customers, const Customer& chosen, const CustomerEvidence& evidence) {
    NameIndex own;
    NameIndex others;
    for (const Customer& customer : customers) {
        NameIndex& index = customer.id == chosen.id ? own : others;
        index.add(customer.name, 0);
        for (const std::string& alias : customer.aliases) index.add(alias, 0);
    }
    if (others.empty()) return false;
    for (const std::string& text : evidence.texts) {
        const auto words = words_of(text);
        const auto mine = own.find(words);
        for (const NameIndex::Hit& hit : others.find(words)) {
            const bool inside = std::ranges::any_of(mine, [&](const auto& m) { return m.begin <= hit.begin && hit.end <= m.end; });
            if (!inside) return true;
        }
    }
    return false;
}

bool is_named(const Customer& customer, std::string_view normalised) {
    return normalise_name(customer.name) == normalised ||
           std::ranges::any_of(customer.aliases, [&](const std::string& alias) { return normalise_name(alias) == normalised; });
}

struct ByName {
    std::set<CustomerId> customers;
    bool unknown = false;  // a name was given that is nobody's
};

ByName by_name(std::span<const Customer> customers, std::span<const std::string> names) {
    ByName found;
    for (const std::string& given : names) {
        const bool blank = words_of(given).empty() && protocol::valid_utf8(given);
        if (blank) continue;
        const std::string name = normalise_name(given);
        bool known = false;
        for (const Customer& customer : customers) {
            if (name.empty() || !customer.active || !is_named(customer, name)) continue;
            found.customers.insert(customer.id);
            known = true;
        }
        found.unknown = found.unknown || !known;
    }
    return found;
}

}  // namespace

std::string_view name(CustomerFinding::Kind kind) {
    switch (kind) {
        case Kind::one:
            return "one";
        case Kind::several:
            return "several";
        case Kind::conflict:
            return "conflict";
        case Kind::none:
            break;
    }
    return "none";
}

std::string normalise_name(std::string_view name) {
    if (!protocol::valid_utf8(name)) return {};
    std::string normalised;
    for (const Word& word : words_of(name)) {
        if (!normalised.empty()) normalised += ' ';
        normalised += word.folded;
    }
    return normalised;
}

std::vector<std::string> mail_domains(std::string_view text) {
    std::vector<std::string> domains;
    for (std::size_t at = 0; at < text.size();) {
        const std::int32_t c = next_character(text, at);
        if (c != '@' && c != 0xff20 && c != 0xfe6b) continue;  // also the full-width and the small @
        const std::size_t begin = at;
        std::size_t end = at;
        while (at < text.size() && domain_character(next_character(text, at))) end = at;
        at = end;
        std::string domain = domain_ascii(text.substr(begin, end - begin));
        if (!domain.empty()) domains.push_back(std::move(domain));
    }
    return domains;
}

bool domain_within(std::string_view domain, std::string_view registered) {
    if (registered.empty() || !domain.ends_with(registered)) return false;
    return domain.size() == registered.size() || domain[domain.size() - registered.size() - 1] == '.';
}

CustomerFinding find_customer(std::span<const Customer> customers, const CustomerEvidence& evidence,
                              std::string_view submitter_domain, std::string_view receiver_domain, CustomerId picked) {
    const std::string submitter = domain_ascii(submitter_domain);
    const std::string receiver = domain_ascii(receiver_domain);
    for (const std::string& domain : all_domains(evidence.mails)) {
        if (!domain_within(domain, submitter) && !domain_within(domain, receiver)) continue;
        return {.kind = Kind::conflict, .reason = "customer_contact_not_of_customer"};
    }
    for (const Customer& customer : customers) {
        if (picked && customer.id == picked && customer.active) return {Kind::one, customer.id, "customer_picked"};
    }

    const ByName named = by_name(customers, evidence.names);
    if (named.customers.empty()) return {.kind = Kind::none, .reason = "customer_missing"};
    if (named.customers.size() > 1 || named.unknown) return {.kind = Kind::several, .reason = "customer_ambiguous"};

    const auto chosen = std::ranges::find(customers, *named.customers.begin(), &Customer::id);
    if (mail_of_another(customers, *chosen, evidence) || text_names_another(customers, *chosen, evidence)) {
        return {.kind = Kind::conflict, .reason = "customer_ambiguous"};
    }
    return {Kind::one, chosen->id, "customer_named"};
}

}  // namespace entente::policy
