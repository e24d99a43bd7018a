#pragma once
// How a tool reaches the API: over TLS to a running gateway, or in this process on the data of a gateway that is not running. Both
// carry the same requests, so that every command works either way.

#include <memory>
#include <string>

#include "protocol/result.hpp"
#include "server/api/message.hpp"

namespace entente::tools {

// No gateway could be reached; the sentence says where it was looked for.
class Unreachable : public protocol::Fault {
  public:
    using protocol::Fault::Fault;
};

class Transport {
  public:
    virtual ~Transport() = default;
    // Throws Unreachable when no answer came.
    virtual api::Response call(api::Request request) = 0;
    virtual std::string where() const = 0;  // https://localhost:8443, or the data folder
};

// Where to look for the gateway.
struct Address {
    std::string url;          // named by the person: only there
    std::string ca_file;      // empty: the development authority in the keys folder, else the system's authorities
    std::string config_file;  // of the gateway on this machine; empty: none found
};

}  // namespace entente::tools
