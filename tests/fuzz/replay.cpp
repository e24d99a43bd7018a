// Runs a fuzz entry without libFuzzer: every file of the given folders, then mutations of them from a printed seed.
//
//   fuzz_query tests/fuzz/corpus/query [--mutations N] [--seed S]
//
// Ends in "NAME: N inputs". A failing input is written beside the program as fuzz-failure.bin before it runs, so that it is there
// after a crash.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::vector<Input> read_folder(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Input> inputs;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return inputs;
}

class Mutator {
  public:
    Mutator(const std::vector<Input>& seeds, std::uint64_t seed) : seeds_(seeds), random_(seed) {}

    Input next() {
        Input input = seeds_[pick(seeds_.size())];
        for (std::uint64_t steps = 1 + pick(4); steps > 0; --steps) mutate(input);
        return input;
    }

  private:
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % std::max<std::size_t>(below, 1)); }
    std::ptrdiff_t place(const Input& input) { return static_cast<std::ptrdiff_t>(pick(input.size() + 1)); }

    void mutate(Input& input) {
        static constexpr std::string_view interesting[]{"\"",         "\\u0000", "\\ud800", "{",    "}",    "[",    "]",    ",",
                                                        ":",          "<",       ">",       "&",    "%00",  "\xff", "-",    "0",
                                                        "9999999999", "\r\n",    "\n\n",    "<!--", "</b>", "&#",   "null", "true"};
        switch (pick(6)) {
            case 0:
                if (!input.empty()) input[pick(input.size())] ^= static_cast<std::uint8_t>(1U << pick(8));
                break;
            case 1:
                input.insert(input.begin() + place(input), static_cast<std::uint8_t>(pick(256)));
                break;
            case 2: {
                const std::size_t begin = pick(input.size());
                const std::size_t end = std::min(input.size(), begin + 1 + pick(16));
                if (begin < end)
                    input.erase(input.begin() + static_cast<std::ptrdiff_t>(begin),
                                input.begin() + static_cast<std::ptrdiff_t>(end));
                break;
            }
            case 3: {
                const std::string_view word = interesting[pick(std::size(interesting))];
                input.insert(input.begin() + place(input), word.begin(), word.end());
                break;
            }
            case 4: {  // a piece of this input once more
                const std::size_t begin = pick(input.size());
                const Input piece(input.begin() + static_cast<std::ptrdiff_t>(begin),
                                  input.begin() + static_cast<std::ptrdiff_t>(std::min(input.size(), begin + 1 + pick(64))));
                input.insert(input.begin() + place(input), piece.begin(), piece.end());
                break;
            }
            default: {  // the head of this one, the tail of another
                const Input& other = seeds_[pick(seeds_.size())];
                input.resize(pick(input.size() + 1));
                input.insert(input.end(), other.begin() + place(other), other.end());
            }
        }
    }

    const std::vector<Input>& seeds_;
    std::mt19937_64 random_;
};

void run(const Input& input) {
    std::ofstream("fuzz-failure.bin", std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    // A copy of exact size, so that a read past the end is seen.
    const Input exact(input);
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<Input> seeds;
    std::uint64_t mutations = 2'000;
    std::uint64_t seed = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--mutations" && i + 1 < argc)
            mutations = std::stoull(argv[++i]);
        else if (word == "--seed" && i + 1 < argc)
            seed = std::stoull(argv[++i]);
        else
            std::ranges::move(read_folder(word), std::back_inserter(seeds));
    }
    if (seeds.empty()) {
        std::fprintf(stderr, "no seeds given\n");
        return 2;
    }
    std::printf("%s: %zu seeds, %llu mutations, --seed %llu\n", argv[0], seeds.size(), static_cast<unsigned long long>(mutations),
                static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    for (const Input& input : seeds) run(input);
    Mutator mutator(seeds, seed);
    for (std::uint64_t i = 0; i < mutations; ++i) run(mutator.next());
    std::filesystem::remove("fuzz-failure.bin");
    std::printf("%s: %zu inputs\n", argv[0], seeds.size() + static_cast<std::size_t>(mutations));
    return 0;
}
