#pragma once
// The words of c2sp.org/tlog-witness: what a log asks a witness to cosign, and what the witness answers.
//
//   old <size> / consistency proof, one base64 hash a line / empty line / checkpoint note
//
// Decoding is strict and the inverse of encoding. Errors: code witness_request_malformed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/note.hpp"

namespace entente::audit {

struct CosignRequest {
    std::uint64_t old_size = 0;
    std::vector<Hash> proof;  // at most 63
    std::string checkpoint;   // a signed note
    bool operator==(const CosignRequest&) const = default;
};

inline constexpr std::size_t cosign_proof_max = 63;

std::string format_cosign_request(const CosignRequest& request);
protocol::Result<CosignRequest> parse_cosign_request(std::string_view text);

// One or more signature lines, as a note ends with them.
protocol::Result<std::vector<NoteSignature>> parse_cosignatures(std::string_view text);

}  // namespace entente::audit
