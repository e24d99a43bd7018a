// The own API: what the gateway holds about somebody.

#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/subject.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;
using protocol::Need;
using protocol::Reader;

namespace {

constexpr std::size_t terms_max = 20;
constexpr std::size_t term_characters_min = 3;  // shorter ones name everybody

protocol::Result<ops::SubjectQuery> decode_query(std::string_view body) {
    return native::decode<ops::SubjectQuery>(body, [](Reader& in) {
        ops::SubjectQuery query;
        query.customer = {in.integer("customer", 1, protocol::id_max, Need::optional).value_or(0)};
        query.terms = in.texts("terms", terms_max, native::name_chars, query.customer ? Need::optional : Need::filled);
        for (const std::string& term : query.terms)
            if (term.size() < term_characters_min) in.violate("terms", "too_short", "must have three characters or more each");
        if (query.customer && !query.terms.empty()) in.violate("terms", "not_allowed", "cannot be given beside customer");
        query.after = {in.integer("after", 1, protocol::id_max, Need::optional).value_or(0)};
        return query;
    });
}

Plan search(Gateway& gateway, CallPtr call) {
    auto query = decode_query(call->request->body);
    if (!query) return gateway.failure(call, query.error());
    return gateway.disclose<ops::SubjectPage>(
        std::move(call), "subject.search", "subject",
        [query = std::move(*query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::search_subject(txn, context, caller, query);
        },
        [](Gateway& g, const CallPtr& c, ops::SubjectPage& page) {
            JsonWriter out;
            out.object().key("items").array();
            for (const ops::SubjectItem& item : page.items)
                out.object()
                    .member("kind", item.kind)
                    .member("id", item.id)
                    .member("field", item.field)
                    .member("text", item.text)
                    .end();
            out.end().key("next");
            page.next ? out.value(page.next.value) : out.null();
            return g.reply(c, 200, out.end().take());
        },
        [](const ops::SubjectPage& page) { return page.shown; });
}

constexpr Route subject_table[] = {
    {Method::post, "/api/v1/subjects/search", "searchSubject", Dialect::native, Access::signed_in, search},
};

}  // namespace

std::span<const Route> native_subject_routes() {
    return subject_table;
}

}  // namespace entente::api
