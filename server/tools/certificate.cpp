// entente certificate ...: client certificates of partners' programs.

#include <ostream>

#include "certs/files.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

int issue(Context& context) {
    protocol::JsonWriter json;
    json.object().key("client").raw(find_row(context, "/api/v1/clients", "name", context.text("CLIENT"), "client").text("id"));
    if (context.given("csr")) json.member("csr", context.world().read_file(context.text("csr")));
    json.member_if("days", context.number("days"));
    json.end();
    const std::filesystem::path folder = context.text("out", ".");
    const Answer answer = context.post("/api/v1/certificates", json.take());
    if (context.printed_raw(answer)) return exit_code::ok;
    const std::string name = answer.value.text("fingerprint").substr(0, 16);
    const std::filesystem::path certificate = folder / (name + ".pem");
    certs::replace_private_file(certificate, protocol::as_bytes(answer.value.text("certificate")));
    Facts facts;
    facts.add("fingerprint", answer.value.text("fingerprint"));
    facts.add("valid until", answer.value.text("notAfter"));
    facts.add("certificate", certificate.string());
    const std::string key_text = answer.value.text("privateKey");
    if (!key_text.empty()) {
        const std::filesystem::path key = folder / (name + ".key");
        certs::replace_private_file(key, protocol::as_bytes(key_text));
        facts.add("private key", key.string() + "  (0600; the gateway keeps no copy)");
    }
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

int list(Context& context) {
    return print_list(
        context, context.get("/api/v1/certificates"),
        {{"FINGERPRINT", "fingerprint"}, {"CLIENT", "client"}, {"URI", "uri"}, {"UNTIL", "notAfter"}, {"REVOKED", "revokedAt"}},
        "No certificates have been issued: entente certificate add");
}

int revoke(Context& context) {
    protocol::JsonWriter json;
    json.object().member("reason", context.text("reason")).end();
    const Answer answer = context.post("/api/v1/certificates/" + context.text("FINGERPRINT") + "/revoke", json.take());
    if (!context.printed_raw(answer)) context.out() << "revoked: its connections and tokens end now\n";
    return exit_code::ok;
}

}  // namespace

std::vector<Command> certificate_commands() {
    return {
        {.path = "certificate add",
         .summary = "Issue a client certificate, for a request (CSR) or with a new key",
         .example = "  entente certificate add 'Zendesk connector' --days 90 --out ~/certs\n"
                    "  entente certificate add 12 --csr connector.csr",
         .caller = Caller::gateway_operator,
         .options = {argument("CLIENT", "id or name of the program"), value("csr", "FILE", "its certificate request (PEM)"),
                     value("days", "N", "how long it is good"), value("out", "FOLDER", "where to write it (.)")},
         .run = issue},
        {.path = "certificate list",
         .summary = "List issued certificates",
         .example = "  entente certificate list",
         .caller = Caller::gateway_operator,
         .options = {},
         .run = list},
        {.path = "certificate revoke",
         .summary = "Revoke a certificate, with effect at once",
         .example = "  entente certificate revoke 9f2c... --reason 'Key lost'",
         .caller = Caller::gateway_operator,
         .options = {argument("FINGERPRINT", "SHA-256, see the list"), needed("reason", "TEXT", "why")},
         .run = revoke},
    };
}

}  // namespace entente::tools
