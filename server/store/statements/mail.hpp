#pragma once
// Statements about mails: who wants to be told, letters to single addresses, what came back.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/mail/preferences.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

struct MailRecipient {
    std::int64_t id = 0;
    protocol::CompanyId company;
    protocol::mail::RecipientKind kind = protocol::mail::RecipientKind::person;
    protocol::UserId person;
    protocol::DepartmentId department;
    protocol::mail::Preferences preferences;
    std::string address;  // of a mailbox; a person's is in its profile
    protocol::Instant created_at;

    // person/870 or box/12: names the contact without saying who it is.
    std::string contact() const;
};
void insert_mail_recipient(Txn& txn, Vault& vault, const MailRecipient& recipient, protocol::Instant now);
void update_mail_recipient(Txn& txn, Vault& vault, const MailRecipient& recipient);
void remove_mail_recipient(Txn& txn, std::int64_t id);
std::optional<MailRecipient> find_mail_recipient(ReadTxn& txn, Vault& vault, std::int64_t id);
std::optional<MailRecipient> find_mail_recipient_of(ReadTxn& txn, Vault& vault, protocol::UserId person);
std::vector<MailRecipient> mailboxes_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);
// Whom an event of a case may concern: the company's mailboxes, people who want every case, and who follows this one.
std::vector<MailRecipient> mail_recipients_for(ReadTxn& txn, Vault& vault, protocol::CompanyId company, protocol::CaseId case_id);
// People who follow a case and have no row of their own yet.
// Who looks after a company's agreements (administrators, compliance officers) and has no row yet.
std::vector<protocol::UserId> agreement_people_without_row(ReadTxn& txn, protocol::CompanyId company);
// Those people, and mailboxes of the whole company.
std::vector<MailRecipient> agreement_recipients(ReadTxn& txn, Vault& vault, protocol::CompanyId company);
std::vector<protocol::UserId> followers_without_row(ReadTxn& txn, protocol::CompanyId company, protocol::CaseId case_id);

void follow_case(Txn& txn, protocol::CaseId case_id, protocol::CompanyId company, protocol::UserId person);
// A SYSTEM note, which no company wrote.
bool note_of_gateway(ReadTxn& txn, protocol::NoteId id);
// The department of the receiver whose form a case was made with; none when it is the company's own form.
protocol::DepartmentId department_of_case(ReadTxn& txn, protocol::CaseId case_id);

struct MailCompany {
    bool content = false;
    protocol::Language language = protocol::Language::english;
};
MailCompany mail_settings_of(ReadTxn& txn, protocol::CompanyId company);
void set_mail_settings(Txn& txn, protocol::CompanyId company, const MailCompany& settings);

// --- digests ---
struct DigestEntry {
    std::int64_t event_idx = 0;
    std::int64_t event_seq = 0;
};
void insert_digest_entry(Txn& txn, std::int64_t recipient, const DigestEntry& entry, protocol::Instant now);
// Entries that wait or were in this bundle before; they belong to it from now on. At most `limit`, oldest first.
std::vector<DigestEntry> bundle_digest(Txn& txn, std::int64_t recipient, std::int64_t bundle, int limit);
bool has_waiting_digest(ReadTxn& txn, std::int64_t recipient);
// The open delivery of a digest, if one waits.
std::optional<std::int64_t> open_digest(ReadTxn& txn, std::int64_t recipient);
void make_due(Txn& txn, std::int64_t delivery, protocol::Instant now);

// --- letters ---
struct MailLetter {
    std::int64_t id = 0;
    protocol::CompanyId company;  // in whose name; its outbox shows it
    std::string kind;
    std::string contact;  // customer/12, person/870, operator/0
    protocol::CaseId case_id;
    std::optional<protocol::Instant> expires_at;
    Hash address_index{};
    // Sealed; empty once it was sent.
    std::string address;
    protocol::Language language = protocol::Language::english;
    std::vector<std::pair<std::string, std::string>> terms;
    std::string attachment_name;  // empty: none
    std::string attachment;       // JSON
};
void insert_mail_letter(Txn& txn, Vault& vault, const Owner& owner, const MailLetter& letter, protocol::Instant now);
std::optional<MailLetter> find_mail_letter(ReadTxn& txn, Vault& vault, std::int64_t id);
void empty_mail_letter(Txn& txn, std::int64_t id);
// Letters of this kind to this contact about this case since then: what keeps notices from becoming a flood.
bool letter_since(ReadTxn& txn, std::string_view kind, std::string_view contact, protocol::CaseId case_id, protocol::Instant since);

// --- the company's outbox: letters and mails to recipients, newest first ---
struct OutboxRow {
    std::int64_t id = 0;  // of the delivery
    std::string kind;     // event name, digest, or the letter's
    std::string contact;
    std::string case_token;  // empty: about none
    std::string state;
    std::int64_t attempts = 0;
    std::string reason;
    protocol::Instant created_at;
    std::optional<protocol::Instant> finished_at;
};
// `before`: only what stands after this mail in that order; 0 begins at the newest.
std::vector<OutboxRow> mail_outbox(ReadTxn& txn, protocol::CompanyId company, std::string_view state, std::int64_t before,
                                   int limit);

// --- what came back ---
struct MailBounce {
    std::int64_t id = 0;
    protocol::CompanyId company;
    std::string contact;
    std::string code;
    std::int64_t bounces = 0;
    bool stopped = false;  // nothing more is sent there
    protocol::Instant last_at;
};
// Counts one more; `stops`: this one says that the address is no good.
void note_bounce(Txn& txn, protocol::CompanyId company, std::string_view contact, const Hash& address_index, std::string_view code,
                 bool stops, protocol::Instant now, const std::function<std::uint64_t()>& draw);
// To another index of the same address, unless something was noted there already.
void move_bounce(Txn& txn, protocol::CompanyId company, const Hash& from, const Hash& to);
bool address_stopped(ReadTxn& txn, protocol::CompanyId company, const Hash& address_index);
std::vector<MailBounce> bounces_of(ReadTxn& txn, protocol::CompanyId company);
bool clear_bounce(Txn& txn, protocol::CompanyId company, std::int64_t id);

std::optional<std::string> mail_received(ReadTxn& txn, Bytes digest);
void insert_mail_received(Txn& txn, Bytes digest, std::string_view outcome, protocol::Instant now);

// Received digests, told digest entries and letters older than this.
std::int64_t forget_mails(Txn& txn, protocol::Instant older_than);

}  // namespace entente::store
