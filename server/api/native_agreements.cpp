// The own API: what belongs to agreements: members, announced changes, texts, keys of signatories.

#include "protocol/connect/query_reader.hpp"
#include "protocol/icalendar.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/upcoming.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

Plan add_member(Gateway& gateway, CallPtr call) {
    auto input = native::decode_member(call->request->body);
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return native::post<protocol::Agreement>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::Member& member) {
            return ops::add_member(txn, context, caller, id, member);
        },
        200, native::as_json);
}

// A step after which cases follow before the answer leaves.
Plan turn_agreement(Gateway& gateway, CallPtr call, Gateway::WriteOperation<ops::Turned<protocol::Agreement>> operation) {
    return gateway.write<ops::Turned<protocol::Agreement>>(
        call, std::move(operation),
        [](Gateway& g, const CallPtr& c, ops::Turned<protocol::Agreement>& turned) {
            return g.reply(c, 200, native::encode(turned.what));
        },
        [&gateway, call](ops::Turned<protocol::Agreement>& turned, std::function<Response()> finish) -> Plan {
            return gateway.reconcile(call, turned.cases, "agreement_changed", std::make_shared<Gateway::Released>(),
                                     std::move(finish));
        });
}

Plan leave(Gateway& gateway, CallPtr call) {
    auto reason = native::decode_reason(call->request->body);
    if (!reason) return gateway.failure(call, reason.error());
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return turn_agreement(gateway, std::move(call),
                          [id, reason = *reason](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                              return ops::leave_agreement(txn, context, caller, id, reason);
                          });
}

Plan acknowledge(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AgreementId>(*call);
    const std::int64_t position = protocol::connect::decode_id(call->path.at(1)).value_or(-1);
    return turn_agreement(gateway, std::move(call),
                          [id, position](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                              return ops::acknowledge_change(txn, context, caller, id, position);
                          });
}

Plan list_changes(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return native::listing<store::AgreementChange>(
        gateway, std::move(call), "agreement.change.list", "agreement",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_changes(txn, context, caller, id);
        });
}

Plan add_text(Gateway& gateway, CallPtr call) {
    return native::post<store::AgreementText>(gateway, call, native::decode_text(call->request->body), ops::add_text, 201,
                                              native::as_json);
}

Plan read_text(Gateway& gateway, CallPtr call) {
    std::string digest = call->path.at(0);
    return gateway.disclose<store::AgreementText>(
        std::move(call), "agreement.text.read", "agreement_text",
        [digest = std::move(digest)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_text(txn, context, caller, digest);
        },
        [](Gateway& g, const CallPtr& c, store::AgreementText& text) { return g.reply(c, 200, native::encode(text)); });
}

Plan add_key(Gateway& gateway, CallPtr call) {
    return native::post<store::CompanyKey>(gateway, call, native::decode_company_key(call->request->body), ops::add_company_key,
                                           201, native::as_json);
}

template <ops::Audited<store::CompanyKey> (*operation)(store::Txn&, const ops::Context&, const ops::Caller&, const std::string&)>
Plan move_key(Gateway& gateway, CallPtr call) {
    return native::post<store::CompanyKey>(gateway, call, native::decode_kid(call->request->body), operation, 200, native::as_json);
}

Plan list_keys(Gateway& gateway, CallPtr call) {
    return native::listing<store::CompanyKey>(gateway, std::move(call), "company.key.list", "company",
                                              [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                                                  return ops::list_company_keys(txn, context, caller);
                                              });
}

// The gateway's own name, so that the same thing is the same entry in every copy of a calendar.
std::string host_of(Gateway& gateway) {
    const std::string& url = gateway.parts().tools.settings.public_url;
    const std::size_t begin = url.find("://");
    return begin == std::string::npos ? "entente" : url.substr(begin + 3);
}

std::string summary_of(const ops::Upcoming& one) {
    const std::string id = " " + std::to_string(one.subject);
    switch (one.kind) {
        case ops::Upcoming::Kind::agreement_end:
            return "Agreement" + id + " ends: " + one.title;
        case ops::Upcoming::Kind::agreement_change:
            return "Agreement" + id + ", " + one.detail + ": " + one.title;
        case ops::Upcoming::Kind::authorization_end:
            return "Authorization" + id + " ends: " + one.title;
        case ops::Upcoming::Kind::rules_effect:
            break;
    }
    return "Sharing rules" + id + " take effect";
}

Response as_calendar(Gateway& gateway, const CallPtr& call, const std::vector<ops::Upcoming>& all) {
    std::vector<protocol::CalendarEntry> entries;
    entries.reserve(all.size());
    for (const ops::Upcoming& one : all)
        entries.push_back(
            {std::string(name(one.kind)) + "-" + std::to_string(one.subject) + "-" + one.detail + "@" + host_of(gateway), one.at,
             summary_of(one), ""});
    Response response = gateway.reply(call, 200, protocol::icalendar(entries, gateway.parts().clock.now()));
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "text/calendar; charset=utf-8";
    return response;
}

Response as_list(Gateway& gateway, const CallPtr& call, const std::vector<ops::Upcoming>& all) {
    protocol::JsonWriter out;
    out.object().key("items").array();
    for (const ops::Upcoming& one : all) {
        out.object().member("at", to_rfc3339(one.at)).member("kind", name(one.kind)).member("id", one.subject);
        native::text_or_null(out, "title", one.title);
        native::text_or_null(out, "detail", one.detail);
        out.end();
    }
    return gateway.reply(call, 200, out.end().end().take());
}

std::optional<bool> parse_calendar_format(std::string_view word) {
    if (word == "icalendar") return true;
    return word == "json" ? std::optional(false) : std::nullopt;
}

Plan list_upcoming(Gateway& gateway, CallPtr call) {
    protocol::connect::QueryReader in(call->query);
    const std::int64_t days = in.integer("days", 90, 1, 3'660);
    const bool calendar = in.choice("format", parse_calendar_format, "json, icalendar").value_or(false);
    if (const auto ok = in.done(); !ok) return gateway.failure(call, ok.error());
    return gateway.disclose<std::vector<ops::Upcoming>>(
        std::move(call), "upcoming.list", "company",
        [days](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::upcoming(txn, context, caller, days);
        },
        [calendar](Gateway& g, const CallPtr& c, std::vector<ops::Upcoming>& all) {
            return calendar ? as_calendar(g, c, all) : as_list(g, c, all);
        });
}

constexpr Route agreements_table[] = {
    {Method::post, "/api/v1/agreements/{id}/members", "addAgreementMember", Dialect::native, Access::signed_in, add_member},
    {Method::post, "/api/v1/agreements/{id}/leave", "leaveAgreement", Dialect::native, Access::signed_in, leave},
    {Method::get, "/api/v1/agreements/{id}/changes", "listAgreementChanges", Dialect::native, Access::signed_in, list_changes},
    {Method::post, "/api/v1/agreements/{id}/changes/{position}/acknowledge", "acknowledgeAgreementChange", Dialect::native,
     Access::signed_in, acknowledge},
    {Method::get, "/api/v1/upcoming", "listUpcoming", Dialect::native, Access::signed_in, list_upcoming},
    {Method::post, "/api/v1/agreement-texts", "addAgreementText", Dialect::native, Access::signed_in, add_text},
    {Method::get, "/api/v1/agreement-texts/{digest}", "getAgreementText", Dialect::native, Access::signed_in, read_text},
    {Method::get, "/api/v1/signing-keys", "listCompanyKeys", Dialect::native, Access::signed_in, list_keys},
    {Method::post, "/api/v1/signing-keys", "addCompanyKey", Dialect::native, Access::signed_in, add_key},
    {Method::post, "/api/v1/signing-keys/confirm", "confirmCompanyKey", Dialect::native, Access::signed_in,
     move_key<ops::confirm_company_key>},
    {Method::post, "/api/v1/signing-keys/revoke", "revokeCompanyKey", Dialect::native, Access::signed_in,
     move_key<ops::revoke_company_key>},
};

}  // namespace

std::span<const Route> native_agreement_routes() {
    return agreements_table;
}

}  // namespace entente::api
