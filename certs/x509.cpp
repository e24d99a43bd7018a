#include "certs/x509.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

#include "certs/digest.hpp"
#include "certs/handles.hpp"

namespace entente::certs {
namespace {

using protocol::ErrorKind;
using protocol::fail;
using protocol::Result;

constexpr std::size_t certificate_bytes_max = 65'536;
constexpr std::size_t partner_uri_bytes_max = 2'048;

std::unexpected<protocol::Error> unreadable(std::string why) {
    ERR_clear_error();
    return fail(ErrorKind::malformed, "certificate_unreadable", "the certificate cannot be read: " + std::move(why));
}

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string name_text(const X509_NAME* name) {
    const Handle<bio_st> memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    // RFC 2253 escapes everything but printable ASCII, so a hostile name cannot forge log lines.
    if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string serial_text(const X509* certificate) {
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr),
                                                             &BN_free);
    if (!number) return {};
    Blob bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    return protocol::hex(bytes);
}

std::optional<protocol::Instant> instant_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return protocol::Instant{static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000};
}

// Fills URI and DNS names. False for a malformed or repeated extension and for names that are not plain visible ASCII.
bool read_names(const X509* certificate, CertificateFacts& facts) {
    int criticality = 0;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &criticality, nullptr)),
        &GENERAL_NAMES_free);
    if (!names) return criticality == -1;  // -1: there is none
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI && name->type != GEN_DNS) continue;
        const ASN1_IA5STRING* const value = name->d.ia5;
        const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<std::size_t>(ASN1_STRING_length(value)));
        if (text.empty() || !printable(text)) return false;
        if (name->type == GEN_DNS) {
            facts.dns_names.push_back(text);
        } else {
            facts.uri_san = ++facts.uri_sans == 1 ? text : std::string();
        }
    }
    return true;
}

Result<CertificateFacts> facts_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return unreadable("it has no DER form");
    CertificateFacts facts;
    facts.fingerprint_sha256 = protocol::hex(sha256({der, static_cast<std::size_t>(size)}));
    OPENSSL_free(der);

    // Decodes the extensions; must come before anything that is read from them.
    if (X509_check_purpose(certificate, -1, 0) != 1) return unreadable("its extensions are malformed");
    if (!read_names(certificate, facts)) return unreadable("its alternative names are malformed");
    const auto not_before = instant_of(X509_get0_notBefore(certificate));
    const auto not_after = instant_of(X509_get0_notAfter(certificate));
    if (!not_before || !not_after) return unreadable("its validity is malformed");
    facts.not_before = *not_before;
    facts.not_after = *not_after;
    facts.subject = name_text(X509_get_subject_name(certificate));
    facts.issuer = name_text(X509_get_issuer_name(certificate));
    facts.serial = serial_text(certificate);

    const std::uint32_t flags = X509_get_extension_flags(certificate);
    const std::uint32_t usage = (flags & EXFLAG_KUSAGE) != 0 ? X509_get_key_usage(certificate) : 0;
    // X509_check_ca alone says no if the key usage contradicts the basic constraints; whoever claims to be a CA counts as one.
    facts.ca = (flags & EXFLAG_CA) != 0 || X509_check_ca(certificate) != 0;
    facts.digital_signature = (usage & KU_DIGITAL_SIGNATURE) != 0;
    facts.key_cert_sign = (usage & KU_KEY_CERT_SIGN) != 0;
    ERR_clear_error();
    return facts;
}

bool lower_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// https://spiffe.io: trust domain of a-z 0-9 . - _, path segments of letters, digits, dot, dash, underscore.
std::optional<std::string> wrong_in_spiffe(std::string_view rest) {
    const auto slash = rest.find('/');
    const std::string_view domain = rest.substr(0, slash);
    const auto domain_character = [](char c) { return lower_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
    if (domain.empty() || domain.size() > 255 || !std::ranges::all_of(domain, domain_character)) {
        return "the trust domain must be 1 to 255 lower-case letters, digits, dots, dashes or underscores";
    }
    if (slash == std::string_view::npos) return "a path must follow the trust domain";
    std::string_view path = rest.substr(slash);
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, end);
        const auto path_character = [](char c) {
            return lower_alphanumeric(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
        };
        if (segment.empty() || segment == "." || segment == ".." || !std::ranges::all_of(segment, path_character)) {
            return "each part of the path must be letters, digits, dots, dashes or underscores, and not empty, . or ..";
        }
        path.remove_prefix(end);
    }
    return std::nullopt;
}

bool absolute_uri(std::string_view uri) {
    const auto colon = uri.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == uri.size() || !printable(uri)) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto scheme_character = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
    return letter(uri.front()) && std::ranges::all_of(uri.substr(0, colon), scheme_character);
}

std::unexpected<protocol::Error> wrong_uri(std::string why) {
    return fail(ErrorKind::invalid, "partner_uri_not_acceptable",
                "the certificate's URI name is not acceptable: " + std::move(why));
}

}  // namespace

Result<CertificateFacts> read_certificate_pem(std::string_view pem) {
    if (pem.size() > certificate_bytes_max) return unreadable("it is longer than 64 KiB");
    const Handle<bio_st> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Handle<x509_st> certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, &no_password, nullptr) : nullptr);
    if (!certificate) return unreadable("no PEM certificate in it");
    return facts_of(certificate.get());
}

Result<CertificateFacts> read_certificate_der(Bytes der) {
    if (der.size() > certificate_bytes_max) return unreadable("it is longer than 64 KiB");
    const unsigned char* at = der.data();
    const Handle<x509_st> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate) return unreadable("not a DER certificate");
    if (at != der.data() + der.size()) return unreadable("bytes follow the certificate");
    return facts_of(certificate.get());
}

Result<void> acceptable_partner_leaf(const CertificateFacts& facts) {
    const auto refuse = [](std::string why) {
        return fail(ErrorKind::invalid, "partner_certificate_not_acceptable", std::move(why));
    };
    if (facts.ca) return refuse("the certificate is an authority's; a partner needs one of its own");
    if (!facts.digital_signature) return refuse("the certificate's key usage does not include digitalSignature");
    if (facts.key_cert_sign) return refuse("the certificate's key usage includes keyCertSign");
    if (facts.uri_sans != 1)
        return refuse("the certificate must have exactly one URI name and has " + std::to_string(facts.uri_sans));
    return {};
}

Result<void> acceptable_partner_uri(std::string_view uri, std::string_view registered) {
    constexpr std::string_view spiffe = "spiffe://";
    if (uri.empty()) return wrong_uri("it is empty");
    if (uri.size() > partner_uri_bytes_max) return wrong_uri("it is longer than 2,048 bytes");
    if (uri.starts_with(spiffe)) {
        if (const auto wrong = wrong_in_spiffe(uri.substr(spiffe.size()))) return wrong_uri(*wrong);
        return {};
    }
    if (!absolute_uri(uri)) return wrong_uri("it is not an absolute URI");
    if (uri != registered) return wrong_uri("it is neither a spiffe:// name nor the registered one");
    return {};
}

}  // namespace entente::certs
