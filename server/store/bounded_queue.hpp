#pragma once
// A queue between threads that never grows past its bound: a full one refuses at once. Closing refuses what comes and lets what is
// queued be taken.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace entente::store {

template <class T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

    // False: full or closed; `item` is untouched.
    bool push(T&& item) {
        {
            const std::lock_guard guard(mutex_);
            if (closed_ || items_.size() >= limit_) return false;
            items_.push_back(std::move(item));
        }
        arrived_.notify_one();
        return true;
    }

    // Up to `most` items, waiting at most `patience` for the first. Empty: nothing came.
    std::vector<T> take(std::size_t most, std::chrono::milliseconds patience) {
        std::vector<T> taken;
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, patience, [&] { return closed_ || !items_.empty(); });
        while (!items_.empty() && taken.size() < most) {
            taken.push_back(std::move(items_.front()));
            items_.pop_front();
        }
        return taken;
    }

    void close() {
        {
            const std::lock_guard guard(mutex_);
            closed_ = true;
        }
        arrived_.notify_all();
    }

    // Closed and nothing left to take.
    bool finished() const {
        const std::lock_guard guard(mutex_);
        return closed_ && items_.empty();
    }

    std::size_t size() const {
        const std::lock_guard guard(mutex_);
        return items_.size();
    }

  private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace entente::store
