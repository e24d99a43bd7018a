// measure: the detectors on the committed corpus and on files.
//
//   measure score SPLIT [ROUNDS] [-v]      recall and precision; -v lists what was missed and what was wrong
//   measure emit SPLIT ROUNDS FOLDER       the corpus as files and labels.tsv (file, begin, end, code, formatted), for other
//   scanners measure scan FILE...                   findings as lines: file, begin, end, code (tab separated) measure lines FILE...
//   likewise, each line of a file as a text of its own: file, line, code, value measure pseudonymise FILE              the file as
//   a partner reads it, all classes permitted (for log-template miners) measure speed FILE                     bytes a second
//   beside RE2 that reports positions over the same bytes, in one run measure names [FILE...]            family names alone:
//   recall on people/sentences.txt, and what they are found as in lines without people, by the strictness of the rule

#include <re2/re2.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "policy/minimisation.hpp"
#include "policy/rules/default_rules.hpp"
#include "tests/measure/people.hpp"
#include "tests/measure/score.hpp"

namespace {

using namespace entente;

constexpr std::uint64_t train_seed = 20'300'504;
constexpr std::uint64_t test_seed = 7'191'144'464;

const policy::Detectors& detectors() {
    static const policy::Detectors built;
    return built;
}

int number(const char* text) {
    return static_cast<int>(std::strtol(text, nullptr, 10));
}

std::string read(const char* path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<corpus::Document> documents(const std::string& split, int rounds) {
    return corpus::generate(ENTENTE_CORPUS, split, split == "train" ? train_seed : test_seed, rounds);
}

int run_score(const std::string& split, int rounds, bool verbose) {
    const corpus::Score score = corpus::score(detectors(), documents(split, rounds));
    std::printf("%s", corpus::table(score).c_str());
    if (!verbose) return 0;
    for (const std::string& one : score.missed) std::printf("MISSED %s\n", one.c_str());
    for (const std::string& one : score.wrong) std::printf("WRONG %s\n", one.c_str());
    return 0;
}

int run_emit(const std::string& split, int rounds, const std::string& folder) {
    std::filesystem::create_directories(folder);
    std::ofstream labels(folder + "/labels.tsv", std::ios::binary);
    int count = 0;
    for (const corpus::Document& document : documents(split, rounds)) {
        std::string file = document.kind;
        file.append("_").append(std::to_string(count++)).append(".txt");
        std::ofstream(std::filesystem::path(folder) / file, std::ios::binary) << document.text;
        for (const corpus::Label& one : document.labels)
            labels << file << '\t' << one.begin << '\t' << one.end << '\t' << one.code << '\t' << one.formatted << '\n';
    }
    return 0;
}

int run_scan(int count, char** files) {
    for (int i = 0; i < count; ++i)
        for (const policy::Finding& one : detectors().scan(read(files[i])).findings)
            std::printf("%s\t%zu\t%zu\t%s\n", files[i], one.begin, one.end, std::string(one.code).c_str());
    return 0;
}

int run_lines(int count, char** files) {
    for (int i = 0; i < count; ++i) {
        const std::string text = read(files[i]);
        int number = 1;
        for (std::size_t at = 0; at < text.size(); ++number) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string line = text.substr(at, end - at);
            for (const policy::Finding& one : detectors().scan(line).findings)
                std::printf("%s\t%d\t%s\t%s\n", files[i], number, std::string(one.code).c_str(),
                            line.substr(one.begin, one.end - one.begin).c_str());
            at = end + 1;
        }
    }
    return 0;
}

int run_pseudonymise(const char* file) {
    const std::string text = read(file);
    policy::Pseudonyms pseudonyms;
    std::fputs(policy::mask(text, detectors().scan(text), protocol::DataClasses{}, pseudonyms).text.c_str(), stdout);
    return 0;
}

template <class Work>
double seconds(Work work) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

// The yardstick: RE2 with every rule's pattern in one expression, reporting the place of each match.
int run_speed(const char* file) {
    const std::string text = read(file);
    std::string all;
    for (const policy::Rule& rule : policy::default_rules())
        all += (all.empty() ? "(?:" : "|(?:") + std::string(rule.pattern) + ')';
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_max_mem(std::int64_t{256} << 20);
    options.set_never_capture(true);
    const RE2 together(all, options);
    std::size_t matches = 0;
    const double yardstick = seconds([&] {
        re2::StringPiece input(text.data(), text.size()), match;
        std::size_t from = 0;
        matches = 0;
        while (from < text.size() && together.Match(input, from, text.size(), RE2::UNANCHORED, &match, 1)) {
            ++matches;
            from = std::max(from + 1, static_cast<std::size_t>(match.data() - text.data()) + match.size());
        }
    });
    double one_by_one = seconds([&] {
        for (const policy::Rule& rule : policy::default_rules()) {
            static std::map<std::string_view, std::unique_ptr<RE2>> compiled;
            auto& pattern = compiled[rule.pattern];
            if (!pattern) pattern = std::make_unique<RE2>(re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options);
            re2::StringPiece input(text.data(), text.size()), match;
            std::size_t from = 0;
            while (from < text.size() && pattern->Match(input, from, text.size(), RE2::UNANCHORED, &match, 1))
                from = std::max(from + 1, static_cast<std::size_t>(match.data() - text.data()) + match.size());
        }
    });
    std::size_t findings = 0;
    const double ours = seconds([&] { findings = detectors().scan(text).findings.size(); });
    const double megabytes = static_cast<double>(text.size()) / 1e6;
    std::printf(
        "%zu bytes; ours %.1f MB/s (%zu findings); RE2 in one expression %.1f MB/s (%zu matches), ratio %.2f; rule by rule %.1f "
        "MB/s, ratio %.2f\n",
        text.size(), megabytes / ours, findings, megabytes / yardstick, matches, yardstick / ours, megabytes / one_by_one,
        one_by_one / ours);
    return 0;
}

// A file a line, each line an item of its own, in a company that employs one person of each of the names.
int run_names(int count, char** files) {
    const corpus::People people = corpus::read_people(ENTENTE_CORPUS "/../people");
    std::printf("%s", corpus::recall_table(corpus::recall_of_names(people)).c_str());
    std::printf("lines without people, written for the purpose: %s\n",
                corpus::alarms_text(corpus::alarms_of_names(people, people.no_people)).c_str());
    for (int i = 0; i < count; ++i)
        std::printf("%s: %s\n", files[i], corpus::alarms_text(corpus::alarms_of_names(people, read(files[i]))).c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "score" && argc >= 3) {
        const int rounds = argc >= 4 && argv[3][0] != '-' ? number(argv[3]) : 8;
        return run_score(argv[2], rounds, std::strcmp(argv[argc - 1], "-v") == 0);
    }
    if (what == "emit" && argc == 5) return run_emit(argv[2], number(argv[3]), argv[4]);
    if (what == "scan" && argc >= 3) return run_scan(argc - 2, argv + 2);
    if (what == "lines" && argc >= 3) return run_lines(argc - 2, argv + 2);
    if (what == "pseudonymise" && argc == 3) return run_pseudonymise(argv[2]);
    if (what == "speed" && argc == 3) return run_speed(argv[2]);
    if (what == "names") return run_names(argc - 2, argv + 2);
    std::fprintf(stderr,
                 "measure score SPLIT [ROUNDS] [-v] | emit SPLIT ROUNDS FOLDER | scan FILE... | lines FILE... | pseudonymise FILE "
                 "| speed FILE | names [FILE...]\n");
    return 2;
}
