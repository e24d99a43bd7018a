#include "server/net/workers.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "server/log.hpp"

namespace entente::net {

Workers::Workers(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back(&Workers::run, this);
}

Workers::~Workers() {
    stop();
}

bool Workers::post(Work work) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= queue_max_) return false;
        queue_.push_back(std::move(work));
    }
    arrived_.notify_one();
    return true;
}

std::size_t Workers::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void Workers::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void Workers::run() {
    for (;;) {
        Work work;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        try {
            work();
        } catch (const std::exception& fault) {
            log::error("worker.fault", {{"cause", fault.what()}});
        }
    }
}

}  // namespace entente::net
