#include "certs/handles.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "protocol/result.hpp"

namespace entente::certs {

void Release::operator()(bio_st* bio) const {
    BIO_free_all(bio);
}
void Release::operator()(evp_pkey_st* key) const {
    EVP_PKEY_free(key);
}
void Release::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}
void Release::operator()(x509_st* certificate) const {
    X509_free(certificate);
}
void Release::operator()(X509_req_st* request) const {
    X509_REQ_free(request);
}
void Release::operator()(X509_extension_st* extension) const {
    X509_EXTENSION_free(extension);
}

std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return reason != nullptr ? reason : "no reason given";
}

void openssl_fault(const std::string& what) {
    throw protocol::Fault(what + ": " + openssl_reason());
}

int no_password(char*, int, int, void*) {
    return 0;
}

void need_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) throw protocol::Fault("libsodium cannot be initialised");
}

}  // namespace entente::certs
