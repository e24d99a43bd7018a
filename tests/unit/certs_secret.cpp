#include "certs/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "certs/random.hpp"

namespace entente::certs {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

TEST(Secret, HoldsWhatItWasGivenAtEverySize) {
    for (const std::size_t size : {0U, 1U, 32U, 64U, 65U, 512U, 513U, 5'000U, 100'000U}) {
        Blob bytes(size);
        random_bytes(bytes);
        const Secret secret = Secret::copy_of(bytes);
        EXPECT_TRUE(std::ranges::equal(secret.bytes(), bytes)) << size;
        EXPECT_EQ(secret.empty(), size == 0);
    }
}

TEST(Secret, BeginsAsZerosEvenWhereAnotherSecretWas) {
    for (const std::size_t size : {32U, 300U, 5'000U}) {
        {
            Secret::copy_of(Blob(size, 0xaa));
        }
        const Secret fresh(size);
        EXPECT_TRUE(std::ranges::all_of(fresh.bytes(), [](std::uint8_t byte) { return byte == 0; })) << size;
    }
}

TEST(Secret, MovesWithoutCopying) {
    Secret first = Secret::from_text("correct horse");
    const std::uint8_t* const where = first.bytes().data();
    Secret second = std::move(first);
    EXPECT_EQ(second.bytes().data(), where);
    Secret third;
    third = std::move(second);
    EXPECT_EQ(protocol::as_text(third.bytes()), "correct horse");
}

TEST(Secret, ThousandsLiveSideBySide) {
    std::vector<Secret> all;
    all.reserve(5'000);
    for (int i = 0; i < 5'000; ++i) all.push_back(Secret::copy_of(Blob(32, static_cast<std::uint8_t>(i))));
    for (int i = 0; i < 5'000; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].bytes()[31], static_cast<std::uint8_t>(i));
}

TEST(Random, DoesNotRepeat) {
    EXPECT_NE((random_array<16>()), (random_array<16>()));
    Blob long_one(3'000'000);
    random_bytes(long_one);
    EXPECT_FALSE(std::ranges::all_of(std::span(long_one).last(64), [](std::uint8_t byte) { return byte == 0; }));
}

}  // namespace
}  // namespace entente::certs
