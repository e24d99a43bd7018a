#include "tests/measure/templates.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace entente::corpus {

namespace {

constexpr std::size_t leading_words = 2;  // depth 4
constexpr double similarity_min = 0.6;    // with less, short messages that have nothing to do with each other share a template
constexpr const char* wildcard = "<*>";

using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& log) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < log.size();) {
        const std::size_t end = std::min(log.find('\n', at), log.size());
        lines.push_back(log.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

bool has_digit(const std::string& word) {
    return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

Words words_of(const std::string& line) {
    Words words;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t begin = line.find_first_not_of(" \t", at);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
        const std::string word = line.substr(begin, end - begin);
        words.push_back(has_digit(word) || word.find(wildcard) != std::string::npos ? wildcard : word);
        at = end;
    }
    return words;
}

struct Group {
    int number;
    Words words;
};

double similarity(const Words& group, const Words& line) {
    if (line.empty()) return 1.0;
    std::size_t same = 0;
    for (std::size_t i = 0; i < line.size(); ++i) same += group[i] == line[i] ? 1U : 0U;
    return static_cast<double>(same) / static_cast<double>(line.size());
}

}  // namespace

std::vector<int> mined_groups(const std::string& log) {
    std::map<std::pair<std::size_t, Words>, std::vector<Group>> leaves;
    std::vector<int> numbers;
    int next = 0;
    for (const std::string& line : lines_of(log)) {
        const Words words = words_of(line);
        const auto leading = static_cast<std::ptrdiff_t>(std::min(leading_words, words.size()));
        auto& groups = leaves[{words.size(), Words(words.begin(), words.begin() + leading)}];
        Group* best = nullptr;
        double most = similarity_min;
        for (Group& group : groups) {
            const double here = similarity(group.words, words);
            if (here < most) continue;
            most = here;
            best = &group;
        }
        if (best == nullptr) {
            groups.push_back({next++, words});
            best = &groups.back();
        }
        for (std::size_t i = 0; i < words.size(); ++i)
            if (best->words[i] != words[i]) best->words[i] = wildcard;
        numbers.push_back(best->number);
    }
    return numbers;
}

double templates_kept(const std::string& before, const std::string& after) {
    const std::vector<int> a = mined_groups(before);
    const std::vector<int> b = mined_groups(after);
    if (a.size() != b.size() || a.empty()) return 0.0;
    std::map<int, std::vector<std::size_t>> lines_a, lines_b;
    for (std::size_t i = 0; i < a.size(); ++i) {
        lines_a[a[i]].push_back(i);
        lines_b[b[i]].push_back(i);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < a.size(); ++i) kept += lines_a[a[i]] == lines_b[b[i]] ? 1U : 0U;
    return static_cast<double>(kept) / static_cast<double>(a.size());
}

}  // namespace entente::corpus
