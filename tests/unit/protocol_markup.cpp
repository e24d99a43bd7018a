// HTML that somebody else wrote, and the text that a reader sees.

#include <random>

#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "protocol/markup_entities.hpp"
#include "protocol_support.hpp"

namespace entente::protocol {
namespace {

TEST(Markup, PlainTextBecomesParagraphs) {
    EXPECT_EQ(paragraphs("See the share."), "<p>See the share.</p>");
    EXPECT_EQ(paragraphs("a\r\nb\n\n\nc < d & \"e\""), "<p>a<br>b</p><p>c &lt; d &amp; \"e\"</p>");
    EXPECT_EQ(paragraphs("a\rb\r\n\r\nc"), "<p>a<br>b</p><p>c</p>");
    EXPECT_EQ(paragraphs("\n \n"), "");
    EXPECT_EQ(paragraphs(""), "");
    EXPECT_EQ(escape_html("<a href=\"x\">'&'"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
}

TEST(Markup, OnlyTheAllowListSurvives) {
    const struct {
        std::string_view in, out;
    } cases[]{
        {"<p>one<br/>two</p>", "<p>one<br>two</p>"},
        {"<P CLASS=x onclick='evil()'>one", "<p>one</p>"},
        {"<b><i>x</b></i>", "<b><i>x</i></b>"},
        {"</p>x</div>", "x"},
        {"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"},
        {"<table><tbody><tr><td>a<td>b<tr><th>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"},
        {"ping <hostname> & wait", "ping &lt;hostname&gt; &amp; wait"},
        {"a < b > c << d", "a &lt; b &gt; c &lt;&lt; d"},
        {"x<!-- hidden -->y<!doctype html>z<?php echo?>", "xyz"},
        {"x<!-- no end <b>y</b>", "x&lt;!-- no end <b>y</b>"},
        {"<b", "&lt;b"},
        {"<b title=\"no end>x</b>", "&lt;b title=\"no end&gt;x"},
        {"&lt;b&gt; &eacute;&#233;&#xE9; &nosuch; &amp;lt; &#0;", "&lt;b&gt; ééé &amp;nosuch; &amp;lt; \ufffd"},
        {"<font color=red>x</font>", "x"},
        {"<a href=\"https://a.example/?q=1&amp;r=2\" onclick=x>go</a>",
         "<a href=\"https://a.example/?q=1&amp;r=2\" rel=\"noopener noreferrer\">go</a>"},
        {"<a href=mailto:a@b.example>m</a>", "<a href=\"mailto:a@b.example\" rel=\"noopener noreferrer\">m</a>"},
        {"<a href='javascript:alert(1)'>x</a>", "<a>x</a>"},
        {"<a href=\" java\tscript&colon;alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"&#x6A;avascript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"data:text/html,x\">x</a>", "<a>x</a>"},
        {"<a href=\"//evil.example\">x</a>", "<a>x</a>"},
        {"<a href=\"https://a.example/&quot;onmouseover=x\">x</a>",
         "<a href=\"https://a.example/&quot;onmouseover=x\" rel=\"noopener noreferrer\">x</a>"},
        {"<a href=x href=https://b.example>x</a>", "<a>x</a>"},
        {std::string_view("a\0b\x1b", 4), "a\ufffdb\ufffd"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(sanitise_html(c.in), c.out) << c.in;
        EXPECT_EQ(sanitise_html(c.out), c.out) << "not idempotent: " << c.in;
        EXPECT_EQ(visible_text(c.in), visible_text(c.out)) << c.in;
    }
}

TEST(Markup, VisibleTextIsWhatAReaderSees) {
    const struct {
        std::string_view in, out;
    } cases[]{
        {"<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"},
        {"pass<b>wo</b>rd", "password"},
        {"pass<!-- x -->word", "password"},
        {"pass&#119;ord&nbsp;x", "password\u00a0x"},
        {"  a \n\t b  ", "a b"},
        {"<pre>a\r\n  b\rc</pre>d", "a\n  b\nc\nd"},
        {"<tr><td>a</td><td>b</td></tr><tr><td>c", "a\tb\nc"},
        {"sec<a href=\"https://t.example/k\">ret</a> x", "secret x\nhttps://t.example/k"},
        {"&lt;b&gt;", "<b>"},
        {"<script>x</script>", "<script>x</script>"},
        {"", ""},
    };
    for (const auto& c : cases) EXPECT_EQ(visible_text(c.in), c.out) << c.in;
}

TEST(Markup, EditsHitWhatWasSeenWhereverTheTagsAre) {
    const auto edit = [](std::string_view html, std::string_view find, std::string text) {
        const std::size_t begin = visible_text(html).find(find);
        EXPECT_NE(begin, std::string::npos);
        const TextEdit edits[]{{begin, begin + find.size(), std::move(text)}};
        return edit_visible(html, edits);
    };
    EXPECT_EQ(edit("<p>my pass<b>wo</b>rd &amp; more</p>", "password", "[secret]"), "<p>my [secret]<b></b> &amp; more</p>");
    EXPECT_EQ(edit("<p>a  b</p><p>c</p>", "b\nc", "<x>"), "<p>a  &lt;x&gt;</p><p></p>");
    EXPECT_EQ(edit("x ada@n.example<br>y", "ada@n.example", "[mail-1]"), "x [mail-1]<br>y");
    EXPECT_EQ(edit("<a href=\"mailto:ada@n.example\">write</a>", "ada@n.example", "[mail-1]"), "<a>write</a>");
    EXPECT_EQ(edit("<a href=\"https://n.example\">write</a>", "write", "w"),
              "<a href=\"https://n.example\" rel=\"noopener noreferrer\">w</a>");
    EXPECT_EQ(edit("ä€ö", "€", ""), "äö");
    const TextEdit several[]{{0, 1, "1"}, {2, 2, "+"}, {2, 3, "2"}};
    EXPECT_EQ(edit_visible("a b c", several), "1 +2 c");
    EXPECT_EQ(edit_visible("<b>x", {}), sanitise_html("<b>x"));
}

TEST(Markup, SummariesAreOneLineWithoutTags) {
    EXPECT_EQ(strip_tags("<p>Logs\n<b>attached</b></p><p>again</p>"), "Logs attached again");
    EXPECT_EQ(strip_tags("  Case   created "), "Case created");
    EXPECT_EQ(strip_tags("a &lt; b &amp; c < d"), "a < b & c < d");
    EXPECT_EQ(strip_tags("<script>x</script>"), "\u2039script>x\u2039/script>");
    EXPECT_EQ(strip_tags("&lt;img onerror=x&gt;"), "\u2039img onerror=x>");
    EXPECT_EQ(strip_tags("<a href=\"https://x.example\">see</a>"), "see");
}

TEST(Markup, PostedTextIsWrappedUnlessItHasMarkup) {
    EXPECT_EQ(to_html("a\nb"), "<p>a<br>b</p>");
    EXPECT_EQ(to_html("<div>a</div>"), "<div>a</div>");
    EXPECT_EQ(to_html("see <hostname>"), "<p>see &lt;hostname&gt;</p>");
    EXPECT_FALSE(has_markup("1 < 2 > 0"));
    EXPECT_TRUE(has_markup("x<br>y"));
}

TEST(Markup, CostStaysLinear) {
    // Each of these makes a naive scanner look to the end again and again; the sanitizer builds would take minutes.
    for (const std::string_view piece : {"<", "<a ", "<a \"", "<!--", "<!a", "<b>", "</b>", "&", "&#", "<p", "<table><tr><td>"}) {
        std::string text;
        while (text.size() < 65'535) text += piece;
        EXPECT_EQ(visible_text(sanitise_html(text)), visible_text(text)) << piece;
    }
}

TEST(Markup, RandomBrokenMarkupKeepsItsPromises) {
    static const std::vector<std::string> pieces{"<",
                                                 ">",
                                                 "<b>",
                                                 "</b>",
                                                 "<p>",
                                                 "</p>",
                                                 "<pre>",
                                                 "</pre>",
                                                 "<br>",
                                                 "<a href=\"https://x.example/?a=1&b=2\">",
                                                 "</a>",
                                                 "<li>",
                                                 "<ul>",
                                                 "</ul>",
                                                 "<td>",
                                                 "<tr>",
                                                 "<table>",
                                                 "</table>",
                                                 "<script>",
                                                 "&",
                                                 "&amp;",
                                                 "&lt;",
                                                 "&#60;",
                                                 ";",
                                                 "\"",
                                                 "'",
                                                 " ",
                                                 "\n",
                                                 "\t",
                                                 "x",
                                                 "word",
                                                 "é",
                                                 "😀",
                                                 "<!--",
                                                 "-->",
                                                 "<!x>",
                                                 "=",
                                                 "/",
                                                 "<a href='",
                                                 "mailto:a@b.example",
                                                 "<div class=\"",
                                                 "</div>",
                                                 "\r\n"};
    constexpr unsigned seed = 4711;
    std::mt19937 random(seed);
    for (int round = 0; round < 20'000; ++round) {
        std::string html;
        for (unsigned i = random() % 30; i > 0; --i) html += pieces[random() % pieces.size()];
        const std::string clean = sanitise_html(html);
        ASSERT_EQ(sanitise_html(clean), clean) << "seed " << seed << ": " << html;
        const std::string seen = visible_text(html);
        ASSERT_EQ(visible_text(clean), seen) << "seed " << seed << ": " << html;
        ASSERT_TRUE(valid_utf8(clean));
        // Blacking out any stretch leaves nothing of it, whatever the markup is.
        const std::size_t first = seen.find("word");
        if (first == std::string::npos) continue;
        std::vector<TextEdit> edits;
        for (std::size_t at = first; at != std::string::npos; at = seen.find("word", at + 4)) edits.push_back({at, at + 4, "#"});
        const std::string edited = edit_visible(html, edits);
        ASSERT_FALSE(edited.contains("word")) << "seed " << seed << ": " << html << " -> " << edited;
        ASSERT_EQ(sanitise_html(edited), edited);
    }
}

TEST(Markup, ReferencesAreDecodedOnce) {
    std::string out;
    EXPECT_EQ(decode_reference("&euro;x", out), 6U);
    EXPECT_EQ(decode_reference("&#x1F600;", out), 9U);
    EXPECT_EQ(decode_reference("&#150;", out), 6U);  // Windows-1252 en dash
    EXPECT_EQ(decode_reference("&#xD800;", out), 8U);
    EXPECT_EQ(decode_reference("&#99999999999;", out), 14U);
    EXPECT_EQ(out, "€😀–\ufffd\ufffd");
    for (const std::string_view text : {"&", "&;", "&#;", "&#x;", "&amp", "&nosuchthing;", "&#1a;", "& amp;"})
        EXPECT_EQ(decode_reference(text, out), 0U) << text;
}

}  // namespace
}  // namespace entente::protocol
