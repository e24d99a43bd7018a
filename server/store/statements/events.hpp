#pragma once
// Statements about events. The appender of the audit log writes them; nobody changes them.

#include <optional>
#include <string>
#include <vector>

#include "protocol/webhook.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// An event with what decides whether it may be told now.
struct StoredEvent {
    protocol::EventView view;
    protocol::Flow flow = protocol::Flow::ended;  // of its case
    protocol::AgreementId agreement;
    protocol::AuthorizationId authorization;
};

// Of one company, after `cursor`, in order. At most about `limit`: a page never ends within the events of one record.
std::vector<StoredEvent> events_after(ReadTxn& txn, protocol::CompanyId company, std::int64_t cursor, int limit);
// Of all companies, for planning.
std::vector<protocol::Event> events_to_plan(ReadTxn& txn, std::int64_t after, int limit);
std::optional<StoredEvent> find_event(ReadTxn& txn, protocol::CompanyId company, std::int64_t cursor, std::int64_t ordinal);
// Of one company in [from, to) of record times, oldest first.
std::vector<protocol::Event> events_between(ReadTxn& txn, protocol::CompanyId company, protocol::Instant from, protocol::Instant to,
                                            std::int64_t after, int limit);
// The position before which everything is recorded; -1 for an empty log.
std::int64_t newest_position(ReadTxn& txn);

}  // namespace entente::store
