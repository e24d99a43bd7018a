#pragma once
// Signs checkpoints: at most 1 s behind the newest entry, on a thread of low priority (audit and crypto reference, 11, 13 and 16).
//
// What is signed was computed anew: the entries since the last checkpoint are hashed again from their stored bytes, the tiles that
// they fill are compared, and the root must be the one of the head row. A checkpoint is stored, then written to the anchors (small
// files outside the database), and only then shown to anybody. It never covers less than the one before it.
//
// At start the newest checkpoint and the anchors are held against the log: a log that is shorter than what was published, or
// another one, was put back or changed (Tampered). That also finds a whole store put back to an earlier, valid state.
//
// newest, key, proofs: any thread. Tampered while running stops the signing until the process ends; halted() says why.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "certs/log_keys.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/log/proofs.hpp"
#include "server/store/store.hpp"

namespace entente::audit {

struct Published {
    Checkpoint checkpoint;
    std::string note;          // the signed text
    protocol::Instant time{};  // when it was signed
};

struct NotaryOptions {
    std::string origin;  // of the log, and the name of its key
    // Names that it had before it was put back on purpose or frozen, and the index from which the present one counts.
    std::vector<std::string> earlier_origins{};
    std::int64_t since = 0;
    std::shared_ptr<const certs::LogKeys> keys;       // each signs, under the name that the log has now
    std::vector<Blob> older_keys{};                   // public ones that signed checkpoints of this log before
    std::vector<std::filesystem::path> anchors{};     // each replaced atomically; their folders exist
    std::chrono::milliseconds pause{250};             // between two checkpoints of the thread, at least
    std::function<protocol::Instant()> now{};         // stamps checkpoints
    std::function<void(const std::string&)> alarm{};  // told once when the signing stops
    std::function<void()> published{};                // after each new one; must not block
};

// Fills in what the tables tell about the past of the log: its names and its keys. `origin` is the configured one.
void add_history(store::ReadTxn& txn, NotaryOptions& options);

class Notary {
  public:
    // Throws Tampered when what was published is not the beginning of the log.
    Notary(store::Store& store, NotaryOptions options);
    ~Notary();
    Notary(const Notary&) = delete;
    Notary& operator=(const Notary&) = delete;

    void start();
    void stop();  // signs what is there, then ends the thread
    // Something was committed: the thread looks before a second has passed. Cheap.
    void wake();

    // Signs now, on the calling thread, if the log grew. Fault: it could not be stored; Tampered: it must not be signed.
    void round();

    // Its thread runs and has signed: what newest() answers is at most a second behind.
    bool keeps_up() const;
    // None before the first one.
    std::shared_ptr<const Published> newest() const;
    // The newest with a quorum of witnesses; none before the first, or where no witnesses are asked.
    std::shared_ptr<const Published> cosigned() const;
    // The best that covers so many entries: cosigned if there is one. Nothing: no checkpoint covers them yet.
    std::shared_ptr<const Published> covering(std::uint64_t entries) const;
    // What evidence ends with: the newest that the witnesses' quorum cosigned, unless it is more than an hour older than the
    // newest.
    std::shared_ptr<const Published> believed() const;
    // Adds what witnesses said about a checkpoint that was published; `quorum`: they are enough. What it is with their words.
    std::shared_ptr<const Published> add_cosignatures(const Published& published, const std::vector<NoteSignature>& signatures,
                                                      bool quorum);
    // Somebody outside holds another history of this log: nothing is signed any more.
    void stop_signing(const std::string& why) { halt(why); }
    // The checkpoint of exactly this size, as long as it is kept: an hour at least.
    std::shared_ptr<const Published> of_size(store::ReadTxn& txn, std::uint64_t size) const;
    VerifierKey key() const;                // the newest
    std::vector<VerifierKey> keys() const;  // that sign now, the newest first
    Proofs& proofs() { return proofs_; }
    // Empty while all is well.
    std::string halted() const;
    // Anchors that were not there at the start, though checkpoints were published and another one is: a disk that is not mounted,
    // or somebody who put data and keys back and kept this one from saying so.
    const std::vector<std::filesystem::path>& missing_anchors() const { return missing_anchors_; }

  private:
    void check_published(store::ReadTxn& txn);
    void check_anchors(store::ReadTxn& txn, std::int64_t head_size, bool expected);
    std::vector<VerifierKey> known() const;
    Checkpoint checked(const std::string& note, const std::string& where) const;
    void require_beginning(store::ReadTxn& txn, const Checkpoint& checkpoint, std::int64_t head_size, const std::string& where);
    std::optional<Checkpoint> recompute();
    void store_note(const Published& fresh);
    void run();
    void halt(const std::string& why);

    store::Store& store_;
    NotaryOptions options_;
    mutable std::vector<Blob> seen_;  // public keys of this log; under seen_mutex_, for one may be destroyed while this runs
    mutable std::mutex seen_mutex_;
    Proofs proofs_;

    std::mutex signing_;  // one round at a time
    Frontier
        verified_;  // over entries that this object hashed from stored bytes, and those under the checkpoint that it began with

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const Published> newest_;
    std::shared_ptr<const Published> cosigned_;
    std::string halted_;
    std::vector<std::filesystem::path> missing_anchors_;  // set before anybody else looks
    bool woken_ = true;
    bool running_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace entente::audit
