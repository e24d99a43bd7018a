#pragma once
// Pieces that the mail operations share. Not for use outside of operations/.

#include <string>
#include <utility>
#include <vector>

#include "protocol/mail/address.hpp"
#include "protocol/mail/letter.hpp"
#include "server/operations/mail_send.hpp"

namespace entente::operations {

// How long a reply address and a bounce address are good.
inline constexpr std::int64_t reply_days = 30;
inline constexpr std::int64_t bounce_days = 14;

struct Envelope {
    std::int64_t delivery = 0;
    protocol::mail::Mailbox to;
    protocol::Language language = protocol::Language::english;
    std::string thread;           // token of the case whose mails belong together; empty: stands alone
    protocol::CaseId reply_case;  // answers become notes of this case; none: no reply address
    std::int64_t recipient = 0;   // who may answer, or stop the mails
    bool may_stop = false;        // says how to stop the mails (List-Unsubscribe)
    bool plain_only = false;      // for programs that read mails
    std::vector<std::pair<std::string, std::string>> further;
    std::string attachment_name;
    std::string attachment;
};
ReadyMail sealed_letter(const Context& context, std::string kind, const Envelope& envelope, const protocol::mail::Letter& letter);

std::string case_link(const Context& context, std::string_view token);
bool replies_welcome(const Context& context);
store::Hash address_index(const store::Vault& vault, std::string_view address);
// Under the key before the last renewal of the service root; nothing: none is kept.
std::optional<store::Hash> address_index_before(const store::Vault& vault, std::string_view address);
// Nothing more is sent there for this company, whichever of the two keys it was noted under.
bool address_stopped(ReadTxn& txn, const Context& context, protocol::CompanyId company, std::string_view address);
std::string name_of(ReadTxn& txn, const Context& context, const store::MailRecipient& recipient);

}  // namespace entente::operations
