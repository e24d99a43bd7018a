#include "server/net/metrics_api.hpp"

#include <string_view>
#include <utility>

namespace entente::net {
namespace {

api::Response text_response(int status, std::string route, std::string body, std::string_view type = "text/plain; charset=utf-8") {
    api::Response response;
    response.status = status;
    response.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}};
    response.body = std::move(body);
    response.route = std::move(route);
    return response;
}

}  // namespace

api::Plan MetricsApi::plan(std::shared_ptr<const api::Request> request) {
    const std::string_view target = request->target;
    const std::string_view path = target.substr(0, target.find('?'));
    const bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
    if (!known) return text_response(404, "none", "there are /metrics, /healthz and /readyz\n");
    if (request->method != api::Method::get && request->method != api::Method::head) {
        api::Response response = text_response(405, std::string(path.substr(1)), "only GET\n");
        response.headers.push_back({"Allow", "GET, HEAD"});
        return response;
    }
    if (path == "/metrics") return text_response(200, "metrics", metrics_.text(), "text/plain; version=0.0.4; charset=utf-8");
    if (path == "/healthz") return text_response(200, "healthz", "alive\n");
    const std::string missing = ready_();
    if (missing.empty()) return text_response(200, "readyz", "ready\n");
    return text_response(503, "readyz", "not ready: " + missing + '\n');
}

api::Response MetricsApi::unavailable(const api::Request&) {
    api::Response response = text_response(503, "none", "try again\n");
    response.headers.push_back({"Retry-After", "2"});
    return response;
}

api::Response MetricsApi::rejected(int status, std::string_view, std::string_view detail, const api::Request*) {
    return text_response(status, "none", std::string(detail) + '\n');
}

}  // namespace entente::net
