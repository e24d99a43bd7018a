#pragma once
// From an event to the bytes of a mail (called by the senders in server/deliveries, inside the dispatcher's transactions).
//
// What a mail says is taken from the view of the reader's side at the moment of sending, so it has passed the gate by then. Without
// the company's consent it holds numbers, names of companies, state and a link, and no words of the case; with it, the mail is a
// disclosure of the version that it was taken from.

#include <expected>
#include <string>
#include <vector>

#include "server/operations/cases.hpp"
#include "server/operations/context.hpp"
#include "server/operations/outbox.hpp"
#include "server/store/statements/mail.hpp"

namespace entente::operations {

struct ReadyMail {
    std::string kind;         // event name, digest, or the letter's
    std::string return_path;  // where a mail server reports that it could not deliver
    std::string to;
    std::string bytes;
    std::optional<Shown> shows{};  // the case whose words it holds
};

// Sender "mail": target is a recipient's id.
void plan_mails(Txn& txn, const Context& context, const protocol::Event& event, std::vector<Planned>& wanted);
std::expected<ReadyMail, std::string> prepare_mail(Txn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                   const store::StoredEvent* event);
// Sender "letter": target is a letter's id.
std::expected<ReadyMail, std::string> prepare_letter(Txn& txn, const Context& context, const store::StoredDelivery& delivery);

// Begins the reason of an answer by which a mail server refused an address for good; its code follows.
inline constexpr std::string_view recipient_refused = "recipient_";

// Notes a refusal on the contact and forgets the words of letters that are over.
void mail_settled(Txn& txn, const Context& context, const store::StoredDelivery& delivery, const Answer& answer, bool over);

// A mail server's permanent code for this delivery, from the SMTP dialogue or from a report that came back later.
void note_mail_bounce(Txn& txn, const Context& context, const store::StoredDelivery& delivery, std::string_view code);

// Where mails to this recipient go now; nothing for a person who left.
std::optional<std::string> address_of(ReadTxn& txn, const Context& context, const store::MailRecipient& recipient);

// Queues a letter to one of our own people (test, refused reply). Answers the delivery's id; 0: mails are off.
std::int64_t post_own_letter(Txn& txn, const Context& context, audit::Record& record, store::MailLetter letter,
                             const store::Owner& owner);

}  // namespace entente::operations
