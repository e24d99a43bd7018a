#pragma once
// Every blind index anew, under the key of another service root (audit and crypto reference, section 17: "index rebuilt"). What is
// indexed lies sealed beside its index, so it is opened and indexed again, in the one transaction that also notes the name of the
// new key. While no gateway runs.
//
// Not everything can be: of a bounced address only the index may be left, requests with an Idempotency-Key and mailed codes are
// there as digests alone, and recorded decisions of the gate name products by their codes for good. For these the key before is
// kept, and who looks for one of them tries both (Vault::blind_index_before).

#include <functional>
#include <string>

#include "server/audit/format/record.hpp"
#include "server/store/vault.hpp"

namespace entente::operations {

struct IndexedAnew {
    std::int64_t people = 0;
    std::int64_t customers = 0;
    std::int64_t cases = 0;
    std::int64_t authorizations = 0;  // that are limited to products
    std::int64_t addresses = 0;       // of bounces and letters
    std::int64_t addresses_left = 0;  // under the key before: the address is nowhere
};

// `vault` has the new key as its index key, and the present one as the one before. `progress` hears of rows looked at, now and
// then. Rows of who was erased match nothing before and after. RowTampered: a row that decides is not what the log says, and must
// not be told anew as it is.
IndexedAnew renew_indexes(store::Txn& txn, store::Vault& vault, const std::function<void(std::int64_t)>& progress);

// Says so in the log. `key`: certs::index_key_name.
audit::Record record_of_renewal(const IndexedAnew& done, const std::string& key);

}  // namespace entente::operations
