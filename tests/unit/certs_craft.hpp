#pragma once
// Certificates that our authority would never issue, and handshakes in memory: what the TLS and X.509 tests need.

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "certs/authority.hpp"
#include "tests/unit/certs_support.hpp"

namespace entente::tests {

// Validity is judged by the system's clock inside OpenSSL, so these tests take their time from it.
inline protocol::Instant present() {
    return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

struct Crafted {
    std::vector<std::pair<int, std::string>> extensions;  // NID and value in OpenSSL's configuration syntax
    protocol::Instant from = present().plus_seconds(-60);
    int days = 1;
};

// Signed by the authority in the folder.
certs::Issued craft(const std::filesystem::path& authority_folder, const Crafted& wanted);

struct Files {
    std::filesystem::path certificate, key;
};
Files save(const ScratchFolder& scratch, const std::string& name, const certs::Issued& issued);

struct Handshake {
    bool ok = false;  // both sides finished and a byte went each way
    bool peer_of_server = false;
    std::string server_saw_uri, server_saw_authority, client_saw_fingerprint, client_saw_subject;
    std::string version, cipher, alpn;
    bool resumable = false;
};
Handshake shake(ssl_ctx_st* server, ssl_ctx_st* client, const char* host = "localhost", const char* client_alpn = "\x08http/1.1");

}  // namespace entente::tests
