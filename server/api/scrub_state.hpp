#pragma once
// How far the background check of the log and the file is, as the API shows it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "protocol/instant.hpp"

namespace entente::api {

struct ScrubState {
    bool running = false;
    std::int64_t checked = 0;  // of the running or the last run
    std::int64_t size = 0;
    std::optional<protocol::Instant> last;  // end of the last run; none: not yet
    bool good = true;                       // what the last run found
    std::string sentence;                   // of the first finding, or what was checked
    std::optional<std::int64_t> first_bad;
    std::optional<protocol::Instant> next;  // none: never by itself
};

struct Scrub {
    std::function<ScrubState()> state;
    std::function<void()> begin;  // now, unless it runs already
};

}  // namespace entente::api
