#include "policy/shadow.hpp"

#include <algorithm>
#include <cstdint>

#include "protocol/result.hpp"

namespace entente::policy {

Shadow::Shadow(std::string_view original, std::span<const Replacement> replacements) {
    std::size_t at = 0;
    const auto add = [&](std::size_t begin, std::size_t end, std::string_view shown, bool replaced) {
        if (shown.empty()) return;
        pieces_.push_back({text_.size(), begin, end, replaced});
        text_ += shown;
    };
    for (const Replacement& replacement : replacements) {
        ENTENTE_ASSERT(replacement.begin >= at && replacement.end >= replacement.begin && replacement.end <= original.size());
        add(at, replacement.begin, original.substr(at, replacement.begin - at), false);
        add(replacement.begin, replacement.end, replacement.with, true);
        at = replacement.end;
    }
    add(at, original.size(), original.substr(at), false);
}

const Shadow::Piece& Shadow::piece_at(std::size_t shadow_position) const {
    const auto after = std::ranges::upper_bound(pieces_, shadow_position, {}, &Piece::shadow_begin);
    ENTENTE_ASSERT(after != pieces_.begin());
    return *std::prev(after);
}

std::vector<Span> Shadow::replaced() const {
    std::vector<Span> spans;
    std::size_t original_at = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Piece& piece = pieces_[i];
        const std::size_t end = i + 1 < pieces_.size() ? pieces_[i + 1].shadow_begin : text_.size();
        if (piece.replaced) spans.push_back({piece.shadow_begin, end});
        // What left nothing in the shadow still changed the place where it stood.
        if (piece.begin != original_at) spans.push_back({piece.shadow_begin, piece.shadow_begin});
        original_at = piece.end;
    }
    return spans;
}

Span Shadow::original(Span in_shadow) const {
    ENTENTE_ASSERT(in_shadow.begin < in_shadow.end && in_shadow.end <= text_.size());
    const Piece& first = piece_at(in_shadow.begin);
    const Piece& last = piece_at(in_shadow.end - 1);
    const std::size_t begin = first.replaced ? first.begin : first.begin + (in_shadow.begin - first.shadow_begin);
    const std::size_t end = last.replaced ? last.end : last.begin + (in_shadow.end - last.shadow_begin);
    return {begin, end};
}

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 0;
};

// Two- and three-byte characters only: all that are of interest here.
Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t first = byte(at);
    if (first >= 0xc2 && first < 0xe0 && at + 1 < text.size()) return {(first & 0x1fU) << 6 | (byte(at + 1) & 0x3fU), 2};
    if (first >= 0xe0 && first < 0xf0 && at + 2 < text.size()) {
        return {(first & 0x0fU) << 12 | (byte(at + 1) & 0x3fU) << 6 | (byte(at + 2) & 0x3fU), 3};
    }
    return {first, 1};
}

bool invisible(std::uint32_t c) {
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

std::vector<Replacement> plain_forms(std::string_view text) {
    std::vector<Replacement> replacements;
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0xc2) {
            ++at;
            continue;
        }
        const Character c = character_at(text, at);
        if (invisible(c.code)) {
            replacements.push_back({at, at + c.bytes, ""});
        } else if (c.code >= 0xff01 && c.code <= 0xff5e && c.code != 0xff1a) {  // the full-width colon is a separator of its own
            replacements.push_back({at, at + c.bytes, std::string(1, static_cast<char>(c.code - 0xff01 + 0x21))});
        } else if (c.code == 0xa0 || c.code == 0x202f || (c.code >= 0x2000 && c.code <= 0x200a) || c.code == 0x3000) {
            replacements.push_back({at, at + c.bytes, " "});
        } else if (c.code == 0x2010 || c.code == 0x2011 || c.code == 0x2012 || c.code == 0x2013) {
            replacements.push_back({at, at + c.bytes, "-"});  // hyphens and the dash that typesetters put into numbers
        }
        at += c.bytes;
    }
    return replacements;
}

}  // namespace entente::policy
