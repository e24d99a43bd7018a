#pragma once
// Error bodies (contract section 4). The Accept header chooses the mode: legacy answers 500 with {"message"} for everything that
// the caller did wrong, problem mode answers RFC 7807 documents with telling statuses. 401, 413, 429 and 503 keep their status in
// both modes (semantics 6). Our own API uses its own mode: problem documents whose `type` names a section of its page of problems.

#include <optional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace entente::protocol::connect {

enum class ErrorMode { legacy, problem, own };

// The type of a problem of our own API is this and the code: stable, and readable on the gateway that answered (RFC 9457, 3.1.1).
inline constexpr std::string_view problem_page = "/api/v1/problems";

// Problem mode when the list names application/problem+json, at any position and weight.
ErrorMode error_mode(std::optional<std::string_view> accept);
// True when the list names nothing else; success bodies then carry that label too.
bool problem_only(std::optional<std::string_view> accept);

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";

// Texts that programs look for.
inline constexpr std::string_view token_refused_text = "The authorization token provided was invalid.";
inline constexpr std::string_view generic_text = "Error processing request";
inline constexpr std::string_view partner_unreachable_text = "You are not able to interact with the referenced company.";
std::string case_not_found_text(std::string_view token);

// Code of an `unauthenticated` error that comes from a login, not from a token: 500 with the generic text in legacy mode, 401 with
// it in problem mode. Every other `unauthenticated` error is a token problem and carries token_refused_text.
inline constexpr std::string_view wrong_credentials = "wrong_credentials";

struct ErrorBody {
    int status = 500;
    std::string content_type;
    std::string body;
    int retry_after_s = 0;  // above 0: send Retry-After
};

// `instance` is the path of the request, without its query; `request_id` may be empty.
ErrorBody render_error(const Error& error, ErrorMode mode, std::string_view instance, std::string_view request_id);

// For answers of the rim that no ErrorKind names (405, 408, 415, 431, ...): the status stays as given in both modes.
ErrorBody render_status(int status, std::string_view code, std::string_view detail, ErrorMode mode, std::string_view instance,
                        std::string_view request_id);

int problem_status(ErrorKind kind);
std::string_view status_title(int status);  // "Unprocessable Entity"; "Error" for one we do not use

}  // namespace entente::protocol::connect
