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
    std::optional<Error> refused;
    std::string decision;  // for the record
};
// On a reader, for a page may take long. What the caller may not have stands in `refused`: that is recorded too.
Result<Exported> find_entries(ReadTxn& txn, const Context& context, const Caller& caller, audit::Notary& notary,
                              const ExportAsked& asked);
// The record of it, before the page leaves.
Audited<bool> record_export(Txn& txn, const Context& context, const Caller& caller, const ExportAsked& asked,
                            const Exported& exported);

}  // namespace entente::operations
