#pragma once
// What a certificate says, as plain values (RFC 5280), and the rules for certificates that identify a partner: leaf (not a CA, key
// usage digitalSignature, no keyCertSign) with exactly one URI name. The identity is the pair (authority, URI), never the common
// name. Reading a certificate proves nothing; the chain is proven by the handshake (certs/tls.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::certs {

using protocol::Bytes;

struct CertificateFacts {
    std::string fingerprint_sha256;  // of the DER form, hex
    std::string subject;             // RFC 2253 text
    std::string issuer;
    std::string serial;   // hex
    std::string uri_san;  // the URI name if there is exactly one, else empty
    int uri_sans = 0;     // how many there are
    std::vector<std::string> dns_names;
    protocol::Instant not_before{};
    protocol::Instant not_after{};
    bool ca = false;
    bool digital_signature = false;
    bool key_cert_sign = false;
    // Fingerprint of the trusted authority that the chain ended in. Only a handshake knows it (peer_certificate in
    // certs/tls.hpp); empty when a certificate is merely read.
    std::string authority_fingerprint;
};

// The first certificate of a PEM text; at most 64 KiB. Names with embedded zero bytes or other control characters are refused.
protocol::Result<CertificateFacts> read_certificate_pem(std::string_view pem);
protocol::Result<CertificateFacts> read_certificate_der(Bytes der);

// Leaf rules of partner identity; the form of the URI is judged by acceptable_partner_uri.
protocol::Result<void> acceptable_partner_leaf(const CertificateFacts& facts);

// spiffe://<trust domain>/<path>: at most 2,048 bytes, lower-case domain, no port, query, fragment or percent-encoding. Any other
// absolute URI passes only if it equals the `registered` one byte for byte.
protocol::Result<void> acceptable_partner_uri(std::string_view uri, std::string_view registered = {});

}  // namespace entente::certs
