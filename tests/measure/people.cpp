#include "tests/measure/people.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "policy/detectors.hpp"
#include "policy/family_names.hpp"
#include "policy/words.hpp"

namespace entente::corpus {

namespace {

const policy::Detectors& detectors_for_people() {
    static const policy::Detectors built;
    return built;
}

// Without its comment in the first line.
std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.empty()) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        std::exit(2);
    }
    return text.substr(text.find('\n') + 1);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string folded(const std::string& name) {
    std::string all;
    for (const policy::Word& word : policy::words_of(name)) all += (all.empty() ? "" : " ") + word.folded;
    return all;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

std::vector<policy::KnownName> known(const std::vector<std::string>& families) {
    std::vector<policy::KnownName> names;
    for (const std::string& family : families)
        names.push_back({.text = family, .data_class = protocol::DataClass::personal_contact, .family = true});
    return names;
}

// By place: the hits of the first two strictnesses are the words themselves, those of the third the detectors' findings.
struct Places {
    std::array<std::vector<std::pair<std::size_t, std::size_t>>, strictnesses> hits;
};

Places places_in(const std::string& text, const std::set<std::string>& families, std::span<const policy::KnownName> names) {
    Places places;
    for (const policy::Word& word : policy::words_of(text)) {
        if (!families.contains(word.folded)) continue;
        places.hits[0].emplace_back(word.begin, word.end);
        const bool named = policy::family_place(text, word.begin, word.end).written_as_name;
        if (named && word.folded.size() >= 4) places.hits[1].emplace_back(word.begin, word.end);
    }
    // What the detectors find without knowing anybody is not this rule's doing.
    const policy::Scan alone = detectors_for_people().scan(text);
    for (const policy::Finding& one : detectors_for_people().scan(text, names).findings) {
        const bool anyway = std::ranges::any_of(
            alone.findings, [&](const policy::Finding& other) { return other.begin <= one.begin && other.end >= one.end; });
        if (one.code == "person_name" && !anyway) places.hits[2].emplace_back(one.begin, one.end);
    }
    return places;
}

}  // namespace

People read_people(const std::string& folder) {
    People people;
    std::istringstream names(text_of(folder + "/family_names.txt"));
    std::set<std::string> seen;
    for (std::string name; names >> name;)
        if (seen.insert(name).second) people.names.push_back(name);
    people.sentences = lines_of(text_of(folder + "/sentences.txt"));
    people.no_people = text_of(folder + "/no_people.txt");
    return people;
}

NameRecall recall_of_names(const People& people) {
    NameRecall recall;
    for (std::size_t i = 0; i < people.names.size(); ++i) {
        const std::string& family = people.names[i];
        const std::string full = "Kirsten " + family;
        const bool doubtful = policy::doubtful_family_name(folded(family));
        std::vector<policy::KnownName> names = known({family});
        names.push_back({.text = full, .data_class = protocol::DataClass::personal_contact});
        const std::set<std::string> families{folded(family)};
        for (std::size_t s = i % 4; s < people.sentences.size(); s += 4) {
            std::string text = people.sentences[s];
            replace_all(text, "\\n", "\n");
            replace_all(text, "<<N>>", full);
            const std::size_t mention = text.find("<<F>>");
            replace_all(text, "<<F>>", family);
            ++recall.mentions;
            recall.doubtful_mentions += doubtful ? 1 : 0;
            const Places places = places_in(text, families, names);
            // In the last one a finding of any origin does: what matters is that the name does not leave.
            const auto scan = detectors_for_people().scan(text, names);
            for (std::size_t level = 0; level < strictnesses; ++level) {
                const bool found =
                    level < 2 ? std::ranges::any_of(
                                    places.hits[level],
                                    [&](const auto& hit) { return hit.first <= mention && hit.second >= mention + family.size(); })
                              : std::ranges::any_of(
                                    scan.findings,
                                    [&](const policy::Finding& one) {
                                        return one.begin <= mention && one.end >= mention + family.size();
                                    });
                recall.found[level] += found ? 1 : 0;
                recall.doubtful_found[level] += found && doubtful ? 1 : 0;
            }
        }
    }
    return recall;
}

NameAlarms alarms_of_names(const People& people, const std::string& text) {
    NameAlarms alarms;
    const std::vector<policy::KnownName> names = known(people.names);
    std::set<std::string> families;
    for (const std::string& family : people.names) families.insert(folded(family));
    for (const std::string& line : lines_of(text)) {
        ++alarms.lines;
        const Places places = places_in(line, families, names);
        for (std::size_t level = 0; level < strictnesses; ++level)
            alarms.alarms[level] += static_cast<std::int64_t>(places.hits[level].size());
        for (const auto& [begin, end] : places.hits[2])
            if (alarms.examples.size() < 30)
                alarms.examples.push_back(line.substr(begin, end - begin) + "  in  " + line.substr(0, 160));
    }
    return alarms;
}

std::string recall_table(const NameRecall& recall) {
    static constexpr const char* levels[] = {"any whole word", "written as a name, 4 letters", "as the detectors do"};
    std::string table;
    for (std::size_t level = 0; level < strictnesses; ++level) {
        std::array<char, 160> row{};
        const auto share = [](std::int64_t part, std::int64_t whole) {
            return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
        };
        std::snprintf(row.data(), row.size(), "%-30s recall %.3f of %lld mentions; of names that are words %.3f of %lld\n",
                      levels[level], share(recall.found[level], recall.mentions), static_cast<long long>(recall.mentions),
                      share(recall.doubtful_found[level], recall.doubtful_mentions),
                      static_cast<long long>(recall.doubtful_mentions));
        table += row.data();
    }
    return table;
}

std::string alarms_text(const NameAlarms& alarms) {
    std::array<char, 200> row{};
    std::snprintf(row.data(), row.size(), "%lld lines; false alarms %lld / %lld / %lld", static_cast<long long>(alarms.lines),
                  static_cast<long long>(alarms.alarms[0]), static_cast<long long>(alarms.alarms[1]),
                  static_cast<long long>(alarms.alarms[2]));
    std::string text = row.data();
    for (const std::string& one : alarms.examples) text += "\n    " + one;
    return text;
}

}  // namespace entente::corpus
