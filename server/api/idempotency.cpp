#include "server/api/idempotency.hpp"

#include "certs/digest.hpp"
#include "protocol/connect/query.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"

namespace entente::api {

namespace {

protocol::Blob digest_of(std::string_view text) {
    const auto digest = certs::sha256(protocol::as_bytes(text));
    return {digest.begin(), digest.end()};
}

std::string whose(const operations::Caller& caller) {
    return std::to_string(caller.company().value) + '\n' + caller.principal.label() + '\n';
}

}  // namespace

protocol::Result<std::optional<std::string>> idempotency_key(const Call& call) {
    const auto header = call.request->header("Idempotency-Key");
    if (!header) return std::nullopt;
    bool printable = !header->empty() && header->size() <= idempotency_key_max;
    for (const char c : *header) printable = printable && c >= 0x20 && c < 0x7f;
    if (!printable)
        return protocol::fail(
            protocol::ErrorKind::invalid, "bad_idempotency_key",
            "Idempotency-Key must be 1 to " + std::to_string(idempotency_key_max) + " printable ASCII characters");
    return std::string(*header);
}

protocol::Blob asked_by(const operations::Caller& caller, std::string_view key) {
    return digest_of(whose(caller) + std::string(key));
}

store::Repeat name_request(const Call& call, const store::Vault& vault, const operations::Caller& caller, std::string_view key,
                           std::string_view content) {
    std::string scope = whose(caller);
    scope += method_name(call.route->method);
    scope += '\n';
    scope += call.route->pattern;
    scope += '\n';
    scope += key;
    const std::string said = std::string(call.raw_path) + '?' + std::string(call.raw_query) + '\n' + std::string(content);
    const auto digest = vault.blind_index("idempotency", said);
    store::Repeat repeat;
    repeat.scope = digest_of(scope);
    repeat.asked_by = asked_by(caller, key);
    repeat.digest = {digest.begin(), digest.end()};
    if (const auto before = vault.blind_index_before("idempotency", said)) repeat.digest_before = {before->begin(), before->end()};
    repeat.route = call.route->name;
    return repeat;
}

bool same_request(const store::Repeat& earlier, const store::Repeat& request) {
    return earlier.digest == request.digest || (!request.digest_before.empty() && earlier.digest == request.digest_before);
}

audit::Record repeat_record(const store::Repeat& earlier, const operations::Caller& caller) {
    const std::string& what = earlier.operation.empty() ? earlier.route : earlier.operation;
    audit::Record record = operations::record_of(caller, what + ".repeat", audit::Class::entity_management, audit::activity_read);
    record.resources.push_back({"repeat", std::to_string(earlier.outcome)});
    return record;
}

protocol::Error reused_key() {
    return {.kind = protocol::ErrorKind::conflict,
            .code = "idempotency_key_reused",
            .message = "this Idempotency-Key was used for another request",
            .next_step = "send a new key with each new request"};
}

protocol::Error already_done(std::string_view key) {
    return {.kind = protocol::ErrorKind::conflict,
            .code = "already_done",
            .message = "a request with this Idempotency-Key was carried out before; nothing happened now",
            .next_step = "GET /api/v1/idempotency/" + protocol::connect::encode_segment(key)};
}

std::string resources_of(const audit::Record& record) {
    protocol::JsonWriter out;
    out.array();
    for (const auto& resource : record.resources) out.object().member("type", resource.type).member("id", resource.uid).end();
    return out.end().take();
}

}  // namespace entente::api
