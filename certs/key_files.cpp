#include "certs/key_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "certs/random.hpp"
#include "certs/seal.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

std::string numbered_file(std::string_view before, std::uint32_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return std::string(before) + digits + ".key";
}

// One name a number: kek-00001.key would be a second one for the first.
template <class Name>
std::vector<std::uint32_t> numbers_in(const std::filesystem::path& folder, std::string_view before, Name name_of) {
    std::vector<std::uint32_t> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name == name_of(1)) found.push_back(1);
        if (!name.starts_with(before) || !name.ends_with(".key") || name == name_of(1)) continue;
        std::uint32_t number = 0;
        const char* const begin = name.data() + before.size();
        const char* const end = name.data() + name.size() - 4;
        if (begin > end) continue;
        const auto [stopped, error] = std::from_chars(begin, end, number);
        if (error == std::errc() && stopped == end && number > 1 && name_of(number) == name) found.push_back(number);
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace

std::string kek_file(std::uint32_t generation) {
    return numbered_file("kek-", generation);
}

std::string log_key_file(std::uint32_t number) {
    return number == 1 ? "log.key" : numbered_file("log-", number);
}

std::vector<std::uint32_t> generations_in(const std::filesystem::path& folder) {
    return numbers_in(folder, "kek-", kek_file);
}

std::vector<std::uint32_t> log_keys_in(const std::filesystem::path& folder) {
    return numbers_in(folder, "log-", log_key_file);
}

bool key_folder_changeable(const KeptFolder& keys) {
    return keys.keeper == Keeper::owner && ::access(keys.folder.c_str(), W_OK) == 0;
}

Secret read_key_file(const std::filesystem::path& file, Keeper keeper) {
    Secret key = read_private_file(file, key_size, keeper);
    if (key.size() != key_size)
        throw protocol::Fault(file.string() + ": has " + std::to_string(key.size()) + " bytes, a key has 32");
    return key;
}

void create_key_file(const std::filesystem::path& file) {
    Secret key(key_size);
    random_bytes(key.writable());
    create_private_file(file, key.bytes());
}

}  // namespace entente::certs
