#pragma once
// Statements about links of two companies: the map of severities that they share, and each one's names for the levels.

#include <vector>

#include "protocol/severity.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// The link as `company` sees it; the defaults with version 0 when nothing was ever set.
protocol::SeverityLink find_link(ReadTxn& txn, protocol::CompanyId company, protocol::CompanyId partner);
// Links of the company that somebody has set, by partner.
std::vector<protocol::SeverityLink> links_of(ReadTxn& txn, protocol::CompanyId company);
// Writes the map and the company's own names; `link.version` is the new one.
void save_link(Txn& txn, protocol::CompanyId company, const protocol::SeverityLink& link, protocol::Instant now);

}  // namespace entente::store
