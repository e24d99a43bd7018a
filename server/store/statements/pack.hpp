#pragma once
// The inside of a sealed column: a version byte, then numbers and texts in a fixed order. Compact, quick, and independent of any
// wire dialect. Reading past the end or a wrong version is a Fault: sealed bytes authenticated, so only a bug or a newer schema
// can cause it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace entente::store {

class Packer {
  public:
    explicit Packer(std::uint8_t version) { out_ += static_cast<char>(version); }
    Packer& number(std::int64_t value) {  // zigzag varint
        auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
        while (bits >= 0x80) {
            out_ += static_cast<char>((bits & 0x7f) | 0x80);
            bits >>= 7;
        }
        out_ += static_cast<char>(bits);
        return *this;
    }
    Packer& text(std::string_view value) {
        number(static_cast<std::int64_t>(value.size()));
        out_ += value;
        return *this;
    }
    Packer& flag(bool value) { return number(value ? 1 : 0); }
    template <class T>
    Packer& count(const T& list) {
        return number(static_cast<std::int64_t>(list.size()));
    }
    const std::string& bytes() const { return out_; }

  private:
    std::string out_;
};

class Unpacker {
  public:
    Unpacker(std::string_view bytes, std::uint8_t newest) : left_(bytes) {
        if (left_.empty()) throw protocol::Fault("packed column is empty");
        version_ = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        if (version_ == 0 || version_ > newest) throw protocol::Fault("packed column has an unknown version");
    }
    std::uint8_t version() const { return version_; }
    std::int64_t number() {
        std::uint64_t bits = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (left_.empty()) throw protocol::Fault("packed column is cut short");
            const auto byte = static_cast<std::uint8_t>(left_.front());
            left_.remove_prefix(1);
            bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
        }
        throw protocol::Fault("packed column has a malformed number");
    }
    std::string text() {
        const std::int64_t size = number();
        if (size < 0 || static_cast<std::uint64_t>(size) > left_.size()) throw protocol::Fault("packed column is cut short");
        std::string value(left_.substr(0, static_cast<std::size_t>(size)));
        left_.remove_prefix(static_cast<std::size_t>(size));
        return value;
    }
    bool flag() { return number() != 0; }
    template <class T>
    T as() {
        return static_cast<T>(number());
    }

  private:
    std::string_view left_;
    std::uint8_t version_ = 0;
};

}  // namespace entente::store
