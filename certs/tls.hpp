#pragma once
// TLS contexts: TLS 1.2 with ECDHE and AEAD suites only, TLS 1.3 with its defaults; no compression, no renegotiation; ALPN
// http/1.1. To reload certificates build a new context and give it to new connections; old ones keep theirs.
//
// A context that asks for client certificates does not resume sessions: a resumed session skips the verification, so a revoked
// certificate or a replaced authority would live on in tickets. Others hand out tickets.
// Anything wrong with files is a Fault with a sentence naming the file.

#include <filesystem>
#include <memory>
#include <optional>

#include "certs/x509.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace entente::certs {

enum class ClientCertificate { none, optional, required };

struct ServerTls {
    std::filesystem::path certificate_chain_pem_file;
    std::filesystem::path private_key_file;  // not readable by others, not writable by group
    std::optional<std::filesystem::path> client_ca_file{};
    ClientCertificate client_certificate = ClientCertificate::none;
};

// With `optional` and `required` a certificate that is presented must chain to client_ca_file, be meant for clients, and satisfy
// acceptable_partner_leaf; else the handshake fails.
std::shared_ptr<ssl_ctx_st> server_context(const ServerTls& tls);

struct ClientIdentity {
    std::filesystem::path certificate_chain_pem_file;
    std::filesystem::path private_key_file;
};

// Verifies the server's chain against ca_file (the system's authorities if empty). The caller sets host name and SNI on each
// connection: SSL_set1_host, SSL_set_tlsext_host_name.
std::shared_ptr<ssl_ctx_st> client_context(const std::filesystem::path& ca_file,
                                           const std::optional<ClientIdentity>& identity = {});

// Facts of the certificate that the other side proved in a finished handshake, with authority_fingerprint; nothing if it has none.
std::optional<CertificateFacts> peer_certificate(const ssl_st* connection);

}  // namespace entente::certs
