// No line of the verifier is there in vain: with any one of its checks or conditions switched off (mutate_verifier.py wrote its
// sources so that they can be), something below comes out differently than with all of them. Each is tried in a process of its own,
// since without a guard the verifier may well fall over; that counts as noticed.
//
// ENTENTE_MUTANT=N tries one and says what became different.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <random>

#include "protocol/canonical.hpp"
#include "server/audit/format/merkle.hpp"
#include "tests/unit/audit_damage.hpp"
#include "tests/unit/audit_needed.hpp"

namespace entente {

namespace {
unsigned switched_off = 0;  // which; 0: none
}
bool mutant(unsigned number) {
    return number == switched_off;
}

}  // namespace entente

namespace entente::audit {
namespace {

using namespace audit::tests;

struct MutantAt {
    const char* file;
    int line;
    std::string what;
};
const std::vector<MutantAt> mutants{
#include "mutants.inc"
};

// What may be switched off without anybody noticing, because it is no check: it makes the work less, or could only matter in a log
// too large for a test.
struct Spared {
    const char* what;
    const char* why;
};
constexpr Spared spared[] = {
#include "tests/unit/audit_mutants_spared.inc"
};

// Everything that a report says, in one text.
std::string told(const LogReport& report) {
    std::string all = sentences(report);
    for (const std::uint64_t number :
         {report.entries, report.sections, report.erased, report.yet_to_erase, report.opened, report.sealed_openings,
          report.checkpoint.size, report.rows, report.rows_unverified, std::uint64_t{report.new_keys.size()},
          std::uint64_t{report.more}, std::uint64_t{report.tampered()}, report.first_bad().value_or(~std::uint64_t{0})})
        all += std::to_string(number) + " ";
    return all + protocol::hex(report.root);
}

using Check = std::function<std::string()>;

class Runs {
  public:
    void add(Check run) { all_.push_back(std::move(run)); }
    void log(FilesInMemory files, Policy policy, LogCheckOptions options = {}) {
        add([files = std::move(files), policy = std::move(policy), options] {
            std::uint64_t steps = 0;
            LogCheckOptions mine = options;
            mine.progress = [&](std::uint64_t, std::uint64_t) { ++steps; };
            return told(check_log(files, policy, mine)) + std::to_string(steps);
        });
    }
    void part(FilesInMemory files, Policy policy, LogCheckOptions options = {}) {
        add([files = std::move(files), policy = std::move(policy), options] {
            std::uint64_t steps = 0;
            LogCheckOptions mine = options;
            mine.progress = [&](std::uint64_t, std::uint64_t) { ++steps; };
            const LogReport report = check_part(files, policy, mine);
            std::string all = told(report) + std::to_string(steps) + std::to_string(static_cast<int>(kind_of(files)));
            for (const std::string& file : report.unsigned_files) all += " " + file;
            return all;
        });
    }
    // A log of 150 entries that is changed before it is signed, and after.
    void changed(const std::function<void(SampleLog&)>& before, const std::function<void(FilesInMemory&)>& after = {},
                 const LogCheckOptions& options = {}, std::size_t size = 150) {
        SampleLog made(size);
        before(made);
        FilesInMemory files = made.write();
        if (after) after(files);
        log(std::move(files), made.policy(), options);
    }
    void after(const std::function<void(FilesInMemory&)>& change, const LogCheckOptions& options = {}) {
        changed([](SampleLog&) {}, change, options);
    }
    const std::vector<Check>& all() const { return all_; }

  private:
    std::vector<Check> all_;
};

void put(FilesInMemory& files, const std::string& path, std::string_view text) {
    const auto bytes = protocol::as_bytes(text);
    files.contents[path].assign(bytes.begin(), bytes.end());
}

// An erasure that names these, whatever it says about them.
void names(SampleLog& log, std::size_t entry, std::vector<ErasedSection> sections, std::uint64_t said) {
    auto& erasure = std::get<Erasure>(log.entries[entry].entry.extension);
    erasure.sections = said;
    erasure.list_digest = erased_list_digest(erased_list(sections));
    log.erasures[entry] = std::move(sections);
}

void good_logs(Runs& runs) {
    for (const std::size_t size : std::vector<std::size_t>{1, 150, 256, 300, 512, 600}) {
        SampleLog log(size);
        LogCheckOptions options{.sums = true};
        for (const std::uint64_t earlier :
             {std::uint64_t{0}, std::uint64_t{size / 3}, std::uint64_t{size / 2}, std::uint64_t{size}})
            options.earlier.push_back(log.checkpoint(earlier));
        FilesInMemory files = log.write();
        SampleLog::add_sums(files);
        runs.log(std::move(files), log.policy(), options);
    }
    SampleLog none(3);
    FilesInMemory empty;
    put(empty, "checkpoint", none.checkpoint(0));
    runs.log(std::move(empty), none.policy());
}

void checkpoints(Runs& runs) {
    const auto bit = [](LogCheck check) { return 1U << static_cast<unsigned>(check); };
    SampleLog log(150);
    SampleLog other(150, 2);
    SampleLog elsewhere(150);
    elsewhere.origin = "gw.example.com/audit/elsewhere";
    Policy both = log.policy();
    both.logs.push_back({{elsewhere.origin, KeyType::ed25519, elsewhere.key.public_key()}, ""});
    runs.after([](auto& files) { files.contents.erase("checkpoint"); });
    runs.after([](auto& files) { put(files, "checkpoint", "nonsense"); });
    runs.after([](auto& files) { put(files, "checkpoint", "nonsense"); }, {.without = bit(LogCheck::checkpoint)});
    const std::string strange = format_note({"no checkpoint\n", {sign_note(log.key, log.origin, "no checkpoint\n")}});
    runs.after([&](auto& files) { put(files, "checkpoint", strange); }, {.without = bit(LogCheck::checkpoint)});
    std::string unsigned_note = log.checkpoint(150);
    unsigned_note[unsigned_note.size() - 9] ^= 1;
    runs.after([&](auto& files) { put(files, "checkpoint", unsigned_note); });
    runs.after([&](auto& files) { put(files, "checkpoint", unsigned_note); }, {.without = bit(LogCheck::checkpoint)});
    for (const std::vector<std::string>& earlier : std::vector<std::vector<std::string>>{
             {unsigned_note}, {other.checkpoint(40)}, {log.checkpoint(60), other.checkpoint(90)}, {"nonsense"}})
        runs.log(log.write(), log.policy(), {.earlier = earlier});
    runs.log(log.write(), both, {.earlier = {elsewhere.checkpoint(70)}});
    SampleLog shorter(100);
    runs.log(shorter.write(), shorter.policy(), {.earlier = {log.checkpoint(150)}});
}

void entries(Runs& runs) {
    runs.changed([](auto& log) { log.entries[0] = log.entries[2]; });
    runs.changed([](auto& log) {
        log.entries[90].sections.clear();
        log.entries[90].entry.extension = LogStart{};
    });
    runs.changed([](auto& log) {
        log.entries[90].sections.clear();
        log.entries[90].entry.extension = LogStart{LogStart::Previous{"gw.example.com/audit/before", 7, Hash{1}}};
    });
    // What was published under a name that a start entry names is of this log, and under no other.
    for (const char* name : {"gw.example.com/audit/elsewhere", "gw.example.com/audit/before"}) {
        SampleLog log(150);
        log.entries[90].sections.clear();
        log.entries[90].entry.extension = LogStart{LogStart::Previous{name, 90, Hash{1}}};
        SampleLog before(150);
        before.entries = log.entries;
        before.origin = "gw.example.com/audit/elsewhere";
        Policy both = log.policy();
        both.logs.push_back({{before.origin, KeyType::ed25519, before.key.public_key()}, ""});
        // Up to there, and no further: beyond its end a name says nothing.
        for (const std::size_t size : {std::size_t{90}, std::size_t{91}, std::size_t{120}})
            runs.log(log.write(), both, {.earlier = {before.checkpoint(size)}});
        runs.log(log.write(), both, {.earlier = {log.checkpoint(120), before.checkpoint(120)}});
        runs.log(before.write(), both);
    }
    // After a freeze nothing but the start under another name.
    for (const bool started : {true, false}) {
        runs.changed([&](auto& log) {
            for (const std::size_t i : {std::size_t{90}, std::size_t{91}}) log.entries[i].sections.clear();
            log.entries[90].entry.extension = Freeze{"log_key_compromised"};
            log.entries[91].entry.extension = KeyChange{KeyPurpose::witness, KeyAction::add, "w"};
            if (started) log.entries[91].entry.extension = LogStart{LogStart::Previous{"gw.example.com/audit/before", 91, Hash{1}}};
        });
    }
    // Many events within one millisecond, one of them twice; and such as were not made by a gateway's clock.
    for (const bool clocked : {true, false}) {
        for (const std::size_t again : {std::size_t{3}, std::size_t{45}}) {
            runs.changed([&](auto& log) {
                for (std::size_t i = 1; i < 60; ++i) {
                    log.entries[i].entry.time = log.entries[0].entry.time;
                    if (i >= 2) std::copy_n(log.entries[1].entry.event.begin(), 6, log.entries[i].entry.event.begin());
                    std::copy_n(log.entries[0].entry.event.begin(), 6, log.entries[i].entry.event.begin());
                    if (!clocked) log.entries[i].entry.event[0] ^= 0x55;
                }
                log.entries[59].entry.event = log.entries[again].entry.event;
            });
        }
    }
    // The same rest of an id in another millisecond is another event.
    runs.changed([](auto& log) {
        for (std::size_t i = 1; i < 150; ++i)
            std::copy_n(log.entries[0].entry.event.begin() + 6, 10, log.entries[i].entry.event.begin() + 6);
        for (std::size_t i = 1; i < 150; ++i)
            log.entries[i].entry.time.us = log.entries[0].entry.time.us + static_cast<std::int64_t>(i) * 1'000;
        for (std::size_t i = 1; i < 150; ++i) {
            const auto ms = static_cast<std::uint64_t>(log.entries[i].entry.time.milliseconds());
            for (unsigned b = 0; b < 6; ++b) log.entries[i].entry.event[b] = static_cast<std::uint8_t>(ms >> (40 - 8 * b));
        }
    });
    // Ids that no clock made, one of them twice, far apart.
    runs.changed([](auto& log) {
        for (const std::size_t i : {std::size_t{5}, std::size_t{50}, std::size_t{51}}) log.entries[i].entry.event = {9, 9, 9};
        log.entries[51].entry.event[15] = 1;
    });
    // One entry and the hash of another: no tile and no entry vouches for where it began.
    runs.after([](auto& files) {
        file_of(files, entries_path(0, 150))[1'000] ^= 1;
        file_of(files, tile_path({0, 0, 150}))[9 * sizeof(Hash)] ^= 1;
    });
    runs.changed([](auto&) {}, [](auto& files) { file_of(files, entries_path(1))[1'000] ^= 1; }, {}, 512);
    // A heartbeat after entries that cannot be read names one that may be among them.
    runs.after([](auto& files) {
        Blob& bundle = file_of(files, entries_path(0, 150));
        bundle.resize(bundle.size() / 4);
    });
    runs.changed([](auto&) {}, [](auto& files) { file_of(files, entries_path(0)).resize(200); }, {}, 600);
    runs.changed([](auto&) {}, [](auto& files) { files.contents.erase(entries_path(0)); }, {}, 600);
    runs.changed([](auto&) {},
                 [](auto& files) {
                     files.contents.erase(entries_path(1));
                     files.contents.erase(tile_path({0, 1}));
                 },
                 {.earlier = {SampleLog(600).checkpoint(200), SampleLog(600).checkpoint(400)}}, 600);
    // Tiles that agree with each other, while an entry is another.
    runs.changed([](auto&) {}, [](auto& files) { file_of(files, entries_path(0))[40] ^= 1; }, {}, 600);
    runs.changed([](auto&) {},
                 [](auto& files) {
                     file_of(files, entries_path(0))[40] ^= 1;
                     files.contents.erase(tile_path({0, 1}));
                 },
                 {}, 600);
    runs.changed([](auto&) {}, [](auto& files) { file_of(files, tile_path({1, 0, 2}))[40] ^= 1; }, {}, 600);
    runs.changed([](auto&) {}, [](auto& files) { file_of(files, tile_path({0, 2, 88}))[40] ^= 1; }, {}, 600);
    // Not every level-0 tile can be changed together with what is over it.
    runs.changed([](auto&) {},
                 [](auto& files) {
                     SampleLog changed(600);
                     changed.entries[22].sections[0].envelope[3] ^= 1;
                     const Blob note = file_of(files, "checkpoint");
                     const Blob upper = file_of(files, tile_path({1, 0, 2}));
                     files = changed.write();
                     files.contents["checkpoint"] = note;
                     files.contents[tile_path({1, 0, 2})] = upper;
                 },
                 {.earlier = {SampleLog(600).checkpoint(10)}}, 600);
}

void erasures(Runs& runs) {
    runs.changed([](auto& log) { names(log, 127, {}, 0); });
    // Lists that are none, and yet the ones that the entry names: unsorted, one section twice, the erasure itself.
    for (const std::vector<ErasedSection>& sections :
         std::vector<std::vector<ErasedSection>>{{{20, 2}, {10, 2}}, {{10, 2}, {10, 2}}, {{10, 2}, {67, 2}}}) {
        ByteWriter list;
        for (const ErasedSection& section : sections) {
            list.u64(section.index);
            list.u8(section.tag);
        }
        const Blob bytes = list.take();
        runs.changed(
            [&](auto& log) {
                auto& erasure = std::get<Erasure>(log.entries[67].entry.extension);
                erasure.sections = sections.size();
                erasure.list_digest = erased_list_digest(bytes);
                log.erasures[67] = {};
            },
            [&](auto& files) { files.contents[package::erased_list(67)] = bytes; });
        // As many as make sense are as many as the entry says.
        runs.changed(
            [&](auto& log) {
                auto& erasure = std::get<Erasure>(log.entries[67].entry.extension);
                erasure.sections = 1;
                erasure.list_digest = erased_list_digest(bytes);
                log.erasures[67] = {};
                log.entries[sections[0].index].sections[0].erased = true;
            },
            [&](auto& files) { files.contents[package::erased_list(67)] = bytes; });
    }
    runs.changed([](auto& log) { names(log, 67, log.erasures[67], log.erasures[67].size() + 1); });  // counted wrongly
    runs.changed([](auto& log) {
        names(log, 67, {{4, 1}}, 1);  // not erased yet
        for (auto& entry : log.entries)
            for (auto& section : entry.sections) section.erased = false;
        names(log, 127, {{4, 1}}, 1);  // and again
    });
    runs.after([](auto& files) { files.contents.erase(package::erased_list(67)); });
    runs.changed([](auto& log) { names(log, 127, {}, 0); }, [](auto& files) { files.contents.erase(package::erased_list(127)); });
    runs.changed([](auto& log) { log.entries[22].sections[0].erased = true; },
                 [](auto& files) {
                     Blob& bundle = file_of(files, entries_path(0, 150));
                     bundle.resize(bundle.size() / 2);
                 });
    runs.changed([](auto& log) { log.entries[22].sections[0].erased = true; },
                 [](auto& files) { files.contents.erase(package::erased_list(67)); });
    runs.after([](auto& files) { file_of(files, package::erased_list(67)).push_back(3); });
    runs.after([](auto& files) { file_of(files, package::erased_list(67)).resize(4); });
    runs.after([](auto& files) { file_of(files, package::erased_list(67)).back() ^= 1; });
    runs.after([](auto& files) { files.contents[package::erased_list(80)] = erased_list({{70, 1}}); });
    runs.after([](auto& files) { files.contents[package::erased_list(80)] = {}; });
    runs.after([](auto& files) { files.contents.erase(sealed_path(0, 150)); });
    runs.after([](auto& files) {
        files.contents.erase(sealed_path(0, 150));
        files.contents[package::erased_list(80)] = erased_list({{70, 4}});
    });
    // Where entries cannot be read, nothing is said about what was erased of them.
    runs.after([](auto& files) {
        Blob& bundle = file_of(files, entries_path(0, 150));
        bundle.resize(bundle.size() / 3);
        files.contents[package::erased_list(70)] = erased_list({{3, 4}});
    });
    runs.changed(
        [](auto& log) {
            for (auto& entry : log.entries)
                for (auto& section : entry.sections) section.erased = true;
        },
        {}, {.findings_max = 4});
}

void disclosed(Runs& runs) {
    const std::string text = package::opened(19, 1, package::Opened::text);
    const std::string salt = package::opened(19, 1, package::Opened::salt);
    runs.after([&](auto& files) { file_of(files, text).resize(section_text_max + 1, 'x'); });
    runs.after([&](auto& files) { file_of(files, text)[3] ^= 1; });
    runs.after([&](auto& files) { files.contents.erase(salt); });
    runs.after([&](auto& files) { files.contents.erase(text); });
    runs.after([&](auto& files) { file_of(files, salt).resize(31); });
    runs.after([&](auto& files) { file_of(files, salt).resize(33); });
    runs.after([&](auto& files) {
        put(files, package::opened(21, 4, package::Opened::text), "{}");
        put(files, package::opened(21, 4, package::Opened::salt), std::string(32, 's'));
    });
    runs.after([&](auto& files) { put(files, package::opened(21, 1, package::Opened::sealed), "x"); });
    // A commitment with another salt for a text that somebody made fit the first bytes of it.
    runs.changed([](auto& log) { log.entries[19].sections[0].salt = {}; }, [&](auto& files) { file_of(files, salt).resize(31); });
    for (const char* core :
         {"{ }", "{}", R"({"metadata":{}})", R"({"metadata":{"uid":5},"time":1})", R"({"metadata":{"uid":"x"},"time":1})"})
        runs.changed([&](auto& log) { log.entries[19].sections[0].text = core; });
    runs.changed([](auto& log) { log.entries[19].sections[0].text = log.entries[21].sections[0].text; });
    const auto about = [](const SampleLog& log, auto time) {
        return protocol::CanonicalObject{}
            .set("metadata", protocol::CanonicalObject{}.set("uid", protocol::uuid_text(log.entries[19].entry.event)))
            .set("time", time)
            .text();
    };
    runs.changed([&](auto& log) { log.entries[19].sections[0].text = about(log, std::int64_t{5}); });
    runs.changed([&](auto& log) { log.entries[19].sections[0].text = about(log, std::string_view("5")); });
    runs.changed([&](auto& log) {
        log.entries[19].sections[0].text =
            protocol::CanonicalObject{}
                .set("metadata", protocol::CanonicalObject{}.set("uid", protocol::uuid_text(log.entries[19].entry.event)))
                .text();
    });
    runs.changed([&](auto& log) { log.entries[20].sections[1].opened = true; });
}

void sums(Runs& runs) {
    const LogCheckOptions asked{.sums = true};
    // Also where nobody asks for them: what they name has to be there.
    const auto with = [&](const std::function<void(FilesInMemory&)>& change) {
        for (const LogCheckOptions& options : {asked, LogCheckOptions{}})
            runs.after(
                [&](auto& files) {
                    SampleLog::add_sums(files);
                    change(files);
                },
                options);
    };
    with([](auto&) {});
    with([](auto& files) { files.contents.erase("SHA256SUMS"); });
    with([](auto& files) { put(files, "SHA256SUMS", "short\n"); });
    with([](auto& files) { file_of(files, "SHA256SUMS")[64] = '*'; });
    with([](auto& files) { file_of(files, "SHA256SUMS")[3] ^= 1; });
    with([](auto& files) { file_of(files, "package.json")[3] ^= 1; });
    with([](auto& files) { files.contents.erase("package.json"); });
    with([](auto& files) { file_of(files, "SHA256SUMS").resize(67 + 10); });
    with([](auto& files) { put(files, package::erased_list(80), "x"); });
    runs.after([](auto& files) { put(files, "stray", "x"); });
}

void parts(Runs& runs) {
    SampleLog log(150);
    const FilesInMemory good = log.write_part(9);
    const auto with = [&](const std::function<void(FilesInMemory&)>& change, const LogCheckOptions& options = {}) {
        FilesInMemory files = good;
        change(files);
        runs.part(std::move(files), log.policy(), options);
    };
    with([](auto&) {});
    with([](auto& files) { SampleLog::add_sums(files); }, {.sums = true});
    with(
        [](auto& files) {
            SampleLog::add_sums(files);
            put(files, "package.json", "{}");
        },
        {.sums = true});
    with([](auto& files) {
        put(files, "package.json", "{}");
        SampleLog::add_sums(files);
        files.contents.erase("package.json");
    });
    with([](auto& files) { put(files, "stray", "x"); });
    with([](auto& files) { put(files, "package.json", "{}"); });
    with([](auto& files) { put(files, "sealed-of/x", "x"); });
    with([](auto& files) { files.contents.erase("checkpoint"); });
    with([](auto& files) { put(files, "checkpoint", "nonsense"); });
    with([](auto& files) { put(files, package::receipt(18), "nonsense"); });
    with([](auto& files) { file_of(files, package::receipt(18)).resize(note_bytes_max + 5, 'x'); });
    with([](auto& files) { files.contents.erase(package::receipt(18)); });
    with([](auto& files) { files.contents.erase(package::sealed_of(18)); });
    with([](auto& files) { files.contents.erase(package::sealed_of(0)); });
    with([](auto& files) { put(files, package::opened(18, 5, package::Opened::text), "{}"); });
    with([](auto& files) { put(files, package::opened(20, 1, package::Opened::text), "{}"); });
    with([](auto& files) { put(files, package::opened(20, 1, package::Opened::sealed), "x"); });
    with([](auto& files) {
        put(files, package::opened(18, 1, package::Opened::salt), std::string(32, 's'));
        put(files, package::opened(18, 1, package::Opened::text), "{}");
    });
    with(
        [](auto& files) {
            for (auto& [path, content] : files.contents)
                if (path.starts_with("sealed-of/")) content.push_back(1);
        },
        {.findings_max = 3});
    with([](auto& files) { std::fill_n(file_of(files, package::sealed_of(18)).begin(), 4, std::uint8_t{0xff}); });
    with([](auto& files) {
        file_of(files, package::sealed_of(18)).resize(4);
        std::fill_n(file_of(files, package::sealed_of(18)).begin(), 4, std::uint8_t{0xff});
    });
    with([](auto& files) { file_of(files, package::sealed_of(18)).resize(3); });
    with([](auto& files) { file_of(files, package::sealed_of(18)).resize(70); });
    // A receipt whose entry is none, and one under another checkpoint of the same log, then the usual one again.
    SampleLog longer(200);
    auto receipt = *parse_receipt(text_of(good.contents.at(package::receipt(18))));
    with([&](auto& files) { put(files, package::receipt(18), text_of(longer.write_part(18).contents.at(package::receipt(18)))); });
    // And one of another log that the policy believes as well, with and without the package's own checkpoint.
    SampleLog elsewhere(150);
    elsewhere.origin = "gw.example.com/audit/elsewhere";
    Policy both = log.policy();
    both.logs.push_back({{elsewhere.origin, KeyType::ed25519, elsewhere.key.public_key()}, ""});
    for (const bool checkpoint : {true, false}) {
        FilesInMemory files = good;
        put(files, package::receipt(18), text_of(elsewhere.write_part(18).contents.at(package::receipt(18))));
        if (!checkpoint) files.contents.erase("checkpoint");
        runs.part(std::move(files), both);
    }
    receipt.entry.push_back(0);
    with([&](auto& files) { put(files, package::receipt(18), format_receipt(receipt)); });
    // One of the same size and another history.
    SampleLog fork(150);
    fork.entries[140].sections[0].envelope[3] ^= 1;
    with([&](auto& files) { put(files, package::receipt(18), text_of(fork.write_part(18).contents.at(package::receipt(18)))); });
    for (const bool checkpoint : {true, false}) {
        with([&](auto& files) {
            put(files, package::receipt(18), text_of(fork.write_part(18).contents.at(package::receipt(18))));
            if (!checkpoint) files.contents.erase("checkpoint");
        });
    }
    // What has no receipt: an empty part, a folder with nothing, and one with a salt and no text.
    const auto without = [&](const std::function<bool(const std::string&)>& gone, const std::string& about) {
        with([&](auto& files) {
            std::erase_if(files.contents, [&](const auto& file) { return gone(file.first); });
            if (!about.empty()) put(files, std::string(package::about), about);
        });
    };
    const auto of_entries = [](const std::string& path) { return path.contains('/') && path != package::policy; };
    without(of_entries, R"({"kind":"part"})");
    without(of_entries, R"({"kind":"log"})");
    without(of_entries, {});
    without([](const std::string&) { return true; }, {});
    with([](auto& files) { put(files, package::opened(18, 1, package::Opened::salt), std::string(32, 's')); });
    with([](auto& files) { put(files, "tile/0/000", "x"); });
    with([](auto& files) { put(files, "sealed/000", "x"); });
    // A pack of evidence: without what is sealed, with its report.
    for (const std::string_view name : package::evidence_files) {
        with([&](auto& files) {
            std::erase_if(files.contents, [](const auto& file) { return file.first.starts_with("sealed-of/"); });
            put(files, std::string(name), "{}");
        });
        with([&](auto& files) { put(files, std::string(name), "{}"); });
        with([&](auto& files) {
            std::erase_if(files.contents, [](const auto& file) { return file.first.starts_with("sealed-of/"); });
            files.contents.erase(std::string(package::policy));
            put(files, std::string(package::controls), "{}");
            put(files, std::string(name), "{}");
        });
    }
    SampleLog one(1);
    FilesInMemory tiny = one.write_part(1);
    Blob broken = one.entry_bytes(0);
    broken[4] = 99;
    const std::string text = checkpoint_text({one.origin, 1, leaf_hash(broken)});
    const std::string note =
        format_note({text, {sign_note(one.key, one.origin, text), cosign_note(one.witness, "witness.partner.example/w", text, 5)}});
    put(tiny, package::receipt(0), format_receipt({broken, 0, {}, note}));
    runs.part(std::move(tiny), one.policy());
}

void consistency(Runs& runs) {
    SampleLog log(600);
    SampleLog other(600, 2);
    SampleLog elsewhere(600);
    elsewhere.origin = "gw.example.com/audit/elsewhere";
    Policy both = log.policy();
    both.logs.push_back({{elsewhere.origin, KeyType::ed25519, elsewhere.key.public_key()}, ""});
    const FilesInMemory files = log.write();
    const auto with = [&](FilesInMemory mine, const std::string& older, const std::string& newer) {
        runs.add([mine = std::move(mine), both, older, newer]() -> std::string {
            try {
                const auto checked = check_consistency(mine, both, older, newer);
                return checked ? "consistent" : checked.error().message;
            } catch (const protocol::Fault& fault) {
                return fault.what();
            }
        });
    };
    with(files, log.checkpoint(300), log.checkpoint(600));
    with(files, log.checkpoint(600), log.checkpoint(300));
    with(files, "nonsense", log.checkpoint(600));
    with(files, log.checkpoint(300), "nonsense");
    with(files, elsewhere.checkpoint(300), log.checkpoint(600));
    with(files, other.checkpoint(300), log.checkpoint(600));
    with(files, other.checkpoint(300), other.checkpoint(600));
    with(files, other.checkpoint(600), log.checkpoint(600));
    FilesInMemory without = files;
    without.contents.erase(tile_path({0, 1}));
    with(without, log.checkpoint(300), log.checkpoint(600));
    without.contents[tile_path({0, 1})] = Blob(31);
    with(without, log.checkpoint(300), log.checkpoint(600));
    without.contents[tile_path({0, 1})] = Blob(256 * 32 + 1);
    with(without, log.checkpoint(300), log.checkpoint(600));
}

// What was disclosed to one reader: "sealed" here means that there is a file of that name, with salt and text in it.
void disclosed_to_one(Runs& runs) {
    SampleLog log(150);
    FilesInMemory files = log.write();
    SampleLog parted(150);
    FilesInMemory part = parted.write_part(5);
    for (FilesInMemory* each : {&files, &part}) {
        FilesInMemory sealed;
        for (const auto& [path, content] : each->contents) {
            const auto name = package::opened_name(path);
            if (!name) sealed.contents[path] = content;
            if (!name || name->part != package::Opened::text) continue;
            Blob plain = each->contents.at(package::opened(name->index, name->tag, package::Opened::salt));
            plain.insert(plain.end(), content.begin(), content.end());
            sealed.contents[package::opened(name->index, name->tag, package::Opened::sealed)] = std::move(plain);
        }
        *each = std::move(sealed);
    }
    LogCheckOptions reader;
    reader.open_sealed = [](protocol::Bytes bytes) -> std::optional<Blob> {
        if (bytes.empty()) return std::nullopt;
        return Blob(bytes.begin(), bytes.end());
    };
    const auto with = [&](const std::function<void(FilesInMemory&)>& change) {
        FilesInMemory mine = files;
        change(mine);
        runs.log(std::move(mine), log.policy(), reader);
    };
    const std::string path = package::opened(19, 1, package::Opened::sealed);
    runs.log(files, log.policy());
    runs.part(part, log.policy());
    runs.part(part, log.policy(), reader);
    with([](auto&) {});
    with([&](auto& mine) { file_of(mine, path).clear(); });
    with([&](auto& mine) { file_of(mine, path).resize(20); });
    with([&](auto& mine) { file_of(mine, path)[2] ^= 1; });
    with([&](auto& mine) { file_of(mine, path).resize(1U << 20U, 'x'); });
    with([](auto& mine) { put(mine, package::opened(21, 4, package::Opened::sealed), std::string(40, 's')); });
    with([](auto& mine) { put(mine, package::opened(28, 1, package::Opened::salt), std::string(32, 's')); });
}

void rows(Runs& runs) {
    constexpr std::size_t first = 21;
    constexpr std::size_t last = 101;
    const auto telling = [](const Entry& entry, const std::map<RowName, std::string>& told) {
        std::string list;
        for (const auto& [name, row] : told)
            list += (list.empty() ? "" : ",") + std::string(R"({"digest":")") + protocol::hex(row_digest(name.kind, row)) +
                    R"(","id":)" + std::to_string(name.id) + R"(,"kind":")" + name.kind + R"("})";
        return R"({"api":{"operation":"rows.changed"},"metadata":{"uid":")" + protocol::uuid_text(entry.event) + R"("},"time":)" +
               std::to_string(entry.time.milliseconds()) + R"(,"unmapped":{"decision":{"rows":[)" + list + "]}}}";
    };
    const auto with = [&](const std::function<void(SampleLog&, RowList&)>& change) {
        SampleLog log(150);
        for (auto& entry : log.entries)
            for (SampleSection& section : entry.sections) section.opened = section.tag == 1;
        log.entries[first].sections[0].text =
            telling(log.entries[first].entry, {{{"agreement", 5}, "as it was"}, {{"user", 9}, "a user"}});
        log.entries[last].sections[0].text = telling(log.entries[last].entry, {{{"agreement", 5}, "as it is"}});
        auto list = std::make_shared<RowList>(
            RowList{log.origin, 150, {{{"agreement", 5}, {last, "as it is"}}, {{"user", 9}, {first, "a user"}}}});
        change(log, *list);
        FilesInMemory files = log.write();
        runs.add([files = std::move(files), policy = log.policy(), list] {
            return told(check_log(files, policy, {.rows = list.get()})) + told(check_log(files, policy, {}));
        });
    };
    with([](auto&, auto&) {});
    with([](auto&, auto& list) { list.origin = "gw.example.com/audit/elsewhere"; });
    with([](auto&, auto& list) { list.size = 151; });
    with([](auto&, auto& list) { list.rows[{"agreement", 5}].row = "as it was"; });
    with([](auto&, auto& list) { list.rows[{"agreement", 6}] = {last, "made up"}; });
    with([](auto&, auto& list) { list.rows[{"agreement", 5}] = {last + 20, "made up"}; });
    with([](auto&, auto& list) { list.rows.erase({"user", 9}); });
    with([](auto&, auto& list) {
        list.size = last;
        list.rows[{"agreement", 5}] = {first, "as it was"};
    });
    // Told anew after the listing was made, and told anew as it is listed; a row that is in the later word alone.
    with([](auto&, auto& list) { list.size = last; });
    with([](auto&, auto& list) {
        list.size = last;
        list.rows[{"agreement", 5}].index = first;
    });
    with([](auto&, auto& list) {
        list.size = first;
        list.rows.erase({"user", 9});
        list.rows.erase({"agreement", 5});
    });
    with([](auto& log, auto&) { log.entries[30].sections[0].opened = false; });
    with([](auto& log, auto&) {
        log.entries[31].sections[0].opened = false;
        log.entries[31].sections[0].erased = true;
        names(log, 67, {{31, 1}}, 1);
    });
    with([](auto& log, auto& list) {
        // Older than what is known of the row.
        log.entries[31].sections[0].opened = false;
        log.entries[31].sections[0].erased = true;
        names(log, 67, {{31, 1}}, 1);
        list.rows[{"agreement", 5}] = {31, "made up"};
    });
    with([&](auto& log, auto&) {
        log.entries[last].sections[0].opened = false;
        log.entries[last].sections[0].erased = true;
        names(log, 127, {{last, 1}}, 1);
    });
    with([&](auto& log, auto&) {
        log.entries[first].sections[0].opened = false;
        log.entries[first].sections[0].erased = true;
        names(log, 67, {{first, 1}}, 1);
    });
    with([&](auto& log, auto&) {
        std::string& text = log.entries[last].sections[0].text;
        text.replace(text.find("\"kind\""), 6, "\"sort\"");
    });
}

// A log that went over to a second key in entry 40, handed over by a checkpoint of the first.
void handovers(Runs& runs) {
    const auto with = [&](std::uint64_t at, const std::function<void(SampleLog&, FilesInMemory&)>& change,
                          const std::function<void(Entry&)>& announced = {}, const LogCheckOptions& options = {},
                          std::size_t size = 150) {
        SampleLog log(size);
        const auto second = SampleLog::seeded(8);
        log.entries[40].sections.clear();
        log.entries[40].entry.extension =
            KeyChange{KeyPurpose::log, KeyAction::add, format_vkey({log.origin, KeyType::ed25519, second.public_key()})};
        if (announced) announced(log.entries[40].entry);
        FilesInMemory handed;
        put(handed, package::handover(at), log.checkpoint(at));
        const Policy before = log.policy();
        log.key = SampleLog::seeded(8);
        FilesInMemory files = log.write();
        files.contents.merge(handed.contents);
        change(log, files);
        runs.log(std::move(files), before, options);
    };
    const auto nothing = [](SampleLog&, FilesInMemory&) {};
    for (const std::uint64_t at : {std::uint64_t{40}, std::uint64_t{41}, std::uint64_t{60}, std::uint64_t{150}}) with(at, nothing);
    with(60, [](auto& log, auto& files) {
        // Announced twice.
        log.entries[41].sections.clear();
        log.entries[41].entry.extension = log.entries[40].entry.extension;
        log.key = SampleLog::seeded(1);
        const std::string handed = log.checkpoint(60);
        log.key = SampleLog::seeded(8);
        files = log.write();
        put(files, package::handover(60), handed);
    });
    with(256, nothing, {}, {}, 300);
    with(280, nothing, {}, {.earlier = {}}, 300);
    with(60, [](auto&, auto& files) { files.contents.erase(package::handover(60)); });
    with(60, [](auto&, auto& files) { put(files, package::handover(60), "nothing"); });
    with(60, [](auto&, auto& files) { put(files, package::handover(60), SampleLog(150, 2).checkpoint(60)); });
    with(60, [](auto&, auto& files) { put(files, package::handover(60), SampleLog(150).checkpoint(61)); });
    with(60, [](auto&, auto& files) {
        Blob& note = file_of(files, package::handover(60));
        note[note.size() - 20] ^= 1;
    });
    with(60, [](auto&, auto& files) {
        // The line of the log's own key, which the reader knows.
        Blob& note = file_of(files, package::handover(60));
        const std::string text = text_of(note);
        std::uint8_t& letter = note[text.find('\n', text.find("\n\n") + 2) - 8];
        letter = letter == 'A' ? 'B' : 'A';
    });
    with(60, [](auto&, auto& files) { put(files, package::handover(151), "x"); });
    with(60, [](auto&, auto& files) { put(files, "checkpoint", "nothing"); });
    with(60, [](auto& log, auto& files) {
        // Handed over by a key that nobody knows.
        log.key = SampleLog::seeded(77);
        put(files, package::handover(60), log.checkpoint(60));
    });
    with(60, [](auto& log, auto& files) {
        log.key = SampleLog::seeded(1);
        log.origin = "gw.example.com/audit/elsewhere";
        put(files, package::handover(60), log.checkpoint(60));
    });
    for (const KeyChange& change :
         {KeyChange{KeyPurpose::witness, KeyAction::add, {}}, KeyChange{KeyPurpose::log, KeyAction::retire, {}}})
        with(60, nothing, [&](Entry& entry) {
            auto& there = std::get<KeyChange>(entry.extension);
            there.purpose = change.purpose;
            there.action = change.action;
        });
    with(60, nothing, [](Entry& entry) { std::get<KeyChange>(entry.extension).name = "no key"; });
    with(60, nothing, [](Entry& entry) {
        std::get<KeyChange>(entry.extension).name =
            format_vkey({"gw.example.com/audit/elsewhere", KeyType::ed25519, SampleLog::seeded(8).public_key()});
    });
    with(60, nothing, [](Entry& entry) {
        std::get<KeyChange>(entry.extension).name =
            format_vkey({"gw.example.com/audit/sample", KeyType::cosignature, SampleLog::seeded(8).public_key()});
    });
    with(60, nothing, [](Entry& entry) {
        std::get<KeyChange>(entry.extension).name =
            format_vkey({"gw.example.com/audit/sample", KeyType::ed25519, SampleLog::seeded(1).public_key()});
    });
    with(60, [](auto&, auto& files) { file_of(files, entries_path(0, 150)).resize(300); });
}

// A key that the log ended in entry 100, and what is signed after that.
void ended_keys(Runs& runs) {
    const auto with = [&](KeyAction action, bool freeze, bool another, std::uint8_t named, std::size_t announced) {
        SampleLog log(150);
        const auto second = SampleLog::seeded(8);
        for (const std::size_t i : {announced, std::size_t{100}}) log.entries[i].sections.clear();
        if (freeze) log.entries[149].sections.clear();
        log.entries[announced].entry.extension =
            KeyChange{KeyPurpose::log, KeyAction::add, format_vkey({log.origin, KeyType::ed25519, second.public_key()})};
        log.entries[100].entry.extension =
            KeyChange{KeyPurpose::log, action, format_vkey({log.origin, KeyType::ed25519, SampleLog::seeded(named).public_key()})};
        if (freeze) log.entries[149].entry.extension = Freeze{"log_key_compromised"};
        const std::string handed = log.checkpoint(60);
        const Policy policy = log.policy();
        const std::string by_first = log.checkpoint(150);
        if (another) log.key = SampleLog::seeded(8);
        FilesInMemory files = log.write();
        put(files, package::handover(60), handed);
        runs.log(files, policy);
        // Signed by both, with and without what hands over.
        auto both = parse_note(by_first);
        const auto second_line = parse_note(text_of(file_of(files, "checkpoint")));
        both->signatures.insert(both->signatures.begin(), second_line->signatures.begin(), second_line->signatures.end());
        FilesInMemory two = files;
        if (another) put(two, "checkpoint", format_note(*both));
        runs.log(two, policy);
        two.contents.erase(package::handover(60));
        runs.log(std::move(two), policy);
        file_of(files, "checkpoint")[70] ^= 1;
        runs.log(std::move(files), policy);
    };
    for (const KeyAction action : {KeyAction::retire, KeyAction::revoke, KeyAction::add})
        for (const bool freeze : {false, true})
            for (const bool another : {false, true})
                for (const std::uint8_t named : {std::uint8_t{1}, std::uint8_t{8}})
                    for (const std::size_t announced : {std::size_t{43}, std::size_t{113}})
                        with(action, freeze, another, named, announced);
}

// What somebody does to a log, as drawn: the same every time.
void drawn(Runs& runs) {
    std::mt19937_64 random(7);
    for (const auto& [size, count] : {std::pair<std::size_t, int>{130, 250}, {300, 60}, {600, 60}}) {
        const Sample log(size);
        const Sample other(size, 2);
        for (int i = 0; i < count; ++i) {
            Mutant mutant(log, other, random);
            mutant.change();
            runs.log(mutant.files(), log.policy, {.earlier = mutant.earlier(), .findings_max = 5});
        }
    }
    const Sample parted(130);
    SampleLog writer(130);
    const FilesInMemory part = writer.write_part(5);
    for (int i = 0; i < 60; ++i) {
        PartMutant mutant(parted, part, 5, random);
        mutant.change();
        runs.part(mutant.files(), parted.policy);
    }
}

// More than 65,536 entries, for the third level of tiles.
void large(Runs& runs) {
    SampleLog log(1);
    std::vector<Blob> entries{log.entry_bytes(0)};
    Entry made;
    made.time = log.entries[0].entry.time;
    for (std::uint64_t i = 1; i < 65'536 + 300; ++i) {
        for (std::size_t b = 0; b < 8; ++b) made.event[8 + b] = static_cast<std::uint8_t>(i >> (8 * b));
        made.extension = KeyChange{KeyPurpose::witness, KeyAction::add, "w"};
        entries.push_back(encode_entry(made));
    }
    FilesInMemory files;
    entente::tests::write_tree(files, entries, std::vector<Blob>(entries.size()));
    std::vector<Hash> leaves;
    for (const Blob& entry : entries) leaves.push_back(leaf_hash(entry));
    const std::string text = checkpoint_text({log.origin, entries.size(), root_of(leaves)});
    put(files, "checkpoint", format_note({text, {sign_note(log.key, log.origin, text)}}));
    Policy policy = log.policy();
    policy.quorum = "none";
    runs.log(files, policy);
    FilesInMemory other = files;
    other.contents.at("tile/2/000.p/1")[5] ^= 1;
    runs.log(other, policy);
    files.contents.erase(tile_path({0, 3}));
    files.contents.erase(entries_path(3));
    runs.log(std::move(files), policy);
}

// What the child found: the number of the first run that came out differently, 1 from; 0 when all came out the same.
int difference(const std::vector<Check>& runs, const std::vector<std::string>& expected, bool say) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::string now = runs[i]();
        if (now == expected[i]) continue;
        if (say) std::cout << "run " << i << "\n--- with it\n" << expected[i] << "\n--- without it\n" << now << "\n";
        return 1;
    }
    return 0;
}

bool noticed(unsigned number, const std::vector<Check>& runs, const std::vector<std::string>& expected) {
    std::cout.flush();
    const pid_t pid = ::fork();
    if (pid == 0) {
        // Without a guard it may crash or never end.
        for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL}) ::signal(fatal, [](int) { ::_exit(1); });
        ::close(STDERR_FILENO);
        ::alarm(60);
        switched_off = number;
        int found = 1;
        try {
            found = difference(runs, expected, false);
        } catch (...) {
        }
        ::_exit(found);
    }
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid) {
        ADD_FAILURE() << "no process for mutant " << number;
        return false;
    }
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

TEST(Verifier, with_any_check_of_the_verifier_switched_off_something_comes_out_differently) {
    Runs runs;
    for (const Needed& one : needed()) {
        SampleLog log(300);
        one.before(log);
        FilesInMemory files = log.write();
        one.after(files);
        LogCheckOptions options;
        if (one.asked) one.asked(options);
        runs.log(std::move(files), log.policy(), options);
    }
    for (const auto add : {good_logs, checkpoints, entries, erasures, disclosed, sums, parts, consistency, disclosed_to_one, rows,
                           handovers, ended_keys, drawn, large})
        add(runs);
    std::vector<std::string> expected;
    for (const Check& run : runs.all()) expected.push_back(run());
    if (const char* one = std::getenv("ENTENTE_MUTANT")) {
        switched_off = static_cast<unsigned>(std::strtoul(one, nullptr, 10));
        std::cout << mutants.at(switched_off - 1).file << ":" << mutants.at(switched_off - 1).line << " "
                  << mutants.at(switched_off - 1).what << "\n";
        EXPECT_EQ(difference(runs.all(), expected, true), 1);
        return;
    }
    std::vector<bool> used(std::size(spared));
    std::size_t count = 0;
    for (unsigned number = 1; number <= mutants.size(); ++number) {
        const MutantAt& one = mutants[number - 1];
        if (noticed(number, runs.all(), expected)) {
            ++count;
            continue;
        }
        const std::string name = std::string(one.file) + ": " + one.what;
        const auto known = std::ranges::find_if(spared, [&](const Spared& each) { return name == each.what; });
        if (known == std::end(spared)) {
            ADD_FAILURE() << "nobody notices that " << one.file << ":" << one.line << " is without this (ENTENTE_MUTANT=" << number
                          << "): " << one.what;
        } else {
            used[static_cast<std::size_t>(known - std::begin(spared))] = true;
        }
    }
    for (std::size_t i = 0; i < used.size(); ++i) EXPECT_TRUE(used[i]) << "spared in vain: " << spared[i].what;
    std::cout << count << " of " << mutants.size() << " noticed by " << runs.all().size() << " runs, " << std::size(spared)
              << " spared\n";
}

}  // namespace
}  // namespace entente::audit
