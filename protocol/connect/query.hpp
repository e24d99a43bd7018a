#pragma once
// Query strings, path segments and form bodies (application/x-www-form-urlencoded). Percent-decoding happens once and is strict: a
// broken escape, a decoded text that is not UTF-8 and control characters are refused.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"

namespace entente::protocol::connect {

struct QueryItem {
    std::string name;
    std::string value;
};

inline constexpr std::size_t query_items_max = 100;

// "a=1&b=x+y%20z" without the question mark; both + and %20 are blanks. An item without "=" has an empty value.
Result<std::vector<QueryItem>> parse_query(std::string_view query);

// One segment of a path; + stays a plus.
Result<std::string> decode_segment(std::string_view segment);

// For callers that build addresses: everything but unreserved characters (RFC 3986) is escaped.
std::string encode_segment(std::string_view text);

struct TokenRequest {
    std::string grant_type;
    std::string client_id;
    std::string client_secret;
    std::string scope;
};
// The body of the client-credentials call. Id and secret may be missing, because they may come in the Authorization header; the
// caller decides. The error's code is the OAuth error (invalid_request, unsupported_grant_type).
Result<TokenRequest> decode_token_request(std::string_view body);

struct BasicCredentials {
    std::string user;
    std::string password;
};
// The value of an Authorization header of scheme Basic (RFC 7617), nothing for another scheme or a broken one. For clients that
// percent-encode both parts as RFC 6749 section 2.3.1 demands, try the decoded form as well.
std::optional<BasicCredentials> decode_basic(std::string_view authorization);

}  // namespace entente::protocol::connect
