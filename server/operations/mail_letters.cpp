// Letters to single addresses, envelopes, and what becomes of mails.

#include "certs/mail_tag.hpp"
#include "protocol/mail/mime_write.hpp"
#include "server/operations/mail.hpp"
#include "server/operations/mail_parts.hpp"
#include "server/operations/mail_terms.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

namespace mail = protocol::mail;
using certs::MailTag;
using mail::RecipientKind;

namespace {

std::string tagged(const Context& context, MailTag::Purpose purpose, std::int64_t subject, std::int64_t holder, std::int64_t days) {
    const MailSettings& settings = context.tools.settings.mail;
    const MailTag tag{purpose, subject, holder, context.now.seconds() / 86'400 + days};
    return mail::with_tag(settings.reply_box, certs::mint_mail_tag(settings.tag_key, tag));
}

std::int64_t queue_letter(Txn& txn, const Context& context, const store::MailLetter& letter) {
    store::StoredDelivery delivery;
    delivery.sender = "letter";
    delivery.target = letter.id;
    delivery.company = letter.company;
    delivery.due_at = context.now;
    delivery.created_at = context.now;
    if (!store::insert_delivery(txn, delivery, [&] { return context.tools.draw(); })) return 0;
    return delivery.id;
}

std::int64_t post(Txn& txn, const Context& context, audit::Record& record, store::MailLetter& letter, const store::Owner& owner) {
    record.fills_outbox = true;
    letter.id = store::fresh_id(txn, "mail_letters", [&] { return context.tools.draw(); });
    letter.address_index = address_index(context.tools.vault, letter.address);
    store::insert_mail_letter(txn, context.tools.vault, owner, letter, context.now);
    return queue_letter(txn, context, letter);
}

}  // namespace

std::string case_link(const Context& context, std::string_view token) {
    return context.tools.settings.public_url + "/cases/" + std::string(token);
}

bool replies_welcome(const Context& context) {
    return !context.tools.settings.mail.reply_box.empty();
}

store::Hash address_index(const store::Vault& vault, std::string_view address) {
    return vault.blind_index("mail_address", lower(address));
}

std::optional<store::Hash> address_index_before(const store::Vault& vault, std::string_view address) {
    return vault.blind_index_before("mail_address", lower(address));
}

bool address_stopped(ReadTxn& txn, const Context& context, protocol::CompanyId company, std::string_view address) {
    if (store::address_stopped(txn, company, address_index(context.tools.vault, address))) return true;
    const auto before = address_index_before(context.tools.vault, address);
    return before && store::address_stopped(txn, company, *before);
}

std::string name_of(ReadTxn& txn, const Context& context, const store::MailRecipient& recipient) {
    if (recipient.kind != RecipientKind::person) return {};
    const auto stored = store::find_user(txn, context.tools.vault, recipient.person);
    if (!stored) return {};
    const protocol::User& user = stored->user;
    return user.last_name.empty() ? user.first_name : user.first_name + " " + user.last_name;
}

ReadyMail sealed_letter(const Context& context, std::string kind, const Envelope& envelope, const mail::Letter& letter) {
    const MailSettings& settings = context.tools.settings.mail;
    const std::string host(mail::split_address(settings.from).domain);
    mail::OutgoingMail out;
    out.from = {"Entente", settings.from};
    out.to = envelope.to;
    out.subject = letter.subject;
    out.date = context.now;
    out.message_id =
        (envelope.thread.empty() ? "mail" : "case-" + envelope.thread) + "." + std::to_string(envelope.delivery) + "@" + host;
    if (!envelope.thread.empty()) out.references = {"case-" + envelope.thread + "@" + host};
    out.further = {{"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}};
    out.further.insert(out.further.end(), envelope.further.begin(), envelope.further.end());
    if (envelope.reply_case)
        out.reply_to = tagged(context, MailTag::Purpose::reply, envelope.reply_case.value, envelope.recipient, reply_days);
    if (envelope.may_stop && replies_welcome(context))
        out.further.emplace_back(
            "List-Unsubscribe",
            "<mailto:" + tagged(context, MailTag::Purpose::stop, 0, envelope.recipient, 365) + "?subject=stop>");
    out.language = protocol::name(envelope.language);
    out.text = letter.text;
    if (!envelope.plain_only) out.html = letter.html;
    if (!envelope.attachment.empty()) out.attachments = {{envelope.attachment_name, "application/json", envelope.attachment}};
    ReadyMail ready;
    ready.kind = std::move(kind);
    ready.return_path =
        replies_welcome(context) ? tagged(context, MailTag::Purpose::bounce, envelope.delivery, 0, bounce_days) : settings.from;
    ready.to = envelope.to.address;
    ready.bytes = mail::to_mime(out);
    return ready;
}

bool post_letter(Txn& txn, const Context& context, audit::Record& record, const LetterToCustomer& order) {
    if (!context.tools.settings.mail.on) return false;
    const auto address = mail::clean_address(order.address);
    if (!address) return false;
    store::MailLetter letter;
    letter.company = order.company;
    letter.kind = letter_kind(order.words);
    letter.contact = "customer/" + std::to_string(order.customer.value);
    letter.case_id = order.case_id;
    letter.expires_at = order.expires_at;
    letter.address = *address;
    letter.language = order.language;
    letter.terms = letter_terms(order.words);
    letter.attachment_name = order.attachment_name;
    letter.attachment = order.attachment;
    return post(txn, context, record, letter, store::Owner::customer(order.customer)) != 0;
}

std::int64_t post_own_letter(Txn& txn, const Context& context, audit::Record& record, store::MailLetter letter,
                             const store::Owner& owner) {
    const auto address = mail::clean_address(letter.address);
    if (!context.tools.settings.mail.on || !address) return 0;
    letter.address = *address;
    return post(txn, context, record, letter, owner);
}

std::expected<ReadyMail, std::string> prepare_letter(Txn& txn, const Context& context, const store::StoredDelivery& delivery) {
    const auto letter = store::find_mail_letter(txn, context.tools.vault, delivery.target);
    if (!letter || letter->address.empty()) return std::unexpected("letter_gone");
    if (letter->expires_at && *letter->expires_at <= context.now) {
        store::empty_mail_letter(txn, letter->id);
        return std::unexpected("expired");
    }
    if (letter->kind != "test" && address_stopped(txn, context, letter->company, letter->address)) {
        store::empty_mail_letter(txn, letter->id);
        return std::unexpected("address_bounced");
    }
    const auto words = letter_of(letter->kind, letter->language, letter->terms);
    if (!words) return std::unexpected("unknown_letter");
    Envelope envelope;
    envelope.delivery = delivery.id;
    envelope.to = {"", letter->address};
    envelope.language = letter->language;
    envelope.further = {{"X-Entente-Event", letter->kind}};
    envelope.attachment_name = letter->attachment_name;
    envelope.attachment = letter->attachment;
    return sealed_letter(context, letter->kind, envelope, *words);
}

void note_mail_bounce(Txn& txn, const Context& context, const store::StoredDelivery& delivery, std::string_view code) {
    // 5.1.x and a plain 550 say that the address is no good; other permanent codes may be about this one mail.
    const bool stops = code.starts_with("5.1.") || code == "550" || code == "551" || code == "553";
    const auto note = [&](protocol::CompanyId company, const std::string& contact, const store::Hash& index) {
        store::note_bounce(txn, company, contact, index, code, stops, context.now, [&] { return context.tools.draw(); });
    };
    if (delivery.sender == "letter") {
        if (const auto letter = store::find_mail_letter(txn, context.tools.vault, delivery.target))
            note(letter->company, letter->contact, letter->address_index);
        return;
    }
    const auto recipient = store::find_mail_recipient(txn, context.tools.vault, delivery.target);
    if (!recipient) return;
    const auto address = address_of(txn, context, *recipient);
    if (!address) return;
    const store::Hash index = address_index(context.tools.vault, *address);
    if (const auto before = address_index_before(context.tools.vault, *address))
        store::move_bounce(txn, recipient->company, *before, index);
    note(recipient->company, recipient->contact(), index);
}

void mail_settled(Txn& txn, const Context& context, const store::StoredDelivery& delivery, const Answer& answer, bool over) {
    if (answer.end == Answer::End::refused && answer.reason.starts_with(recipient_refused))
        note_mail_bounce(txn, context, delivery, std::string_view(answer.reason).substr(recipient_refused.size()));
    if (over && delivery.sender == "letter") store::empty_mail_letter(txn, delivery.target);
}

}  // namespace entente::operations
