#include "server/operations/mail_receive.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "certs/mail_tag.hpp"
#include "protocol/connect/decode.hpp"
#include "protocol/mail/reply_text.hpp"
#include "protocol/markup.hpp"
#include "server/operations/case_view.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/mail_parts.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

namespace mail = protocol::mail;
using certs::MailTag;
using mail::ReceivedMail;
using mail::RecipientKind;
using store::MailRecipient;

namespace {

constexpr std::int64_t notice_pause_s = 3'600;
constexpr std::size_t summary_characters = 80;

std::optional<MailTag> tag_in(const Context& context, const ReceivedMail& received) {
    const MailSettings& settings = context.tools.settings.mail;
    for (const std::string& recipient : received.recipients)
        if (const auto text = mail::tag_of(recipient, settings.reply_box))
            for (const protocol::Bytes key : {settings.tag_key, settings.tag_key_before})
                if (!key.empty())
                    if (auto tag = certs::read_mail_tag(key, *text)) return tag;
    return std::nullopt;
}

// Names the mail itself, whatever lines servers on the way put on top of it.
protocol::Hash digest_of(const MailTag& tag, const ReceivedMail& received) {
    std::string all =
        std::to_string(static_cast<int>(tag.purpose)) + "/" + std::to_string(tag.subject) + "/" + std::to_string(tag.holder);
    for (const auto& from : received.from) all += "\n" + from.address;
    for (const auto& one : received.report) all += "\n" + one.action + one.status;
    all += "\n" + received.message_id + "\n" + received.text;
    return certs::sha256(protocol::as_bytes(all));
}

// "mx.example; dmarc=pass ..." of the server that the operator trusts; only the topmost line of that name counts, lines below it
// may have come with the mail.
bool vouched_for(const Context& context, const ReceivedMail& received) {
    const std::string& server = context.tools.settings.mail.authentication_results;
    if (server.empty()) return true;
    for (const std::string& value : received.authentication_results) {
        const std::string words = lower(value);
        const auto end = words.find(';');
        std::string_view by = std::string_view(words).substr(0, end);
        by = by.substr(0, by.find_first_of(" \t"));
        if (by != lower(server)) continue;
        return end != std::string::npos && std::string_view(words).substr(end).contains("dmarc=pass");
    }
    return false;
}

struct Reply {
    const ReceivedMail& mail;
    MailTag tag;
    MailRecipient recipient;
    store::StoredCase c;
    std::optional<protocol::User> author;
};

std::optional<protocol::User> author_of(ReadTxn& txn, const Context& context, const ReceivedMail& received,
                                        const MailRecipient& recipient) {
    if (received.from.size() != 1) return std::nullopt;
    const std::string from = lower(received.from.front().address);
    const auto is_author = [&](const protocol::User& user) { return user.active && lower(user.email) == from; };
    if (recipient.kind == RecipientKind::person) {
        auto stored = store::find_user(txn, context.tools.vault, recipient.person);
        if (stored && is_author(stored->user)) return std::move(stored->user);
        return std::nullopt;
    }
    for (protocol::User& user : store::users_of(txn, context.tools.vault, recipient.company))
        if (is_author(user)) return std::move(user);
    return std::nullopt;
}

protocol::NewNote note_of(const ReceivedMail& received, const std::string& text) {
    constexpr std::size_t room = protocol::connect::limit::note_description - 200;
    protocol::NewNote note;
    note.summary = protocol::strip_tags(protocol::escape_html(mail::first_line(text, summary_characters)));
    std::string words = text;
    if (protocol::utf8_length(words) > room) {
        words = protocol::utf8_prefix(words, room);
        words += "\n[the rest of the mail was cut]";
    }
    if (received.attachments > 0)
        words += "\n\n[" + std::to_string(received.attachments) + " further part(s) of the mail were not taken over]";
    note.description = protocol::paragraphs(words);
    return note;
}

// Tells the person at its own address, not the From line.
void tell_refusal(Txn& txn, const Context& context, audit::Record& record, const Reply& reply, std::string_view reason) {
    if (reply.recipient.kind != RecipientKind::person) return;
    const std::string contact = reply.recipient.contact();
    if (store::letter_since(txn, "reply_refused", contact, reply.c.id, context.now.plus_seconds(-notice_pause_s))) return;
    const auto address = address_of(txn, context, reply.recipient);
    if (!address) return;
    const bool submitter = reply.c.submitter == reply.recipient.company;
    const std::string number = submitter ? reply.c.original.submitter_number : reply.c.original.receiver_number;
    store::MailLetter letter;
    letter.company = reply.recipient.company;
    letter.kind = "reply_refused";
    letter.contact = contact;
    letter.case_id = reply.c.id;
    letter.address = *address;
    letter.language = reply.recipient.preferences.language;
    letter.terms = {{"number", number.empty() ? reply.c.token : number}, {"token", reply.c.token}, {"reason", std::string(reason)}};
    post_own_letter(txn, context, record, letter, store::Owner::company(reply.recipient.company));
}

Caller as_author(const Caller& server, const protocol::User& author, const MailRecipient& recipient) {
    Caller caller;
    caller.principal.kind = certs::PrincipalKind::user;
    caller.principal.id = author.id.value;
    caller.principal.company = recipient.company;
    caller.principal.role = author.role;
    caller.principal.authentication = "mail";
    caller.principal.credential = "";
    caller.request_id = server.request_id;
    return caller;
}

using Taken = Audited<MailTaken>;

Taken not_taken(audit::Record record, std::string outcome) {
    record.outcome = audit::Outcome::failure;
    record.reason = outcome;
    return {MailTaken{std::move(outcome), false}, std::move(record)};
}

Taken take_reply(Txn& txn, const Context& context, const Caller& caller, const MailTag& tag, const ReceivedMail& received,
                 audit::Record record) {
    auto recipient = store::find_mail_recipient(txn, context.tools.vault, tag.holder);
    auto c = store::find_case(txn, context.tools.vault, protocol::CaseId{tag.subject});
    if (!recipient || !c || c->erased) return not_taken(std::move(record), "unknown_address");
    record.parties = {recipient->company};
    record.resources.push_back({"mail_recipient", std::to_string(recipient->id)});
    record.resources.push_back({"case", std::to_string(c->id.value)});
    record.case_scope = c->id;
    const bool party = c->submitter == recipient->company || (c->receiver == recipient->company && c->released_at);
    if (!party) return not_taken(std::move(record), "not_a_party");

    Reply reply{received, tag, std::move(*recipient), std::move(*c), {}};
    reply.author = author_of(txn, context, received, reply.recipient);
    if (!reply.author) return not_taken(std::move(record), "sender_unknown");
    if (!vouched_for(context, received)) return not_taken(std::move(record), "sender_unproven");
    if (tag.expired(context.now)) {
        tell_refusal(txn, context, record, reply, "the reply address has expired");
        return not_taken(std::move(record), "expired");
    }
    const std::string text = mail::reply_text(received.text);
    if (text.empty()) {
        tell_refusal(txn, context, record, reply, "nothing new was found above the mail that you answered");
        return not_taken(std::move(record), "empty");
    }
    auto written =
        add_note(txn, context, as_author(caller, *reply.author, reply.recipient), reply.c.token, note_of(received, text));
    if (written.outcome) return {MailTaken{"note_added", true}, std::move(written.record)};
    const Error& error = written.outcome.error();
    tell_refusal(txn, context, record, reply, error.message);
    return not_taken(std::move(record), error.code);
}

Taken take_report(Txn& txn, const Context& context, const MailTag& tag, const ReceivedMail& received, audit::Record record) {
    if (tag.expired(context.now)) return not_taken(std::move(record), "expired");
    const auto delivery = store::find_delivery(txn, tag.subject);
    if (!delivery || (delivery->sender != "mail" && delivery->sender != "letter"))
        return not_taken(std::move(record), "unknown_address");
    record.parties.clear();
    if (delivery->company) record.parties = {delivery->company};
    record.resources.push_back({"delivery", std::to_string(delivery->id)});
    const auto failed = std::ranges::find_if(
        received.report, [](const mail::ReportedRecipient& one) { return one.action == "failed" && one.status.starts_with("5."); });
    if (failed == received.report.end()) return not_taken(std::move(record), received.is_report ? "not_permanent" : "no_report");
    note_mail_bounce(txn, context, *delivery, failed->status);
    return {MailTaken{"bounce_noted", true}, std::move(record)};
}

Taken take_stop(Txn& txn, const Context& context, const MailTag& tag, audit::Record record) {
    auto recipient = store::find_mail_recipient(txn, context.tools.vault, tag.holder);
    if (!recipient) return not_taken(std::move(record), "unknown_address");
    if (tag.expired(context.now)) return not_taken(std::move(record), "expired");
    record.parties = {recipient->company};
    record.resources.push_back({"mail_recipient", std::to_string(recipient->id)});
    recipient->preferences.telling = mail::Telling::off;
    recipient->preferences.exceptions.clear();
    store::update_mail_recipient(txn, context.tools.vault, *recipient);
    return {MailTaken{"stopped", true}, std::move(record)};
}

}  // namespace

Audited<MailTaken> receive_mail(Txn& txn, const Context& context, const Caller& caller, const ReceivedMail& received) {
    audit::Record record = record_of(caller, "mail.receive", audit::Class::api_activity, audit::activity_create);
    if (auto allowed = require(caller, policy::Operation::operator_admin); !allowed)
        return refused<MailTaken>(std::move(record), allowed.error());
    if (!context.tools.settings.mail.on || !replies_welcome(context))
        return refused<MailTaken>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                      .code = "mail_off",
                                                      .message = "this gateway takes no mails in",
                                                      .next_step = "the operator sets mail.reply_box in the configuration"});
    const auto tag = tag_in(context, received);
    if (!tag) return not_taken(std::move(record), "unknown_address");
    const protocol::Hash digest = digest_of(*tag, received);
    if (store::mail_received(txn, digest)) return {MailTaken{"already_taken", false}, std::move(record)};

    const Taken taken = [&]() -> Taken {
        if (tag->purpose == MailTag::Purpose::bounce) return take_report(txn, context, *tag, received, record);
        if (tag->purpose == MailTag::Purpose::stop) return take_stop(txn, context, *tag, record);
        // Holiday notices and the like would talk to themselves.
        if (received.automatic) return not_taken(record, "ignored_automatic");
        return take_reply(txn, context, caller, *tag, received, record);
    }();
    store::insert_mail_received(txn, digest, taken.outcome->outcome, context.now);
    return taken;
}

}  // namespace entente::operations
