// The own API: companies and their people, agreements, authorizations, the gate's words (NATIVE part of protocol/openapi).
// Certificates and the audit log are in native_audit.cpp.

#include "certs/password.hpp"
#include "certs/x509.hpp"
#include "protocol/connect/decode.hpp"
#include "protocol/connect/encode.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/native_audit.hpp"
#include "server/api/native_json.hpp"
#include "server/operations/cases.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente::api {

namespace ops = operations;
namespace connect = protocol::connect;
using protocol::ErrorKind;

namespace {

std::int64_t query_id(const Call& call, std::string_view name) {
    for (const auto& item : call.query)
        if (item.name == name) return connect::decode_id(item.value).value_or(-1);
    return 0;
}

std::string query_text(const Call& call, std::string_view name) {
    for (const auto& item : call.query)
        if (item.name == name) return item.value;
    return {};
}

// The id in the path; a malformed one is an object that does not exist.
template <class Id>
Id path_id(const Call& call) {
    return {connect::decode_id(call.path.at(0)).value_or(-1)};
}

// Decodes the body, runs the operation, renders its value with `status`.
template <class T, class Decoded, class Operation, class Encode>
Plan post(Gateway& gateway, CallPtr call, Decoded input, Operation operation, int status, Encode encode) {
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<T>(
        std::move(call),
        [operation, value = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller)
            -> ops::Audited<T> { return operation(txn, context, caller, value); },
        [status, encode](Gateway& g, const CallPtr& c, T& value) { return g.reply(c, status, encode(value)); });
}

// A create that may be sent twice: with an Idempotency-Key the second answer shows what the first one made, as it is today, without
// the secrets that are shown once. `load` finds the caller's object by id, `id_of` names it.
template <class T, class Decoded, class Operation, class Encode, class Load, class IdOf>
Plan create(Gateway& gateway, CallPtr call, Decoded input, Operation operation, Encode encode, Load load, IdOf id_of) {
    if (!input) return gateway.failure(call, input.error());
    auto key = idempotency_key(*call);
    if (!key) return gateway.failure(call, key.error());
    return gateway.write<T>(
        call,
        [call, operation, load, id_of, key = std::move(*key), value = std::move(*input)](
            store::Txn& txn, const ops::Context& context, const ops::Caller& caller) -> ops::Audited<T> {
            if (!key) return operation(txn, context, caller, value);
            const ops::RepeatKey repeat = repeat_key(*call, caller, *key);
            if (const auto earlier = store::find_repeat(txn, repeat.scope)) {
                audit::Record record = ops::record_of(caller, std::string(call->route->name) + ".repeat",
                                                      audit::Class::entity_management, audit::activity_read);
                record.resources.push_back({"repeat", std::to_string(earlier->outcome)});
                if (earlier->digest != repeat.digest)
                    return ops::refused<T>(std::move(record), {.kind = ErrorKind::conflict,
                                                               .code = "idempotency_key_reused",
                                                               .message = "this Idempotency-Key was used for another request"});
                if (auto found = load(txn, context, caller, earlier->outcome)) return {std::move(*found), std::move(record)};
            }
            ops::Audited<T> done = operation(txn, context, caller, value);
            if (done.outcome) store::insert_repeat(txn, repeat.scope, repeat.digest, id_of(*done.outcome), context.now);
            return done;
        },
        [encode](Gateway& g, const CallPtr& c, T& made) { return g.reply(c, 201, encode(made)); });
}

template <class T, class Work>
Plan listing(Gateway& gateway, CallPtr call, std::string operation, std::string type, Work work) {
    return gateway.disclose<std::vector<T>>(
        std::move(call), std::move(operation), std::move(type),
        [work](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) -> protocol::Result<std::vector<T>> {
            return work(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, std::vector<T>& items) { return g.reply(c, 200, native::encode_items(items)); });
}

constexpr auto encode = [](const auto& value) { return native::encode(value); };

// --- session ---

Plan log_out(Gateway& gateway, CallPtr call) {
    if (!call->presented.token)
        return gateway.failure(call, {.kind = ErrorKind::invalid, .code = "no_token", .message = "only a token can be signed out"});
    const certs::TokenId token = *call->presented.token;
    return gateway.write<bool>(
        std::move(call),
        [token](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::log_out(txn, context, caller, token);
        },
        [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

// --- companies ---

Plan add_company(Gateway& gateway, CallPtr call) {
    auto input = native::decode_company(call->request->body, gateway.parts().default_targets);
    return create<protocol::Company>(
        gateway, std::move(call), std::move(input), ops::add_company, encode,
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
            return store::find_company(txn, {id});
        },
        [](const protocol::Company& company) { return company.id.value; });
}

Plan change_company(Gateway& gateway, CallPtr call) {
    auto input = native::decode_company_change(call->request->body, gateway.parts().default_targets);
    const auto id = path_id<protocol::CompanyId>(*call);
    return post<protocol::Company>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::CompanyChange& change) {
            return ops::change_company(txn, context, caller, id, change);
        },
        200, encode);
}

Plan list_companies(Gateway& gateway, CallPtr call) {
    return listing<protocol::Company>(
        gateway, std::move(call), "company.list", "company",
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_companies(txn, caller); });
}

Plan directory(Gateway& gateway, CallPtr call) {
    std::string query = query_text(*call, "query");
    return gateway.look_up<std::vector<protocol::Company>>(
        std::move(call),
        [query = std::move(query)](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::find_companies(txn, caller, query);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Company>& companies) {
            protocol::JsonWriter out;
            out.object().key("items").array();
            for (const auto& company : companies)
                out.object().member("id", company.id.value).member("name", company.name).member("domain", company.domain).end();
            out.end().end();
            return g.reply(c, 200, out.take());
        });
}

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
                    return g2.reply(c2, 201, native::encode_user(added, made));
                });
        });
}

Plan change_user(Gateway& gateway, CallPtr call) {
    auto input = native::decode_user_change(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const auto id = path_id<protocol::UserId>(*call);
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
    const protocol::CompanyId company{query_id(*call, "company")};
    return listing<protocol::User>(gateway, std::move(call), "user.list", "user",
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
    return create<ops::ClientMade>(
        gateway, std::move(call), std::move(input), ops::add_client, native::encode_client,
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) -> std::optional<ops::ClientMade> {
            auto client = store::find_client(txn, {id});
            if (!client) return std::nullopt;
            return ops::ClientMade{std::move(*client), ""};
        },
        [](const ops::ClientMade& made) { return made.client.id.value; });
}

Plan rotate_secret(Gateway& gateway, CallPtr call) {
    const auto id = path_id<protocol::ClientId>(*call);
    return gateway.write<ops::ClientMade>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rotate_client_secret(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, ops::ClientMade& made) { return g.reply(c, 200, native::encode_client(made)); });
}

Plan change_client(Gateway& gateway, CallPtr call) {
    const auto id = path_id<protocol::ClientId>(*call);
    auto input = native::decode_active(call->request->body);
    return post<store::StoredClient>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, bool active) {
            return ops::set_client_active(txn, context, caller, id, active);
        },
        200, encode);
}

Plan list_clients(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    return listing<store::StoredClient>(gateway, std::move(call), "client.list", "client",
                                        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
                                            return ops::list_clients(txn, caller, company);
                                        });
}

// --- forms and departments ---

Plan add_form(Gateway& gateway, CallPtr call) {
    auto input = native::decode_form(call->request->body);
    return create<protocol::Form>(
        gateway, std::move(call), std::move(input), ops::save_form, encode,
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) { return store::find_form(txn, {id}); },
        [](const protocol::Form& made) { return made.id.value; });
}

Plan replace_form(Gateway& gateway, CallPtr call) {
    auto input = native::decode_form(call->request->body);
    if (input) input->id = path_id<protocol::FormId>(*call);
    return post<protocol::Form>(gateway, std::move(call), std::move(input), ops::save_form, 200, encode);
}

Plan list_forms(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    return gateway.look_up<std::vector<protocol::Form>>(
        std::move(call),
        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_forms(txn, caller, company);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Form>& forms) {
            return g.reply(c, 200, native::encode_items(forms));
        });
}

Plan add_department(Gateway& gateway, CallPtr call) {
    auto input = native::decode_department(call->request->body);
    return create<protocol::Department>(
        gateway, std::move(call), std::move(input), ops::add_department, encode,
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
            return store::find_department(txn, {id});
        },
        [](const protocol::Department& department) { return department.id.value; });
}

Plan list_departments(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    return gateway.look_up<std::vector<protocol::Department>>(
        std::move(call),
        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_departments(txn, caller, company);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Department>& all) {
            return g.reply(c, 200, native::encode_items(all));
        });
}

// --- customers ---

Plan add_customer(Gateway& gateway, CallPtr call) {
    auto input = native::decode_customer(call->request->body);
    return create<store::StoredCustomer>(
        gateway, std::move(call), std::move(input), ops::add_customer, encode,
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller, std::int64_t id) {
            return store::find_customer(txn, context.tools.vault, caller.company(), {id});
        },
        [](const store::StoredCustomer& stored) { return stored.customer.id.value; });
}

template <class Input, protocol::Result<Input> (*decode)(std::string_view),
          ops::Audited<store::StoredCustomer> (*operation)(store::Txn&, const ops::Context&, const ops::Caller&,
                                                           protocol::CustomerId, const Input&)>
Plan customer_step(Gateway& gateway, CallPtr call) {
    auto input = decode(call->request->body);
    const auto id = path_id<protocol::CustomerId>(*call);
    return post<store::StoredCustomer>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const Input& value) {
            return operation(txn, context, caller, id, value);
        },
        200, encode);
}

Plan list_customers(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    std::string query = query_text(*call, "query");
    return listing<store::StoredCustomer>(
        gateway, std::move(call), "customer.list", "customer",
        [company, query = std::move(query)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_customers(txn, context, caller, company, query);
        });
}

// --- agreements: after a change the cases concerned follow, then comes the answer ---

template <class T>
Plan turn(Gateway& gateway, CallPtr call, Gateway::WriteOperation<ops::Turned<T>> operation, std::string cause,
          std::function<std::string(const T&, int)> encode_turned) {
    auto released = std::make_shared<int>(0);
    return gateway.write<ops::Turned<T>>(
        call, std::move(operation),
        [released, encode_turned](Gateway& g, const CallPtr& c, ops::Turned<T>& turned) {
            return g.reply(c, 200, encode_turned(turned.what, *released));
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
    return create<protocol::Agreement>(
        gateway, std::move(call), std::move(input), ops::add_agreement, encode,
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller&, std::int64_t id) {
            return store::find_agreement(txn, context.tools.vault, {id});
        },
        [](const protocol::Agreement& agreement) { return agreement.id.value; });
}

Plan accept_agreement(Gateway& gateway, CallPtr call) {
    auto input = native::decode_acceptance(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const auto id = path_id<protocol::AgreementId>(*call);
    return turn<protocol::Agreement>(
        gateway, std::move(call),
        [id, input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::accept_agreement(txn, context, caller, id, input);
        },
        "agreement_in_force", encode_agreement);
}

template <ops::AgreementStep step>
Plan move_agreement(Gateway& gateway, CallPtr call) {
    auto reason = step == ops::AgreementStep::resume && call->request->body.empty() ? protocol::Result<std::string>("")
                                                                                    : native::decode_reason(call->request->body);
    if (!reason) return gateway.failure(call, reason.error());
    const auto id = path_id<protocol::AgreementId>(*call);
    return turn<protocol::Agreement>(
        gateway, std::move(call),
        [id, reason = *reason](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::move_agreement(txn, context, caller, id, step, reason);
        },
        "agreement_changed", encode_agreement);
}

Plan list_agreements(Gateway& gateway, CallPtr call) {
    return listing<protocol::Agreement>(gateway, std::move(call), "agreement.list", "agreement",
                                        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
                                            return ops::list_agreements(txn, context, caller);
                                        });
}

Plan read_agreement(Gateway& gateway, CallPtr call) {
    const auto id = path_id<protocol::AgreementId>(*call);
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
    return create<store::StoredAuthorization>(
        gateway, std::move(call), std::move(input), ops::request_authorization, encode,
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller, std::int64_t id) {
            return store::find_authorization(txn, context.tools.vault, caller.company(), {id});
        },
        [](const store::StoredAuthorization& stored) { return stored.authorization.id.value; });
}

template <ops::AuthorizationStep step>
Plan move_authorization(Gateway& gateway, CallPtr call) {
    auto input = native::decode_decision(call->request->body, step);
    if (!input) return gateway.failure(call, input.error());
    const auto id = path_id<protocol::AuthorizationId>(*call);
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
    const protocol::CustomerId customer{query_id(*call, "customer")};
    return listing<store::StoredAuthorization>(
        gateway, std::move(call), "authorization.list", "authorization",
        [customer](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_authorizations(txn, context, caller, customer);
        });
}

Plan read_authorization(Gateway& gateway, CallPtr call) {
    const auto id = path_id<protocol::AuthorizationId>(*call);
    return gateway.disclose<store::StoredAuthorization>(
        std::move(call), "authorization.read", "authorization",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_authorization(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, store::StoredAuthorization& stored) { return g.reply(c, 200, native::encode(stored)); });
}

// --- cases, beyond the contract ---

std::string encode_gate(const ops::GateView& gate) {
    protocol::JsonWriter out;
    const auto& decision = gate.decision;
    out.object().member("token", gate.facts.token).member("flow", name(gate.facts.flow)).member("verdict", name(decision.verdict));
    if (!gate.full) return out.end().take();
    out.member("reason", decision.reason).member("text", policy::for_case(decision.text, gate.facts.token));
    out.member("nextStep", policy::for_case(decision.next_step, gate.facts.token));
    out.key("agreement");
    decision.agreement ? out.value(decision.agreement.value) : out.null();
    out.key("authorization");
    decision.authorization ? out.value(decision.authorization.value) : out.null();
    out.key("customer");
    gate.facts.customer ? out.value(gate.facts.customer.value) : out.null();
    out.key("releasedClasses").array();
    const auto classes = gate.facts.released_at ? gate.facts.released : decision.released;
    for (int c = 0; c < protocol::data_class_count; ++c)
        if (classes.has(static_cast<protocol::DataClass>(c))) out.value(name(static_cast<protocol::DataClass>(c)));
    out.end().key("withheldFields").array();
    for (const auto& [label, reason] : gate.withheld) out.object().member("label", label).member("reason", reason).end();
    out.end().key("masked").object();
    for (const auto& [data_class, values] : gate.masked) out.member(data_class, values);
    out.end();
    return out.end().take();
}

Plan explain_gate(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::GateView>(
        std::move(call), "case.gate",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::explain_gate(txn, context, caller, token);
        },
        [](const ops::GateView& gate) { return std::vector{gate.shown}; },
        [](Gateway& g, const CallPtr& c, ops::GateView& gate) { return g.reply(c, 200, encode_gate(gate)); });
}

Plan preview_case(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::CaseRead>(
        std::move(call), "case.preview",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::preview_case(txn, context, caller, token);
        },
        [](const ops::CaseRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) { return g.reply(c, 200, connect::encode_case(read.view)); });
}

Plan pick_customer(Gateway& gateway, CallPtr call) {
    auto customer = native::decode_picked_customer(call->request->body);
    if (!customer) return gateway.failure(call, customer.error());
    return gateway.write<protocol::CaseId>(
        call,
        [token = call->path.at(0), customer = *customer](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::pick_customer(txn, context, caller, token, customer);
        },
        [](Gateway& g, const CallPtr& c, protocol::CaseId&) { return g.empty(c, 204); },
        // The case follows at once; the answer is what the gate says then.
        [&gateway, call](protocol::CaseId& id, const std::function<Response()>&) -> Plan {
            return gateway.reconcile(call, {id}, "customer_picked", std::make_shared<int>(0),
                                     [&gateway, call] { return explain_gate(gateway, call); });
        });
}

// --- the contract itself ---

Plan openapi(Gateway& gateway, CallPtr call) {
    Response response = gateway.reply(call, 200, gateway.parts().openapi());
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "application/yaml";
    return response;
}

// Alive and able to answer; whether it can also record is /readyz on the metrics listener.
Plan health(Gateway& gateway, CallPtr call) {
    return gateway.reply(call, 200, R"({"status":"ok"})");
}

constexpr auto dialect = Dialect::native;
constexpr auto open = Access::open;
constexpr auto signed_in = Access::signed_in;

constexpr Route routes[] = {
    {Method::get, "/healthz", "getHealth", dialect, open, health},
    {Method::get, "/api/v1/openapi.yaml", "getOpenApi", dialect, open, openapi},
    {Method::delete_, "/api/v1/session", "endSession", dialect, signed_in, log_out},
    {Method::get, "/api/v1/directory/companies", "findCompanies", dialect, signed_in, directory},
    {Method::get, "/api/v1/companies", "listCompanies", dialect, signed_in, list_companies},
    {Method::post, "/api/v1/companies", "createCompany", dialect, signed_in, add_company},
    {Method::patch, "/api/v1/companies/{id}", "changeCompany", dialect, signed_in, change_company},
    {Method::get, "/api/v1/users", "listUsers", dialect, signed_in, list_users},
    {Method::post, "/api/v1/users", "createUser", dialect, signed_in, add_user},
    {Method::patch, "/api/v1/users/{id}", "changeUser", dialect, signed_in, change_user},
    {Method::get, "/api/v1/clients", "listClients", dialect, signed_in, list_clients},
    {Method::post, "/api/v1/clients", "createClient", dialect, signed_in, add_client},
    {Method::patch, "/api/v1/clients/{id}", "changeClient", dialect, signed_in, change_client},
    {Method::post, "/api/v1/clients/{id}/secret", "rotateClientSecret", dialect, signed_in, rotate_secret},
    {Method::get, "/api/v1/forms", "listForms", dialect, signed_in, list_forms},
    {Method::post, "/api/v1/forms", "createForm", dialect, signed_in, add_form},
    {Method::put, "/api/v1/forms/{id}", "replaceForm", dialect, signed_in, replace_form},
    {Method::get, "/api/v1/departments", "listDepartments", dialect, signed_in, list_departments},
    {Method::post, "/api/v1/departments", "createDepartment", dialect, signed_in, add_department},
    {Method::get, "/api/v1/customers", "listCustomers", dialect, signed_in, list_customers},
    {Method::post, "/api/v1/customers", "createCustomer", dialect, signed_in, add_customer},
    {Method::post, "/api/v1/customers/{id}/domains", "addCustomerDomain", dialect, signed_in,
     customer_step<ops::CustomerAddition, native::decode_domain, ops::extend_customer>},
    {Method::post, "/api/v1/customers/{id}/contacts", "addCustomerContact", dialect, signed_in,
     customer_step<ops::CustomerAddition, native::decode_contact, ops::extend_customer>},
    {Method::post, "/api/v1/customers/{id}/confirm", "confirmCustomer", dialect, signed_in,
     customer_step<ops::Confirmation, native::decode_confirmation, ops::confirm_customer>},
    {Method::get, "/api/v1/agreements", "listAgreements", dialect, signed_in, list_agreements},
    {Method::post, "/api/v1/agreements", "createAgreement", dialect, signed_in, add_agreement},
    {Method::get, "/api/v1/agreements/{id}", "getAgreement", dialect, signed_in, read_agreement},
    {Method::post, "/api/v1/agreements/{id}/accept", "acceptAgreement", dialect, signed_in, accept_agreement},
    {Method::post, "/api/v1/agreements/{id}/suspend", "suspendAgreement", dialect, signed_in,
     move_agreement<ops::AgreementStep::suspend>},
    {Method::post, "/api/v1/agreements/{id}/resume", "resumeAgreement", dialect, signed_in,
     move_agreement<ops::AgreementStep::resume>},
    {Method::post, "/api/v1/agreements/{id}/terminate", "terminateAgreement", dialect, signed_in,
     move_agreement<ops::AgreementStep::terminate>},
    {Method::get, "/api/v1/authorizations", "listAuthorizations", dialect, signed_in, list_authorizations},
    {Method::post, "/api/v1/authorizations", "requestAuthorization", dialect, signed_in, request_authorization},
    {Method::get, "/api/v1/authorizations/{id}", "getAuthorization", dialect, signed_in, read_authorization},
    {Method::post, "/api/v1/authorizations/{id}/grant", "grantAuthorization", dialect, signed_in,
     move_authorization<ops::AuthorizationStep::grant>},
    {Method::post, "/api/v1/authorizations/{id}/attest", "attestAuthorization", dialect, signed_in,
     move_authorization<ops::AuthorizationStep::attest>},
    {Method::post, "/api/v1/authorizations/{id}/refuse", "refuseAuthorization", dialect, signed_in,
     move_authorization<ops::AuthorizationStep::refuse>},
    {Method::post, "/api/v1/authorizations/{id}/withdraw", "withdrawAuthorization", dialect, signed_in,
     move_authorization<ops::AuthorizationStep::withdraw>},
    {Method::get, "/api/v1/cases/{token}/gate", "getGate", dialect, signed_in, explain_gate},
    {Method::get, "/api/v1/cases/{token}/preview", "previewCase", dialect, signed_in, preview_case},
    {Method::post, "/api/v1/cases/{token}/customer", "pickCustomer", dialect, signed_in, pick_customer},
    {Method::get, "/api/v1/audit/entries", "listAuditEntries", dialect, signed_in, native_audit::list_entries},
    {Method::get, "/api/v1/audit/entries/{entry}", "getAuditEntry", dialect, signed_in, native_audit::read_entry},
    {Method::post, "/api/v1/audit/verification", "verifyAuditLog", dialect, signed_in, native_audit::verify},
    {Method::get, "/api/v1/certificates", "listCertificates", dialect, signed_in, native_audit::list_certificates},
    {Method::post, "/api/v1/certificates", "issueCertificate", dialect, signed_in, native_audit::issue_certificate},
    {Method::post, "/api/v1/certificates/{fingerprint}/revoke", "revokeCertificate", dialect, signed_in,
     native_audit::revoke_certificate},
};

}  // namespace

std::span<const Route> native_routes() {
    return routes;
}

}  // namespace entente::api
