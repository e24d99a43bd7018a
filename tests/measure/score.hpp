#pragma once
// Recall, precision and false alarms of findings against labels.
//
// A label is found when findings of its group cover every byte of it: what is left over would leave. A finding is right when it
// touches a label of its group; otherwise it is a false alarm. A finding of another group on a labelled place is neither: the value
// is masked, only called by another name, and the label itself counts as missed.

#include <map>
#include <string>
#include <vector>

#include "policy/detectors.hpp"
#include "tests/measure/corpus.hpp"

namespace entente::corpus {

struct Tally {
    int labels = 0;
    int found = 0;
    int findings = 0;
    int right = 0;
    double recall() const { return labels == 0 ? 1.0 : double(found) / labels; }
    double precision() const { return findings == 0 ? 1.0 : double(right) / findings; }
};

struct Score {
    std::map<std::string, Tally> groups;
    Tally formatted_secrets;  // labels only: recall
    Tally formatted_persons;  // mail, phone, account, card, national_id
    int log_lines = 0;
    int log_alarms = 0;               // false alarms in documents of the kind log
    std::vector<std::string> missed;  // for tuning: what and where
    std::vector<std::string> wrong;

    double alarms_per_1000_lines() const { return log_lines == 0 ? 0.0 : 1000.0 * log_alarms / log_lines; }
};

Score score(const policy::Detectors& detectors, const std::vector<Document>& documents);
std::string table(const Score& score);  // Markdown

}  // namespace entente::corpus
