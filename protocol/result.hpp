#pragma once
// Outcomes that a caller must look at: Result<T> is a value or an Error.
//
// An Error's message is for the person at the other company: lower case, no full stop, no class names, no SQL, no personal data
// beyond what that person sent. Faults (disk, socket) are exceptions derived from Fault; bugs are ENTENTE_ASSERT.

#include <cstdio>
#include <cstdlib>
#include <expected>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace entente::protocol {

enum class ErrorKind {
    malformed,        // not decodable: 400
    invalid,          // decodable, but members break rules: 400
    unauthenticated,  // 401
    forbidden,        // wrong side, no role, a key of the gate is missing: 403
    not_found,        // unknown, or not the caller's to know: 404
    conflict,         // idempotency key reused, two things that exclude each other: 409
    changed_since,    // If-Match names another version: 412
    unconditional,    // a change that needs If-Match came without: 428
    wrong_state,      // the machine has no such step now: 422
    too_large,        // 413
    too_many,         // 429
    stale,            // rules moved between scan and operation: run again, never rendered
    unavailable,      // 503, nothing happened
    internal,         // 500, our fault
};

// One wrong member of a request. `pointer` is an RFC 6901 JSON pointer; `field` names come from it.
struct Violation {
    std::string pointer;
    std::string code;  // stable: missing, too_long, wrong_type, not_allowed, ...
    std::string message;
};

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string code;     // stable reason code, for example agreement_missing
    std::string message;  // public
    std::vector<Violation> violations{};
    std::string next_step{};  // public: the command or call that helps
    std::string cause{};      // private: goes to the log under the request id, never to a caller
    int retry_after_s = 0;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message, std::string next_step = {}) {
    return std::unexpected(
        Error{.kind = kind, .code = std::move(code), .message = std::move(message), .next_step = std::move(next_step)});
}

// The world failed. Caught at four places only: store worker, session loop, dispatcher loop, main.
class Fault : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace entente::protocol

// A condition that only a bug can break. On in release builds too: a gateway that no longer knows its state must stop.
#define ENTENTE_ASSERT(condition)                                                                    \
    do {                                                                                             \
        if (!(condition)) [[unlikely]] {                                                             \
            std::fprintf(stderr, "assertion failed: %s at %s:%d\n", #condition, __FILE__, __LINE__); \
            std::abort();                                                                            \
        }                                                                                            \
    } while (false)
