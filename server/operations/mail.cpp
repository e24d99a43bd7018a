// What people want to be told by mail, a company's mailboxes and outbox, and mails on demand.

#include "server/operations/mail.hpp"

#include "protocol/mail/address.hpp"
#include "server/operations/mail_parts.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/deliveries.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

namespace mail = protocol::mail;
using mail::RecipientKind;
using policy::Operation;
using protocol::CompanyId;
using store::MailRecipient;

namespace {

constexpr std::size_t mailboxes_max = 200;

Error person_needed() {
    return {.kind = ErrorKind::forbidden, .code = "person_needed", .message = "only a person has preferences for mails of its own"};
}

Result<store::StoredUser> person_behind(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (caller.principal.kind != certs::PrincipalKind::user) return std::unexpected(person_needed());
    auto stored = store::find_user(txn, context.tools.vault, {caller.principal.id});
    if (!stored) return std::unexpected(person_needed());
    return std::move(*stored);
}

MailRecipient row_for(ReadTxn& txn, const Context& context, const protocol::User& user) {
    if (auto known = store::find_mail_recipient_of(txn, context.tools.vault, user.id)) return std::move(*known);
    MailRecipient recipient;
    recipient.company = user.company;
    recipient.kind = RecipientKind::person;
    recipient.person = user.id;
    recipient.preferences.language = store::mail_settings_of(txn, user.company).language;
    return recipient;
}

// Gives a row that is not stored yet its place.
void save(Txn& txn, const Context& context, MailRecipient& recipient) {
    if (recipient.id != 0) return store::update_mail_recipient(txn, context.tools.vault, recipient);
    recipient.id = store::fresh_id(txn, "mail_recipients", [&] { return context.tools.draw(); });
    recipient.created_at = context.now;
    store::insert_mail_recipient(txn, context.tools.vault, recipient, context.now);
}

OwnPreferences preferences_of(ReadTxn& txn, const Context& context, const MailRecipient& recipient, const protocol::User& user) {
    const bool stopped = address_stopped(txn, context, user.company, user.email);
    return {recipient.preferences, user.email, context.tools.settings.mail.on, stopped};
}

audit::Record mail_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

Result<CompanyId> administered(ReadTxn& txn, const Caller& caller) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    return acting_for(txn, caller, {});
}

Error box_not_found() {
    return {.kind = ErrorKind::not_found, .code = "mailbox_not_found", .message = "there is no such mailbox"};
}

// A mailbox lies with the company: an address elsewhere would carry its business out of the house.
Result<void> check_box(ReadTxn& txn, CompanyId company, MailRecipient& box) {
    const auto address = mail::clean_address(box.address);
    if (!address) return std::unexpected(invalid("/address", "invalid", "is no mail address"));
    const auto owner = store::find_company(txn, company);
    const std::string domain(mail::split_address(*address).domain);
    if (!owner || (domain != owner->domain && !domain.ends_with("." + owner->domain)))
        return std::unexpected(invalid("/address", "wrong_domain", "must be on the company's own mail domain"));
    box.address = *address;
    if (!box.department) return {};
    const auto department = store::find_department(txn, box.department);
    if (!department || department->company != company)
        return std::unexpected(invalid("/department", "unknown", "is no department of the company"));
    return {};
}

}  // namespace

Result<OwnPreferences> read_mail_preferences(ReadTxn& txn, const Context& context, const Caller& caller) {
    const auto person = person_behind(txn, context, caller);
    if (!person) return std::unexpected(person.error());
    return preferences_of(txn, context, row_for(txn, context, person->user), person->user);
}

Audited<OwnPreferences> set_mail_preferences(Txn& txn, const Context& context, const Caller& caller,
                                             const mail::Preferences& preferences) {
    audit::Record record = mail_record(caller, "mail.preferences.change", audit::activity_update);
    const auto person = person_behind(txn, context, caller);
    if (!person) return refused<OwnPreferences>(std::move(record), person.error());
    MailRecipient recipient = row_for(txn, context, person->user);
    recipient.preferences = preferences;
    save(txn, context, recipient);
    record.resources.push_back({"mail_recipient", std::to_string(recipient.id)});
    return {preferences_of(txn, context, recipient, person->user), std::move(record)};
}

Result<std::vector<MailRecipient>> list_mailboxes(ReadTxn& txn, const Context& context, const Caller& caller) {
    const auto company = administered(txn, caller);
    if (!company) return std::unexpected(company.error());
    return store::mailboxes_of(txn, context.tools.vault, *company);
}

Audited<MailRecipient> add_mailbox(Txn& txn, const Context& context, const Caller& caller, MailRecipient box) {
    audit::Record record = mail_record(caller, "mail.box.create", audit::activity_create);
    const auto company = administered(txn, caller);
    if (!company) return refused<MailRecipient>(std::move(record), company.error());
    if (auto valid = check_box(txn, *company, box); !valid) return refused<MailRecipient>(std::move(record), valid.error());
    if (store::mailboxes_of(txn, context.tools.vault, *company).size() >= mailboxes_max)
        return refused<MailRecipient>(
            std::move(record),
            {.kind = ErrorKind::conflict, .code = "too_many_mailboxes", .message = "a company has at most 200 mailboxes"});
    box.id = 0;
    box.company = *company;
    box.person = {};
    save(txn, context, box);
    record.resources.push_back({"mail_recipient", std::to_string(box.id)});
    return {std::move(box), std::move(record)};
}

Audited<MailRecipient> change_mailbox(Txn& txn, const Context& context, const Caller& caller, std::int64_t id, MailRecipient box) {
    audit::Record record = mail_record(caller, "mail.box.change", audit::activity_update);
    const auto company = administered(txn, caller);
    if (!company) return refused<MailRecipient>(std::move(record), company.error());
    const auto known = store::find_mail_recipient(txn, context.tools.vault, id);
    if (!known || known->company != *company || known->kind == RecipientKind::person)
        return refused<MailRecipient>(std::move(record), box_not_found());
    if (auto valid = check_box(txn, *company, box); !valid) return refused<MailRecipient>(std::move(record), valid.error());
    box.id = id;
    box.company = *company;
    box.person = {};
    box.created_at = known->created_at;
    save(txn, context, box);
    record.resources.push_back({"mail_recipient", std::to_string(id)});
    return {std::move(box), std::move(record)};
}

Audited<bool> remove_mailbox(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = mail_record(caller, "mail.box.remove", audit::activity_delete);
    const auto company = administered(txn, caller);
    if (!company) return refused<bool>(std::move(record), company.error());
    const auto known = store::find_mail_recipient(txn, context.tools.vault, id);
    if (!known || known->company != *company || known->kind == RecipientKind::person)
        return refused<bool>(std::move(record), box_not_found());
    store::stop_deliveries(txn, {"mail", id}, "recipient_gone", context.now);
    store::remove_mail_recipient(txn, id);
    record.resources.push_back({"mail_recipient", std::to_string(id)});
    return {true, std::move(record)};
}

Result<store::MailCompany> read_mail_settings(ReadTxn& txn, const Caller& caller) {
    const auto company = administered(txn, caller);
    if (!company) return std::unexpected(company.error());
    return store::mail_settings_of(txn, *company);
}

Audited<store::MailCompany> set_mail_settings(Txn& txn, const Context&, const Caller& caller, const store::MailCompany& settings) {
    audit::Record record =
        mail_record(caller, settings.content ? "mail.content.allow" : "mail.content.forbid", audit::activity_update);
    const auto company = administered(txn, caller);
    if (!company) return refused<store::MailCompany>(std::move(record), company.error());
    store::set_mail_settings(txn, *company, settings);
    record.resources.push_back({"company", std::to_string(company->value)});
    return {settings, std::move(record)};
}

Result<std::vector<store::OutboxRow>> list_mail_outbox(ReadTxn& txn, const Caller& caller, std::string_view state,
                                                       std::int64_t before, int limit) {
    if (caller.is_operator()) return store::mail_outbox(txn, {}, state, before, limit);  // its own test mails: company none
    const auto company = administered(txn, caller);
    if (!company) return std::unexpected(company.error());
    return store::mail_outbox(txn, *company, state, before, limit);
}

Result<std::vector<store::MailBounce>> list_mail_bounces(ReadTxn& txn, const Caller& caller) {
    const auto company = administered(txn, caller);
    if (!company) return std::unexpected(company.error());
    return store::bounces_of(txn, *company);
}

Audited<bool> clear_mail_bounce(Txn& txn, const Context&, const Caller& caller, std::int64_t id) {
    audit::Record record = mail_record(caller, "mail.bounce.clear", audit::activity_delete);
    const auto company = administered(txn, caller);
    if (!company) return refused<bool>(std::move(record), company.error());
    if (!store::clear_bounce(txn, *company, id))
        return refused<bool>(std::move(record),
                             {.kind = ErrorKind::not_found, .code = "bounce_not_found", .message = "there is no such bounce"});
    record.resources.push_back({"mail_bounce", std::to_string(id)});
    return {true, std::move(record)};
}

namespace {

Error mail_off() {
    return {.kind = ErrorKind::wrong_state,
            .code = "mail_off",
            .message = "this gateway sends no mails",
            .next_step = "the operator sets mail.server and mail.from in the configuration"};
}

}  // namespace

Audited<MailQueued> send_test_mail(Txn& txn, const Context& context, const Caller& caller, const std::string& address) {
    audit::Record record = mail_record(caller, "mail.test", audit::activity_create);
    if (!context.tools.settings.mail.on) return refused<MailQueued>(std::move(record), mail_off());
    store::MailLetter letter;
    letter.kind = "test";
    letter.address = address;
    store::Owner owner = store::Owner::gateway();
    if (caller.is_operator()) {
        letter.contact = "operator/" + std::to_string(caller.principal.id);
        if (!mail::clean_address(address))
            return refused<MailQueued>(std::move(record), invalid("/address", "invalid", "is no mail address"));
        letter.terms = {{"company", "Entente"}};
    } else {
        const auto person = person_behind(txn, context, caller);
        if (!person) return refused<MailQueued>(std::move(record), person.error());
        if (!address.empty() && lower(address) != lower(person->user.email))
            return refused<MailQueued>(std::move(record),
                                       invalid("/address", "not_allowed", "a test mail goes to your own address; leave this out"));
        const auto company = store::find_company(txn, caller.company());
        letter.company = caller.company();
        letter.contact = "person/" + std::to_string(caller.principal.id);
        letter.address = person->user.email;
        letter.language = row_for(txn, context, person->user).preferences.language;
        letter.terms = {{"company", company ? company->name : ""}};
        owner = store::Owner::company(caller.company());
    }
    const std::int64_t delivery = post_own_letter(txn, context, record, letter, owner);
    if (delivery == 0)
        return refused<MailQueued>(std::move(record),
                                   invalid("/address", "invalid", "your profile has no mail address that can be written to"));
    record.resources.push_back({"delivery", std::to_string(delivery)});
    return {MailQueued{delivery}, std::move(record)};
}

Audited<MailQueued> send_digest_now(Txn& txn, const Context& context, const Caller& caller) {
    audit::Record record = mail_record(caller, "mail.digest", audit::activity_create);
    if (!context.tools.settings.mail.on) return refused<MailQueued>(std::move(record), mail_off());
    const auto person = person_behind(txn, context, caller);
    if (!person) return refused<MailQueued>(std::move(record), person.error());
    const MailRecipient recipient = row_for(txn, context, person->user);
    if (recipient.id == 0 || !store::has_waiting_digest(txn, recipient.id)) return {MailQueued{}, std::move(record)};
    record.fills_outbox = true;
    MailQueued queued;
    if (const auto open = store::open_digest(txn, recipient.id)) {
        store::make_due(txn, *open, context.now);
        queued.delivery = *open;
    } else {
        store::StoredDelivery delivery;
        delivery.sender = "mail";
        delivery.target = recipient.id;
        delivery.company = recipient.company;
        delivery.due_at = context.now;
        delivery.created_at = context.now;
        store::insert_delivery(txn, delivery, [&] { return context.tools.draw(); });
        queued.delivery = delivery.id;
    }
    record.resources.push_back({"delivery", std::to_string(queued.delivery)});
    return {queued, std::move(record)};
}

}  // namespace entente::operations
