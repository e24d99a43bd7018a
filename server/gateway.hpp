#pragma once
// The composition root: builds every part in order, hands out references, destroys in reverse. Two gateways fit in one process,
// each with its own data folder.
//
// serve: listens, keeps house, reloads on SIGHUP and drains on SIGTERM or SIGINT. local: the same pipeline without sockets, for
// tools that work on the data of a gateway that is not running. Errors at start are Faults with a plain sentence; audit::Tampered
// when the log contradicts itself.

#include <memory>

#include "server/api/message.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"

namespace entente {

class Gateway {
  public:
    enum class Mode { serve, local };

    // `clock`: what time it is for everything in the gateway; none: the machine's. It outlives the gateway.
    static std::unique_ptr<Gateway> open(const Config& config, Mode mode, const Clock* clock = nullptr);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    void start();  // listens; serve mode only
    void wait();   // until SIGTERM or SIGINT; SIGHUP reloads certificates
    void stop();   // drains listeners and store; safe to call twice

    // What the housekeeper does once a second, on the calling thread; for a gateway that was not started.
    void keep_house();
    // One request through the whole pipeline on the calling thread.
    api::Response call(api::Request request);

  private:
    struct Parts;
    explicit Gateway(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// Every route as "METHOD /path operationId", one a line: what the contract of the wire is compared with.
std::string routes_text();

}  // namespace entente
