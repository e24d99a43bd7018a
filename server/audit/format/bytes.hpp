#pragma once
// Big-endian integers into and out of byte strings, as every binary layout of the log uses them.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/encoding.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;

class ByteWriter {
  public:
    explicit ByteWriter(std::size_t expected = 0) { out_.reserve(expected); }

    void u8(std::uint8_t number) { out_.push_back(number); }
    void u16(std::uint16_t number) { big_endian(number); }
    void u32(std::uint32_t number) { big_endian(number); }
    void u64(std::uint64_t number) { big_endian(number); }
    void bytes(Bytes part) { out_.insert(out_.end(), part.begin(), part.end()); }
    Blob take() { return std::move(out_); }

  private:
    template <std::unsigned_integral T>
    void big_endian(T number) {
        for (std::size_t i = sizeof(T); i > 0; --i) out_.push_back(static_cast<std::uint8_t>(number >> (8 * (i - 1))));
    }

    Blob out_;
};

// Reads from the front. A read past the end sets failed() and yields zeros, so a decoder can read a whole layout and check once.
class ByteReader {
  public:
    explicit ByteReader(Bytes rest) : rest_(rest) {}

    std::uint8_t u8() { return big_endian<std::uint8_t>(); }
    std::uint16_t u16() { return big_endian<std::uint16_t>(); }
    std::uint32_t u32() { return big_endian<std::uint32_t>(); }
    std::uint64_t u64() { return big_endian<std::uint64_t>(); }
    Bytes bytes(std::size_t size) {
        if (size > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return {};
        }
        const Bytes part = rest_.first(size);
        rest_ = rest_.subspan(size);
        return part;
    }
    template <std::size_t N>
    std::array<std::uint8_t, N> array() {
        std::array<std::uint8_t, N> out{};
        std::ranges::copy(bytes(N), out.begin());
        return out;
    }

    bool failed() const { return failed_; }
    std::size_t left() const { return rest_.size(); }
    bool complete() const { return !failed_ && rest_.empty(); }

  private:
    template <std::unsigned_integral T>
    T big_endian() {
        T number = 0;
        for (const std::uint8_t byte : array<sizeof(T)>()) number = static_cast<T>(static_cast<std::uint64_t>(number) << 8U | byte);
        return number;
    }

    Bytes rest_;
    bool failed_ = false;
};

}  // namespace entente::audit
