// Canonical audit bytes, encodings.

#include <random>

#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "protocol_support.hpp"

namespace entente::protocol {
namespace {

TEST(Canonical, SortsKeysAndNests) {
    CanonicalObject inner;
    inner.set("z", true).set("a", -7);
    CanonicalArray array;
    array.add("x").add(1).add(false).add(inner).add(CanonicalArray{});
    CanonicalObject object;
    object.set("text", "\u20ac\n\"")
        .set("b2", array)
        .set("b", inner)
        .set("a_1", std::vector<std::string>{"p", "q"})
        .set_filled("gone", "");
    object.set_canonical("nested", R"({"k":[]})").set("numbers", std::vector<std::int64_t>{3, 1});
    EXPECT_EQ(object.text(), R"({"a_1":["p","q"],"b":{"a":-7,"z":true},"b2":["x",1,false,{"a":-7,"z":true},[]],"nested":{"k":[]},)"
                             "\"numbers\":[3,1],\"text\":\"\u20ac\\n\\\"\"}");
    EXPECT_TRUE(check_canonical(object.text()));
    EXPECT_TRUE(object.has("b2"));
    EXPECT_FALSE(object.has("gone"));
    EXPECT_EQ(CanonicalObject().text(), "{}");
}

TEST(Canonical, WhatComesFromOutsideAndDoesNotFitIsAFault) {
    CanonicalObject object;
    EXPECT_THROW(object.set("a", "\xff"), Fault);
    EXPECT_THROW(object.set("a", canonical_integer_max + 1), Fault);
    EXPECT_THROW(object.set("a", -canonical_integer_max - 1), Fault);
    EXPECT_THROW(object.set_canonical("a", "{ }"), Fault);
    EXPECT_NO_THROW(object.set("a", canonical_integer_max));
}

TEST(CanonicalDeathTest, AWrongOrRepeatedKeyIsABug) {
    EXPECT_DEATH(CanonicalObject().set("Upper", 1), "canonical_key");
    EXPECT_DEATH(CanonicalObject().set("", 1), "canonical_key");
    EXPECT_DEATH(CanonicalObject().set(std::string(65, 'a'), 1), "canonical_key");
    EXPECT_DEATH(CanonicalObject().set("a", 1).set("a", 2), "members_");
}

TEST(Canonical, AcceptsExactlyOneSpelling) {
    const std::string deep = [] {
        std::string text;
        for (int i = 0; i < canonical_depth_max; ++i) text += "{\"a\":";
        return text + "1" + std::string(canonical_depth_max, '}');
    }();
    for (const std::string_view good :
         {std::string_view("{}"), std::string_view(R"({"a":0,"b":-1,"c":[true,false,"",[],{}]})"),
          std::string_view(R"({"a":9007199254740991})"), std::string_view(R"({"a":"\"\\\b\f\n\r\t\u0000\u001f/"})"),
          std::string_view("{\"a\":\"\x7f\xf0\x9f\x98\x80\"}"), std::string_view(deep)}) {
        const auto parsed = parse_canonical(good);
        ASSERT_TRUE(parsed) << good << parsed.error().message;
        EXPECT_EQ(write_canonical(*parsed), good);
    }
    const std::string too_deep = "{\"a\":" + deep + "}";
    for (const std::string_view bad : {std::string_view(""),
                                       std::string_view("[]"),
                                       std::string_view("1"),
                                       std::string_view("{ }"),
                                       std::string_view("{} "),
                                       std::string_view("{"),
                                       std::string_view(R"({"a":null})"),
                                       std::string_view(R"({"a":1.0})"),
                                       std::string_view(R"({"a":1e3})"),
                                       std::string_view(R"({"a":-0})"),
                                       std::string_view(R"({"a":01})"),
                                       std::string_view(R"({"a":+1})"),
                                       std::string_view(R"({"a":9007199254740992})"),
                                       std::string_view(R"({"a":-9007199254740992})"),
                                       std::string_view(R"({"a":99999999999999999})"),
                                       std::string_view(R"({"b":1,"a":1})"),
                                       std::string_view(R"({"a":1,"a":1})"),
                                       std::string_view(R"({"A":1})"),
                                       std::string_view(R"({"":1})"),
                                       std::string_view(R"({"a":"\/"})"),
                                       std::string_view(R"({"a":"\u0041"})"),
                                       std::string_view(R"({"a":"\u001F"})"),
                                       std::string_view(R"({"a":"\u000a"})"),
                                       std::string_view(R"({"a":"\u00"})"),
                                       std::string_view("{\"a\":\"\n\"}"),
                                       std::string_view("{\"a\":\"\xff\"}"),
                                       std::string_view(R"({"a":1,})"),
                                       std::string_view(R"({"a":[1,]})"),
                                       std::string_view(R"({"a" :1})"),
                                       std::string_view(R"({"a":tru})"),
                                       std::string_view(R"({"a":"x)"),
                                       std::string_view("{\"a\":\0}", 7),
                                       std::string_view(too_deep)})
        EXPECT_FALSE(check_canonical(bad)) << bad;
    EXPECT_EQ(check_canonical(R"({"b":1,"a":1})").error().message, "not canonical at byte 11: keys are not sorted or not unique");
}

TEST(Canonical, MembersAreFoundByKey) {
    const auto parsed = parse_canonical(R"({"a":"x","b":7,"c":true,"d":[1],"e":{"f":"g"}})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed->find("a")->text(), "x");
    EXPECT_EQ(*parsed->find("b")->integer(), 7);
    EXPECT_TRUE(*parsed->find("c")->boolean());
    EXPECT_EQ(parsed->find("d")->array()->size(), 1U);
    EXPECT_EQ(*parsed->find("e")->find("f")->text(), "g");
    EXPECT_EQ(parsed->find("nothing"), nullptr);
    EXPECT_EQ(parsed->find("a")->integer(), nullptr);
    EXPECT_EQ(parsed->find("a")->find("x"), nullptr);
}

// Random objects: what the builder writes is canonical, reads back and writes the same bytes; one changed byte never reads back as
// the same value.
class RandomObjects {
  public:
    explicit RandomObjects(std::uint64_t seed) : random_(seed) {}

    CanonicalObject object(int depth) {
        CanonicalObject out;
        const std::uint64_t members = pick(5);
        for (std::uint64_t i = 0; i < members; ++i) {
            const std::string key = this->key();
            if (out.has(key)) continue;
            switch (pick(depth > 0 ? 5 : 3)) {
                case 0:
                    out.set(key, text());
                    break;
                case 1:
                    out.set(key, number());
                    break;
                case 2:
                    out.set(key, pick(2) == 0);
                    break;
                case 3:
                    out.set(key, object(depth - 1));
                    break;
                default:
                    out.set(key, CanonicalArray().add(text()).add(number()).add(object(depth - 1)));
            }
        }
        return out;
    }
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  private:
    std::string key() {
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
        std::string out(1, letters[pick(26)]);
        for (std::uint64_t i = pick(4); i > 0; --i) out += letters[pick(letters.size())];
        return out;
    }
    std::string text() {
        static const std::vector<std::string> pieces{"a", "\"",     "\\", "\n", "\x01", "\x1f", std::string(1, '\0'),
                                                     "ä", "\u20ac", "😀", "/",  "\x7f", "\t"};
        std::string out;
        for (std::uint64_t i = pick(6); i > 0; --i) out += pieces[pick(pieces.size())];
        return out;
    }
    std::int64_t number() {
        const auto magnitude = static_cast<std::int64_t>(random_() >> (11 + pick(53)));
        return pick(2) == 0 ? magnitude : -magnitude;
    }
    std::mt19937_64 random_;
};

TEST(Canonical, RandomObjectsRoundTrip) {
    const char* given = std::getenv("ENTENTE_LONG");
    const int rounds = given && std::string_view(given) == "1" ? 1'000'000 : 100'000;
    constexpr std::uint64_t seed = 20300504;
    RandomObjects objects(seed);
    for (int i = 0; i < rounds; ++i) {
        const std::string bytes = objects.object(3).text();
        const auto parsed = parse_canonical(bytes);
        ASSERT_TRUE(parsed) << "seed " << seed << " round " << i << ": " << bytes;
        ASSERT_EQ(write_canonical(*parsed), bytes) << "seed " << seed << " round " << i;
        std::string changed = bytes;
        changed[objects.pick(changed.size())] ^= static_cast<char>(1 + objects.pick(127));
        const auto other = parse_canonical(changed);
        ASSERT_FALSE(other && *other == *parsed) << "seed " << seed << " round " << i << ": " << changed;
    }
}

TEST(Encoding, OneSpellingAValue) {
    const std::string text = "any carnal pleas";
    EXPECT_EQ(base64(as_bytes(text)), "YW55IGNhcm5hbCBwbGVhcw==");
    EXPECT_EQ(base64url(as_bytes("\xfb\xff\xfe")), "-__-");
    EXPECT_EQ(as_text(*from_base64("YW55IGNhcm5hbCBwbGVhcw==")), text);
    for (const std::string_view bad : {"YQ", "YQ=", "YR==", "Y===", "=YQ=", "YQ==YQ==", "Y Q=", "-__-"})
        EXPECT_FALSE(from_base64(bad)) << bad;
    for (const std::string_view bad : {"YR", "YQ==", "Y", "+//+"}) EXPECT_FALSE(from_base64url(bad)) << bad;
    EXPECT_EQ(hex(Blob{0x00, 0xab, 0xff}), "00abff");
    EXPECT_EQ(from_hex("00abff"), (Blob{0x00, 0xab, 0xff}));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("zz"));
    const auto id = parse_uuid("0190f5fe-7c00-7a00-8000-000000000001");
    ASSERT_TRUE(id);
    EXPECT_EQ(uuid_text(*id), "0190f5fe-7c00-7a00-8000-000000000001");
    for (const std::string_view bad :
         {"0190f5fe7c007a008000000000000001", "0190f5fe-7c00-7a00-8000-00000000000", "0190f5fe-7c00-7a00-8000-00000000000g"})
        EXPECT_FALSE(parse_uuid(bad)) << bad;
}

TEST(Encoding, Utf8IsRfc3629) {
    for (const std::string_view good : {"", "a", "é", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
        EXPECT_TRUE(valid_utf8(good));
    for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "a\xff"})
        EXPECT_FALSE(valid_utf8(bad));
    EXPECT_EQ(utf8_length("aé€😀"), 4U);
    EXPECT_EQ(utf8_prefix("aé€", 2), "a");
    EXPECT_EQ(utf8_prefix("aé€", 3), "aé");
}

}  // namespace
}  // namespace entente::protocol
