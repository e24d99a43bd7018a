#include "certs/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "certs/handles.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Fault;

constexpr int chain_depth_max = 4;
constexpr std::string_view alpn_http{"\x08http/1.1", 9};

void need(bool ok, const std::string& what) {
    if (!ok) openssl_fault(what);
}

std::shared_ptr<ssl_ctx_st> common_context(const SSL_METHOD* method) {
    std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(method), Release{});
    need(context != nullptr, "cannot make a TLS context");
    SSL_CTX* const ctx = context.get();
    need(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
             SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK") == 1 &&
             SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1,
         "cannot restrict TLS to modern suites");
    SSL_CTX_set_options(
        ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Released buffers halve what an idle connection costs; the write modes fit callers that keep their own buffers.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify_depth(ctx, chain_depth_max);
    return context;
}

// Certificate tools keep server keys behind symbolic links and sometimes readable for a group, so the rule is a little wider
// than for keys of our own: nobody else may read it, nobody but its owner may change it.
void check_tls_key_file(const std::filesystem::path& file) {
    struct stat facts{};
    if (::stat(file.c_str(), &facts) != 0) throw Fault(file.string() + ": cannot be read; is the private key there?");
    if (!S_ISREG(facts.st_mode)) throw Fault(file.string() + ": is not a regular file");
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
        throw Fault(file.string() + ": belongs to another user; it must belong to this service's user or root");
    }
    if ((facts.st_mode & 0027U) != 0)
        throw Fault(file.string() + ": others can read this private key or a group can write it; chmod 600 it");
}

void use_identity(SSL_CTX* ctx, const std::filesystem::path& chain, const std::filesystem::path& key) {
    need(SSL_CTX_use_certificate_chain_file(ctx, chain.c_str()) == 1, chain.string() + ": no usable certificate chain");
    check_tls_key_file(key);
    SSL_CTX_set_default_passwd_cb(ctx, &no_password);
    need(SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) == 1, key.string() + ": no usable private key");
    need(SSL_CTX_check_private_key(ctx) == 1, key.string() + ": does not belong to the certificate in " + chain.string());
}

int choose_http(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size, void*) {
    unsigned char* chosen = nullptr;
    const auto* const ours = reinterpret_cast<const unsigned char*>(alpn_http.data());
    const int found = SSL_select_next_proto(&chosen, out_size, ours, static_cast<unsigned>(alpn_http.size()), in, in_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::optional<CertificateFacts> facts_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return std::nullopt;
    auto facts = read_certificate_der({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    if (!facts) return std::nullopt;
    return *std::move(facts);
}

// The library's verification (chain, validity, purpose), then the rules that a partner's leaf must satisfy on top.
// Called from C code that no exception may cross: noexcept.
int verify_client(X509_STORE_CTX* verification, void*) noexcept {
    if (X509_verify_cert(verification) != 1) return 0;
    const auto facts = facts_of(X509_STORE_CTX_get0_cert(verification));
    if (facts && acceptable_partner_leaf(*facts)) return 1;
    X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

void ask_for_client_certificates(SSL_CTX* ctx, const ServerTls& tls) {
    if (!tls.client_ca_file) throw Fault("client certificates are wanted, but no file of client authorities is given");
    const std::string& file = tls.client_ca_file->native();
    need(SSL_CTX_load_verify_locations(ctx, file.c_str(), nullptr) == 1, file + ": no usable client authorities");
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(file.c_str()));
    // Whatever the file lists is trusted as it stands: an intermediate authority needs no root beside it.
    need(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN) == 1, "cannot set up client verification");
    const bool required = tls.client_certificate == ClientCertificate::required;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, &verify_client, nullptr);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    need(SSL_CTX_set_num_tickets(ctx, 0) == 1, "cannot switch session tickets off");
}

}  // namespace

std::shared_ptr<ssl_ctx_st> server_context(const ServerTls& tls) {
    ERR_clear_error();
    auto context = common_context(TLS_server_method());
    SSL_CTX* const ctx = context.get();
    use_identity(ctx, tls.certificate_chain_pem_file, tls.private_key_file);
    SSL_CTX_set_alpn_select_cb(ctx, &choose_http, nullptr);
    constexpr std::string_view session_context = "entente";
    need(SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>(session_context.data()),
                                        static_cast<unsigned>(session_context.size())) == 1,
         "cannot set the session context");
    if (tls.client_certificate != ClientCertificate::none) ask_for_client_certificates(ctx, tls);
    ERR_clear_error();
    return context;
}

std::shared_ptr<ssl_ctx_st> client_context(const std::filesystem::path& ca_file, const std::optional<ClientIdentity>& identity) {
    ERR_clear_error();
    auto context = common_context(TLS_client_method());
    SSL_CTX* const ctx = context.get();
    if (ca_file.empty()) {
        need(SSL_CTX_set_default_verify_paths(ctx) == 1, "the system's certificate authorities cannot be read");
    } else {
        need(SSL_CTX_load_verify_locations(ctx, ca_file.c_str(), nullptr) == 1,
             ca_file.string() + ": no usable certificate authorities");
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    // Zero means success here, unlike everywhere else.
    need(SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(alpn_http.data()),
                                 static_cast<unsigned>(alpn_http.size())) == 0,
         "cannot offer http/1.1");
    if (identity) use_identity(ctx, identity->certificate_chain_pem_file, identity->private_key_file);
    ERR_clear_error();
    return context;
}

std::optional<CertificateFacts> peer_certificate(const ssl_st* connection) {
    X509* const certificate = SSL_get0_peer_certificate(connection);
    if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
    auto facts = facts_of(certificate);
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(connection);
    if (!facts || chain == nullptr || sk_X509_num(chain) == 0) return facts;
    const auto authority = facts_of(sk_X509_value(chain, sk_X509_num(chain) - 1));
    if (authority) facts->authority_fingerprint = authority->fingerprint_sha256;
    return facts;
}

}  // namespace entente::certs
