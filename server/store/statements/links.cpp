#include "server/store/statements/links.hpp"

#include <algorithm>

namespace entente::store {

using protocol::CompanyId;
using protocol::SeverityLink;

namespace {

// "HIGH HIGH MEDIUM LOW": few fixed words, so that a person who looks at the table can read it.
template <class List>
std::string joined(const List& list) {
    std::string text;
    for (const auto item : list) {
        if (!text.empty()) text += ' ';
        text += name(item);
    }
    return text;
}

template <class List, class Parse>
void split(std::string_view text, List& list, Parse parse) {
    for (auto& item : list) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const auto value = parse(text.substr(0, end));
        if (!value) throw protocol::Fault("unknown word in a severity map in the store");
        item = *value;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

protocol::SeverityNames names_of(ReadTxn& txn, CompanyId company, CompanyId partner) {
    protocol::SeverityNames names;
    txn.each("SELECT critical, high, medium, low FROM link_names WHERE company = $1 AND partner = $2",
             {company.value, partner.value}, [&](const Row& row) {
                 for (int i = 0; i < protocol::severity_count; ++i) names.names[static_cast<std::size_t>(i)] = row.text(i);
             });
    return names;
}

}  // namespace

SeverityLink find_link(ReadTxn& txn, CompanyId company, CompanyId partner) {
    SeverityLink link;
    link.partner = partner;
    txn.each("SELECT to_priority, from_priority, version FROM links WHERE one = $1 AND two = $2",
             {std::min(company.value, partner.value), std::max(company.value, partner.value)}, [&](const Row& row) {
                 split(row.text(0), link.map.to_priority, protocol::parse_exact_priority);
                 split(row.text(1), link.map.from_priority, protocol::parse_severity);
                 link.version = row.number(2);
             });
    if (link.version == 0) return link;
    link.own = names_of(txn, company, partner);
    link.partners = names_of(txn, partner, company);
    return link;
}

std::vector<SeverityLink> links_of(ReadTxn& txn, CompanyId company) {
    std::vector<CompanyId> partners;
    txn.each("SELECT one, two FROM links WHERE one = $1 OR two = $1 ORDER BY one, two", {company.value},
             [&](const Row& row) { partners.push_back({row.number(0) == company.value ? row.number(1) : row.number(0)}); });
    std::vector<SeverityLink> links;
    links.reserve(partners.size());
    for (const CompanyId partner : partners) links.push_back(find_link(txn, company, partner));
    return links;
}

void save_link(Txn& txn, CompanyId company, const SeverityLink& link, protocol::Instant now) {
    const auto [one, two] = std::minmax(company.value, link.partner.value);
    txn.change(
        "INSERT INTO links (one, two, to_priority, from_priority, version, changed_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (one, two) DO UPDATE SET to_priority = excluded.to_priority, from_priority = excluded.from_priority,"
        " version = excluded.version, changed_at = excluded.changed_at",
        {one, two, joined(link.map.to_priority), joined(link.map.from_priority), link.version, now.us});
    const auto& names = link.own.names;
    txn.change(
        "INSERT INTO link_names (company, partner, critical, high, medium, low) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (company, partner) DO UPDATE SET critical = excluded.critical, high = excluded.high,"
        " medium = excluded.medium, low = excluded.low",
        {company.value, link.partner.value, names[0], names[1], names[2], names[3]});
}

}  // namespace entente::store
