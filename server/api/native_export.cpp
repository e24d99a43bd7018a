// Evidence over the interface, a page at a time: what `entente audit export` makes a package of.

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/operations/audit_export.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

void write_section(JsonWriter& out, const audit::ExportedSection& section, const std::optional<certs::AgeRecipient>& recipient) {
    out.object().member("tag", static_cast<std::int64_t>(section.tag));
    if (recipient) {
        protocol::Blob plain(section.salt.begin(), section.salt.end());
        plain.insert(plain.end(), section.text.begin(), section.text.end());
        out.member("age", protocol::base64(certs::age_seal(std::span(&*recipient, 1), plain)));
    } else {
        out.member("salt", protocol::base64(section.salt)).member("text", section.text);
    }
    out.end();
}

std::string encode_page(const ops::Exported& exported, const std::string& policy) {
    JsonWriter out;
    const audit::Published& published = *exported.published;
    out.object().member("size", static_cast<std::int64_t>(published.checkpoint.size));
    out.member("checkpoint", published.note).member("policy", policy);
    out.key("next");
    if (exported.page.next) {
        out.value(*exported.page.next);
    } else {
        out.null();
    }
    out.key("items").array();
    for (const audit::ExportedEntry& entry : exported.page.entries) {
        out.object().member("index", static_cast<std::int64_t>(entry.receipt.index));
        out.member("receipt", audit::format_receipt(entry.receipt)).member("sealed", protocol::base64(entry.sealed));
        out.key("opened").array();
        for (const audit::ExportedSection& section : entry.opened) write_section(out, section, exported.recipient);
        out.end().end();
    }
    return out.end().end().take();
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    const auto number = audit::plain_decimal(text);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

// One parameter; what is wrong with it, or nothing.
std::string read_parameter(ops::ExportAsked& asked, const std::string& name, const std::string& value) {
    const auto number = whole_number(value);
    const auto time = protocol::parse_rfc3339(value);
    if (name == "case") {
        asked.case_token = value;
    } else if (name == "customer" || name == "partner" || name == "first" || name == "size") {
        if (!number) return name + " must be a decimal number";
        if (name == "customer") asked.customer = protocol::CustomerId{*number};
        if (name == "partner") asked.partner = protocol::CompanyId{*number};
        if (name == "first") asked.first = *number;
        if (name == "size") asked.size = static_cast<std::uint64_t>(*number);
    } else if (name == "since" || name == "until") {
        if (!time) return name + " must be a time (RFC 3339)";
        (name == "since" ? asked.from : asked.until) = *time;
    } else if (name == "open") {
        if (value != "true" && value != "false") return "open must be true or false";
        asked.open = value == "true";
    } else if (name == "recipient") {
        auto recipient = certs::parse_age_recipient(value);
        if (!recipient) return "recipient: " + recipient.error().message;
        asked.recipient = *recipient;
    }
    return {};
}

Plan export_entries(Gateway& gateway, CallPtr call) {
    ops::ExportAsked asked;
    for (const auto& item : call->query) {
        if (const std::string wrong = read_parameter(asked, item.name, item.value); !wrong.empty())
            return gateway.failure(call, {.kind = protocol::ErrorKind::invalid, .code = "invalid_request", .message = wrong});
    }
    // An empty period would be answered with no records, which is not what somebody who mistyped asked.
    if (asked.until <= asked.from)
        return gateway.failure(
            call, {.kind = protocol::ErrorKind::invalid, .code = "invalid_request", .message = "until must be later than since"});
    if (asked.recipient) asked.open = true;
    // Looked for on a reader; what is found leaves once the record of it is durable.
    auto look = [&gateway, call, asked]() -> Plan {
        return gateway.look_up<ops::Exported>(
            call,
            [&gateway, asked](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                return ops::find_entries(txn, context, caller, *gateway.parts().notary, asked);
            },
            [](Gateway& g, const CallPtr& c, ops::Exported& exported) {
                return g.reply(c, 200, encode_page(exported, g.parts().witness_policy()));
            },
            [&gateway, call, asked](ops::Exported& found) -> std::optional<Plan> {
                auto exported = std::make_shared<ops::Exported>(std::move(found));
                return gateway.write<bool>(
                    call,
                    [asked, exported](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                        return ops::record_export(txn, context, caller, asked, *exported);
                    },
                    [exported](Gateway& g, const CallPtr& c, bool&) {
                        return g.reply(c, 200, encode_page(*exported, g.parts().witness_policy()));
                    });
            });
    };
    // Further pages are under the checkpoint of the first one. It covers what happened up to now, not what the thread signed up
    // to a second ago.
    return asked.size ? look() : native::sign_then(gateway, call, look);
}

constexpr Route routes[] = {
    {Method::get, "/api/v1/audit/export", "exportAuditEntries", Dialect::native, Access::signed_in, export_entries},
};

}  // namespace

std::span<const Route> native_export_routes() {
    return routes;
}

}  // namespace entente::api
