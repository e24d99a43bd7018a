// The own API: agreements and authorizations. After a change the cases concerned follow, then comes the answer.

#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

template <class T>
Plan turn(Gateway& gateway, CallPtr call, Gateway::WriteOperation<ops::Turned<T>> operation, std::string cause,
          std::function<std::string(const T&, int)> encode_turned) {
    auto released = std::make_shared<Gateway::Released>();
    return gateway.write<ops::Turned<T>>(
        call,
        [released, operation = std::move(operation)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            released->turned = context.now;
            return operation(txn, context, caller);
        },
        [released, encode_turned](Gateway& g, const CallPtr& c, ops::Turned<T>& turned) {
            return g.reply(c, 200, encode_turned(turned.what, released->cases));
        },
        [&gateway, call, released, cause = std::move(cause)](ops::Turned<T>& turned, std::function<Response()> finish) -> Plan {
            return gateway.reconcile(call, turned.cases, cause, released, std::move(finish));
        });
}

std::string encode_agreement(const protocol::Agreement& agreement, int) {
    return native::encode(agreement);
}

Plan add_agreement(Gateway& gateway, CallPtr call) {
    auto input = native::decode_agreement(call->request->body);
    return native::create<protocol::Agreement>(gateway, std::move(call), std::move(input), ops::add_agreement, native::as_json);
}

Plan accept_agreement(Gateway& gateway, CallPtr call) {
    auto input = native::decode_acceptance(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return turn<protocol::Agreement>(
        gateway, std::move(call),
        [id, input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::accept_agreement(txn, context, caller, id, input);
        },
        "agreement_in_force", encode_agreement);
}

template <ops::AgreementStep step>
Plan move_agreement(Gateway& gateway, CallPtr call) {
    auto input = native::decode_step(call->request->body, step != ops::AgreementStep::resume);
    if (!input) return gateway.failure(call, input.error());
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return turn<protocol::Agreement>(
        gateway, std::move(call),
        [id, input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::move_agreement(txn, context, caller, id, step, input.reason, input.effective);
        },
        "agreement_changed", encode_agreement);
}

Plan list_agreements(Gateway& gateway, CallPtr call) {
    return native::listing<protocol::Agreement>(gateway, std::move(call), "agreement.list", "agreement",
                                                [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                                                    return ops::list_agreements(txn, context, caller);
                                                });
}

Plan read_agreement(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AgreementId>(*call);
    return gateway.disclose<protocol::Agreement>(
        std::move(call), "agreement.read", "agreement",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_agreement(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, protocol::Agreement& agreement) { return g.reply(c, 200, native::encode(agreement)); });
}

// --- authorizations ---

Plan request_authorization(Gateway& gateway, CallPtr call) {
    auto input = native::decode_authorization(call->request->body, gateway.parts().clock.now());
    return native::create<store::StoredAuthorization>(gateway, std::move(call), std::move(input), ops::request_authorization,
                                                      native::as_json);
}

template <ops::AuthorizationStep step>
Plan move_authorization(Gateway& gateway, CallPtr call) {
    auto input = native::decode_decision(call->request->body, step);
    if (!input) return gateway.failure(call, input.error());
    const auto id = native::path_id<protocol::AuthorizationId>(*call);
    static constexpr std::string_view causes[] = {"authorization_granted", "authorization_attested", "authorization_refused",
                                                  "authorization_withdrawn"};
    return turn<store::StoredAuthorization>(
        gateway, std::move(call),
        [id, input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::move_authorization(txn, context, caller, id, step, input);
        },
        std::string(causes[static_cast<int>(step)]), native::encode_authorization);
}

Plan list_authorizations(Gateway& gateway, CallPtr call) {
    const protocol::CustomerId customer{native::query_id(*call, "customer")};
    const bool unconfirmed = native::query_text(*call, "unconfirmed") == "true";
    return native::listing<store::StoredAuthorization>(
        gateway, std::move(call), "authorization.list", "authorization",
        [customer, unconfirmed](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_authorizations(txn, context, caller, customer, unconfirmed);
        });
}

Plan read_authorization(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AuthorizationId>(*call);
    return gateway.disclose<store::StoredAuthorization>(
        std::move(call), "authorization.read", "authorization",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_authorization(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, store::StoredAuthorization& stored) { return g.reply(c, 200, native::encode(stored)); });
}

Plan send_link(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AuthorizationId>(*call);
    auto input = native::decode_link_wish(call->request->body);
    return native::post<ops::LinkSent>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::LinkWish& wish) {
            return ops::send_authorization_link(txn, context, caller, id, wish);
        },
        201,
        [](const ops::LinkSent& sent) {
            protocol::JsonWriter out;
            out.object().member("authorization", sent.authorization.value).member("sentTo", sent.address);
            return out.member("expiresAt", to_rfc3339(sent.expires)).end().take();
        });
}

Plan take_signed(Gateway& gateway, CallPtr call) {
    auto input = native::decode_signed_text(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return turn<store::StoredAuthorization>(
        gateway, std::move(call),
        [input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::take_signed_authorization(txn, context, caller, input);
        },
        "authorization_signed", native::encode_authorization);
}

Plan attest_emergency(Gateway& gateway, CallPtr call) {
    auto input = native::decode_emergency(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return turn<store::StoredAuthorization>(
        gateway, call,
        [token = call->path.at(0), input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::attest_emergency(txn, context, caller, token, input);
        },
        "authorization_emergency", native::encode_authorization);
}

Plan authorization_record(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AuthorizationId>(*call);
    return gateway.disclose<std::string>(
        std::move(call), "authorization.record", "authorization",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::authorization_record(txn, context, caller, id);
        },
        [id](Gateway& g, const CallPtr& c, std::string& record) {
            Response response = g.reply(c, 200, std::move(record));
            response.headers.push_back(
                {"Content-Disposition", "attachment; filename=\"authorization-" + std::to_string(id.value) + ".json\""});
            return response;
        });
}

// --- keys that customers sign with ---

Plan add_key(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::CustomerId>(*call);
    auto input = native::decode_customer_key(call->request->body);
    return native::post<store::CustomerKey>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const store::CustomerKey& key) {
            return ops::add_customer_key(txn, context, caller, id, key);
        },
        201, native::as_json);
}

template <ops::Audited<store::CustomerKey> (*operation)(store::Txn&, const ops::Context&, const ops::Caller&, protocol::CustomerId,
                                                        const ops::CustomerKeyName&)>
Plan move_key(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::CustomerId>(*call);
    auto input = native::decode_customer_key_name(call->request->body);
    return native::post<store::CustomerKey>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::CustomerKeyName& name) {
            return operation(txn, context, caller, id, name);
        },
        200, native::as_json);
}

Plan list_keys(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::CustomerId>(*call);
    return native::listing<store::CustomerKey>(gateway, std::move(call), "customer.key.list", "customer",
                                               [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                                                   return ops::list_customer_keys(txn, context, caller, id);
                                               });
}

// The keys with which this gateway signs receipts, for whoever checks one.
Plan own_keys(Gateway& gateway, CallPtr call) {
    return gateway.reply(call, 200, "{\"keys\":[" + gateway.parts().tools.public_jwk + "]}");
}

constexpr Route trust_table[] = {
    {Method::get, "/api/v1/agreements", "listAgreements", Dialect::native, Access::signed_in, list_agreements},
    {Method::post, "/api/v1/agreements", "createAgreement", Dialect::native, Access::signed_in, add_agreement},
    {Method::get, "/api/v1/agreements/{id}", "getAgreement", Dialect::native, Access::signed_in, read_agreement},
    {Method::post, "/api/v1/agreements/{id}/accept", "acceptAgreement", Dialect::native, Access::signed_in, accept_agreement},
    {Method::post, "/api/v1/agreements/{id}/suspend", "suspendAgreement", Dialect::native, Access::signed_in,
     move_agreement<ops::AgreementStep::suspend>},
    {Method::post, "/api/v1/agreements/{id}/resume", "resumeAgreement", Dialect::native, Access::signed_in,
     move_agreement<ops::AgreementStep::resume>},
    {Method::post, "/api/v1/agreements/{id}/terminate", "terminateAgreement", Dialect::native, Access::signed_in,
     move_agreement<ops::AgreementStep::terminate>},
    {Method::get, "/api/v1/authorizations", "listAuthorizations", Dialect::native, Access::signed_in, list_authorizations},
    {Method::post, "/api/v1/authorizations", "requestAuthorization", Dialect::native, Access::signed_in, request_authorization},
    {Method::post, "/api/v1/authorizations/signed", "takeSignedAuthorization", Dialect::native, Access::signed_in, take_signed},
    {Method::post, "/api/v1/authorizations/{id}/link", "sendAuthorizationLink", Dialect::native, Access::signed_in, send_link},
    {Method::get, "/api/v1/authorizations/{id}/record", "getAuthorizationRecord", Dialect::native, Access::signed_in,
     authorization_record},
    {Method::post, "/api/v1/cases/{token}/emergency", "attestEmergency", Dialect::native, Access::signed_in, attest_emergency},
    {Method::get, "/api/v1/customers/{id}/keys", "listCustomerKeys", Dialect::native, Access::signed_in, list_keys},
    {Method::post, "/api/v1/customers/{id}/keys", "addCustomerKey", Dialect::native, Access::signed_in, add_key},
    {Method::post, "/api/v1/customers/{id}/keys/confirm", "confirmCustomerKey", Dialect::native, Access::signed_in,
     move_key<ops::confirm_customer_key>},
    {Method::post, "/api/v1/customers/{id}/keys/revoke", "revokeCustomerKey", Dialect::native, Access::signed_in,
     move_key<ops::revoke_customer_key>},
    {Method::get, "/.well-known/jwks.json", "getSigningKeys", Dialect::native, Access::open, own_keys},
    {Method::get, "/api/v1/authorizations/{id}", "getAuthorization", Dialect::native, Access::signed_in, read_authorization},
    {Method::post, "/api/v1/authorizations/{id}/grant", "grantAuthorization", Dialect::native, Access::signed_in,
     move_authorization<ops::AuthorizationStep::grant>},
    {Method::post, "/api/v1/authorizations/{id}/attest", "attestAuthorization", Dialect::native, Access::signed_in,
     move_authorization<ops::AuthorizationStep::attest>},
    {Method::post, "/api/v1/authorizations/{id}/refuse", "refuseAuthorization", Dialect::native, Access::signed_in,
     move_authorization<ops::AuthorizationStep::refuse>},
    {Method::post, "/api/v1/authorizations/{id}/withdraw", "withdrawAuthorization", Dialect::native, Access::signed_in,
     move_authorization<ops::AuthorizationStep::withdraw>},
};

}  // namespace

std::span<const Route> native_trust_routes() {
    return trust_table;
}

}  // namespace entente::api
