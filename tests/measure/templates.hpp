#pragma once
// A small log-template miner after Drain (He, Zhu, Zheng, Lyu: ICWS 2017): fixed-depth tree by number of words and first two words,
// then the most similar group. Only for asking whether masking changes the templates of a log.

#include <string>
#include <vector>

namespace entente::corpus {

// The group of each line; equal numbers, equal template.
std::vector<int> mined_groups(const std::string& log);

// The share of lines whose group consists of the same lines before and after (grouping accuracy as in the log-parsing benchmarks).
// Both logs must have the same number of lines.
double templates_kept(const std::string& before, const std::string& after);

}  // namespace entente::corpus
