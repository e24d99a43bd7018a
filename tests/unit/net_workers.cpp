// The worker pool, and the ceilings of the listener: bounded, never waiting, nothing lost.

#include "server/net/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "server/net/admission.hpp"

namespace entente::net {
namespace {

TEST(Workers, RefusesWhenTheQueueIsFullAndRunsWhatItTook) {
    std::atomic<int> ran = 0;
    {
        std::promise<void> reached;
        std::promise<void> open;
        Workers workers(1, 2);
        ASSERT_TRUE(workers.post([&] {
            reached.set_value();
            open.get_future().wait();
        }));
        reached.get_future().wait();
        EXPECT_TRUE(workers.post([&] { ++ran; }));
        EXPECT_TRUE(workers.post([&] { ++ran; }));
        EXPECT_FALSE(workers.post([&] { ++ran; }));
        EXPECT_EQ(workers.queued(), 2U);
        open.set_value();
        workers.stop();
        EXPECT_FALSE(workers.post([&] { ++ran; }));
    }
    EXPECT_EQ(ran, 2);
}

TEST(Workers, AWorkThatThrowsDoesNotEndItsThread) {
    std::promise<void> done;
    Workers workers(1, 10);
    workers.post([] { throw std::runtime_error("broken"); });
    workers.post([&] { done.set_value(); });
    done.get_future().wait();
}

TEST(Admission, CountsInTotalAndPerAddress) {
    using Answer = Admission::Answer;
    Admission admission;
    const AddressKey a{1};
    const AddressKey b{2};
    EXPECT_EQ(admission.enter(a, 3, 2), Answer::welcome);
    EXPECT_EQ(admission.enter(a, 3, 2), Answer::welcome);
    EXPECT_EQ(admission.enter(a, 3, 2), Answer::address_full);
    EXPECT_EQ(admission.enter(b, 3, 2), Answer::welcome);
    EXPECT_EQ(admission.enter(b, 3, 2), Answer::full);
    admission.leave(a);
    EXPECT_EQ(admission.enter(b, 3, 2), Answer::welcome);
    EXPECT_EQ(admission.open(), 3U);
    EXPECT_FALSE(admission.wait_until_empty(std::chrono::steady_clock::now()));
    admission.leave(a);
    admission.leave(b);
    admission.leave(b);
    EXPECT_TRUE(admission.wait_until_empty(std::chrono::steady_clock::now()));
}

}  // namespace
}  // namespace entente::net
