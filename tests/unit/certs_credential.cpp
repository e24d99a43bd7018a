#include "certs/credential.hpp"

#include <gtest/gtest.h>

#include <string>

#include "certs/digest.hpp"
#include "certs/password.hpp"
#include "certs/random.hpp"

namespace entente::certs {
namespace {

TEST(Token, NamesItsIdToWhoHasTheKey) {
    const auto key = random_array<32>();
    const TokenId id = random_array<16>();
    const std::string token = mint_token(key, id);
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(token_id(key, token), id);
    EXPECT_FALSE(token_id(random_array<32>(), token));
}

TEST(Token, EveryChangedCharacterIsAForgery) {
    const auto key = random_array<32>();
    const std::string token = mint_token(key, random_array<16>());
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char c : std::string("ABxy01-_+/= \0", 13)) {
            std::string bent = token;
            if (bent[i] == c) continue;
            bent[i] = c;
            EXPECT_FALSE(token_id(key, bent)) << i << c;
        }
    }
    EXPECT_FALSE(token_id(key, ""));
    EXPECT_FALSE(token_id(key, token + "A"));
    EXPECT_FALSE(token_id(key, token + "="));
    EXPECT_FALSE(token_id(key, token.substr(1)));
}

TEST(Password, VerifiesOnlyItself) {
    const Secret password = Secret::from_text("correct horse battery staple");
    const std::string hash = hash_password(password);
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
    EXPECT_TRUE(verify_password(hash, password));
    EXPECT_FALSE(verify_password(hash, Secret::from_text("correct horse battery stapl")));
    EXPECT_FALSE(verify_password(hash, Secret()));
    EXPECT_NE(hash_password(password), hash) << "salts must differ";
}

TEST(Password, ADamagedHashFitsNoPassword) {
    const Secret password = Secret::from_text("p");
    EXPECT_FALSE(verify_password("", password));
    EXPECT_FALSE(verify_password("$argon2id$v=19$m=65536,t=2,p=1$", password));
    EXPECT_FALSE(spend_password_cost(password));
    EXPECT_FALSE(spend_password_cost(Secret()));
}

}  // namespace
}  // namespace entente::certs
