#pragma once
// The mails that the gateway writes, from facts to words. Pure: who may see which fact was decided before.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/collaboration.hpp"
#include "protocol/event.hpp"
#include "protocol/instant.hpp"
#include "protocol/language.hpp"
#include "protocol/mail/letter.hpp"

namespace entente::protocol::mail {

// "2026-11-24 09:30 UTC": one spelling that no language misreads.
std::string mail_time(Instant instant);

// --- about a case, to people of one of its sides ---
struct CaseFacts {
    std::string number;  // the reader's own case number, or the token when it has none
    std::string token;
    std::string company;  // the reader's
    std::string partner;
    std::string partner_number;  // empty: none
    CaseStatus status = CaseStatus::open;
    Flow flow = Flow::open;
    std::optional<Instant> respond_by;
    std::string link;
    bool mailbox = false;  // goes to a mailbox of the company, not to a person
    bool replies = false;  // answers become notes
};
// Words of the case as the reader may see them; left out unless the reader's company wants content in mails.
struct CaseContent {
    std::string summary;
    std::string written;  // plain text of the note or answer that the event is about; empty: none
};
Letter case_letter(Language language, const CaseFacts& facts, EventKind kind, std::string_view who, const CaseContent* content);

// Something about an agreement changed or was announced; to the people of a party who look after agreements.
struct AgreementFacts {
    std::string id;
    std::string title;
    std::string company;  // the reader's
    std::string who;      // changed it
    bool mailbox = false;
};
Letter agreement_letter(Language language, const AgreementFacts& facts);

struct DigestItem {
    std::string number;
    std::string who;
    EventKind kind = EventKind::case_updated;
    Instant time;
};
Letter digest_letter(Language language, std::string_view company, bool mailbox, const std::vector<DigestItem>& items,
                     std::string_view link);

Letter test_letter(Language language, std::string_view company);
Letter reply_refused_letter(Language language, std::string_view number, std::string_view token, std::string_view reason);

// --- to a customer ---
struct AuthorizationRequest {
    std::string vendor;    // the company that asks
    std::string partners;  // names, joined for reading
    std::string link;
    Instant until;  // end of the link
};
Letter authorization_request_letter(Language language, const AuthorizationRequest& request);

struct AuthorizationCode {
    std::string vendor;
    std::string code;
    Instant until;
};
Letter authorization_code_letter(Language language, const AuthorizationCode& code);

enum class AuthorizationDecision : std::uint8_t { approved, narrowed, refused, withdrawn };
std::string_view name(AuthorizationDecision decision);
std::optional<AuthorizationDecision> parse_authorization_decision(std::string_view text);
struct AuthorizationReceipt {
    std::string vendor;
    std::string partners;
    AuthorizationDecision decision = AuthorizationDecision::approved;
    std::optional<Instant> until;  // end of the authorization
    std::string link;              // the lasting page; empty: none
};
Letter authorization_receipt_letter(Language language, const AuthorizationReceipt& receipt);

// An emergency authorization by word of mouth was used (semantics 4).
struct AuthorizationNotice {
    std::string vendor;
    std::string partners;
    std::string link;
    Instant until;  // without a word of the customer it ends then
};
Letter authorization_notice_letter(Language language, const AuthorizationNotice& notice);

// How a case of the customer's went; one question on a page.
struct FeedbackRequest {
    std::string vendor;
    std::string partners;
    std::string token;  // of the case
    std::string link;
    Instant until;  // end of the link
};
Letter feedback_request_letter(Language language, const FeedbackRequest& request);

}  // namespace entente::protocol::mail
