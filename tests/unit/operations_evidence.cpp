// The standing map as data, the drawing of samples, and populations.

#include <gtest/gtest.h>

#include <set>

#include "protocol/encoding.hpp"
#include "server/operations/evidence.hpp"
#include "server/store/statements/evidence.hpp"

namespace entente::operations {
namespace {

TEST(Controls, AnnexAIsWholeAndInOrder) {
    std::vector<std::string> expected;
    for (const auto& [chapter, count] : {std::pair{5, 37}, {6, 8}, {7, 14}, {8, 34}})
        for (int i = 1; i <= count; ++i) expected.push_back(std::to_string(chapter) + "." + std::to_string(i));
    std::vector<std::string> found;
    for (const Control& control : controls())
        if (control.framework == Framework::iso27001) found.emplace_back(control.id);
    EXPECT_EQ(found, expected);
}

TEST(Controls, EachSaysWhatItShowsOrWhyNothing) {
    std::set<std::string_view> facts{"log", "rights", "settings", "cryptography"};
    for (const store::StateCount& count : store::state_counts()) EXPECT_TRUE(facts.insert(count.name).second) << count.name;
    std::set<std::pair<Framework, std::string_view>> ids;
    for (const Control& control : controls()) {
        EXPECT_TRUE(ids.emplace(control.framework, control.id).second) << control.id;
        EXPECT_FALSE(control.title.empty());
        EXPECT_TRUE(control.words.ends_with('.')) << control.id;
        EXPECT_EQ(control.serves == Serves::no, control.log.empty() && control.facts.empty()) << control.id;
        for (const std::string_view fact : words_of(control.facts)) EXPECT_TRUE(facts.contains(fact)) << control.id << " " << fact;
    }
}

TEST(Controls, PatternsTakeOperationsBeginningsRefusalsAndReasons) {
    const auto fits = [](std::string_view log, std::string_view operation, bool failed, std::string_view reason) {
        return matches({.log = log}, operation, failed, reason);
    };
    EXPECT_TRUE(fits("case.read case.create", "case.create", true, "x"));
    EXPECT_FALSE(fits("case.create", "case.create.more", false, ""));
    EXPECT_TRUE(fits("case.*", "case.create", false, ""));
    EXPECT_FALSE(fits("case.*", "note.create", false, ""));
    EXPECT_TRUE(fits("*", "anything", false, ""));
    EXPECT_FALSE(fits("!case.*", "case.create", false, ""));
    EXPECT_TRUE(fits("!case.*", "case.create", true, ""));
    EXPECT_TRUE(fits("a @no_role", "b", true, "no_role"));
    EXPECT_FALSE(fits("@no_role", "no_role", true, ""));
    EXPECT_FALSE(fits("", "a", false, ""));
}

TEST(Samples, AreRankedByAHashThatAnybodyCanCompute) {
    // printf 'entente-sample/v1\0auditor-7\0\0\0\0\0\0\0\1\2' | sha256sum
    EXPECT_EQ(protocol::hex(sample_rank("auditor-7", 258)), "48d8bbdf8f6713a475d82d9e46d65309c07456c7cbc0542900aa23557dd0d701");
}

TEST(Populations, KeepRunsAndTheLowestRanks) {
    Population population;
    for (const std::int64_t index : {3, 4, 5, 9, 11, 12}) {
        const audit::Hash rank = sample_rank("s", index);
        population.add(index, index == 9, &rank, 2);
    }
    EXPECT_EQ(population.entries, 6);
    EXPECT_EQ(population.failed, 1);
    EXPECT_EQ(population.runs, (std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 5}, {9, 9}, {11, 12}}));
    std::set<std::pair<audit::Hash, std::int64_t>> all;
    for (const std::int64_t index : {3, 4, 5, 9, 11, 12}) all.emplace(sample_rank("s", index), index);
    EXPECT_EQ(std::vector(population.lowest.begin(), population.lowest.end()), std::vector(all.begin(), std::next(all.begin(), 2)));
    Population none;
    none.add(1, false, nullptr, 0);
    EXPECT_TRUE(none.lowest.empty());
}

}  // namespace
}  // namespace entente::operations
