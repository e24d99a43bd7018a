#pragma once
// Mails to people: who wants to be told what, a company's mailboxes, its outbox, what bounced, and letters to single addresses.
//
// Mails are rendered when they are sent, with what the reader may see at that moment (mail_send.hpp). Without a mail server in the
// configuration nothing is planned and post_letter() says so.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/mail/letters.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/mail.hpp"

namespace entente::operations {

// --- letters to single addresses ---

using LetterWords =
    std::variant<protocol::mail::AuthorizationRequest, protocol::mail::AuthorizationCode, protocol::mail::AuthorizationReceipt,
                 protocol::mail::AuthorizationNotice, protocol::mail::FeedbackRequest>;

struct LetterToCustomer {
    protocol::CompanyId company;  // in whose name it is written
    protocol::CustomerId customer;
    std::string address;  // a confirmed contact's or one on a registered domain: the caller has checked it (semantics 4)
    protocol::Language language = protocol::Language::english;
    LetterWords words;
    protocol::CaseId case_id;           // none: about no single case
    std::optional<Instant> expires_at;  // not sent any more after that
    std::string attachment_name;        // of a receipt: file name and JSON
    std::string attachment;
};
// Queues it in this transaction: it is sent if the transaction commits, and its words are forgotten once it was. `record` is the
// one of the step that it follows from. False: mails are off, or the address is none that can be written to; nothing happened.
bool post_letter(Txn& txn, const Context& context, audit::Record& record, const LetterToCustomer& letter);

// --- what a person wants ---

struct OwnPreferences {
    protocol::mail::Preferences preferences;
    std::string address;   // where mails go
    bool on = false;       // the gateway sends mails
    bool stopped = false;  // the address bounced
};
Result<OwnPreferences> read_mail_preferences(ReadTxn& txn, const Context& context, const Caller& caller);
Audited<OwnPreferences> set_mail_preferences(Txn& txn, const Context& context, const Caller& caller,
                                             const protocol::mail::Preferences& preferences);

// --- mailboxes and settings of a company: its administrator's ---

Result<std::vector<store::MailRecipient>> list_mailboxes(ReadTxn& txn, const Context& context, const Caller& caller);
Audited<store::MailRecipient> add_mailbox(Txn& txn, const Context& context, const Caller& caller, store::MailRecipient box);
Audited<store::MailRecipient> change_mailbox(Txn& txn, const Context& context, const Caller& caller, std::int64_t id,
                                             store::MailRecipient box);
Audited<bool> remove_mailbox(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);

Result<store::MailCompany> read_mail_settings(ReadTxn& txn, const Caller& caller);
Audited<store::MailCompany> set_mail_settings(Txn& txn, const Context& context, const Caller& caller,
                                              const store::MailCompany& settings);

Result<std::vector<store::OutboxRow>> list_mail_outbox(ReadTxn& txn, const Caller& caller, std::string_view state,
                                                       std::int64_t before, int limit);
Result<std::vector<store::MailBounce>> list_mail_bounces(ReadTxn& txn, const Caller& caller);
Audited<bool> clear_mail_bounce(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);

// --- on demand ---

struct MailQueued {
    std::int64_t delivery = 0;  // in the outbox; 0: there was nothing to send
};
// A test mail: to the caller's own address; the operator names one.
Audited<MailQueued> send_test_mail(Txn& txn, const Context& context, const Caller& caller, const std::string& address);
// The caller's digest now instead of at its time.
Audited<MailQueued> send_digest_now(Txn& txn, const Context& context, const Caller& caller);

}  // namespace entente::operations
