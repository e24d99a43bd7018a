// The own API: what became of a request whose answer was lost. The lookup goes through the writer, behind every write that arrived
// before it, so that "unknown" means: not carried out, and the same request may be sent again with the same key.

#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::api {

namespace {

namespace ops = operations;

struct Outcome {
    store::Repeat repeat;
    std::string case_token;  // when it concerns a case
};

// The case among what the record named: {"type":"case","id":"17"}, as resources_of wrote it.
std::optional<std::int64_t> case_in(std::string_view resources) {
    constexpr std::string_view mark = R"({"type":"case","id":")";
    const std::size_t at = resources.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    resources.remove_prefix(at + mark.size());
    return protocol::connect::decode_id(resources.substr(0, resources.find('"')));
}

std::vector<Outcome> outcomes(store::ReadTxn& txn, const ops::Caller& caller, std::string_view key) {
    std::vector<Outcome> found;
    for (store::Repeat& repeat : store::repeats_asked_by(txn, asked_by(caller, key))) {
        Outcome outcome{std::move(repeat), ""};
        if (const auto id = case_in(outcome.repeat.resources))
            outcome.case_token = store::token_of_case(txn, {*id}, caller.company()).value_or("");
        found.push_back(std::move(outcome));
    }
    return found;
}

std::string encode_outcomes(std::string_view key, const std::vector<Outcome>& all) {
    protocol::JsonWriter out;
    out.object().member("key", key).member("state", all.empty() ? "unknown" : "done").key("outcomes").array();
    for (const Outcome& outcome : all) {
        out.object().member("operation", outcome.repeat.route).member("at", to_rfc3339(outcome.repeat.created_at));
        out.key("case");
        outcome.case_token.empty() ? out.null() : out.value(outcome.case_token);
        out.key("resources").raw(outcome.repeat.resources).end();
    }
    return out.end().end().take();
}

Plan look_up_key(Gateway& gateway, CallPtr call) {
    std::string key = call->path.at(0);
    return gateway.disclose<std::vector<Outcome>>(
        std::move(call), "idempotency.read", "repeat",
        [key](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) -> protocol::Result<std::vector<Outcome>> {
            return outcomes(txn, caller, key);
        },
        [key](Gateway& g, const CallPtr& c, std::vector<Outcome>& all) { return g.reply(c, 200, encode_outcomes(key, all)); });
}

constexpr Route idempotency_table[] = {
    {Method::get, "/api/v1/idempotency/{key}", "getIdempotentOutcome", Dialect::native, Access::signed_in, look_up_key},
};

}  // namespace

std::span<const Route> native_idempotency_routes() {
    return idempotency_table;
}

}  // namespace entente::api
