// Asking a customer: to whom a link may go, the link and its mail, and asking by itself for a held case.

#include <algorithm>

#include "certs/digest.hpp"
#include "policy/customer.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/customer_mail.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::AuthorizationState;
using store::CustomerLink;
using store::LinkKind;
using store::StoredAuthorization;

namespace {

constexpr std::int64_t ask_days = 14;
constexpr std::int64_t by_itself_days = 30;  // how long an authorization lasts that the gateway asks for

std::string masked(std::string_view address) {
    const std::size_t at = address.find('@');
    return std::string(address.substr(0, std::min<std::size_t>(1, at))) + "***" +
           std::string(address.substr(std::min(at, address.size())));
}

std::string partner_names(ReadTxn& txn, const protocol::Authorization& z) {
    std::string names;
    for (const protocol::CompanyId partner : z.partners)
        if (const auto company = store::find_company(txn, partner)) names += (names.empty() ? "" : ", ") + company->name;
    return names;
}

bool may_decide(const protocol::Authorization& z) {
    return z.state == AuthorizationState::requested ||
           (z.state == AuthorizationState::granted && z.assurance < protocol::Assurance::confirmed);
}

}  // namespace

bool may_be_asked(ReadTxn& txn, const protocol::Customer& customer, std::string_view address) {
    const auto domains = policy::mail_domains(address);
    if (domains.size() != 1) return false;
    for (const protocol::Company& company : store::all_companies(txn))
        if (policy::domain_within(domains.front(), company.domain)) return false;
    const std::string wanted = lower(address);
    const bool contact =
        std::ranges::any_of(customer.contacts, [&](const auto& known) { return known.confirmed && lower(known.email) == wanted; });
    return contact || std::ranges::any_of(customer.domains, [&](const auto& known) {
               return known.confirmed && policy::domain_within(domains.front(), known.domain);
           });
}

protocol::Language language_of(const protocol::Customer& customer, std::string_view address) {
    const std::string wanted = lower(address);
    const protocol::CustomerContact* first = nullptr;
    for (const protocol::CustomerContact& contact : customer.contacts) {
        if (lower(contact.email) == wanted) return contact.language;
        if (first == nullptr && contact.confirmed) first = &contact;
    }
    return first == nullptr ? protocol::Language::english : first->language;
}

std::string confirmed_contact(ReadTxn& txn, const protocol::Customer& customer) {
    for (const auto& contact : customer.contacts)
        if (contact.confirmed && may_be_asked(txn, customer, contact.email)) return contact.email;
    return {};
}

bool ask_customer(Txn& txn, const Context& context, audit::Record& record, const StoredAuthorization& stored,
                  std::string_view address, protocol::Language language, bool notice) {
    const protocol::Authorization& z = stored.authorization;
    const std::string token = context.tools.secret();
    const auto hash = certs::sha256(protocol::as_bytes(token));
    CustomerLink link;
    link.id = static_cast<std::int64_t>(store::fresh_id(txn, "customer_links", [&] { return context.tools.draw(); }));
    link.kind = LinkKind::ask;
    link.authorization = z.id;
    link.company = z.company;
    link.customer = z.customer;
    link.token_hash.assign(hash.begin(), hash.end());
    link.language = language;
    link.address = address;
    link.created_at = context.now;
    link.expires_at = context.now.plus_seconds(ask_days * 86'400);
    const auto vendor = store::find_company(txn, z.company);
    const bool posted = post_customer_mail(txn, context, record,
                                           {.kind = notice ? CustomerMail::Kind::notice : CustomerMail::Kind::request,
                                            .company = z.company,
                                            .customer = z.customer,
                                            .address = link.address,
                                            .language = language,
                                            .vendor = vendor ? vendor->name : "",
                                            .partners = partner_names(txn, z),
                                            .link = context.tools.settings.public_url + "/authorize/" + token,
                                            .code = {},
                                            .decision = {},
                                            .until = notice ? z.until : link.expires_at});
    if (!posted) return false;
    store::end_ask_links(txn, z.id);  // the newest link is the one that counts
    store::insert_link(txn, context.tools.vault, link);
    store::add_authorization_event(txn, z.id, "link_sent", context.now, stored.requested_by);
    return true;
}

Audited<LinkSent> send_authorization_link(Txn& txn, const Context& context, const Caller& caller, protocol::AuthorizationId id,
                                          const LinkWish& wish) {
    audit::Record record = trust_record(caller, "authorization.link.send", audit::activity_create);
    if (auto allowed = require(caller, Operation::authorization_request); !allowed)
        return refused<LinkSent>(std::move(record), allowed.error());
    const auto stored = store::find_authorization(txn, context.tools.vault, caller.company(), id);
    if (!stored) return refused<LinkSent>(std::move(record), authorization_not_found());
    about(record, *stored);
    if (!may_decide(stored->authorization))
        return refused<LinkSent>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                     .code = "wrong_state",
                                                     .message = "this authorization has been decided; ask anew",
                                                     .next_step = "entente authorization request"});
    const auto customer = store::find_customer(txn, context.tools.vault, caller.company(), stored->authorization.customer);
    if (!customer) return refused<LinkSent>(std::move(record), authorization_not_found());
    const std::string address = wish.contact.empty() ? confirmed_contact(txn, customer->customer) : wish.contact;
    if (address.empty() || !may_be_asked(txn, customer->customer, address))
        return refused<LinkSent>(
            std::move(record),
            {.kind = ErrorKind::forbidden,
             .code = "contact_not_confirmed",
             .message = "a link goes only to a confirmed contact or to a confirmed domain of this customer",
             .next_step = "a colleague confirms it: entente customer confirm " + std::to_string(customer->customer.id.value) +
                          " --contact " + (address.empty() ? std::string("MAIL") : address)});
    if (!ask_customer(txn, context, record, *stored, address, wish.language.value_or(language_of(customer->customer, address)),
                      stored->authorization.emergency))
        return refused<LinkSent>(std::move(record),
                                 {.kind = ErrorKind::wrong_state,
                                  .code = "mail_off",
                                  .message = "this gateway has no mail server, so it cannot write to the customer",
                                  .next_step = "the operator names one: mail.server in its configuration"});
    return {LinkSent{id, masked(address), context.now.plus_seconds(ask_days * 86'400)}, std::move(record)};
}

namespace {

// The mail address that the form gives for the customer, where it is one that may be asked.
std::string contact_in(ReadTxn& txn, const store::StoredCase& c, const protocol::Customer& customer) {
    for (const store::StoredField& field : c.original.fields)
        if (is_customers_mail(field) && may_be_asked(txn, customer, field.value)) return field.value;
    return {};
}

}  // namespace

void ask_for_held_case(Txn& txn, const Context& context, const store::StoredCase& c, audit::Record& record) {
    if (c.flow != protocol::Flow::held || !c.customer || c.hold_reason != "authorization_missing") return;
    const auto company = store::find_company(txn, c.submitter);
    if (!company || !company->asks_customers || !context.tools.settings.mail.on) return;
    const auto customer = store::find_customer(txn, context.tools.vault, c.submitter, c.customer);
    if (!customer) return;
    const std::string address = contact_in(txn, c, customer->customer);
    if (address.empty() || store::asked_already(txn, c.submitter, c.customer, c.receiver, context.now)) return;
    const policy::Decision agreement = judge_agreement(txn, c.submitter, c.receiver, context.now);
    if (agreement.verdict != policy::Verdict::allow) return;

    StoredAuthorization stored;
    protocol::Authorization& z = stored.authorization;
    z.company = c.submitter;
    z.customer = c.customer;
    z.partners = {c.receiver};
    z.purpose = "support";
    z.classes = agreement.released;
    z.not_before = context.now;
    z.until = context.now.plus_seconds(by_itself_days * 86'400);
    z.state = AuthorizationState::requested;
    audit::Record unused;  // the case's record carries the decision; this is only named in it
    insert_new(txn, context, stored, "requested", "gateway", unused);
    record.resources.push_back({"authorization", std::to_string(z.id.value), z.version});
    ask_customer(txn, context, record, stored, address, language_of(customer->customer, address), false);
}

}  // namespace entente::operations
