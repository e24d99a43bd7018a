// The own API: cases. The same operations as the Connect dialect's, in a model that is written as it is read.

#include "server/api/conditional.hpp"
#include "server/api/native_case_json.hpp"
#include "server/api/native_cursor.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/cases.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

Response render_case(Gateway& gateway, const CallPtr& call, ops::CaseRead& read, int status) {
    const std::string tag = native::case_tag(read.view);
    const bool known = call->request->method == Method::get && already_has(*call, tag);
    Response response = known ? gateway.empty(call, 304) : gateway.reply(call, status, native::encode_case(read.view));
    response.headers.push_back({"ETag", tag});
    if (status == 201) response.headers.push_back({"Location", "/api/v1/cases/" + read.view.token});
    return response;
}

Plan open_case(Gateway& gateway, CallPtr call) {
    auto input = native::decode_new_case(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<ops::CaseRead>(
        std::move(call),
        [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            auto done = ops::open_case(txn, context, caller, input);
            ops::note_author(txn, context, caller, done);
            if (!done.outcome) native::use_own_pointers(done.outcome.error());
            return done;
        },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) { return render_case(g, c, read, 201); });
}

Plan read_case(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::CaseRead>(
        std::move(call), "case.read",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_case(txn, context, caller, token);
        },
        [](const ops::CaseRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) { return render_case(g, c, read, 200); });
}

// The patch is laid over what this caller sees at this moment; what differs then is the change.
ops::Audited<ops::CaseRead> patch_case(store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const Call& call) {
    audit::Record record = ops::record_of(caller, "case.change", audit::Class::api_activity, audit::activity_update);
    auto current = ops::read_case(txn, context, caller, call.path.at(0));
    if (!current) return ops::refused<ops::CaseRead>(std::move(record), current.error());
    if (auto allowed = may_change(call, native::case_tag(current->view), Condition::required); !allowed)
        return ops::refused<ops::CaseRead>(std::move(record), allowed.error());
    auto edit = native::decode_case_patch(current->view, call.request->body);
    if (!edit) return ops::refused<ops::CaseRead>(std::move(record), std::move(edit.error()));
    if (!*edit) {
        ops::name_shown(txn, record, current->shown);
        return {std::move(*current), std::move(record)};
    }
    auto done = std::visit(
        [&]<class Edit>(const Edit& change) {
            if constexpr (std::is_same_v<Edit, protocol::CaseChange>)
                return ops::change_case(txn, context, caller, call.path.at(0), change);
            else
                return ops::approve_case(txn, context, caller, call.path.at(0), change, true);
        },
        **edit);
    if (!done.outcome)
        for (protocol::Violation& violation : done.outcome.error().violations)
            if (violation.pointer == "/engineerEmail") violation.pointer = "/receiver/contact/email";
    return done;
}

Plan change_case(Gateway& gateway, CallPtr call) {
    return gateway.write<ops::CaseRead>(
        call,
        [call](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            auto done = patch_case(txn, context, caller, *call);
            ops::note_author(txn, context, caller, done);
            if (!done.outcome) native::use_own_pointers(done.outcome.error());
            return done;
        },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) { return render_case(g, c, read, 200); });
}

Plan list_cases(Gateway& gateway, CallPtr call) {
    auto query = native::decode_case_query(call->query);
    if (!query) return gateway.failure(call, query.error());
    return gateway.read<ops::CasePart>(
        std::move(call), "case.list",
        [query = std::move(*query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::query_cases(txn, context, caller, query);
        },
        [](const ops::CasePart& part) { return part.shown; },
        [](Gateway& g, const CallPtr& c, ops::CasePart& part) {
            return g.reply(c, 200, native::encode_case_list(part.cases, native::list_of("cases", c->query), part.next));
        });
}

constexpr Route cases_table[] = {
    {Method::get, "/api/v1/cases", "listCases", Dialect::native, Access::signed_in, list_cases},
    {Method::post, "/api/v1/cases", "openCase", Dialect::native, Access::signed_in, open_case},
    {Method::get, "/api/v1/cases/{token}", "getCase", Dialect::native, Access::signed_in, read_case},
    {Method::patch, "/api/v1/cases/{token}", "changeCase", Dialect::native, Access::signed_in, change_case},
};

}  // namespace

std::span<const Route> native_case_routes() {
    return cases_table;
}

}  // namespace entente::api
