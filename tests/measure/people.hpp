#pragma once
// Family names on their own, measured: how many mentions of staff are found, and how often something else is taken for one. Three
// strictnesses of the rule beside each other, so that the chosen one is a decision and not a taste.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace entente::corpus {

struct People {
    std::vector<std::string> names;      // frequent family names
    std::vector<std::string> sentences;  // with <<F>> and <<N>>
    std::string no_people;               // lines
};
People read_people(const std::string& folder);

// 0: any whole word in any spelling; 1: written as a name, four letters or more; 2: what the detectors do (policy/family_names).
inline constexpr std::size_t strictnesses = 3;

struct NameRecall {
    std::int64_t mentions = 0;  // of a family name alone
    std::array<std::int64_t, strictnesses> found{};
    std::int64_t doubtful_mentions = 0;  // of those whose name is a word as well
    std::array<std::int64_t, strictnesses> doubtful_found{};
};
NameRecall recall_of_names(const People& people);

struct NameAlarms {
    std::int64_t lines = 0;
    std::array<std::int64_t, strictnesses> alarms{};
    std::vector<std::string> examples;  // of the last strictness
};
NameAlarms alarms_of_names(const People& people, const std::string& text);

std::string recall_table(const NameRecall& recall);
std::string alarms_text(const NameAlarms& alarms);

}  // namespace entente::corpus
