#pragma once
// Who is about to send something of which case. When a key turns, what has not begun to leave must not leave any more: stop()
// cancels every delivery of the case that has not passed its last gate, before the withdrawal is acknowledged (semantics 2). What
// leaves in many pieces (files) stops in the middle.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "protocol/ids.hpp"
#include "server/net/client_link.hpp"

namespace entente::deliveries {

class Departures {
  public:
    // One delivery between its lease and its last gate.
    class Pass {
      public:
        // True once: the delivery may leave. False when it was stopped before.
        bool leave() {
            State expected = State::waiting;
            return state_.compare_exchange_strong(expected, State::left) || expected == State::left;
        }
        bool stopped() const { return state_ == State::stopped; }

      private:
        friend class Departures;
        enum class State { waiting, left, stopped };
        std::atomic<State> state_{State::waiting};
    };

    std::shared_ptr<Pass> enter(protocol::CaseId id) {
        auto pass = std::make_shared<Pass>();
        const std::lock_guard hold(mutex_);
        std::erase_if(passes_, [](const auto& entry) { return entry.second.expired(); });
        passes_.emplace(id.value, pass);
        return pass;
    }
    std::shared_ptr<net::StreamGate> enter_stream(protocol::CaseId id) {
        auto gate = std::make_shared<net::StreamGate>();
        const std::lock_guard hold(mutex_);
        std::erase_if(streams_, [](const auto& entry) { return entry.second.expired(); });
        streams_.emplace(id.value, gate);
        return gate;
    }
    void stop(protocol::CaseId id) {
        const std::lock_guard hold(mutex_);
        const auto [first, last] = streams_.equal_range(id.value);
        for (auto it = first; it != last; ++it)
            if (const auto gate = it->second.lock()) gate->shut();
        const auto [begin, end] = passes_.equal_range(id.value);
        for (auto it = begin; it != end; ++it)
            if (const auto pass = it->second.lock()) {
                auto expected = Pass::State::waiting;
                pass->state_.compare_exchange_strong(expected, Pass::State::stopped);
            }
    }

  private:
    std::mutex mutex_;
    std::multimap<std::int64_t, std::weak_ptr<Pass>> passes_;
    std::multimap<std::int64_t, std::weak_ptr<net::StreamGate>> streams_;
};

}  // namespace entente::deliveries
