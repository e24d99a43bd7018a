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
      refused_(metrics.counter("entente_audit_witness_failures_total", "Witnesses that did not answer with a cosignature.")) {
    for (const PolicyWitness& witness : options_.policy.witnesses)
        if (!witness.url.empty()) known_.push_back({.witness = &witness});
}

Witnesses::~Witnesses() {
    stop();
}

// On a thread of its own. Under the lock only once it is over.
void Witnesses::ask(Known& known, const Published& published) {
    std::optional<NoteSignature> signature;
    bool failed = false;
    try {
        signature = ask_from(known, published, false);
    } catch (const std::exception& fault) {
        failed = true;
        log::warning("audit.witness_failed", {{"witness", known.witness->name}, {"cause", fault.what()}});
    }
    (signature ? asked_ : refused_).add();
    const std::lock_guard hold(mutex_);
    known.asked = false;
    known.failed = failed;
    // One who took so long that another checkpoint is asked about now will be asked about that one.
    if (signature && published.checkpoint.size == about_.checkpoint.size) answers_.push_back(*std::move(signature));
    changed_.notify_all();
}

// The cosignature of one witness, or nothing when it gave none this time.
std::optional<NoteSignature> Witnesses::ask_from(Known& known, const Published& published, bool again) {
    const PolicyWitness& witness = *known.witness;
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
        return ask_from(known, published, true);
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

// Who cosigned this one is not asked for it again because others did not answer: a note has room for so many lines.
void Witnesses::begin(Known& known) {
    if (known.asked || audit::verify_note(*audit::parse_note(about_.note), std::span(&known.witness->key, 1))) return;
    if (known.thread.joinable()) known.thread.join();  // it said its last word under the lock that is held here
    known.thread = std::thread([this, &known, published = about_] { ask(known, published); });
    known.asked = true;
}

bool Witnesses::all_spoke() const {
    return std::ranges::none_of(known_, [](const Known& known) { return known.asked && !known.failed; });
}

// Stores the words that came; `all`: none is waited for any more. The lock is given back meanwhile.
void Witnesses::take_answers(std::unique_lock<std::mutex>& hold, bool all) {
    const std::vector<NoteSignature> signatures = std::exchange(answers_, {});
    const Published about = about_;
    const bool done = about.checkpoint.size <= done_;
    hold.unlock();
    auto note = audit::parse_note(about.note);
    note->signatures.insert(note->signatures.end(), signatures.begin(), signatures.end());
    // Where no quorum is called for, those who can be there in time are waited for all the same.
    const bool quorum = done || (options_.policy.quorum == "none" ? all : options_.policy.quorum_met(*note));
    std::optional<Published> fresh;
    if (!signatures.empty() || (quorum && !done)) fresh = *notary_.add_cosignatures(about, signatures, quorum);
    hold.lock();
    if (fresh) about_ = *std::move(fresh);
    if (quorum) done_ = about.checkpoint.size;
    if (quorum && options_.answered) options_.answered();
}

void Witnesses::round() {
    const auto published = notary_.newest();
    const bool halted = !notary_.halted().empty();
    std::unique_lock hold(mutex_);
    wanted_ = false;
    // The last checkpoint under a name that this log had before is nothing to ask about: of this one none is signed yet.
    if (!published || published->checkpoint.origin != notary_.key().name) return;
    about_ = *published;
    answers_.clear();
    if (halted || published->checkpoint.size <= done_) return;
    for (Known& known : known_) begin(known);
    for (bool all = false; !all;) {
        changed_.wait(hold, [&] { return stopping_ || !answers_.empty() || all_spoke(); });
        if (stopping_) return;
        all = all_spoke();
        take_answers(hold, all);  // what one says against this log takes nothing from the word of the others
    }
}

void Witnesses::want(std::uint64_t size) {
    const std::lock_guard hold(mutex_);
    if (size <= about_.checkpoint.size) return;
    wanted_ = true;
    changed_.notify_all();
}

bool Witnesses::awaited(std::uint64_t size) const {
    const std::lock_guard hold(mutex_);
    return !stopping_ && size > std::max(done_, settled_);
}

void Witnesses::start() {
    thread_ = std::thread([this] { run(); });
}

// Until the next round. A word that comes late counts as long as it is about the same checkpoint.
void Witnesses::rest() {
    const auto due = std::chrono::steady_clock::now() + options_.interval;
    std::unique_lock hold(mutex_);
    settled_ = about_.checkpoint.size;
    if (options_.answered) options_.answered();
    while (changed_.wait_until(hold, due, [&] { return stopping_ || wanted_ || !answers_.empty(); }) && !stopping_ && !wanted_)
        take_answers(hold, true);
}

void Witnesses::run() {
    const auto survive = [this](void (Witnesses::*work)()) {
        try {
            (this->*work)();
        } catch (const std::exception& fault) {
            log::warning("audit.witness_failed", {{"cause", fault.what()}});
        }
    };
    while (!stopping_) {
        survive(&Witnesses::round);
        survive(&Witnesses::rest);
    }
}

void Witnesses::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (Known& known : known_)
        if (known.thread.joinable()) known.thread.join();
}

}  // namespace entente::deliveries
