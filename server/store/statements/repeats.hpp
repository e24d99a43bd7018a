#pragma once
// Statements about repeated requests (idempotency keys, semantics 9). Nothing here names a person or holds content: keys and bodies
// stand as digests, outcomes as ids.

#include <optional>
#include <string>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

struct Repeat {
    protocol::Blob scope;     // company, caller, method, route and key
    protocol::Blob asked_by;  // company, caller and key
    protocol::Blob digest;    // of path and body, under the key of blind indexes
    std::int64_t outcome = 0;
    std::string route;      // operation id of the document
    std::string operation;  // as the record calls it
    std::string resources;  // JSON array of {type, id}
    protocol::Instant created_at;
    protocol::Blob digest_before{};  // not stored: the digest under the key before; empty: none is kept
};
std::optional<Repeat> find_repeat(ReadTxn& txn, Bytes scope);
std::vector<Repeat> repeats_asked_by(ReadTxn& txn, Bytes asked_by);  // oldest first
void insert_repeat(Txn& txn, const Repeat& repeat);
std::int64_t forget_repeats(Txn& txn, protocol::Instant older_than);

}  // namespace entente::store
