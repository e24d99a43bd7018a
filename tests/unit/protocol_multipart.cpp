// Forms with files, however they are cut into pieces.

#include <gtest/gtest.h>

#include <vector>

#include "protocol/multipart.hpp"

namespace entente::protocol {
namespace {

struct Part {
    FormPart head;
    std::string content;
    bool ended = false;
};

// Every part of a body that arrives in pieces of `size`; nothing when it is no form.
std::optional<std::vector<Part>> read(std::string_view body, std::size_t size, std::string_view boundary = "B") {
    std::vector<Part> parts;
    FormReader reader(boundary, {.begin = [&](const FormPart& part) -> Result<void> {
                                     parts.push_back({part, {}});
                                     return {};
                                 },
                                 .data = [&](std::string_view bytes) -> Result<void> {
                                     parts.back().content += bytes;
                                     return {};
                                 },
                                 .end = [&]() -> Result<void> {
                                     parts.back().ended = true;
                                     return {};
                                 }});
    for (; !body.empty(); body.remove_prefix(std::min(size, body.size())))
        if (!reader.feed(body.substr(0, size))) return std::nullopt;
    if (!reader.finish()) return std::nullopt;
    return parts;
}

constexpr std::string_view head = "Content-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n";

TEST(Multipart, PartsAreTheSameHoweverTheyArrive) {
    const std::string tricky = "\r\n--\r\n--A\r\n-\r\r\n--";
    const std::string body = "preamble\r\n--B \t\r\n" + std::string(head) + "Content-Type: text/plain\r\n\r\n" + tricky +
                             "\r\n--B\r\ncontent-disposition:form-data;name=description\r\n\r\nwords\r\n--B\r\n" +
                             std::string(head) + "\r\n\r\n--B--\r\nepilogue";
    for (std::size_t size = 1; size < body.size() + 1; ++size) {
        const auto parts = read(body, size);
        ASSERT_TRUE(parts) << size;
        ASSERT_EQ(parts->size(), 3U) << size;
        EXPECT_EQ((*parts)[0].content, tricky) << size;
        EXPECT_EQ((*parts)[0].head.content_type, "text/plain");
        EXPECT_EQ((*parts)[1].head.name, "description");
        EXPECT_FALSE((*parts)[1].head.is_file);
        EXPECT_EQ((*parts)[1].content, "words");
        EXPECT_EQ((*parts)[2].content, "");
        EXPECT_TRUE((*parts)[2].ended);
    }
}

TEST(Multipart, APartMayBeEmptyWithoutALineOfItsOwn) {
    const auto parts = read("--B\r\n" + std::string(head) + "\r\n--B--", 7);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->front().content, "");
}

TEST(Multipart, WhatIsNoFormIsRefused) {
    const std::string good = std::string(head) + "\r\nx\r\n--B--";
    EXPECT_TRUE(read("--B\r\n" + good, 3));
    for (const std::string& bad :
         {std::string(), std::string("nothing"), "--B\r\n" + std::string(head) + "\r\nx",
          "--B\r\n" + std::string(head) + "\r\nx\r\n--B-", "--Bx\r\n" + good, "--B\n" + good, std::string("--B\r\n\r\nx\r\n--B--"),
          std::string("--B\r\nX: y\r\n\r\nx\r\n--B--"), "--B\r\nContent-Transfer-Encoding: base64\r\n" + good,
          "--B\r\n" + std::string(head) + good, "--B\r\nX: " + std::string(9000, 'y') + "\r\n" + good,
          std::string("--B\r\nContent-Disposition: attachment\r\n\r\nx\r\n--B--"),
          std::string("--B\r\nContent-Disposition: form-data; name=\"files\r\n\r\nx\r\n--B--"),
          std::string(70'000, 'p') + "\r\n--B\r\n" + good})
        EXPECT_FALSE(read(bad, 1000)) << bad.substr(0, 100);
}

TEST(Multipart, NamesAreReadAsClientsWriteThem) {
    const auto name = [](std::string_view rest) {
        return read_disposition("form-data; name=files; " + std::string(rest))->file_name;
    };
    EXPECT_EQ(name(R"(filename="a \"b\" c.txt")"), "a \"b\" c.txt");
    EXPECT_EQ(name(R"(filename="C:\logs\a.txt")"), R"(C:\logs\a.txt)");
    EXPECT_EQ(name(R"(filename="a%22b.txt")"), "a%22b.txt");
    EXPECT_EQ(name("filename=plain.txt"), "plain.txt");
    EXPECT_EQ(name("filename=\"x\"; filename*=UTF-8''%E6%97%A5.txt"), "\xe6\x97\xa5.txt");
    EXPECT_EQ(name("filename=\"x\"; filename*=latin1''%E6.txt"), "x");
    EXPECT_FALSE(read_disposition("form-data; filename=x"));
    EXPECT_FALSE(read_disposition("form-data; name=a; name=b"));
    EXPECT_FALSE(read_disposition(std::string("form-data; name=a; filename=\"x\x01\"")));
}

TEST(Multipart, BoundariesAreReadAsClientsWriteThem) {
    EXPECT_EQ(form_boundary("multipart/form-data; boundary=abc").value_or(""), "abc");
    EXPECT_EQ(form_boundary("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b:c\"").value_or(""), "a b:c");
    for (const char* bad :
         {"", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a",
          "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=\"a \"",
          "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a\x01"})
        EXPECT_FALSE(form_boundary(bad)) << bad;
    EXPECT_FALSE(form_boundary("multipart/form-data; boundary=" + std::string(71, 'a')));
}

}  // namespace
}  // namespace entente::protocol
