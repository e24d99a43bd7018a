#pragma once
// The API of the second listener: GET /metrics, /healthz and /readyz, for a monitoring system on the same machine or network.
//
// /healthz says that the process answers. /readyz asks `ready` (cheap, any network thread): empty means ready, otherwise the
// name of what is missing, answered with 503.

#include <functional>
#include <string>

#include "server/api/plan.hpp"
#include "server/metrics.hpp"

namespace entente::net {

class MetricsApi final : public api::Api {
  public:
    MetricsApi(const Metrics& metrics, std::function<std::string()> ready) : metrics_(metrics), ready_(std::move(ready)) {}

    api::Plan plan(std::shared_ptr<const api::Request> request) override;
    api::Response unavailable(const api::Request& request) override;
    api::Response rejected(int status, std::string_view code, std::string_view detail, const api::Request* request) override;

  private:
    const Metrics& metrics_;
    std::function<std::string()> ready_;
};

}  // namespace entente::net
