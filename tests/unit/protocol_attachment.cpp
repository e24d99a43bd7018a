// Places for files and names of files, as the contract spells them (section 14).

#include <gtest/gtest.h>

#include "protocol/attachment.hpp"
#include "protocol/encoding.hpp"

namespace entente::protocol {
namespace {

TEST(Attachment, DomainsFollowTheContractsPattern) {
    for (const char* good : {"a.example", "files.vendor.example", "a-b.c9.io", "1.2.museum"})
        EXPECT_TRUE(is_target_domain(good)) << good;
    for (const char* bad : {"", "localhost", "127.0.0.1", "a..example", ".example", "-a.example", "a-.example", "a.example.", "a.e",
                            "a.ex4", "a_b.example", "a.example:1", "a.example/x", "[::1]", "\xc3\xa4.example"})
        EXPECT_FALSE(is_target_domain(bad)) << bad;
    EXPECT_FALSE(is_target_domain(std::string(64, 'a') + ".example"));
}

TEST(Attachment, PathsFollowTheContractsPattern) {
    for (const char* good : {"/", "/in", "/a/b/", "/a//b", "/%20"}) EXPECT_TRUE(is_target_path(good)) << good;
    for (const char* bad : {"", "in", "/a b", "/a\r\nX: y", "/a?b", "/a#b", "/\xc3\xa4"}) EXPECT_FALSE(is_target_path(bad)) << bad;
}

TEST(Attachment, NamesLoseTheirFolders) {
    EXPECT_EQ(plain_file_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(plain_file_name("C:\\logs\\a.txt"), "a.txt");
    EXPECT_EQ(plain_file_name(".."), "file");
    EXPECT_EQ(plain_file_name("a/"), "file");
    EXPECT_EQ(plain_file_name(""), "file");
    EXPECT_EQ(plain_file_name("a\x01.txt"), "a.txt");
    EXPECT_EQ(plain_file_name("\xff"), "file");
    const std::string longest = plain_file_name(std::string(300, 'x') + ".tar");
    EXPECT_EQ(longest.size(), 200U);
    EXPECT_TRUE(longest.ends_with(".tar"));
    std::string script;
    for (int i = 0; i < 100; ++i) script += "\xe6\x97\xa5";
    EXPECT_TRUE(valid_utf8(plain_file_name(script)));
}

TEST(Attachment, SegmentsAreEncoded) {
    EXPECT_EQ(url_segment("a b#?/%.txt"), "a%20b%23%3F%2F%25.txt");
    EXPECT_EQ(url_segment("\xe6\x97\xa5"), "%E6%97%A5");
}

TEST(Attachment, AnalyzeReadsSimilarNames) {
    const auto proposal =
        analyze_target(R"({"HOST_NAME":"f.example","https-port":8443,"Path":"x","Secret":"s","valid until":1905413400.5})", {});
    ASSERT_TRUE(proposal);
    EXPECT_EQ(proposal->domain, "f.example");
    EXPECT_EQ(proposal->port, 8443);
    EXPECT_EQ(proposal->path, "/x");
    EXPECT_EQ(proposal->password, "s");
    EXPECT_EQ(proposal->expires_at.us, 1'905'413'400'500'000);
    for (const char* nothing : {"{}", "[]", "1", "{", R"({"host":"127.0.0.1"})", R"({"url":"https:///x"})"})
        EXPECT_FALSE(analyze_target(nothing, {})) << nothing;
}

}  // namespace
}  // namespace entente::protocol
