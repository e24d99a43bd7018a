#include "server/audit/format/proof.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/audit/format/decimal.hpp"

namespace entente::audit {
namespace {

constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";
constexpr std::size_t path_length_max = 64;

std::unexpected<protocol::Error> malformed(std::string what) {
    return protocol::fail(protocol::ErrorKind::malformed, "receipt_malformed", std::move(what));
}

std::unexpected<protocol::Error> not_verified(std::string what) {
    return protocol::fail(protocol::ErrorKind::invalid, "receipt_not_verified", std::move(what));
}

// Cuts "<word><value>\n" from the front and returns the value.
std::optional<std::string_view> cut_value(std::string_view& text, std::string_view word) {
    std::string_view rest = text;
    const auto line = protocol::cut_line(rest);
    if (!line || !line->starts_with(word)) return std::nullopt;
    text = rest;
    return line->substr(word.size());
}

}  // namespace

std::string format_receipt(const InclusionReceipt& receipt) {
    std::string out(receipt_first_line);
    out.append(extra_word).append(protocol::base64(receipt.entry)).append("\n");
    out.append(index_word).append(std::to_string(receipt.index)).append("\n");
    for (const Hash& hash : receipt.path) out.append(protocol::base64(hash)).append("\n");
    return out.append("\n").append(receipt.checkpoint);
}

protocol::Result<InclusionReceipt> parse_receipt(std::string_view text) {
    if (text.size() > note_bytes_max) return malformed("a receipt has at most 1,000,000 bytes");
    if (!text.starts_with(receipt_first_line)) return malformed("a receipt begins with c2sp.org/tlog-proof@v1");
    text.remove_prefix(receipt_first_line.size());
    const auto extra = cut_value(text, extra_word);
    const auto entry = extra ? protocol::from_base64(*extra) : std::nullopt;
    if (!entry) return malformed("the line with the entry is missing or malformed");
    const auto index_text = cut_value(text, index_word);
    const auto index = index_text ? plain_decimal(*index_text) : std::nullopt;
    if (!index) return malformed("the line with the index is missing or malformed");

    InclusionReceipt receipt{.entry = *entry, .index = *index};
    for (;;) {
        const auto line = protocol::cut_line(text);
        if (!line) return malformed("no empty line before the checkpoint");
        if (line->empty()) break;
        const auto bytes = protocol::from_base64(*line);
        if (!bytes || bytes->size() != 32) return malformed("a line of the path is not base64 of 32 bytes");
        if (receipt.path.size() == path_length_max) return malformed("the path is longer than any tree is high");
        std::ranges::copy(*bytes, receipt.path.emplace_back().begin());
    }
    receipt.checkpoint = text;
    return receipt;
}

protocol::Result<ProvenInclusion> verify_receipt(const InclusionReceipt& receipt, std::span<const VerifierKey> known) {
    const auto note = parse_note(receipt.checkpoint);
    if (!note) return std::unexpected(note.error());
    auto signers = verify_note(*note, known);
    if (!signers) return std::unexpected(signers.error());
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    if (!verify_inclusion(leaf_hash(receipt.entry), receipt.index, checkpoint->size, receipt.path, checkpoint->root)) {
        return not_verified("the path does not lead from the entry to the checkpoint's root");
    }
    return ProvenInclusion{*std::move(checkpoint), *std::move(signers)};
}

}  // namespace entente::audit
