#include "protocol/signed_acceptance.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocol/ids.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol {

Result<SignedAcceptance> decode_signed_acceptance(std::string_view json) {
    constexpr std::array known{"aud", "agreement", "document_sha256", "document_version", "party", "signer", "iat"};
    const auto parsed = parse_json(json);
    if (!parsed) return std::unexpected(parsed.error());
    Reader in(*parsed);
    if (parsed->value().is_object()) {
        for (const auto& member : parsed->value().get_object()) {
            const std::string_view key(member.key());
            if (std::ranges::none_of(known, [&](std::string_view name) { return name == key; }))
                in.violate("", "not_allowed", "holds a claim that this type does not have");
        }
    }
    SignedAcceptance claims;
    claims.audience = in.text("aud", 500);
    claims.agreement = in.integer("agreement", 1, id_max).value_or(0);
    claims.document_digest = in.text("document_sha256", 64);
    claims.document_version = in.text("document_version", 64);
    claims.party = in.text("party", 253);
    claims.signer = in.text("signer", 191);
    claims.signed_at = {in.integer("iat", 0, 253'402'300'799).value_or(0) * 1'000'000};
    if (auto good = in.done(); !good) return std::unexpected(std::move(good.error()));
    return claims;
}

}  // namespace entente::protocol
