#pragma once
// Is anybody there? A company sends a test case to a partner's department from time to time; whoever answers it proves that the way
// in works. The directory shows when that was last so.
//
// A probe is an ordinary case: it needs the agreement, travels under the authorization of a customer of the company's own (its test
// customer), carries fixed words only and says that it is a test. What a rule accepts proves nothing; test cases meet no rule.

#include <optional>
#include <vector>

#include "protocol/automation.hpp"
#include "server/operations/context.hpp"
#include "server/operations/partners.hpp"

namespace entente::operations {

Audited<protocol::IntakeProbe> add_probe(Txn& txn, const Context& context, const Caller& caller, protocol::IntakeProbe probe);
Audited<protocol::IntakeProbe> end_probe(Txn& txn, const Context& context, const Caller& caller, protocol::IntakeProbeId id);
Result<std::vector<protocol::IntakeProbe>> list_probes(ReadTxn& txn, const Caller& caller);

// --- the gateway's own work ---

// Sends the test case of a probe that is due. While the last one stands unanswered no further one is sent.
std::vector<audit::Record> send_probe(Txn& txn, const Context& context, protocol::IntakeProbeId id);
// Notes that the last test case was answered, and closes it where that is the submitter's to do.
std::vector<audit::Record> settle_probe(Txn& txn, const Context& context, protocol::IntakeProbeId id);

// --- the directory ---

struct PartnerFound {
    protocol::PartnerRow row;
    bool agreement = false;                      // in force between the caller's company and this one
    std::optional<Instant> last_proven;          // somebody answered a test case
    std::optional<std::int64_t> answer_seconds;  // how long that took
};
Result<std::vector<PartnerFound>> find_partners(ReadTxn& txn, const Context& context, const Caller& caller,
                                                const PartnerQuery& query);

}  // namespace entente::operations
