#include "protocol/signed_authorization.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocol/reader.hpp"

namespace entente::protocol {

namespace {

constexpr std::array known{"iss", "sub", "aud", "jti", "iat", "nbf", "exp", "partners", "products", "cases", "scope", "purpose"};
// 9999-12-31: what later instants could not be written as.
constexpr std::int64_t seconds_max = 253'402'300'799;

Instant seconds(Reader& in, std::string_view name) {
    return {in.integer(name, 0, seconds_max).value_or(0) * 1'000'000};
}

DataClasses scope(Reader& in) {
    DataClasses classes;
    const std::string text = in.text("scope", 500);
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const auto found = parse_data_class(rest.substr(0, end));
        if (!found || *found == DataClass::secret) {
            in.violate("scope", "not_allowed", "must be names of data classes separated by single blanks, and not secret");
            break;
        }
        classes.add(*found);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return classes;
}

}  // namespace

Result<SignedAuthorization> decode_signed_authorization(std::string_view json) {
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
    SignedAuthorization claims;
    claims.issuer = in.text("iss", 500);
    claims.subject = in.text("sub", 20);
    claims.audience = in.text("aud", 500);
    claims.id = in.text("jti", 200);
    claims.issued_at = seconds(in, "iat");
    claims.not_before = seconds(in, "nbf");
    claims.expires = seconds(in, "exp");
    claims.partners = in.texts("partners", 100, 253, Need::filled);
    claims.products = in.texts("products", 50, 191);
    claims.cases = in.texts("cases", 50, 64);
    claims.scope = scope(in);
    claims.purpose = in.text("purpose", 64);
    if (auto good = in.done(); !good) return std::unexpected(std::move(good.error()));
    return claims;
}

}  // namespace entente::protocol
