#include "server/api/gateway_api.hpp"

#include "certs/credential.hpp"
#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/api/uploads.hpp"
#include "server/operations/case_flow.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::api {

using protocol::Error;
using protocol::ErrorKind;
namespace connect = protocol::connect;

namespace {

// The contract says that 2027-01-01 is the last day of what it deprecates; we keep it as long as connectors in the field use it.
constexpr std::string_view deprecated_since = "@1767225600";  // 2026-01-01
constexpr std::string_view sunset = "Fri, 01 Jan 2027 00:00:00 GMT";
constexpr std::string_view cors_exposed =
    "Retry-After, RateLimit, RateLimit-Policy, Deprecation, Sunset, Idempotency-Replayed, Audit-Event, Audit-Leaf";
constexpr std::string_view cors_methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view cors_headers = "Authorization, Content-Type, Accept, Idempotency-Key";

bool connect_surface(std::string_view path) {
    return path.starts_with("/v1/") || path.starts_with("/v2/") || path.ends_with("/oauth2/v2.0/token");
}

// A browser page of another origin may call the Connect surface, never with cookies; our own API is same-origin.
Response preflight(std::string_view path) {
    Response response;
    response.status = 204;
    response.route = "preflight";
    if (!connect_surface(path)) {
        response.status = 403;
        return response;
    }
    response.headers = {{"Access-Control-Allow-Origin", "*"},
                        {"Access-Control-Allow-Methods", std::string(cors_methods)},
                        {"Access-Control-Allow-Headers", std::string(cors_headers)},
                        {"Access-Control-Max-Age", "600"}};
    return response;
}

std::optional<std::string_view> bearer(const Request& request) {
    const auto header = request.header("Authorization");
    if (!header || header->size() < 7) return std::nullopt;
    constexpr std::string_view scheme = "bearer ";
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if (((*header)[i] | 0x20) != (scheme[i] | 0x20)) return std::nullopt;
    return header->substr(7);
}

bool changes(Method method) {
    return method == Method::post || method == Method::put || method == Method::patch || method == Method::delete_;
}

// A known credential has a share of its own; everybody without one shares by address.
std::string credential_key(const Call& call) {
    if (call.presented.token) return protocol::hex(*call.presented.token);
    if (!call.presented.certificate_fingerprint.empty()) return call.presented.certificate_fingerprint;
    return call.request->peer_address;
}

// The share (IETF draft for RateLimit headers), and what the contract deprecates (RFC 9745, RFC 8594).
void add_notices(const Call& call, Response& response) {
    const Quota& quota = call.quota;
    if (quota.limit > 0) {
        response.headers.push_back(
            {"RateLimit-Policy", "\"requests\";q=" + std::to_string(quota.limit) + ";w=" + std::to_string(quota.window_s)});
        response.headers.push_back(
            {"RateLimit", "\"requests\";r=" + std::to_string(quota.remaining) + ";t=" + std::to_string(quota.reset_s)});
    }
    if (call.route == nullptr || !call.route->deprecated) return;
    response.headers.push_back({"Deprecation", std::string(deprecated_since)});
    response.headers.push_back({"Sunset", std::string(sunset)});
    response.headers.push_back(
        {"Link", "</api/v1/docs#" + std::string(call.route->name) + ">; rel=\"deprecation\"; type=\"text/html\""});
}

CallPtr make_call(std::shared_ptr<const Request> request, const Parts& parts) {
    auto call = std::make_shared<Call>();
    call->request = std::move(request);
    const Request& r = *call->request;
    const std::string_view target = r.target;
    const std::size_t question = std::min(target.find('?'), target.size());
    call->raw_path = target.substr(0, question);
    call->raw_query = question < target.size() ? target.substr(question + 1) : std::string_view{};
    const auto accept = r.header("Accept");
    const bool native = call->raw_path.starts_with("/api/");
    call->mode = native ? connect::ErrorMode::own : connect::error_mode(accept);
    call->problem_only = !native && connect::problem_only(accept);
    call->presented.request_id = r.request_id;
    call->presented.peer_address = r.peer_address;
    if (r.certificate) {
        call->presented.certificate_fingerprint = r.certificate->fingerprint_sha256;
        call->presented.certificate_uri = r.certificate->uri_san;
    }
    if (const auto token = bearer(r)) {
        call->presented.token = certs::token_id(parts.token_key, *token);
        if (!call->presented.token && !parts.token_key_before.empty())
            call->presented.token = certs::token_id(parts.token_key_before, *token);
    }
    return call;
}

}  // namespace

Gateway::Gateway(Parts parts)
    : parts_(std::move(parts)),
      limiter_(parts_.requests_per_second),
      throttle_(parts_.login_attempts_per_minute),
      hashing_(std::make_shared<std::atomic<std::int64_t>>(0)) {}

Gateway::~Gateway() = default;

std::shared_ptr<void> Gateway::password_slot() {
    if (hashing_->fetch_add(1) >= parts_.login_queue) {
        hashing_->fetch_sub(1);
        return nullptr;
    }
    return {static_cast<void*>(this), [counter = hashing_](void*) { counter->fetch_sub(1); }};
}

void Gateway::recognise(const CallPtr& call, const operations::Caller& caller) {
    call->caller = caller.principal.label();
    if (call->presented.token || !call->presented.certificate_fingerprint.empty())
        limiter_.belongs(credential_key(*call), call->caller, parts_.clock.now());
}

void Gateway::refuse_token(const CallPtr& call) {
    parts_.tally.add("token_refused", source_prefix(call->request->peer_address));
}

bool Gateway::note_refused_access(store::ReadTxn& txn, const CallPtr& call, const operations::Caller& caller, const Error& error) {
    if (error.code != "case_not_found" || call->path.empty()) return false;
    auto record = operations::refused_access(txn, caller, call->path.front(), call->route->name);
    if (!record || !parts_.refusals.add(std::move(*record)))
        parts_.tally.add("unknown_case", source_prefix(call->request->peer_address));
    return true;
}

std::optional<Response> Gateway::limited(const CallPtr& call) {
    call->quota = limiter_.take(credential_key(*call), parts_.clock.now());
    if (call->quota.wait_s == 0) return std::nullopt;
    parts_.tally.add("too_many_requests", source_prefix(call->request->peer_address));
    return failure(call, {.kind = ErrorKind::too_many,
                          .code = "too_many_requests",
                          .message = "too many requests, please slow down",
                          .retry_after_s = call->quota.wait_s});
}

Response Gateway::not_routed(const CallPtr& call, const Found& found) {
    const std::string source = source_prefix(call->request->peer_address);
    if (found.bad) {
        parts_.tally.add("malformed", source);
        return failure(call, *found.bad);
    }
    // Both keep their status in both error modes: the contract's /v1/cases "must give 404", whatever the caller accepts.
    const bool unknown = !found.path_known;
    const std::string_view code = unknown ? "no_such_path" : "method_not_allowed";
    parts_.tally.add(unknown ? "unknown_route" : "method_not_allowed", source);
    const auto body = connect::render_status(unknown ? 404 : 405, code,
                                             unknown ? "there is nothing at this path" : "this path does not take this method",
                                             call->mode, call->raw_path, call->request->request_id);
    Response response;
    response.status = body.status;
    response.body = body.body;
    response.reason = code;
    response.headers = {{"Content-Type", body.content_type}};
    if (!unknown) response.headers.push_back({"Allow", found.allow});
    add_common_headers(call, response);
    return response;
}

Plan Gateway::plan(std::shared_ptr<const Request> request) {
    auto prepared = prepare(std::move(request));
    if (auto* answer = std::get_if<Response>(&prepared)) return std::move(*answer);
    CallPtr call = std::get<CallPtr>(std::move(prepared));
    const Handler handler = call->route->handler;
    return handler(*this, std::move(call));
}

bool Gateway::streams(Method method, std::string_view target) const {
    const std::string_view path = target.substr(0, target.find('?'));
    if (method != Method::post || !path.ends_with("/attachments")) return false;
    const Found found = find_route(method, path);
    return found.route != nullptr && found.route->upload;
}

std::shared_ptr<Upload> Gateway::upload(std::shared_ptr<const Request> request) {
    auto prepared = prepare(std::move(request));
    if (auto* answer = std::get_if<Response>(&prepared)) return refused_upload(std::move(*answer));
    return begin_form_upload(*this, std::get<CallPtr>(std::move(prepared)));
}

std::variant<CallPtr, Response> Gateway::prepare(std::shared_ptr<const Request> request) {
    CallPtr call = make_call(std::move(request), parts_);
    if (call->request->method == Method::options) return preflight(call->raw_path);
    if (auto slow_down = limited(call)) return std::move(*slow_down);
    Found found = find_route(call->request->method, call->raw_path);
    if (found.route == nullptr || found.bad) return not_routed(call, found);
    call->route = found.route;
    if (call->route->dialect == Dialect::native) call->mode = connect::ErrorMode::own;
    call->path = std::move(found.path);
    call->raw_values = std::move(found.raw_values);
    if (found.route->access == Access::signed_in && !call->presented.token && call->presented.certificate_fingerprint.empty()) {
        refuse_token(call);
        return failure(
            call,
            {.kind = ErrorKind::unauthenticated, .code = "token_invalid", .message = std::string(connect::token_refused_text)});
    }
    auto query = connect::parse_query(call->raw_query);
    if (!query) return failure(call, query.error());
    call->query = std::move(*query);
    if (changes(call->request->method)) {
        auto key = idempotency_key(*call);
        if (!key) return failure(call, key.error());
        call->idempotency_key = std::move(*key);
    }
    return call;
}

void Gateway::add_common_headers(const CallPtr& call, Response& response) const {
    response.headers.push_back({"Cache-Control", "no-store"});
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    if (call->repeated) response.headers.push_back({"Idempotency-Replayed", "true"});
    add_notices(*call, response);
    if (connect_surface(call->raw_path)) {
        response.headers.push_back({"Access-Control-Allow-Origin", "*"});
        response.headers.push_back({"Access-Control-Expose-Headers", std::string(cors_exposed)});
    }
    if (call->route != nullptr) response.route = call->route->name;
    response.caller = call->caller;
}

Response Gateway::reply(const CallPtr& call, int status, std::string body) const {
    Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers.push_back({"Content-Type", std::string(call->problem_only ? connect::problem_type : connect::json_type)});
    add_common_headers(call, response);
    return response;
}

Response Gateway::empty(const CallPtr& call, int status) const {
    Response response;
    response.status = status;
    add_common_headers(call, response);
    return response;
}

Response Gateway::failure(const CallPtr& call, const Error& error) const {
    const auto rendered = connect::render_error(error, call->mode, call->raw_path, call->request->request_id);
    Response response;
    response.status = rendered.status;
    response.body = rendered.body;
    response.reason = error.code;
    response.cause = error.cause;
    response.headers.push_back({"Content-Type", rendered.content_type});
    if (rendered.retry_after_s > 0) response.headers.push_back({"Retry-After", std::to_string(rendered.retry_after_s)});
    if (rendered.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
    add_common_headers(call, response);
    return response;
}

// Auditing or storage failed: nothing happened, and nothing is answered as if it had (audit and crypto reference, section 13).
Response Gateway::fault(const CallPtr& call, std::string cause) const {
    Error error{.kind = ErrorKind::unavailable,
                .code = "audit_unavailable",
                .message = "the gateway cannot record requests right now; nothing happened"};
    error.cause = std::move(cause);
    error.retry_after_s = 2;
    return failure(call, error);
}

Response Gateway::unavailable(const Request& request) {
    const CallPtr call = make_call(std::make_shared<Request>(request), parts_);
    return failure(call, {.kind = ErrorKind::unavailable,
                          .code = "audit_unavailable",
                          .message = "the gateway is too busy to record this request; nothing happened",
                          .retry_after_s = 2});
}

Response Gateway::rejected(int status, std::string_view code, std::string_view detail, const Request* request) {
    auto known = std::make_shared<Request>();
    if (request != nullptr) *known = *request;
    const CallPtr call = make_call(known, parts_);
    parts_.tally.add(code, source_prefix(known->peer_address));
    const auto body = connect::render_status(status, code, detail, call->mode, call->raw_path, known->request_id);
    Response response;
    response.status = body.status;
    response.body = body.body;
    response.reason = std::string(code);
    response.headers.push_back({"Content-Type", body.content_type});
    if (status == 415) response.headers.push_back({"Accept-Encoding", "identity"});
    add_common_headers(call, response);
    return response;
}

void name_record(Response& response, const audit::Receipt& receipt, bool auditor) {
    response.headers.push_back({"Audit-Event", protocol::uuid_text(receipt.event)});
    response.headers.push_back({"Audit-Leaf", ":" + protocol::base64(receipt.leaf) + ":"});
    if (auditor) response.headers.push_back({"Audit-Index", std::to_string(receipt.index)});
}

Plan Gateway::reconcile(CallPtr call, std::vector<protocol::CaseId> cases, std::string cause, std::shared_ptr<Released> released,
                        std::function<Plan()> answer) {
    if (cases.empty()) return answer();
    const protocol::CaseId next = cases.front();
    cases.erase(cases.begin());
    auto moved = std::make_shared<operations::Moved>(operations::Moved::nothing);
    auto step = std::make_unique<OnWriter>();
    step->run = [this, call, next, cause, released, moved](store::Txn& txn) -> store::Written {
        operations::Reconciled done = operations::reconcile_case(txn, context(), next, cause, call->request->request_id);
        *moved = done.moved;
        if (done.moved == operations::Moved::nothing && store::released_since(txn, next, released->turned))
            *moved = operations::Moved::released;
        return {std::move(done.records), true};
    };
    step->then = [this, call, cases = std::move(cases), cause, released, moved, answer](store::Commit commit) mutable -> Plan {
        // The key turned durably already; a case that could not follow now is taken up by the housekeeper.
        if (commit.durable && *moved == operations::Moved::released) ++released->cases;
        return reconcile(std::move(call), std::move(cases), std::move(cause), released, std::move(answer));
    };
    return step;
}

}  // namespace entente::api
