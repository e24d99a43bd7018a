#pragma once
// Responses to bytes: the status line, the headers that belong to the connection, the API's headers, the body; one flat string.
//
// Content-Length, Date, Connection and X-Request-Id are written here and nowhere else; a header of the API with one of those names,
// or with a character that could end the line, is left out, because a split response is worse than a missing header.

#include <string>
#include <string_view>

#include "protocol/instant.hpp"
#include "server/api/message.hpp"

namespace entente::net {

struct Framing {
    std::string_view date;        // IMF-fixdate
    std::string_view request_id;  // empty: none
    bool keep_alive = true;
    bool head = false;  // the length is told, the body is not sent
    // HSTS binds every port of a host name in a browser: said always but to localhost, where other programs live too.
    bool strict_transport = true;
};

std::string encode_response(const api::Response& response, const Framing& framing);

// RFC 9110, section 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT
std::string http_date(protocol::Instant instant);

std::string_view reason_phrase(int status);

// Names of headers compare without regard to ASCII case.
bool same_header_name(std::string_view a, std::string_view b);

}  // namespace entente::net
