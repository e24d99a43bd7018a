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
    // told too. A note's own side may be told under another row number, so the twin is found by record and subject. A case that was
    // held crosses when the gateway releases it: the receiver is told of a new case then, the submitter of its release.
    txn.each(
        "SELECT x.idx, x.time, c.token, CASE WHEN x.kind = 'case.released' THEN 'case.created' ELSE x.kind END, x.subject_type,"
        " x.subject, x.partner, x.sent,"
        " (SELECT min(d.taken_at) FROM disclosures d WHERE d.case_id = x.case_id AND d.taken_at >= x.time"
        "  AND d.company = CASE WHEN x.sent = 1 THEN x.partner ELSE x.company END),"
        " (SELECT a.at FROM acknowledgements a WHERE a.case_id = x.case_id AND a.through >= x.idx"
        "  AND a.company = CASE WHEN x.sent = 1 THEN x.partner ELSE x.company END)"
        " FROM (SELECT e.*, CASE WHEN e.actor = e.company OR e.kind = 'case.released' THEN 1 ELSE 0 END AS sent FROM events e"
        "  WHERE e.company = $1 AND e.idx >= $2 AND e.time >= $3 AND e.time < $4 AND (e.partner = $5 OR $5 = 0)"
        "  AND (e.actor = e.partner OR (e.actor = 0 AND e.kind = 'case.created')"
        "   OR (e.actor = e.company AND EXISTS (SELECT 1 FROM events t WHERE t.company = e.partner AND t.idx = e.idx"
        "    AND t.kind = e.kind AND t.subject = e.subject AND t.case_id = e.case_id))"
        "   OR (e.actor = 0 AND e.kind = 'case.released' AND EXISTS (SELECT 1 FROM events t WHERE t.company = e.partner"
        "    AND t.idx = e.idx AND t.kind = 'case.created' AND t.case_id = e.case_id)))) x"
        " JOIN cases c ON c.id = x.case_id ORDER BY x.idx, x.seq LIMIT $6",
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
        " ON CONFLICT (case_id, company) DO UPDATE SET through = excluded.through, at = excluded.at"
        " WHERE excluded.through > acknowledgements.through",
        {id.value, company.value, through, now.us});
}

}  // namespace entente::store
