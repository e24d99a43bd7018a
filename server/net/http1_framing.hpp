#pragma once
// Where a header and a chunked body end, byte by byte, at the strictest reading of RFC 9112. Two small machines without memory of
// their own: they look at each byte once, however it arrives. Used by http1 around Beast's parser.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace entente::net {

// Finds the end of a header and refuses what must not be in one: control characters, bare CR or LF, lines that begin with a blank.
class HeaderScan {
  public:
    enum class Found { nothing_yet, blank_line, end, control, folded };

    // Continues at `at`, which it moves; stops behind the byte that decided. A blank line is one before the request line.
    Found look(std::string_view bytes, std::size_t& at);

  private:
    enum class Place { first_byte, line_begin, inside, line_end, final_end, blank_end };

    Found step(char c);

    Place place_ = Place::first_byte;
};

// Chunked framing (section 7.1): size lines are hexadecimal digits and CRLF, nothing follows the last chunk. Read here, because
// Beast accepts extensions and, reading quoted ones, looks beyond the end of their line.
class ChunkedBody {
  public:
    enum class Found { nothing_yet, end, malformed, too_large };

    // Appends to `body`, which may grow to `body_max`; moves `at` behind what was used.
    Found take(std::string_view bytes, std::size_t& at, std::string& body, std::size_t body_max);

  private:
    enum class Place { size, size_feed, data, data_return, data_feed, end_return, end_feed };

    Found step(char c, std::uint64_t room);
    Found expect(char c, char wanted, Place next);
    Found add_digit(char c);
    Found end_size(std::uint64_t room);

    Place place_ = Place::size;
    int digits_ = 0;
    std::uint64_t left_ = 0;
};

}  // namespace entente::net
