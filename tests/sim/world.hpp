#pragma once
// A gateway in this process under a clock that stands, and two companies that talk to it through its API. Sessions end by the same
// clock, so a partner signs in again when its token is old.

#include <boost/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include "server/gateway.hpp"
#include "tests/support/manual_clock.hpp"

namespace entente::tests {

struct Reply {
    int status = 0;
    boost::json::value body;
    std::string text(const char* member) const { return std::string(body.at(member).as_string()); }
    std::int64_t number(const char* member) const { return body.at(member).as_int64(); }
};

class SimWorld {
  public:
    explicit SimWorld(const std::filesystem::path& folder);

    ManualClock clock;

    void restart();  // the gateway goes and comes back on the same data
    void keep_house() { gateway_->keep_house(); }
    void stop() { gateway_.reset(); }
    Config config() const { return config_; }

    class Partner {
      public:
        Partner(SimWorld& world, std::string tenant, std::string id, std::string secret)
            : world_(&world), tenant_(std::move(tenant)), id_(std::move(id)), secret_(std::move(secret)) {}
        Reply call(api::Method method, const std::string& target, const boost::json::value& body = nullptr);
        Reply post(const std::string& target, const boost::json::value& body = boost::json::object()) {
            return call(api::Method::post, target, body);
        }
        Reply get(const std::string& target) { return call(api::Method::get, target); }

      private:
        void sign_in();

        SimWorld* world_;
        std::string tenant_, id_, secret_, token_;
        std::int64_t valid_until_us_ = 0;
    };

    struct Company {
        std::int64_t id = 0;
        std::string domain;
        Partner administrator, compliance, engineer;
        std::int64_t form = 0;
        std::int64_t customer_field = 0;
    };
    Company company(const std::string& name);
    void agree(Company& one, Company& other);
    // A customer of `company` that permits everything with `partner` for a year; its name.
    std::string customer(Company& company, Company& partner, const std::string& name);

  private:
    Reply send(api::Method method, const std::string& target, std::string body, const std::string& type, const std::string& token);
    Partner client(std::int64_t company, const std::string& role);
    std::string day(int days_from_now) const;

    Config config_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<Partner> operator_;
};

}  // namespace entente::tests
