#include "server/store/statements/readers.hpp"

#include <charconv>
#include <limits>

namespace entente::store {

using protocol::CaseId;
using protocol::CompanyId;

std::vector<DisclosureRow> disclosures(ReadTxn& txn, const DisclosureFilter& filter) {
    std::vector<DisclosureRow> rows;
    const std::int64_t end = filter.to ? filter.to->us : std::numeric_limits<std::int64_t>::max();
    // The place after which to go on; beyond every row for the first page.
    const std::int64_t after_at = filter.after ? filter.after->at.us : std::numeric_limits<std::int64_t>::max();
    const std::int64_t after_case = filter.after ? filter.after->case_id.value : std::numeric_limits<std::int64_t>::max();
    const std::int64_t after_version = filter.after ? filter.after->version : std::numeric_limits<std::int64_t>::max();
    txn.each(
        "SELECT d.case_id, c.token, d.company, c.customer, d.version, d.at, d.operation, d.agreement, d.authorization_id,"
        " d.released_classes FROM disclosures d JOIN cases c ON c.id = d.case_id WHERE c.submitter = $1 AND d.company <> $1"
        " AND ($2 = 0 OR c.customer = $2) AND ($3 = 0 OR d.company = $3) AND ($4 = 0 OR d.case_id = $4) AND d.at >= $5 AND d.at < "
        "$6"
        " AND (d.at < $7 OR (d.at = $7 AND (d.case_id < $8 OR (d.case_id = $8 AND d.version < $9))))"
        " ORDER BY d.at DESC, d.case_id DESC, d.version DESC LIMIT $10",
        {filter.submitter.value, filter.customer.value, filter.partner.value, filter.case_id.value, filter.from.us, end, after_at,
         after_case, after_version, filter.limit},
        [&](const Row& row) {
            DisclosureRow one;
            one.case_id = {row.number(0)};
            one.token = row.text(1);
            one.company = {row.number(2)};
            one.customer = {row.number(3)};
            one.version = row.number(4);
            one.at = {row.number(5)};
            one.operation = row.text(6);
            one.agreement = {row.number(7)};
            one.authorization = {row.number(8)};
            one.classes = protocol::DataClasses::from_bits(static_cast<std::uint32_t>(row.number(9)));
            rows.push_back(std::move(one));
        });
    return rows;
}

void count_reads(Txn& txn, const ReadCount& count) {
    txn.change(
        "INSERT INTO read_counts (hour, case_id, principal, reads, recorded) VALUES ($1, $2, $3, $4, 0)"
        " ON CONFLICT (hour, case_id, principal) DO UPDATE SET reads = read_counts.reads + excluded.reads",
        {count.hour, count.case_id.value, count.principal, count.reads});
}

std::vector<ReadCount> reads_of_case(ReadTxn& txn, CaseId id, std::int64_t limit) {
    std::vector<ReadCount> counts;
    txn.each(
        "SELECT principal, hour, reads FROM read_counts WHERE case_id = $1 AND principal NOT LIKE '%/facts'"
        " ORDER BY hour DESC, principal LIMIT $2",
        {id.value, limit}, [&](const Row& row) {
            counts.push_back({.case_id = id, .principal = std::string(row.text(0)), .hour = row.number(1), .reads = row.number(2)});
        });
    return counts;
}

std::vector<ReadCount> reads_between(ReadTxn& txn, CaseId id, std::int64_t from, std::int64_t before) {
    std::vector<ReadCount> counts;
    txn.each(
        "SELECT principal, MAX(hour), CAST(SUM(reads) AS BIGINT) FROM read_counts WHERE case_id = $1 AND hour >= $2 AND hour < $3"
        " AND principal NOT LIKE '%/facts' GROUP BY principal ORDER BY principal",
        {id.value, from, before}, [&](const Row& row) {
            counts.push_back({.case_id = id, .principal = std::string(row.text(0)), .hour = row.number(1), .reads = row.number(2)});
        });
    return counts;
}

std::vector<ReadCount> unrecorded_reads(ReadTxn& txn, std::int64_t from, std::int64_t before, std::int64_t limit) {
    std::vector<ReadCount> counts;
    txn.each(
        "SELECT case_id, principal, hour, reads - recorded FROM read_counts WHERE hour >= $1 AND hour < $2 AND reads > recorded"
        " ORDER BY hour, case_id, principal LIMIT $3",
        {from, before, limit}, [&](const Row& row) {
            counts.push_back(
                {.case_id = {row.number(0)}, .principal = std::string(row.text(1)), .hour = row.number(2), .reads = row.number(3)});
        });
    return counts;
}

void reads_recorded(Txn& txn, const ReadCount& count) {
    txn.change("UPDATE read_counts SET recorded = recorded + $4 WHERE hour = $1 AND case_id = $2 AND principal = $3",
               {count.hour, count.case_id.value, count.principal, count.reads});
}

std::vector<Sight> sights_of_case(ReadTxn& txn, CaseId id) {
    std::vector<Sight> sights;
    txn.each("SELECT principal, version FROM sights WHERE case_id = $1 AND principal NOT LIKE '%/facts' ORDER BY principal",
             {id.value}, [&](const Row& row) { sights.push_back({std::string(row.text(0)), row.number(1)}); });
    return sights;
}

CompanyId company_of_principal(ReadTxn& txn, std::string_view label) {
    const std::size_t colon = label.find(':');
    if (colon == std::string_view::npos) return {};
    std::int64_t id = 0;
    const std::string_view digits = label.substr(colon + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), id).ec != std::errc()) return {};
    const auto company = [](const Row& row) { return CompanyId{row.number(0)}; };
    if (label.starts_with("user:"))
        return txn.first("SELECT company FROM users WHERE id = $1", {id}, company).value_or(CompanyId{});
    if (label.starts_with("client:"))
        return txn.first("SELECT company FROM clients WHERE id = $1", {id}, company).value_or(CompanyId{});
    return {};
}

}  // namespace entente::store
