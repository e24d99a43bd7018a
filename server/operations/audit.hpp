#pragma once
// Reading the audit log: a compliance officer or auditor sees what the own company is party to, the operator every entry but no
// sealed section (semantics 1). Reading it is itself recorded.

#include "server/audit/log/reader.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct EntryList {
    std::vector<audit::Line> lines;
    audit::Head head;
};
Result<EntryList> list_entries(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view case_token,
                               std::int64_t from, std::int64_t limit, bool newest_first);
Result<audit::Shown> read_entry(ReadTxn& txn, const Context& context, const Caller& caller, const audit::EntryKey& key);

// The permission alone; the run itself is the gateway's.
Audited<bool> allow_verification(Txn& txn, const Context& context, const Caller& caller);

}  // namespace entente::operations
