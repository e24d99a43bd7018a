#pragma once
// entente sandbox: a gateway of its own for somebody who writes a connector, with a partner company that answers by itself.
//
// Everything is made through the API and everything that the partner does goes through it, in this process and without a socket;
// the person's own calls come over TLS as to any gateway.

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "protocol/instant.hpp"
#include "server/gateway.hpp"
#include "server/tools/value.hpp"

namespace entente::tools {

// One caller of the sandbox's gateway. Anything but success is a Fault with the answer's own words.
class Voice {
  public:
    explicit Voice(Gateway& gateway) : gateway_(gateway) {}
    void sign_in(std::string_view username, std::string_view password);
    void sign_in_client(std::string_view id, std::string_view secret);
    Value get(const std::string& target);
    Value post(const std::string& target, const std::string& body, std::string_view key = {});
    // The same, but a refusal is nothing: the other side may have been faster.
    std::optional<Value> attempt(api::Method method, const std::string& target, const std::string& body, std::string_view key);

  private:
    api::Response send(api::Method method, const std::string& target, std::string body, std::string_view type,
                       std::string_view key);
    Gateway& gateway_;
    std::string token_;
};

// What a developer is told.
struct SandboxWorld {
    std::string company, partner;  // ids
    std::string company_name, partner_name;
    std::string username, password;  // an engineer of the own company
    std::string client_id, client_secret;
    std::string customer;                      // the name that a case must carry
    std::string form;                          // the partner's own form
    std::string customer_field;                // the field of that form that names the customer
    std::map<std::string, std::string> forms;  // behaviour to the form of the department that has it
    std::string partner_client_id, partner_client_secret;
};
SandboxWorld make_sandbox_world(Gateway& gateway, std::string_view operator_id, std::string_view operator_secret,
                                protocol::Instant now);

// The fake partner: a thread that looks at its cases and answers, refuses, asks or stalls, as the summary's words or the department
// say. `say` gets a line for each thing that it does.
class FakePartner {
  public:
    FakePartner(Gateway& gateway, const SandboxWorld& world, std::function<void(const std::string&)> say);
    ~FakePartner();

  private:
    void run();
    void look();
    void treat(const Value& row);
    void answer(const std::string& token, const std::string& kind, const std::string& body, const std::string& line);
    std::string behaviour(const Value& row) const;

    Voice voice_;
    const SandboxWorld& world_;
    std::function<void(const std::string&)> say_;
    std::map<std::string, std::string> seen_;  // token to the version that was treated
    int next_number_ = 1;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace entente::tools
