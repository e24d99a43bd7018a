// The Connect dialect: sign-in, identity, partners, forms (contract sections 3, 6, 7, 8). Cases are in connect_cases.cpp.

#include "certs/credential.hpp"
#include "certs/password.hpp"
#include "protocol/connect/decode.hpp"
#include "protocol/connect/encode.hpp"
#include "server/api/attachment_routes.hpp"
#include "server/api/connect_cases.hpp"
#include "server/api/connect_webhooks.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/uploads.hpp"
#include "server/operations/directory.hpp"
#include "server/operations/partners.hpp"

namespace entente::api {

namespace connect = protocol::connect;
namespace ops = operations;
using protocol::Error;
using protocol::ErrorKind;

namespace {

Response oauth_failure(Gateway& gateway, const CallPtr& call, int status, std::string_view code, std::string_view description) {
    Response response = gateway.reply(call, status, connect::encode_oauth_error(code, description));
    response.reason = std::string(code);
    if (status == 401) response.headers.push_back({"WWW-Authenticate", "Basic realm=\"entente\""});
    return response;
}

// --- password login ---

struct LoginState {
    connect::Login input;
    ops::Account account;
    bool verified = false;
    std::optional<protocol::Result<ops::SignedIn>> outcome;
    std::shared_ptr<void> slot;
    std::string source;
};

Error wrong_credentials(int retry_after_s) {
    return {.kind = ErrorKind::unauthenticated,
            .code = std::string(connect::wrong_credentials),
            .message = "wrong credentials",
            .retry_after_s = retry_after_s};
}

Plan write_login(Gateway& gateway, const CallPtr& call, const std::shared_ptr<LoginState>& state) {
    auto step = std::make_unique<OnWriter>();
    step->run = [&gateway, call, state](store::Txn& txn) -> store::Written {
        ops::LoginOutcome done = ops::log_in(txn, gateway.context(), state->account, state->verified, call->presented);
        state->outcome.emplace(std::move(done.outcome));
        store::Written written;
        if (done.record) written.records.push_back(std::move(*done.record));
        written.keep = state->outcome->has_value();
        return written;
    };
    step->then = [&gateway, call, state](store::Commit commit) -> Plan {
        state->slot.reset();
        if (!commit.durable) return gateway.fault(call, std::move(commit.fault));
        const auto now = gateway.parts().clock.now();
        if (!*state->outcome) {
            gateway.throttle().failed(state->input.username, state->source, now);
            if (!state->account.known) gateway.parts().tally.add("unknown_account", state->source);
            return gateway.failure(call, state->outcome->error());
        }
        gateway.throttle().succeeded(state->input.username, state->source, now);
        const ops::SignedIn& signed_in = **state->outcome;
        call->caller = "user:" + std::to_string(state->account.user);
        Response response = gateway.reply(
            call, 200, connect::encode_token(certs::mint_token(gateway.parts().token_key, signed_in.token), signed_in.expires_s));
        name_record(response, commit.receipts.front(), false);
        return response;
    };
    return step;
}

Plan login(Gateway& gateway, CallPtr call) {
    auto input = connect::decode_login(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    auto state = std::make_shared<LoginState>();
    state->input = std::move(*input);
    state->source = source_prefix(call->request->peer_address);
    // Over the limit looks like wrong credentials, so that nobody learns whether a guess was right (semantics 9).
    if (const auto wait = gateway.throttle().wait(state->input.username, state->source, gateway.parts().clock.now())) {
        gateway.parts().tally.add("login_throttled", state->source);
        return gateway.failure(call, wrong_credentials(*wait));
    }
    state->slot = gateway.password_slot();
    if (!state->slot) return gateway.unavailable(*call->request);

    auto find = std::make_unique<OnReader>();
    find->run = [&gateway, state](store::ReadTxn& txn) {
        state->account = ops::find_account(txn, gateway.parts().tools, state->input.username);
    };
    find->then = [&gateway, call, state](std::string fault) -> Plan {
        if (!fault.empty()) return gateway.fault(call, std::move(fault));
        auto verify = std::make_unique<OnWorker>();
        verify->run = [&gateway, call, state]() -> Plan {
            const auto password = certs::Secret::from_text(state->input.password);
            // An unknown account costs the same.
            state->verified = state->account.known ? certs::verify_password(state->account.password_hash, password)
                                                   : certs::spend_password_cost(password);
            return write_login(gateway, call, state);
        };
        return verify;
    };
    return find;
}

// --- client credentials (contract 3.2) ---

Plan oauth_token(Gateway& gateway, CallPtr call) {
    auto input = connect::decode_token_request(call->request->body);
    if (!input) return oauth_failure(gateway, call, 400, input.error().code, input.error().message);
    if (const auto header = call->request->header("Authorization"))
        if (auto basic = connect::decode_basic(*header)) {
            input->client_id = std::move(basic->user);
            input->client_secret = std::move(basic->password);
        }
    if (input->client_id.empty() || input->client_secret.empty())
        return oauth_failure(gateway, call, 400, "invalid_request", "client_id and client_secret are required");
    const std::string source = source_prefix(call->request->peer_address);
    if (const auto wait = gateway.throttle().wait(input->client_id, source, gateway.parts().clock.now())) {
        gateway.parts().tally.add("login_throttled", source);
        Response response = oauth_failure(gateway, call, 401, "invalid_client", "the client credentials are wrong");
        response.headers.push_back({"Retry-After", std::to_string(*wait)});
        return response;
    }

    auto outcome = std::make_shared<std::optional<protocol::Result<ops::SignedIn>>>();
    auto known = std::make_shared<bool>(false);
    auto step = std::make_unique<OnWriter>();
    step->run = [&gateway, call, outcome, known, input = *input](store::Txn& txn) -> store::Written {
        ops::LoginOutcome done =
            ops::grant_client_token(txn, gateway.context(), input.client_id, input.client_secret, call->presented);
        outcome->emplace(std::move(done.outcome));
        *known = done.record.has_value();
        store::Written written;
        if (done.record) written.records.push_back(std::move(*done.record));
        written.keep = (*outcome)->has_value();
        return written;
    };
    step->then = [&gateway, call, outcome, known, source, id = input->client_id,
                  scope = input->scope](store::Commit commit) -> Plan {
        if (!commit.durable) return gateway.fault(call, std::move(commit.fault));
        const auto now = gateway.parts().clock.now();
        if (!**outcome) {
            gateway.throttle().failed(id, source, now);
            if (!*known) gateway.parts().tally.add("unknown_account", source);
            return oauth_failure(gateway, call, 401, "invalid_client", "the client credentials are wrong");
        }
        gateway.throttle().succeeded(id, source, now);
        const ops::SignedIn& signed_in = ***outcome;
        Response response = gateway.reply(
            call, 200,
            connect::encode_oauth_token(certs::mint_token(gateway.parts().token_key, signed_in.token), signed_in.expires_s, scope));
        name_record(response, commit.receipts.front(), false);
        return response;
    };
    return step;
}

// --- identity, partners, forms ---

Plan current_user(Gateway& gateway, CallPtr call) {
    return gateway.disclose<ops::Identity>(
        std::move(call), "identity.read", "user",
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::who_am_i(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, ops::Identity& identity) {
            return g.reply(c, 200, connect::encode_me(identity.company, identity.user));
        });
}

Plan find_partners(Gateway& gateway, CallPtr call, ops::PartnerQuery query) {
    return gateway.look_up<std::vector<protocol::PartnerRow>>(
        std::move(call),
        [query = std::move(query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::search_partners(txn, context, caller, query);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::PartnerRow>& rows) {
            return g.reply(c, 200, connect::encode_partners(rows));
        });
}

Plan partners(Gateway& gateway, CallPtr call) {
    auto term = connect::decode_search_term(call->raw_values.at(0));
    if (!term) return gateway.failure(call, term.error());
    return find_partners(gateway, std::move(call), {.text = std::move(*term)});
}

Plan partners_by_sentence(Gateway& gateway, CallPtr call) {
    auto sentence = connect::decode_partner_sentence(call->query);
    if (!sentence) return gateway.failure(call, sentence.error());
    return find_partners(
        gateway, std::move(call),
        {.text = std::move(sentence->query), .manner = ops::PartnerIndex::Manner::sentence, .limit = sentence->limit});
}

template <ops::FormBy by>
Plan form(Gateway& gateway, CallPtr call) {
    const auto id = connect::decode_id(call->path.at(0));
    if (!id)
        return gateway.failure(call,
                               {.kind = ErrorKind::not_found, .code = "form_not_found", .message = "there is no such intake form"});
    return gateway.look_up<ops::FormFound>(
        std::move(call),
        [id = *id](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::find_form(txn, caller, by, id);
        },
        [](Gateway& g, const CallPtr& c, ops::FormFound& found) {
            return g.reply(c, 200, connect::encode_form(found.form, protocol::Priority::medium, found.injected_field));
        });
}

// Literal paths before those with parameters.
constexpr Route connect_table[] = {
    {Method::post, "/v1/login", "login", Dialect::connect, Access::open, login},
    {Method::post, "/{tenant}/oauth2/v2.0/token", "issueClientCredentialsToken", Dialect::connect, Access::open, oauth_token},
    {Method::get, "/v1/me", "getCurrentUser", Dialect::connect, Access::signed_in, current_user},
    {Method::get, "/v1/partners/search", "searchPartnersSemanticSearch", Dialect::connect, Access::signed_in, partners_by_sentence},
    {Method::get, "/v1/partners/{searchTerm}", "searchPartners", Dialect::connect, Access::signed_in, partners},
    {Method::get, "/v1/forms/company/{companyId}", "getFormByCompanyId", Dialect::connect, Access::signed_in,
     form<ops::FormBy::company>},
    {Method::get, "/v1/forms/department/{departmentId}", "getFormByDepartmentId", Dialect::connect, Access::signed_in,
     form<ops::FormBy::department>},
    {Method::get, "/v1/forms/document/{documentId}", "getFormByDocumentId", Dialect::connect, Access::signed_in,
     form<ops::FormBy::document>},
    {Method::get, "/v1/collaboration-requests", "listCollaborationRequestsV1", Dialect::connect, Access::signed_in,
     connect_cases::list_v1, true},
    {Method::post, "/v1/collaboration-requests", "createCollaborationRequest", Dialect::connect, Access::signed_in,
     connect_cases::create},
    {Method::get, "/v1/collaboration-requests/{token}", "getCollaborationRequestByToken", Dialect::connect, Access::signed_in,
     connect_cases::read},
    {Method::patch, "/v1/collaboration-requests/{token}", "updateCollaborationRequest", Dialect::connect, Access::signed_in,
     connect_cases::change},
    {Method::post, "/v1/collaboration-requests/{token}/approval", "approveCollaborationRequest", Dialect::connect,
     Access::signed_in, connect_cases::approve},
    {Method::patch, "/v1/collaboration-requests/{token}/approval", "updateApproval", Dialect::connect, Access::signed_in,
     connect_cases::update_approval},
    {Method::post, "/v1/collaboration-requests/{token}/rejection", "rejectCollaborationRequest", Dialect::connect,
     Access::signed_in, connect_cases::reject},
    {Method::post, "/v1/collaboration-requests/{token}/information-request", "submitInformationRequest", Dialect::connect,
     Access::signed_in, connect_cases::ask},
    {Method::post, "/v1/collaboration-requests/{token}/information-response", "submitInformationResponse", Dialect::connect,
     Access::signed_in, connect_cases::answer},
    {Method::post, "/v1/collaboration-requests/{token}/closure", "closeCollaborationRequest", Dialect::connect, Access::signed_in,
     connect_cases::close},
    {Method::get, "/v1/collaboration-requests/{token}/notes", "getNotes", Dialect::connect, Access::signed_in,
     connect_cases::notes},
    {Method::post, "/v1/collaboration-requests/{token}/notes", "createNote", Dialect::connect, Access::signed_in,
     connect_cases::add_note},
    {Method::get, "/v1/collaboration-requests/{token}/attachments/config", "getAttachmentConfig", Dialect::connect,
     Access::signed_in, attachments::read_config},
    {Method::put, "/v1/collaboration-requests/{token}/attachments/config/https", "createAttachmentConfig", Dialect::connect,
     Access::signed_in, attachments::set_config},
    {Method::post, "/v1/collaboration-requests/{token}/attachments/config/https/analyze", "analyzeConfig", Dialect::connect,
     Access::signed_in, attachments::analyze},
    {Method::post, "/v1/collaboration-requests/{token}/attachments", "forwardAttachment", Dialect::connect, Access::signed_in,
     form_upload, false, true},
    {Method::get, "/v1/webhooks", "listWebhookSubscriptions", Dialect::connect, Access::signed_in, connect_webhooks::list_v1, true},
    {Method::post, "/v1/webhooks", "createWebhookSubscription", Dialect::connect, Access::signed_in, connect_webhooks::create_v1,
     true},
    {Method::delete_, "/v1/webhooks/{id}", "deleteWebhookSubscription", Dialect::connect, Access::signed_in,
     connect_webhooks::remove},
    {Method::get, "/v1/webhooks/{id}/deliveries", "getWebhookDeliveries", Dialect::connect, Access::signed_in,
     connect_webhooks::attempts},
    {Method::post, "/v1/webhooks/{id}/secret", "rotateWebhookSecret", Dialect::connect, Access::signed_in,
     connect_webhooks::rotate},
    {Method::get, "/v2/webhooks", "listWebhookSubscriptionsV2", Dialect::connect, Access::signed_in, connect_webhooks::list_v2},
    {Method::post, "/v2/webhooks", "createWebhookSubscriptionV2", Dialect::connect, Access::signed_in, connect_webhooks::create_v2},
    {Method::get, "/v2/collaboration-requests/list", "listCollaborationRequests", Dialect::connect, Access::signed_in,
     connect_cases::list_v2_plain},
    {Method::get, "/v2/collaboration-requests", "listCollaborationRequestsPaged", Dialect::connect, Access::signed_in,
     connect_cases::list_v2_paged},
};

}  // namespace

std::span<const Route> connect_routes() {
    return connect_table;
}

}  // namespace entente::api
