// The age format: what we seal the public tool opens and the other way round (tests/interop/test_age.py); here, that every flipped
// bit is noticed and every size comes back.

#include "certs/age.hpp"

#include <gtest/gtest.h>

#include "certs/random.hpp"

namespace entente::certs {
namespace {

using protocol::as_bytes;
using protocol::as_text;

// The identity whose recipient age-keygen -y prints.
constexpr std::string_view vector_identity = "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6";

TEST(Age, an_identity_and_its_recipient_have_one_spelling) {
    const auto identity = AgeIdentity::parse(vector_identity);
    ASSERT_TRUE(identity);
    EXPECT_EQ(as_text(identity->text().bytes()), vector_identity);
    const std::string recipient = format_age_recipient(identity->recipient());
    EXPECT_EQ(recipient, "age1w3tyke4gev25vaxxsvcgqu4484rf6ejpmavs57p6yz6lhy2sfs5swrvwyn");
    EXPECT_EQ(parse_age_recipient(recipient), identity->recipient());
    for (std::string wrong :
         {recipient + "q", recipient.substr(1), std::string("age1"), std::string(), std::string(vector_identity)})
        EXPECT_FALSE(parse_age_recipient(wrong)) << wrong;
    for (std::size_t i = 0; i < recipient.size(); ++i) {
        std::string wrong = recipient;
        wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
        if (wrong != recipient) {
            EXPECT_FALSE(parse_age_recipient(wrong)) << i;
        }
    }
}

TEST(Age, an_identity_is_found_in_its_file) {
    const std::string word(vector_identity);
    for (const std::string& file : {word, word + "\n", "# created: today\r\n# public key: age1\r\n\r\n" + word + " \r\n",
                                    "\n \n" + word + "\nAGE-SECRET-KEY-1ANOTHER\n"}) {
        const auto identity = AgeIdentity::parse_file(file);
        ASSERT_TRUE(identity) << file;
        EXPECT_EQ(as_text(identity->text().bytes()), vector_identity);
    }
    for (const std::string& file : {std::string(), std::string("# nothing\n"), std::string("\n\n"), "age1\n" + word})
        EXPECT_FALSE(AgeIdentity::parse_file(file)) << file;
}

TEST(Age, every_size_comes_back_to_each_recipient_and_to_nobody_else) {
    const auto first = AgeIdentity::generate();
    const auto second = AgeIdentity::generate();
    const auto other = AgeIdentity::generate();
    for (const std::size_t size : std::vector<std::size_t>{0, 1, 65535, 65536, 65537, 131072, 200000}) {
        Blob plain(size);
        random_bytes(plain);
        const Blob sealed = age_seal(std::vector{first.recipient(), second.recipient()}, plain);
        EXPECT_EQ(age_open(first, sealed), plain) << size;
        EXPECT_EQ(age_open(second, sealed), plain) << size;
        const auto refused = age_open(other, sealed);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "age_not_opened");
    }
}

TEST(Age, every_flipped_bit_and_every_cut_is_noticed) {
    const auto identity = AgeIdentity::generate();
    const Blob sealed = age_seal(std::vector{identity.recipient()}, as_bytes("what was disclosed"));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Blob bad = sealed;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(age_open(identity, bad)) << "bit " << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(age_open(identity, Bytes(sealed).first(size))) << size;
    Blob longer = sealed;
    longer.push_back(0);
    EXPECT_FALSE(age_open(identity, longer));
}

TEST(Age, whole_chunks_cannot_be_cut_off) {
    const auto identity = AgeIdentity::generate();
    const Blob sealed = age_seal(std::vector{identity.recipient()}, Blob(200'000));
    const std::size_t payload = 200'000 + 4 * 16;
    const std::size_t begin = sealed.size() - payload;
    for (std::size_t chunks = 0; chunks < 4; ++chunks)
        EXPECT_FALSE(age_open(identity, Bytes(sealed).first(begin + chunks * (65'536 + 16)))) << chunks;
}

}  // namespace
}  // namespace entente::certs
