#pragma once
// Mails that come back to the gateway's box: a person's reply becomes a note, a mail server's report is noted on the contact, a
// mail to a stop address ends the mails. The mail server in front hands them in with the operator's credential.
//
// A reply counts when all of this holds: it came to an address that this gateway signed for this person (or mailbox) and this case
// and that has not expired; its From line names an active person of that company (for a person's address: that very person); where
// the gateway is told to ask, the mail server vouched for the From line; the case is one the company is party to; and it passes the
// gate like any other note. Nothing is answered to the From line, which anybody can write: a refusal is told to the person's own
// address, once an hour at most.

#include <string>

#include "protocol/encoding.hpp"
#include "protocol/mail/mime_read.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct MailTaken {
    // note_added, bounce_noted, stopped, already_taken, ignored_automatic, or why it was refused: unknown_address, expired,
    // sender_unknown, sender_unproven, not_a_party, empty, gate_closed, or the code of the note's refusal.
    std::string outcome;
    bool taken = false;  // it had an effect
};
Audited<MailTaken> receive_mail(Txn& txn, const Context& context, const Caller& caller,
                                const protocol::mail::ReceivedMail& received);

}  // namespace entente::operations
