#pragma once
// Long texts through the detectors, piece by piece: a file of any size is judged and masked in bounded memory.
//
// The text is looked at in windows of half a megabyte. A window ends at a line's end outside of any finding, keeps 64 KiB of what
// follows in view (longer than any finding: a private key in PEM has some 16 KiB) and 4 KiB of what went before (labels such as
// "password:"). So a secret is found wherever a chunk happens to end. Texts up to a window's length are looked at whole; in longer
// ones a value that stands alone far away from where it was recognised is recognised only if its own form gives it away.
//
// Text is valid UTF-8 (or UTF-16 with a byte order mark, which comes out as UTF-8) without control characters other than tab, line
// feed, carriage return and form feed. Anything else is no text: what came out so far must not be used.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "server/operations/sharing.hpp"

namespace entente::operations {

class TextFilter {
  public:
    using Sink = std::function<void(std::string_view)>;
    TextFilter(Sharer& sharer, Sink sink) : sharer_(sharer), sink_(std::move(sink)) {}

    // False: it is no text. Call no more then.
    bool feed(std::string_view bytes);
    bool finish();

    static constexpr std::size_t window_bytes = 512 * 1024;
    static constexpr std::size_t ahead_bytes = 64 * 1024;
    static constexpr std::size_t behind_bytes = 4 * 1024;

  private:
    enum class Encoding { unknown, utf8, utf16_little, utf16_big };
    bool take(std::string_view utf8);
    bool transcode(std::string_view bytes, bool last);
    void window(bool last);

    Sharer& sharer_;
    Sink sink_;
    Encoding encoding_ = Encoding::unknown;
    std::string undecoded_;    // an unfinished character, or what came before the encoding was known
    std::string buffer_;       // context that was given out, then what was not
    std::size_t context_ = 0;  // how much of it was given out
    unsigned high_ = 0;        // of a surrogate pair
};

}  // namespace entente::operations
