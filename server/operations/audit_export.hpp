#pragma once
// Evidence leaves the house: pages of entries with receipts, envelopes and the sections that the caller may see, in the clear or
// sealed to an auditor's key. Compliance officers and auditors get what their company is party to; the operator gets every entry,
// but of the sections the core alone. Each page is a record.

#include "certs/age.hpp"
#include "server/audit/log/exporter.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct ExportAsked {
    std::string case_token;                          // empty: of all cases
    std::optional<protocol::CustomerId> customer{};  // of the caller's company
    std::optional<protocol::CompanyId> partner{};
    Instant from{};
    Instant until{std::numeric_limits<std::int64_t>::max()};
    std::int64_t first = 0;                          // index to begin with
    std::optional<std::uint64_t> size{};             // of the checkpoint that earlier pages are under; none: the newest
    bool open = false;                               // with sections
    std::optional<certs::AgeRecipient> recipient{};  // who alone may read them
};

struct Exported {
    audit::ExportPage page;
    std::shared_ptr<const audit::Published> published;
    std::optional<certs::AgeRecipient> recipient;
};
Audited<Exported> export_entries(Txn& txn, const Context& context, const Caller& caller, audit::Notary& notary,
                                 const ExportAsked& asked);

}  // namespace entente::operations
