#include "tests/measure/score.hpp"

#include <algorithm>
#include <cstdio>

namespace entente::corpus {

namespace {

bool covered(const Label& label, const std::vector<policy::Finding>& findings, const std::string& group) {
    std::size_t at = label.begin;
    for (const policy::Finding& one : findings) {  // by place
        if (group_of(std::string(one.code)) != group || one.end <= at || one.begin > at) continue;
        at = one.end;
        if (at >= label.end) return true;
    }
    return false;
}

std::string around(const Document& document, std::size_t begin, std::size_t end) {
    const std::size_t from = begin > 50 ? begin - 50 : 0;
    std::string text = document.text.substr(from, begin - from) + " >>>" + document.text.substr(begin, end - begin) + "<<< " +
                       document.text.substr(end, 30);
    std::ranges::replace(text, '\n', '|');
    return text;
}

void judge_label(const Document& document, const Label& label, const std::vector<policy::Finding>& findings, Score& score) {
    const std::string group = group_of(label.code);
    Tally& tally = score.groups[group];
    const bool found = covered(label, findings, group);
    const auto count = [&](Tally& one) {
        ++one.labels;
        one.found += found ? 1 : 0;
    };
    count(tally);
    if (label.formatted && group == "secret") count(score.formatted_secrets);
    const bool person = group == "mail" || group == "phone" || group == "account" || group == "card" || group == "national_id";
    if (label.formatted && person) count(score.formatted_persons);
    if (!found) score.missed.push_back(label.code + " in " + document.name + ": " + around(document, label.begin, label.end));
}

void judge_finding(const Document& document, const policy::Finding& one, Score& score) {
    const std::string group = group_of(std::string(one.code));
    bool touches = false, right = false;
    for (const Label& label : document.labels) {
        if (label.end <= one.begin || label.begin >= one.end) continue;
        touches = true;
        right = right || group_of(label.code) == group;
    }
    if (touches && !right) return;
    Tally& tally = score.groups[group];
    ++tally.findings;
    tally.right += right ? 1 : 0;
    if (right) return;
    if (document.kind == "log") ++score.log_alarms;
    score.wrong.push_back(std::string(one.code) + " in " + document.name + ": " + around(document, one.begin, one.end));
}

}  // namespace

Score score(const policy::Detectors& detectors, const std::vector<Document>& documents) {
    Score result;
    for (const Document& document : documents) {
        const policy::Scan scan = detectors.scan(document.text);
        for (const Label& label : document.labels) judge_label(document, label, scan.findings, result);
        for (const policy::Finding& one : scan.findings) judge_finding(document, one, result);
        if (document.kind == "log") result.log_lines += static_cast<int>(std::ranges::count(document.text, '\n'));
    }
    return result;
}

std::string table(const Score& score) {
    std::string text = "| Group | planted | recall | findings | precision |\n|---|---|---|---|---|\n";
    const auto row = [&](const std::string& name, const Tally& tally, bool findings) {
        char line[160];
        std::snprintf(line, sizeof line, "| %s | %d | %.4f | ", name.c_str(), tally.labels, tally.recall());
        text += line;
        std::snprintf(line, sizeof line, "%d | %.4f |\n", tally.findings, tally.precision());
        text += findings ? line : "| |\n";
    };
    for (const auto& [group, tally] : score.groups) row(group, tally, true);
    row("*formatted secrets*", score.formatted_secrets, false);
    row("*formatted personal data*", score.formatted_persons, false);
    char line[120];
    std::snprintf(line, sizeof line, "\nFalse alarms: %d in %d log lines, %.2f a thousand.\n", score.log_alarms, score.log_lines,
                  score.alarms_per_1000_lines());
    return text + line;
}

}  // namespace entente::corpus
