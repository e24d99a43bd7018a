#include "server/operations/case_common.hpp"

#include "policy/customer.hpp"
#include "protocol/connect/errors.hpp"
#include "protocol/json_writer.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/mail.hpp"

namespace entente::operations {

using protocol::Flow;
using protocol::Side;
using store::StoredCase;

namespace {

// The command that helps where the case's status does not allow the step; empty where none does.
std::string step_instead(const Opened& opened, protocol::CaseAction action) {
    using protocol::CaseAction;
    using protocol::CaseStatus;
    const StoredCase& c = opened.c;
    const bool submitter = opened.side == Side::submitter;
    const std::string answer = "entente case answer " + c.token;
    const bool to_close = action == CaseAction::close;
    switch (c.status) {
        case CaseStatus::closed:
            if (to_close) return {};
            if (c.flow == Flow::ended) return submitter ? "entente case open --help" : "";  // taken back, not solved
            return (submitter ? "" : "the side that opened the case can reopen it: ") + ("entente case reopen " + c.token) +
                   " --reason recurred";
        case CaseStatus::rejected:
            return submitter ? "entente case open --help" : "";
        case CaseStatus::open:
            if (to_close && submitter && !c.responded) return "entente case withdraw " + c.token;
            if (to_close && !submitter) return answer + " --reject REASON";
            break;
        case CaseStatus::information:
            if (to_close && submitter) return "the partner accepts or rejects it first: " + answer + " --reply TEXT";
            if (to_close) return answer + " --reject REASON";
            break;
        case CaseStatus::accepted:
            if (action == CaseAction::approve && !submitter) return answer + " --update --number TEXT";
            break;
    }
    if (action == CaseAction::update_approval && !submitter) return answer + " --accept --number TEXT";
    if (action == CaseAction::provide_information && submitter) return "entente case note " + c.token + " --summary TEXT";
    return {};
}

}  // namespace

Error case_not_found(std::string_view token) {
    return {.kind = ErrorKind::not_found, .code = "case_not_found", .message = protocol::connect::case_not_found_text(token)};
}

Error gate_closed(const StoredCase& c) {
    Error error{.kind = ErrorKind::forbidden,
                .code = "authorization_withdrawn",
                .message = "a permission that this case rests on has ended, so nothing with content may cross"};
    error.next_step = "entente case gate " + c.token;
    return error;
}

void about(audit::Record& record, const StoredCase& c) {
    record.resources.push_back({"case", std::to_string(c.id.value), c.version});
    record.case_scope = c.id;
    record.customer_owner = c.customer;
    record.parties = {c.submitter};
    if (c.released_at) record.parties.push_back(c.receiver);
}

Shown shown_of(ReadTxn& txn, const StoredCase& c, Side side, Instant now) {
    Shown shown{c.id, c.version, c.gate_epoch};
    shown.words = !c.erased && (side == Side::submitter || flow_now(txn, c, now) != Flow::frozen);
    return shown;
}

void follow(Txn& txn, const Context& context, const Caller& caller, protocol::CaseId id) {
    if (context.tools.settings.mail.on && caller.principal.kind == certs::PrincipalKind::user)
        store::follow_case(txn, id, caller.company(), {caller.principal.id});
}

Result<Opened> open_for_write(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              audit::Record& record) {
    if (auto allowed = require(caller, policy::Operation::case_write); !allowed) return std::unexpected(allowed.error());
    txn.lock("case/" + std::string(token));
    auto found = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!found || found->erased) return std::unexpected(case_not_found(token));
    about(record, *found);
    follow(txn, context, caller, found->id);
    const Side side = side_of(*found, caller.company());
    return Opened{std::move(*found), side};
}

Result<protocol::CaseStatus> step(ReadTxn& txn, const Context& context, const Opened& opened, protocol::CaseAction action,
                                  bool words) {
    auto next = protocol::next_status(opened.c.status, action, opened.side);
    if (!next && next.error().kind == ErrorKind::wrong_state) next.error().next_step = step_instead(opened, action);
    if (!next) return next;
    const Flow flow = flow_now(txn, opened.c, context.now);
    if (flow == Flow::frozen && words) return std::unexpected(gate_closed(opened.c));
    return next;
}

protocol::UserView person_of(ReadTxn& txn, const Tools& tools, const Caller& caller) {
    protocol::UserView person;
    person.id = caller.principal.id;
    if (caller.principal.kind == certs::PrincipalKind::user) {
        if (const auto stored = store::find_user(txn, tools.vault, {caller.principal.id})) {
            const protocol::User& user = stored->user;
            person.first_name = user.first_name;
            person.last_name = user.last_name;
            person.email = user.email;
            person.phone = user.phone;
            person.phone_country = user.phone_country;
            person.city = user.city;
        }
        return person;
    }
    // A connector acts for its company: it has a name and the company's domain, but is nobody. So does what acts by itself.
    const auto company = store::find_company(txn, caller.company());
    const std::string domain = company ? company->domain : "";
    person.last_name = company ? company->name : "";
    if (caller.principal.kind != certs::PrincipalKind::client) {
        person.first_name = "Automatic";
        person.email = "automatic@" + domain;
        return person;
    }
    const auto client = store::find_client(txn, {caller.principal.id});
    person.first_name = client ? client->name : "Connector";
    person.email = "connector@" + domain;
    return person;
}

Audited<CaseRead> saved(Txn& txn, const Context& context, Opened opened, audit::Record record) {
    StoredCase& c = opened.c;
    ++c.version;
    c.updated_at = context.now;
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    record.resources.front().version = c.version;
    return {CaseRead{view_case(txn, context.tools, c, opened.side, context.now), shown_of(txn, c, opened.side, context.now)},
            std::move(record)};
}

bool on_domain(std::string_view mail, std::string_view domain) {
    const auto domains = policy::mail_domains(mail);
    return domains.size() == 1 && policy::domain_within(domains.front(), domain);
}

std::optional<Error> objection_to(ReadTxn& txn, const Context& context, const Caller& caller, Opened& opened,
                                  std::initializer_list<std::string_view> words) {
    const StoredCase& c = opened.c;
    auto objection = objection_of(txn, context, c, opened.side, words, caller.principal.label());
    opened.reviewed = objection.reviewed;
    if (objection.error) objection.error->next_step = policy::for_case(objection.error->next_step, c.token);
    return std::move(objection.error);
}

void note_masking(audit::Record& record, const Sharer& sharer) {
    if (sharer.findings().empty()) return;
    protocol::JsonWriter json;
    json.object().member("detectors", sharer.detectors()).key("findings").object();
    for (const auto& [kind, count] : sharer.findings()) json.member(kind, count);
    json.end().key("masked").object();
    for (const auto& [data_class, values] : sharer.counts()) json.member(data_class, values);
    json.end().member("sharing_rules", sharer.terms().rules_id).member("side", name(sharer.terms().side)).end();
    record.decision = json.take();
}

}  // namespace entente::operations
