#pragma once
// Double entry: what one side sent the other side took, or the list says what is open. Taking is reading the case after it was
// sent, or saying so (case.acknowledge), for those who fetch by other ways. Like the statement of a bank, both companies can draw
// it, and both draw the same.

#include "server/operations/context.hpp"
#include "server/store/statements/reconciliation.hpp"

namespace entente::operations {

struct ReconcileAsked {
    std::optional<protocol::CompanyId> partner{};
    Instant from{};
    Instant until{};
    std::int64_t first = 0;
    bool open_only = false;  // what was not taken
};

struct Reconciliation {
    std::vector<store::Crossing> crossings;
    std::optional<std::int64_t> next;  // index to go on from
    // Of everything that the page looked at.
    std::int64_t sent = 0, sent_open = 0, received = 0, received_open = 0;
};
// For compliance officers, auditors, and for engineers and clients of the company as well: it is their own work.
Result<Reconciliation> reconcile_crossings(ReadTxn& txn, const Caller& caller, const ReconcileAsked& asked);

struct Acknowledged {
    std::string token;
    std::int64_t through = 0;  // position of the log up to which everything was taken
    Instant at{};
};
// `through`: the position of the log up to which the caller has everything, as the feed and the statement name it; without it
// everything so far, also what the caller has not heard of yet.
Audited<Acknowledged> acknowledge_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                       std::optional<std::int64_t> through);

}  // namespace entente::operations
