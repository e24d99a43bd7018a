// What each field type of an intake form can hold.

#include <gtest/gtest.h>

#include "protocol/form_values.hpp"

namespace entente::protocol {
namespace {

FormField field(FieldType type) {
    FormField made;
    made.type = type;
    made.label = "Field";
    made.options = {"11.2", "12.0", "Beta Release"};
    made.selections = {{"Cloud", {{"Vault", {}}, {"Mesh", {{"Edge: small", {}}}}}}, {"Core > old", {}}, {"Core", {}}};
    return made;
}

void right(FieldType type, std::string_view value) {
    EXPECT_FALSE(wrong_value(field(type), value))
        << name(type) << " " << value << ": " << wrong_value(field(type), value).value_or("");
}
void wrong(FieldType type, std::string_view value) {
    EXPECT_TRUE(wrong_value(field(type), value)) << name(type) << " " << value;
}

TEST(FormValues, BlankIsAlwaysRight) {
    for (const auto type : {FieldType::string, FieldType::text, FieldType::email, FieldType::phone, FieldType::integer,
                            FieldType::url, FieldType::select, FieldType::tierselect, FieldType::hidden}) {
        right(type, "");
        right(type, "  ");
        right(type, "\r\n");
    }
}

TEST(FormValues, Lines) {
    right(FieldType::string, "one line, any länguage 日本");
    right(FieldType::string, "one line with its end\r\n");
    wrong(FieldType::string, "two\nlines");
    right(FieldType::text, "two\nlines");
    right(FieldType::hidden, "any\nthing");
}

TEST(FormValues, Integers) {
    for (const char* value : {"0", "4", " 12 ", "-7", "+3", "000123"}) right(FieldType::integer, value);
    for (const char* value : {"4.5", "four", "1e3", "0x10", "--1", "-", "1 2", "99999999999999999999"})
        wrong(FieldType::integer, value);
}

TEST(FormValues, Mails) {
    for (const char* value : {"ada@northwind.example", " ada.o+x@mail.northwind.example "}) right(FieldType::email, value);
    for (const char* value : {"ada", "ada@", "@northwind.example", "ada@a@b.example", "ada@northwind.example, bo@x.example",
                              "ada@nw.example\nBcc: x@y.example"})
        wrong(FieldType::email, value);
}

TEST(FormValues, Telephones) {
    for (const char* value : {"+1 512 555 0142", "(0)30/1234-567", "5550100", "+49.30.1234 ext. 7", "112"})
        right(FieldType::phone, value);
    for (const char* value : {"none", "12", "call the number that my colleague gave you: 555 0100 123", "+1 512\n555"})
        wrong(FieldType::phone, value);
}

TEST(FormValues, Addresses) {
    for (const char* value : {"https://docs.example/x?y=1#z", "HTTP://A.example", "www.northwind.example/page",
                              "ftp://files.example", "https://[::1]/x"})
        right(FieldType::url, value);
    for (const char* value : {"javascript:alert(1)", "data:text/html,x", "https://", "two words", "file:///etc/passwd", "nohost",
                              "https://a b", "https://..", "a@b.example:c"})
        wrong(FieldType::url, value);
}

TEST(FormValues, Choices) {
    for (const char* value : {"11.2", "beta release", " 12.0 "}) right(FieldType::select, value);
    for (const char* value : {"11", "11.2, 12.0", "12.0.1"}) wrong(FieldType::select, value);
    EXPECT_EQ(wrong_value(field(FieldType::select), "13"), "must be one of 11.2, 12.0, Beta Release");
}

TEST(FormValues, PathsAsEachConnectorWritesThem) {
    for (const char* value : {"Cloud:Vault", "Cloud : Vault", "Cloud > Vault", "cloud:vault", "Cloud", "Cloud:Mesh:Edge: small",
                              "Cloud > Mesh > Edge: small", "Core", "Core > old", "Cloud:"})
        right(FieldType::tierselect, value);
    for (const char* value : {"Vault", "Cloud:Core", "Cloud/Vault", "Cloudy", "Cloud:Vault:More", "Cloud::Vault", "Core:old:er"})
        wrong(FieldType::tierselect, value);
}

TEST(FormValues, NotNumeric) {
    FormField serial = field(FieldType::string);
    serial.validation_rules = "required|not_numeric";
    EXPECT_TRUE(wrong_value(serial, "12345"));
    EXPECT_FALSE(wrong_value(serial, "SN-12345"));
}

}  // namespace
}  // namespace entente::protocol
