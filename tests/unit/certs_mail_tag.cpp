#include "certs/mail_tag.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "certs/random.hpp"

namespace entente::certs {
namespace {

const MailTag sample{MailTag::Purpose::reply, 1'495'613'527, 870, 20'800};

TEST(MailTag, SaysWhatItWasMadeFor) {
    const auto key = random_array<32>();
    for (const auto purpose : {MailTag::Purpose::reply, MailTag::Purpose::bounce, MailTag::Purpose::stop}) {
        MailTag tag = sample;
        tag.purpose = purpose;
        const std::string text = mint_mail_tag(key, tag);
        EXPECT_EQ(text.size(), mail_tag_characters);
        EXPECT_EQ(read_mail_tag(key, text), tag);
    }
    EXPECT_FALSE(read_mail_tag(random_array<32>(), mint_mail_tag(key, sample)));
}

TEST(MailTag, SurvivesAServerThatFoldsLetters) {
    const auto key = random_array<32>();
    std::string text = mint_mail_tag(key, sample);
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(read_mail_tag(key, text), sample);
}

TEST(MailTag, EveryChangedCharacterIsAForgery) {
    const auto key = random_array<32>();
    const std::string text = mint_mail_tag(key, sample);
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char c : std::string("abmz27!-= \0", 11)) {
            std::string bent = text;
            if (bent[i] == c) continue;
            bent[i] = c;
            EXPECT_FALSE(read_mail_tag(key, bent)) << i << c;
        }
    EXPECT_FALSE(read_mail_tag(key, ""));
    EXPECT_FALSE(read_mail_tag(key, text + "a"));
    EXPECT_FALSE(read_mail_tag(key, text.substr(1)));
}

TEST(MailTag, EndsWithItsLastDay) {
    EXPECT_FALSE(sample.expired({(20'800LL * 86'400 + 86'399) * 1'000'000}));
    EXPECT_TRUE(sample.expired({20'801LL * 86'400 * 1'000'000}));
}

}  // namespace
}  // namespace entente::certs
