#pragma once
// What crossed between two companies and whether the other side took it. Something counts as sent when its event was told to the
// other side; as taken when that side was shown the case afterwards, or acknowledged it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

struct Crossing {
    bool sent = false;  // by the company that asks; else received
    std::int64_t index = 0;
    protocol::Instant time{};
    std::string case_token;
    std::string kind;          // of the event
    std::string subject_type;  // and what it is about
    std::int64_t subject = 0;
    protocol::CompanyId partner;
    std::optional<protocol::Instant> shown{};         // first time after it that the taker was shown the case
    std::optional<protocol::Instant> acknowledged{};  // by the taker, at or after it
};

struct CrossingsAsked {
    protocol::CompanyId company;
    std::optional<protocol::CompanyId> partner{};
    protocol::Instant from{};
    protocol::Instant until{};
    std::int64_t first = 0;  // index to begin with
    int limit = 500;
};
// In the order of the log; never ends within one record.
std::vector<Crossing> crossings(ReadTxn& txn, const CrossingsAsked& asked);

void acknowledge(Txn& txn, protocol::CaseId id, protocol::CompanyId company, std::int64_t through, protocol::Instant now);

}  // namespace entente::store
