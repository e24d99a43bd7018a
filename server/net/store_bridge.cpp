// From a plan to its response. Steps go to the workers' or the store's bounded queue and the session sleeps; what comes back is
// posted to the session's own thread. A step that is not back in time is given up: if it had not begun it never will; if it had,
// its late answer is dropped and, when it had changed something, logged, because the caller was told 503.

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "server/net/connection.hpp"

namespace entente::net {
namespace {

using Resume = std::move_only_function<api::Plan()>;

// One step between the session's thread and the thread that does it. It holds the plan's functions until both are done with
// them, since work and continuation may share what they captured.
class Step {
  public:
    // The thread that works asks before it begins, each time it runs the work.
    bool begin() {
        Phase expected = Phase::waiting;
        return phase_.compare_exchange_strong(expected, Phase::begun) || expected == Phase::begun;
    }

    // The rest is the session's thread.
    void finish(Resume resume, bool changed_something) {
        if (timer_ == nullptr) {
            if (changed_something) log::warning("step.late", {{"request_id", request_id_}});
            return;
        }
        resume_ = std::move(resume);
        timer_->cancel();
    }
    void await_with(Timer& timer, std::string request_id) {
        timer_ = &timer;
        request_id_ = std::move(request_id);
    }
    // The continuation, or nothing when the time is over.
    std::optional<Resume> stop_awaiting() {
        timer_ = nullptr;
        if (resume_) return std::exchange(resume_, nullptr);
        Phase expected = Phase::waiting;
        abandoned_in_time_ = phase_.compare_exchange_strong(expected, Phase::abandoned);
        return std::nullopt;
    }
    bool abandoned_in_time() const { return abandoned_in_time_; }

    std::unique_ptr<api::OnReader> reader;
    std::unique_ptr<api::OnWriter> writer;

  private:
    enum class Phase { waiting, begun, abandoned };
    std::atomic<Phase> phase_{Phase::waiting};
    Timer* timer_ = nullptr;
    Resume resume_;
    std::string request_id_;
    bool abandoned_in_time_ = false;
};

using StepPtr = std::shared_ptr<Step>;

// Each of these is false when the queue is full: nothing happened.
bool queue(Loop& loop, const StepPtr& step, std::unique_ptr<api::OnWorker> what) {
    return loop.rim.workers.post([step = StepPtr(step), home = loop.shared_from_this(), what = std::move(what)]() mutable {
        if (!step->begin()) return;
        Resume resume;
        try {
            resume = [plan = what->run()]() mutable { return std::move(plan); };
        } catch (...) {
            resume = [fault = std::current_exception()]() -> api::Plan { std::rethrow_exception(fault); };
        }
        what.reset();
        Loop& to = *home;
        to.post([step = std::move(step), resume = std::move(resume)]() mutable { step->finish(std::move(resume), false); });
    });
}

bool queue(Loop& loop, const StepPtr& step, std::unique_ptr<api::OnReader> what) {
    step->reader = std::move(what);
    auto run = [step, work = std::move(step->reader->run)](store::ReadTxn& txn) {
        if (step->begin()) work(txn);
    };
    return loop.rim.store.read(std::move(run), [step = StepPtr(step), home = loop.shared_from_this()](std::string fault) mutable {
        Loop& to = *home;
        to.post([step = std::move(step), fault = std::move(fault)]() mutable {
            Step& finished = *step;
            finished.finish(
                [step = std::move(step), fault = std::move(fault)]() mutable { return step->reader->then(std::move(fault)); },
                false);
        });
    });
}

bool queue(Loop& loop, const StepPtr& step, std::unique_ptr<api::OnWriter> what) {
    step->writer = std::move(what);
    auto run = [step, work = std::move(step->writer->run)](store::Txn& txn) {
        return step->begin() ? work(txn) : store::Written{.records = {}, .keep = false};
    };
    return loop.rim.store.submit(
        std::move(run), [step = StepPtr(step), home = loop.shared_from_this()](store::Commit commit) mutable {
            Loop& to = *home;
            to.post([step = std::move(step), commit = std::move(commit)]() mutable {
                Step& finished = *step;
                const bool changed = commit.durable && !commit.receipts.empty();
                finished.finish([step = std::move(step),
                                 commit = std::move(commit)]() mutable { return step->writer->then(std::move(commit)); },
                                changed);
            });
        });
}

std::string_view kind_of(const api::Plan& plan) {
    if (std::holds_alternative<std::unique_ptr<api::OnWorker>>(plan)) return "worker";
    return std::holds_alternative<std::unique_ptr<api::OnReader>>(plan) ? "reader" : "writer";
}

// Nothing when the queue is full.
StepPtr begin_step(Loop& loop, api::Plan& plan) {
    auto step = std::make_shared<Step>();
    bool queued = false;
    if (auto* worker = std::get_if<std::unique_ptr<api::OnWorker>>(&plan)) queued = queue(loop, step, std::move(*worker));
    if (auto* reader = std::get_if<std::unique_ptr<api::OnReader>>(&plan)) queued = queue(loop, step, std::move(*reader));
    if (auto* writer = std::get_if<std::unique_ptr<api::OnWriter>>(&plan)) queued = queue(loop, step, std::move(*writer));
    return queued ? step : nullptr;
}

api::Response unavailable(Connection& c, const api::Request& request, std::string_view reason, std::string cause = {}) {
    api::Response response = c.loop.rim.api.unavailable(request);
    if (response.reason.empty()) response.reason = reason;
    if (response.cause.empty()) response.cause = std::move(cause);
    return response;
}

// The session's catch site: a fault of the world is 503, a broken promise of ours 500, and the connection lives on.
template <class Next>
api::Plan guarded(Connection& c, const api::Request& request, Next next) {
    try {
        return next();
    } catch (const protocol::Fault& fault) {
        return unavailable(c, request, "fault", fault.what());
    } catch (const std::exception& mistake) {
        api::Response response = c.loop.rim.api.rejected(500, "internal", "the gateway could not answer", &request);
        response.cause = mistake.what();
        return response;
    }
}

Task<std::optional<Resume>> await_step(Connection& c, StepPtr step, std::string_view kind, std::string request_id) {
    const auto begun = SteadyClock::now();
    Timer timer(c.loop.context, c.settings->limits.step);
    step->await_with(timer, std::move(request_id));
    c.step_timer = &timer;
    co_await timer.async_wait(as_value);
    c.step_timer = nullptr;
    std::optional<Resume> resume = step->stop_awaiting();
    RimMetrics& metrics = c.loop.rim.metrics;
    metrics.step_seconds.with({kind}).observe(std::chrono::duration<double>(SteadyClock::now() - begun).count());
    metrics.steps.with({kind, resume ? "done" : step->abandoned_in_time() ? "abandoned" : "late"}).add();
    co_return resume;
}

// Sleeps until the bell rings, the time is over or the connection is cut off.
Task<> await_bell(Connection& c, api::OnBell& waiting) {
    Timer timer(c.loop.context, waiting.wait);
    auto sleeping = std::make_shared<Timer*>(&timer);
    c.step_timer = &timer;
    const auto ticket = waiting.bell->listen(waiting.seen, [sleeping, home = c.loop.shared_from_this()] {
        home->post([sleeping] {
            if (*sleeping != nullptr) (*sleeping)->cancel();
        });
    });
    co_await timer.async_wait(as_value);
    *sleeping = nullptr;
    c.step_timer = nullptr;
    waiting.bell->forget(ticket);
}

Task<api::Response> drive(Connection& c, std::shared_ptr<const api::Request> request, api::Plan plan) {
    while (!std::holds_alternative<api::Response>(plan)) {
        if (auto* bell = std::get_if<std::unique_ptr<api::OnBell>>(&plan)) {
            const std::unique_ptr<api::OnBell> waiting = std::move(*bell);
            co_await await_bell(c, *waiting);
            if (c.cut) co_return unavailable(c, *request, "draining");
            plan = guarded(c, *request, [&] { return waiting->then(); });
            continue;
        }
        const std::string_view kind = kind_of(plan);
        StepPtr step = begin_step(c.loop, plan);
        if (!step) {
            c.loop.rim.metrics.steps.with({kind, "queue_full"}).add();
            co_return unavailable(c, *request, "queue_full");
        }
        std::optional<Resume> resume = co_await await_step(c, std::move(step), kind, request->request_id);
        if (!resume) co_return unavailable(c, *request, "step_timeout");
        plan = guarded(c, *request, [&] { return (*resume)(); });
    }
    co_return std::get<api::Response>(std::move(plan));
}

}  // namespace

Task<api::Response> answer(Connection& c, std::shared_ptr<const api::Request> request) {
    api::Plan plan = guarded(c, *request, [&] { return c.loop.rim.api.plan(request); });
    co_return co_await drive(c, std::move(request), std::move(plan));
}

Task<api::Response> drive_upload(Connection& c, std::shared_ptr<const api::Request> request, std::function<api::Plan()> make) {
    api::Plan plan = guarded(c, *request, make);
    co_return co_await drive(c, std::move(request), std::move(plan));
}

Task<api::Response> next_piece(Connection& c, std::shared_ptr<const api::Request> request, std::shared_ptr<api::Stream> stream) {
    api::Plan plan = guarded(c, *request, [&] { return stream->next(); });
    co_return co_await drive(c, std::move(request), std::move(plan));
}

}  // namespace entente::net
