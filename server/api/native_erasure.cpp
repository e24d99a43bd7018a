// The own API: orders to erase, what partners are asked to delete, legal holds.

#include "protocol/connect/decode.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/erasure.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;
using protocol::Need;
using protocol::Reader;

namespace {

constexpr std::size_t reason_chars = 2'000;

std::optional<store::Tag> parse_tag(std::string_view text) {
    if (text == "customer") return store::Tag::customer;
    if (text == "actor") return store::Tag::actor;
    if (text == "content") return store::Tag::content;
    return std::nullopt;
}

std::optional<std::string> parse_answer(std::string_view text) {
    if (text == "deleted" || text == "partly" || text == "kept") return std::string(text);
    return std::nullopt;
}

// A case is named by its token, everything else by its id.
void read_subject(Reader& in, bool of_case, bool by_id, std::int64_t& id, std::string& token) {
    token = in.text("case", 64, Need::optional);
    id = in.integer("subject", 1, protocol::id_max, Need::optional).value_or(0);
    if (of_case && !in.has("case")) in.violate("case", "missing", "is missing");
    if (by_id && !in.has("subject")) in.violate("subject", "missing", "is missing");
}

protocol::Result<ops::ErasureInput> decode_erasure(std::string_view body) {
    return native::decode<ops::ErasureInput>(body, [](Reader& in) {
        using store::ErasureSubject;
        ops::ErasureInput input;
        const auto scope = in.choice("scope", store::parse_erasure_subject, "customer, person, case, partner, age, company");
        if (scope) input.subject = *scope;
        const bool of_case = scope == ErasureSubject::case_alone;
        const bool by_id = scope && !of_case && *scope != ErasureSubject::age && *scope != ErasureSubject::company;
        read_subject(in, of_case, by_id, input.subject_id, input.token);
        for (const store::Tag tag : in.choices("classes", parse_tag, "customer, actor, content", Need::optional))
            input.tags.add(tag);
        input.ended_before = in.instant("endedBefore");
        input.reason = in.text("reason", reason_chars);
        return input;
    });
}

protocol::Result<ops::HoldInput> decode_hold(std::string_view body) {
    return native::decode<ops::HoldInput>(body, [](Reader& in) {
        ops::HoldInput input;
        const auto scope = in.choice("scope", store::parse_hold_subject, "customer, case, person, company");
        if (scope) input.subject = *scope;
        const bool of_case = scope == store::HoldSubject::case_alone;
        read_subject(in, of_case, scope && !of_case && *scope != store::HoldSubject::company, input.subject_id, input.token);
        input.reason = in.text("reason", reason_chars);
        return input;
    });
}

protocol::Result<ops::ErasureAnswer> decode_answer(std::string_view body) {
    return native::decode<ops::ErasureAnswer>(body, [](Reader& in) {
        ops::ErasureAnswer answer;
        answer.answer = in.choice("answer", parse_answer, "deleted, partly, kept").value_or("");
        answer.words = in.text("words", reason_chars, answer.answer == "deleted" ? Need::optional : Need::filled);
        return answer;
    });
}

void write_time(JsonWriter& out, std::string_view key, const std::optional<protocol::Instant>& at) {
    out.key(key);
    at ? out.value(to_rfc3339(*at)) : out.null();
}

void write_person(JsonWriter& out, std::string_view key, const std::string& label) {
    out.key(key);
    label.empty() ? out.null() : out.value(label);
}

void write_classes(JsonWriter& out, store::TagSet tags) {
    out.key("classes").array();
    for (const auto& [tag, word] : {std::pair(store::Tag::customer, "customer"), std::pair(store::Tag::actor, "actor"),
                                    std::pair(store::Tag::content, "content")})
        if (tags.has(tag)) out.value(word);
    out.end();
}

void write_request(JsonWriter& out, const store::ErasureRequest& request) {
    out.object().member("id", request.id).member("erasure", request.erasure).member("company", request.company.value);
    out.member("partner", request.partner.value).key("cases").array();
    for (const std::string& token : request.tokens) out.value(token);
    out.end();
    write_classes(out, request.classes);
    out.member("signed", request.signed_text).member("sentAt", to_rfc3339(request.sent_at));
    write_person(out, "answer", request.answer);
    write_person(out, "answeredBy", request.answered_by);
    write_time(out, "answeredAt", request.answered_at);
    out.member("words", request.words).end();
}

void write_erasure(JsonWriter& out, const ops::ErasureView& view) {
    const store::ErasureOrder& order = view.order;
    out.object().member("id", order.id).member("company", order.company.value).member("scope", name(order.subject));
    out.key("subject");
    order.subject_id != 0 ? out.value(order.subject_id) : out.null();
    write_classes(out, order.tags);
    write_time(out, "endedBefore", order.ended_before);
    out.member("state", name(order.state));
    write_person(out, "waitsFor", view.waits_for);
    out.member("orderedBy", order.ordered_by).member("orderedAt", to_rfc3339(order.ordered_at));
    write_person(out, "confirmedBy", order.confirmed_by);
    write_time(out, "confirmedAt", order.confirmed_at);
    write_time(out, "doneAt", order.done_at);
    out.key("entry");
    order.entry ? out.value(*order.entry) : out.null();
    out.member("keysDestroyed", order.keys_destroyed).member("sections", order.sections);
    out.member("cases", order.cases).member("casesHeld", order.cases_held).member("reason", order.reason);
    out.key("requests").array();
    for (const auto& request : view.requests) write_request(out, request);
    out.end().key("unanswered").array();
    for (const auto& request : view.requests)
        if (request.answer.empty()) out.value(request.partner.value);
    out.end().end();
}

void write_hold(JsonWriter& out, const store::LegalHold& hold) {
    out.object().member("id", hold.id).member("company", hold.company.value).member("scope", name(hold.subject));
    out.member("subject", hold.subject_id).member("state", name(hold.state)).member("placedBy", hold.placed_by);
    out.member("placedAt", to_rfc3339(hold.placed_at));
    write_person(out, "confirmedBy", hold.confirmed_by);
    write_time(out, "confirmedAt", hold.confirmed_at);
    write_person(out, "liftBy", hold.lift_by);
    write_time(out, "liftAt", hold.lift_at);
    write_person(out, "liftedBy", hold.lifted_by);
    write_time(out, "liftedAt", hold.lifted_at);
    out.member("reason", hold.reason).end();
}

template <class T, void (*write)(JsonWriter&, const T&)>
std::string one(const T& item) {
    JsonWriter out;
    write(out, item);
    return out.take();
}

template <class T, void (*write)(JsonWriter&, const T&)>
Plan all(Gateway& gateway, CallPtr call, std::string operation, std::string type,
         protocol::Result<std::vector<T>> (*work)(store::ReadTxn&, const ops::Context&, const ops::Caller&)) {
    return gateway.disclose<std::vector<T>>(std::move(call), std::move(operation), std::move(type), work,
                                            [](Gateway& g, const CallPtr& c, std::vector<T>& items) {
                                                JsonWriter out;
                                                out.object().key("items").array();
                                                for (const T& item : items) write(out, item);
                                                return g.reply(c, 200, out.end().end().take());
                                            });
}

std::int64_t path_number(const Call& call) {
    return protocol::connect::decode_id(call.path.at(0)).value_or(-1);
}

using EraseStep = ops::Audited<ops::ErasureView> (*)(store::Txn&, const ops::Context&, const ops::Caller&, std::int64_t);
using HoldStep = ops::Audited<store::LegalHold> (*)(store::Txn&, const ops::Context&, const ops::Caller&, std::int64_t);

template <class T, void (*write)(JsonWriter&, const T&), class Step>
Plan step(Gateway& gateway, CallPtr call, Step operation) {
    const std::int64_t id = path_number(*call);
    return gateway.write<T>(
        std::move(call),
        [id, operation](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return operation(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, T& done) { return g.reply(c, 200, one<T, write>(done)); });
}

Plan order_erasure(Gateway& gateway, CallPtr call) {
    auto input = decode_erasure(call->request->body);
    return native::post<ops::ErasureView>(gateway, std::move(call), std::move(input), ops::order_erasure, 202,
                                          one<ops::ErasureView, write_erasure>);
}

Plan list_erasures(Gateway& gateway, CallPtr call) {
    return all<ops::ErasureView, write_erasure>(gateway, std::move(call), "erasure.list", "erasure", ops::list_erasures);
}

Plan read_erasure(Gateway& gateway, CallPtr call) {
    const std::int64_t id = path_number(*call);
    return gateway.disclose<ops::ErasureView>(
        std::move(call), "erasure.read", "erasure",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_erasure(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, ops::ErasureView& view) {
            return g.reply(c, 200, one<ops::ErasureView, write_erasure>(view));
        });
}

Plan confirm_erasure(Gateway& gateway, CallPtr call) {
    return step<ops::ErasureView, write_erasure, EraseStep>(gateway, std::move(call), ops::confirm_erasure);
}

Plan cancel_erasure(Gateway& gateway, CallPtr call) {
    return step<ops::ErasureView, write_erasure, EraseStep>(gateway, std::move(call), ops::cancel_erasure);
}

Plan list_requests(Gateway& gateway, CallPtr call) {
    return all<store::ErasureRequest, write_request>(gateway, std::move(call), "erasure.request.list", "erasure_request",
                                                     ops::list_erasure_requests);
}

Plan answer_request(Gateway& gateway, CallPtr call) {
    const std::int64_t id = path_number(*call);
    auto input = decode_answer(call->request->body);
    return native::post<store::ErasureRequest>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::ErasureAnswer& answer) {
            return ops::answer_erasure_request(txn, context, caller, id, answer);
        },
        200, one<store::ErasureRequest, write_request>);
}

Plan place_hold(Gateway& gateway, CallPtr call) {
    auto input = decode_hold(call->request->body);
    return native::post<store::LegalHold>(gateway, std::move(call), std::move(input), ops::place_hold, 201,
                                          one<store::LegalHold, write_hold>);
}

Plan list_holds(Gateway& gateway, CallPtr call) {
    return all<store::LegalHold, write_hold>(gateway, std::move(call), "hold.list", "hold", ops::list_holds);
}

Plan confirm_hold(Gateway& gateway, CallPtr call) {
    return step<store::LegalHold, write_hold, HoldStep>(gateway, std::move(call), ops::confirm_hold);
}

Plan lift_hold(Gateway& gateway, CallPtr call) {
    return step<store::LegalHold, write_hold, HoldStep>(gateway, std::move(call), ops::lift_hold);
}

constexpr Route erasure_table[] = {
    {Method::get, "/api/v1/erasures", "listErasures", Dialect::native, Access::signed_in, list_erasures},
    {Method::post, "/api/v1/erasures", "orderErasure", Dialect::native, Access::signed_in, order_erasure},
    {Method::get, "/api/v1/erasures/{id}", "getErasure", Dialect::native, Access::signed_in, read_erasure},
    {Method::post, "/api/v1/erasures/{id}/confirm", "confirmErasure", Dialect::native, Access::signed_in, confirm_erasure},
    {Method::post, "/api/v1/erasures/{id}/cancel", "cancelErasure", Dialect::native, Access::signed_in, cancel_erasure},
    {Method::get, "/api/v1/erasure-requests", "listErasureRequests", Dialect::native, Access::signed_in, list_requests},
    {Method::post, "/api/v1/erasure-requests/{id}/answer", "answerErasureRequest", Dialect::native, Access::signed_in,
     answer_request},
    {Method::get, "/api/v1/holds", "listHolds", Dialect::native, Access::signed_in, list_holds},
    {Method::post, "/api/v1/holds", "placeHold", Dialect::native, Access::signed_in, place_hold},
    {Method::post, "/api/v1/holds/{id}/confirm", "confirmHold", Dialect::native, Access::signed_in, confirm_hold},
    {Method::post, "/api/v1/holds/{id}/lift", "liftHold", Dialect::native, Access::signed_in, lift_hold},
};

}  // namespace

std::span<const Route> native_erasure_routes() {
    return erasure_table;
}

}  // namespace entente::api
