#pragma once
// A route: verb and path to a handler that decodes, names the operation and renders. The table is the one list of what the gateway
// serves; a test compares it with protocol/openapi both ways.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/connect/errors.hpp"
#include "protocol/connect/query.hpp"
#include "server/api/limits.hpp"
#include "server/api/plan.hpp"
#include "server/operations/sessions.hpp"

namespace entente::api {

class Gateway;  // the shared parts of the API (gateway_api.hpp)

enum class Dialect { connect, native };

struct Route;

// One request on its way. Shared by the steps of its plan.
struct Call {
    std::shared_ptr<const Request> request;
    const Route* route = nullptr;
    std::vector<std::string> path;        // decoded values of the {parameters}, in order
    std::vector<std::string> raw_values;  // the same as they were sent
    std::string_view raw_path;            // without query
    std::string_view raw_query;
    std::vector<protocol::connect::QueryItem> query;
    protocol::connect::ErrorMode mode = protocol::connect::ErrorMode::legacy;
    bool problem_only = false;  // success bodies carry the problem label as well (contract section 4)
    operations::Presented presented;
    std::optional<std::string> idempotency_key;  // of a write
    bool repeated = false;                       // the answer shows what an earlier request with that key did
    Quota quota;                                 // of this caller, as far as it was asked
    std::string caller;                          // label, once it is known
    std::string reason;                          // code of a refusal, for the log line
};
using CallPtr = std::shared_ptr<Call>;

using Handler = Plan (*)(Gateway&, CallPtr);

enum class Access { open, signed_in };

struct Route {
    Method method;
    std::string_view pattern;  // /v1/collaboration-requests/{token}
    std::string_view name;     // operation id: log lines, metrics, OpenAPI
    Dialect dialect;
    Access access;
    Handler handler;
    bool deprecated = false;
    bool upload = false;  // its body is taken piece by piece (uploads)
};

std::span<const Route> connect_routes();
std::span<const Route> native_routes();

struct Found {
    const Route* route = nullptr;
    std::vector<std::string> path;        // values of the parameters, percent-decoded
    std::vector<std::string> raw_values;  // as they were sent
    bool path_known = false;              // another verb would have fitted: 405
    std::string allow;                    // for the Allow header
    std::optional<protocol::Error> bad;   // undecodable segment
};
Found find_route(Method method, std::string_view path);

}  // namespace entente::api
