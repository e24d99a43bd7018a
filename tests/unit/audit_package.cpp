// The check of an exported log: whatever is changed is found, no finding names an entry after the damage, and no check is there in
// vain.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "certs/digest.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/folder_writer.hpp"
#include "server/audit/package/paths.hpp"
#include "tests/support/sample_log.hpp"
#include "tests/unit/audit_needed.hpp"
#include "tests/unit/audit_support.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using namespace audit::tests;
using entente::tests::SampleLog;
using protocol::Blob;

TEST(Package, a_log_as_it_was_written_is_good) {
    for (const std::size_t size : std::vector<std::size_t>{1, 2, 255, 256, 257, 1000}) {
        SampleLog log(size);
        auto files = log.write();
        SampleLog::add_sums(files);
        LogCheckOptions options{.sums = true};
        for (const std::uint64_t earlier : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{size / 2}, std::uint64_t{size}})
            options.earlier.push_back(log.checkpoint(earlier));
        const LogReport report = check_log(files, log.policy(), options);
        EXPECT_TRUE(report.good()) << size << "\n" << sentences(report);
        EXPECT_EQ(report.entries, size);
        EXPECT_EQ(report.root, report.checkpoint.root);
    }
}

TEST(Package, a_large_log_has_tiles_of_three_levels) {
    SampleLog log(1);
    const Blob start = log.entry_bytes(0);
    // Times and ids may repeat here; what counts is the tree.
    std::vector<Blob> entries{start};
    Entry beat;
    beat.time = log.entries[0].entry.time;
    for (std::uint64_t i = 1; i < 65'536 + 300; ++i) {
        for (std::size_t b = 0; b < 8; ++b) beat.event[8 + b] = static_cast<std::uint8_t>(i >> (8 * b));
        beat.extension = KeyChange{KeyPurpose::witness, KeyAction::add, "w"};
        entries.push_back(encode_entry(beat));
    }
    FilesInMemory files;
    entente::tests::write_tree(files, entries, std::vector<Blob>(entries.size()));
    std::vector<Hash> leaves;
    for (const Blob& entry : entries) leaves.push_back(leaf_hash(entry));
    const std::string text = checkpoint_text({log.origin, entries.size(), root_of(leaves)});
    const std::string note = format_note({text, {sign_note(log.key, log.origin, text)}});
    files.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
    Policy policy = log.policy();
    policy.quorum = "none";
    EXPECT_TRUE(check_log(files, policy, {}).good()) << sentences(check_log(files, policy, {}));
    ASSERT_TRUE(files.contents.contains("tile/1/001.p/1") && files.contents.contains("tile/2/000.p/1"));
    files.contents["tile/2/000.p/1"][5] ^= 1;
    const auto report = check_log(files, policy, {});
    EXPECT_TRUE(found(report, LogCheck::tile)) << sentences(report);
    EXPECT_EQ(report.first_bad(), 0u);
    files.contents["tile/2/000.p/1"][5] ^= 1;
    files.contents["tile/1/000"][7 * 32] ^= 1;
    EXPECT_EQ(check_log(files, policy, {}).first_bad(), 7u * 256);
}

TEST(Package, the_published_four_entry_log_passes) {
    const auto& vectors = entente::tests::log_vectors();
    FilesInMemory files;
    std::vector<Blob> entries;
    for (const auto& entry : vectors.at("entries").as_array())
        entries.push_back(entente::tests::blob_of(entry.is_object() ? entry.at("entry") : entry));
    ByteWriter sealed;
    for (const auto& section : vectors.at("sections").as_array()) {
        const Blob envelope = entente::tests::blob_of(section.at("envelope"));
        const bool erased = section.at("tag").as_int64() == 2;
        sealed.u32(erased ? erased_envelope : static_cast<std::uint32_t>(envelope.size()));
        if (!erased) sealed.bytes(envelope);
    }
    entente::tests::write_tree(files, entries, {{}, sealed.take(), {}, {}});
    files.contents[package::erased_list(3)] = entente::tests::blob_of(vectors.at("erasure").at("list"));
    const std::string note =
        entente::tests::text_of(vectors.at("checkpoint")) + entente::tests::text_of(vectors.at("witness_line"));
    files.contents[std::string(package::checkpoint)].assign(note.begin(), note.end());
    const std::string policy_text = "log " + entente::tests::text_of(vectors.at("log_vkey")) + "\nwitness w " +
                                    entente::tests::text_of(vectors.at("witness_vkey")) + "\nquorum w\n";
    const auto policy = parse_policy(policy_text);
    ASSERT_TRUE(policy) << policy.error().message;
    const LogReport report = check_log(files, *policy, {});
    EXPECT_TRUE(report.good()) << sentences(report) << note;
    EXPECT_EQ(report.erased, 1u);
}

TEST(Package, a_folder_holds_what_memory_holds) {
    SampleLog log(300);
    auto files = log.write();
    const auto folder = std::filesystem::temp_directory_path() / ("entente-package-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    const mode_t usual = ::umask(0);
    FolderWriter writer(folder);
    for (const auto& [path, content] : files.contents) writer.write(path, content);
    writer.finish();
    ::umask(usual);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto others = entry.status().permissions() & (std::filesystem::perms::group_all | std::filesystem::perms::others_all);
        EXPECT_EQ(others, std::filesystem::perms::none) << entry.path() << ": sections in the clear are for who exported them";
    }
    EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
    EXPECT_THROW(FolderWriter{folder}, protocol::Fault) << "nothing is overwritten";
    const auto report = check_log(*open_folder(folder), log.policy(), {.sums = true});
    EXPECT_TRUE(report.good()) << sentences(report);
    // A pipe that nobody writes to is no file to wait for.
    std::filesystem::remove(folder / "checkpoint");
    ASSERT_EQ(::mkfifo((folder / "checkpoint").c_str(), 0600), 0);
    EXPECT_THROW((void)check_log(*open_folder(folder), log.policy(), {}), protocol::Fault);
    std::filesystem::remove_all(folder);
}

TEST(Package, a_checkpoint_that_is_too_long_is_not_taken_for_missing) {
    SampleLog log(300);
    auto files = log.write();
    files.contents.at("checkpoint").resize(note_bytes_max + 1, '\n');
    for (const LogReport& report : {check_log(files, log.policy(), {}), check_part(files, log.policy(), {})}) {
        EXPECT_TRUE(report.tampered());
        EXPECT_NE(sentences(report).find("a note has at most 1,000,000 bytes"), std::string::npos) << sentences(report);
        EXPECT_EQ(sentences(report).find("there is no checkpoint"), std::string::npos);
    }
}

// --- no check in vain ---

TEST(Package, without_any_one_check_something_would_go_unnoticed) {
    std::uint32_t covered = 0;
    for (const Needed& one : needed()) {
        SampleLog log(300);
        one.before(log);
        FilesInMemory files = log.write();
        one.after(files);
        LogCheckOptions options;
        if (one.asked) one.asked(options);
        const LogReport with = check_log(files, log.policy(), options);
        EXPECT_TRUE(found(with, one.check)) << log_check_name(one.check) << "\n" << sentences(with);
        options.without = 1U << static_cast<unsigned>(one.check);
        const LogReport without = check_log(files, log.policy(), options);
        EXPECT_TRUE(without.good()) << "found without the check " << log_check_name(one.check) << "\n" << sentences(without);
        covered |= options.without;
    }
    EXPECT_EQ(covered, (1U << log_check_count) - 1) << "a check has no line here";
}

TEST(Package, after_a_freeze_nothing_but_a_start_under_another_name) {
    const auto report_of = [](const Extension& next) {
        SampleLog log(300);
        for (const std::size_t index : {std::size_t{255}, std::size_t{256}}) log.entries[index].sections.clear();
        log.entries[255].entry.extension = Freeze{"log_key_compromised"};
        log.entries[256].entry.extension = next;
        return check_log(log.write(), log.policy(), {});
    };
    const LogReport good = report_of(LogStart{LogStart::Previous{"gw.example.com/audit/before", 256, Hash{1}}});
    EXPECT_TRUE(good.good()) << sentences(good);
    for (const Extension& next : std::vector<Extension>{KeyChange{KeyPurpose::log, KeyAction::add, "a key"}, Freeze{"again"}}) {
        const LogReport report = report_of(next);
        EXPECT_TRUE(report.tampered());
        EXPECT_TRUE(found(report, LogCheck::entry));
        EXPECT_EQ(report.first_bad(), 256u) << sentences(report);
    }
}

TEST(Package, what_was_published_under_the_name_before_is_the_beginning) {
    SampleLog log(300);
    SampleLog before(300);
    before.origin = "gw.example.com/audit/before";
    log.entries[256].sections.clear();
    log.entries[256].entry.extension = LogStart{LogStart::Previous{before.origin, 256, Hash{1}}};
    Policy both = log.policy();
    both.logs.push_back({{before.origin, KeyType::ed25519, before.key.public_key()}, ""});
    const LogReport good = check_log(log.write(), both, {.earlier = {before.checkpoint(256)}});
    EXPECT_TRUE(good.good()) << sentences(good);
    SampleLog other(300, 2);
    other.origin = before.origin;
    EXPECT_TRUE(found(check_log(log.write(), both, {.earlier = {other.checkpoint(256)}}), LogCheck::consistency));
    EXPECT_TRUE(found(check_log(SampleLog(300).write(), both, {.earlier = {before.checkpoint(256)}}), LogCheck::checkpoint));
    // Whoever has the old key can sign the same tree beyond the end of that name: it says nothing any more.
    before.entries = log.entries;
    const LogReport beyond = check_log(log.write(), both, {.earlier = {before.checkpoint(280)}});
    EXPECT_TRUE(beyond.tampered() && found(beyond, LogCheck::checkpoint)) << sentences(beyond);
    EXPECT_EQ(beyond.first_bad(), 256u);
    EXPECT_TRUE(check_log(before.write(), both, {}).tampered());
}

TEST(Package, a_receipt_of_another_log_has_no_place_in_a_part) {
    SampleLog log(150);
    SampleLog other(150);
    other.origin = "gw.example.com/audit/before";
    Policy both = log.policy();
    both.logs.push_back({{other.origin, KeyType::ed25519, other.key.public_key()}, ""});
    FilesInMemory files = log.write_part(9);
    EXPECT_TRUE(check_part(files, both, {}).good());
    files.contents[package::receipt(18)] = other.write_part(18).contents.at(package::receipt(18));
    const LogReport report = check_part(files, both, {});
    EXPECT_TRUE(report.tampered() && found(report, LogCheck::checkpoint)) << sentences(report);
    EXPECT_EQ(report.first_bad(), 18u);
}

TEST(Package, the_receipts_of_a_part_are_of_one_history) {
    SampleLog log(150);
    const FilesInMemory good = log.write_part(9);
    const auto with_receipt_of = [&](SampleLog& other) {
        FilesInMemory files = good;
        files.contents[package::receipt(18)] = other.write_part(18).contents.at(package::receipt(18));
        return check_part(files, log.policy(), {});
    };
    // The log's own key signed another history of the same size: whoever holds both has proof of it.
    SampleLog fork(150);
    fork.entries[140].sections[0].envelope[3] ^= 1;
    const LogReport forked = with_receipt_of(fork);
    EXPECT_TRUE(forked.tampered() && found(forked, LogCheck::consistency)) << sentences(forked);
    // Of another size: it may be the same history, but nothing here shows it.
    SampleLog longer(200);
    const LogReport open = with_receipt_of(longer);
    EXPECT_TRUE(!open.good() && !open.tampered() && found(open, LogCheck::missing)) << sentences(open);
}

TEST(Package, a_part_without_records_is_a_part_and_a_salt_needs_its_text) {
    SampleLog log(150);
    FilesInMemory files = log.write_part(9);
    const auto put = [&](const std::string& path, std::string_view text) { files.contents[path].assign(text.begin(), text.end()); };
    std::erase_if(files.contents, [](const auto& file) {
        return file.first.starts_with("receipts/") || file.first.contains("-of/") || file.first.starts_with("opened/");
    });
    put(std::string(package::about), R"({"format":"entente-evidence/1","kind":"part"})");
    EXPECT_EQ(kind_of(files), PackageKind::part);
    const LogReport empty = check_part(files, log.policy(), {});
    EXPECT_TRUE(empty.good()) << sentences(empty);
    EXPECT_EQ(empty.entries, 0u);
    put(package::opened(9, 1, package::Opened::salt), std::string(32, 's'));
    const LogReport bare = check_part(files, log.policy(), {});
    EXPECT_TRUE(found(bare, LogCheck::missing) && !bare.tampered()) << sentences(bare);
}

// A file that a mail or an archive lost accuses nobody, and is never passed over.
TEST(Package, whichever_one_file_is_lost_the_package_is_incomplete) {
    SampleLog log(150);
    const Policy policy = log.policy();
    const auto put = [](FilesInMemory& files, std::string_view path, std::string_view text) {
        files.contents[std::string(path)].assign(text.begin(), text.end());
    };
    FilesInMemory part = log.write_part(9);
    put(part, package::about, R"({"format":"entente-evidence/1","kind":"part"})");
    FilesInMemory pack = log.write_part(9);
    std::erase_if(pack.contents,
                  [](const auto& file) { return file.first.starts_with("sealed-of/") || file.first == package::policy; });
    FilesInMemory breach = pack;
    for (const auto name :
         {package::report, package::oscal, package::controls, package::samples, package::readme, package::policy_beside})
        put(pack, name, "{}");
    for (const auto name : {package::report, package::breach, package::readme, package::policy_beside}) put(breach, name, "{}");
    for (FilesInMemory whole : {log.write(), part, pack, breach}) {
        const PackageKind kind = kind_of(whole);
        const auto check = [&](const FilesInMemory& files) {
            EXPECT_EQ(kind_of(files), kind);
            return kind == PackageKind::log ? check_log(files, policy, {}) : check_part(files, policy, {});
        };
        SampleLog::add_sums(whole);
        EXPECT_TRUE(check(whole).good()) << sentences(check(whole));
        for (const auto& [path, content] : whole.contents) {
            if (path == package::sums) continue;  // without it everything that is signed is there still
            FilesInMemory files = whole;
            files.contents.erase(path);
            const LogReport report = check(files);
            EXPECT_TRUE(found(report, LogCheck::missing) && !report.tampered()) << path << "\n" << sentences(report);
            // And a loss hides no change.
            if (path == package::checkpoint) continue;
            auto& changed = files.contents.at(std::string(package::checkpoint));
            changed[changed.size() / 2] ^= 1;
            EXPECT_TRUE(check(files).tampered()) << path;
        }
    }
}

TEST(Package, a_pack_of_evidence_holds_by_its_receipts_and_says_what_they_do_not_cover) {
    SampleLog log(150);
    FilesInMemory files = log.write_part(19);
    const auto put = [&](std::string_view path, std::string_view text) {
        files.contents[std::string(path)].assign(text.begin(), text.end());
    };
    std::erase_if(files.contents, [](const auto& file) {
        return file.first.starts_with("sealed-of/") || file.first == package::policy || file.first == package::about;
    });
    put(package::controls, "{}");
    put(package::report, "<p>");
    EXPECT_EQ(kind_of(files), PackageKind::evidence);
    const LogReport good = check_part(files, log.policy(), {});
    EXPECT_TRUE(good.good()) << sentences(good);
    EXPECT_EQ(good.unsigned_files, (std::vector<std::string>{"controls.json", "report.html"}));
    EXPECT_GT(good.opened, 0u);
    put("receipt.html", "<p>");
    EXPECT_TRUE(found(check_part(files, log.policy(), {}), LogCheck::surplus));
    files.contents.erase("receipt.html");
    file_of(files, package::receipt(19))[60] ^= 1;
    EXPECT_TRUE(check_part(files, log.policy(), {}).tampered());
}

TEST(Package, a_key_that_the_log_ended_signs_nothing_after_that_but_the_last_word_over_a_freeze) {
    const auto ended_by = [](KeyAction action, bool freeze) {
        SampleLog log(150);
        log.entries[100].sections.clear();
        log.entries[100].entry.extension =
            KeyChange{KeyPurpose::log, action, format_vkey({log.origin, KeyType::ed25519, log.key.public_key()})};
        if (freeze) {
            log.entries[149].sections.clear();
            log.entries[149].entry.extension = Freeze{"log_key_compromised"};
        }
        return check_log(log.write(), log.policy(), {});
    };
    for (const KeyAction action : {KeyAction::retire, KeyAction::revoke}) {
        const LogReport report = ended_by(action, false);
        EXPECT_TRUE(report.tampered() && found(report, LogCheck::checkpoint)) << sentences(report);
        EXPECT_EQ(report.first_bad(), 100u);
        const LogReport last = ended_by(action, true);
        EXPECT_TRUE(last.good()) << sentences(last);
    }
    // While it goes, the next one signs beside it: who knows the older alone is not misled by a log that is whole.
    for (const std::size_t announced : {std::size_t{43}, std::size_t{113}}) {
        SampleLog log(150);
        const auto next = SampleLog::seeded(8);
        for (const std::size_t i : {announced, std::size_t{100}}) log.entries[i].sections.clear();
        const auto about = [&](KeyAction action, const Blob& key) {
            return KeyChange{KeyPurpose::log, action, format_vkey({log.origin, KeyType::ed25519, key})};
        };
        log.entries[announced].entry.extension = about(KeyAction::add, next.public_key());
        log.entries[100].entry.extension = about(KeyAction::retire, log.key.public_key());
        FilesInMemory files = log.write();
        auto note = parse_note(text_of(file_of(files, "checkpoint")));
        note->signatures.push_back(sign_note(next, log.origin, note->text));
        const std::string both = format_note(*note);
        files.contents["checkpoint"].assign(both.begin(), both.end());
        const LogReport report = check_log(files, log.policy(), {});
        EXPECT_EQ(report.good(), announced < 100) << sentences(report);
    }
    const LogReport added = ended_by(KeyAction::add, false);
    EXPECT_TRUE(added.good()) << sentences(added);
}

TEST(Package, missing_files_are_no_tampering_and_tampering_is_not_hidden_by_them) {
    SampleLog log(600);
    for (const std::string& path : {entries_path(1), sealed_path(0), tile_path({0, 1}),
                                    package::erased_list(log.erasures.begin()->first), std::string("checkpoint")}) {
        FilesInMemory files = log.write();
        files.contents.erase(path);
        const LogReport report = check_log(files, log.policy(), {});
        EXPECT_FALSE(report.good()) << path;
        EXPECT_FALSE(report.tampered()) << path << "\n" << sentences(report);
        if (path == "checkpoint") continue;
        file_of(files, entries_path(0))[400] ^= 1;
        EXPECT_TRUE(check_log(files, log.policy(), {}).tampered()) << path;
    }
}

TEST(Package, an_earlier_checkpoint_narrows_where_the_change_is) {
    SampleLog changed(600);
    changed.entries[402].sections[0].envelope[3] ^= 1;
    FilesInMemory files = changed.write();
    SampleLog log(600);
    const std::string note = log.checkpoint(600);
    files.contents["checkpoint"].assign(note.begin(), note.end());
    EXPECT_EQ(check_log(files, log.policy(), {}).first_bad(), 0u);
    EXPECT_EQ(check_log(files, log.policy(), {.earlier = {log.checkpoint(300), log.checkpoint(400)}}).first_bad(), 400u);
}

TEST(Package, checkpoints_are_held_against_the_tiles) {
    SampleLog log(600);
    const FilesInMemory files = log.write();
    const Policy policy = log.policy();
    for (const std::uint64_t size : std::vector<std::uint64_t>{0, 1, 255, 256, 512, 599, 600})
        EXPECT_TRUE(check_consistency(files, policy, log.checkpoint(size), log.checkpoint(600))) << size;
    SampleLog other(600, 2);
    EXPECT_FALSE(check_consistency(files, policy, other.checkpoint(300), log.checkpoint(600)));
    EXPECT_FALSE(check_consistency(files, policy, log.checkpoint(600), log.checkpoint(300)));
    EXPECT_FALSE(check_consistency(files, policy, log.checkpoint(300), other.checkpoint(600)));
}

TEST(Package, a_part_holds_by_its_receipts_and_any_flipped_bit_is_found) {
    SampleLog log(300);
    FilesInMemory files = log.write_part(37);
    ASSERT_EQ(kind_of(files), PackageKind::part);
    const Policy policy = log.policy();
    const LogReport good = check_part(files, policy, {});
    EXPECT_TRUE(good.good()) << sentences(good);
    EXPECT_EQ(good.entries, 9u);
    const std::size_t step = long_form() ? 1 : 61;
    for (auto& [path, content] : files.contents) {
        if (path == package::policy) continue;
        for (std::size_t bit = 0; bit < content.size() * 8; bit += step) {
            content[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            EXPECT_FALSE(check_part(files, policy, {}).good()) << path << " bit " << bit;
            content[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        }
    }
}

TEST(Policy, groups_and_quorum_decide) {
    const auto vkey = [](const char* name, std::uint8_t seed) {
        return format_vkey({name, KeyType::cosignature, SampleLog::seeded(seed).public_key()});
    };
    const auto cosigned = [&](std::vector<std::uint8_t> by) {
        SampleLog log(3);
        const std::string text = checkpoint_text({log.origin, 3, Hash{}});
        Note note{text, {sign_note(log.key, log.origin, text)}};
        for (const std::uint8_t seed : by)
            note.signatures.push_back(cosign_note(SampleLog::seeded(seed), "w" + std::to_string(seed), text, 5));
        return note;
    };
    const std::string lines = "# who\n\nwitness a " + vkey("w1", 1) + "\nwitness b " + vkey("w2", 2) +
                              " https://b.example/\nwitness c " + vkey("w3", 3) + "\ngroup two 2 a b c\ngroup either any c two\n";
    const auto policy = parse_policy(lines + "quorum either\n");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->witnesses[1].url, "https://b.example/");
    EXPECT_FALSE(policy->quorum_met(cosigned({})));
    EXPECT_FALSE(policy->quorum_met(cosigned({1})));
    EXPECT_TRUE(policy->quorum_met(cosigned({3})));
    EXPECT_TRUE(policy->quorum_met(cosigned({1, 2})));
    EXPECT_TRUE(parse_policy(lines + "quorum none\n")->quorum_met(cosigned({})));
    EXPECT_EQ(parse_policy(format_policy(*policy))->quorum_met(cosigned({1, 2})), true);
    std::string mailed;
    for (const char c : lines + "quorum either\n") mailed += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(format_policy(parse_policy(mailed).value_or(Policy{})), format_policy(*policy));
    for (const std::string& wrong :
         {std::string(), lines, lines + "quorum d\n", lines + "quorum a\nquorum a\n", std::string("log x\nquorum none\n"),
          "witness none " + vkey("w1", 1) + "\nquorum none\n", lines + "group two 1 a\nquorum a\n",
          lines + "group x 4 a b c\nquorum a\n", lines + "group x 0 a\nquorum a\n", lines + "group x 1 a a\nquorum a\n",
          lines + "group x 1 y\nquorum a\n", lines + "nonsense\nquorum a\n"}) {
        const auto refused = parse_policy(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, "policy_malformed");
    }
}

}  // namespace
}  // namespace entente::audit
