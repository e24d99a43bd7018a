#pragma once
// What evidence is made of: rows of the audit log in order, counts of what is there, and what a partner was shown. Company none
// (id 0): all of them, for the operator.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// A row of the log without what is sealed. The views die with the row.
struct LogRow {
    std::int64_t index = 0;
    protocol::Instant time;
    std::string_view operation;
    bool failed = false;
    std::string_view reason;
};
// Rows that the company is party to with from <= index < to, in order, at most `limit`.
void each_log_row(ReadTxn& txn, protocol::CompanyId company, std::int64_t from, std::int64_t to, std::int64_t limit,
                  const std::function<void(const LogRow&)>& use);

// The first index below `size` whose time is not before `time`; `size` when there is none. Times of the log never fall, so this
// looks at the logarithm of it.
std::int64_t first_index_at(ReadTxn& txn, protocol::Instant time, std::int64_t size);

// A count of what is there now: of the company, or of all.
struct StateCount {
    std::string_view name;   // stable: people_active, agreements_in_force, ...
    std::string_view title;  // for people
    bool operator_only = false;
};
std::span<const StateCount> state_counts();
std::int64_t count_state(ReadTxn& txn, const StateCount& count, protocol::CompanyId company, protocol::Instant now);

// How soon released cases got their first formal answer. Pages by case id; `time` is released to answered.
struct FirstAnswer {
    std::int64_t case_id = 0;
    protocol::Instant released;
    std::optional<protocol::Instant> answered;
};
std::vector<FirstAnswer> first_answers(ReadTxn& txn, protocol::CompanyId company, protocol::Instant from, protocol::Instant until,
                                       std::int64_t after_case, std::int64_t limit);

// Whether two companies ever had an agreement together, or a case that the asking company may know.
bool are_partners(ReadTxn& txn, protocol::CompanyId company, protocol::CompanyId other);

// A case of the company with that partner, whoever opened it.
struct SharedCase {
    protocol::CaseId id;
    std::string token;
    bool submitted = false;         // by the company
    protocol::CustomerId customer;  // of the company; none where the partner opened it or nobody said
    std::int64_t authorization = 0;
    std::int64_t agreement = 0;
};
std::vector<SharedCase> cases_shared_with(ReadTxn& txn, protocol::CompanyId company, protocol::CompanyId partner,
                                          std::int64_t after_case, std::int64_t limit);
// When the company first wrote something in the case that the other side can read; nothing when it never did.
std::optional<protocol::Instant> first_words(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId company, bool submitter);
// The register's word on this version of the case for the company: when it was first shown, and by which operation.
struct FirstShown {
    protocol::Instant at;
    std::string operation;
    std::int64_t released_classes = 0;  // by the gate, at that time
};
// The classes of all versions that the company was shown before that time.
std::int64_t classes_shown_before(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId company, protocol::Instant before);
std::optional<FirstShown> first_shown(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId company, std::int64_t version);
// Indices of the case's records in [from, to) that the company is party to.
std::vector<std::int64_t> case_log_indices(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId company, std::int64_t from,
                                           std::int64_t to);

}  // namespace entente::store
