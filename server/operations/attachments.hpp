#pragma once
// Attachments (contract section 14, semantics 5): targets of companies and cases, and the steps of a file on its way.
//
// A file's way: open_upload judges who sends and whether content may cross; keep_spooled writes down what lies in the spool; the
// verdict (deliveries/attachments) is made outside of any transaction with the terms that file_terms read; depart judges again at
// the moment of sending, makes the record of the disclosure and says where to; settle writes down what became of it. Between
// verdict and departure the terms may have moved: then depart says so, and the verdict is made anew.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/attachment.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/sharing.hpp"
#include "server/store/spool.hpp"
#include "server/store/statements/attachments.hpp"

namespace entente::operations {

// --- targets ---
struct TargetsRead {
    protocol::ConfigSide submitter;
    protocol::ConfigSide receiver;
    std::int64_t max_bytes = 0;  // the smallest that a side takes; 0: none says
};
// Never fails for a party of the case. The other side's target is shown once the case was released to it.
Audited<TargetsRead> read_targets(Txn& txn, const Context& context, const Caller& caller, std::string_view token);
Audited<TargetsRead> set_case_target(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                     const protocol::HttpsTarget& target);
Result<bool> may_set_target(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

struct CompanyTarget {
    std::optional<protocol::HttpsTarget> target;
    protocol::TargetOptions options;
};
Audited<CompanyTarget> read_company_target(Txn& txn, const Context& context, const Caller& caller);
// A body without a target leaves the target as it is.
Audited<CompanyTarget> set_company_target(Txn& txn, const Context& context, const Caller& caller,
                                          const protocol::TargetOptionsInput& input);
Audited<bool> remove_company_target(Txn& txn, const Context& context, const Caller& caller);

// --- a file on its way ---
struct UploadOpened {
    protocol::CaseId case_id;
    std::string token;
    Caller caller;
    protocol::Side side = protocol::Side::submitter;
    std::int64_t upload = 0;
    std::optional<Error> closed;  // content may not cross now: each file is answered with it, and none is kept
    protocol::TargetOptions own;  // of who sends
    std::int64_t max_bytes = 0;   // the smallest that a side takes; 0: none says
    bool keyed = false;           // it has an idempotency key, so what was answered is kept for a repeat
};
Audited<UploadOpened> open_upload(Txn& txn, const Context& context, const Caller& caller, std::string_view token);
// An upload whose key did its work before: nothing is opened, the files are only compared.
Audited<UploadOpened> reopen_upload(Txn& txn, const Context& context, const Caller& caller, std::string_view token);
// What became of an upload's files, in the order in which they were sent. Fails when the caller is no party of the case.
Result<std::vector<store::StoredAttachment>> files_of_upload(ReadTxn& txn, const Context& context, const Caller& caller,
                                                             std::string_view token, std::int64_t upload);
// As it was answered, as far as it is still known.
protocol::FileResult result_again(const store::StoredAttachment& file, std::string name);

// A file that arrived whole.
struct ArrivedFile {
    std::string name;
    std::string content_type;
    std::shared_ptr<store::SpoolFile> file;  // none: refused while it arrived
    std::int64_t bytes = 0;
    std::string digest;  // SHA-256, hex
    std::optional<Error> refused;
};

// Writes down what lies in the spool, with its keys. One record.
struct Spooled {
    std::vector<store::StoredAttachment> files;
    std::vector<audit::Record> records;
};
Spooled keep_spooled(Txn& txn, const Context& context, const UploadOpened& upload, const std::vector<ArrivedFile>& files,
                     std::string_view description);

// What the verdict needs, as it is at this moment.
struct FileTerms {
    std::shared_ptr<Sharer> sharer;  // none: content may not cross
    std::optional<Error> closed;
    std::string fingerprint;
    bool uninspected_allowed = false;  // by the rules of the sender's company
    bool released = false;             // a second person let exactly this file pass
};
FileTerms file_terms(ReadTxn& txn, const Context& context, const store::StoredAttachment& file, protocol::Side side);

// The verdict over one file.
struct FileVerdict {
    std::optional<Error> refused;
    std::string kind;                          // text, archive, uninspected
    std::string shared_name;                   // for the other side
    std::shared_ptr<store::SpoolFile> shared;  // what the other side gets
    std::map<std::string, int> masked;         // by data class
    int members = 0;                           // of an archive
    int left_out = 0;                          // links and devices of an archive
    std::string detectors;
    std::int64_t rules_id = 0;
    bool malware_checked = false;
    std::string pseudonyms;  // of the side, as the verdict left them
};

struct SendPlan {
    protocol::SideResult known;  // decided already, unless `target`
    std::optional<protocol::HttpsTarget> target;
    std::string user;  // the case number that this member uses
    std::string file_name;
    bool original = false;  // the sender's own side gets what was sent
};
struct Departure {
    bool stale = false;  // the terms moved: judge again
    SendPlan submitter;
    SendPlan receiver;
    std::vector<audit::Record> records;
};
Departure depart(Txn& txn, const Context& context, const UploadOpened& upload, store::StoredAttachment& file,
                 const FileVerdict& verdict, const std::string& fingerprint);

// `again`: it may be sent again, so its key stays for the rest of its 24 hours.
std::vector<audit::Record> settle_file(Txn& txn, const Context& context, const UploadOpened& upload, store::StoredAttachment& file,
                                       const protocol::FileResult& result, bool again);

// Tells both sides which files went, as a note of the sender's (opt-in).
std::vector<audit::Record> note_files(Txn& txn, const Context& context, const UploadOpened& upload,
                                      const std::vector<std::string>& names, std::string_view description);

// --- history and sending again (opt-in) ---
struct AttachmentList {
    std::vector<store::StoredAttachment> files;  // names as the reader's side may know them
    Shown shown;
};
Result<AttachmentList> list_attachments(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);
struct Resumed {
    UploadOpened upload;
    store::StoredAttachment file;
};
Audited<Resumed> resume_file(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                             store::AttachmentId id);
// For a repeat of that call: the caller's file, without its key.
std::optional<Resumed> resumed_before(ReadTxn& txn, const Context& context, const Caller& caller, store::AttachmentId id);

// At start: what a process that ended had under way. Files whose key stays are named.
struct Recovered {
    std::vector<store::KeptFile> keep;
    std::vector<audit::Record> records;
};
Recovered recover_attachments(Txn& txn, const Context& context);

inline constexpr std::int64_t spool_seconds = 86'400;  // the longest that a file lies in the spool

// Who carries files out. Implemented by server/deliveries.
class FileDesk {
  public:
    virtual ~FileDesk() = default;
    // Counts as one of the uploads under way until it is let go; nothing when there are too many.
    virtual std::shared_ptr<void> place(protocol::CompanyId company) = 0;
    // Says that this upload is under way, until it is let go.
    virtual std::shared_ptr<void> announce(std::int64_t upload) = 0;
    // Calls `then` once, on another thread, when nothing of this upload is under way any more. False: nothing is.
    virtual bool when_through(std::int64_t upload, std::function<void()> then) = 0;
    virtual store::Spool& spool() = 0;
    virtual std::uint64_t file_bytes_max() const = 0;
    using Done = std::function<void(std::vector<protocol::FileResult>)>;
    // Verdict and forwarding of each file; `done` is called once, on another thread. False: the gateway stops.
    virtual bool forward(UploadOpened upload, std::vector<ArrivedFile> files, std::vector<store::StoredAttachment> rows,
                         std::string description, Done done) = 0;
    // A file that still lies in the spool, once more.
    virtual bool resume(Resumed resumed, Done done) = 0;
};

}  // namespace entente::operations
