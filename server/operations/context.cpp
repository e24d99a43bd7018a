#include "server/operations/context.hpp"

#include "protocol/json_writer.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

namespace {

// Letters and digits without bias: bytes from 248 up are drawn again (248 = 4 * 62).
std::string alphanumeric(const std::function<void(std::span<std::uint8_t>)>& random, std::size_t length) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string out;
    while (out.size() < length) {
        std::array<std::uint8_t, 32> bytes{};
        random(bytes);
        for (const std::uint8_t byte : bytes)
            if (byte < 248 && out.size() < length) out += alphabet[byte % 62];
    }
    return out;
}

std::string_view kind_name(certs::PrincipalKind kind) {
    switch (kind) {
        case certs::PrincipalKind::user:
            return "user";
        case certs::PrincipalKind::rule:
            return "rule";
        case certs::PrincipalKind::probe:
            return "probe";
        case certs::PrincipalKind::client:
        case certs::PrincipalKind::operator_:
            break;
    }
    return "client";
}

}  // namespace

std::string Tools::token() const {
    return alphanumeric(random, 20);
}
std::string Tools::secret() const {
    return alphanumeric(random, 32);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string actor_section(const Caller& caller) {
    protocol::JsonWriter json;
    json.object().key("actor").object().key("principal").object();
    json.member("kind", kind_name(caller.principal.kind));
    json.member("uid", std::to_string(caller.principal.id));
    json.end().end();
    if (!caller.peer_address.empty()) json.key("src_endpoint").object().member("ip", caller.peer_address).end();
    json.end();
    return json.take();
}

audit::Record record_of(const Caller& caller, std::string operation, audit::Class class_uid, std::uint8_t activity) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = class_uid;
    record.activity = activity;
    record.request_id = caller.request_id;
    record.authentication = caller.principal.authentication;
    record.acting_company = caller.company();
    record.role = name(caller.role());
    record.credential = caller.principal.credential;
    if (caller.company()) record.parties.push_back(caller.company());
    record.actor = actor_section(caller);
    return record;
}

Result<void> require(const Caller& caller, policy::Operation operation) {
    if (policy::may(caller.role(), operation)) return {};
    const std::string role = "your role (" + std::string(name(caller.role())) + ") may not do this";
    if (operation == policy::Operation::operator_admin)
        return fail(ErrorKind::forbidden, "no_role", role, "the gateway's operator does this: the same command with --operator");
    if (caller.is_operator()) return fail(ErrorKind::forbidden, "no_role", role, "sign in as a person of a company: entente login");
    return fail(ErrorKind::forbidden, "no_role", role,
                "ask an administrator of your company for a role that permits " + std::string(name(operation)));
}

Result<protocol::CompanyId> acting_for(ReadTxn& txn, const Caller& caller, protocol::CompanyId named) {
    if (caller.is_operator()) {
        if (named && store::find_company(txn, named)) return named;
        if (named) return fail(ErrorKind::not_found, "company_not_found", "there is no such company");
        Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the operator must name the company"};
        error.violations.push_back({"/company", "missing", "is required for the operator"});
        return std::unexpected(std::move(error));
    }
    if (named && named != caller.company())
        return fail(ErrorKind::forbidden, "other_company", "you can only do this for your own company");
    return caller.company();
}

}  // namespace entente::operations
