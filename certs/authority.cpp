#include "certs/authority.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "certs/files.hpp"
#include "certs/handles.hpp"
#include "certs/random.hpp"
#include "certs/x509.hpp"

namespace entente::certs {
namespace {

using protocol::ErrorKind;
using protocol::fail;
using protocol::Fault;
using protocol::Instant;
using protocol::Result;

constexpr int authority_days = 3'650;
constexpr std::int64_t backdate_s = 300;
constexpr std::int64_t day_s = 86'400;
constexpr std::size_t pem_bytes_max = 65'536;
constexpr int key_strength_bits_min = 112;  // RSA 2048, P-256 and stronger

using Names = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

void need(bool ok, const char* what) {
    if (!ok) openssl_fault(what);
}

Handle<evp_pkey_st> new_key() {
    Handle<evp_pkey_st> key(EVP_EC_gen("P-256"));
    need(key != nullptr, "cannot make a key");
    return key;
}

Secret private_pem(evp_pkey_st* key) {
    const Handle<bio_st> memory(BIO_new(BIO_s_mem()));
    need(memory && PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "cannot write a key");
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(memory.get(), &text));
    Secret pem = Secret::from_text({text, size});
    wipe({reinterpret_cast<std::uint8_t*>(text), size});
    return pem;
}

template <class Write>
std::string pem_text(Write write) {
    const Handle<bio_st> memory(BIO_new(BIO_s_mem()));
    need(memory && write(memory.get()) == 1, "cannot write PEM");
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(memory.get(), &text));
    return {text, size};
}

std::string certificate_pem(x509_st* certificate) {
    return pem_text([&](bio_st* memory) { return PEM_write_bio_X509(memory, certificate); });
}

void add_name_part(X509_NAME* name, const char* what, std::string_view text) {
    need(X509_NAME_add_entry_by_txt(name, what, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1,
         "cannot write a certificate's subject");
}

// RFC 5280 allows 64 characters in a common name. It is for people to read; identity is in the alternative names.
void set_subject(X509_NAME* name, std::string_view common_name) {
    add_name_part(name, "O", "Entente");
    add_name_part(name, "CN", common_name.substr(common_name.size() > 64 ? common_name.size() - 64 : 0));
}

void add_extension(x509_st* certificate, x509_st* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Handle<X509_extension_st> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "cannot write a certificate's extension");
}

// A certificate with everything but its extensions and signature.
Handle<x509_st> blank_certificate(evp_pkey_st* key, std::string_view common_name, int days, Instant now) {
    Handle<x509_st> certificate(X509_new());
    need(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "cannot make a certificate");
    auto serial = random_array<16>();
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7fU) | 0x40U);  // positive, always 16 bytes
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr),
                                                             &BN_free);
    need(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr,
         "cannot write a serial number");
    need(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now.seconds() - backdate_s) != nullptr &&
             ASN1_TIME_set(X509_getm_notAfter(certificate.get()), now.seconds() + days * day_s) != nullptr &&
             X509_set_pubkey(certificate.get(), key) == 1,
         "cannot make a certificate");
    set_subject(X509_get_subject_name(certificate.get()), common_name);
    return certificate;
}

void append_name(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
    GENERAL_NAME* const name = GENERAL_NAME_new();
    need(name != nullptr && value != nullptr, "cannot write a name");
    GENERAL_NAME_set0_value(name, type, value);
    need(sk_GENERAL_NAME_push(names, name) > 0, "cannot write a name");
}

ASN1_STRING* text_value(std::string_view text) {
    ASN1_STRING* const value = ASN1_IA5STRING_new();
    need(value != nullptr && ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1, "cannot write a name");
    return value;
}

bool acceptable_dns_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-*") == std::string_view::npos;
}

Result<Names> server_alternative_names(const ServerNames& wanted) {
    if (wanted.dns.empty() && wanted.addresses.empty())
        return fail(ErrorKind::invalid, "name_missing", "a server certificate needs a name");
    Names names(GENERAL_NAMES_new(), &GENERAL_NAMES_free);
    for (const std::string& name : wanted.dns) {
        if (!acceptable_dns_name(name)) return fail(ErrorKind::invalid, "name_invalid", "not a lower-case host name: " + name);
        append_name(names.get(), GEN_DNS, text_value(name));
    }
    for (const std::string& address : wanted.addresses) {
        ASN1_OCTET_STRING* const value = a2i_IPADDRESS(address.c_str());
        ERR_clear_error();
        if (value == nullptr) return fail(ErrorKind::invalid, "name_invalid", "not an address: " + address);
        append_name(names.get(), GEN_IPADD, value);
    }
    return names;
}

Result<Names> client_alternative_names(std::string_view uri) {
    if (const auto acceptable = acceptable_partner_uri(uri, uri); !acceptable) return std::unexpected(acceptable.error());
    Names names(GENERAL_NAMES_new(), &GENERAL_NAMES_free);
    append_name(names.get(), GEN_URI, text_value(uri));
    return names;
}

Result<void> acceptable_days(x509_st* authority, int days, Instant now) {
    if (days < 1 || days > authority_days) return fail(ErrorKind::invalid, "days_invalid", "the number of days must be 1 to 3650");
    // The comparison calls equal times "earlier"; one second less lets a certificate end together with its authority.
    std::time_t end = now.seconds() + days * day_s - 1;
    if (X509_cmp_time(X509_get0_notAfter(authority), &end) < 0) {
        return fail(ErrorKind::invalid, "days_invalid", "the certificate would outlive its authority; ask for fewer days");
    }
    return {};
}

}  // namespace

struct Authority::Keys {
    Handle<evp_pkey_st> key;
    Handle<x509_st> certificate;
    std::string pem;

    enum class Use { server, client };

    // Extensions and signature for a leaf.
    std::string finish_leaf(x509_st* leaf, Use use, GENERAL_NAMES* names) const {
        need(X509_set_issuer_name(leaf, X509_get_subject_name(certificate.get())) == 1, "cannot write a certificate's issuer");
        add_extension(leaf, certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
        add_extension(leaf, certificate.get(), NID_key_usage, "critical,digitalSignature");
        add_extension(leaf, certificate.get(), NID_ext_key_usage, use == Use::server ? "serverAuth" : "clientAuth");
        add_extension(leaf, certificate.get(), NID_subject_key_identifier, "hash");
        add_extension(leaf, certificate.get(), NID_authority_key_identifier, "keyid:always");
        need(X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1, "cannot write alternative names");
        need(X509_sign(leaf, key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
        return certificate_pem(leaf);
    }
};

Authority::Authority(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

ServerNames local_names() {
    return {.dns = {"localhost"}, .addresses = {"127.0.0.1", "::1"}};
}

bool Authority::exists(const std::filesystem::path& folder) {
    return std::filesystem::exists(folder / "ca.key");
}

Authority Authority::create(const std::filesystem::path& folder, Instant now, std::string_view name) {
    create_private_folder(folder);
    if (exists(folder)) throw Fault(folder.string() + ": holds an authority already");
    auto keys = std::make_unique<Keys>();
    keys->key = new_key();
    keys->certificate = blank_certificate(keys->key.get(), name, authority_days, now);
    x509_st* const certificate = keys->certificate.get();
    need(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "cannot write a certificate's issuer");
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    need(X509_sign(certificate, keys->key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
    keys->pem = certificate_pem(certificate);
    // The key comes last: as long as there is none, the authority does not exist, and a run that was cut short can be repeated.
    replace_private_file(folder / "ca.pem", protocol::as_bytes(keys->pem));
    std::filesystem::permissions(folder / "ca.pem", std::filesystem::perms(0644));
    create_private_file(folder / "ca.key", private_pem(keys->key.get()).bytes());
    return Authority(std::move(keys));
}

Authority Authority::open(const std::filesystem::path& folder) {
    auto keys = std::make_unique<Keys>();
    const Secret pem = read_private_file(folder / "ca.key", pem_bytes_max);
    const Handle<bio_st> key_text(BIO_new_mem_buf(pem.bytes().data(), static_cast<int>(pem.size())));
    keys->key.reset(PEM_read_bio_PrivateKey(key_text.get(), nullptr, &no_password, nullptr));
    need(keys->key != nullptr, "ca.key holds no private key");

    std::ifstream in(folder / "ca.pem", std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    keys->pem = text.str();
    const Handle<bio_st> certificate_text(BIO_new_mem_buf(keys->pem.data(), static_cast<int>(keys->pem.size())));
    keys->certificate.reset(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
    need(keys->certificate != nullptr, "ca.pem holds no certificate");
    need(X509_check_private_key(keys->certificate.get(), keys->key.get()) == 1, "ca.pem and ca.key do not belong together");
    return Authority(std::move(keys));
}

Result<Issued> Authority::issue_server(const ServerNames& names, int days, Instant now) const {
    if (const auto fine = acceptable_days(keys_->certificate.get(), days, now); !fine) return std::unexpected(fine.error());
    const auto alternative = server_alternative_names(names);
    if (!alternative) return std::unexpected(alternative.error());
    const auto key = new_key();
    const auto leaf = blank_certificate(key.get(), names.dns.empty() ? names.addresses.front() : names.dns.front(), days, now);
    return Issued{keys_->finish_leaf(leaf.get(), Keys::Use::server, alternative->get()), private_pem(key.get())};
}

Result<Issued> Authority::issue_client(std::string_view uri_san, int days, Instant now) const {
    if (const auto fine = acceptable_days(keys_->certificate.get(), days, now); !fine) return std::unexpected(fine.error());
    const auto alternative = client_alternative_names(uri_san);
    if (!alternative) return std::unexpected(alternative.error());
    const auto key = new_key();
    const auto leaf = blank_certificate(key.get(), uri_san, days, now);
    return Issued{keys_->finish_leaf(leaf.get(), Keys::Use::client, alternative->get()), private_pem(key.get())};
}

Result<std::string> Authority::issue_from_csr(std::string_view csr_pem, std::string_view uri_san, int days, Instant now) const {
    if (const auto fine = acceptable_days(keys_->certificate.get(), days, now); !fine) return std::unexpected(fine.error());
    const auto alternative = client_alternative_names(uri_san);
    if (!alternative) return std::unexpected(alternative.error());
    const auto refuse = [](std::string why) {
        ERR_clear_error();
        return fail(ErrorKind::invalid, "request_not_acceptable", std::move(why));
    };
    if (csr_pem.size() > pem_bytes_max) return refuse("the certificate request is longer than 64 KiB");
    const Handle<bio_st> text(BIO_new_mem_buf(csr_pem.data(), static_cast<int>(csr_pem.size())));
    const Handle<X509_req_st> request(PEM_read_bio_X509_REQ(text.get(), nullptr, nullptr, nullptr));
    if (!request) return refuse("no PEM certificate request in it");
    evp_pkey_st* const key = X509_REQ_get0_pubkey(request.get());
    if (key == nullptr || X509_REQ_verify(request.get(), key) != 1)
        return refuse("the certificate request's signature does not verify");
    if (EVP_PKEY_get_security_bits(key) < key_strength_bits_min)
        return refuse("the key is too weak; use P-256 or RSA with 2048 bits");
    const auto leaf = blank_certificate(key, uri_san, days, now);
    return keys_->finish_leaf(leaf.get(), Keys::Use::client, alternative->get());
}

const std::string& Authority::ca_pem() const {
    return keys_->pem;
}

Request make_request(std::string_view common_name) {
    const auto key = new_key();
    const Handle<X509_req_st> request(X509_REQ_new());
    need(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
             X509_REQ_set_pubkey(request.get(), key.get()) == 1,
         "cannot make a certificate request");
    set_subject(X509_REQ_get_subject_name(request.get()), common_name);
    need(X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0, "cannot sign a certificate request");
    auto csr = pem_text([&](bio_st* memory) { return PEM_write_bio_X509_REQ(memory, request.get()); });
    return {std::move(csr), private_pem(key.get())};
}

}  // namespace entente::certs
