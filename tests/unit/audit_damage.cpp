// Whatever somebody does to an exported log is found, and blamed on the right entry: on the very entry where the untouched rest of
// the export tells which it is, never on one after it where it does not (whoever changes a bundle and everything over it leaves no
// witness but the root).
//
// Short form: a stride of the bits and 20,000 structural changes. With ENTENTE_LONG=1 every bit of every file of a log of 1,000
// entries, each flip verified whole, and 1,000,000 structural changes.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/unit/audit_damage.hpp"

namespace entente::audit {
namespace {

using namespace audit::tests;

// Runs `one(number, thread)` for every number below `count`, on every core, saying how far it is in the long form.
void for_each_number(const char* what, std::size_t count, const std::function<void(std::size_t, unsigned)>& one) {
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> all;
    for (unsigned t = 0; t < threads; ++t) {
        all.emplace_back([&, t] {
            for (;;) {
                const std::size_t number = next++;
                if (number >= count || ::testing::Test::HasFailure()) return;
                one(number, t);
                const std::size_t part = std::max<std::size_t>(1, count / 50);
                if (long_form() && number % part == part - 1)
                    std::cout << what << ": " << number + 1 << " of " << count << std::endl;
            }
        });
    }
    for (std::thread& thread : all) thread.join();
    std::cout << what << ": " << count << "\n";
}

TEST(Damage, any_flipped_bit_of_any_file_is_found_and_blamed_on_its_entry) {
    const Sample sample(1000);
    struct Part {
        std::string path;
        std::size_t bits;
    };
    std::vector<Part> parts;
    std::size_t total = 0;
    for (const auto& [path, content] : sample.files.contents) {
        if (for_people(path)) continue;
        parts.push_back({path, content.size() * 8});
        total += content.size() * 8;
    }
    // Every bit; or every so many-th from one that the seed draws, with every bit of the checkpoint.
    constexpr std::size_t stride = 4'001;
    const std::size_t first = long_form() ? 0 : seed() % stride;
    std::vector<std::pair<std::size_t, std::size_t>> bits;  // part, bit
    std::size_t passed = 0;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        const bool all = long_form() || parts[part].path == package::checkpoint;
        for (std::size_t bit = 0; bit < parts[part].bits; ++bit)
            if (all || (passed + bit) % stride == first) bits.emplace_back(part, bit);
        passed += parts[part].bits;
    }
    std::vector<FilesInMemory> copies(std::max(1U, std::thread::hardware_concurrency()), sample.files);
    for_each_number("flipped bits", bits.size(), [&](std::size_t number, unsigned thread) {
        const auto& [part, bit] = bits[number];
        const std::string& path = parts[part].path;
        Blob& content = copies[thread].contents.at(path);
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        content[bit / 8] ^= mask;
        const auto list = package::erased_list_index(path);
        const Blame blame = list ? sample.of_list(*list, bit / 8, content) : sample.of(path, bit / 8);
        EXPECT_EQ(wrong(check_log(copies[thread], sample.policy, {.findings_max = 5}), blame), "")
            << path << " bit " << bit << " of " << total;
        content[bit / 8] ^= mask;
    });
}

TEST(Damage, with_sums_every_byte_of_every_file_counts) {
    constexpr std::size_t step = 5;
    const std::uint64_t drawn = seed();
    SampleLog log(20);
    FilesInMemory files = log.write();
    SampleLog::add_sums(files);
    const Policy policy = log.policy();
    for (auto& [path, content] : files.contents) {
        for (std::size_t at = long_form() ? 0 : drawn % step; at < content.size(); at += long_form() ? 1 : step) {
            content[at] ^= 4;
            EXPECT_FALSE(check_log(files, policy, {.sums = true}).good()) << path << " byte " << at;
            content[at] ^= 4;
        }
    }
}

TEST(Damage, structural_changes_are_found_and_blamed_on_their_entry) {
    const std::uint64_t drawn = seed();
    const std::size_t count = long_form() ? 1'000'000 : 20'000;
    // Small logs for most of them; what needs several tiles has them.
    constexpr std::size_t sizes[] = {75, 75, 75, 75, 75, 75, 75, 75, 130, 130, 130, 130, 300, 300, 600};
    std::map<std::size_t, std::pair<Sample, Sample>> samples;
    for (const std::size_t size : {std::size_t{75}, std::size_t{130}, std::size_t{300}, std::size_t{600}})
        samples.try_emplace(size, Sample(size), Sample(size, 2));
    constexpr std::uint64_t step = 7;
    const Sample parted_log(300);
    SampleLog parted(300);
    const FilesInMemory part = parted.write_part(step);
    for_each_number("structural changes", count, [&](std::size_t number, unsigned) {
        std::mt19937_64 random(drawn + number * 0x9e37'79b9'7f4a'7c15U);
        std::string what;
        std::string verdict;
        std::size_t size = 0;
        if (number % 10 == 9) {
            PartMutant mutant(parted_log, part, step, random);
            what = mutant.change() + " in a part";
            verdict = mutant.verdict();
        } else {
            size = sizes[random() % std::size(sizes)];
            Mutant mutant(samples.at(size).first, samples.at(size).second, random);
            what = mutant.change();
            verdict = mutant.verdict();
        }
        EXPECT_EQ(verdict, "") << what << ", change " << number << ", log of " << size;
    });
}

}  // namespace
}  // namespace entente::audit
