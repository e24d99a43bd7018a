#include "server/audit/package/findings.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {
namespace {

constexpr std::size_t sums_bytes_max = 16U << 20U;

// A core section names the event of its entry, and its millisecond.
bool core_is_about(const protocol::CanonicalValue& core, const Entry& entry) {
    const auto* metadata = core.find("metadata");
    const auto* uid = metadata == nullptr ? nullptr : metadata->find("uid");
    const auto* time = core.find("time");
    return uid != nullptr && uid->text() != nullptr && *uid->text() == protocol::uuid_text(entry.event) && time != nullptr &&
           time->integer() != nullptr && *time->integer() == entry.time.milliseconds();
}

Hash digest_of(const Files& files, const std::string& path) {
    certs::Sha256 hasher;
    const auto file = files.open(path);
    std::array<std::uint8_t, 65'536> buffer;
    for (std::size_t got = 1; file && got > 0;) {
        got = file->read(buffer);
        hasher.update(Bytes(buffer).first(got));
    }
    return hasher.finish();
}

std::string disclosed_name(std::uint64_t index, std::uint8_t tag) {
    return "the disclosed section " + std::to_string(static_cast<int>(tag)) + " of entry " + std::to_string(index);
}

std::optional<protocol::Blob> read_sums(const Files& files) {
    auto bytes = read_whole(files, std::string(package::sums), sums_bytes_max);
    return bytes && bytes->size() <= sums_bytes_max ? std::move(bytes) : std::nullopt;
}

// Sums by path; nothing when a line is malformed.
std::optional<std::map<std::string, std::string, std::less<>>> parse_sums(std::string_view text) {
    constexpr std::size_t digest_size = 64;
    std::map<std::string, std::string, std::less<>> named;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.size() < digest_size + 3 || line.substr(digest_size, 2) != "  ") return std::nullopt;
        named.emplace(line.substr(digest_size + 2), line.substr(0, digest_size));
    }
    return named;
}

}  // namespace

std::optional<std::string> check_disclosed(const Files& files, const LogCheckOptions& options, std::uint64_t index,
                                           const Entry& entry, const Disclosed& what, Findings& findings, LogReport& report) {
    const auto bad = [&](LogCheck check, std::uint64_t where, std::string sentence) -> std::optional<std::string> {
        findings.add(check, where, std::move(sentence));
        return std::nullopt;
    };
    const std::uint8_t tag = what.tag;
    const std::string name = disclosed_name(index, tag);
    protocol::Blob text;
    std::optional<protocol::Blob> salt;
    if (what.sealed) {
        constexpr std::size_t room_of_age = 65'536;
        const auto bytes =
            read_whole(files, package::opened(index, tag, package::Opened::sealed), sizeof(Salt) + section_text_max + room_of_age);
        auto plain = bytes ? options.open_sealed(*bytes) : std::nullopt;
        if (!plain || plain->size() < sizeof(Salt))
            return bad(LogCheck::missing, index, name + " does not open with this identity");
        const auto end_of_salt = plain->begin() + sizeof(Salt);
        salt.emplace(plain->begin(), end_of_salt);
        text.assign(end_of_salt, plain->end());
    } else {
        text = read_whole(files, package::opened(index, tag, package::Opened::text), section_text_max).value_or(protocol::Blob{});
        salt = read_whole(files, package::opened(index, tag, package::Opened::salt), sizeof(Salt));
    }
    if (text.size() > section_text_max) return bad(LogCheck::opened, index, name + " is longer than a section can be");
    if (!salt) return bad(LogCheck::missing, index, name + " lacks its salt");
    const auto section = std::ranges::find(entry.sections, tag, &SectionDigest::tag);
    Salt bytes{};
    if (salt->size() == bytes.size()) std::ranges::copy(*salt, bytes.begin());
    if (section == entry.sections.end() || salt->size() != bytes.size() ||
        section_commitment(tag, bytes, protocol::as_text(text)) != section->commitment) {
        return bad(LogCheck::opened, index, name + " is not what the log committed to");
    }
    ++report.opened;
    const auto canonical = protocol::parse_canonical(protocol::as_text(text));
    if (!canonical) return bad(LogCheck::canonical, index, name + " is not canonical JSON");
    if (tag != static_cast<std::uint8_t>(SectionTag::core)) return std::nullopt;
    if (!core_is_about(*canonical, entry)) findings.add(LogCheck::core, index, name + " is about another event or time");
    return std::string(protocol::as_text(text));
}

void lacks_text(std::uint64_t index, std::uint8_t tag, Findings& findings) {
    findings.add(LogCheck::missing, index, disclosed_name(index, tag) + " lacks its text");
}

void check_sums(const Files& files, bool asked, Findings& findings) {
    const auto bytes = read_sums(files);
    if (!bytes && asked) findings.add(LogCheck::missing, std::nullopt, "the file SHA256SUMS is missing or longer than 16 MiB");
    if (!bytes) return;
    auto named = parse_sums(protocol::as_text(*bytes));
    if (!named && asked) findings.add(LogCheck::sums, std::nullopt, "SHA256SUMS has a malformed line");
    if (!named) return;
    files.each([&](const std::string& path) {
        if (path == package::sums) return;
        const auto found = named->find(path);
        if (found == named->end() && asked) findings.add(LogCheck::sums, std::nullopt, "SHA256SUMS does not name " + path);
        if (found == named->end()) return;
        if (asked && protocol::hex(digest_of(files, path)) != found->second)
            findings.add(LogCheck::sums, std::nullopt, path + " is not what SHA256SUMS says");
        named->erase(found);
    });
    for (const auto& [path, digest] : *named)
        findings.add(LogCheck::missing, std::nullopt, "SHA256SUMS names " + path + ", which is missing");
}

std::string_view log_check_name(LogCheck check) {
    static constexpr std::array<std::string_view, log_check_count> names{
        "checkpoint", "missing",     "entry",  "time",      "event", "heartbeat", "sealed", "erased", "tile",
        "root",       "consistency", "opened", "canonical", "core",  "surplus",   "sums",   "rows"};
    return names[static_cast<std::size_t>(check)];
}

bool LogReport::tampered() const {
    return std::ranges::any_of(findings, [](const LogFinding& finding) { return finding.check != LogCheck::missing; });
}

std::optional<std::uint64_t> LogReport::first_bad() const {
    std::optional<std::uint64_t> first;
    for (const LogFinding& finding : findings)
        if (finding.index && (!first || *finding.index < *first)) first = finding.index;
    return first;
}

}  // namespace entente::audit
