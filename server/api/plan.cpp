#include "server/api/plan.hpp"

#include <future>

namespace entente::api {

namespace {

// Gives a queued step's answer back to the waiting thread. Nothing when the step could not be queued.
std::optional<Plan> step(store::Store& store, OnReader& reader) {
    std::promise<std::string> answered;
    auto answer = answered.get_future();
    if (!store.read(std::move(reader.run), [&](std::string fault) { answered.set_value(std::move(fault)); })) return std::nullopt;
    return reader.then(answer.get());
}

std::optional<Plan> step(store::Store& store, OnWriter& writer) {
    std::promise<store::Commit> answered;
    auto answer = answered.get_future();
    if (!store.submit(std::move(writer.run), [&](store::Commit commit) { answered.set_value(std::move(commit)); }))
        return std::nullopt;
    return writer.then(answer.get());
}

std::optional<Plan> step(store::Store&, OnBell& waiting) {
    auto rung = std::make_shared<std::promise<void>>();
    auto answer = rung->get_future();
    const auto ticket = waiting.bell->listen(waiting.seen, [rung] { rung->set_value(); });
    answer.wait_for(waiting.wait);
    waiting.bell->forget(ticket);
    return waiting.then();
}

}  // namespace

Response run_to_completion(Api& api, store::Store& store, std::shared_ptr<const Request> request) {
    Plan plan = api.plan(request);
    for (;;) {
        if (auto* ready = std::get_if<Response>(&plan)) return std::move(*ready);
        if (auto* worker = std::get_if<std::unique_ptr<OnWorker>>(&plan)) {
            const auto step_held = std::move(*worker);
            plan = step_held->run();
            continue;
        }
        std::optional<Plan> next;
        if (auto* reader = std::get_if<std::unique_ptr<OnReader>>(&plan)) {
            const auto step_held = std::move(*reader);
            next = step(store, *step_held);
        } else if (auto* bell = std::get_if<std::unique_ptr<OnBell>>(&plan)) {
            const auto step_held = std::move(*bell);
            next = step(store, *step_held);
        } else {
            const auto step_held = std::move(std::get<std::unique_ptr<OnWriter>>(plan));
            next = step(store, *step_held);
        }
        if (!next) return api.unavailable(*request);
        plan = std::move(*next);
    }
}

}  // namespace entente::api
