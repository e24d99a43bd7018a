#include "protocol/jose.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocol/json_writer.hpp"
#include "protocol/name_table.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<JwsAlgorithm, 2> algorithm_names{{
    {JwsAlgorithm::eddsa, "EdDSA"},
    {JwsAlgorithm::es256, "ES256"},
}};

std::unexpected<Error> bad_header(std::string message) {
    return fail(ErrorKind::malformed, "jws_header", std::move(message));
}

// A member as text; nothing when it is absent or of another type.
std::optional<std::string> text_of(const boost::json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return std::string(found->get_string());
}

std::optional<Blob> coordinate(const boost::json::object& object, std::string_view name) {
    const auto text = text_of(object, name);
    auto bytes = text ? from_base64url(*text) : std::nullopt;
    if (!bytes || bytes->size() != 32) return std::nullopt;
    return bytes;
}

}  // namespace

std::string_view name(JwsAlgorithm algorithm) {
    return name_in(algorithm_names, algorithm);
}
std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view text) {
    return find_exact(algorithm_names, text);
}

Result<JwsHeader> decode_jws_header(std::string_view json) {
    const auto parsed = parse_json(json);
    if (!parsed || !parsed->value().is_object()) return bad_header("the protected header is no JSON object");
    const auto& object = parsed->value().get_object();
    JwsHeader header;
    bool has_algorithm = false;
    for (const auto& member : object) {
        if (!member.value().is_string()) return bad_header("a member of the protected header is no text");
        const std::string value(member.value().get_string());
        if (member.key() == "alg") {
            const auto algorithm = parse_jws_algorithm(value);
            if (!algorithm) return bad_header("the algorithm must be EdDSA or ES256");
            header.algorithm = *algorithm;
            has_algorithm = true;
        } else if (member.key() == "typ") {
            header.typ = value;
        } else if (member.key() == "kid") {
            header.kid = value;
        } else {
            return bad_header("the protected header may hold alg, typ and kid only");
        }
    }
    if (!has_algorithm) return bad_header("the protected header names no algorithm");
    return header;
}

Result<CompactJws> parse_compact_jws(std::string_view text) {
    if (text.size() > jws_bytes_max) return fail(ErrorKind::malformed, "jws_form", "a signed text may have at most 8 KiB");
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
        return fail(ErrorKind::malformed, "jws_form", "a compact JWS has three parts separated by dots");
    const auto header = from_base64url(text.substr(0, first));
    const auto payload = from_base64url(text.substr(first + 1, second - first - 1));
    auto signature = from_base64url(text.substr(second + 1));
    if (!header || !payload || !signature) return fail(ErrorKind::malformed, "jws_form", "a part is not base64url without padding");
    if (signature->size() != 64) return fail(ErrorKind::malformed, "jws_form", "a signature of EdDSA or ES256 has 64 bytes");
    auto decoded = decode_jws_header(as_text(*header));
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    return CompactJws{std::move(*decoded), std::string(as_text(*payload)), std::move(*signature),
                      std::string(text.substr(0, second))};
}

Result<PublicKey> decode_jwk(std::string_view json) {
    const auto parsed = parse_json(json);
    if (!parsed || !parsed->value().is_object()) return fail(ErrorKind::malformed, "jwk_form", "a key is a JSON object (RFC 7517)");
    const auto& object = parsed->value().get_object();
    if (object.contains("d") || object.contains("k"))
        return fail(ErrorKind::malformed, "jwk_private", "this is a private key; send its public half, and treat this one as lost");
    PublicKey key;
    key.kid = text_of(object, "kid").value_or("");
    const std::string kty = text_of(object, "kty").value_or(""), crv = text_of(object, "crv").value_or("");
    const auto x = coordinate(object, "x"), y = coordinate(object, "y");
    if (kty == "OKP" && crv == "Ed25519" && x) {
        key.algorithm = JwsAlgorithm::eddsa;
        key.bytes = *x;
        return key;
    }
    if (kty == "EC" && crv == "P-256" && x && y) {
        key.algorithm = JwsAlgorithm::es256;
        key.bytes.push_back(4);
        key.bytes.insert(key.bytes.end(), x->begin(), x->end());
        key.bytes.insert(key.bytes.end(), y->begin(), y->end());
        return key;
    }
    return fail(ErrorKind::malformed, "jwk_form", "a key is of kty OKP with crv Ed25519, or of kty EC with crv P-256");
}

namespace {

void key_members(JsonWriter& out, const PublicKey& key) {
    const Bytes bytes(key.bytes);
    if (key.algorithm == JwsAlgorithm::eddsa) {
        out.member("crv", "Ed25519").member("kty", "OKP").member("x", base64url(bytes));
        return;
    }
    ENTENTE_ASSERT(bytes.size() == 65);
    out.member("crv", "P-256").member("kty", "EC");
    out.member("x", base64url(bytes.subspan(1, 32))).member("y", base64url(bytes.subspan(33, 32)));
}

}  // namespace

std::string thumbprint_input(const PublicKey& key) {
    JsonWriter out;
    out.object();
    key_members(out, key);
    return out.end().take();
}

std::string encode_jwk(const PublicKey& key) {
    JsonWriter out;
    out.object();
    key_members(out, key);
    out.member("kid", key.kid).member("alg", name(key.algorithm)).member("use", "sig");
    return out.end().take();
}

}  // namespace entente::protocol
