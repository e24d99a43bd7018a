// The own API: what is said in a case, answers (formal steps) and notes.

#include <algorithm>

#include "server/api/conditional.hpp"
#include "server/api/native_case_json.hpp"
#include "server/api/native_cursor.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/cases.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::api {

namespace ops = operations;

// A formal step answers with itself alone, also when it is repeated after the case went on.
struct AnswerGiven {
    ops::CaseRead read;
    protocol::ResponseId answer;
    const protocol::ResponseView* view() const {
        const auto found = std::ranges::find(read.view.responses, answer, &protocol::ResponseView::id);
        return found == read.view.responses.end() ? nullptr : &*found;
    }
};
template <>
struct Again<AnswerGiven> {
    static constexpr Right right = policy::Operation::case_read;
    // Nothing when its words are gone: the repeat is told that the step was taken.
    static std::optional<AnswerGiven> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                           std::int64_t id) {
        const auto case_id = store::case_of_response(txn, {id});
        auto read = case_id ? ops::reread_case(txn, context, caller, *case_id) : std::nullopt;
        if (!read) return std::nullopt;
        AnswerGiven given{std::move(*read), {id}};
        return given.view() != nullptr ? std::optional(std::move(given)) : std::nullopt;
    }
    static std::int64_t id(const AnswerGiven& given) { return given.answer.value; }
    static void about(store::Txn& txn, const ops::Context&, const ops::Caller&, audit::Record& record, const AnswerGiven& given) {
        ops::name_shown(txn, record, given.read.shown);
    }
};

namespace {

// --- answers ---

ops::Audited<ops::CaseRead> carry_out(store::Txn& txn, const ops::Context& context, const ops::Caller& caller,
                                      std::string_view token, const native::Answer& answer) {
    struct Step {
        store::Txn& txn;
        const ops::Context& context;
        const ops::Caller& caller;
        std::string_view token;
        auto operator()(const protocol::Approval& input) const {
            return ops::approve_case(txn, context, caller, token, input, false);
        }
        auto operator()(const native::ApprovalUpdate& input) const {
            return ops::approve_case(txn, context, caller, token, input.approval, true);
        }
        auto operator()(const protocol::Rejection& input) const { return ops::reject_case(txn, context, caller, token, input); }
        auto operator()(const protocol::InformationRequest& input) const {
            return ops::request_information(txn, context, caller, token, input);
        }
        auto operator()(const protocol::InformationResponse& input) const {
            return ops::provide_information(txn, context, caller, token, input);
        }
        auto operator()(const native::Closure&) const { return ops::close_case(txn, context, caller, token); }
    };
    return std::visit(Step{txn, context, caller, token}, answer);
}

Plan answer_case(Gateway& gateway, CallPtr call) {
    auto input = native::decode_answer(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<AnswerGiven>(
        call,
        [call, input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                          const ops::Caller& caller) -> ops::Audited<AnswerGiven> {
            if (call->request->header("If-Match"))
                if (const auto current = ops::read_case(txn, context, caller, call->path.at(0)))
                    if (auto same = may_change(*call, native::case_tag(current->view), Condition::optional); !same)
                        return ops::refused<AnswerGiven>(
                            ops::record_of(caller, "case.answer", audit::Class::api_activity, audit::activity_update),
                            same.error());
            auto done = carry_out(txn, context, caller, call->path.at(0), input);
            if (done.outcome) {
                const protocol::ResponseId answer = done.outcome->view.responses.back().id;
                return {AnswerGiven{std::move(*done.outcome), answer}, std::move(done.record)};
            }
            native::use_own_pointers(done.outcome.error());
            return {std::unexpected(std::move(done.outcome.error())), std::move(done.record)};
        },
        [](Gateway& g, const CallPtr& c, AnswerGiven& given) {
            Response response = g.reply(c, 201, native::encode_answer(*given.view()));
            response.headers.push_back({"ETag", native::case_tag(given.read.view)});
            return response;
        });
}

Plan list_answers(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::CaseRead>(
        std::move(call), "case.answers",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_case(txn, context, caller, token);
        },
        [](const ops::CaseRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) {
            return g.reply(c, 200, native::encode_answers(read.view.responses));
        });
}

// --- notes ---

Plan add_note(Gateway& gateway, CallPtr call) {
    auto input = native::decode_note(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    std::string token = call->path.at(0);
    return gateway.write<ops::NoteWritten>(
        std::move(call),
        [token = std::move(token), input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                                              const ops::Caller& caller) {
            return input.internal ? ops::add_internal_note(txn, context, caller, token, input)
                                  : ops::add_note(txn, context, caller, token, input);
        },
        [](Gateway& g, const CallPtr& c, ops::NoteWritten& written) { return g.reply(c, 201, native::encode_note(written.note)); });
}

Plan list_notes(Gateway& gateway, CallPtr call) {
    auto query = native::decode_note_query(call->query);
    if (!query) return gateway.failure(call, query.error());
    std::string token = call->path.at(0);
    return gateway.read<ops::AllNotes>(
        std::move(call), "note.list",
        [token = std::move(token), removed = query->include_removed](store::ReadTxn& txn, const ops::Context& context,
                                                                     const ops::Caller& caller) {
            return ops::all_notes(txn, context, caller, token, removed);
        },
        [](const ops::AllNotes& all) { return all.shown; },
        [query = std::move(*query)](Gateway& g, const CallPtr& c, ops::AllNotes& all) {
            return g.reply(c, 200, native::encode_note_list(all.notes, query, native::list_of("notes", c->query)));
        });
}

constexpr Route conversation_table[] = {
    {Method::get, "/api/v1/cases/{token}/answers", "listAnswers", Dialect::native, Access::signed_in, list_answers},
    {Method::post, "/api/v1/cases/{token}/answers", "answerCase", Dialect::native, Access::signed_in, answer_case},
    {Method::get, "/api/v1/cases/{token}/notes", "listCaseNotes", Dialect::native, Access::signed_in, list_notes},
    {Method::post, "/api/v1/cases/{token}/notes", "addCaseNote", Dialect::native, Access::signed_in, add_note},
};

}  // namespace

std::span<const Route> native_conversation_routes() {
    return conversation_table;
}

}  // namespace entente::api
