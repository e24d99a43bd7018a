#pragma once
// A bounded pool of threads for work that is expensive and needs no transaction: password hashes, scans of text, signature checks.
//
// `post` never waits: a full queue answers false at once and nothing happened. `stop` refuses what comes, runs what is queued and
// joins; the destructor does the same. A work that throws is logged and counted, the thread lives on. Any thread may post.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace entente::net {

class Workers {
  public:
    using Work = std::move_only_function<void()>;

    Workers(unsigned threads, std::size_t queue_max);  // threads 0: one a core
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    bool post(Work work);
    void stop();
    std::size_t queued() const;

  private:
    void run();

    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Work> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace entente::net
