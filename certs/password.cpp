#include "certs/password.hpp"

#include <sodium.h>

#include <array>
#include <cerrno>

#include "certs/handles.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

constexpr unsigned long long passes = crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE;
constexpr std::size_t memory_bytes = crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE;

// The hash of a random password that nobody kept, with the same cost as real ones.
constexpr const char* nobodys_hash =
    "$argon2id$v=19$m=65536,t=2,p=1$uX9SpM4x7ka9s+OiEnh3ww$Bl6R6k2QwYmd1EVrCn+NvjuNg6sTaDcFDLCeopTBlak";

// Never null, as the library demands even for no characters.
const char* text_of(const Secret& password) {
    return password.empty() ? "" : reinterpret_cast<const char*>(password.bytes().data());
}

}  // namespace

std::string hash_password(const Secret& password) {
    need_sodium();
    std::array<char, crypto_pwhash_argon2id_STRBYTES> hash{};
    if (crypto_pwhash_argon2id_str(hash.data(), text_of(password), password.size(), passes, memory_bytes) != 0) {
        throw protocol::Fault("not enough memory to hash a password");
    }
    return hash.data();
}

bool verify_password(const std::string& hash, const Secret& password) {
    need_sodium();
    errno = 0;
    if (crypto_pwhash_argon2id_str_verify(hash.c_str(), text_of(password), password.size()) == 0) return true;
    if (errno == ENOMEM) throw protocol::Fault("not enough memory to check a password");  // not the caller's wrong password
    return false;
}

bool spend_password_cost(const Secret& password) {
    (void)verify_password(nobodys_hash, password);
    return false;
}

}  // namespace entente::certs
