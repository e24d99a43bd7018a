#include "server/api/connect_cases.hpp"

#include "protocol/connect/decode.hpp"
#include "protocol/connect/encode.hpp"
#include "server/api/gateway_api.hpp"
#include "server/operations/cases.hpp"

namespace entente::api::connect_cases {

namespace connect = protocol::connect;
namespace ops = operations;

namespace {

Response render_case(Gateway& gateway, const CallPtr& call, ops::CaseRead& read) {
    return gateway.reply(call, 200, connect::encode_case(read.view));
}

// The author of a change has seen what it answered with: the next read of that version is counted, not recorded again.
template <class Operation>
Plan change_and_render(Gateway& gateway, CallPtr call, Operation operation) {
    return gateway.write<ops::CaseRead>(
        std::move(call),
        [operation = std::move(operation)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            auto done = operation(txn, context, caller);
            ops::note_author(txn, context, caller, done);
            return done;
        },
        render_case);
}

// Decodes the body and hands it to an operation on the case that the path names.
template <class Input, class Decode, class Operation>
Plan step(Gateway& gateway, CallPtr call, Decode decode, Operation operation) {
    auto input = decode(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    std::string token = call->path.at(0);
    return change_and_render(
        gateway, std::move(call),
        [operation, token = std::move(token), input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                                                         const ops::Caller& caller) -> ops::Audited<ops::CaseRead> {
            return operation(txn, context, caller, token, input);
        });
}

Plan list(Gateway& gateway, CallPtr call, connect::ListKind kind) {
    auto filter = connect::decode_case_filter(call->query, kind);
    if (!filter) return gateway.failure(call, filter.error());
    const bool paged = filter->paged;
    return gateway.read<ops::CaseList>(
        std::move(call), "case.list",
        [filter = *filter](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_cases(txn, context, caller, filter);
        },
        [](const ops::CaseList& list) { return list.shown; },
        [paged](Gateway& g, const CallPtr& c, ops::CaseList& list) {
            return g.reply(c, 200, paged ? connect::encode_case_page(list.page) : connect::encode_cases(list.page.content));
        });
}

}  // namespace

Plan create(Gateway& gateway, CallPtr call) {
    auto input = connect::decode_new_case(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return change_and_render(gateway, std::move(call),
                             [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                                 return ops::open_case(txn, context, caller, input);
                             });
}

Plan read(Gateway& gateway, CallPtr call) {
    const auto removed = connect::decode_include_removed_notes(call->query);
    if (!removed) return gateway.failure(call, removed.error());
    std::string token = call->path.at(0);
    return gateway.read<ops::CaseRead>(
        std::move(call), "case.read",
        [token = std::move(token), removed = *removed](store::ReadTxn& txn, const ops::Context& context,
                                                       const ops::Caller& caller) {
            return ops::read_case(txn, context, caller, token, removed);
        },
        [](const ops::CaseRead& read) { return std::vector{read.shown}; }, render_case);
}

Plan list_v1(Gateway& gateway, CallPtr call) {
    return list(gateway, std::move(call), connect::ListKind::v1);
}
Plan list_v2_plain(Gateway& gateway, CallPtr call) {
    return list(gateway, std::move(call), connect::ListKind::v2_plain);
}
Plan list_v2_paged(Gateway& gateway, CallPtr call) {
    return list(gateway, std::move(call), connect::ListKind::v2_paged);
}

Plan change(Gateway& gateway, CallPtr call) {
    return step<protocol::CaseChange>(gateway, std::move(call), connect::decode_case_change, ops::change_case);
}

Plan approve(Gateway& gateway, CallPtr call) {
    return step<protocol::Approval>(
        gateway, std::move(call), connect::decode_approval,
        [](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, std::string_view token,
           const protocol::Approval& input) { return ops::approve_case(txn, context, caller, token, input, false); });
}

Plan update_approval(Gateway& gateway, CallPtr call) {
    return step<protocol::Approval>(
        gateway, std::move(call), connect::decode_approval,
        [](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, std::string_view token,
           const protocol::Approval& input) { return ops::approve_case(txn, context, caller, token, input, true); });
}

Plan reject(Gateway& gateway, CallPtr call) {
    return step<protocol::Rejection>(gateway, std::move(call), connect::decode_rejection, ops::reject_case);
}

Plan ask(Gateway& gateway, CallPtr call) {
    return step<protocol::InformationRequest>(gateway, std::move(call), connect::decode_information_request,
                                              ops::request_information);
}

Plan answer(Gateway& gateway, CallPtr call) {
    return step<protocol::InformationResponse>(gateway, std::move(call), connect::decode_information_response,
                                               ops::provide_information);
}

Plan close(Gateway& gateway, CallPtr call) {
    if (auto valid = connect::decode_closure(call->request->body); !valid) return gateway.failure(call, valid.error());
    std::string token = call->path.at(0);
    return change_and_render(gateway, std::move(call),
                             [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                                 return ops::close_case(txn, context, caller, token);
                             });
}

Plan notes(Gateway& gateway, CallPtr call) {
    auto filter = connect::decode_note_filter(call->query);
    if (!filter) return gateway.failure(call, filter.error());
    std::string token = call->path.at(0);
    return gateway.read<ops::NoteList>(
        std::move(call), "note.list",
        [token = std::move(token), filter = *filter](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_notes(txn, context, caller, token, filter);
        },
        [](const ops::NoteList& list) { return std::vector{list.shown}; },
        [](Gateway& g, const CallPtr& c, ops::NoteList& list) { return g.reply(c, 200, connect::encode_notes(list.notes)); });
}

Plan add_note(Gateway& gateway, CallPtr call) {
    auto input = connect::decode_new_note(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    std::string token = call->path.at(0);
    return gateway.write<ops::NoteWritten>(
        std::move(call),
        [token = std::move(token), input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                                              const ops::Caller& caller) {
            return ops::add_note(txn, context, caller, token, input);
        },
        [](Gateway& g, const CallPtr& c, ops::NoteWritten& written) {
            return g.reply(c, 200, connect::encode_note(written.note));
        });
}

}  // namespace entente::api::connect_cases
