#pragma once
// Statements about attachments: targets of companies and cases, files that were forwarded and what became of them. Whatever could
// name a person or let somebody in is sealed: targets under their company's key, names and digests under that of the case's owner.

#include <optional>
#include <string>
#include <vector>

#include "protocol/attachment.hpp"
#include "server/store/spool.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::store {

using AttachmentId = protocol::Id<struct AttachmentTag>;

// --- targets; `case_id` none: the company's default ---
void put_attachment_target(Txn& txn, Vault& vault, protocol::CompanyId company, protocol::CaseId case_id,
                           const protocol::HttpsTarget& target, std::string_view by, protocol::Instant now);
bool remove_attachment_target(Txn& txn, protocol::CompanyId company, protocol::CaseId case_id);
// Exactly this one; nothing as well when the company's key was destroyed.
std::optional<protocol::HttpsTarget> attachment_target(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                       protocol::CaseId case_id);
protocol::TargetOptions attachment_options(ReadTxn& txn, protocol::CompanyId company);
void put_attachment_options(Txn& txn, protocol::CompanyId company, const protocol::TargetOptions& options);

// --- files ---
// spooled: waits for its verdict; sending: recorded, on its way; done: both sides answered or nothing left; failed: may be sent
// again; lost: the gateway ended before.
enum class AttachmentState : std::uint8_t { spooled, sending, done, failed, lost };
std::string_view name(AttachmentState state);

struct StoredAttachment {
    AttachmentId id;
    protocol::CaseId case_id;
    protocol::CompanyId company;  // who sent it
    std::string author;           // principal label
    std::int64_t upload = 0;      // files of one call share it
    std::int64_t position = 0;
    AttachmentState state = AttachmentState::spooled;
    std::int64_t bytes = 0;
    std::string reason;  // code; empty: nothing against it
    protocol::ForwardStatus submitter_status = protocol::ForwardStatus::unknown;
    protocol::ForwardStatus receiver_status = protocol::ForwardStatus::unknown;
    protocol::Instant created_at;
    std::optional<protocol::Instant> finished_at;
    std::string spool;  // the file in the spool
    Blob spool_key;     // its key, opened; empty: destroyed, or the case's key was
    struct Words {
        std::string name;         // as it was sent
        std::string shared_name;  // as the other side got it
        std::string content_type;
        std::string description;
        std::string digest;  // SHA-256 of what was sent, hex
        std::string submitter_message;
        std::string receiver_message;
    } words;
    bool has_words = false;  // not kept, or erased
};

void insert_attachment(Txn& txn, Vault& vault, const StoredCase& c, const StoredAttachment& file);
// State, size, outcome and words; `keep_key` false takes the spool's key away.
void update_attachment(Txn& txn, Vault& vault, const StoredCase& c, const StoredAttachment& file, bool keep_key);
// Words and spool keys of the case's files under the key in use now.
void reseal_attachments(Txn& txn, Vault& vault, const StoredCase& c);
std::optional<StoredAttachment> find_attachment(ReadTxn& txn, Vault& vault, protocol::CaseId case_id, AttachmentId id);
std::optional<StoredAttachment> find_attachment_of(ReadTxn& txn, Vault& vault, protocol::CompanyId sender, AttachmentId id);
// Of one call, in the order in which they were sent.
std::vector<StoredAttachment> attachments_of_upload(ReadTxn& txn, Vault& vault, protocol::CaseId case_id, std::int64_t upload);
std::vector<StoredAttachment> attachments_of(ReadTxn& txn, Vault& vault, protocol::CaseId case_id, int limit);  // newest first
// The spool's files that somebody may still send again.
std::vector<KeptFile> spooled_files(ReadTxn& txn);
// What a process that ended had under way: the keys go, the rows say `lost`. How many.
std::int64_t lose_open_attachments(Txn& txn, protocol::Instant now);
// The keys of files older than that go, whatever became of them.
std::int64_t expire_attachments(Txn& txn, protocol::Instant created_before, protocol::Instant now);
std::int64_t forget_attachments(Txn& txn, protocol::Instant finished_before);

}  // namespace entente::store
