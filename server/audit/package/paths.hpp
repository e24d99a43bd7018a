#pragma once
// The files of an exported log and what each must be for a log of a given size. One home for their names, so that writer and
// checker cannot disagree.
//
//   checkpoint                     signed note, C2SP tlog-checkpoint
//   tile/<L>/<N>[.p/<W>]           hashes, C2SP tlog-tiles
//   tile/entries/<N>[.p/<W>]       u16 length || entry, up to 256
//   witness/policy                 the log's key and its witnesses, C2SP tlog-policy
//   sealed/<N>[.p/<W>]             per entry its envelopes: u32 length or FFFFFFFF when erased, envelope
//   erased/<index>.list            what the erasure of that entry names: u64 index || u8 tag
//   opened/<index>.<tag>.json      a disclosed section's text, beside opened/<index>.<tag>.salt, 32 bytes
//   opened/<index>.<tag>.age       salt || text, sealed to an auditor's key instead
//   handover/<size>                a checkpoint of that size, by an older key, over the entry that announces the next one
//   receipts/<index>.tlog-proof    in a package about a part of the log, in place of tiles and entries: C2SP tlog-proof
//   sealed-of/<index>              there: the envelopes of that entry
//   package.json, SHA256SUMS       what this is, and sums for transport
//
// A pack of evidence has receipts, opened sections and a checkpoint as a part has, its policy beside them, and what they prove:
// report.html and the files of `evidence_files`.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::audit::package {

inline constexpr std::string_view checkpoint = "checkpoint";
inline constexpr std::string_view policy = "witness/policy";
inline constexpr std::string_view about = "package.json";
inline constexpr std::string_view sums = "SHA256SUMS";

inline constexpr std::string_view report = "report.html";
inline constexpr std::string_view oscal = "assessment-results.json";
inline constexpr std::string_view controls = "controls.json";
inline constexpr std::string_view samples = "samples.json";
inline constexpr std::string_view breach = "breach.json";
inline constexpr std::string_view readme = "README.txt";
inline constexpr std::string_view policy_beside = "policy";
inline constexpr std::array evidence_files{report, oscal, controls, samples, breach, readme, policy_beside};
// Those that no other package has: each of them says what a package is, so that the loss of one makes it none of another kind.
inline constexpr std::array evidence_alone{report, oscal, controls, samples, breach};

std::string erased_list(std::uint64_t index);
std::string receipt(std::uint64_t index);
std::string sealed_of(std::uint64_t index);
std::string handover(std::uint64_t size);
enum class Opened : std::uint8_t { text, salt, sealed };
std::string opened(std::uint64_t index, std::uint8_t tag, Opened part);

// The number in erased/<number>.list and the like; nothing for another spelling.
std::optional<std::uint64_t> erased_list_index(std::string_view path);
std::optional<std::uint64_t> receipt_index(std::string_view path);
std::optional<std::uint64_t> handover_size(std::string_view path);
std::optional<std::uint64_t> sealed_of_index(std::string_view path);
struct OpenedName {
    std::uint64_t index = 0;
    std::uint8_t tag = 0;
    Opened part = Opened::text;
};
std::optional<OpenedName> opened_name(std::string_view path);

// Whether a whole log of `size` entries has a file of this name.
bool belongs(std::string_view path, std::uint64_t size);

}  // namespace entente::audit::package
