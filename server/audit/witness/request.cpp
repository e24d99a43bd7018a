#include "server/audit/witness/request.hpp"

#include <algorithm>
#include <optional>

#include "server/audit/format/decimal.hpp"

namespace entente::audit {

using protocol::cut_line;

namespace {

constexpr std::string_view old_word = "old ";

std::unexpected<protocol::Error> malformed(std::string what) {
    return protocol::fail(protocol::ErrorKind::malformed, "witness_request_malformed", std::move(what));
}

}  // namespace

std::string format_cosign_request(const CosignRequest& request) {
    std::string out(old_word);
    out.append(std::to_string(request.old_size)).append("\n");
    for (const Hash& hash : request.proof) out.append(protocol::base64(hash)).append("\n");
    return out.append("\n").append(request.checkpoint);
}

protocol::Result<CosignRequest> parse_cosign_request(std::string_view text) {
    if (text.size() > note_bytes_max) return malformed("a request has at most 1,000,000 bytes");
    const auto first = cut_line(text);
    if (!first || !first->starts_with(old_word)) return malformed("a request begins with old and a size");
    const auto size = plain_decimal(first->substr(old_word.size()));
    if (!size) return malformed("the old size is no decimal number");
    CosignRequest request{.old_size = *size};
    for (;;) {
        const auto line = cut_line(text);
        if (!line) return malformed("no empty line before the checkpoint");
        if (line->empty()) break;
        const auto bytes = protocol::from_base64(*line);
        if (!bytes || bytes->size() != sizeof(Hash)) return malformed("a line of the proof is not base64 of 32 bytes");
        if (request.proof.size() == cosign_proof_max) return malformed("a proof has at most 63 hashes");
        std::ranges::copy(*bytes, request.proof.emplace_back().begin());
    }
    request.checkpoint = text;
    return request;
}

protocol::Result<std::vector<NoteSignature>> parse_cosignatures(std::string_view text) {
    // As the end of a note whose text says nothing.
    auto note = parse_note("-\n\n" + std::string(text));
    if (!note) return std::unexpected(note.error());
    if (note->text != "-\n") return malformed("the answer is more than signature lines");
    return std::move(note->signatures);
}

}  // namespace entente::audit
