#pragma once
// Receipts (c2sp.org/tlog-proof): an entry, its place, the path to the root, and the signed checkpoint with that root, as one text
// that anybody can check without the gateway.
//
//   c2sp.org/tlog-proof@v1 / extra <base64 of the entry> / index <n> / path, one base64 hash a line / empty line / checkpoint note

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/note.hpp"

namespace entente::audit {

inline constexpr std::string_view receipt_first_line = "c2sp.org/tlog-proof@v1\n";

struct InclusionReceipt {
    Blob entry;
    std::uint64_t index = 0;
    std::vector<Hash> path;
    std::string checkpoint;  // a signed note
    bool operator==(const InclusionReceipt&) const = default;
};

std::string format_receipt(const InclusionReceipt& receipt);
protocol::Result<InclusionReceipt> parse_receipt(std::string_view text);

// What a receipt proves, if the note verifies under the known keys and the path leads to its root.
struct ProvenInclusion {
    Checkpoint checkpoint;
    std::vector<Signer> signers;
};
protocol::Result<ProvenInclusion> verify_receipt(const InclusionReceipt& receipt, std::span<const VerifierKey> known);

}  // namespace entente::audit
