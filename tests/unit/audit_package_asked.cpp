// What a verification does when it is asked: several threads, sections that were disclosed to one reader, rows against the log, and
// a log that went over to another key.

#include <gtest/gtest.h>

#include <algorithm>

#include "certs/age.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/format/told_rows.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/paths.hpp"
#include "tests/support/sample_log.hpp"

namespace entente::audit {
namespace {

using protocol::Blob;
using tests::SampleEntry;
using tests::SampleLog;
using tests::SampleSection;

std::string words(const LogReport& report) {
    std::string all;
    for (const LogFinding& finding : report.findings)
        all += std::string(log_check_name(finding.check)) + " " + (finding.index ? std::to_string(*finding.index) : "-") + ": " +
               finding.sentence + "\n";
    return all;
}

bool finds(const LogReport& report, LogCheck check) {
    return std::ranges::any_of(report.findings, [&](const LogFinding& finding) { return finding.check == check; });
}

void put_text(FilesInMemory& files, const std::string& path, std::string_view text) {
    const auto bytes = protocol::as_bytes(text);
    files.contents[path].assign(bytes.begin(), bytes.end());
}

TEST(PackageThreads, ReportTheSame) {
    SampleLog log(1'500);
    const Policy policy = log.policy();
    const FilesInMemory good = log.write();
    std::vector<FilesInMemory> all{good};
    for (const auto& [path, content] : good.contents) {
        if (path.starts_with("opened/")) continue;
        all.push_back(good);
        all.back().contents.at(path)[content.size() / 2] ^= 4;
        all.push_back(good);
        all.back().contents.at(path).resize(content.size() / 2);
        all.push_back(good);
        all.back().contents.at(path).push_back(0);
        all.push_back(good);
        all.back().contents.erase(path);
    }
    for (const FilesInMemory& files : all) {
        const LogReport alone = check_log(files, policy, {});
        const LogReport together = check_log(files, policy, {.threads = 3});
        EXPECT_EQ(words(together), words(alone));
        EXPECT_EQ(together.root, alone.root);
        EXPECT_EQ(together.entries, alone.entries);
        EXPECT_EQ(together.sections, alone.sections);
    }
}

// A file that cannot be read, in whichever thread, ends the verification with what was wrong.
class Unreadable final : public Files {
  public:
    Unreadable(const Files& files, std::string path) : files_(files), path_(std::move(path)) {}
    std::unique_ptr<File> open(const std::string& path, std::uint64_t offset) const override {
        if (path == path_) throw protocol::Fault("the disk is broken");
        return files_.open(path, offset);
    }
    void each(const std::function<void(const std::string&)>& use) const override { files_.each(use); }

  private:
    const Files& files_;
    std::string path_;
};

TEST(PackageThreads, AFileThatCannotBeReadIsNoVerdict) {
    SampleLog log(900);
    const FilesInMemory files = log.write();
    for (const unsigned threads : {0U, 2U})
        EXPECT_THROW((void)check_log(Unreadable(files, sealed_path(2)), log.policy(), {.threads = threads}), protocol::Fault);
}

// --- disclosed to one reader ---

FilesInMemory sealed_openings(SampleLog& log, const certs::AgeRecipient& recipient) {
    FilesInMemory files = log.write();
    FilesInMemory sealed;
    for (const auto& [path, content] : files.contents) {
        const auto name = package::opened_name(path);
        if (!name) {
            sealed.contents[path] = content;
        } else if (name->part == package::Opened::text) {
            Blob plain = files.contents.at(package::opened(name->index, name->tag, package::Opened::salt));
            plain.insert(plain.end(), content.begin(), content.end());
            sealed.contents[package::opened(name->index, name->tag, package::Opened::sealed)] =
                certs::age_seal(std::span(&recipient, 1), plain);
        }
    }
    return sealed;
}

LogCheckOptions reading_as(const certs::AgeIdentity& identity) {
    LogCheckOptions options;
    options.open_sealed = [&identity](protocol::Bytes sealed) -> std::optional<Blob> {
        auto plain = certs::age_open(identity, sealed);
        return plain ? std::optional(*std::move(plain)) : std::nullopt;
    };
    return options;
}

TEST(PackageIdentity, OpensWhatWasDisclosedToIt) {
    const auto auditor = certs::AgeIdentity::generate();
    const auto stranger = certs::AgeIdentity::generate();
    SampleLog log(300);
    const FilesInMemory files = sealed_openings(log, auditor.recipient());
    const LogReport unread = check_log(files, log.policy(), {});
    EXPECT_TRUE(unread.good()) << words(unread);
    EXPECT_EQ(unread.opened, 0U);
    EXPECT_GT(unread.sealed_openings, 20U);
    const LogReport read = check_log(files, log.policy(), reading_as(auditor));
    EXPECT_TRUE(read.good()) << words(read);
    EXPECT_EQ(read.opened, unread.sealed_openings);
    EXPECT_EQ(read.sealed_openings, 0U);
    // To somebody else it is incomplete, and no accusation.
    const LogReport other = check_log(files, log.policy(), reading_as(stranger));
    EXPECT_FALSE(other.good());
    EXPECT_FALSE(other.tampered()) << words(other);
}

TEST(PackageIdentity, AWrongOpeningIsTampering) {
    const auto auditor = certs::AgeIdentity::generate();
    SampleLog log(300);
    FilesInMemory files = sealed_openings(log, auditor.recipient());
    const auto recipient = auditor.recipient();
    files.contents[package::opened(19, 1, package::Opened::sealed)] = certs::age_seal(std::span(&recipient, 1), Blob(80, 'x'));
    const LogReport report = check_log(files, log.policy(), reading_as(auditor));
    EXPECT_TRUE(report.tampered());
    EXPECT_TRUE(finds(report, LogCheck::opened));
    EXPECT_EQ(report.first_bad(), 19U);
}

// --- rows against the log ---

constexpr std::size_t told_first = 21;
constexpr std::size_t told_last = 171;

std::string telling(const Entry& entry, const std::map<RowName, std::string>& rows) {
    std::string list;
    for (const auto& [name, row] : rows)
        list += (list.empty() ? "" : ",") + std::string(R"({"digest":")") + protocol::hex(row_digest(name.kind, row)) +
                R"(","id":)" + std::to_string(name.id) + R"(,"kind":")" + name.kind + R"("})";
    return R"({"api":{"operation":"rows.changed"},"metadata":{"uid":")" + protocol::uuid_text(entry.event) + R"("},"time":)" +
           std::to_string(entry.time.milliseconds()) + R"(,"unmapped":{"decision":{"rows":[)" + list + "]}}}";
}

struct RowsTest : testing::Test {
    SampleLog log{300};
    RowList list{log.origin, 300, {}};

    RowsTest() {
        for (SampleEntry& entry : log.entries)
            for (SampleSection& section : entry.sections) section.opened = section.tag == 1;
        tell(told_first, {{{"agreement", 5}, "as it was"}, {{"user", 9}, "a user"}});
        tell(told_last, {{{"agreement", 5}, "as it is"}, {{"webhook", 2}, ""}});
        list.rows = {
            {{"agreement", 5}, {told_last, "as it is"}}, {{"user", 9}, {told_first, "a user"}}, {{"webhook", 2}, {told_last, ""}}};
    }
    void tell(std::size_t index, const std::map<RowName, std::string>& rows) {
        SampleEntry& entry = log.entries.at(index);
        ASSERT_EQ(entry.sections.at(0).tag, 1);
        entry.sections[0].text = telling(entry.entry, rows);
    }
    LogReport check() {
        const auto parsed = parse_rows(format_rows(list));
        EXPECT_TRUE(parsed);
        return check_log(log.write(), log.policy(), {.rows = &*parsed});
    }
};

TEST_F(RowsTest, AsTheLogToldLast) {
    const LogReport report = check();
    EXPECT_TRUE(report.good()) << words(report);
    EXPECT_EQ(report.rows, 3U);
}

TEST_F(RowsTest, AnOlderCopyPutBackIsFound) {
    list.rows[{"agreement", 5}].row = "as it was";
    const LogReport report = check();
    EXPECT_TRUE(report.tampered());
    EXPECT_EQ(report.first_bad(), told_last);
}

TEST_F(RowsTest, WhatTheLogNeverToldIsFound) {
    list.rows[{"agreement", 6}] = {told_last, "made up"};
    EXPECT_TRUE(finds(check(), LogCheck::rows));
}

TEST_F(RowsTest, WhatWasErasedElsewhereExcusesNoChangedRow) {
    SampleSection& erased = log.entries[30].sections.at(0);
    erased.opened = false;
    erased.erased = true;
    auto& erasure = std::get<Erasure>(log.entries[67].entry.extension);
    std::vector<ErasedSection>& named = log.erasures.at(67);
    named.push_back({30, 1});
    std::ranges::sort(named);
    erasure.sections = named.size();
    erasure.list_digest = erased_list_digest(erased_list(named));
    EXPECT_TRUE(check().good());
    list.rows[{"agreement", 5}] = {told_last + 20, "made up"};  // as if a later entry had told it
    EXPECT_TRUE(finds(check(), LogCheck::rows));
    list.rows[{"agreement", 5}] = {30, "made up"};  // as if the erased one had, which is older than what is known
    EXPECT_TRUE(finds(check(), LogCheck::rows));
}

TEST_F(RowsTest, WhatIsLeftOutIsFound) {
    list.rows.erase({"user", 9});
    const LogReport report = check();
    EXPECT_TRUE(finds(report, LogCheck::rows));
    EXPECT_EQ(report.first_bad(), told_first);
}

// Whoever puts an old row back would hand out the listing of that time.
TEST_F(RowsTest, AListingFromBeforeARowWasToldAnewIsIncomplete) {
    list.size = told_last;
    list.rows = {{{"agreement", 5}, {told_first, "as it was"}}, {{"user", 9}, {told_first, "a user"}}};
    const LogReport report = check();
    EXPECT_FALSE(report.good());
    EXPECT_FALSE(report.tampered()) << words(report);
    EXPECT_EQ(report.first_bad(), told_last);
    list.size = 0;
    list.rows.clear();
    EXPECT_FALSE(check().good());
}

TEST_F(RowsTest, AListingHoldsAsLongAsNoRowIsToldAnew) {
    list.size = told_last + 1;
    EXPECT_TRUE(check().good());
}

TEST_F(RowsTest, WhatCannotBeReadIsIncomplete) {
    log.entries[30].sections.at(0).opened = false;
    const LogReport closed = check();
    EXPECT_FALSE(closed.good());
    EXPECT_FALSE(closed.tampered()) << words(closed);
    log.entries[30].sections.at(0).opened = true;
    list.size = 301;
    const LogReport newer = check();
    EXPECT_FALSE(newer.good());
    EXPECT_FALSE(newer.tampered()) << words(newer);
}

TEST(Rows, AListingIsReadAsItIsWritten) {
    const RowList list{"gw.example.com/a", 12, {{{"user", 3}, {7, std::string("\0\n x", 4)}}, {{"webhook", 1}, {2, ""}}}};
    const std::string text = format_rows(list);
    const auto read = parse_rows(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(format_rows(*read), text);
    for (const std::string& bad : {std::string(), text.substr(0, text.size() - 6), text + "x", text.substr(text.find('\n') + 1),
                                   std::string("entente-rows 1\norigin a\nsize 1\nrow user 1 1 AA==\nrow user 1 1 AA==\nend 2\n"),
                                   std::string("entente-rows 1\norigin a\nsize 1\nrow user -1 1 AA==\nend 1\n"),
                                   std::string("entente-rows 1\norigin a\nsize 1\nend 1\n")}) {
        EXPECT_FALSE(parse_rows(bad)) << bad;
    }
}

// --- another key ---

// The log announces a second key in entry 40; the checkpoint over 60 entries is by the first one, the newest by the second alone.
struct HandoverTest : testing::Test {
    SampleLog log{300};
    certs::SigningKey second = SampleLog::seeded(8);
    Policy before = log.policy();
    std::uint64_t at = 60;

    void announce(const certs::SigningKey& key) {
        log.entries.at(40).entry.extension =
            KeyChange{KeyPurpose::log, KeyAction::add, format_vkey({log.origin, KeyType::ed25519, key.public_key()})};
    }
    FilesInMemory written() {
        const std::string handover = log.checkpoint(at);
        std::swap(log.key, second);
        FilesInMemory files = log.write();
        std::swap(log.key, second);
        put_text(files, package::handover(at), handover);
        return files;
    }
};

TEST_F(HandoverTest, IsFollowedFromTheKeyThatIsKnown) {
    announce(second);
    const LogReport report = check_log(written(), before, {});
    EXPECT_TRUE(report.good()) << words(report);
    ASSERT_EQ(report.new_keys.size(), 1U);
    EXPECT_EQ(report.new_keys[0].public_key, second.public_key());
    // Who knows the new key needs no handover, and is not troubled by it.
    std::swap(log.key, second);
    const Policy after = log.policy();
    std::swap(log.key, second);
    const LogReport newer = check_log(written(), after, {});
    EXPECT_TRUE(newer.good()) << words(newer);
    EXPECT_TRUE(newer.new_keys.empty());
}

TEST_F(HandoverTest, AKeyThatTheLogDidNotAnnounceIsNotBelieved) {
    announce(SampleLog::seeded(9));
    const LogReport report = check_log(written(), before, {});
    EXPECT_TRUE(report.tampered());
    EXPECT_TRUE(finds(report, LogCheck::checkpoint));
}

TEST_F(HandoverTest, ACheckpointFromBeforeTheAnnouncementHandsNothingOver) {
    announce(second);
    at = 40;
    EXPECT_TRUE(finds(check_log(written(), before, {}), LogCheck::checkpoint));
}

TEST_F(HandoverTest, WithoutTheFileTheKeyIsUnknown) {
    announce(second);
    FilesInMemory files = written();
    files.contents.erase(package::handover(at));
    EXPECT_TRUE(finds(check_log(files, before, {}), LogCheck::checkpoint));
}

TEST_F(HandoverTest, AHandoverOfAnotherHistoryIsFound) {
    announce(second);
    FilesInMemory files = written();
    SampleLog other(300, 2);
    put_text(files, package::handover(at), other.checkpoint(at));
    const LogReport report = check_log(files, before, {});
    EXPECT_TRUE(finds(report, LogCheck::consistency)) << words(report);
    put_text(files, package::handover(at), "nothing of the kind");
    EXPECT_TRUE(finds(check_log(files, before, {}), LogCheck::checkpoint));
    FilesInMemory unsigned_one = written();
    Blob& note = unsigned_one.contents.at(package::handover(at));
    note[note.size() - 20] ^= 1;
    EXPECT_FALSE(check_log(unsigned_one, before, {}).good());
}

}  // namespace
}  // namespace entente::audit
