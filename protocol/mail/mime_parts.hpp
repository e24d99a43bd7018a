#pragma once
// The layers of a received mail: headers, parameters, transfer encodings, parts. Used by mime_read; views point into the mail.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entente::protocol::mail {

// Unfolded fields in their order; at most 500 of at most 64 KiB together.
class Headers {
  public:
    std::string_view first(std::string_view name) const;  // empty: none
    std::vector<std::string_view> all(std::string_view name) const;
    void add(std::string name, std::string value);

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
    std::size_t bytes_ = 0;
};

// Takes header fields and the blank line after them from the front of `rest`.
Headers read_headers(std::string_view& rest);

struct ContentType {
    std::string name = "text/plain";  // lower case
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string_view parameter(std::string_view name) const;
};
ContentType content_type(const Headers& headers);
bool is_attachment(const Headers& headers);

// The body without its transfer encoding.
std::string decoded_body(const Headers& headers, std::string_view body);

// The parts between the boundary's lines, at most 64; preamble and epilogue are left out. A missing end is the end.
std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary);

std::string from_quoted_printable(std::string_view text);
std::string from_base64_tolerant(std::string_view text);  // passes over line ends and strangers, as mail needs

}  // namespace entente::protocol::mail
