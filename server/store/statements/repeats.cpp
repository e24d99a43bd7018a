#include "server/store/statements/repeats.hpp"

namespace entente::store {

namespace {

Repeat read_repeat(const Row& row) {
    const auto blob = [&](int column) {
        if (row.is_null(column)) return protocol::Blob{};
        const Bytes bytes = row.bytes(column);
        return protocol::Blob(bytes.begin(), bytes.end());
    };
    return {blob(0),
            blob(1),
            blob(2),
            row.number(3),
            std::string(row.text(4)),
            std::string(row.text(5)),
            std::string(row.text(6)),
            {row.number(7)}};
}

}  // namespace

std::optional<Repeat> find_repeat(ReadTxn& txn, Bytes scope) {
    return txn.first(
        "SELECT scope, asked_by, digest, outcome, route, operation, resources, created_at FROM idempotency WHERE scope = $1",
        {scope}, read_repeat);
}

std::vector<Repeat> repeats_asked_by(ReadTxn& txn, Bytes asked_by) {
    std::vector<Repeat> repeats;
    txn.each(
        "SELECT scope, asked_by, digest, outcome, route, operation, resources, created_at FROM idempotency WHERE asked_by = $1"
        " ORDER BY created_at, scope",
        {asked_by}, [&](const Row& row) { repeats.push_back(read_repeat(row)); });
    return repeats;
}

void insert_repeat(Txn& txn, const Repeat& repeat) {
    txn.change(
        "INSERT INTO idempotency (scope, asked_by, digest, outcome, route, operation, resources, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {repeat.scope, repeat.asked_by, repeat.digest, repeat.outcome, repeat.route, repeat.operation, repeat.resources,
         repeat.created_at.us});
}

std::int64_t forget_repeats(Txn& txn, protocol::Instant older_than) {
    return txn.change("DELETE FROM idempotency WHERE created_at < $1", {older_than.us});
}

}  // namespace entente::store
