// Whom an event concerns, and the mails that follow from it. Letters: mail_letters.cpp.

#include "server/operations/mail_send.hpp"

#include <algorithm>

#include "certs/mail_tag.hpp"
#include "protocol/mail/letters.hpp"
#include "protocol/mail/mime_write.hpp"
#include "protocol/mail/words.hpp"
#include "protocol/markup.hpp"
#include "server/operations/case_gate.hpp"
#include "server/operations/case_view.hpp"
#include "server/operations/mail_parts.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

namespace mail = protocol::mail;
using mail::RecipientKind;
using mail::Telling;
using protocol::Side;
using store::MailRecipient;

namespace {

// Events older than this when they are planned are history: mails were switched on after them.
constexpr std::int64_t stale_seconds = 24 * 3'600;
constexpr int digest_entries_max = 200;
constexpr std::size_t content_characters_max = 5'000;

// A person who takes part and never chose gets every event at once.
bool give_rows(Txn& txn, const Context& context, const protocol::Event& event, const std::vector<protocol::UserId>& people) {
    for (const protocol::UserId person : people) {
        MailRecipient recipient;
        recipient.id = store::fresh_id(txn, "mail_recipients", [&] { return context.tools.draw(); });
        recipient.company = event.company;
        recipient.kind = RecipientKind::person;
        recipient.person = person;
        recipient.preferences.language = store::mail_settings_of(txn, event.company).language;
        store::insert_mail_recipient(txn, context.tools.vault, recipient, event.time);
    }
    return !people.empty();
}

bool concerns(const MailRecipient& recipient, const protocol::Event& event, protocol::DepartmentId department) {
    // Nobody is told what the own company does, except a ticket system that keeps a copy.
    if (event.by == event.company && recipient.kind != RecipientKind::copy) return false;
    if (recipient.created_at > event.time) return false;
    return !recipient.department || (event.side == Side::receiver && recipient.department == department);
}

struct Told {
    protocol::CaseView view;
    protocol::Flow flow;
    bool erased = false;
    Shown shown{};
};

std::optional<Told> case_as_told(ReadTxn& txn, const Context& context, const protocol::Event& event) {
    auto c = store::find_case(txn, context.tools.vault, event.case_id);
    if (!c || (event.side == Side::receiver && !c->released_at)) return std::nullopt;
    const protocol::Flow flow = flow_now(txn, *c, context.now);
    return Told{view_case(txn, context.tools, *c, event.side, context.now), flow, c->erased, {c->id, c->version, c->gate_epoch}};
}

std::string own_number(const protocol::CaseView& view, Side side) {
    const std::string number = side == Side::submitter ? view.submitter_case_number : view.receiver_case_number.value_or("");
    return number.empty() ? view.token : number;
}

std::string who_did_it(const protocol::Event& event, const protocol::CaseView& view, protocol::Language language) {
    if (!event.by)
        return event.kind == protocol::EventKind::feedback_given ? std::string(mail::words::the_customer[language]) : "Entente";
    return event.by == view.submit_company ? view.submit_company_name : view.receive_company_name;
}

std::string plain(std::string_view html) {
    return protocol::visible_text(html);
}

std::string joined(std::initializer_list<std::string> texts) {
    std::string out;
    for (const std::string& text : texts)
        if (!text.empty()) out += (out.empty() ? "" : "\n\n") + text;
    return out;
}

// The words that the event is about, as far as the view of this side has them.
mail::CaseContent content_of(const protocol::Event& event, const protocol::CaseView& view) {
    mail::CaseContent content;
    content.summary = view.summary;
    using Type = protocol::EventSubject::Type;
    if (event.subject.type == Type::note) {
        for (const protocol::NoteView& note : view.notes)
            if (note.id.value == event.subject.id) content.written = joined({note.summary, plain(note.description)});
    } else if (event.subject.type == Type::response) {
        for (const protocol::ResponseView& response : view.responses)
            if (response.id.value == event.subject.id)
                content.written = joined(
                    {response.requested_information.value_or(""), response.reason.value_or(""), response.next_steps.value_or("")});
    } else if (event.kind == protocol::EventKind::case_created) {
        content.written = plain(view.description.value_or(""));
    }
    content.written = protocol::utf8_prefix(content.written, content_characters_max);
    return content;
}

mail::CaseFacts facts_of(ReadTxn& txn, const Context& context, const MailRecipient& recipient, const protocol::Event& event,
                         const Told& told) {
    const protocol::CaseView& view = told.view;
    const bool submitter = event.side == Side::submitter;
    mail::CaseFacts facts;
    facts.number = own_number(view, event.side);
    facts.token = view.token;
    facts.company = submitter ? view.submit_company_name : view.receive_company_name;
    facts.partner = submitter ? view.receive_company_name : view.submit_company_name;
    const std::string theirs = own_number(view, protocol::other(event.side));
    facts.partner_number = theirs == view.token ? "" : theirs;
    facts.status = view.status;
    facts.flow = told.flow;
    facts.respond_by = view.respond_by;
    facts.link = case_link(context, view.token);
    facts.mailbox = recipient.kind != RecipientKind::person;
    facts.replies = replies_welcome(context) && recipient.kind != RecipientKind::copy;
    if (const auto company = store::find_company(txn, recipient.company)) facts.company = company->name;
    return facts;
}

std::expected<ReadyMail, std::string> event_mail(ReadTxn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                 const MailRecipient& recipient, const std::string& address,
                                                 const protocol::Event& event) {
    const auto told = case_as_told(txn, context, event);
    if (!told) return std::unexpected("not_visible");
    const store::MailCompany company = store::mail_settings_of(txn, recipient.company);
    const mail::CaseFacts facts = facts_of(txn, context, recipient, event, *told);
    std::optional<mail::CaseContent> content;
    if (company.content && !told->erased && told->flow != protocol::Flow::frozen) content = content_of(event, told->view);
    const mail::Letter letter =
        mail::case_letter(recipient.preferences.language, facts, event.kind,
                          who_did_it(event, told->view, recipient.preferences.language), content ? &*content : nullptr);
    Envelope envelope;
    envelope.delivery = delivery.id;
    envelope.to = {name_of(txn, context, recipient), address};
    envelope.language = recipient.preferences.language;
    envelope.thread = told->view.token;
    envelope.reply_case = facts.replies ? event.case_id : protocol::CaseId{};
    envelope.recipient = recipient.id;
    envelope.may_stop = recipient.kind != RecipientKind::copy;
    envelope.further = {{"X-Entente-Event", std::string(protocol::name(event.kind))}, {"X-Entente-Case", told->view.token}};
    envelope.plain_only = recipient.kind == RecipientKind::copy;
    ReadyMail ready = sealed_letter(context, std::string(protocol::name(event.kind)), envelope, letter);
    if (content) ready.shows = told->shown;
    return ready;
}

std::string who_changed(ReadTxn& txn, const protocol::Event& event) {
    const auto company = event.by ? store::find_company(txn, event.by) : std::nullopt;
    return company ? company->name : "Entente";
}

std::expected<ReadyMail, std::string> agreement_mail(ReadTxn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                     const MailRecipient& recipient, const std::string& address,
                                                     const protocol::Event& event) {
    const auto agreement = store::find_agreement(txn, context.tools.vault, {event.subject.id});
    const auto company = store::find_company(txn, recipient.company);
    if (!agreement || !company) return std::unexpected("not_visible");
    const mail::AgreementFacts facts{.id = std::to_string(event.subject.id),
                                     .title = agreement->title,
                                     .company = company->name,
                                     .who = who_changed(txn, event),
                                     .mailbox = recipient.kind != RecipientKind::person};
    Envelope envelope;
    envelope.delivery = delivery.id;
    envelope.to = {name_of(txn, context, recipient), address};
    envelope.language = recipient.preferences.language;
    envelope.recipient = recipient.id;
    envelope.may_stop = recipient.kind != RecipientKind::copy;
    envelope.further = {{"X-Entente-Event", std::string(protocol::name(event.kind))}, {"X-Entente-Agreement", facts.id}};
    envelope.plain_only = recipient.kind == RecipientKind::copy;
    return sealed_letter(context, std::string(protocol::name(event.kind)), envelope,
                         mail::agreement_letter(recipient.preferences.language, facts));
}

std::expected<ReadyMail, std::string> digest_mail(Txn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                  const MailRecipient& recipient, const std::string& address) {
    std::vector<mail::DigestItem> items;
    for (const store::DigestEntry& entry : store::bundle_digest(txn, recipient.id, delivery.id, digest_entries_max)) {
        const auto event = store::find_event(txn, recipient.company, entry.event_idx, entry.event_seq);
        if (!event || !may_tell(txn, *event, context.now)) continue;
        const protocol::Event& what = event->view.event;
        if (what.subject.type == protocol::EventSubject::Type::agreement) {
            items.push_back({std::to_string(what.subject.id), who_changed(txn, what), what.kind, what.time});
            continue;
        }
        const auto told = case_as_told(txn, context, what);
        if (!told) continue;
        items.push_back({own_number(told->view, what.side), who_did_it(what, told->view, recipient.preferences.language), what.kind,
                         what.time});
    }
    if (items.empty()) return std::unexpected("nothing_to_tell");
    const auto company = store::find_company(txn, recipient.company);
    Envelope envelope;
    envelope.delivery = delivery.id;
    envelope.to = {name_of(txn, context, recipient), address};
    envelope.language = recipient.preferences.language;
    envelope.recipient = recipient.id;
    envelope.may_stop = true;
    envelope.further = {{"X-Entente-Event", "digest"}};
    return sealed_letter(context, "digest", envelope,
                         mail::digest_letter(recipient.preferences.language, company ? company->name : "",
                                             recipient.kind != RecipientKind::person, items, context.tools.settings.public_url));
}

}  // namespace

std::optional<std::string> address_of(ReadTxn& txn, const Context& context, const MailRecipient& recipient) {
    if (recipient.kind != RecipientKind::person) return mail::clean_address(recipient.address);
    const auto stored = store::find_user(txn, context.tools.vault, recipient.person);
    if (!stored || !stored->user.active) return std::nullopt;
    return mail::clean_address(stored->user.email);
}

void plan_mails(Txn& txn, const Context& context, const protocol::Event& event, std::vector<Planned>& wanted) {
    if (event.time.plus_seconds(stale_seconds) < context.now) return;
    // What the gateway itself notes beside a step is told by the event of that step.
    using Type = protocol::EventSubject::Type;
    if (event.subject.type == Type::note && store::note_of_gateway(txn, {event.subject.id})) return;
    const bool agreement = event.subject.type == Type::agreement;
    if (event.by != event.company && give_rows(txn, context, event,
                                               agreement ? store::agreement_people_without_row(txn, event.company)
                                                         : store::followers_without_row(txn, event.company, event.case_id)))
        wanted.push_back({.noted = true});
    std::optional<protocol::DepartmentId> department;
    const auto all = agreement ? store::agreement_recipients(txn, context.tools.vault, event.company)
                               : store::mail_recipients_for(txn, context.tools.vault, event.company, event.case_id);
    for (const MailRecipient& recipient : all) {
        if (recipient.department && !department) department = store::department_of_case(txn, event.case_id);
        if (!concerns(recipient, event, department.value_or(protocol::DepartmentId{}))) continue;
        Telling telling = mail::telling_of(recipient.preferences, event.kind);
        if (telling == Telling::off) continue;
        if (telling == Telling::digest && recipient.kind == RecipientKind::copy) telling = Telling::immediate;
        if (telling == Telling::immediate) {
            wanted.push_back({.target = recipient.id});
            continue;
        }
        store::insert_digest_entry(txn, recipient.id, {event.cursor, event.ordinal}, context.now);
        wanted.push_back({.noted = true});
        if (!store::open_digest(txn, recipient.id))
            wanted.push_back(
                {.target = recipient.id, .due_at = mail::next_digest(recipient.preferences, context.now), .without_event = true});
    }
}

std::expected<ReadyMail, std::string> prepare_mail(Txn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                   const store::StoredEvent* event) {
    const auto recipient = store::find_mail_recipient(txn, context.tools.vault, delivery.target);
    if (!recipient) return std::unexpected("recipient_gone");
    const auto address = address_of(txn, context, *recipient);
    if (!address) return std::unexpected("recipient_gone");
    if (address_stopped(txn, context, recipient->company, *address)) return std::unexpected("address_bounced");
    if (event == nullptr) return digest_mail(txn, context, delivery, *recipient, *address);
    if (event->view.event.subject.type == protocol::EventSubject::Type::agreement)
        return agreement_mail(txn, context, delivery, *recipient, *address, event->view.event);
    return event_mail(txn, context, delivery, *recipient, *address, event->view.event);
}

}  // namespace entente::operations
