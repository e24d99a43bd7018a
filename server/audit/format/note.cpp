#include "server/audit/format/note.hpp"

#include <algorithm>
#include <utility>

#include "certs/digest.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/section.hpp"

namespace entente::audit {
namespace {

using protocol::as_bytes;
using protocol::cut_line;

constexpr std::string_view em_dash_and_space = "\xe2\x80\x94 ";
constexpr std::size_t cosignature_size = 72;  // u64 time, then the signature

std::unexpected<protocol::Error> note_malformed(std::string what) {
    return protocol::fail(protocol::ErrorKind::malformed, "note_malformed", std::move(what));
}

std::unexpected<protocol::Error> not_verified(std::string what) {
    return protocol::fail(protocol::ErrorKind::invalid, "note_not_verified", std::move(what));
}

bool valid_key_name(std::string_view name) {
    return !name.empty() && std::ranges::none_of(name, [](char c) { return c == ' ' || c == '+'; });
}

bool plain_text(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
    return protocol::valid_utf8(text) && std::ranges::none_of(text, control);
}

std::optional<NoteSignature> parse_signature_line(std::string_view line) {
    if (!line.starts_with(em_dash_and_space)) return std::nullopt;
    line.remove_prefix(em_dash_and_space.size());
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || !valid_key_name(line.substr(0, blank))) return std::nullopt;
    const auto bytes = protocol::from_base64(line.substr(blank + 1));
    NoteSignature signature;
    if (!bytes || bytes->size() <= signature.key_id.size()) return std::nullopt;
    signature.name = line.substr(0, blank);
    std::copy_n(bytes->begin(), signature.key_id.size(), signature.key_id.begin());
    signature.signature.assign(bytes->begin() + signature.key_id.size(), bytes->end());
    return signature;
}

std::string cosigned_message(std::string_view text, std::uint64_t time_s) {
    std::string message = "cosignature/v1\ntime " + std::to_string(time_s) + "\n";
    return message.append(text);
}

// The signer if the signature is this key's over the text.
std::optional<Signer> check(const VerifierKey& key, const NoteSignature& line, std::string_view text) {
    if (key.type == KeyType::ed25519) {
        if (!certs::verify_ed25519(key.public_key, as_bytes(text), line.signature)) return std::nullopt;
        return Signer{key.name, 0};
    }
    if (line.signature.size() != cosignature_size) return std::nullopt;
    ByteReader in(line.signature);
    const std::uint64_t time = in.u64();
    if (!certs::verify_ed25519(key.public_key, as_bytes(cosigned_message(text, time)), in.bytes(in.left()))) return std::nullopt;
    return Signer{key.name, time};
}

Blob type_and_key(const VerifierKey& key) {
    Blob bytes{static_cast<std::uint8_t>(key.type)};
    bytes.insert(bytes.end(), key.public_key.begin(), key.public_key.end());
    return bytes;
}

}  // namespace

protocol::Result<Note> parse_note(std::string_view bytes) {
    if (bytes.size() > note_bytes_max) return note_malformed("a note has at most 1,000,000 bytes");
    if (!plain_text(bytes)) return note_malformed("a note is UTF-8 text without control characters");
    const auto split = bytes.rfind("\n\n");
    if (split == std::string_view::npos) return note_malformed("no empty line before the signatures");
    Note note;
    note.text = bytes.substr(0, split + 1);
    std::string_view lines = bytes.substr(split + 2);
    if (lines.empty() || !lines.ends_with('\n')) return note_malformed("the signatures must end with a newline");
    while (const auto line = cut_line(lines)) {
        auto signature = parse_signature_line(*line);
        if (!signature) return note_malformed("a signature line is malformed");
        if (note.signatures.size() == note_signatures_max) return note_malformed("a note has at most 64 signatures");
        note.signatures.push_back(*std::move(signature));
    }
    return note;
}

std::string format_signature_line(const NoteSignature& signature) {
    Blob bytes(signature.key_id.begin(), signature.key_id.end());
    bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
    std::string line(em_dash_and_space);
    return line.append(signature.name).append(" ").append(protocol::base64(bytes)).append("\n");
}

std::string format_note(const Note& note) {
    std::string out = note.text + "\n";
    for (const NoteSignature& signature : note.signatures) out += format_signature_line(signature);
    return out;
}

NoteKeyId VerifierKey::key_id() const {
    constexpr std::uint8_t newline = 0x0a;
    const Hash hash = certs::sha256_of({as_bytes(name), Bytes(&newline, 1), type_and_key(*this)});
    NoteKeyId id;
    std::copy_n(hash.begin(), id.size(), id.begin());
    return id;
}

protocol::Result<VerifierKey> parse_vkey(std::string_view text) {
    const auto name_end = text.find('+');
    const auto id_end = name_end == std::string_view::npos ? name_end : text.find('+', name_end + 1);
    if (id_end == std::string_view::npos) return note_malformed("a verifier key is name+id+key");
    VerifierKey key;
    key.name = text.substr(0, name_end);
    if (!valid_key_name(key.name) || !plain_text(key.name) || key.name.contains('\n'))
        return note_malformed("the key's name is not acceptable");
    const std::string_view id = text.substr(name_end + 1, id_end - name_end - 1);
    const auto bytes = protocol::from_base64(text.substr(id_end + 1));
    if (!bytes || bytes->size() != 33) return note_malformed("the key is not base64 of a type and 32 bytes");
    key.type = static_cast<KeyType>(bytes->front());
    if (key.type != KeyType::ed25519 && key.type != KeyType::cosignature) return note_malformed("the key's type is unknown");
    key.public_key.assign(bytes->begin() + 1, bytes->end());
    if (id != protocol::hex(key.key_id())) return note_malformed("the key's id does not fit name and key");
    return key;
}

std::string format_vkey(const VerifierKey& key) {
    return key.name + "+" + protocol::hex(key.key_id()) + "+" + protocol::base64(type_and_key(key));
}

protocol::Result<std::vector<Signer>> verify_note(const Note& note, std::span<const VerifierKey> known) {
    std::vector<Signer> signers;
    for (const NoteSignature& line : note.signatures) {
        const auto is_of = [&](const VerifierKey& key) { return key.name == line.name && key.key_id() == line.key_id; };
        const auto key = std::ranges::find_if(known, is_of);
        if (key == known.end()) continue;
        const auto signer = check(*key, line, note.text);
        if (!signer) return not_verified("the signature of " + line.name + " does not verify");
        signers.push_back(*signer);
    }
    if (signers.empty()) return not_verified("no signature of a known key");
    return signers;
}

namespace {

std::optional<VerifierKey> key_of_change(const Entry& entry, std::string_view origin, bool added) {
    const auto* change = std::get_if<KeyChange>(&entry.extension);
    if (change == nullptr || change->purpose != KeyPurpose::log || (change->action == KeyAction::add) != added) return std::nullopt;
    auto key = parse_vkey(change->name);
    if (!key || key->type != KeyType::ed25519 || key->name != origin) return std::nullopt;
    return *std::move(key);
}

}  // namespace

std::optional<VerifierKey> announced_key(const Entry& entry, std::string_view origin) {
    return key_of_change(entry, origin, true);
}

std::optional<VerifierKey> ended_key(const Entry& entry, std::string_view origin) {
    return key_of_change(entry, origin, false);
}

NoteSignature sign_note(const certs::SigningKey& key, std::string_view name, std::string_view text) {
    const VerifierKey verifier{std::string(name), KeyType::ed25519, key.public_key()};
    const auto signature = key.sign(as_bytes(text));
    return {verifier.name, verifier.key_id(), {signature.begin(), signature.end()}};
}

NoteSignature cosign_note(const certs::SigningKey& key, std::string_view name, std::string_view text, std::uint64_t time_s) {
    const VerifierKey verifier{std::string(name), KeyType::cosignature, key.public_key()};
    ByteWriter out(cosignature_size);
    out.u64(time_s);
    out.bytes(key.sign(as_bytes(cosigned_message(text, time_s))));
    return {verifier.name, verifier.key_id(), out.take()};
}

std::string checkpoint_text(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + protocol::base64(checkpoint.root) + "\n";
}

protocol::Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const auto origin = cut_line(text);
    const auto size = cut_line(text);
    const auto root = cut_line(text);
    if (!root || !text.empty()) return note_malformed("a checkpoint has exactly three lines");
    if (!valid_origin(*origin)) return note_malformed("the checkpoint's origin is not acceptable");
    Checkpoint checkpoint{.origin = std::string(*origin)};
    const auto number = plain_decimal(*size);
    if (!number) return note_malformed("the checkpoint's size is not a plain decimal number");
    checkpoint.size = *number;
    const auto bytes = protocol::from_base64(*root);
    if (!bytes || bytes->size() != checkpoint.root.size()) return note_malformed("the checkpoint's root is not base64 of 32 bytes");
    std::ranges::copy(*bytes, checkpoint.root.begin());
    return checkpoint;
}

}  // namespace entente::audit
