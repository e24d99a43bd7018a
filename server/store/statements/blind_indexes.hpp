#pragma once
// Rows with blind indexes, walked while no gateway runs to index them anew under another key (operations/index_renewal). How an
// index is made of a row stands beside the statements that insert that row.

#include <cstdint>
#include <vector>

#include "server/store/vault.hpp"

namespace entente::store {

// Cases and authorizations: those that have something indexed. Letters: those with words still in them.
enum class Indexed : std::uint8_t { people, customers, authorizations, cases, mailboxes, letters };

struct IndexedRow {
    std::int64_t id = 0;
    protocol::CompanyId company;
};
// As they were made, which is about the order in which they lie in the file: ids are random, and by them each page would be read
// and written many times.
std::vector<IndexedRow> indexed_rows(ReadTxn& txn, Indexed what);

// A bounce or a letter, by the index of its address. The address itself may be nowhere.
struct IndexedAddress {
    bool bounce = false;
    std::int64_t id = 0;
    Hash index{};
};
std::vector<IndexedAddress> indexed_addresses(ReadTxn& txn);
void set_address_index(Txn& txn, const IndexedAddress& row, const Hash& index);

}  // namespace entente::store
