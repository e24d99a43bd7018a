#pragma once
// Who read what of whom (semantics 6): first sights with the keys under which they happened, and exact counts of what was read
// again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/authorization.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// The first time that a company other than the submitter was shown this version of a case.
struct DisclosureRow {
    protocol::CaseId case_id;
    std::string token;
    protocol::CompanyId company;    // that was shown it
    protocol::CustomerId customer;  // whom the case is about; none: not known
    std::int64_t version = 0;
    protocol::Instant at;
    std::string operation;
    protocol::AgreementId agreement;
    protocol::AuthorizationId authorization;
    protocol::DataClasses classes;  // that were released then
};
struct DisclosureFilter {
    protocol::CompanyId submitter;
    protocol::CustomerId customer{};  // none: of all
    protocol::CompanyId partner{};    // none: to all
    protocol::CaseId case_id{};       // none: all
    protocol::Instant from{};
    std::optional<protocol::Instant> to{};
    std::int64_t limit = 100;
    // Where the page before ended; newest first.
    std::optional<DisclosureRow> after{};
};
std::vector<DisclosureRow> disclosures(ReadTxn& txn, const DisclosureFilter& filter);

// Reads of versions that the principal had seen before, in one hour (since the epoch). What shows facts of a case alone is kept
// under the label with "/facts" behind it, recorded like the rest, and left out where it is asked who read the case.
struct ReadCount {
    protocol::CaseId case_id;
    std::string principal;  // label: user:870, client:12
    std::int64_t hour = 0;
    std::int64_t reads = 0;
};
void count_reads(Txn& txn, const ReadCount& count);
std::vector<ReadCount> reads_of_case(ReadTxn& txn, protocol::CaseId id, std::int64_t limit);  // newest first
// By each principal in the hours [from, before), summed up; `hour` is the newest.
std::vector<ReadCount> reads_between(ReadTxn& txn, protocol::CaseId id, std::int64_t from, std::int64_t before);
// Reads that no record of the log has told yet, of hours in [from, before): at most `limit` rows, in order.
std::vector<ReadCount> unrecorded_reads(ReadTxn& txn, std::int64_t from, std::int64_t before, std::int64_t limit);
void reads_recorded(Txn& txn, const ReadCount& count);

// Versions that a principal was shown last.
struct Sight {
    std::string principal;
    std::int64_t version = 0;
};
std::vector<Sight> sights_of_case(ReadTxn& txn, protocol::CaseId id);
// The company behind a principal's label; none for the gateway's own.
protocol::CompanyId company_of_principal(ReadTxn& txn, std::string_view label);

}  // namespace entente::store
