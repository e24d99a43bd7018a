#include "server/operations/customer_mail.hpp"

#include "server/operations/mail.hpp"

namespace entente::operations {

namespace letters = protocol::mail;

namespace {

LetterWords words_of(const CustomerMail& mail) {
    switch (mail.kind) {
        case CustomerMail::Kind::request:
            return letters::AuthorizationRequest{mail.vendor, mail.partners, mail.link, mail.until};
        case CustomerMail::Kind::notice:
            return letters::AuthorizationNotice{mail.vendor, mail.partners, mail.link, mail.until};
        case CustomerMail::Kind::code:
            return letters::AuthorizationCode{mail.vendor, mail.code, mail.until};
        case CustomerMail::Kind::feedback:
            return letters::FeedbackRequest{mail.vendor, mail.partners, mail.token, mail.link, mail.until};
        case CustomerMail::Kind::receipt:
            break;
    }
    using Decision = letters::AuthorizationDecision;
    const Decision decision = letters::parse_authorization_decision(mail.decision).value_or(Decision::refused);
    const bool lasts = decision == Decision::approved || decision == Decision::narrowed;
    return letters::AuthorizationReceipt{mail.vendor, mail.partners, decision, lasts ? std::optional(mail.until) : std::nullopt,
                                         mail.link};
}

}  // namespace

bool post_customer_mail(Txn& txn, const Context& context, audit::Record& record, const CustomerMail& mail) {
    LetterToCustomer letter;
    letter.company = mail.company;
    letter.customer = mail.customer;
    letter.address = mail.address;
    letter.language = mail.language;
    letter.words = words_of(mail);
    // A code or a link that has ended is not worth sending any more; a receipt always is.
    if (mail.kind != CustomerMail::Kind::receipt) letter.expires_at = mail.until;
    if (!mail.record.empty()) {
        letter.attachment_name = "receipt.json";
        letter.attachment = mail.record;
    }
    return post_letter(txn, context, record, letter);
}

}  // namespace entente::operations
