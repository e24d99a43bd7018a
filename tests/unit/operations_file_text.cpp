// Long texts through the detectors in windows: the same as in one piece, wherever a window ends.

#include <gtest/gtest.h>

#include "server/operations/file_text.hpp"

namespace entente::operations {
namespace {

const policy::Detectors& detectors() {
    static const policy::Detectors one;
    return one;
}

std::optional<std::string> filtered(std::string_view text, std::size_t piece) {
    Sharer sharer(detectors(), {}, "", {});
    std::string out;
    TextFilter filter(sharer, [&](std::string_view bytes) { out += bytes; });
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        if (!filter.feed(text.substr(0, piece))) return std::nullopt;
    if (!filter.finish()) return std::nullopt;
    return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

TEST(FileText, SecretsAreFoundAroundEveryWindowsEnd) {
    const std::string filler = "all is well with this line of the log\n";
    for (std::size_t shift = 0; shift < 48; shift += 5) {
        std::string text;
        for (std::size_t border :
             {TextFilter::window_bytes - TextFilter::ahead_bytes, TextFilter::window_bytes, 2 * TextFilter::window_bytes}) {
            while (text.size() + filler.size() < border + shift - 24) text += filler;
            text.append(border + shift - 24 - text.size(), 'x');
            text += "\npassword: Gr8-Harbour!Gate\n";
        }
        for (int i = 0; i < 4000; ++i) text += filler;
        const auto out = filtered(text, 16'384);
        ASSERT_TRUE(out);
        EXPECT_EQ(*out, replaced(text, "Gr8-Harbour!Gate", "[secret removed]")) << shift;
    }
}

TEST(FileText, ALineWithoutEndIsLookedAtAsWell) {
    std::string text(TextFilter::window_bytes - TextFilter::ahead_bytes - 10, 'x');
    text += " password: Gr8-Harbour!Gate ";
    text.append(TextFilter::window_bytes, 'y');
    const auto out = filtered(text, 100'000);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->find("Gr8-Harbour"), std::string::npos);
}

TEST(FileText, CharactersAreNeverCut) {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += "\xe6\x97\xa5";
    for (const std::size_t piece : {std::size_t{1'000}, std::size_t{65'536}}) EXPECT_EQ(filtered(text, piece).value_or(""), text);
}

TEST(FileText, WhatIsNoTextIsNone) {
    EXPECT_FALSE(filtered(std::string_view("a\0b", 3), 10));
    EXPECT_FALSE(filtered("a\x1b[0m", 10));
    EXPECT_FALSE(filtered("\x80", 10));
    EXPECT_FALSE(filtered("abc\xe6\x97", 2));
    EXPECT_FALSE(
        filtered("\xff\xfe"
                 "a",
                 10));
    EXPECT_EQ(filtered("", 1).value_or("x"), "");
    EXPECT_EQ(filtered("a", 1).value_or(""), "a");
}

TEST(FileText, Utf16ComesOutAsUtf8) {
    const std::string little("\xff\xfe\x61\x00\x3d\xd8\x00\xde\x0a\x00", 10);
    const std::string big("\xfe\xff\x00\x61\xd8\x3d\xde\x00\x00\x0a", 10);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{10}}) {
        EXPECT_EQ(filtered(little, piece).value_or(""), "a\xf0\x9f\x98\x80\n") << piece;
        EXPECT_EQ(filtered(big, piece).value_or(""), "a\xf0\x9f\x98\x80\n") << piece;
    }
    EXPECT_FALSE(filtered(std::string("\xff\xfe\x3d\xd8", 4), 2));
}

}  // namespace
}  // namespace entente::operations
