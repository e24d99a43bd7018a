// The strict JSON parser and the Reader.

#include "protocol/instant.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/reader.hpp"
#include "protocol_support.hpp"

namespace entente::protocol {
namespace {

std::string refusal(std::string_view body) {
    const auto parsed = parse_json(body);
    return parsed ? "(accepted)" : parsed.error().message;
}

TEST(ParseJson, AcceptsEveryKindOfValue) {
    for (const std::string_view body :
         {R"({"a":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00\n"]})", " [] ", "\"text\"", "7", "null", "\t{ \"a\" : { } }\r\n",
          "-9223372036854775808", "1e308", "{\"a\":1,\"b\":{\"a\":2}}"})
        EXPECT_EQ(refusal(body), "(accepted)") << body;
}

TEST(ParseJson, RefusesWithThePositionAndNeverTheContent) {
    const struct {
        std::string body, sentence;
    } cases[]{
        {"", "the body is not valid JSON at byte 1: it ends too early"},
        {"{\"secretword\":", "the body is not valid JSON at byte 15: it ends too early"},
        {"{\"secretword\":1,\"secretword\":2}", "the body is not valid JSON at byte 28: a member appears twice in one object"},
        {"{\"a\":{\"b\":1,\"\\u0062\":2}}", "the body is not valid JSON at byte 20: a member appears twice in one object"},
        {"{} {}", "the body is not valid JSON at byte 4: something follows the value"},
        {"{}x", "the body is not valid JSON at byte 3: something follows the value"},
        {"{'a':1}", "the body is not valid JSON at byte 2: unexpected character"},
        {"[1,]", "the body is not valid JSON at byte 4: unexpected character"},
        {"[18446744073709551615]", "the body is not valid JSON at byte 22: a number is too large"},
        {"\"\xc3\x28\"", "the body is not valid UTF-8"},
        {"\"\xed\xa0\x80\"", "the body is not valid UTF-8"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(refusal(c.body), c.sentence) << c.body;
        EXPECT_EQ(parse_json(c.body).error().kind, ErrorKind::malformed);
        EXPECT_FALSE(refusal(c.body).contains("secretword"));
    }
    for (const std::string_view body :
         {"\"\\ud800\"", "\"\\udc00x\"", "\"\\ud800\\u0041\"", "01", "+1", ".5", "1.", "NaN", "Infinity", "\"\n\"", "\"\\x41\"",
          "tru", "[1 2]", "{\"a\" 1}", "// x\n1", "1e999", "-1e999", "\xef\xbb\xbf{}"})
        EXPECT_NE(refusal(body), "(accepted)") << body;
}

TEST(ParseJson, LimitsDepthCountsAndNumbers) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(refusal(nested(json_depth_max)), "(accepted)");
    EXPECT_TRUE(refusal(nested(json_depth_max + 1)).ends_with("it is nested too deeply"));
    EXPECT_TRUE(refusal(nested(100'000)).ends_with("it is nested too deeply"));

    std::string members = "{";
    for (std::size_t i = 0; i <= json_members_max; ++i) members += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":0";
    EXPECT_TRUE(refusal(members + '}').ends_with("an object has too many members"));
    std::string elements = "[0";
    for (std::size_t i = 0; i < json_elements_max; ++i) elements += ",0";
    EXPECT_TRUE(refusal(elements + ']').ends_with("an array has too many elements"));
    EXPECT_NE(refusal("0." + std::string(100, '1')), "(accepted)");
    EXPECT_NE(refusal(std::string(400, '9')), "(accepted)");
}

TEST(Reader, CollectsEveryViolationWithItsPointer) {
    const auto json = parse_json(R"({"blank":"  ","long":"12345","number":"x","time":"yesterday","word":"nonsense","flag":"true",
        "control":"a\u0000b","object":[],"list":[{"a":"x"},7,{"a":null}],"words":["ok",1,""],"numbers":[1,99,"2"],"empty":[]})");
    ASSERT_TRUE(json);
    Reader in(*json);
    in.text("absent", 9);
    in.text("blank", 9);
    in.text("long", 4);
    in.text("control", 9);
    in.integer("number", 1, 9);
    in.instant("time");
    in.choice("word", parse_priority, "LOW");
    in.boolean("flag");
    in.object("object");
    for (Reader& element : in.objects("list", 9)) element.text("a", 9);
    in.texts("words", 9, 9);
    in.integers("numbers", 9, 1, 9);
    in.texts("empty", 9, 9, Need::filled);
    in.objects("list", 2);
    EXPECT_EQ(violations(in.done()),
              (Words{"/absent missing", "/blank empty", "/long too_long", "/control not_allowed", "/number wrong_type",
                     "/time wrong_type", "/word not_allowed", "/flag wrong_type", "/object wrong_type", "/list/1 wrong_type",
                     "/list/2/a missing", "/words/1 wrong_type", "/words/2 empty", "/numbers/1 out_of_range",
                     "/numbers/2 wrong_type", "/empty empty", "/list too_many"}));
    EXPECT_EQ(in.done().error().message,
              "absent is missing; blank must not be empty; long has more than 4 characters; and 14 more");
}

TEST(Reader, NullIsAbsentAndUnknownIsIgnored) {
    const auto json = parse_json(R"({"a":null,"unknown":{"x":[1,2]},"e":""})");
    Reader in(*json);
    EXPECT_EQ(in.text("a", 9, Need::optional), "");
    EXPECT_EQ(in.maybe_text("a", 9), std::nullopt);
    EXPECT_EQ(in.integer("a", 0, 9, Need::optional), std::nullopt);
    EXPECT_EQ(in.text("e", 9, Need::present), "");
    EXPECT_EQ(in.choice("e", parse_priority, "LOW", Need::optional), std::nullopt);
    EXPECT_TRUE(in.objects("a", 9).empty());
    EXPECT_FALSE(in.has("a"));
    EXPECT_TRUE(in.done());
    in.objects("a", 9, Need::present);
    EXPECT_EQ(violations(in.done()), Words{"/a missing"});
}

TEST(Reader, LimitsCountCharactersNotBytes) {
    const auto json = parse_json("{\"a\":\"äöü😀\"}");
    Reader in(*json);
    EXPECT_EQ(in.text("a", 4), "äöü😀");
    EXPECT_TRUE(in.clean());
    in.text("a", 3);
    EXPECT_FALSE(in.clean());
}

TEST(Reader, TabsAndLineEndsAreTextOtherControlsAreNot) {
    EXPECT_TRUE(plain_text("a\tb\r\nc \x7f\xc2\x85"));
    for (const char c : {'\0', '\x01', '\b', '\f', '\x1b', '\x1f'}) EXPECT_FALSE(plain_text(std::string("a") + c));
}

TEST(Reader, NumericTextOnlyWhereItIsAllowed) {
    const auto json = parse_json(R"({"n":7001,"t":"7001","s":" 7001","f":7001.0,"neg":"-1","big":"99999999999999999999"})");
    Reader in(*json);
    const auto form = Reader::NumberForm::or_text;
    EXPECT_EQ(in.integer("n", 1, 9999), 7001);
    EXPECT_EQ(in.integer("t", 1, 9999, Need::filled, form), 7001);
    EXPECT_TRUE(in.clean());
    EXPECT_EQ(in.integer("t", 1, 9999), std::nullopt);
    EXPECT_EQ(in.integer("s", 1, 9999, Need::filled, form), std::nullopt);
    EXPECT_EQ(in.integer("f", 1, 9999, Need::filled, form), std::nullopt);
    EXPECT_EQ(in.integer("neg", -9, 9999, Need::filled, form), std::nullopt);
    EXPECT_EQ(in.integer("big", 1, 9999, Need::filled, form), std::nullopt);
}

TEST(Reader, ABodyThatIsNoObjectIsOneViolation) {
    const auto json = parse_json("[1]");
    Reader in(*json);
    EXPECT_EQ(in.text("a", 9), "");
    EXPECT_EQ(violations(in.done()), Words{" wrong_type"});
    EXPECT_EQ(in.done().error().message, "the body must be a JSON object");
}

TEST(Reader, FieldNamesFromPointers) {
    EXPECT_EQ(field_name("/summary"), "summary");
    EXPECT_EQ(field_name("/customFields/3/fieldId"), "customFields[3].fieldId");
    EXPECT_EQ(field_name(""), "");
}

TEST(JsonWriter, EscapesLikeRfc8785) {
    std::string out;
    append_json_string(out, std::string_view("\"\\\b\f\n\r\t\0\x1f/\x7f\u20ac", 14));
    EXPECT_EQ(out, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/\x7f\u20ac\"");
}

TEST(InstantText, ToleratesWhatTheContractNames) {
    const struct {
        std::string_view text;
        std::int64_t us;
    } good[]{
        {"1970-01-01T00:00:00Z", 0},
        {"2030-05-04T09:30:00Z", 1'904'117'400'000'000},
        {"2030-05-04T09:30Z", 1'904'117'400'000'000},
        {"2030-05-04T11:30:00+02:00", 1'904'117'400'000'000},
        {"2030-05-04T09:30:00.5Z", 1'904'117'400'500'000},
        {"2030-05-04T09:30:00.123456789Z", 1'904'117'400'123'456},
        {"2030-05-04t09:30:00z", 1'904'117'400'000'000},
        {"2028-02-29T23:59:59Z", 1'835'481'599'000'000},
    };
    for (const auto& c : good) {
        const auto parsed = parse_rfc3339(c.text);
        ASSERT_TRUE(parsed) << c.text;
        EXPECT_EQ(parsed->us, c.us) << c.text;
    }
    for (const std::string_view text :
         {"", "2030", "2030-05-04", "2030-13-01T00:00:00Z", "2029-02-29T00:00:00Z", "2030-05-04T24:00:00Z", "2030-05-04T09:60:00Z",
          "2030-05-04T09:30:00", "2030-05-04T09:30:00.Z", "2030-05-04T09:30:00.1234567890Z", "2030-05-04T09:30:00Zx",
          "1969-12-31T23:59:59Z", "+2030-05-04T09:30:00Z", "2030-05-04T09:30:00+99:00"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(InstantText, WritesWholeSecondsWithZ) {
    EXPECT_EQ(to_rfc3339(Instant{1'904'117'400'999'999}), "2030-05-04T09:30:00Z");
    EXPECT_EQ(to_rfc3339(Instant{0}), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace entente::protocol
