#pragma once
// Another key for the pages of the data file (audit and crypto reference, section 17), while no gateway runs. The caller keeps both
// keys until the file was checked whole under the new one; a crash in between leaves a file that opens with one of the two.

#include <filesystem>

#include "protocol/encoding.hpp"

namespace entente::store {

// The caller holds the data folder (data_folder.hpp). Fault: the file does not open with `old_key`.
void rekey_database(const std::filesystem::path& file, protocol::Bytes old_key, protocol::Bytes new_key);

bool opens_with(const std::filesystem::path& file, protocol::Bytes key);

// Opens with this key, every page authenticates and the engine's own check finds nothing. Fault with what it found. Writes the log
// file back first, where the pages of a change lie that was interrupted.
void check_whole(const std::filesystem::path& file, protocol::Bytes key);

}  // namespace entente::store
