#pragma once
// The committed corpus for measuring the detectors: support texts made from templates and a seed, with every planted value
// labelled.
//
// corpus/SPLIT/*.txt hold the templates and hand-written texts, one kind a file (log, config, trace, mail), separated by a line of
// two per cent signs. <<name>> is filled with a made-up value that is nobody's secret (a time, a count, a version), <<!name>> with
// a planted one, ⟦code:value⟧ is planted as written. The splits share no template, and their values come from different seeds. Who
// tunes detectors looks at train alone; test is for the figures (README).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace entente::corpus {

struct Label {
    std::size_t begin = 0;
    std::size_t end = 0;     // exclusive
    std::string code;        // as the detectors call it
    bool formatted = false;  // has a form of its own, or a check digit: needs no word beside it to be recognised
};

struct Document {
    std::string name;  // split/kind/number
    std::string kind;  // log, config, trace, mail
    std::string text;
    std::vector<Label> labels;  // by place
};

// `rounds` documents of every block of a split; the same arguments give the same bytes everywhere.
std::vector<Document> generate(const std::string& folder, const std::string& split, std::uint64_t seed, int rounds);

// What a detector's code is counted as: secret, mail, phone, person, account, card, national_id, host, address, hardware, serial,
// customer.
std::string group_of(const std::string& code);

}  // namespace entente::corpus
