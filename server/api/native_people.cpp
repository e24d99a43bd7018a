// The own API: the people of a company, its API clients, and the customers of its side.

#include "certs/password.hpp"
#include "certs/x509.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

// --- users: the password is hashed on a worker before the transaction ---

template <class Continue>
Plan with_hash(Gateway& gateway, CallPtr call, std::string password, Continue go_on) {
    auto slot = gateway.password_slot();
    if (!slot) return gateway.unavailable(*call->request);
    auto step = std::make_unique<OnWorker>();
    step->run = [&gateway, call = std::move(call), password = std::move(password), go_on = std::move(go_on),
                 slot]() mutable -> Plan {
        std::string hash = certs::hash_password(certs::Secret::from_text(password));
        return go_on(gateway, std::move(call), std::move(hash));
    };
    return step;
}

Plan add_user(Gateway& gateway, CallPtr call) {
    auto input = native::decode_user(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    // Without a password the server makes one and shows it once.
    const std::optional<std::string> made =
        input->password ? std::nullopt : std::optional(gateway.parts().tools.secret().substr(0, 20));
    std::string password = made ? *made : *input->password;
    return with_hash(
        gateway, std::move(call), std::move(password), [user = input->user, made](Gateway& g, CallPtr c, std::string hash) -> Plan {
            return g.write<protocol::User>(
                std::move(c),
                [user, hash = std::move(hash)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                    return ops::add_user(txn, context, caller, {user, hash});
                },
                [made](Gateway& g2, const CallPtr& c2, protocol::User& added) {
                    return g2.reply(c2, 201, native::encode_user(added, c2->repeated ? std::nullopt : made));
                });
        });
}

Plan change_user(Gateway& gateway, CallPtr call) {
    auto input = native::decode_user_change(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const auto id = native::path_id<protocol::UserId>(*call);
    const auto finish = [id](Gateway& g, CallPtr c, ops::UserChange change) -> Plan {
        return g.write<protocol::User>(
            std::move(c),
            [id, change = std::move(change)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                return ops::change_user(txn, context, caller, id, change);
            },
            [](Gateway& g2, const CallPtr& c2, protocol::User& user) { return g2.reply(c2, 200, native::encode(user)); });
    };
    if (!input->password) return finish(gateway, std::move(call), std::move(input->change));
    return with_hash(gateway, std::move(call), *input->password,
                     [finish, change = input->change](Gateway& g, CallPtr c, std::string hash) mutable -> Plan {
                         change.password_hash = std::move(hash);
                         return finish(g, std::move(c), std::move(change));
                     });
}

Plan list_users(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{native::query_id(*call, "company")};
    return native::listing<protocol::User>(gateway, std::move(call), "user.list", "user",
                                           [company](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                                               return ops::list_users(txn, context, caller, company);
                                           });
}

// --- clients ---

Plan add_client(Gateway& gateway, CallPtr call) {
    auto input = native::decode_client(call->request->body);
    if (input && input->certificate_uri)
        if (auto valid = certs::acceptable_partner_uri(*input->certificate_uri, *input->certificate_uri); !valid)
            return gateway.failure(call, valid.error());
    return native::create<ops::ClientMade>(gateway, std::move(call), std::move(input), ops::add_client, native::encode_client);
}

Plan rotate_secret(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::ClientId>(*call);
    return gateway.write<ops::ClientMade>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rotate_client_secret(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, ops::ClientMade& made) { return g.reply(c, 200, native::encode_client(made)); });
}

Plan change_client(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::ClientId>(*call);
    auto input = native::decode_active(call->request->body);
    return native::post<store::StoredClient>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, bool active) {
            return ops::set_client_active(txn, context, caller, id, active);
        },
        200, native::as_json);
}

Plan list_clients(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{native::query_id(*call, "company")};
    return native::listing<store::StoredClient>(gateway, std::move(call), "client.list", "client",
                                                [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
                                                    return ops::list_clients(txn, caller, company);
                                                });
}

// --- customers ---

Plan add_customer(Gateway& gateway, CallPtr call) {
    auto input = native::decode_customer(call->request->body);
    return native::create<store::StoredCustomer>(gateway, std::move(call), std::move(input), ops::add_customer, native::as_json);
}

template <class Input, protocol::Result<Input> (*decode)(std::string_view),
          ops::Audited<store::StoredCustomer> (*operation)(store::Txn&, const ops::Context&, const ops::Caller&,
                                                           protocol::CustomerId, const Input&)>
Plan customer_step(Gateway& gateway, CallPtr call) {
    auto input = decode(call->request->body);
    const auto id = native::path_id<protocol::CustomerId>(*call);
    return native::post<store::StoredCustomer>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const Input& value) {
            return operation(txn, context, caller, id, value);
        },
        200, native::as_json);
}

Plan list_customers(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{native::query_id(*call, "company")};
    std::string query = native::query_text(*call, "query");
    return native::listing<store::StoredCustomer>(
        gateway, std::move(call), "customer.list", "customer",
        [company, query = std::move(query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_customers(txn, context, caller, company, query);
        });
}

constexpr Route people_table[] = {
    {Method::get, "/api/v1/users", "listUsers", Dialect::native, Access::signed_in, list_users},
    {Method::post, "/api/v1/users", "createUser", Dialect::native, Access::signed_in, add_user},
    {Method::patch, "/api/v1/users/{id}", "changeUser", Dialect::native, Access::signed_in, change_user},
    {Method::get, "/api/v1/clients", "listClients", Dialect::native, Access::signed_in, list_clients},
    {Method::post, "/api/v1/clients", "createClient", Dialect::native, Access::signed_in, add_client},
    {Method::patch, "/api/v1/clients/{id}", "changeClient", Dialect::native, Access::signed_in, change_client},
    {Method::post, "/api/v1/clients/{id}/secret", "rotateClientSecret", Dialect::native, Access::signed_in, rotate_secret},
    {Method::get, "/api/v1/customers", "listCustomers", Dialect::native, Access::signed_in, list_customers},
    {Method::post, "/api/v1/customers", "createCustomer", Dialect::native, Access::signed_in, add_customer},
    {Method::post, "/api/v1/customers/{id}/domains", "addCustomerDomain", Dialect::native, Access::signed_in,
     customer_step<ops::CustomerAddition, native::decode_domain, ops::extend_customer>},
    {Method::post, "/api/v1/customers/{id}/contacts", "addCustomerContact", Dialect::native, Access::signed_in,
     customer_step<ops::CustomerAddition, native::decode_contact, ops::extend_customer>},
    {Method::post, "/api/v1/customers/{id}/confirm", "confirmCustomer", Dialect::native, Access::signed_in,
     customer_step<ops::Confirmation, native::decode_confirmation, ops::confirm_customer>},
};

}  // namespace

std::span<const Route> native_people_routes() {
    return people_table;
}

}  // namespace entente::api
