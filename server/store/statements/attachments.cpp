#include "server/store/statements/attachments.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CaseId;
using protocol::CompanyId;
using protocol::HttpsTarget;
using protocol::Instant;

namespace {

constexpr std::array<std::string_view, 5> state_names{"spooled", "sending", "done", "failed", "lost"};

std::string target_place(CompanyId company, CaseId case_id) {
    return "attachment_targets/settings/" + std::to_string(company.value) + "/" + std::to_string(case_id.value);
}
std::string key_place(AttachmentId id) {
    return "attachments/spool_key/" + std::to_string(id.value);
}
std::string words_place(AttachmentId id) {
    return "attachments/words/" + std::to_string(id.value);
}

AttachmentState parse_state(std::string_view text) {
    const auto found = std::ranges::find(state_names, text);
    return found == state_names.end() ? AttachmentState::lost : static_cast<AttachmentState>(found - state_names.begin());
}

Blob seal_words(Txn& txn, Vault& vault, const StoredCase& c, const StoredAttachment& file) {
    const StoredAttachment::Words& w = file.words;
    Packer pack(1);
    pack.text(w.name).text(w.shared_name).text(w.content_type).text(w.description).text(w.digest);
    pack.text(w.submitter_message).text(w.receiver_message);
    return vault.seal(txn, c.owner, c.id, Tag::content, words_place(file.id), pack.bytes());
}

#define ENTENTE_ATTACHMENT_COLUMNS                                                                                         \
    "id, case_id, company, author, upload, position, state, bytes, reason, submitter_status, receiver_status, created_at," \
    " finished_at, spool, spool_key, words"

StoredAttachment read_attachment(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredAttachment file;
    file.id = {row.number(0)};
    file.case_id = {row.number(1)};
    file.company = {row.number(2)};
    file.author = row.text(3);
    file.upload = row.number(4);
    file.position = row.number(5);
    file.state = parse_state(row.text(6));
    file.bytes = row.number(7);
    file.reason = row.text(8);
    file.submitter_status = protocol::parse_forward_status(row.text(9)).value_or(protocol::ForwardStatus::unknown);
    file.receiver_status = protocol::parse_forward_status(row.text(10)).value_or(protocol::ForwardStatus::unknown);
    file.created_at = {row.number(11)};
    if (!row.is_null(12)) file.finished_at = Instant{row.number(12)};
    file.spool = row.text(13);
    if (!row.is_null(14))
        if (const auto key = vault.open(txn, key_place(file.id), row.bytes(14))) file.spool_key.assign(key->begin(), key->end());
    if (row.is_null(15)) return file;
    const auto words = vault.open(txn, words_place(file.id), row.bytes(15));
    if (!words) return file;
    Unpacker in(*words, 1);
    file.words.name = in.text();
    file.words.shared_name = in.text();
    file.words.content_type = in.text();
    file.words.description = in.text();
    file.words.digest = in.text();
    file.words.submitter_message = in.text();
    file.words.receiver_message = in.text();
    file.has_words = true;
    return file;
}

}  // namespace

std::string_view name(AttachmentState state) {
    return state_names[static_cast<std::size_t>(state)];
}

void put_attachment_target(Txn& txn, Vault& vault, CompanyId company, CaseId case_id, const HttpsTarget& target,
                           std::string_view by, Instant now) {
    Packer pack(1);
    pack.text(target.domain).number(target.port).text(target.path).text(target.password).number(target.expires_at.us);
    const Blob sealed = vault.seal(txn, Owner::company(company), {}, Tag::content, target_place(company, case_id), pack.bytes());
    txn.change(
        "INSERT INTO attachment_targets (company, case_id, updated_at, updated_by, settings) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (company, case_id) DO UPDATE SET updated_at = excluded.updated_at, updated_by = excluded.updated_by,"
        " settings = excluded.settings",
        {company.value, case_id.value, now.us, by, sealed});
}

bool remove_attachment_target(Txn& txn, CompanyId company, CaseId case_id) {
    return txn.change("DELETE FROM attachment_targets WHERE company = $1 AND case_id = $2", {company.value, case_id.value}) == 1;
}

std::optional<HttpsTarget> attachment_target(ReadTxn& txn, Vault& vault, CompanyId company, CaseId case_id) {
    const auto sealed = txn.first("SELECT settings FROM attachment_targets WHERE company = $1 AND case_id = $2",
                                  {company.value, case_id.value}, [](const Row& row) {
                                      const Bytes bytes = row.bytes(0);
                                      return Blob(bytes.begin(), bytes.end());
                                  });
    if (!sealed) return std::nullopt;
    const auto plain = vault.open(txn, target_place(company, case_id), *sealed);
    if (!plain) return std::nullopt;
    Unpacker in(*plain, 1);
    HttpsTarget target;
    target.domain = in.text();
    target.port = in.as<int>();
    target.path = in.text();
    target.password = in.text();
    target.expires_at = {in.number()};
    return target;
}

protocol::TargetOptions attachment_options(ReadTxn& txn, CompanyId company) {
    return txn
        .first("SELECT max_bytes, history, note FROM attachment_options WHERE company = $1", {company.value},
               [](const Row& row) {
                   return protocol::TargetOptions{
                       .max_bytes = row.number(0), .history = row.number(1) != 0, .note = row.number(2) != 0};
               })
        .value_or(protocol::TargetOptions{});
}

void put_attachment_options(Txn& txn, CompanyId company, const protocol::TargetOptions& options) {
    txn.change(
        "INSERT INTO attachment_options (company, max_bytes, history, note) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (company) DO UPDATE SET max_bytes = excluded.max_bytes, history = excluded.history, note = excluded.note",
        {company.value, options.max_bytes, options.history, options.note});
}

void insert_attachment(Txn& txn, Vault& vault, const StoredCase& c, const StoredAttachment& file) {
    Value key;
    Blob sealed_key;
    if (!file.spool_key.empty()) {
        sealed_key = vault.seal(txn, c.owner, c.id, Tag::content, key_place(file.id), protocol::as_text(file.spool_key));
        key = Value(sealed_key);
    }
    const Blob words = seal_words(txn, vault, c, file);
    txn.change(
        "INSERT INTO attachments (id, case_id, company, author, upload, position, state, open, bytes, reason, submitter_status,"
        " receiver_status, created_at, finished_at, spool, spool_key, words)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        {file.id.value, c.id.value, file.company.value, file.author, file.upload, file.position, name(file.state),
         !file.finished_at.has_value(), file.bytes, file.reason, name(file.submitter_status), name(file.receiver_status),
         file.created_at.us, file.finished_at ? Value(file.finished_at->us) : Value(), file.spool, key, words});
}

void update_attachment(Txn& txn, Vault& vault, const StoredCase& c, const StoredAttachment& file, bool keep_key) {
    const Blob words = seal_words(txn, vault, c, file);
    txn.change(
        "UPDATE attachments SET state = $2, open = $3, bytes = $4, reason = $5, submitter_status = $6, receiver_status = $7,"
        " finished_at = $8, words = $9 WHERE id = $1",
        {file.id.value, name(file.state), !file.finished_at.has_value(), file.bytes, file.reason, name(file.submitter_status),
         name(file.receiver_status), file.finished_at ? Value(file.finished_at->us) : Value(),
         file.has_words ? Value(words) : Value()});
    if (!keep_key) txn.change("UPDATE attachments SET spool_key = NULL WHERE id = $1", {file.id.value});
}

void reseal_attachments(Txn& txn, Vault& vault, const StoredCase& c) {
    for (const StoredAttachment& file : attachments_of(txn, vault, c.id, std::numeric_limits<int>::max())) {
        if (file.has_words)
            txn.change("UPDATE attachments SET words = $2 WHERE id = $1", {file.id.value, seal_words(txn, vault, c, file)});
        if (!file.spool_key.empty())
            txn.change("UPDATE attachments SET spool_key = $2 WHERE id = $1",
                       {file.id.value,
                        vault.seal(txn, c.owner, c.id, Tag::content, key_place(file.id), protocol::as_text(file.spool_key))});
    }
}

std::optional<StoredAttachment> find_attachment(ReadTxn& txn, Vault& vault, CaseId case_id, AttachmentId id) {
    return txn.first("SELECT " ENTENTE_ATTACHMENT_COLUMNS " FROM attachments WHERE id = $1 AND case_id = $2",
                     {id.value, case_id.value}, [&](const Row& row) { return read_attachment(txn, vault, row); });
}

std::optional<StoredAttachment> find_attachment_of(ReadTxn& txn, Vault& vault, CompanyId sender, AttachmentId id) {
    return txn.first("SELECT " ENTENTE_ATTACHMENT_COLUMNS " FROM attachments WHERE id = $1 AND company = $2",
                     {id.value, sender.value}, [&](const Row& row) { return read_attachment(txn, vault, row); });
}

std::vector<StoredAttachment> attachments_of_upload(ReadTxn& txn, Vault& vault, CaseId case_id, std::int64_t upload) {
    std::vector<StoredAttachment> files;
    txn.each("SELECT " ENTENTE_ATTACHMENT_COLUMNS " FROM attachments WHERE case_id = $1 AND upload = $2 ORDER BY position",
             {case_id.value, upload}, [&](const Row& row) {
                 files.push_back(read_attachment(txn, vault, row));
                 certs::wipe(files.back().spool_key);
                 files.back().spool_key.clear();
             });
    return files;
}

std::vector<StoredAttachment> attachments_of(ReadTxn& txn, Vault& vault, CaseId case_id, int limit) {
    std::vector<StoredAttachment> files;
    txn.each("SELECT " ENTENTE_ATTACHMENT_COLUMNS
             " FROM attachments WHERE case_id = $1 ORDER BY created_at DESC, upload, position LIMIT $2",
             {case_id.value, limit}, [&](const Row& row) { files.push_back(read_attachment(txn, vault, row)); });
    return files;
}

std::vector<KeptFile> spooled_files(ReadTxn& txn) {
    std::vector<KeptFile> files;
    txn.each("SELECT spool, company, bytes FROM attachments WHERE spool_key IS NOT NULL", {}, [&](const Row& row) {
        files.push_back({std::string(row.text(0)), row.number(1), static_cast<std::uint64_t>(row.number(2))});
    });
    return files;
}

std::int64_t lose_open_attachments(Txn& txn, Instant now) {
    return txn.change("UPDATE attachments SET state = 'lost', open = 0, finished_at = $1, spool_key = NULL WHERE open = 1",
                      {now.us});
}

std::int64_t expire_attachments(Txn& txn, Instant created_before, Instant now) {
    return txn.change(
        "UPDATE attachments SET spool_key = NULL, state = CASE WHEN state = 'failed' THEN 'done' ELSE state END, open = 0,"
        " finished_at = COALESCE(finished_at, $2) WHERE spool_key IS NOT NULL AND created_at < $1",
        {created_before.us, now.us});
}

std::int64_t forget_attachments(Txn& txn, Instant finished_before) {
    return txn.change("DELETE FROM attachments WHERE open = 0 AND spool_key IS NULL AND finished_at < $1", {finished_before.us});
}

}  // namespace entente::store
