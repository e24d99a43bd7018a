// The own API: who saw what of whom.

#include "protocol/connect/decode.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/readers.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

constexpr std::int64_t limit_usual = 100;
constexpr std::int64_t limit_max = 1'000;

protocol::Error bad_query(std::string name, std::string message) {
    protocol::Error error{.kind = protocol::ErrorKind::invalid, .code = "invalid", .message = "the request breaks rules"};
    error.violations.push_back({"/" + std::move(name), "not_allowed", std::move(message)});
    return error;
}

// "TIME_CASE_VERSION", as the page before gave it.
std::optional<store::DisclosureRow> parse_after(std::string_view text) {
    store::DisclosureRow row;
    for (std::int64_t* number : {&row.at.us, &row.case_id.value, &row.version}) {
        if (text.empty()) return std::nullopt;
        const std::size_t end = text.find('_');
        std::int64_t value = 0;
        for (const char c : text.substr(0, end)) {
            if (c < '0' || c > '9' || value > std::numeric_limits<std::int64_t>::max() / 16) return std::nullopt;
            value = value * 10 + (c - '0');
        }
        *number = value;
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    if (!text.empty()) return std::nullopt;
    return row;
}

std::string after_of(const store::DisclosureRow& row) {
    return std::to_string(row.at.us) + "_" + std::to_string(row.case_id.value) + "_" + std::to_string(row.version);
}

protocol::Result<ops::DisclosureQuery> decode_query(const Call& call) {
    ops::DisclosureQuery query;
    query.customer = {native::query_id(call, "customer")};
    query.partner = {native::query_id(call, "partner")};
    query.token = native::query_text(call, "case");
    query.limit = limit_usual;
    if (const auto text = native::query_text(call, "limit"); !text.empty()) {
        const auto limit = protocol::connect::decode_id(text);
        if (!limit || *limit < 1 || *limit > limit_max) return std::unexpected(bad_query("limit", "must be 1 to 1000"));
        query.limit = *limit;
    }
    for (const std::string_view name : {"from", "to"}) {
        const std::string text = native::query_text(call, name);
        if (text.empty()) continue;
        const auto at = protocol::parse_rfc3339(text);
        if (!at) return std::unexpected(bad_query(std::string(name), "must be a time as RFC 3339 has it"));
        if (name == "from") query.from = *at;
        if (name == "to") query.to = *at;
    }
    // An empty period would be answered with "nothing", which is not what somebody who mistyped asked.
    if (query.to && *query.to <= query.from) return std::unexpected(bad_query("to", "must be later than from"));
    if (const auto text = native::query_text(call, "after"); !text.empty()) {
        query.after = parse_after(text);
        if (!query.after) return std::unexpected(bad_query("after", "must be what the page before gave as next"));
    }
    return query;
}

void write_id(JsonWriter& out, std::string_view key, std::int64_t id) {
    out.key(key);
    id != 0 ? out.value(id) : out.null();
}

Plan disclosures(Gateway& gateway, CallPtr call) {
    auto query = decode_query(*call);
    if (!query) return gateway.failure(call, query.error());
    return gateway.disclose<ops::DisclosurePage>(
        std::move(call), "disclosure.list", "disclosure",
        [query = std::move(*query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_disclosures(txn, context, caller, query);
        },
        [](Gateway& g, const CallPtr& c, ops::DisclosurePage& page) {
            JsonWriter out;
            out.object().key("items").array();
            for (const store::DisclosureRow& row : page.rows) {
                out.object().member("case", row.token).member("company", row.company.value);
                write_id(out, "customer", row.customer.value);
                out.member("version", row.version).member("at", to_rfc3339(row.at)).member("operation", row.operation);
                write_id(out, "agreement", row.agreement.value);
                write_id(out, "authorization", row.authorization.value);
                native::write_classes(out, row.classes);
                out.end();
            }
            out.end().key("next");
            page.more ? out.value(after_of(page.rows.back())) : out.null();
            return g.reply(c, 200, out.end().take());
        });
}

Plan readers(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.disclose<ops::Readers>(
        std::move(call), "case.readers", "case",
        [token](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::readers_of_case(txn, context, caller, token);
        },
        [](Gateway& g, const CallPtr& c, ops::Readers& all) {
            const auto who = [](JsonWriter& out, protocol::CompanyId company, const std::string& principal) {
                out.object().member("company", company.value).key("principal");
                principal.empty() ? out.null() : out.value(principal);
            };
            JsonWriter out;
            out.object().key("seen").array();
            for (const auto& one : all.seen) {
                who(out, one.company, one.principal);
                out.member("version", one.version).end();
            }
            out.end().key("counts").array();
            for (const auto& one : all.counts) {
                who(out, one.company, one.principal);
                out.member("hour", to_rfc3339(one.hour)).member("reads", one.reads).end();
            }
            return g.reply(c, 200, out.end().end().take());
        });
}

constexpr Route reader_table[] = {
    {Method::get, "/api/v1/disclosures", "listDisclosures", Dialect::native, Access::signed_in, disclosures},
    {Method::get, "/api/v1/cases/{token}/readers", "getCaseReaders", Dialect::native, Access::signed_in, readers},
};

}  // namespace

std::span<const Route> native_reader_routes() {
    return reader_table;
}

}  // namespace entente::api
