// The customer's page: mailed links, codes, decisions, receipts. Nobody signs in; the operation behind each step knows the link by
// the digest of its token. Looking is GET and changes nothing but the log.

#include "protocol/connect/decode.hpp"
#include "protocol/encoding.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/feedback.hpp"
#include "server/pages/page.hpp"

namespace entente::api {

namespace ops = operations;
namespace connect = protocol::connect;
using store::LinkKind;

namespace {

constexpr std::size_t form_bytes_max = 8'192;
using Form = std::vector<connect::QueryItem>;

std::string value_of(const Form& form, std::string_view name) {
    for (const auto& item : form)
        if (item.name == name) return item.value;
    return {};
}

// The page's language: what the reader chose, else the link's.
std::optional<protocol::Language> chosen_language(const Call& call) {
    return protocol::parse_language(value_of(call.query, "lang"));
}

pages::Place place_of(const Call& call, protocol::Language links) {
    return {call.path.at(0), chosen_language(call).value_or(links)};
}

Response page(Gateway& gateway, const CallPtr& call, int status, std::string html) {
    Response response = gateway.reply(call, status, std::move(html));
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "text/html; charset=utf-8";
    response.headers.push_back({"Content-Security-Policy", pages::content_security_policy()});
    response.headers.push_back({"Referrer-Policy", "no-referrer"});
    response.headers.push_back({"X-Frame-Options", "DENY"});
    response.headers.push_back({"X-Robots-Tag", "noindex"});
    response.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
    response.caller = "customer";
    return response;
}

Response no_link(Gateway& gateway, const CallPtr& call) {
    gateway.parts().tally.add("unknown_link", source_prefix(call->request->peer_address));
    Response response = page(gateway, call, 404, pages::no_link_page(chosen_language(*call).value_or(protocol::Language::english)));
    response.reason = "link_unknown";
    return response;
}

// Runs a step with its record; `render` gets its value, `cases` those that must follow before the answer leaves.
template <class T>
Plan step(Gateway& gateway, CallPtr call, std::function<ops::Audited<T>(store::Txn&, const ops::Context&)> operation,
          std::function<Response(T&)> render, std::string cause = {}) {
    auto outcome = std::make_shared<std::optional<protocol::Result<T>>>();
    auto work = std::make_unique<OnWriter>();
    work->run = [&gateway, call, outcome, operation = std::move(operation)](store::Txn& txn) -> store::Written {
        ops::Audited<T> done = operation(txn, gateway.context());
        const bool known = done.outcome.has_value();
        done.record.request_id = call->request->request_id;
        outcome->emplace(std::move(done.outcome));
        if (!known) return {{}, false};  // of links that do not exist there is a tally, no record
        return {{std::move(done.record)}, true};
    };
    work->then = [&gateway, call, outcome, render = std::move(render), cause = std::move(cause)](store::Commit commit) -> Plan {
        if (!commit.durable) return gateway.fault(call, std::move(commit.fault));
        if (!**outcome) return no_link(gateway, call);
        auto finish = [outcome, render]() -> Plan { return render(***outcome); };
        if constexpr (std::is_same_v<T, ops::PageStep>)
            return gateway.reconcile(call, (***outcome).cases, cause, std::make_shared<Gateway::Released>(), finish);
        else
            return finish();
    };
    return work;
}

// The body of a form, or the answer to one that is none.
std::optional<Form> form_of(const Call& call) {
    const auto type = call.request->header("Content-Type");
    if (!type || !type->starts_with("application/x-www-form-urlencoded") || call.request->body.size() > form_bytes_max)
        return std::nullopt;
    auto form = connect::parse_query(call.request->body);
    if (!form) return std::nullopt;
    return std::move(*form);
}

Response not_a_form(Gateway& gateway, const CallPtr& call) {
    return gateway.failure(
        call,
        {.kind = protocol::ErrorKind::invalid, .code = "not_a_form", .message = "this address takes the forms of its page only"});
}

int status_of(ops::Step step) {
    switch (step) {
        case ops::Step::done:
        case ops::Step::code_sent:
            return 200;
        case ops::Step::code_too_many:
            return 429;
        case ops::Step::too_late:
            return 409;
        default:
            return 400;
    }
}

// --- asking ---

Plan show_ask(Gateway& gateway, CallPtr call) {
    return step<ops::PageFacts>(
        gateway, call,
        [call](store::Txn& txn, const ops::Context& context) {
            return ops::look_at_link(txn, context, call->path.at(0), LinkKind::ask);
        },
        [&gateway, call](ops::PageFacts& facts) {
            return page(gateway, call, 200, pages::ask_page(facts, place_of(*call, facts.link.language), ops::Step::done));
        });
}

template <LinkKind kind>
Plan mail_code(Gateway& gateway, CallPtr call) {
    if (!form_of(*call)) return not_a_form(gateway, call);
    return step<ops::PageStep>(
        gateway, call,
        [call](store::Txn& txn, const ops::Context& context) { return ops::send_code(txn, context, call->path.at(0), kind); },
        [&gateway, call](ops::PageStep& done) {
            const pages::Place place = place_of(*call, done.facts.link.language);
            return page(gateway, call, status_of(done.step),
                        kind == LinkKind::ask ? pages::ask_page(done.facts, place, done.step)
                                              : pages::receipt_door(done.facts, place, done.step));
        });
}

// The day that the customer chose, as the end of that day; the whole time when it is the last day or none was chosen. A text that
// is no day counts as an end that has passed, which no decision takes.
std::optional<protocol::Instant> end_of_day(std::string_view chosen, std::optional<protocol::Instant> asked) {
    if (chosen.empty()) return std::nullopt;
    const auto begin = protocol::parse_rfc3339(std::string(chosen) + "T00:00:00Z");
    if (!begin || chosen.size() != 10) return protocol::Instant{};
    if (asked && to_rfc3339(*asked).substr(0, 10) == chosen) return std::nullopt;
    return begin->plus_seconds(86'400);
}

Plan decide(Gateway& gateway, CallPtr call) {
    auto form = form_of(*call);
    if (!form) return not_a_form(gateway, call);
    ops::CustomerDecision decision;
    decision.code = value_of(*form, "code");
    decision.approve = value_of(*form, "decision") == "approve";
    if (!decision.approve && value_of(*form, "decision") != "refuse") return not_a_form(gateway, call);
    for (const auto& item : *form) {
        if (item.name == "partner") decision.partners.push_back({protocol::connect::decode_id(item.value).value_or(0)});
        if (item.name != "class") continue;
        if (const auto data_class = protocol::parse_data_class(item.value)) decision.classes.add(*data_class);
    }
    return step<ops::PageStep>(
        gateway, call,
        [call, decision, day = value_of(*form, "until")](store::Txn& txn, const ops::Context& context) mutable {
            ops::CustomerDecision whole = decision;
            whole.until = end_of_day(day, ops::asked_end(txn, context, call->path.at(0)));
            return ops::decide_by_customer(txn, context, call->path.at(0), whole);
        },
        [&gateway, call](ops::PageStep& done) {
            const pages::Place place = place_of(*call, done.facts.link.language);
            return page(
                gateway, call, status_of(done.step),
                done.step == ops::Step::done ? pages::decided_page(done, place) : pages::ask_page(done.facts, place, done.step));
        },
        decision.approve ? "authorization_granted" : "authorization_refused");
}

// --- the receipt ---

Plan show_receipt(Gateway& gateway, CallPtr call) {
    return step<ops::PageFacts>(
        gateway, call,
        [call](store::Txn& txn, const ops::Context& context) {
            return ops::look_at_link(txn, context, call->path.at(0), LinkKind::receipt);
        },
        [&gateway, call](ops::PageFacts& facts) {
            return page(gateway, call, 200, pages::receipt_door(facts, place_of(*call, facts.link.language), ops::Step::done));
        });
}

Response receipt_answer(Gateway& gateway, const CallPtr& call, ops::PageStep& done) {
    const pages::Place place = place_of(*call, done.facts.link.language);
    return page(
        gateway, call, status_of(done.step),
        done.step == ops::Step::done ? pages::receipt_page(done, place) : pages::receipt_door(done.facts, place, done.step));
}

Plan open_receipt(Gateway& gateway, CallPtr call) {
    auto form = form_of(*call);
    if (!form) return not_a_form(gateway, call);
    return step<ops::PageStep>(
        gateway, call,
        [call, code = value_of(*form, "code")](store::Txn& txn, const ops::Context& context) {
            return ops::open_receipt(txn, context, call->path.at(0), code);
        },
        [&gateway, call](ops::PageStep& done) { return receipt_answer(gateway, call, done); });
}

Plan withdraw(Gateway& gateway, CallPtr call) {
    auto form = form_of(*call);
    if (!form || value_of(*form, "sure") != "yes") return not_a_form(gateway, call);
    return step<ops::PageStep>(
        gateway, call,
        [call, ticket = value_of(*form, "ticket")](store::Txn& txn, const ops::Context& context) {
            return ops::withdraw_by_customer(txn, context, call->path.at(0), ticket);
        },
        [&gateway, call](ops::PageStep& done) { return receipt_answer(gateway, call, done); }, "authorization_withdrawn");
}

Plan record(Gateway& gateway, CallPtr call) {
    auto form = form_of(*call);
    if (!form) return not_a_form(gateway, call);
    return step<ops::PageStep>(
        gateway, call,
        [call, ticket = value_of(*form, "ticket")](store::Txn& txn, const ops::Context& context) {
            return ops::download_record(txn, context, call->path.at(0), ticket);
        },
        [&gateway, call](ops::PageStep& done) {
            if (done.step != ops::Step::done) return receipt_answer(gateway, call, done);
            Response response = gateway.reply(call, 200, done.record);
            response.headers.push_back({"Content-Disposition", "attachment; filename=\"authorization-" +
                                                                   std::to_string(done.facts.authorization.id.value) + ".json\""});
            response.headers.push_back({"Referrer-Policy", "no-referrer"});
            response.caller = "customer";
            return response;
        });
}

// --- how it went ---

Plan show_feedback(Gateway& gateway, CallPtr call) {
    return step<ops::FeedbackVisit>(
        gateway, call,
        [call](store::Txn& txn, const ops::Context& context) { return ops::look_at_feedback(txn, context, call->path.at(0)); },
        [&gateway, call](ops::FeedbackVisit& visit) {
            return page(gateway, call, 200, pages::feedback_page(visit, place_of(*call, visit.link.language)));
        });
}

Plan give_feedback(Gateway& gateway, CallPtr call) {
    auto form = form_of(*call);
    if (!form) return not_a_form(gateway, call);
    const int score = static_cast<int>(connect::decode_id(value_of(*form, "score")).value_or(0));
    return step<ops::FeedbackVisit>(
        gateway, call,
        [call, score](store::Txn& txn, const ops::Context& context) {
            return ops::give_feedback_by_customer(txn, context, call->path.at(0), score);
        },
        [&gateway, call](ops::FeedbackVisit& visit) {
            using Step = ops::FeedbackVisit::Step;
            const int status = visit.step == Step::incomplete ? 400 : visit.step == Step::over ? 409 : 200;
            return page(gateway, call, status, pages::feedback_page(visit, place_of(*call, visit.link.language)));
        });
}

constexpr Route customer_table[] = {
    {Method::get, "/authorize/{token}", "showAuthorizationPage", Dialect::native, Access::open, show_ask},
    {Method::post, "/authorize/{token}", "decideAuthorization", Dialect::native, Access::open, decide},
    {Method::post, "/authorize/{token}/code", "mailAuthorizationCode", Dialect::native, Access::open, mail_code<LinkKind::ask>},
    {Method::get, "/receipt/{token}", "showReceiptPage", Dialect::native, Access::open, show_receipt},
    {Method::post, "/receipt/{token}", "openReceipt", Dialect::native, Access::open, open_receipt},
    {Method::post, "/receipt/{token}/code", "mailReceiptCode", Dialect::native, Access::open, mail_code<LinkKind::receipt>},
    {Method::post, "/receipt/{token}/withdraw", "withdrawOnReceipt", Dialect::native, Access::open, withdraw},
    {Method::post, "/receipt/{token}/record", "downloadRecord", Dialect::native, Access::open, record},
    {Method::get, "/feedback/{token}", "showFeedbackPage", Dialect::native, Access::open, show_feedback},
    {Method::post, "/feedback/{token}", "answerFeedback", Dialect::native, Access::open, give_feedback},
};

}  // namespace

std::span<const Route> customer_page_routes() {
    return customer_table;
}

}  // namespace entente::api
