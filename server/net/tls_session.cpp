#include "server/net/tls_session.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "certs/tls.hpp"
#include "protocol/result.hpp"

namespace entente::net {
namespace {

// A BIO over a socket that sends without SIGPIPE: OpenSSL's own uses write(2), and a vanished client must not kill the process.
int socket_of(BIO* bio) {
    return *static_cast<const int*>(BIO_get_data(bio));
}

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
    if (got < 0 && would_block()) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "entente socket");
        if (made == nullptr || BIO_meth_set_write(made, bio_write) != 1 || BIO_meth_set_read(made, bio_read) != 1 ||
            BIO_meth_set_ctrl(made, bio_control) != 1) {
            throw protocol::Fault("the TLS library is out of memory");
        }
        return made;
    }();
    return method;
}

SSL* make(const std::shared_ptr<ssl_ctx_st>& context, int* socket) {
    SSL* ssl = SSL_new(context.get());
    BIO* bio = BIO_new(socket_method());
    if (ssl == nullptr || bio == nullptr) {
        SSL_free(ssl);
        BIO_free(bio);
        throw protocol::Fault("the TLS library is out of memory");
    }
    BIO_set_data(bio, socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    // One recv for header and body of a record; buffers given back while a connection is idle.
    SSL_set_read_ahead(ssl, 1);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return ssl;
}

bool is_address(const std::string& host) {
    std::array<unsigned char, 16> unused;
    return ::inet_pton(AF_INET, host.c_str(), unused.data()) == 1 || ::inet_pton(AF_INET6, host.c_str(), unused.data()) == 1;
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}

TlsSession::TlsSession(const std::shared_ptr<ssl_ctx_st>& context, int socket)
    : socket_(std::make_unique<int>(socket)), ssl_(make(context, socket_.get())) {}

TlsSession TlsSession::accepting(const std::shared_ptr<ssl_ctx_st>& context, int socket) {
    TlsSession session(context, socket);
    SSL_set_accept_state(session.ssl_.get());
    return session;
}

TlsSession TlsSession::connecting(const std::shared_ptr<ssl_ctx_st>& context, int socket, const std::string& host) {
    TlsSession session(context, socket);
    SSL* ssl = session.ssl_.get();
    SSL_set_connect_state(ssl);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    const bool named = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                                        : SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    if (!named) throw protocol::Fault("the host name cannot be used for TLS");
    return session;
}

TlsSession::Status TlsSession::handshake() {
    ERR_clear_error();
    return judge(SSL_do_handshake(ssl_.get()));
}

TlsSession::Moved TlsSession::read(std::span<char> into) {
    ERR_clear_error();
    Moved moved;
    moved.status = judge(SSL_read_ex(ssl_.get(), into.data(), into.size(), &moved.bytes));
    return moved;
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
    ERR_clear_error();
    Moved moved;
    moved.status = judge(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &moved.bytes));
    return moved;
}

TlsSession::Status TlsSession::close() {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    return result >= 0 ? Status::done : judge(result);
}

bool TlsSession::has_pending() const {
    return SSL_has_pending(ssl_.get()) == 1;
}

TlsSession::Status TlsSession::judge(int result) {
    if (result > 0) return Status::done;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Status::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return Status::wants_write;
        case SSL_ERROR_ZERO_RETURN:
            return Status::closed;
        case SSL_ERROR_SYSCALL:
            failure_ = "closed";
            return Status::closed;
        default:
            break;
    }
    name_failure();
    return failure_ == "closed" ? Status::closed : Status::failed;
}

void TlsSession::name_failure() {
    error_ = ERR_peek_error();
    const int reason = ERR_GET_REASON(error_);
    switch (ERR_GET_LIB(error_) == ERR_LIB_SSL ? reason : 0) {
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            failure_ = "closed";
            break;
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
            failure_ = "plain_http";
            break;
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_UNKNOWN_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
            failure_ = "protocol_version";
            break;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
            failure_ = "nothing_in_common";
            break;
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            failure_ = "no_certificate";
            break;
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            failure_ = "bad_certificate";
            break;
        default:
            failure_ = reason >= SSL_AD_REASON_OFFSET ? "alert_received" : "malformed";
            break;
    }
}

std::string TlsSession::failure_text() const {
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
    const char* reason = ERR_reason_error_string(error_);
    return reason != nullptr ? reason : std::string(failure_);
}

std::optional<api::PeerCertificate> TlsSession::peer() const {
    auto facts = certs::peer_certificate(ssl_.get());
    if (!facts) return std::nullopt;
    return api::PeerCertificate{.fingerprint_sha256 = std::move(facts->fingerprint_sha256),
                                .issuer_fingerprint = std::move(facts->authority_fingerprint),
                                .uri_san = std::move(facts->uri_san),
                                .serial = std::move(facts->serial)};
}

}  // namespace entente::net
