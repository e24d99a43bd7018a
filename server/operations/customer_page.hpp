#pragma once
// The customer's side of an authorization (semantics 4): a mailed link opens a page, a code that is mailed separately decides.
// Nobody signs in here: the token in the path says which link, the code that the mailbox is the customer's, and the ticket, which
// only the page after a right code carries, that this is the same visit. All three are kept as digests.
//
// Looking changes nothing and uses nothing up, because mail scanners follow links. Every look and every step leaves a record.

#include <string>
#include <vector>

#include "protocol/directory.hpp"
#include "server/operations/authorization_record.hpp"
#include "server/operations/trust.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/customer_page.hpp"

namespace entente::operations {

// --- what the company does ---

struct LinkWish {
    std::string contact;                         // mail address; empty: the first confirmed contact
    std::optional<protocol::Language> language;  // none: the contact's
};
struct LinkSent {
    protocol::AuthorizationId authorization;
    std::string address;  // as far as one may show it: m***@harbourline.example
    Instant expires;
};
Audited<LinkSent> send_authorization_link(Txn& txn, const Context& context, const Caller& caller, protocol::AuthorizationId id,
                                          const LinkWish& wish);

// A mail address that may be asked: a confirmed contact, or on a confirmed domain of this customer, and of no company here.
bool may_be_asked(ReadTxn& txn, const protocol::Customer& customer, std::string_view address);
// In which language the customer is written to at this address: the contact's own, else that of its first confirmed contact.
protocol::Language language_of(const protocol::Customer& customer, std::string_view address);
// The first confirmed contact that may be asked; empty when there is none.
std::string confirmed_contact(ReadTxn& txn, const protocol::Customer& customer);
// For steps that ask by themselves: makes the link and its mail. `notice`: it was used already by word of mouth.
// False: it cannot be mailed, and nothing happened.
bool ask_customer(Txn& txn, const Context& context, audit::Record& record, const store::StoredAuthorization& stored,
                  std::string_view address, protocol::Language language, bool notice);
// A held case names a contact of its customer and the company lets the gateway ask: the request and its link go out, and the record
// of the case's own step names them.
void ask_for_held_case(Txn& txn, const Context& context, const store::StoredCase& c, audit::Record& record);

// --- what the page shows ---

struct PageFacts {
    store::CustomerLink link;
    protocol::Authorization authorization;
    std::string customer;                     // name
    protocol::Company vendor;                 // who asks
    std::vector<protocol::Company> partners;  // who would receive
    std::vector<std::string> cases;           // tokens that it is limited to
    bool decidable = false;                   // the customer can still decide here
};
Audited<PageFacts> look_at_link(Txn& txn, const Context& context, std::string_view token, store::LinkKind kind);

// --- what the customer does ---

enum class Step : std::uint8_t {
    done,
    code_sent,
    code_wrong,     // or none was asked for, or it has ended
    code_too_many,  // of codes asked for, or of wrong ones: later, or a new link
    ticket_ended,   // the visit took too long: a new code
    incomplete,     // nothing ticked, a date that is none or too late
    too_late        // decided meanwhile
};

struct PageStep {
    Step step = Step::done;
    PageFacts facts;                             // as they are now
    std::string receipt_token;                   // after a decision
    std::string ticket;                          // after a right code: for withdrawal and download within the visit
    std::vector<store::Disclosure> disclosures;  // the newest
    std::int64_t disclosures_total = 0;          // older ones included
    std::vector<ShownFields> shown;              // one a case in `disclosures`
    std::string record;                          // JSON with the receipt
    std::vector<protocol::CaseId> cases;         // to reconcile now
};
Audited<PageStep> send_code(Txn& txn, const Context& context, std::string_view token, store::LinkKind kind);

struct CustomerDecision {
    std::string code;
    bool approve = false;
    std::vector<protocol::CompanyId> partners;  // those that stay
    protocol::DataClasses classes;
    std::optional<Instant> until;  // none: as asked
};
// The end that this link's authorization was asked for; nothing for an unknown link.
std::optional<Instant> asked_end(ReadTxn& txn, const Context& context, std::string_view token);
Audited<PageStep> decide_by_customer(Txn& txn, const Context& context, std::string_view token, const CustomerDecision& decision);

Audited<PageStep> open_receipt(Txn& txn, const Context& context, std::string_view token, std::string_view code);
Audited<PageStep> withdraw_by_customer(Txn& txn, const Context& context, std::string_view token, std::string_view ticket);
Audited<PageStep> download_record(Txn& txn, const Context& context, std::string_view token, std::string_view ticket);

}  // namespace entente::operations
