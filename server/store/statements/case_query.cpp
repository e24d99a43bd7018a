// The list of the own API. Each side's cases are walked along an index in the order asked for, and the two walks are merged; a page
// begins behind a place in that order, so that what is opened or changed meanwhile neither repeats nor hides a case.

#include <limits>

#include "protocol/severity.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::store {

using protocol::CaseQuery;

namespace {

// Filters that hold for both sides. Answers carry whole seconds, so the bounds do as well.
constexpr std::string_view filters =
    " AND ($2 = '' OR $2 LIKE '%,' || status || ',%') AND ($3 = '' OR flow = $3) AND ($4 = '' OR severity = $4)"
    " AND ($5 = -1 OR test = $5) AND updated_at - updated_at % 1000000 >= $6";

std::string walk(std::string_view own, std::string_view other, std::string_view number, std::string_view begins,
                 std::string_view moment, bool newest, int side) {
    std::string sql = "SELECT id, " + std::string(moment) + " AS moment FROM cases WHERE " + std::string(own) + " = $1 AND $13 <> ";
    sql += side == 1 ? "2" : "1";
    if (side == 2) sql += " AND released_at IS NOT NULL";
    sql += filters;
    sql += " AND ($7 = 0 OR " + std::string(other) + " = $7) AND ($8 = 0 OR " + std::string(number) + " = $9) AND ";
    sql += std::string(begins) + " - " + std::string(begins) + " % 1000000 >= $10 AND (" + std::string(moment) + ", id) ";
    sql += newest ? "< ($11, $12) ORDER BY " : "> ($11, $12) ORDER BY ";
    sql += std::string(moment) + (newest ? " DESC, id DESC" : ", id");
    return sql + " LIMIT $14";
}

std::string statement(bool newest) {
    const std::string mine =
        walk("submitter", "receiver", "submitter_number_index", "created_at", newest ? "created_at" : "updated_at", newest, 1);
    const std::string theirs =
        walk("receiver", "submitter", "receiver_number_index", "released_at", newest ? "released_at" : "updated_at", newest, 2);
    return "SELECT id, moment FROM (" + mine + ") AS mine UNION ALL SELECT id, moment FROM (" + theirs +
           ") AS theirs ORDER BY moment" + (newest ? " DESC, id DESC" : ", id") + " LIMIT $14";
}

std::string words_of(const std::vector<protocol::CaseStatus>& statuses) {
    if (statuses.empty()) return "";
    std::string words = ",";
    for (const protocol::CaseStatus status : statuses) words += std::string(name(status)) + ",";
    return words;
}

}  // namespace

std::vector<CaseQuery::Place> query_cases(ReadTxn& txn, Vault& vault, protocol::CompanyId party, const CaseQuery& query) {
    static const std::string by_age = statement(true);
    static const std::string by_change = statement(false);
    const bool newest = query.order == CaseQuery::Order::newest;
    constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
    const auto number = vault.blind_index("case_number", std::to_string(party.value) + "/" + query.case_number.value_or(""));
    const std::string statuses = words_of(query.statuses);
    std::vector<CaseQuery::Place> places;
    txn.each(newest ? by_age : by_change,
             {party.value, statuses, query.flow ? name(*query.flow) : std::string_view(),
              query.severity ? name(*query.severity) : std::string_view(), query.test ? (*query.test ? 1 : 0) : -1,
              query.updated_after ? query.updated_after->us : 0, query.partner ? query.partner->value : 0,
              query.case_number.has_value(), Bytes(number), query.created_after ? query.created_after->us : 0,
              query.after ? query.after->at.us : (newest ? end : 0), query.after ? query.after->id.value : (newest ? end : 0),
              !query.side                                ? 0
              : *query.side == protocol::Side::submitter ? 1
                                                         : 2,
              query.limit},
             [&](const Row& row) { places.push_back({{row.number(1)}, {row.number(0)}}); });
    return places;
}

}  // namespace entente::store
