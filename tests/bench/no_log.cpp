// The gateway without its log, for one question only: what does the log cost? It takes the place of server/audit/log/appender.cpp
// when entente_no_log is linked. Records get an id, a time and an index, and their events stand in the feed; nothing is sealed,
// hashed or kept. Never to be run for anything else: what it did cannot be proved afterwards.

#include "server/audit/log/appender.hpp"
#include "server/store/critical_rows.hpp"

namespace entente::audit {

struct Appender::State {
    std::function<protocol::Instant()> now;
    std::function<void(std::span<std::uint8_t>)> random;
    std::int64_t next = -1;  // index of the next record; not known yet
};

Appender::Appender(store::Vault&, std::string, Hash, std::function<protocol::Instant()> now,
                   std::function<void(std::span<std::uint8_t>)> random)
    : state_(new State{.now = std::move(now), .random = std::move(random)}) {}

Appender::~Appender() = default;

void Appender::restart(LogStart::Previous) {}

std::vector<Receipt> Appender::append(store::Txn& txn, std::span<const Record> records) {
    if (state_->next < 0) {
        state_->next =
            *txn.first("SELECT COALESCE(MAX(idx), 0) + 1 FROM events", {}, [](const store::Row& row) { return row.number(0); });
    }
    std::vector<Receipt> receipts;
    receipts.reserve(records.size());
    for (const Record& record : records) {
        Receipt receipt{.event = {}, .leaf = {}, .index = state_->next++, .time = state_->now()};
        state_->random(receipt.event);
        std::int64_t ordinal = 0;
        for (const protocol::Event& event : record.events) {
            txn.change(
                "INSERT INTO events (company, idx, seq, id, kind, case_id, side, partner, actor, subject_type, subject, time)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                {event.company.value, receipt.index, ordinal++, protocol::Bytes(event.id), name(event.kind), event.case_id.value,
                 name(event.side), event.partner.value, event.by.value, name(event.subject.type), event.subject.id,
                 receipt.time.us});
        }
        receipts.push_back(receipt);
    }
    // Their digests are the rows' own, without which the gateway does not believe them; no entry tells them.
    for (const store::CriticalRow& row : store::touched_rows(txn))
        store::note_told(txn, row, store::row_digest(txn, row), state_->next - 1);
    return receipts;
}

}  // namespace entente::audit
