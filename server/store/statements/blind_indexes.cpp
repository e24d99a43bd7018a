#include "server/store/statements/blind_indexes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace entente::store {

std::vector<IndexedRow> indexed_rows(ReadTxn& txn, Indexed what) {
    static constexpr std::array<std::string_view, 6> all{
        "SELECT id, company FROM users ORDER BY created_at, id",
        "SELECT id, company FROM customers ORDER BY created_at, id",
        "SELECT id, company FROM authorizations WHERE product_codes <> '' ORDER BY created_at, id",
        "SELECT id, submitter FROM cases WHERE LENGTH(submitter_number_index) > 0 ORDER BY created_at, id",
        "SELECT id, company FROM mail_recipients WHERE person = 0 ORDER BY created_at, id",
        "SELECT id, company FROM mail_letters WHERE content IS NOT NULL ORDER BY created_at, id"};
    std::vector<IndexedRow> rows;
    txn.each(all.at(static_cast<std::size_t>(what)), {}, [&](const Row& row) { rows.push_back({row.number(0), {row.number(1)}}); });
    return rows;
}

std::vector<IndexedAddress> indexed_addresses(ReadTxn& txn) {
    std::vector<IndexedAddress> rows;
    const auto take = [&](bool bounce) {
        return [&rows, bounce](const Row& row) {
            IndexedAddress one{bounce, row.number(0), {}};
            const Bytes index = row.bytes(1);
            if (index.size() != one.index.size()) return;  // of somebody who was erased
            std::ranges::copy(index, one.index.begin());
            rows.push_back(one);
        };
    };
    txn.each("SELECT id, address_index FROM mail_bounces ORDER BY id", {}, take(true));
    txn.each("SELECT id, address_index FROM mail_letters ORDER BY id", {}, take(false));
    return rows;
}

void set_address_index(Txn& txn, const IndexedAddress& row, const Hash& index) {
    txn.change(row.bounce ? "UPDATE mail_bounces SET address_index = $2 WHERE id = $1"
                          : "UPDATE mail_letters SET address_index = $2 WHERE id = $1",
               {row.id, Bytes(index)});
}

}  // namespace entente::store
