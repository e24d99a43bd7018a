#include "server/operations/file_text.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"

namespace entente::operations {

namespace {

bool plain(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || byte == 0x7f;
    });
}

// Bytes at the end that may begin a character.
std::size_t unfinished(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        const std::size_t needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return needs > back ? back : 0;
    }
    return 0;
}

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// Where a window may end: behind a line, else between words, else between characters; at most at `most`, behind `least`.
std::size_t good_end(std::string_view text, std::size_t least, std::size_t most) {
    for (const std::string_view marks : {std::string_view("\n"), std::string_view(" \t,;>")}) {
        const std::size_t found = text.find_last_of(marks, most - 1);
        if (found != std::string_view::npos && found >= least) return found + 1;
    }
    while (most > least + 1 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    return most;
}

}  // namespace

bool TextFilter::feed(std::string_view bytes) {
    if (encoding_ == Encoding::unknown) {
        undecoded_ += bytes;
        if (undecoded_.size() < 2) return true;
        encoding_ = undecoded_.starts_with("\xff\xfe")   ? Encoding::utf16_little
                    : undecoded_.starts_with("\xfe\xff") ? Encoding::utf16_big
                                                         : Encoding::utf8;
        std::string begun = std::move(undecoded_);
        undecoded_.clear();
        return encoding_ == Encoding::utf8 ? take(begun) : transcode(std::string_view(begun).substr(2), false);
    }
    return encoding_ == Encoding::utf8 ? take(bytes) : transcode(bytes, false);
}

bool TextFilter::finish() {
    if (encoding_ == Encoding::unknown) {
        encoding_ = Encoding::utf8;
        const std::string begun = std::move(undecoded_);
        undecoded_.clear();
        if (!take(begun)) return false;
    }
    if (encoding_ != Encoding::utf8 && !transcode({}, true)) return false;
    if (!undecoded_.empty()) return false;
    window(true);
    return true;
}

bool TextFilter::transcode(std::string_view bytes, bool last) {
    std::string units = std::move(undecoded_);
    undecoded_.clear();
    units += bytes;
    std::string text;
    for (std::size_t i = 0; i + 1 < units.size(); i += 2) {
        const unsigned first = static_cast<unsigned char>(units[i]);
        const unsigned second = static_cast<unsigned char>(units[i + 1]);
        const unsigned unit = encoding_ == Encoding::utf16_little ? first | (second << 8U) : second | (first << 8U);
        if (unit >= 0xdc00 && unit < 0xe000) {
            if (high_ == 0) return false;
            append_utf8(text, 0x10000 + ((high_ - 0xd800) << 10U) + (unit - 0xdc00));
            high_ = 0;
            continue;
        }
        if (high_ != 0) return false;
        if (unit >= 0xd800 && unit < 0xdc00) {
            high_ = unit;
        } else {
            append_utf8(text, unit);
        }
    }
    if (last && (units.size() % 2 != 0 || high_ != 0)) return false;
    if (!plain(text)) return false;
    buffer_ += text;
    while (buffer_.size() - context_ >= window_bytes) window(false);
    if (units.size() % 2 != 0) undecoded_ = units.substr(units.size() - 1);
    return true;
}

bool TextFilter::take(std::string_view bytes) {
    std::string joined;
    std::string_view text = bytes;
    if (!undecoded_.empty()) {
        joined = undecoded_ + std::string(bytes);
        text = joined;
    }
    const std::size_t open = unfinished(text);
    undecoded_ = text.substr(text.size() - open);
    text.remove_suffix(open);
    if (!plain(text) || !protocol::valid_utf8(text)) return false;
    while (!text.empty()) {
        std::string_view part = protocol::utf8_prefix(text, ahead_bytes);
        buffer_ += part;
        text.remove_prefix(part.size());
        if (buffer_.size() - context_ >= window_bytes) window(false);
    }
    return true;
}

// Gives out what is certain, and keeps the rest with a little of what went before.
void TextFilter::window(bool last) {
    if (buffer_.size() == context_) return;
    const std::string_view text = buffer_;
    const policy::Scan scan = sharer_.scan(text);
    std::size_t end = text.size();
    if (!last) {
        end = good_end(text, context_ + (window_bytes - ahead_bytes) / 2, text.size() - ahead_bytes);
        for (auto it = scan.findings.rbegin(); it != scan.findings.rend(); ++it)
            if (it->begin < end && it->end > end) end = it->begin;
        // One finding over all of it: masked as a whole, and what follows is looked at anew.
        if (end <= context_) end = text.size() - ahead_bytes;
        while (end > context_ + 1 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    }
    const std::string shared = sharer_.part(text, scan, context_, end);
    sink_(shared);
    if (last) {
        buffer_.clear();
        context_ = 0;
        return;
    }
    std::size_t from = end - std::min(end, behind_bytes);
    while (from < end && (static_cast<unsigned char>(buffer_[from]) & 0xc0) == 0x80) ++from;
    buffer_.erase(0, from);
    context_ = end - from;
}

}  // namespace entente::operations
