#include "server/operations/feedback.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/reader.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/customer_mail.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::CaseOwner;
using protocol::CaseWork;
using protocol::LifeMove;
using store::CustomerLink;
using store::LinkKind;
using store::StoredCase;

namespace {

constexpr std::int64_t link_days = 30;
constexpr std::int64_t usual_period_days = 365;

audit::Record feedback_record(std::string operation, std::uint8_t activity) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = audit::Class::entity_management;
    record.activity = activity;
    record.authentication = "mailed_link";
    record.role = "customer";
    return record;
}

std::string company_called(ReadTxn& txn, protocol::CompanyId id) {
    const auto company = store::find_company(txn, id);
    return company ? company->name : "";
}

// What stands behind a link: the case, and the page as it is now.
struct Behind {
    StoredCase c;
    protocol::Life life;
    FeedbackVisit visit;
};

Result<Behind> behind(ReadTxn& txn, const Context& context, std::string_view token, audit::Record& record) {
    auto link = store::find_link(txn, context.tools.vault, LinkKind::feedback, certs::sha256(protocol::as_bytes(token)));
    auto c = link && link->expires_at > context.now ? store::find_case(txn, context.tools.vault, link->case_id) : std::nullopt;
    if (!c || c->erased) return fail(ErrorKind::not_found, "link_unknown", "this link is not valid or no longer valid");
    about(record, *c);
    Behind found{.c = *std::move(c), .life = {}, .visit = {}};
    found.life = life_of(txn, found.c);
    FeedbackVisit& visit = found.visit;
    visit.link = *std::move(link);
    visit.vendor = company_called(txn, found.c.submitter);
    visit.partners = company_called(txn, found.c.receiver);
    visit.token = found.c.token;
    for (const protocol::Feedback& given : found.life.facts.feedback)
        if (given.by == CaseOwner::customer) visit.score = given.score;
    if (found.life.current().turn.work != CaseWork::closed) visit.step = FeedbackVisit::Step::over;
    return found;
}

// Whom to write to: the mailbox from which the customer answered last, while its yes holds.
std::optional<CustomerLink> mailbox_of(ReadTxn& txn, const Context& context, const StoredCase& c) {
    const auto company = store::find_company(txn, c.submitter);
    if (!company || !company->asks_customers || !context.tools.settings.mail.on || !c.customer || !c.authorization)
        return std::nullopt;
    const auto stored = store::find_authorization(txn, context.tools.vault, c.submitter, c.authorization);
    if (!stored || stored->authorization.state != protocol::AuthorizationState::granted) return std::nullopt;
    const auto customer = store::find_customer(txn, context.tools.vault, c.submitter, c.customer);
    auto link = store::last_answered_link(txn, context.tools.vault, c.authorization);
    if (!customer || !link || !may_be_asked(txn, customer->customer, link->address)) return std::nullopt;
    return link;
}

}  // namespace

Result<FeedbackSummary> read_feedback(ReadTxn& txn, const Context& context, const Caller& caller, const FeedbackPeriod& period) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    FeedbackSummary summary;
    summary.until = period.until.value_or(context.now.plus_seconds(1));
    summary.from = period.from.value_or(summary.until.plus_seconds(-usual_period_days * 86'400));
    if (summary.from >= summary.until) {
        std::vector<protocol::Violation> violations;
        violations.push_back({"/from", "out_of_range", "must be before the end of the period"});
        return std::unexpected(protocol::invalid_members(std::move(violations)));
    }
    const store::FeedbackQuery query{caller.company(), period.partner, summary.from, summary.until};
    summary.asked = store::count_feedback_requests(txn, query);
    summary.counts = store::count_feedback(txn, query);
    return summary;
}

void ask_customer_for_feedback(Txn& txn, const Context& context, const StoredCase& c, audit::Record& record) {
    auto link = mailbox_of(txn, context, c);
    if (!link) return;
    const std::string token = context.tools.secret();
    const auto hash = certs::sha256(protocol::as_bytes(token));
    link->id = static_cast<std::int64_t>(store::fresh_id(txn, "customer_links", [&] { return context.tools.draw(); }));
    link->kind = LinkKind::feedback;
    link->company = c.submitter;
    link->customer = c.customer;
    link->case_id = c.id;
    link->token_hash.assign(hash.begin(), hash.end());
    link->created_at = context.now;
    link->expires_at = context.now.plus_seconds(link_days * 86'400);
    CustomerMail mail;
    mail.kind = CustomerMail::Kind::feedback;
    mail.company = c.submitter;
    mail.customer = c.customer;
    mail.address = link->address;
    mail.language = link->language;
    mail.vendor = company_called(txn, c.submitter);
    mail.partners = company_called(txn, c.receiver);
    mail.link = context.tools.settings.public_url + "/feedback/" + token;
    mail.token = c.token;
    mail.until = link->expires_at;
    if (post_customer_mail(txn, context, record, mail)) store::insert_link(txn, context.tools.vault, *link);
}

Audited<FeedbackVisit> look_at_feedback(Txn& txn, const Context& context, std::string_view token) {
    audit::Record record = feedback_record("case.feedback.view", audit::activity_read);
    auto found = behind(txn, context, token, record);
    if (!found) return refused<FeedbackVisit>(std::move(record), found.error());
    return {std::move(found->visit), std::move(record)};
}

Audited<FeedbackVisit> give_feedback_by_customer(Txn& txn, const Context& context, std::string_view token, int score) {
    audit::Record record = feedback_record("case.feedback.give", audit::activity_update);
    auto found = behind(txn, context, token, record);
    if (!found) return refused<FeedbackVisit>(std::move(record), found.error());
    FeedbackVisit& visit = found->visit;
    if (visit.step == FeedbackVisit::Step::over) return {std::move(visit), std::move(record)};
    if (score < protocol::feedback_score_min || score > protocol::feedback_score_max) {
        visit.step = FeedbackVisit::Step::incomplete;
        record.outcome = audit::Outcome::failure;
        record.reason = "incomplete";
        return {std::move(visit), std::move(record)};
    }
    StoredCase& c = found->c;
    txn.lock("case/" + c.token);
    announce(context, record, c, protocol::EventKind::feedback_given, Audience::both);
    const auto life =
        live(txn, context, c, {CaseOwner::customer, true}, {{.move = LifeMove::feedback_given, .level = score}}, record);
    for (const protocol::Feedback& given : life.facts.feedback)
        if (given.by == CaseOwner::customer) store::save_feedback(txn, c.id, given);
    ++c.version;
    c.updated_at = context.now;
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    record.resources.front().version = c.version;
    visit.step = FeedbackVisit::Step::thanks;
    visit.score = score;
    return {std::move(visit), std::move(record)};
}

}  // namespace entente::operations
