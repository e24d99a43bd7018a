#pragma once
// Wakes those who wait for something new: long polls of the event feed and the dispatcher. Ringing is cheap and may be in vain;
// whoever wakes looks for himself. All members from any thread.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace entente {

class Bell {
  public:
    using Ticket = std::uint64_t;

    std::uint64_t count() const {
        const std::lock_guard hold(mutex_);
        return count_;
    }
    void ring() {
        std::map<Ticket, std::function<void()>> waiting;
        {
            const std::lock_guard hold(mutex_);
            ++count_;
            waiting.swap(waiting_);
        }
        for (auto& [ticket, wake] : waiting) wake();
    }
    // The house is being shut: everybody wakes, nobody waits any more.
    void close() {
        {
            const std::lock_guard hold(mutex_);
            closed_ = true;
        }
        ring();
    }
    bool closed() const {
        const std::lock_guard hold(mutex_);
        return closed_;
    }
    // Calls `wake` once when the bell has rung since it showed `seen`: at once, or later on the thread that rings. Must not block.
    Ticket listen(std::uint64_t seen, std::function<void()> wake) {
        {
            const std::lock_guard hold(mutex_);
            if (count_ == seen && !closed_) {
                waiting_.emplace(++last_ticket_, std::move(wake));
                return last_ticket_;
            }
        }
        wake();
        return 0;
    }
    void forget(Ticket ticket) {
        const std::lock_guard hold(mutex_);
        waiting_.erase(ticket);
    }

  private:
    mutable std::mutex mutex_;
    std::uint64_t count_ = 0;
    bool closed_ = false;
    Ticket last_ticket_ = 0;
    std::map<Ticket, std::function<void()>> waiting_;
};

}  // namespace entente
