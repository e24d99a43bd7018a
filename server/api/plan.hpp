#pragma once
// What the pipeline returns for a request: a finished response, or one step of work and what comes after it.
//
// The pipeline, decoders and renderers are synchronous functions of values. Whoever drives a plan (the session coroutine in
// server/net, or run_to_completion for tools and tests) carries each step to its thread and feeds the answer to `then`:
//
//   OnWorker   expensive pure work without a transaction (Argon2, scan of text), on the worker pool
//   OnReader   a read transaction on one of the store's readers
//   OnWriter   a write transaction; `then` runs after the batch is durable or after the fault
//   OnBell     nothing but waiting, for the bell or until the time is over
//
// A step that cannot be queued (full queue, draining) is answered by `unavailable()`: 503 with Retry-After, nothing happened.

#include <chrono>
#include <functional>
#include <memory>
#include <variant>

#include "server/api/message.hpp"
#include "server/bell.hpp"
#include "server/store/store.hpp"

namespace entente::api {

struct OnWorker;
struct OnReader;
struct OnWriter;
struct OnBell;
using Plan = std::variant<Response, std::unique_ptr<OnWorker>, std::unique_ptr<OnReader>, std::unique_ptr<OnWriter>,
                          std::unique_ptr<OnBell>>;

struct OnWorker {
    std::move_only_function<Plan()> run;
};
struct OnReader {
    store::ReadWork run;
    std::move_only_function<Plan(std::string fault)> then;
};
struct OnWriter {
    store::Work run;
    std::move_only_function<Plan(store::Commit)> then;
};

struct OnBell {
    Bell* bell = nullptr;    // outlives every plan
    std::uint64_t seen = 0;  // its count when the caller looked
    std::chrono::milliseconds wait{0};
    std::move_only_function<Plan()> then;
};

// The rest of a streamed answer. `next` is called when the piece before was sent; a piece is a Response of status 200 whose body is
// sent as it is, any other status ends the stream.
struct Stream {
    std::function<Plan()> next;
};

// A request whose body is taken piece by piece instead of being gathered (README, named exceptions). Every plan ends in a Response:
// status 100 means go on, any other is the answer, after which nothing more of the body is read. Called in this order, one at a
// time.
class Upload {
  public:
    virtual ~Upload() = default;
    virtual Plan begin() = 0;                  // the header is there, no byte of the body was looked at
    virtual Plan take(std::string piece) = 0;  // a bounded piece
    virtual Plan end() = 0;                    // the body was whole; its plan may wait for long, with OnBell
};

// The API as the rim sees it. Thread-safe; must outlive every plan that it made.
class Api {
  public:
    virtual ~Api() = default;
    virtual Plan plan(std::shared_ptr<const Request> request) = 0;
    // Does this request line begin an upload? Asked before the header is read: cheap, from any thread.
    virtual bool streams(Method, std::string_view) const { return false; }
    // Of a request for which `streams` said yes; its body is empty.
    virtual std::shared_ptr<Upload> upload(std::shared_ptr<const Request>) { return nullptr; }
    // The answer when a step could not be queued or its deadline (2 s) passed.
    virtual Response unavailable(const Request& request) = 0;
    // Answers that the rim itself gives: 400, 408, 413, 431 and the like, in the request's error mode as far as it is known.
    virtual Response rejected(int status, std::string_view code, std::string_view detail, const Request* request) = 0;
};

// Drives a plan on the calling thread: tools and tests.
Response run_to_completion(Api& api, store::Store& store, std::shared_ptr<const Request> request);

}  // namespace entente::api
