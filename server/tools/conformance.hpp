#pragma once
// The conformance kit: runs the public Connect contract against any server that claims to speak it and says what fits. It knows the
// contract alone, nothing of Entente. Private to server/tools/conformance*.cpp.
//
// It writes: test cases (`testSubmission`), marked as such, and a subscription that it deletes again.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/tools/transport.hpp"
#include "server/tools/value.hpp"

namespace entente::tools::conformance {

// passed; failed: a client in the field would stumble; differs: the contract leaves it open and this server chose otherwise;
// skipped: could not be looked at, the detail says why.
enum class Outcome { passed, failed, differs, skipped };
std::string_view name(Outcome outcome);

struct Finding {
    Outcome outcome = Outcome::passed;
    std::string detail{};
};
inline Finding pass() {
    return {};
}
inline Finding fail(std::string detail) {
    return {Outcome::failed, std::move(detail)};
}
inline Finding differs(std::string detail) {
    return {Outcome::differs, std::move(detail)};
}
inline Finding skip(std::string why) {
    return {Outcome::skipped, std::move(why)};
}

struct Check {
    std::string section;  // of the contract
    std::string title;
    Finding finding;
};

struct Exchange {
    int status = 0;
    std::string media;  // content type without parameters
    std::vector<api::Header> headers;
    std::string raw;
    Value body;
    std::string said() const;  // "404 {...}", for a report; shortened
    std::string message() const;
    std::string header(std::string_view name) const;
};

inline constexpr std::string_view problem_mode = "application/problem+json, application/json";
inline constexpr std::string_view problem_only = "application/problem+json";
inline constexpr std::string_view legacy_mode = "application/json";

// One identity on the server.
class Peer {
  public:
    explicit Peer(Transport& transport) : transport_(transport) {}
    std::string token;

    // An empty `accept` sends none.
    Exchange call(api::Method method, const std::string& target, std::string body = {}, std::string_view accept = problem_mode,
                  std::vector<api::Header> more = {}) const;
    Exchange get(const std::string& target, std::string_view accept = problem_mode) const {
        return call(api::Method::get, target, {}, accept);
    }
    Exchange post(const std::string& target, std::string body, std::string_view accept = problem_mode) const {
        return call(api::Method::post, target, std::move(body), accept);
    }

  private:
    Transport& transport_;
};

struct Subject {
    Peer submitter;
    Peer receiver;
    bool has_receiver = false;
    std::function<Exchange(bool wrong)> sign_in;  // as the submitter; with a wrong secret when asked
    bool by_client = true;
    std::string document;  // the form that is filled in; empty: no case is opened
    std::string term;      // a keyword that finds the partner; empty: not searched by name
    std::string customer;  // value for the fields that ask for the customer
    std::string run;       // marks what this run made
};

class Report {
  public:
    // A check that throws nothing but Unreachable. Its finding is kept and returned.
    const Finding& check(std::string section, std::string title, const std::function<Finding()>& look);
    const std::vector<Check>& checks() const { return checks_; }
    int count(Outcome outcome) const;

  private:
    std::vector<Check> checks_;
};

// --- what is looked at, one file a part ---
void check_identity(const Subject& subject, Report& report);
void check_errors(const Subject& subject, Report& report);
void check_directory(const Subject& subject, Report& report);
void check_lists(const Subject& subject, Report& report);
void check_webhooks(const Subject& subject, Report& report);
void check_life(const Subject& subject, Report& report);
// `path`: of an open case of this party; empty: there is none.
void check_files(const Peer& party, const std::string& path, Report& report);

// --- shapes (sections 6 to 13, 19.2); an empty text is a good one ---
std::string wrong_in_case(const Value& c);
std::string wrong_in_form(const Value& form);
std::string wrong_in_partner(const Value& row);
std::string wrong_in_page(const Value& page);
// The form filled in: fields that ask for the customer get `customer`, the others stay blank.
std::string filled(const Value& form, const std::string& number, const std::string& customer);

}  // namespace entente::tools::conformance
