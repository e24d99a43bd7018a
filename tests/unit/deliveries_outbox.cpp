// What the dispatcher's parts promise by themselves.

#include <gtest/gtest.h>

#include <thread>

#include "server/bell.hpp"
#include "server/deliveries/departures.hpp"
#include "server/deliveries/webhook.hpp"
#include "server/operations/outbox.hpp"

namespace entente::deliveries {
namespace {

TEST(Departures, WhatWasStoppedDoesNotLeaveAndWhatLeftIsNotStopped) {
    Departures departures;
    const auto waiting = departures.enter({1});
    const auto gone = departures.enter({1});
    const auto other = departures.enter({2});
    EXPECT_TRUE(gone->leave());
    departures.stop({1});
    EXPECT_FALSE(waiting->leave());
    EXPECT_TRUE(waiting->stopped());
    EXPECT_TRUE(gone->leave()) << "a repeat of what had begun";
    EXPECT_TRUE(other->leave());
    EXPECT_TRUE(departures.enter({1})->leave()) << "what is leased later was judged later";
}

TEST(Departures, ExactlyOneOfLeavingAndStoppingWins) {
    Departures departures;
    for (int i = 0; i < 500; ++i) {
        const auto pass = departures.enter({7});
        bool left = false;
        std::thread sender([&] { left = pass->leave(); });
        departures.stop({7});
        sender.join();
        EXPECT_NE(left, pass->stopped());
    }
}

TEST(Retry, PausesGrowToTheLimitWithAFifthOfChance) {
    const operations::RetryPolicy policy{.attempts = 5, .first_ms = 10'000, .max_ms = 300'000};
    const auto pause = [&](int attempts, std::uint64_t chance) { return operations::retry_pause_ms(policy, attempts, chance); };
    EXPECT_EQ(pause(1, 200), 10'000);
    EXPECT_EQ(pause(2, 200), 30'000);
    EXPECT_EQ(pause(3, 200), 90'000);
    EXPECT_EQ(pause(4, 200), 270'000);
    EXPECT_EQ(pause(5, 200), 300'000);
    EXPECT_EQ(pause(1'000, 200), 300'000);
    EXPECT_EQ(pause(1, 0), 8'000);
    EXPECT_EQ(pause(1, 400), 12'000);
}

TEST(Bell, WakesThoseWhoListenOnceAndThoseWhoComeTooLateAtOnce) {
    Bell bell;
    int woken = 0;
    bell.listen(bell.count(), [&] { ++woken; });
    EXPECT_EQ(woken, 0);
    const auto seen = bell.count();
    bell.ring();
    bell.ring();
    EXPECT_EQ(woken, 1);
    bell.listen(seen, [&] { ++woken; });
    EXPECT_EQ(woken, 2);
    const auto ticket = bell.listen(bell.count(), [&] { ++woken; });
    bell.forget(ticket);
    bell.ring();
    EXPECT_EQ(woken, 2);
    bell.close();
    bell.listen(bell.count(), [&] { ++woken; });
    EXPECT_EQ(woken, 3) << "nobody waits in a house that is being shut";
}

TEST(Signatures, AreThoseOfTheContractAndOfStandardWebhooks) {
    EXPECT_EQ(hub_signature("topsecret", R"({"a":1})"), "sha256=bf1e6501b7fa928ec2391fea9dd90af3c9ad1b7b1ef6ff319c25940cec746bf8");
    // The published example of the Standard Webhooks specification.
    EXPECT_EQ(standard_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330,
                                 R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

}  // namespace
}  // namespace entente::deliveries
