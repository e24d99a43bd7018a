#include "server/store/statements/deliveries.hpp"

#include <algorithm>
#include <array>

#include "server/store/statements/directory.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::Instant;

namespace {

constexpr std::array<std::string_view, 5> state_names{"waiting", "leased", "delivered", "dead", "stopped"};

#define ENTENTE_DELIVERY_COLUMNS                                                                                             \
    "d.id, d.sender, d.target, d.company, d.lane, d.event_idx, d.event_seq, d.replay, d.ref, d.state, d.attempts, d.due_at," \
    " d.reason, d.created_at, d.finished_at"

StoredDelivery read_delivery(const Row& row) {
    StoredDelivery d;
    d.id = row.number(0);
    d.sender = row.text(1);
    d.target = row.number(2);
    d.company = {row.number(3)};
    d.lane = row.number(4);
    d.event_idx = row.number(5);
    d.event_seq = row.number(6);
    d.replay = row.number(7);
    d.ref = row.number(8);
    d.state = parse_delivery_state(row.text(9)).value_or(DeliveryState::stopped);
    d.attempts = static_cast<int>(row.number(10));
    d.due_at = {row.number(11)};
    d.reason = row.text(12);
    d.created_at = {row.number(13)};
    if (!row.is_null(14)) d.finished_at = Instant{row.number(14)};
    return d;
}

std::string exchange_place(std::int64_t id) {
    return "delivery_attempts/exchange/" + std::to_string(id);
}

}  // namespace

std::string_view name(DeliveryState state) {
    return state_names.at(static_cast<std::size_t>(state));
}
std::optional<DeliveryState> parse_delivery_state(std::string_view text) {
    const auto found = std::ranges::find(state_names, text);
    if (found == state_names.end()) return std::nullopt;
    return static_cast<DeliveryState>(found - state_names.begin());
}

bool insert_delivery(Txn& txn, StoredDelivery& d, const std::function<std::uint64_t()>& draw) {
    d.id = fresh_id(txn, "deliveries", draw);
    if (d.event_idx == 0) d.event_seq = d.id;
    return txn.change(
               "INSERT INTO deliveries (id, sender, target, company, lane, event_idx, event_seq, replay, ref, state, open, "
               "attempts,"
               " due_at, reason, created_at, finished_at)"
               " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
               {d.id, d.sender, d.target, d.company.value, d.lane, d.event_idx, d.event_seq, d.replay, d.ref, name(d.state),
                d.state == DeliveryState::waiting, d.due_at.us, d.reason, d.created_at.us,
                d.finished_at ? std::optional(d.finished_at->us) : std::nullopt}) == 1;
}

std::optional<StoredDelivery> find_delivery(ReadTxn& txn, std::int64_t id) {
    return txn.first("SELECT " ENTENTE_DELIVERY_COLUMNS " FROM deliveries d WHERE d.id = $1", {id}, read_delivery);
}

std::vector<Target> targets_with_work(ReadTxn& txn) {
    // One step of the index a target, however much waits for each.
    std::vector<Target> targets;
    Target last;
    for (;;) {
        auto next = txn.first(
            "SELECT sender, target FROM deliveries WHERE open = 1 AND (sender > $1 OR (sender = $1 AND target > $2))"
            " ORDER BY sender, target LIMIT 1",
            {last.sender, last.id}, [](const Row& row) { return Target{std::string(row.text(0)), row.number(1)}; });
        if (!next) return targets;
        last = *next;
        targets.push_back(std::move(*next));
    }
}

std::vector<StoredDelivery> due_deliveries(ReadTxn& txn, const Target& target, Instant now, int limit) {
    std::vector<StoredDelivery> due;
    txn.each("SELECT " ENTENTE_DELIVERY_COLUMNS
             " FROM deliveries d WHERE d.sender = $1 AND d.target = $2 AND d.open = 1 AND d.state = 'waiting' AND d.due_at <= $3"
             " AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.sender = d.sender AND e.target = d.target AND e.lane = d.lane"
             " AND e.open = 1 AND (e.event_idx < d.event_idx OR (e.event_idx = d.event_idx AND e.event_seq < d.event_seq)))"
             " ORDER BY d.due_at, d.event_idx, d.event_seq LIMIT $4",
             {target.sender, target.id, now.us, limit}, [&](const Row& row) { due.push_back(read_delivery(row)); });
    return due;
}

std::optional<Instant> next_due(ReadTxn& txn, const Target& target, Instant now) {
    return txn.first(
        "SELECT due_at FROM deliveries WHERE sender = $1 AND target = $2 AND open = 1 AND state = 'waiting' AND due_at > $3"
        " ORDER BY due_at LIMIT 1",
        {target.sender, target.id, now.us}, [](const Row& row) { return Instant{row.number(0)}; });
}

std::int64_t waiting_for(ReadTxn& txn, const Target& target, std::int64_t most) {
    return txn
        .first(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM deliveries WHERE sender = $1 AND target = $2 AND open = 1 LIMIT $3) AS w",
            {target.sender, target.id, most}, [](const Row& row) { return row.number(0); })
        .value_or(0);
}

void lease_delivery(Txn& txn, std::int64_t id, Instant until) {
    txn.change("UPDATE deliveries SET state = 'leased', attempts = attempts + 1, due_at = $2 WHERE id = $1", {id, until.us});
}

bool holds_lease(ReadTxn& txn, std::int64_t id, int attempt) {
    return txn
        .first("SELECT 1 FROM deliveries WHERE id = $1 AND open = 1 AND state = 'leased' AND attempts = $2", {id, attempt},
               [](const Row&) { return true; })
        .has_value();
}

void put_back_delivery(Txn& txn, std::int64_t id, Instant due_at, std::string_view reason, bool counts) {
    txn.change(
        "UPDATE deliveries SET state = 'waiting', due_at = $2, reason = $3, attempts = attempts - $4 WHERE id = $1 AND open = 1",
        {id, due_at.us, reason, counts ? 0 : 1});
}

void finish_delivery(Txn& txn, std::int64_t id, DeliveryState state, std::string_view reason, Instant now) {
    txn.change("UPDATE deliveries SET state = $2, open = 0, reason = $3, finished_at = $4 WHERE id = $1 AND open = 1",
               {id, name(state), reason, now.us});
}

std::int64_t release_leases(Txn& txn, Instant now) {
    return txn.change("UPDATE deliveries SET state = 'waiting', due_at = $1 WHERE open = 1 AND state = 'leased'", {now.us});
}

std::int64_t release_ended_leases(Txn& txn, Instant now) {
    return txn.change("UPDATE deliveries SET state = 'waiting' WHERE open = 1 AND state = 'leased' AND due_at <= $1", {now.us});
}

std::int64_t stop_deliveries(Txn& txn, const Target& target, std::string_view reason, Instant now) {
    return txn.change(
        "UPDATE deliveries SET state = 'stopped', open = 0, reason = $3, finished_at = $4"
        " WHERE sender = $1 AND target = $2 AND open = 1",
        {target.sender, target.id, reason, now.us});
}

std::vector<StoredDelivery> deliveries_of(ReadTxn& txn, const Target& target, std::optional<DeliveryState> state,
                                          std::int64_t before, int limit) {
    std::vector<StoredDelivery> found;
    txn.each("SELECT " ENTENTE_DELIVERY_COLUMNS
             " FROM deliveries d WHERE d.sender = $1 AND d.target = $2 AND ($3 = '' OR d.state = $3)"
             " AND ($4 = 0 OR (d.event_idx, d.event_seq, d.replay) <"
             " (SELECT b.event_idx, b.event_seq, b.replay FROM deliveries b WHERE b.id = $4 AND b.sender = $1 AND b.target = $2))"
             " ORDER BY d.event_idx DESC, d.event_seq DESC, d.replay DESC LIMIT $5",
             {target.sender, target.id, state ? name(*state) : std::string_view{}, before, limit},
             [&](const Row& row) { found.push_back(read_delivery(row)); });
    return found;
}

bool failed_for(ReadTxn& txn, const Target& target, std::int64_t event_idx, std::int64_t event_seq) {
    const auto last = txn.first(
        "SELECT state FROM deliveries WHERE sender = $1 AND target = $2 AND event_idx = $3 AND event_seq = $4"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        {target.sender, target.id, event_idx, event_seq}, [](const Row& row) { return std::string(row.text(0)); });
    return last == "dead" || last == "stopped";
}

std::int64_t forget_deliveries(Txn& txn, Instant older_than) {
    return txn.change("DELETE FROM delivery_attempts WHERE at < $1", {older_than.us}) +
           txn.change("DELETE FROM deliveries WHERE open = 0 AND finished_at < $1", {older_than.us});
}

void insert_attempt(Txn& txn, Vault& vault, protocol::CompanyId owner, protocol::CaseId about, StoredAttempt& a,
                    const std::function<std::uint64_t()>& draw) {
    a.id = fresh_id(txn, "delivery_attempts", draw);
    Owner whose = owner ? Owner::company(owner) : Owner::gateway();
    if (about) {
        const auto of_case = txn.first("SELECT key_owner FROM cases WHERE id = $1", {about.value},
                                       [](const Row& row) { return Owner{std::string(row.text(0))}; });
        if (of_case && !vault.barred(txn, *of_case) && !vault.barred(txn, about, Tag::content)) {
            whose = *of_case;
        } else {  // erased while it was on its way
            about = {};
            a.request.clear();
            a.response.clear();
        }
    }
    Packer exchange(1);
    exchange.text(a.request).text(a.response);
    const auto sealed = vault.seal(txn, whose, about, Tag::content, exchange_place(a.id), exchange.bytes());
    txn.change(
        "INSERT INTO delivery_attempts (id, delivery, sender, target, number, event, event_name, http_status, success, reason, at,"
        " exchange) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {a.id, a.delivery, a.target.sender, a.target.id, a.number, Bytes(a.event), a.event_name, a.http_status, a.success, a.reason,
         a.at.us, sealed});
}

AttemptPage attempts_of(ReadTxn& txn, Vault& vault, const Target& target, std::int64_t page, std::int64_t size) {
    AttemptPage found;
    found.total = txn.first("SELECT COUNT(*) FROM delivery_attempts WHERE sender = $1 AND target = $2", {target.sender, target.id},
                            [](const Row& row) { return row.number(0); })
                      .value_or(0);
    txn.each(
        "SELECT id, delivery, number, event, event_name, http_status, success, reason, at, exchange FROM delivery_attempts"
        " WHERE sender = $1 AND target = $2 ORDER BY at DESC, id DESC LIMIT $3 OFFSET $4",
        {target.sender, target.id, size, page * size}, [&](const Row& row) {
            StoredAttempt a;
            a.id = row.number(0);
            a.delivery = row.number(1);
            a.target = target;
            a.number = static_cast<int>(row.number(2));
            const Bytes event = row.bytes(3);
            std::copy_n(event.begin(), std::min(event.size(), a.event.size()), a.event.begin());
            a.event_name = row.text(4);
            a.http_status = row.maybe_number(5);
            a.success = row.number(6) != 0;
            a.reason = row.text(7);
            a.at = {row.number(8)};
            if (const auto exchange = vault.open(txn, exchange_place(a.id), row.bytes(9))) {
                Unpacker in(*exchange, 1);
                a.request = in.text();
                a.response = in.text();
            }
            found.rows.push_back(std::move(a));
        });
    return found;
}

std::int64_t planned_until(ReadTxn& txn) {
    return txn.first("SELECT planned FROM delivery_plan WHERE id = 1", {}, [](const Row& row) { return row.number(0); })
        .value_or(-1);
}

void set_planned(Txn& txn, std::int64_t position) {
    txn.change("UPDATE delivery_plan SET planned = $1 WHERE id = 1", {position});
}

}  // namespace entente::store
