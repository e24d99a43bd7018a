// The program `entente-verify`: checks an exported log, a receipt or two checkpoints on a machine of the auditor's own choice. It
// opens no socket and needs nothing but the files that it is given; it is linked from the format library and libcrypto alone.
//
// Exit codes: 0 everything holds, 1 tampering, 2 incomplete input, 3 wrong use, a file that cannot be read, or output
// that went nowhere.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "certs/age.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/told_rows.hpp"
#include "server/audit/package/check.hpp"
#include "server/tools/text.hpp"

namespace {

using namespace entente;
using audit::PackageKind;
using protocol::JsonWriter;

enum ExitCode : int { holds = 0, tampering = 1, incomplete = 2, wrong_use = 3 };

class WrongUse : public protocol::Fault {
  public:
    using Fault::Fault;
};

// All output goes through these two: names of files and words inside of them are whoever's who made the package, and neither move
// the cursor nor begin a line of their own. JSON stays JSON, since what would break it stands inside of its strings.
void say(std::string_view line) {
    std::cout << tools::printable(line, tools::Lines::join) << "\n";
}
void complain(std::string_view line) {
    std::cerr << "entente-verify: " << tools::printable(line, tools::Lines::join) << "\n";
}

std::string read_file(const std::string& name) {
    std::error_code ignored;
    if (std::filesystem::is_directory(name, ignored)) throw WrongUse(name + " is a folder, and a file is wanted");
    std::ifstream in(name, std::ios::binary);
    if (!in) throw WrongUse(name + " cannot be read");
    std::string content{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) throw WrongUse(name + " cannot be read");
    return content;
}

audit::Policy read_policy(const std::string& name) {
    auto policy = audit::parse_policy(read_file(name));
    if (!policy) throw WrongUse(name + ": " + policy.error().message);
    return *std::move(policy);
}

struct Input {
    std::string folder, policy, file, older, newer, event, salt, identity, rows;
    std::vector<std::string> earlier, ended;
    unsigned threads = 1;
    bool sums = false;
    bool json = false;
};

// One line that rewrites itself on a terminal, a line every ten million entries elsewhere.
std::function<void(std::uint64_t, std::uint64_t)> progress(const Input& input) {
    const bool terminal = ::isatty(STDERR_FILENO) == 1 && !input.json;
    return [terminal, last = std::uint64_t{0}](std::uint64_t done, std::uint64_t size) mutable {
        constexpr std::uint64_t often = 65'536;
        constexpr std::uint64_t seldom = 10'000'000;
        if (done < size && done - last < (terminal ? often : seldom)) return;
        last = done;
        if (terminal) {
            std::fprintf(stderr, "\r\x1b[K%llu of %llu entries%s", static_cast<unsigned long long>(done),
                         static_cast<unsigned long long>(size), done >= size ? "\n" : "");
        } else if (done >= seldom) {
            std::fprintf(stderr, "%llu of %llu entries\n", static_cast<unsigned long long>(done),
                         static_cast<unsigned long long>(size));
        }
    };
}

ExitCode verdict(const audit::LogReport& report) {
    if (report.good()) return holds;
    return report.tampered() ? tampering : incomplete;
}

void print_json(const audit::LogReport& report, PackageKind kind, const audit::RowList* rows = nullptr) {
    JsonWriter out;
    const ExitCode code = verdict(report);
    out.object()
        .member("ok", code == holds)
        .member("verdict", code == holds       ? "holds"
                           : code == tampering ? "tampering"
                                               : "incomplete");
    out.member("kind", kind == PackageKind::log ? "log" : kind == PackageKind::part ? "part" : "evidence");
    out.member("origin", report.checkpoint.origin);
    out.member("size", static_cast<std::int64_t>(report.checkpoint.size)).member("root", protocol::hex(report.root));
    out.member("entries", static_cast<std::int64_t>(report.entries)).member("sections", static_cast<std::int64_t>(report.sections));
    out.member("erased", static_cast<std::int64_t>(report.erased)).member("opened", static_cast<std::int64_t>(report.opened));
    out.member("yetToErase", static_cast<std::int64_t>(report.yet_to_erase));
    out.member("sealedOpenings", static_cast<std::int64_t>(report.sealed_openings));
    if (rows != nullptr) {
        out.member("rows", static_cast<std::int64_t>(report.rows)).member("rowsListedAt", static_cast<std::int64_t>(rows->size));
        out.member("rowsNotVerified", static_cast<std::int64_t>(report.rows_unverified));
    }
    if (kind != PackageKind::log) {
        out.key("notSigned").array();
        for (const std::string& file : report.unsigned_files) out.value(file);
        out.end();
    }
    out.key("newKeys").array();
    for (const audit::VerifierKey& key : report.new_keys) out.value(audit::format_vkey(key));
    out.end();
    if (const auto first = report.first_bad()) out.member("firstBadIndex", static_cast<std::int64_t>(*first));
    out.key("findings").array();
    for (const audit::LogFinding& finding : report.findings) {
        out.object().member("check", audit::log_check_name(finding.check));
        if (finding.index) out.member("index", static_cast<std::int64_t>(*finding.index));
        out.member("sentence", finding.sentence).end();
    }
    out.end().member("more", report.more).end();
    say(out.take());
}

// What a receipt cannot prove: that nothing is missing, and what is said about the records.
void print_limits(const audit::LogReport& report) {
    say("  These entries are in the log as they are here. That none is missing only the whole log shows: entente audit export "
        "--complete");
    if (report.unsigned_files.empty()) return;
    std::string files;
    for (const std::string& file : report.unsigned_files) files += (files.empty() ? "" : ", ") + file;
    say("  not signed by the log: " + files);
}

void print_rows(const audit::LogReport& report, const audit::RowList& rows) {
    std::string line = "  rows   listed at " + std::to_string(rows.size) + " of " + std::to_string(report.checkpoint.size) +
                       " entries; " + std::to_string(report.rows) + " are as the log told last";
    if (report.rows_unverified > 0)
        line += ", " + std::to_string(report.rows_unverified) + " could not be compared: what told them has expired";
    say(line);
}

void print_words(const audit::LogReport& report, PackageKind kind, const audit::RowList* rows = nullptr) {
    const bool part = kind != PackageKind::log;
    const std::string counts = std::to_string(report.entries) +
                               (part ? " entries" : " of " + std::to_string(report.checkpoint.size) + " entries") + ", " +
                               std::to_string(report.sections) + " envelopes, " + std::to_string(report.erased) + " erased, " +
                               std::to_string(report.opened) + " disclosed sections";
    switch (verdict(report)) {
        case holds:
            say((part ? "Every receipt holds: " : "The log is intact: ") + counts);
            if (part) print_limits(report);
            break;
        case tampering:
            say("TAMPERING: this is not what the log's key signed. Checked: " + counts);
            break;
        default:
            say("INCOMPLETE: what is named below is missing, so this does not show that all is well. Checked: " + counts);
    }
    if (!report.checkpoint.origin.empty()) say("  log    " + report.checkpoint.origin);
    if (!part) say("  root   " + protocol::hex(report.root));
    if (rows != nullptr) print_rows(report, *rows);
    for (const audit::VerifierKey& key : report.new_keys) {
        say("  the log handed over to another key; put this line into the policy:");
        say("  log " + audit::format_vkey(key));
    }
    if (const auto first = report.first_bad()) say("  first bad entry  " + std::to_string(*first));
    for (const audit::LogFinding& finding : report.findings)
        say("  " + std::string(audit::log_check_name(finding.check)) + ": " + finding.sentence);
    if (report.more) say("  and more");
}

certs::AgeIdentity read_identity(const std::string& name) {
    std::string content = read_file(name);
    auto identity = certs::AgeIdentity::parse_file(content);
    certs::wipe({reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
    if (!identity) throw WrongUse(name + ": " + identity.error().message);
    return *std::move(identity);
}

audit::LogCheckOptions options_of(const Input& input) {
    audit::LogCheckOptions options;
    for (const std::string& file : input.earlier) options.earlier.push_back(read_file(file));
    options.sums = input.sums;
    // One that checks and hashes, or several that hash beside the one that checks.
    options.threads = input.threads > 1 ? input.threads : 0;
    options.progress = progress(input);
    if (!input.identity.empty()) {
        options.open_sealed = [identity = std::make_shared<certs::AgeIdentity>(read_identity(input.identity))](
                                  protocol::Bytes sealed) -> std::optional<protocol::Blob> {
            auto plain = certs::age_open(*identity, sealed);
            return plain ? std::optional(*std::move(plain)) : std::nullopt;
        };
    }
    return options;
}

// What is wrong with a checkpoint of a log whose last one the reader was told (--ended): whoever stole its key signs on under the
// old name, and nothing in a receipt or a part shows that the log had ended.
std::string beyond_end(const Input& input, const audit::Policy& policy, const audit::Checkpoint& checkpoint) {
    for (const std::string& file : input.ended) {
        const auto last = audit::verify_checkpoint(read_file(file), policy);
        if (!last) throw WrongUse(file + ": " + last.error().message);
        if (last->origin != checkpoint.origin) continue;
        if (checkpoint.size > last->size)
            return "the log " + last->origin + " ended with " + std::to_string(last->size) +
                   " entries, and this is under a checkpoint of " + std::to_string(checkpoint.size);
        if (checkpoint.size == last->size && checkpoint.root != last->root)
            return "the log " + last->origin + " ended with another history of " + std::to_string(last->size) + " entries";
    }
    return {};
}

void judge_end(const Input& input, const audit::Policy& policy, audit::LogReport& report) {
    const std::string wrong = beyond_end(input, policy, report.checkpoint);
    if (!wrong.empty()) report.findings.push_back({audit::LogCheck::checkpoint, std::nullopt, wrong});
}

ExitCode state(const Input& input) {
    const audit::Policy policy = read_policy(input.policy);
    const auto list = audit::parse_rows(read_file(input.rows));
    if (!list) throw WrongUse(input.rows + ": " + list.error().message);
    audit::LogCheckOptions options = options_of(input);
    options.rows = &*list;
    const auto files = audit::open_folder(input.folder);
    if (kind_of(*files) != PackageKind::log)
        throw WrongUse(input.folder + " is about a part of the log: rows need all of it (audit export --complete)");
    audit::LogReport report = audit::check_log(*files, policy, options);
    judge_end(input, policy, report);
    input.json ? print_json(report, PackageKind::log, &*list) : print_words(report, PackageKind::log, &*list);
    return verdict(report);
}

ExitCode log(const Input& input) {
    const audit::Policy policy = read_policy(input.policy);
    const audit::LogCheckOptions options = options_of(input);
    const auto files = audit::open_folder(input.folder);
    const PackageKind kind = kind_of(*files);
    if (kind != PackageKind::log && !input.earlier.empty())
        throw WrongUse(
            input.folder +
            " is about a part of the log and cannot show that the log begins with an earlier checkpoint: that takes all of "
            "it (audit export --complete)");
    audit::LogReport report =
        kind == PackageKind::log ? audit::check_log(*files, policy, options) : audit::check_part(*files, policy, options);
    judge_end(input, policy, report);
    input.json ? print_json(report, kind) : print_words(report, kind);
    return verdict(report);
}

// What a receipt or a pair of checkpoints came to.
ExitCode answer(const Input& input, const std::string& wrong, const std::vector<std::string>& good,
                const std::function<void(JsonWriter&)>& facts) {
    if (input.json) {
        JsonWriter out;
        out.object().member("ok", wrong.empty()).member("verdict", wrong.empty() ? "holds" : "tampering");
        if (!wrong.empty()) out.member("sentence", wrong);
        facts(out);
        say(out.end().take());
    } else if (!wrong.empty()) {
        say("TAMPERING: " + wrong);
    } else {
        for (const std::string& line : good) say(line);
    }
    return wrong.empty() ? holds : tampering;
}

// The section whose text and salt these are; what is wrong when there is none.
std::string disclosed(const Input& input, const audit::Entry& entry) {
    if (input.event.empty()) return {};
    const std::string text = read_file(input.event);
    const std::string salt_bytes = read_file(input.salt);
    audit::Salt salt{};
    if (salt_bytes.size() != salt.size()) return "a salt has 32 bytes";
    std::ranges::copy(protocol::as_bytes(salt_bytes), salt.begin());
    for (const audit::SectionDigest& section : entry.sections)
        if (audit::section_commitment(section.tag, salt, text) == section.commitment) return {};
    return "the entry commits to no section with this text and salt";
}

ExitCode receipt(const Input& input) {
    const audit::Policy policy = read_policy(input.policy);
    const std::string text = read_file(input.file);
    if (!text.starts_with(audit::receipt_first_line)) throw WrongUse(input.file + " is no receipt (c2sp.org/tlog-proof)");
    const auto found = audit::parse_receipt(text);
    if (!found) return answer(input, found.error().message, {}, [](JsonWriter&) {});
    const auto checkpoint = audit::verify_checkpoint(found->checkpoint, policy);
    if (!checkpoint) return answer(input, checkpoint.error().message, {}, [](JsonWriter&) {});
    const audit::Hash leaf = audit::leaf_hash(found->entry);
    if (!audit::verify_inclusion(leaf, found->index, checkpoint->size, found->path, checkpoint->root))
        return answer(input, "the path does not lead from the entry to the checkpoint's root", {}, [](JsonWriter&) {});
    const auto entry = audit::decode_entry(found->entry);
    if (!entry) return answer(input, entry.error().message, {}, [](JsonWriter&) {});
    if (const std::string wrong = beyond_end(input, policy, *checkpoint); !wrong.empty())
        return answer(input, wrong, {}, [](JsonWriter&) {});
    const std::string time = protocol::to_rfc3339(entry->time);
    // A key that the log itself announces is believed like everything else that the receipt proves.
    const bool announces = audit::announced_key(*entry, checkpoint->origin).has_value();
    const std::string key = announces ? std::get<audit::KeyChange>(entry->extension).name : "";
    std::vector<std::string> good{"The receipt holds: entry " + std::to_string(found->index) + " of the " +
                                  std::to_string(checkpoint->size) + " of " + checkpoint->origin + ", event " +
                                  protocol::uuid_text(entry->event) + ", " + time};
    if (announces) good.insert(good.end(), {"It announces a key of the log; put this line into the policy:", "log " + key});
    return answer(input, disclosed(input, *entry), good, [&](JsonWriter& out) {
        out.member("origin", checkpoint->origin).member("index", static_cast<std::int64_t>(found->index));
        out.member("size", static_cast<std::int64_t>(checkpoint->size)).member("event", protocol::uuid_text(entry->event));
        out.member("time", time).member("leaf", protocol::hex(leaf));
        if (announces) out.member("announcesKey", key);
    });
}

ExitCode consistency(const Input& input) {
    const audit::Policy policy = read_policy(input.policy);
    const auto files = audit::open_folder(input.folder);
    try {
        const std::string older = read_file(input.older);
        const std::string newer = read_file(input.newer);
        for (const auto& [name, text] : {std::pair(input.older, older), std::pair(input.newer, newer)})
            if (!audit::parse_note(text)) throw WrongUse(name + " is no checkpoint (c2sp.org/tlog-checkpoint)");
        const auto checked = audit::check_consistency(*files, policy, older, newer);
        std::string wrong = checked ? std::string{} : checked.error().message;
        for (const std::string* text : {&older, &newer})
            if (const auto one = audit::verify_checkpoint(*text, policy); wrong.empty() && one)
                wrong = beyond_end(input, policy, *one);
        return answer(input, wrong, {"The newer log begins with everything that the older checkpoint covered"}, [](JsonWriter&) {});
    } catch (const WrongUse&) {
        throw;
    } catch (const protocol::Fault& fault) {
        complain(fault.what());
        return incomplete;
    }
}

int run(int count, char** words) {
    Input input;
    CLI::App app(
        "Checks what an Entente gateway exported, without trusting it.\nExit codes: 0 everything holds, 1 tampering, 2 incomplete "
        "input, 3 wrong use, unreadable file or lost output.");
    app.require_subcommand(1);
    const auto common = [&](CLI::App* command) {
        command->add_option("--policy", input.policy, "whom to believe: the log's key and its witnesses (c2sp.org/tlog-policy)")
            ->required();
        command->add_option("--ended", input.ended,
                            "the last checkpoint of a log that ended because somebody else knew its key: nothing beyond it counts");
        command->add_flag("--json", input.json, "one JSON object instead of words");
    };
    auto* const log_command = app.add_subcommand("log", "check an exported log, a part of one, or a pack of evidence");
    const auto whole_log = [&](CLI::App* command) {
        command->add_option("DIR", input.folder, "the export")->required();
        command->add_option("--from-checkpoint", input.earlier, "a checkpoint kept from before, which the log must begin with");
        command->add_flag("--sums", input.sums, "also compare SHA256SUMS");
        command->add_option("--threads", input.threads, "threads that hash beside the one that checks (1: only that one)")
            ->check(CLI::Range(1U, 64U));
        command->add_option("--identity", input.identity,
                            "file with your age identity: what was disclosed to you alone is checked too");
        common(command);
    };
    whole_log(log_command);
    auto* const state_command =
        app.add_subcommand("state", "replay what the log told about rows that decide who may do what, and compare the rows");
    state_command->add_option("--dump", input.rows, "the rows as the gateway keeps them (entente audit rows)")->required();
    whole_log(state_command);
    auto* const receipt_command = app.add_subcommand("receipt", "check the receipt of one entry");
    receipt_command->add_option("FILE", input.file, "the receipt (c2sp.org/tlog-proof)")->required();
    auto* const event = receipt_command->add_option("--event", input.event, "the text of a section that was disclosed");
    auto* const salt = receipt_command->add_option("--salt", input.salt, "its salt, 32 bytes");
    event->needs(salt);
    salt->needs(event);
    common(receipt_command);
    auto* const consistency_command = app.add_subcommand("consistency", "check that one log grew into the other");
    consistency_command->add_option("OLD", input.older, "the older checkpoint")->required();
    consistency_command->add_option("NEW", input.newer, "the newer checkpoint")->required();
    consistency_command->add_option("DIR", input.folder, "an export that the newer checkpoint covers")->required();
    common(consistency_command);
    try {
        app.parse(count, words);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        std::ostringstream said;
        app.exit(error, said, said);
        std::cerr << tools::printable(said.str(), tools::Lines::keep);
        return wrong_use;
    }
    if (log_command->parsed()) return log(input);
    if (state_command->parsed()) return state(input);
    return receipt_command->parsed() ? receipt(input) : consistency(input);
}

}  // namespace

int main(int count, char** words) {
    try {
        const int code = run(count, words);
        // Who keeps the answer would keep nothing, and believe that all is well.
        if (!std::cout.flush()) throw WrongUse("the output could not be written");
        return code;
    } catch (const std::exception& fault) {
        complain(fault.what());
        return wrong_use;
    }
}
