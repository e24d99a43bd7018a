// What a terminal shows: widths, tables, colours, and that a partner's words cannot drive it.

#include <gtest/gtest.h>

#include "server/tools/table.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

TEST(Text, WidthCountsColumnsNotBytes) {
    EXPECT_EQ(display_width("Zürich"), 6U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("東京"), 4U);
    EXPECT_EQ(display_width("🔥"), 2U);
    EXPECT_EQ(display_width("\xff\xfe"), 2U);
}

TEST(Text, EscapesAndDirectionsOfAPartnerNeverReachTheTerminal) {
    EXPECT_EQ(printable("a\x1b[31mred\x07", Lines::keep), "a\uFFFD[31mred\uFFFD");
    EXPECT_EQ(printable("x\u202Etxt.exe", Lines::keep), "x\uFFFDtxt.exe");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m",
                        Lines::keep),
              "\uFFFD31m");  // the C1 form of ESC [
    EXPECT_EQ(printable("one\r\ntwo\tthree", Lines::keep), "one\ntwo three");
    EXPECT_EQ(printable("one\ntwo", Lines::join), "one two");
    EXPECT_EQ(printable("over\rwrite", Lines::keep), "over\uFFFDwrite");
    EXPECT_EQ(printable("bad \xc3( byte", Lines::keep), "bad \uFFFD( byte");
    EXPECT_EQ(printable("\xe0\x80\xaf", Lines::keep), "\uFFFD\uFFFD\uFFFD") << "a slash, spelt too long";
    EXPECT_EQ(printable("\xed\xa0\x80", Lines::keep), "\uFFFD\uFFFD\uFFFD") << "half of a pair of UTF-16";
}

TEST(Text, ShortensAtCharactersAndMarksTheCut) {
    EXPECT_EQ(shortened("abcdef", 6), "abcdef");
    EXPECT_EQ(shortened("abcdef", 4), "abc…");
    EXPECT_EQ(shortened("東京都庁", 5), "東京…");
}

TEST(Text, CountsOneAsOne) {
    EXPECT_EQ(counted(1, "case", "cases"), "1 case");
    EXPECT_EQ(counted(0, "case", "cases"), "0 cases");
    EXPECT_EQ(counted(12, "case", "cases"), "12 cases");
}

TEST(Text, WrapsAtBlanksAndKeepsIndents) {
    EXPECT_EQ(wrapped("one two three four", 9), (std::vector<std::string>{"one two", "three", "four"}));
    EXPECT_EQ(wrapped("  at main\n\nend", 40), (std::vector<std::string>{"  at main", "", "end"}));
    EXPECT_EQ(wrapped("averyveryverylongword x", 5), (std::vector<std::string>{"averyveryverylongword", "x"}));
}

TEST(Text, HtmlReadsAsItsText) {
    EXPECT_EQ(plain_text("<p>Paths are lost.<br/>See <b>log</b> &amp; trace</p><p>&#x41;&#66;&lt;</p>"),
              "Paths are lost.\nSee log & trace\nAB<");
    EXPECT_EQ(plain_text("a < b &unknown; &#0;"), "a < b &unknown; &#0;");
    EXPECT_EQ(plain_text("<p>unfinished <"), "unfinished <");
}

TEST(Text, QuotesForAShellAndForAnAddress) {
    EXPECT_EQ(shell_quoted("plain-word_1.x"), "plain-word_1.x");
    EXPECT_EQ(shell_quoted("Ada's case"), "'Ada'\\''s case'");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(url_encoded("a b/ü&"), "a%20b%2F%C3%BC%26");
}

TEST(Table, AlignsColumnsByWidth) {
    Table table({"NAME", "CITY"});
    table.row({"Ada", "Zürich"});
    table.row({"東京タワー", "東京"});
    table.row({"Bo"});
    EXPECT_EQ(table.print(Paint(false), 0), "NAME        CITY\nAda         Zürich\n東京タワー  東京\nBo\n");
}

TEST(Table, ShortensTheWidestColumnForATerminalAndNothingForAPipe) {
    Table table({"ID", "SUMMARY"});
    table.row({"17", std::string(60, 'x')});
    EXPECT_EQ(table.print(Paint(false), 24), "ID  SUMMARY\n17  " + std::string(19, 'x') + "…\n");
    EXPECT_EQ(table.print(Paint(false), 0), "ID  SUMMARY\n17  " + std::string(60, 'x') + "\n");
}

TEST(Table, ColoursOnlyWhereAskedAndAligned) {
    Table table({"STATE", "N"});
    table.row({Cell("held", Ink::yellow), "1"});
    EXPECT_EQ(table.print(Paint(true), 0), "\x1b[1mSTATE\x1b[0m  \x1b[1mN\x1b[0m\n\x1b[33mheld\x1b[0m   1\n");
    EXPECT_EQ(Paint(false)(Ink::red, "x"), "x");
}

TEST(Table, CellsOfPartnersStayInTheirLine) {
    Table table({"SUMMARY"});
    table.row({"two\nlines \x1b[2J"});
    EXPECT_EQ(table.print(Paint(false), 0), "SUMMARY\ntwo lines \uFFFD[2J\n");
}

TEST(Facts, WrapUnderThemselvesAndLeaveOutWhatIsEmpty) {
    Facts facts;
    facts.add("id", "17");
    facts.add("nothing", "");
    facts.add("description", "first line is long enough to wrap\nsecond");
    EXPECT_EQ(facts.print(Paint(false), 36),
              "id           17\ndescription  first line is long\n             enough to wrap\n             second\n");
}

}  // namespace
}  // namespace entente::tools
