#include "protocol/connect/errors.hpp"

#include <algorithm>
#include <span>

#include "protocol/json_writer.hpp"
#include "protocol/name_table.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol::connect {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Calls `each` with every media type of the list, without its parameters.
template <class Each>
void media_types(std::string_view list, Each each) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        const std::string_view type = trimmed(item.substr(0, item.find(';')));
        if (!type.empty()) each(type);
    }
}

std::string legacy_body(std::string_view message, std::span<const Violation> violations) {
    JsonWriter out;
    out.object().member("message", message);
    if (!violations.empty()) {
        out.key("validationErrors").array();
        for (const Violation& violation : violations) {
            out.object().member("field", field_name(violation.pointer)).member("message", violation.message).end();
        }
        out.end();
    }
    out.end();
    return out.take();
}

// RFC 7807 members first, then ours: `message` because clients look for it as a fallback, `code` for programs.
std::string problem_type_of(const Error& error, ErrorMode mode) {
    if (mode != ErrorMode::own || error.code.empty()) return "about:blank";
    return std::string(problem_page) + '#' + error.code;
}

std::string problem_body(int status, const Error& error, std::string_view message, ErrorMode mode, std::string_view instance,
                         std::string_view request_id) {
    JsonWriter out;
    out.object()
        .member("type", problem_type_of(error, mode))
        .member("title", status_title(status))
        .member("status", status)
        .member("detail", message)
        .member("instance", instance)
        .member("code", error.code.empty() ? status_title(status) : std::string_view(error.code))
        .member("message", message);
    if (!error.next_step.empty()) out.member("nextStep", error.next_step);
    if (!request_id.empty()) out.member("requestId", request_id);
    if (!error.violations.empty()) {
        out.key("violations").array();
        for (const Violation& violation : error.violations) {
            out.object()
                .member("pointer", violation.pointer)
                .member("code", violation.code)
                .member("message", violation.message)
                .end();
        }
        out.end();
    }
    out.end();
    return out.take();
}

bool caller_did_wrong(int status) {
    return status == 400 || status == 403 || status == 404 || status == 409 || status == 412 || status == 422 || status == 428;
}

std::string_view message_for(const Error& error) {
    if (error.kind == ErrorKind::unauthenticated) return error.code == wrong_credentials ? generic_text : token_refused_text;
    return error.message.empty() ? generic_text : std::string_view(error.message);
}

ErrorBody render(int status, const Error& error, std::string_view message, ErrorMode mode, std::string_view instance,
                 std::string_view request_id) {
    ErrorBody answer{.status = status, .retry_after_s = error.retry_after_s};
    if (mode == ErrorMode::legacy) {
        answer.content_type = json_type;
        answer.body = legacy_body(message, error.violations);
    } else {
        answer.content_type = problem_type;
        answer.body = problem_body(status, error, message, mode, instance, request_id);
    }
    return answer;
}

}  // namespace

ErrorMode error_mode(std::optional<std::string_view> accept) {
    ErrorMode mode = ErrorMode::legacy;
    media_types(accept.value_or(""), [&](std::string_view type) {
        if (same_letters(type, problem_type)) mode = ErrorMode::problem;
    });
    return mode;
}

bool problem_only(std::optional<std::string_view> accept) {
    bool named = false;
    bool other = false;
    media_types(accept.value_or(""), [&](std::string_view type) { (same_letters(type, problem_type) ? named : other) = true; });
    return named && !other;
}

std::string case_not_found_text(std::string_view token) {
    return "Case with token " + std::string(token) + " not found.";
}

int problem_status(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::malformed:
        case ErrorKind::invalid:
            return 400;
        case ErrorKind::unauthenticated:
            return 401;
        case ErrorKind::forbidden:
            return 403;
        case ErrorKind::not_found:
            return 404;
        case ErrorKind::conflict:
            return 409;
        case ErrorKind::changed_since:
            return 412;
        case ErrorKind::unconditional:
            return 428;
        case ErrorKind::wrong_state:
            return 422;
        case ErrorKind::too_large:
            return 413;
        case ErrorKind::too_many:
            return 429;
        case ErrorKind::stale:
        case ErrorKind::unavailable:
            return 503;
        case ErrorKind::internal:
            return 500;
    }
    return 500;
}

std::string_view status_title(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Entity";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Error";
    }
}

ErrorBody render_error(const Error& error, ErrorMode mode, std::string_view instance, std::string_view request_id) {
    int status = problem_status(error.kind);
    const bool login = error.kind == ErrorKind::unauthenticated && error.code == wrong_credentials;
    if (mode == ErrorMode::legacy && (caller_did_wrong(status) || login)) status = 500;
    ErrorBody answer = render(status, error, message_for(error), mode, instance, request_id);
    const bool later = status == 429 || status == 503;
    if (later && answer.retry_after_s == 0) answer.retry_after_s = 1;
    return answer;
}

ErrorBody render_status(int status, std::string_view code, std::string_view detail, ErrorMode mode, std::string_view instance,
                        std::string_view request_id) {
    const Error error{.code = std::string(code)};
    return render(status, error, detail, mode, instance, request_id);
}

}  // namespace entente::protocol::connect
