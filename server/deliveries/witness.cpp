#include "server/deliveries/witness.hpp"

#include <algorithm>
#include <fstream>
#include <span>
#include <sstream>

#include "server/audit/format/decimal.hpp"
#include "server/audit/witness/request.hpp"
#include "server/log.hpp"

namespace entente::deliveries {

using audit::NoteSignature;
using audit::PolicyWitness;
using audit::Published;

namespace {

constexpr std::size_t answer_bytes_max = 65'536;

}  // namespace

audit::Policy read_witnesses(const std::filesystem::path& file) {
    if (file.empty()) return {};
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    auto read = audit::parse_policy(text.str());
    if (!in || !read)
        throw protocol::Fault("audit.policy: " + file.string() + " " + (read ? "cannot be read" : read.error().message));
    read->logs.clear();
    return *std::move(read);
}

Witnesses::Witnesses(store::Store& store, audit::Notary& notary, Metrics& metrics, WitnessOptions options)
    : store_(store),
      notary_(notary),
      options_(std::move(options)),
      asked_(metrics.counter("entente_audit_cosignatures_total", "Cosignatures of witnesses.")),
      refused_(metrics.counter("entente_audit_witness_failures_total", "Witnesses that did not answer with a cosignature.")) {}

Witnesses::~Witnesses() {
    stop();
}

// The cosignature of one witness, or nothing when it gave none this time.
std::optional<NoteSignature> Witnesses::ask(const PolicyWitness& witness, const Published& published) {
    try {
        auto signature = ask_from(witness, published, false);
        (signature ? asked_ : refused_).add();
        known_[witness.name].failed.reset();
        return signature;
    } catch (const std::exception& fault) {
        refused_.add();
        known_[witness.name].failed = std::chrono::steady_clock::now();
        log::warning("audit.witness_failed", {{"witness", witness.name}, {"cause", fault.what()}});
        return std::nullopt;
    }
}

std::optional<NoteSignature> Witnesses::ask_from(const PolicyWitness& witness, const Published& published, bool again) {
    Known& known = known_[witness.name];
    audit::CosignRequest request{.old_size = known.size, .checkpoint = published.note};
    if (known.size > published.checkpoint.size) return std::nullopt;  // it answered for a newer one
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        request.proof = notary_.proofs().consistency(txn, known.size, published.checkpoint.size);
    });
    net::ClientOptions client;
    client.ca_file = options_.authorities;
    client.timeout = options_.timeout;
    client.body_bytes_max = answer_bytes_max;
    client.give_up = [this] { return stopping_.load(); };
    std::string base = witness.url;
    while (base.ends_with('/')) base.pop_back();
    const api::Response answer =
        net::HttpClient(base, std::move(client))
            .call(api::Method::post, "/add-checkpoint", {{"Content-Type", "text/plain"}}, audit::format_cosign_request(request));
    if (answer.status == 409) {
        std::string_view body = answer.body;
        if (body.ends_with('\n')) body.remove_suffix(1);
        const auto size = audit::plain_decimal(body);
        if (!size) throw protocol::Fault("the witness answers 409 without a size");
        // It knows more entries than were ever published here, or other ones in the same place.
        const auto newest = notary_.newest();
        const bool other_root = *size == request.old_size && *size == published.checkpoint.size;
        if (other_root || *size > newest->checkpoint.size) {
            notary_.stop_signing("the witness " + witness.name + " holds another history of this log, of " + std::to_string(*size) +
                                 " entries");
            return std::nullopt;
        }
        if (*size > published.checkpoint.size) return std::nullopt;
        known.size = *size;
        if (again) throw protocol::Fault("the witness moves while it is asked");
        return ask_from(witness, published, true);
    }
    if (answer.status == 422) {
        notary_.stop_signing("the witness " + witness.name + " cosigned a log that this one does not begin with (" +
                             std::to_string(known.size) + " entries)");
        return std::nullopt;
    }
    if (answer.status != 200) throw protocol::Fault("the witness answers " + std::to_string(answer.status));
    const auto lines = audit::parse_cosignatures(answer.body);
    if (!lines) throw protocol::Fault("the witness's answer is malformed: " + lines.error().message);
    const auto note = audit::parse_note(published.note);
    for (const NoteSignature& line : *lines) {
        if (audit::verify_note({note->text, {line}}, std::span(&witness.key, 1))) {
            known.size = published.checkpoint.size;
            return line;
        }
    }
    throw protocol::Fault("the witness's cosignature does not verify");
}

void Witnesses::round() {
    const std::lock_guard one(rounds_);
    ask_all(false);
}

void Witnesses::ask_now() {
    constexpr std::chrono::seconds patience{2};
    const std::unique_lock one(rounds_, patience);
    if (one.owns_lock()) ask_all(true);
}

void Witnesses::ask_all(bool waited_for) {
    const auto published = notary_.newest();
    if (!published || !notary_.halted().empty() || published->checkpoint.size <= done_) return;
    auto note = audit::parse_note(published->note);
    std::vector<NoteSignature> signatures;
    const auto lately = std::chrono::steady_clock::now() - options_.interval;
    for (const PolicyWitness& witness : options_.policy.witnesses) {
        // Who cosigned this one is not asked for it again because others did not answer: a note has room for so many lines.
        if (witness.url.empty() || audit::verify_note(*note, std::span(&witness.key, 1))) continue;
        if (waited_for && known_[witness.name].failed.value_or(lately) > lately) continue;
        if (auto signature = ask(witness, *published)) signatures.push_back(*std::move(signature));
        if (stopping_) return;  // what one says against this log takes nothing from the word of the others
    }
    note->signatures.insert(note->signatures.end(), signatures.begin(), signatures.end());
    const bool quorum = options_.policy.quorum_met(*note);
    if (!signatures.empty() || quorum) notary_.add_cosignatures(*published, signatures, quorum);
    if (quorum) done_ = published->checkpoint.size;
}

void Witnesses::start() {
    thread_ = std::thread([this] { run(); });
}

void Witnesses::run() {
    std::unique_lock hold(mutex_);
    while (!stopping_) {
        hold.unlock();
        try {
            round();
        } catch (const std::exception& fault) {
            log::warning("audit.witness_failed", {{"cause", fault.what()}});
        }
        hold.lock();
        changed_.wait_for(hold, options_.interval, [&] { return stopping_.load(); });
    }
}

void Witnesses::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace entente::deliveries
