#include "server/api/idempotency.hpp"

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"

namespace entente::api {

protocol::Result<std::optional<std::string>> idempotency_key(const Call& call) {
    const auto header = call.request->header("Idempotency-Key");
    if (!header) return std::nullopt;
    bool printable = !header->empty() && header->size() <= 255;
    for (const char c : *header) printable = printable && c >= 0x20 && c < 0x7f;
    if (!printable)
        return protocol::fail(protocol::ErrorKind::invalid, "bad_idempotency_key",
                              "Idempotency-Key must be 1 to 255 printable ASCII characters");
    return std::string(*header);
}

operations::RepeatKey repeat_key(const Call& call, const operations::Caller& caller, std::string_view key) {
    std::string scope = std::to_string(caller.company().value) + '\n' + caller.principal.label() + '\n';
    scope += method_name(call.route->method);
    scope += '\n';
    scope += call.route->pattern;
    scope += '\n';
    scope += key;
    const auto scope_digest = certs::sha256(protocol::as_bytes(scope));
    const auto body_digest = certs::sha256(protocol::as_bytes(call.request->body));
    return {{scope_digest.begin(), scope_digest.end()}, {body_digest.begin(), body_digest.end()}};
}

}  // namespace entente::api
