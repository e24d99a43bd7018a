#include "tests/unit/certs_craft.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <sstream>
#include <string_view>

#include "certs/files.hpp"
#include "certs/tls.hpp"

namespace entente::tests {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string text_in(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
}

bool one_byte(SSL* from, SSL* to) {
    char byte = 'x';
    if (SSL_write(from, &byte, 1) != 1) return false;
    byte = 0;
    return SSL_read(to, &byte, 1) == 1 && byte == 'x';
}

}  // namespace

certs::Issued craft(const std::filesystem::path& authority_folder, const Crafted& wanted) {
    const std::string ca_text = content_of(authority_folder / "ca.pem");
    const std::string key_text = content_of(authority_folder / "ca.key");
    const Memory ca_memory(BIO_new_mem_buf(ca_text.data(), static_cast<int>(ca_text.size())), &BIO_free_all);
    const Memory key_memory(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())), &BIO_free_all);
    const Certificate ca(PEM_read_bio_X509(ca_memory.get(), nullptr, nullptr, nullptr), &X509_free);
    const Key ca_key(PEM_read_bio_PrivateKey(key_memory.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);

    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const Certificate leaf(X509_new(), &X509_free);
    X509_set_version(leaf.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 77);
    ASN1_TIME_set(X509_getm_notBefore(leaf.get()), wanted.from.seconds());
    ASN1_TIME_set(X509_getm_notAfter(leaf.get()), wanted.from.seconds() + std::int64_t{wanted.days} * 86'400);
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.get()));
    X509_set_pubkey(leaf.get(), key.get());
    for (const auto& [nid, value] : wanted.extensions) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, ca.get(), leaf.get(), nullptr, nullptr, 0);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
        if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
        X509_add_ext(leaf.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }
    X509_sign(leaf.get(), ca_key.get(), EVP_sha256());

    const Memory out(BIO_new(BIO_s_mem()), &BIO_free_all);
    const Memory key_out(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_X509(out.get(), leaf.get());
    PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_in(out.get()), certs::Secret::from_text(text_in(key_out.get()))};
}

Files save(const ScratchFolder& scratch, const std::string& name, const certs::Issued& issued) {
    Files files{scratch / (name + ".pem"), scratch / (name + ".key")};
    certs::replace_private_file(files.certificate, protocol::as_bytes(issued.certificate_pem));
    certs::replace_private_file(files.key, issued.private_key_pem.bytes());
    return files;
}

Handshake shake(ssl_ctx_st* server_context, ssl_ctx_st* client_context, const char* host, const char* client_alpn) {
    const Connection server(SSL_new(server_context), &SSL_free);
    const Connection client(SSL_new(client_context), &SSL_free);
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    BIO_new_bio_pair(&server_end, 65'536, &client_end, 65'536);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    SSL_set1_host(client.get(), host);
    SSL_set_tlsext_host_name(client.get(), host);
    const std::string_view protocols(client_alpn);
    SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));

    Handshake result;
    for (int round = 0; round < 10 && !(SSL_is_init_finished(server.get()) && SSL_is_init_finished(client.get())); ++round) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    // In TLS 1.3 the client is done before the server has looked at its certificate: only a byte each way proves success.
    result.ok = SSL_is_init_finished(server.get()) && SSL_is_init_finished(client.get()) && one_byte(server.get(), client.get()) &&
                one_byte(client.get(), server.get());
    ERR_clear_error();
    if (!result.ok) return result;
    if (const auto peer = certs::peer_certificate(server.get())) {
        result.peer_of_server = true;
        result.server_saw_uri = peer->uri_san;
        result.server_saw_authority = peer->authority_fingerprint;
    }
    if (const auto peer = certs::peer_certificate(client.get())) {
        result.client_saw_fingerprint = peer->fingerprint_sha256;
        result.client_saw_subject = peer->subject;
    }
    result.version = SSL_get_version(client.get());
    result.cipher = SSL_get_cipher_name(client.get());
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.get(), &chosen, &size);
    result.alpn.assign(reinterpret_cast<const char*>(chosen), size);
    SSL_SESSION* const session = SSL_get1_session(client.get());
    result.resumable = SSL_SESSION_is_resumable(session) == 1;
    SSL_SESSION_free(session);
    return result;
}

}  // namespace entente::tests
