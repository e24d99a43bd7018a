#include "server/audit/witness/cosigner.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "certs/files.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/witness/request.hpp"

namespace entente::audit {

using protocol::Fault;

namespace {

constexpr std::size_t state_bytes_max = 1U << 20U;

// The bodies of the checkpoints, one after the other.
std::string state_text(const std::map<std::string, Checkpoint>& known) {
    std::string text;
    for (const auto& [origin, checkpoint] : known) text += checkpoint_text(checkpoint);
    return text;
}

}  // namespace

Cosigner::Cosigner(std::string name, certs::SigningKey key, std::vector<VerifierKey> logs, std::filesystem::path state,
                   std::function<std::uint64_t()> seconds_now)
    : name_(std::move(name)),
      key_(std::move(key)),
      logs_(std::move(logs)),
      state_(std::move(state)),
      seconds_now_(std::move(seconds_now)) {
    load();
    certs::try_private_file(state_, protocol::as_bytes(state_text(known_)));
}

VerifierKey Cosigner::key() const {
    return {name_, KeyType::cosignature, key_.public_key()};
}

std::uint64_t Cosigner::known_size(const std::string& origin) const {
    const std::lock_guard hold(mutex_);
    const auto found = known_.find(origin);
    return found == known_.end() ? 0 : found->second.size;
}

void Cosigner::load() {
    if (!std::filesystem::exists(std::filesystem::symlink_status(state_))) return;
    const certs::Secret bytes = certs::read_private_file(state_, state_bytes_max);
    std::string_view text = protocol::as_text(bytes.bytes());
    while (!text.empty()) {
        std::size_t end = 0;
        for (int line = 0; line < 3 && end != std::string_view::npos; ++line) end = text.find('\n', line == 0 ? 0 : end + 1);
        auto checkpoint = end == std::string_view::npos ? protocol::Result<Checkpoint>(std::unexpected(protocol::Error{}))
                                                        : parse_checkpoint(text.substr(0, end + 1));
        if (!checkpoint) throw Fault(state_.string() + " is damaged; restore it, or begin anew with a new key");
        known_[checkpoint->origin] = *checkpoint;
        text.remove_prefix(end + 1);
    }
}

void Cosigner::store(const std::map<std::string, Checkpoint>& known) const {
    certs::replace_private_file(state_, protocol::as_bytes(state_text(known)));
}

CosignAnswer Cosigner::add_checkpoint(std::string_view request) {
    const std::lock_guard hold(mutex_);
    return judge(request);
}

CosignAnswer Cosigner::judge(std::string_view bytes) {
    const auto request = parse_cosign_request(bytes);
    if (!request) return {400, request.error().message + "\n"};
    const auto note = parse_note(request->checkpoint);
    const auto checkpoint = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
    if (!checkpoint) return {400, checkpoint.error().message + "\n"};
    // A log that goes over to another key has two for a while: either will do, and neither may be wrong.
    std::vector<VerifierKey> keys;
    std::ranges::copy_if(logs_, std::back_inserter(keys), [&](const VerifierKey& key) { return key.name == checkpoint->origin; });
    if (keys.empty()) return {404, "this witness does not know the log " + checkpoint->origin + "\n"};
    if (!verify_note(*note, keys)) return {403, "the checkpoint is not signed by the log's key\n"};
    if (request->old_size > checkpoint->size) return {400, "the old size is larger than the checkpoint's\n"};
    const auto known = known_.find(checkpoint->origin);
    const std::uint64_t size = known == known_.end() ? 0 : known->second.size;
    if (request->old_size != size) return {409, std::to_string(size) + "\n"};
    if (size == checkpoint->size && size > 0 && known->second.root != checkpoint->root)
        return {409, std::to_string(size) + "\n", true};
    const Hash root = size == 0 ? empty_root() : known->second.root;
    if (!verify_consistency(size, checkpoint->size, request->proof, root, checkpoint->root))
        return {422, "the log does not begin with what this witness cosigned before\n", true};
    // Durable before anybody holds the cosignature, or a crash would let this key cosign a fork.
    auto after = known_;
    after[checkpoint->origin] = *checkpoint;
    store(after);
    known_ = std::move(after);
    return {200, format_signature_line(cosign_note(key_, name_, note->text, seconds_now_()))};
}

}  // namespace entente::audit
