#pragma once
// multipart/form-data as it arrives, piece by piece (RFC 2046, RFC 7578): what a client uploads is never held whole.
//
// Tolerant where clients differ: a preamble, quoted boundaries, blanks after a boundary, part types that make no sense or are
// missing, names in raw UTF-8, in RFC 5987 form, or with a browser's percent escapes (left as they are). Strict where two readers
// could see different parts: lines end in CRLF, a part has one Content-Disposition, names hold no control characters, and the body
// ends with its closing boundary. Held at any time: one header of a part (8 KiB) and less than a boundary's length of content.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace entente::protocol {

// The boundary of a Content-Type header; an error (malformed, no_boundary) for anything but multipart/form-data with a legal one.
Result<std::string> form_boundary(std::string_view content_type);

struct FormPart {
    std::string name;
    bool is_file = false;      // it has a file name, which may be empty
    std::string file_name;     // as it was sent; it may hold any printable character, slashes too
    std::string content_type;  // as it was sent; empty: none
};

class FormReader {
  public:
    struct Events {
        std::function<Result<void>(const FormPart&)> begin;
        std::function<Result<void>(std::string_view)> data;
        std::function<Result<void>()> end;
    };
    FormReader(std::string_view boundary, Events events);

    // Takes the next bytes. An error of an event or of the form (malformed, bad_form) ends the reading: it is answered again from
    // then on.
    Result<void> feed(std::string_view bytes);
    // The body is over: an error unless the closing boundary was seen.
    Result<void> finish();

  private:
    enum class Place { preamble, after_boundary, headers, content, epilogue, failed };
    Result<void> step(bool& more);
    Result<void> headers_done(std::string_view block);
    Result<void> broken(std::string_view why);

    std::string delimiter_;  // CRLF, two dashes, boundary
    Events events_;
    std::string pending_;
    Place place_ = Place::preamble;
    bool first_ = true;  // the delimiter's CRLF may be missing before anything was read
    std::size_t parts_ = 0;
    Error error_;
};

// The parts of a Content-Disposition header of a part; an error when it is no form-data or has no name.
Result<FormPart> read_disposition(std::string_view value);

}  // namespace entente::protocol
