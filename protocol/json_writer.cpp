#include "protocol/json_writer.hpp"

#include <cstdint>
#include <cstring>

#include "protocol/result.hpp"

namespace entente::protocol {

namespace {

// Whether one of eight bytes needs an escape: a control character, a quote or a backslash. Most texts hold few of them.
bool needs_escape(const char* eight) {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t high = 0x8080808080808080U;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, eight, sizeof bytes);
    const auto below = [](std::uint64_t word, std::uint64_t limit) { return (word - ones * limit) & ~word & high; };
    return (below(bytes, 0x20) | below(bytes ^ (ones * '"'), 1) | below(bytes ^ (ones * '\\'), 1)) != 0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    std::size_t copied = 0;  // up to here everything is in `out`
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (i + 8 <= text.size() && !needs_escape(text.data() + i)) i += 8;
        if (i == text.size()) break;
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text.substr(copied, i - copied));
        copied = i + 1;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += "\\u00";
                out += digits[c >> 4];
                out += digits[c & 15];
        }
    }
    out.append(text.substr(copied));
    out += '"';
}

void JsonWriter::comma() {
    if (!first_ && !after_key_) out_ += ',';
    first_ = false;
    after_key_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    comma();
    out_ += bracket;
    stack_ += bracket == '{' ? '}' : ']';
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end() {
    ENTENTE_ASSERT(!stack_.empty() && !after_key_);
    out_ += stack_.back();
    stack_.pop_back();
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    comma();
    append_json_string(out_, text);
    return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
    comma();
    out_ += std::to_string(number);
    return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
    comma();
    out_ += truth ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::null() {
    comma();
    out_ += "null";
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
}

std::string JsonWriter::take() {
    ENTENTE_ASSERT(stack_.empty() && !after_key_);
    first_ = true;
    return std::move(out_);
}

}  // namespace entente::protocol
