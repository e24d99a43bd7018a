#pragma once
// The names of the files of a key folder and how one of them is made and read, for the providers that keep keys in files
// (certs/keys.cpp, certs/log_keys.cpp). Private to them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "certs/files.hpp"
#include "certs/secret.hpp"

namespace entente::certs {

std::string kek_file(std::uint32_t generation);  // kek-0001.key
std::string log_key_file(std::uint32_t number);  // log.key, log-0002.key

// Numbers of what is there, ascending. A second spelling of a number is none.
std::vector<std::uint32_t> generations_in(const std::filesystem::path& folder);
std::vector<std::uint32_t> log_keys_in(const std::filesystem::path& folder);

// Credentials are made and destroyed by the service manager alone, whatever this process may do in their folder.
bool key_folder_changeable(const KeptFolder& keys);

Secret read_key_file(const std::filesystem::path& file, Keeper keeper = Keeper::owner);  // 32 bytes, or Fault
void create_key_file(const std::filesystem::path& file);                                 // random ones

}  // namespace entente::certs
