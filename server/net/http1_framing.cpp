#include "server/net/http1_framing.hpp"

#include <algorithm>

namespace entente::net {

namespace {

constexpr int chunk_digits_max = 16;

// The value of a hexadecimal digit, or -1.
int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

HeaderScan::Found HeaderScan::look(std::string_view bytes, std::size_t& at) {
    while (at < bytes.size()) {
        const Found found = step(bytes[at++]);
        if (found != Found::nothing_yet) return found;
    }
    return Found::nothing_yet;
}

HeaderScan::Found HeaderScan::step(char c) {
    switch (place_) {
        case Place::line_end:
            place_ = Place::line_begin;
            return c == '\n' ? Found::nothing_yet : Found::control;
        case Place::final_end:
            return c == '\n' ? Found::end : Found::control;
        case Place::blank_end:
            return c == '\n' ? Found::blank_line : Found::control;
        case Place::line_begin:
            if (c == ' ' || c == '\t') return Found::folded;
            break;
        case Place::first_byte:
        case Place::inside:
            break;
    }
    if (c == '\r') {
        place_ = place_ == Place::first_byte ? Place::blank_end : place_ == Place::line_begin ? Place::final_end : Place::line_end;
        return Found::nothing_yet;
    }
    place_ = Place::inside;
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f ? Found::control : Found::nothing_yet;
}

ChunkedBody::Found ChunkedBody::take(std::string_view bytes, std::size_t& at, std::string& body, std::size_t body_max) {
    while (at < bytes.size()) {
        if (place_ == Place::data) {
            const std::size_t size = std::min<std::size_t>(left_, bytes.size() - at);
            body.append(bytes.substr(at, size));
            at += size;
            left_ -= size;
            if (left_ == 0) place_ = Place::data_return;
            continue;
        }
        const Found found = step(bytes[at++], body_max - body.size());
        if (found != Found::nothing_yet) return found;
    }
    return Found::nothing_yet;
}

ChunkedBody::Found ChunkedBody::step(char c, std::uint64_t room) {
    switch (place_) {
        case Place::size:
            return c == '\r' ? end_size(room) : add_digit(c);
        case Place::size_feed:
            return expect(c, '\n', left_ == 0 ? Place::end_return : Place::data);
        case Place::data_return:
            return expect(c, '\r', Place::data_feed);
        case Place::data_feed:
            digits_ = 0;
            return expect(c, '\n', Place::size);
        case Place::end_return:
            return expect(c, '\r', Place::end_feed);
        case Place::end_feed:
            return c == '\n' ? Found::end : Found::malformed;
        case Place::data:
            break;
    }
    return Found::malformed;
}

ChunkedBody::Found ChunkedBody::expect(char c, char wanted, Place next) {
    place_ = next;
    return c == wanted ? Found::nothing_yet : Found::malformed;
}

ChunkedBody::Found ChunkedBody::add_digit(char c) {
    const int digit = digit_of(c);
    if (digit < 0 || ++digits_ > chunk_digits_max) return Found::malformed;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return Found::nothing_yet;
}

ChunkedBody::Found ChunkedBody::end_size(std::uint64_t room) {
    if (digits_ == 0) return Found::malformed;
    place_ = Place::size_feed;
    return left_ > room ? Found::too_large : Found::nothing_yet;
}

}  // namespace entente::net
