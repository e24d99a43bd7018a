#include "server/store/statements/reconciliation.hpp"

namespace entente::store {

namespace {

std::optional<protocol::Instant> moment(const Row& row, int column) {
    const auto us = row.maybe_number(column);
    return us ? std::optional(protocol::Instant{*us}) : std::nullopt;
}

}  // namespace

std::vector<Crossing> crossings(ReadTxn& txn, const CrossingsAsked& asked) {
    std::vector<Crossing> found;
    // The asking company's own row of an event tells of both directions: what it did itself counts as sent once the other side was
    // told too. A note's own side may be told under another row number, so the twin is found by record and subject.
    txn.each(
        "SELECT e.idx, e.time, c.token, e.kind, e.subject_type, e.subject, e.partner, CASE WHEN e.actor = e.company THEN 1 ELSE 0 "
        "END,"
        " (SELECT min(d.taken_at) FROM disclosures d WHERE d.case_id = e.case_id AND d.taken_at >= e.time"
        "  AND d.company = CASE WHEN e.actor = e.company THEN e.partner ELSE e.company END),"
        " (SELECT a.at FROM acknowledgements a WHERE a.case_id = e.case_id AND a.through >= e.idx"
        "  AND a.company = CASE WHEN e.actor = e.company THEN e.partner ELSE e.company END)"
        " FROM events e JOIN cases c ON c.id = e.case_id"
        " WHERE e.company = $1 AND e.idx >= $2 AND e.time >= $3 AND e.time < $4 AND (e.partner = $5 OR $5 = 0)"
        " AND (e.actor = e.partner OR (e.actor = e.company AND EXISTS (SELECT 1 FROM events t WHERE t.company = e.partner"
        "  AND t.idx = e.idx AND t.kind = e.kind AND t.subject = e.subject AND t.case_id = e.case_id)))"
        " ORDER BY e.idx, e.seq LIMIT $6",
        {asked.company.value, asked.first, asked.from.us, asked.until.us, asked.partner.value_or(protocol::CompanyId{}).value,
         asked.limit},
        [&](const Row& row) {
            Crossing one;
            one.index = row.number(0);
            one.time = {row.number(1)};
            one.case_token = row.text(2);
            one.kind = row.text(3);
            one.subject_type = row.text(4);
            one.subject = row.number(5);
            one.partner = {row.number(6)};
            one.sent = row.number(7) != 0;
            one.shown = moment(row, 8);
            one.acknowledged = moment(row, 9);
            found.push_back(std::move(one));
        });
    // A record that the limit may have cut is left to the next page.
    if (static_cast<int>(found.size()) == asked.limit && found.front().index != found.back().index) {
        const std::int64_t last = found.back().index;
        while (found.back().index == last) found.pop_back();
    }
    return found;
}

void acknowledge(Txn& txn, protocol::CaseId id, protocol::CompanyId company, std::int64_t through, protocol::Instant now) {
    txn.change(
        "INSERT INTO acknowledgements (case_id, company, through, at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (case_id, company) DO UPDATE SET through = excluded.through, at = excluded.at",
        {id.value, company.value, through, now.us});
}

}  // namespace entente::store
