#pragma once
// Passwords and client secrets: Argon2id (RFC 9106) by libsodium with 64 MiB and two passes, about 60 ms of one core. Callers
// run these on workers behind a bounded queue: each call needs its 64 MiB. Not enough memory is a Fault.

#include <string>

#include "certs/secret.hpp"

namespace entente::certs {

// The PHC string ($argon2id$v=19$m=65536,t=2,p=1$...), salt included: what the database keeps.
std::string hash_password(const Secret& password);

bool verify_password(const std::string& hash, const Secret& password);

// Costs what verify_password costs and is always false: for accounts that do not exist, so that they cannot be told apart in time.
bool spend_password_cost(const Secret& password);

}  // namespace entente::certs
