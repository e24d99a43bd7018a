#pragma once
// Asks a virus scanner (clamd's INSTREAM) about a file, before any of it leaves. Where it is configured its failure blocks: a file
// is clean only when the scanner said so about all of it.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace entente::deliveries {

class Clamd {
  public:
    // `address`: unix:/run/clamav/clamd.ctl, or host:port. Throws Fault for anything else.
    Clamd(std::string_view address, std::chrono::milliseconds timeout);

    // The name of what was found; nothing when the file is clean. `next` gives the file's pieces. Fault: it could not be asked, or
    // did not answer about all of it.
    std::optional<std::string> find(const std::function<std::string_view()>& next) const;

  private:
    std::string path_;  // of a unix socket, or empty
    std::string host_;
    std::string port_;
    std::chrono::milliseconds timeout_;
};

}  // namespace entente::deliveries
