#pragma once
// Reading the audit log: a compliance officer or auditor sees what the own company is party to, the operator every entry but no
// sealed section (semantics 1). Reading it is itself recorded.

#include "server/audit/format/proof.hpp"
#include "server/audit/log/notary.hpp"
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

// Proofs hold nothing but hashes, so handing them out leaves no record: that an entry exists is all they tell, and only to those
// who are party to it. The checkpoint is every signed-in caller's: it is what partners hold the gateway to.
struct Receipt {
    std::int64_t index = 0;
    std::optional<audit::InclusionReceipt> receipt;  // none: no checkpoint covers the entry yet
};
Result<Receipt> make_receipt(ReadTxn& txn, const Caller& caller, audit::Notary& notary, const audit::EntryKey& key);

struct Consistency {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::vector<audit::Hash> path;
    std::string checkpoint;  // of the tree of size `to`
};
// From an earlier size to that of the newest checkpoint.
Result<Consistency> prove_consistency(ReadTxn& txn, const Caller& caller, audit::Notary& notary, std::uint64_t from);

Result<std::shared_ptr<const audit::Published>> newest_checkpoint(const Caller& caller, const audit::Notary& notary);

// The permission alone; the run itself is the gateway's.
Audited<bool> allow_verification(Txn& txn, const Context& context, const Caller& caller);

// The gate's decision in a record's core section as it was written (policy/gate.hpp), or nothing.
std::optional<std::string> gate_decision_of(std::string_view core);

// Recomputes the gate's decisions in the caller's part of the log, from the recorded inputs alone.
struct Replay {
    std::int64_t next = 0;                         // index to go on from; the log's size when everything was looked at
    std::int64_t entries = 0;                      // looked at
    std::int64_t decisions = 0;                    // of the gate among them
    std::int64_t exact = 0;                        // came out again, to the same bytes
    std::int64_t erased = 0;                       // their key is destroyed: nobody can say, which is no success
    std::optional<std::int64_t> first_difference;  // index of the first that came out otherwise
};
Result<Replay> replay_decisions(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t from, std::int64_t limit);

}  // namespace entente::operations
