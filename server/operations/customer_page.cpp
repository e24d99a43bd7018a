#include "server/operations/customer_page.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/authorization_record.hpp"
#include "server/operations/customer_mail.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::AuthorizationState;
using store::CustomerLink;
using store::LinkKind;
using store::StoredAuthorization;

namespace {

constexpr std::int64_t code_minutes = 30;
constexpr std::int64_t tries_a_code = 5;
constexpr std::int64_t wrong_a_link = 20;
constexpr std::int64_t codes_an_hour = 5;
constexpr std::int64_t ticket_minutes = 30;
constexpr std::int64_t receipt_days_after = 366;  // beyond the end of the authorization

audit::Record page_record(std::string operation, std::uint8_t activity) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = audit::Class::entity_management;
    record.activity = activity;
    record.authentication = "mailed_link";
    record.role = "customer";
    return record;
}

Error no_link() {
    return {.kind = ErrorKind::not_found, .code = "link_unknown", .message = "this link is not valid or no longer valid"};
}

bool decidable(const protocol::Authorization& z) {
    return z.state == AuthorizationState::requested ||
           (z.state == AuthorizationState::granted && z.assurance < protocol::Assurance::confirmed);
}

// What stands behind a link, for one step of the page.
struct Visit {
    StoredAuthorization stored;
    PageFacts facts;
};

void fill(ReadTxn& txn, const Context& context, Visit& visit) {
    PageFacts& facts = visit.facts;
    facts.authorization = visit.stored.authorization;
    facts.cases = visit.stored.case_tokens;
    facts.decidable = decidable(facts.authorization) && facts.link.kind == LinkKind::ask;
    facts.partners.clear();
    for (const protocol::CompanyId partner : facts.authorization.partners)
        if (auto company = store::find_company(txn, partner)) facts.partners.push_back(std::move(*company));
    if (auto vendor = store::find_company(txn, facts.authorization.company)) facts.vendor = std::move(*vendor);
    if (const auto customer =
            store::find_customer(txn, context.tools.vault, facts.authorization.company, facts.authorization.customer))
        facts.customer = customer->customer.name;
}

Result<Visit> visit_of(ReadTxn& txn, const Context& context, std::string_view token, LinkKind kind, audit::Record& record) {
    const auto hash = certs::sha256(protocol::as_bytes(token));
    auto link = store::find_link(txn, context.tools.vault, kind, hash);
    if (!link || link->expires_at <= context.now) return std::unexpected(no_link());
    auto stored = store::find_authorization(txn, context.tools.vault, link->company, link->authorization);
    if (!stored) return std::unexpected(no_link());
    about(record, *stored);
    record.parties = {link->company};
    Visit visit{std::move(*stored), {}};
    visit.facts.link = std::move(*link);
    fill(txn, context, visit);
    return visit;
}

std::string names_of(const std::vector<protocol::Company>& companies) {
    std::string names;
    for (const protocol::Company& company : companies) names += (names.empty() ? "" : ", ") + company.name;
    return names;
}

CustomerMail mail_to(const PageFacts& facts, CustomerMail::Kind kind) {
    CustomerMail mail;
    mail.kind = kind;
    mail.company = facts.authorization.company;
    mail.customer = facts.authorization.customer;
    mail.address = facts.link.address;
    mail.language = facts.link.language;
    mail.vendor = facts.vendor.name;
    mail.partners = names_of(facts.partners);
    return mail;
}

Audited<PageStep> answer(audit::Record record, Visit visit, Step step) {
    static constexpr std::string_view reasons[] = {"", "", "code_wrong", "code_too_many", "ticket_ended", "incomplete", "too_late"};
    record.reason = reasons[static_cast<int>(step)];
    if (!record.reason.empty()) record.outcome = audit::Outcome::failure;
    PageStep answer;
    answer.step = step;
    answer.facts = std::move(visit.facts);
    return {std::move(answer), std::move(record)};
}

std::string code_of_link(const CustomerLink& link, std::string_view code) {
    std::string text = std::to_string(link.id) + "/";
    for (const char c : code)
        if (c >= '0' && c <= '9') text += c;
    return text;
}

bool right_code(const Context& context, const CustomerLink& link, std::string_view code) {
    const store::Vault& vault = context.tools.vault;
    const std::string text = code_of_link(link, code);
    if (certs::equal_constant_time(*link.code, vault.blind_index("code", text))) return true;
    const auto before = vault.blind_index_before("code", text);  // mailed before the last renewal of the service root
    return before && certs::equal_constant_time(*link.code, *before);
}

// Counts a wrong code; a right one is used up.
Step check_code(Txn& txn, const Context& context, CustomerLink& link, std::string_view code) {
    if (link.wrong_tries >= wrong_a_link) return Step::code_too_many;
    const bool open = link.code && link.code_until > context.now && link.code_tries < tries_a_code;
    const bool right = open && right_code(context, link, code);
    if (right) {
        link.code.reset();
    } else {
        ++link.code_tries;
        ++link.wrong_tries;
    }
    store::update_link(txn, link);
    return right ? Step::done : link.wrong_tries >= wrong_a_link ? Step::code_too_many : Step::code_wrong;
}

protocol::Blob digest_of(std::string_view text) {
    const auto hash = certs::sha256(protocol::as_bytes(text));
    return {hash.begin(), hash.end()};
}

// After a right code the page may do more for a while, without another mail.
std::string new_ticket(Txn& txn, const Context& context, CustomerLink& link) {
    std::string ticket = context.tools.secret();
    link.ticket = digest_of(ticket);
    link.ticket_until = context.now.plus_seconds(ticket_minutes * 60);
    store::update_link(txn, link);
    return ticket;
}

bool ticket_holds(const Context& context, const CustomerLink& link, std::string_view ticket) {
    return link.ticket && link.ticket_until > context.now && certs::equal_constant_time(*link.ticket, digest_of(ticket));
}

std::string make_receipt_link(Txn& txn, const Context& context, const PageFacts& facts) {
    std::string token = context.tools.secret();
    CustomerLink link = facts.link;
    link.id = static_cast<std::int64_t>(store::fresh_id(txn, "customer_links", [&] { return context.tools.draw(); }));
    link.kind = LinkKind::receipt;
    link.token_hash = digest_of(token);
    link.created_at = context.now;
    link.expires_at = std::max(facts.authorization.until, context.now).plus_seconds(receipt_days_after * 86'400);
    store::insert_link(txn, context.tools.vault, link);
    return token;
}

void show_receipt(Txn& txn, const Context& context, const StoredAuthorization& stored, PageStep& step) {
    Disclosed disclosed = disclosed_under(txn, context, stored.authorization.id);
    step.disclosures = std::move(disclosed.looks);
    step.disclosures_total = disclosed.total;
    step.shown = std::move(disclosed.shown);
    step.record = record_with_receipt(txn, context, stored);
}

}  // namespace

Audited<PageFacts> look_at_link(Txn& txn, const Context& context, std::string_view token, LinkKind kind) {
    audit::Record record =
        page_record(kind == LinkKind::ask ? "authorization.page.view" : "authorization.receipt.view", audit::activity_read);
    auto visit = visit_of(txn, context, token, kind, record);
    if (!visit) return refused<PageFacts>(std::move(record), visit.error());
    return {std::move(visit->facts), std::move(record)};
}

Audited<PageStep> send_code(Txn& txn, const Context& context, std::string_view token, LinkKind kind) {
    audit::Record record = page_record("authorization.code.send", audit::activity_create);
    auto visit = visit_of(txn, context, token, kind, record);
    if (!visit) return refused<PageStep>(std::move(record), visit.error());
    CustomerLink& link = visit->facts.link;
    if (link.codes_since.plus_seconds(3'600) <= context.now) {
        link.codes_since = context.now;
        link.codes_sent = 0;
    }
    if (link.codes_sent >= codes_an_hour || link.wrong_tries >= wrong_a_link)
        return answer(std::move(record), std::move(*visit), Step::code_too_many);
    std::string code = std::to_string(context.tools.draw() % 100'000'000 + 100'000'000).substr(1);
    const auto index = context.tools.vault.blind_index("code", code_of_link(link, code));
    link.code.emplace(index.begin(), index.end());
    link.code_until = context.now.plus_seconds(code_minutes * 60);
    link.code_tries = 0;
    ++link.codes_sent;
    store::update_link(txn, link);
    CustomerMail mail = mail_to(visit->facts, CustomerMail::Kind::code);
    mail.code = code.substr(0, 4) + " " + code.substr(4);
    mail.until = link.code_until;
    post_customer_mail(txn, context, record, mail);
    return answer(std::move(record), std::move(*visit), Step::code_sent);
}

namespace {

// Applies the customer's word; false when it is no decision that can be taken. `narrowed`: less than was asked.
bool apply(protocol::Authorization& z, const CustomerDecision& decision, Instant now, bool& narrowed) {
    const Instant asked = z.emergency ? z.asked_until : z.until;
    const Instant until = decision.until.value_or(asked);
    std::vector<protocol::CompanyId> partners;
    for (const protocol::CompanyId partner : z.partners)
        if (std::ranges::find(decision.partners, partner) != decision.partners.end()) partners.push_back(partner);
    const protocol::DataClasses classes = z.classes.both(decision.classes);
    if (partners.empty() || classes.empty() || until > asked || until <= now) return false;
    narrowed = partners.size() < z.partners.size() || classes != z.classes || until < asked;
    z.partners = std::move(partners);
    z.classes = classes;
    z.emergency = false;
    z.until = until;
    z.state = AuthorizationState::granted;
    z.assurance = protocol::Assurance::confirmed;
    return true;
}

}  // namespace

std::optional<Instant> asked_end(ReadTxn& txn, const Context& context, std::string_view token) {
    audit::Record unused;
    const auto visit = visit_of(txn, context, token, LinkKind::ask, unused);
    if (!visit) return std::nullopt;
    const protocol::Authorization& z = visit->stored.authorization;
    return z.emergency ? z.asked_until : z.until;
}

Audited<PageStep> decide_by_customer(Txn& txn, const Context& context, std::string_view token, const CustomerDecision& decision) {
    audit::Record record = page_record("authorization.decide", audit::activity_update);
    auto visit = visit_of(txn, context, token, LinkKind::ask, record);
    if (!visit) return refused<PageStep>(std::move(record), visit.error());
    txn.lock("authorization/" + std::to_string(visit->stored.authorization.id.value));
    if (!visit->facts.decidable) return answer(std::move(record), std::move(*visit), Step::too_late);
    // What is wrong with the form is told before the code is used up.
    StoredAuthorization decided = visit->stored;
    bool narrowed = false;
    if (decision.approve && !apply(decided.authorization, decision, context.now, narrowed))
        return answer(std::move(record), std::move(*visit), Step::incomplete);
    if (const Step code = check_code(txn, context, visit->facts.link, decision.code); code != Step::done)
        return answer(std::move(record), std::move(*visit), code);
    if (!decision.approve) decided.authorization.state = AuthorizationState::refused;
    decided.authorization.obtained_how = "the customer's page; link and code mailed to a confirmed contact";
    record.authentication = "mailed_code";
    save_authorization(txn, context, decided,
                       !decision.approve ? std::string_view("refused")
                       : narrowed        ? std::string_view("narrowed")
                                         : "confirmed",
                       "customer", record);
    store::keep_only_partners(txn, decided.authorization);
    std::vector<protocol::CaseId> cases = cases_to_follow(txn, decided.authorization);
    visit->stored = std::move(decided);
    fill(txn, context, *visit);
    const std::string receipt = make_receipt_link(txn, context, visit->facts);
    CustomerMail mail = mail_to(visit->facts, CustomerMail::Kind::receipt);
    mail.link = context.tools.settings.public_url + "/receipt/" + receipt;
    mail.decision = !decision.approve ? "refused" : narrowed ? "narrowed" : "approved";
    mail.until = visit->facts.authorization.until;
    mail.record = record_with_receipt(txn, context, visit->stored);
    post_customer_mail(txn, context, record, mail);
    // The link stays for a look until it ends; it decides nothing any more.
    Audited<PageStep> done = answer(std::move(record), *visit, Step::done);
    done.outcome->receipt_token = receipt;
    done.outcome->cases = std::move(cases);
    show_receipt(txn, context, visit->stored, *done.outcome);
    return done;
}

Audited<PageStep> open_receipt(Txn& txn, const Context& context, std::string_view token, std::string_view code) {
    audit::Record record = page_record("authorization.receipt.open", audit::activity_read);
    auto visit = visit_of(txn, context, token, LinkKind::receipt, record);
    if (!visit) return refused<PageStep>(std::move(record), visit.error());
    if (const Step step = check_code(txn, context, visit->facts.link, code); step != Step::done)
        return answer(std::move(record), std::move(*visit), step);
    record.authentication = "mailed_code";
    const std::string ticket = new_ticket(txn, context, visit->facts.link);
    Audited<PageStep> done = answer(std::move(record), *visit, Step::done);
    done.outcome->ticket = ticket;
    show_receipt(txn, context, visit->stored, *done.outcome);
    return done;
}

Audited<PageStep> withdraw_by_customer(Txn& txn, const Context& context, std::string_view token, std::string_view ticket) {
    audit::Record record = page_record("authorization.withdraw", audit::activity_update);
    auto visit = visit_of(txn, context, token, LinkKind::receipt, record);
    if (!visit) return refused<PageStep>(std::move(record), visit.error());
    txn.lock("authorization/" + std::to_string(visit->stored.authorization.id.value));
    if (!ticket_holds(context, visit->facts.link, ticket)) return answer(std::move(record), std::move(*visit), Step::ticket_ended);
    record.authentication = "mailed_code";
    std::vector<protocol::CaseId> cases;
    if (visit->stored.authorization.state != AuthorizationState::granted)
        return answer(std::move(record), std::move(*visit), Step::too_late);
    visit->stored.authorization.state = AuthorizationState::withdrawn;
    visit->stored.reason = "withdrawn by the customer on the page";
    save_authorization(txn, context, visit->stored, "withdrawn", "customer", record);
    cases = cases_to_follow(txn, visit->stored.authorization);
    fill(txn, context, *visit);
    CustomerMail mail = mail_to(visit->facts, CustomerMail::Kind::receipt);
    mail.link = context.tools.settings.public_url + "/receipt/" + std::string(token);
    mail.decision = "withdrawn";
    mail.record = record_with_receipt(txn, context, visit->stored);
    mail.until = context.now;
    post_customer_mail(txn, context, record, mail);
    Audited<PageStep> done = answer(std::move(record), *visit, Step::done);
    done.outcome->ticket = ticket;
    done.outcome->cases = std::move(cases);
    show_receipt(txn, context, visit->stored, *done.outcome);
    return done;
}

Audited<PageStep> download_record(Txn& txn, const Context& context, std::string_view token, std::string_view ticket) {
    audit::Record record = page_record("authorization.record", audit::activity_read);
    auto visit = visit_of(txn, context, token, LinkKind::receipt, record);
    if (!visit) return refused<PageStep>(std::move(record), visit.error());
    if (!ticket_holds(context, visit->facts.link, ticket)) return answer(std::move(record), std::move(*visit), Step::ticket_ended);
    record.authentication = "mailed_code";
    Audited<PageStep> done = answer(std::move(record), *visit, Step::done);
    show_receipt(txn, context, visit->stored, *done.outcome);
    return done;
}

}  // namespace entente::operations
