// The own API: links with partners, that is how severities are called and how they meet the priorities of the Connect contract.

#include "server/api/conditional.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/links.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::SeverityLink;

namespace {

constexpr std::string_view priority_words = "HIGH, MEDIUM, LOW";
constexpr std::string_view severity_words = "critical, high, medium, low";

void read_levels(native::Reader& in, ops::LinkChange& change) {
    std::array<bool, protocol::severity_count> seen{};
    for (native::Reader& level : in.objects("levels", protocol::severity_count, native::Need::filled)) {
        const auto severity = level.choice("severity", protocol::parse_severity, severity_words);
        const auto priority = level.choice("priority", protocol::parse_exact_priority, priority_words);
        std::string name = level.text("name", protocol::severity_name_chars, native::Need::optional);
        if (!severity || !priority) continue;
        const auto place = static_cast<std::size_t>(*severity);
        if (seen[place]) level.violate("severity", "not_allowed", "stands twice");
        seen[place] = true;
        change.map.to_priority[place] = *priority;
        change.own.names[place] = std::move(name);
    }
    for (const bool named : seen)
        if (!named && in.clean()) in.violate("levels", "missing", "must name each of " + std::string(severity_words));
}

void read_priorities(native::Reader& in, ops::LinkChange& change) {
    auto object = in.object("fromPriority", native::Need::filled);
    if (!object) return;
    for (const auto priority : {protocol::Priority::high, protocol::Priority::medium, protocol::Priority::low})
        if (const auto severity = object->choice(name(priority), protocol::parse_severity, severity_words))
            change.map.from_priority[static_cast<std::size_t>(priority)] = *severity;
}

protocol::Result<ops::LinkChange> decode_link(std::string_view body) {
    return native::decode<ops::LinkChange>(body, [](native::Reader& in) {
        ops::LinkChange change;
        read_levels(in, change);
        read_priorities(in, change);
        return change;
    });
}

void write_name(protocol::JsonWriter& out, std::string_view member, const std::string& name) {
    out.key(member);
    name.empty() ? out.null() : out.value(name);
}

void write_link(protocol::JsonWriter& out, const SeverityLink& link) {
    out.object().member("partner", link.partner.value).key("levels").array();
    for (const auto severity : protocol::severities) {
        out.object().member("severity", name(severity)).member("priority", name(link.map.priority_of(severity)));
        write_name(out, "name", link.own.of(severity));
        write_name(out, "partnerName", link.partners.of(severity));
        out.end();
    }
    out.end().key("fromPriority").object();
    for (const auto priority : {protocol::Priority::high, protocol::Priority::medium, protocol::Priority::low})
        out.member(name(priority), name(link.map.severity_of(priority)));
    out.end().member("version", link.version).end();
}

std::string link_tag(const SeverityLink& link) {
    return '"' + std::to_string(link.version) + '"';
}

Response render_link(Gateway& gateway, const CallPtr& call, SeverityLink& link) {
    protocol::JsonWriter out;
    write_link(out, link);
    Response response = gateway.reply(call, 200, out.take());
    response.headers.push_back({"ETag", link_tag(link)});
    return response;
}

Plan list_links(Gateway& gateway, CallPtr call) {
    return gateway.look_up<std::vector<SeverityLink>>(
        std::move(call),
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_links(txn, caller); },
        [](Gateway& g, const CallPtr& c, std::vector<SeverityLink>& links) {
            protocol::JsonWriter out;
            out.object().key("items").array();
            for (const SeverityLink& link : links) write_link(out, link);
            out.end().end();
            return g.reply(c, 200, out.take());
        });
}

Plan read_link(Gateway& gateway, CallPtr call) {
    const auto partner = native::path_id<protocol::CompanyId>(*call);
    return gateway.look_up<SeverityLink>(
        std::move(call),
        [partner](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::read_link(txn, caller, partner);
        },
        render_link);
}

Plan change_link(Gateway& gateway, CallPtr call) {
    auto input = decode_link(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const auto partner = native::path_id<protocol::CompanyId>(*call);
    return gateway.write<SeverityLink>(
        call,
        [call, partner, input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                                   const ops::Caller& caller) -> ops::Audited<SeverityLink> {
            if (const auto current = ops::read_link(txn, caller, partner))
                if (auto allowed = may_change(*call, link_tag(*current), Condition::required); !allowed)
                    return ops::refused<SeverityLink>(
                        ops::record_of(caller, "link.change", audit::Class::entity_management, audit::activity_update),
                        allowed.error());
            return ops::change_link(txn, context, caller, partner, input);
        },
        render_link);
}

constexpr Route links_table[] = {
    {Method::get, "/api/v1/links", "listLinks", Dialect::native, Access::signed_in, list_links},
    {Method::get, "/api/v1/links/{partner}", "getLink", Dialect::native, Access::signed_in, read_link},
    {Method::put, "/api/v1/links/{partner}", "changeLink", Dialect::native, Access::signed_in, change_link},
};

}  // namespace

std::span<const Route> native_link_routes() {
    return links_table;
}

}  // namespace entente::api
