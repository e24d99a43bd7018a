#pragma once
// What an interrupted change of keys left behind (audit and crypto reference, section 17), settled before the keys are read. The
// file decides: which database key opens it, and under which index key it says that its blind indexes are.

#include <filesystem>
#include <string>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// The caller holds the data folder (data_folder.hpp); there may be no file yet. True: a renewal of the service root that had come
// as far as its commit was ended. Fault: the file does not open with any of the keys; then all of them stay.
bool settle_key_folder(const std::filesystem::path& folder, const std::filesystem::path& file);

// certs::index_key_name of the key that the indexes are under from this transaction on.
void note_index_key(Txn& txn, std::string_view name, protocol::Instant now);
// Fault: the indexes are under another key, so this folder of keys is not the one that belongs to these data.
void check_index_key(ReadTxn& txn, protocol::Bytes index_key);

}  // namespace entente::store
