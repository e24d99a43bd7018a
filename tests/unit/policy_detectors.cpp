// The detectors against two corpora of support texts: every planted value is found at its exact place, and no line of the clean one
// is touched. Then what hides: invisible characters, repeated values, look-alike places, broken UTF-8.

#include "policy/detectors.hpp"

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include "policy/checks.hpp"
#include "policy/minimisation.hpp"
#include "policy/rules/default_rules.hpp"
#include "policy/values.hpp"
#include "policy_support.hpp"
#include "protocol/encoding.hpp"

namespace entente::policy {
namespace {

const Detectors& detectors() {
    static const Detectors built;
    return built;
}

std::string corpus(const std::string& name) {
    std::ifstream in(std::string(ENTENTE_SOURCE_DIR) + "/tests/unit/policy_corpus/" + name, std::ios::binary);
    EXPECT_TRUE(in.good()) << name;
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Planted {
    std::string text;
    std::vector<Finding> expected;  // classes are not compared
};

// Takes the marks ⟦code:value⟧ out of a block.
Planted unmark(std::string_view block) {
    constexpr std::string_view open = "⟦", close = "⟧";
    Planted planted;
    static std::vector<std::unique_ptr<std::string>> codes;
    for (std::size_t at = 0; at < block.size();) {
        if (!block.substr(at).starts_with(open)) {
            planted.text += block[at++];
            continue;
        }
        const std::size_t colon = block.find(':', at);
        const std::size_t end = block.find(close, at);
        codes.push_back(std::make_unique<std::string>(block.substr(at + open.size(), colon - at - open.size())));
        const std::size_t begin = planted.text.size();
        planted.text += block.substr(colon + 1, end - colon - 1);
        planted.expected.push_back({.begin = begin, .end = planted.text.size(), .code = *codes.back()});
        at = end + close.size();
    }
    return planted;
}

std::vector<Planted> planted_blocks(const std::string& file = "planted.txt") {
    std::vector<Planted> blocks;
    const std::string all = corpus(file);
    std::size_t at = all.find("%%\n") + 3;  // behind the explanation
    while (at < all.size()) {
        const std::size_t end = std::min(all.find("%%\n", at), all.size());
        blocks.push_back(unmark(std::string_view(all).substr(at, end - at)));
        at = end + 3;
    }
    return blocks;
}

std::string listed(std::string_view text, const std::vector<Finding>& findings) {
    std::string out;
    for (const Finding& f : findings) {
        out += std::string(f.code) + " [" + std::to_string(f.begin) + ',' + std::to_string(f.end) + ") " +
               std::string(text.substr(f.begin, f.end - f.begin)) + '\n';
    }
    return out;
}

bool machine(std::string_view code) {
    return code == "host_name" || code == "internal_url" || code == "ip_address" || code == "hardware_address" ||
           code == "serial_number";
}

// Machines stand in most texts; they have corpora of their own, so that these are about persons and secrets.
std::string found(std::string_view text) {
    Scan scan = detectors().scan(text);
    std::erase_if(scan.findings, [](const Finding& one) { return machine(one.code); });
    return listed(text, scan.findings);
}
std::string machines(std::string_view text) {
    Scan scan = detectors().scan(text);
    std::erase_if(scan.findings, [](const Finding& one) { return !machine(one.code); });
    return listed(text, scan.findings);
}

SharingRules machines_allowed() {
    SharingRules rules;
    for (const char* kind : {"host_name", "internal_url", "ip_address", "hardware_address", "serial_number"})
        rules.set(kind, Action::allow);
    return rules;
}

std::string masked(std::string_view text, DataClasses permitted = {}, std::span<const KnownName> names = {}) {
    Pseudonyms pseudonyms;
    permitted.add(DataClass::diagnostics);
    permitted.add(DataClass::product);
    return mask(text, detectors().scan(text, names), Sharing(permitted, machines_allowed()), pseudonyms).text;
}

TEST(Detectors, FindEveryPlantedValueAtItsPlace) {
    std::size_t values = 0;
    for (const Planted& block : planted_blocks()) {
        EXPECT_EQ(found(block.text), listed(block.text, block.expected)) << block.text;
        values += block.expected.size();
    }
    EXPECT_GE(values, 100U);
}

TEST(Detectors, MaskedTextHoldsNoPlantedValueAndNoFindings) {
    for (const Planted& block : planted_blocks()) {
        const std::string out = masked(block.text);
        for (const Finding& one : block.expected) {
            const std::string_view value = std::string_view(block.text).substr(one.begin, one.end - one.begin);
            EXPECT_EQ(out.find(value), std::string::npos) << value << "\n" << out;
        }
        EXPECT_EQ(found(out), "") << out;
        EXPECT_EQ(masked(out), out);
        // Nothing beside the values changed.
        std::string rest_of_text = block.text;
        for (auto one = block.expected.rbegin(); one != block.expected.rend(); ++one)
            rest_of_text.erase(one->begin, one->end - one->begin);
        std::string rest_of_mask = out;
        for (std::size_t at = 0; at < rest_of_mask.size();) {
            const std::size_t held = placeholder_length(rest_of_mask, at);
            if (held != 0) rest_of_mask.erase(at, held);
            at += held == 0 ? 1 : 0;
        }
        EXPECT_EQ(rest_of_mask, rest_of_text);
    }
}

TEST(Detectors, LeaveCleanTextAlone) {
    const std::string all = corpus("clean.txt");
    std::size_t lines = 0;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find('\n', at);
        const std::string line = all.substr(at, end - at);
        EXPECT_EQ(found(line), "") << line;
        EXPECT_EQ(masked(line), line);
        ++lines;
        at = end + 1;
    }
    EXPECT_GE(lines, 150U);
    EXPECT_EQ(found(all), "");
}

// A text is looked at in windows of a few lines: where they begin must not matter.
TEST(Detectors, WhatStandsBeforeDoesNotMatter) {
    for (const char* file : {"planted.txt", "machines.txt"}) {
        for (const Planted& block : planted_blocks(file)) {
            const auto alone = detectors().scan(block.text).findings;
            for (const std::size_t length : {1U, 100U, 255U, 256U, 300U, 700U}) {
                const std::string before = std::string(length, '.') + '\n';
                auto later = detectors().scan(before + block.text).findings;
                for (Finding& one : later) {
                    one.begin -= before.size();
                    one.end -= before.size();
                }
                EXPECT_EQ(listed(block.text, later), listed(block.text, alone)) << length;
            }
        }
    }
}

TEST(Detectors, GiveTheClassOfWhatTheyFind) {
    const Scan scan = detectors().scan("password=Zug-Abteil9 of anna@corp.example");
    ASSERT_EQ(scan.findings.size(), 2U);
    EXPECT_EQ(scan.findings[0].data_class, DataClass::secret);
    EXPECT_EQ(scan.findings[1].data_class, DataClass::personal_contact);
    EXPECT_EQ(scan.findings[1].classes, DataClasses{DataClass::personal_contact});
    EXPECT_EQ(scan.text_bytes, 41U);
    EXPECT_EQ(scan.rules, detectors().version());
    EXPECT_EQ(scan.counts(), (std::vector<std::pair<std::string_view, int>>{{"assigned_secret", 1}, {"mail_address", 1}}));
    EXPECT_TRUE(detectors().scan("").findings.empty());
}

TEST(Detectors, VersionNamesTheRules) {
    EXPECT_EQ(detectors().version(), Detectors().version());
    EXPECT_EQ(detectors().version().size(), 18U);
    EXPECT_TRUE(detectors().version().starts_with("1-"));
}

TEST(Detectors, OverlappingFindingsBecomeOneWithAllTheirClasses) {
    const std::string text = "password=anna@corp.example next";
    const Scan scan = detectors().scan(text);
    ASSERT_EQ(scan.findings.size(), 1U) << listed(text, scan.findings);
    EXPECT_EQ(scan.findings[0].data_class, DataClass::secret);
    EXPECT_TRUE(scan.findings[0].classes.has(DataClass::personal_contact));
    EXPECT_EQ(masked(text, DataClasses::from_bits(0xff)), "password=[secret removed] next");
}

TEST(Detectors, KnownNamesAreFoundAsWholeWordsInAnySpelling) {
    const KnownName names[]{{"Harbour & Sons", DataClass::customer_identity},
                            {"Anna Berg", DataClass::personal_contact},
                            {"HP", DataClass::customer_identity}};
    EXPECT_EQ(masked("seen at HARBOUR  & sons, by anna-berg (HP array)", {}, names),
              "seen at [customer-1], by [name-1] (HP array)");
    EXPECT_EQ(masked("harbours and Anna Bergmann stay", {}, names), "harbours and Anna Bergmann stay");
    EXPECT_EQ(masked("host harbour_sons-db01: Ｈａｒｂｏｕｒ&Sons", {}, names), "host [customer-1]-db01: [customer-1]");
    EXPECT_EQ(masked("Harbour & Sons called", {DataClass::customer_identity}, names), "Harbour & Sons called");
    const KnownName japanese[]{{"田中商事", DataClass::customer_identity}};
    EXPECT_EQ(masked("これは田中商事のサーバーです", {}, japanese), "これは[customer-1]のサーバーです");
}

TEST(Detectors, ARepeatedSecretIsFoundWhereverItStands) {
    EXPECT_EQ(masked("password: Zug-Abteil9\nthen I typed Zug-Abteil9 (Zug-Abteil9!)"),
              "password: [secret removed]\nthen I typed [secret removed] ([secret removed]!)");
    // An ordinary word is masked where it is the password and not everywhere.
    EXPECT_EQ(masked("postgres://postgres:postgres@db/postgres"), "postgres://postgres:[secret removed]@db/postgres");
}

TEST(Detectors, SeeThroughInvisibleAndFullWidthCharacters) {
    EXPECT_EQ(masked("an\u200bna@corp\u00ad.example"), "[mail-1]");
    EXPECT_EQ(masked("ａｎｎａ＠ｃｏｒｐ．ｅｘａｍｐｌｅ"), "[mail-1]");
    EXPECT_EQ(masked("pass\u2060word=Zug-Abteil9"), "pass\u2060word=[secret removed]");
    EXPECT_EQ(masked("+49\u00a030\u00a0901820\u201114"), "[phone-1]");
}

TEST(Detectors, BrokenUtf8HidesNothing) {
    const std::string out = masked("\xff\xfepassword=Zug-Abteil9\xc3 anna@corp.example\x80");
    EXPECT_EQ(out.find("Abteil"), std::string::npos);
    EXPECT_EQ(out.find("anna"), std::string::npos);
}

TEST(Detectors, APlaceholderWithSomethingBehindItIsNoPlaceholder) {
    EXPECT_EQ(masked("password=[secret removed]"), "password=[secret removed]");
    EXPECT_EQ(masked("password=[secret removed]Zug-Abteil9"), "password=[secret removed]");
    EXPECT_EQ(masked("password=[mail-1]hunter22;x"), "password=[secret removed]");
    EXPECT_EQ(masked("curl -u admin:[secret removed]hunter22 x"), "curl -u admin:[secret removed] x");
}

TEST(Detectors, AnUnfinishedPrivateKeyIsMaskedToItsEnd) {
    const std::string key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nAAAA";
    EXPECT_EQ(masked("a\n" + key), "a\n[secret removed]");
    EXPECT_EQ(masked(key + "\nand then the log goes on"), "[secret removed]\nand then the log goes on");
}

TEST(Detectors, FindMachinesAtTheirPlaces) {
    std::size_t values = 0;
    for (const Planted& block : planted_blocks("machines.txt")) {
        EXPECT_EQ(machines(block.text), listed(block.text, block.expected)) << block.text;
        values += block.expected.size();
    }
    EXPECT_GE(values, 50U);
}

TEST(Detectors, LeaveAloneWhatOnlyLooksLikeAMachine) {
    const std::string all = corpus("no_machines.txt");
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find('\n', at), all.size());
        const std::string line = all.substr(at, end - at);
        EXPECT_EQ(machines(line), "") << line;
        at = end + 1;
    }
}

TEST(Detectors, AddressesThatMeanTheSameEverywhereAreNoFindings) {
    for (const char* text :
         {"127.0.0.1", "0.0.0.0:8443", "255.255.255.0", "224.0.0.5", "192.0.2.17", "203.0.113.5:443", "198.18.4.1", "2001:db8::1",
          "::1", "00:00:5e:00:53:07", "ff:ff:ff:ff:ff:ff", "host-3.invalid", "mail-1@masked.invalid", "HOST-3", "host=HOST-3"}) {
        EXPECT_EQ(listed(text, detectors().scan(text).findings), "") << text;
    }
}

TEST(Detectors, DomainsThatTheCallerDeclaresOpenAreNoFindings) {
    const KnownName open[]{{.text = "Keplin.example", .open = true}};
    EXPECT_EQ(detectors().scan("see support.keplin.example and db01.corp.example", open).findings.size(), 1U);
    EXPECT_EQ(detectors().scan("see array.notkeplin.example", open).findings.size(), 1U);
}

TEST(Detectors, AMachineFoundWithItsDomainIsFoundByItsShortNameToo) {
    Pseudonyms pseudonyms;
    const std::string text = "db01.corp.example is down. We rebooted db01 twice, DB02 not; mydb01 is another.";
    EXPECT_EQ(mask(text, detectors().scan(text), DataClasses::from_bits(0xff), pseudonyms).text,
              "HOST-1 is down. We rebooted HOST-1 twice, DB02 not; mydb01 is another.");
}

TEST(Checks, TellRealNumbersFromLikelyOnes) {
    EXPECT_TRUE(payment_card("4111111111111111"));
    EXPECT_FALSE(payment_card("4111111111111112"));
    EXPECT_FALSE(payment_card("1111111111111117"));
    EXPECT_EQ(iban_length("DE89 3704 0044 0532 0130 00 and"), 27U);
    EXPECT_EQ(iban_length("DE89 3704 0044 0532 0130 01"), 0U);
    EXPECT_EQ(iban_length("XX89370400440532013000"), 0U);
    EXPECT_TRUE(us_ssn("078051120"));
    EXPECT_FALSE(us_ssn("666051120"));
    EXPECT_FALSE(us_ssn("900051120"));
    EXPECT_FALSE(finnish_id("131052-308U"));
    EXPECT_FALSE(swedish_id("8112289875"));
    EXPECT_FALSE(belgian_id("85073003329"));
    EXPECT_FALSE(swiss_id("7569217076986"));
    EXPECT_FALSE(brazilian_id("52998224726"));
    EXPECT_FALSE(spanish_id("12345678A"));
    EXPECT_FALSE(italian_id("RSSMRA85T10A562T"));
    EXPECT_FALSE(french_id("255081416802539"));
    EXPECT_FALSE(labelled_id("86095742718"));
}

// Every rule that is data can be reached: its trigger is part of what its pattern finds in the corpus.
TEST(Detectors, EveryCodeIsSeenInTheCorpus) {
    std::set<std::string_view> seen;
    auto blocks = planted_blocks();
    for (Planted& block : planted_blocks("machines.txt")) blocks.push_back(std::move(block));
    for (const Planted& block : blocks) {
        for (const Finding& one : detectors().scan(block.text).findings) seen.insert(one.code);
    }
    for (const Rule& rule : default_rules()) EXPECT_TRUE(seen.contains(rule.code)) << rule.code;
}

// Not a promise, a figure: how fast a text is scanned.
TEST(Detectors, SpeedOfAScan) {
    std::string text;
    const std::string lines = corpus("clean.txt");
    while (text.size() < 65'536) text += lines;
    text.resize(65'536);
    constexpr int rounds = 20;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) EXPECT_EQ(detectors().scan(text).text_bytes, text.size());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("64 KiB: %.2f ms, %.1f MB/s\n", took.count() * 1e3 / rounds, 65'536.0 * rounds / took.count() / 1e6);
}

}  // namespace
}  // namespace entente::policy
