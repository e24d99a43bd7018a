#pragma once
// Owners for OpenSSL's objects, for the .cpp files of this folder: Handle<x509_st> and so on, released in the right way. OpenSSL's
// types stay forward declarations, so that including this costs nothing.

#include <memory>
#include <string>

struct asn1_string_st;
struct bio_st;
struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;
struct X509_req_st;
struct X509_extension_st;

namespace entente::certs {

struct Release {
    void operator()(bio_st* bio) const;
    void operator()(evp_pkey_st* key) const;
    void operator()(ssl_ctx_st* context) const;
    void operator()(x509_st* certificate) const;
    void operator()(X509_req_st* request) const;
    void operator()(X509_extension_st* extension) const;
};

template <class T>
using Handle = std::unique_ptr<T, Release>;

// OpenSSL's reason for the last failed call on this thread. Empties the thread's error queue: an old entry left there would later
// be taken for a failure of somebody's TLS connection.
std::string openssl_reason();

// Throws Fault: "<what>: <reason>".
[[noreturn]] void openssl_fault(const std::string& what);

// Answers every request for a PEM password with none: otherwise the library would ask on the terminal.
int no_password(char* buffer, int size, int for_writing, void* data);

// Initialises libsodium once; a Fault if it cannot be.
void need_sodium();

}  // namespace entente::certs
