// Certificates come from whoever opens a connection, requests for them from partners; URI names are judged by our own code.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "certs/x509.hpp"
#include "protocol/result.hpp"

namespace {

void check(const entente::protocol::Result<entente::certs::CertificateFacts>& facts) {
    using namespace entente;
    if (!facts) return;
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
    ENTENTE_ASSERT(facts->uri_sans >= 0 && (facts->uri_san.empty() || facts->uri_sans == 1));
    ENTENTE_ASSERT(std::ranges::all_of(facts->uri_san, visible));
    for (const auto& name : facts->dns_names) ENTENTE_ASSERT(std::ranges::all_of(name, visible));
    // Printable only: these texts reach log lines and terminals.
    for (const auto* text : {&facts->subject, &facts->issuer}) {
        ENTENTE_ASSERT(std::ranges::all_of(*text, [](char c) { return c >= 0x20 && c < 0x7f; }));
    }
    (void)certs::acceptable_partner_leaf(*facts);
    (void)certs::acceptable_partner_uri(facts->uri_san);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const protocol::Bytes bytes(data, size);
    check(certs::read_certificate_der(bytes));
    check(certs::read_certificate_pem(protocol::as_text(bytes)));
    (void)certs::acceptable_partner_uri(protocol::as_text(bytes));
    return 0;
}
