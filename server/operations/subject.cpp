#include "server/operations/subject.hpp"

#include <algorithm>
#include <iterator>

#include "server/operations/case_view.hpp"
#include "server/operations/erasure_common.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/internal_notes.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::CaseId;
using protocol::Side;

namespace {

constexpr int cases_in_a_page = 100;

// Collects the texts that name the subject.
class Search {
  public:
    Search(const SubjectQuery& query, std::vector<SubjectItem>& items) : items_(items), everything_(query.customer) {
        for (const std::string& term : query.terms) terms_.push_back(lower(term));
    }

    bool hit(std::string_view text) const {
        if (everything_) return true;
        const std::string low = lower(text);
        return std::ranges::any_of(terms_, [&](const std::string& term) { return low.find(term) != std::string::npos; });
    }

    void look(std::string_view kind, const std::string& id, std::string field, std::string_view text) {
        if (!text.empty() && hit(text)) items_.push_back({kind, id, std::move(field), std::string(text)});
    }

  private:
    std::vector<SubjectItem>& items_;
    std::vector<std::string> terms_;
    bool everything_;
};

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += ' ';
        out += part;
    }
    return out;
}

void look_at_people(ReadTxn& txn, const Context& context, const Caller& caller, Search& search) {
    for (const protocol::User& user : store::users_of(txn, context.tools.vault, caller.company()))
        search.look("person", std::to_string(user.id.value), "profile",
                    joined({user.username, user.first_name, user.last_name, user.email, user.phone, user.city}));
}

void look_at_customer(Search& search, const protocol::Customer& customer) {
    const std::string id = std::to_string(customer.id.value);
    search.look("customer", id, "name", customer.name);
    for (const std::string& alias : customer.aliases) search.look("customer", id, "alias", alias);
    for (const auto& domain : customer.domains) search.look("customer", id, "domain", domain.domain);
    for (const auto& contact : customer.contacts) search.look("customer", id, "contact", joined({contact.name, contact.email}));
}

void look_at_trust(ReadTxn& txn, const Context& context, const Caller& caller, const SubjectQuery& query, Search& search) {
    for (const auto& stored : store::customers_of(txn, context.tools.vault, caller.company()))
        if (!query.customer || stored.customer.id == query.customer) look_at_customer(search, stored.customer);
    for (const auto& stored : store::authorizations_of(txn, context.tools.vault, caller.company(), query.customer)) {
        const std::string id = std::to_string(stored.authorization.id.value);
        search.look("authorization", id, "obtained", stored.authorization.obtained_how);
        search.look("authorization", id, "conditions", stored.authorization.conditions);
        search.look("authorization", id, "reason", stored.reason);
        search.look("authorization", id, "signed", stored.signed_text);
    }
}

std::string joined(const std::optional<protocol::ContactDetails>& contact) {
    return contact ? joined({contact->name, contact->email, contact->phone}) : std::string();
}

// Who answers for a company as long as its people are withheld is nobody.
bool stands_in(std::string_view mail) {
    return mail.starts_with("withheld@");
}

// The words that the case was opened with are the submitter's; `own`: what the reader's side wrote, `theirs`: the other.
void look_at_words(Search& own, Search& theirs, const protocol::CaseView& view) {
    const bool submitter = view.side == Side::submitter;
    Search& words = submitter ? own : theirs;
    const std::string& token = view.token;
    if (submitter || view.flow != protocol::Flow::frozen) {
        words.look("case", token, "summary", view.summary);
        words.look("case", token, "description", view.description.value_or(""));
    }
    const protocol::UserView& by = view.submitted_by;
    if (!stands_in(by.email))
        words.look("case", token, "submitted by", joined({by.first_name, by.last_name, by.email, by.phone, by.city}));
    words.look("case", token, "contact of the submitter", joined(view.submitter_contact));
    (submitter ? theirs : own).look("case", token, "contact of the receiver", joined(view.receiver_contact));
    for (const protocol::FieldView& field : view.fields) words.look("case", token, field.label, field.value);
}

// The case as this side reads it now; true when something of the other side's was found.
bool look_at_case(ReadTxn& txn, const Context& context, const Caller& caller, const store::StoredCase& c,
                  std::vector<SubjectItem>& items, const SubjectQuery& query) {
    const Side side = side_of(c, caller.company());
    const protocol::CaseView view = view_case(txn, context.tools, c, side, context.now, true);
    const std::string& token = view.token;
    std::vector<SubjectItem> other_side;
    Search own(query, items);
    Search theirs(query, other_side);
    look_at_words(own, theirs, view);
    for (const protocol::NoteView& note : view.notes) {
        Search& search = note.outbound || !note.company ? own : theirs;
        search.look("note", token, "text", joined({note.summary, note.description}));
        const std::string mail = note.creator_email.value_or("");
        if (!stands_in(mail)) search.look("note", token, "author", joined({note.creator_name, mail}));
    }
    for (const protocol::ResponseView& answer : view.responses) {
        Search& search = answer.company == caller.company() ? own : theirs;
        search.look(
            "answer", token, "engineer",
            joined({answer.engineer_name.value_or(""), answer.engineer_email.value_or(""), answer.engineer_phone.value_or("")}));
        search.look(
            "answer", token, "text",
            joined({answer.next_steps.value_or(""), answer.reason.value_or(""), answer.requested_information.value_or("")}));
    }
    if (side == Side::submitter)
        for (const std::string& note : c.original.internal_notes) own.look("internal_note", token, "text", note);
    for (const auto& note : store::internal_notes_of(txn, context.tools.vault, c.id, caller.company()))
        own.look("internal_note", token, "text",
                 joined({note.words.summary, note.words.description, note.words.creator_name, note.words.creator_email}));
    std::ranges::move(other_side, std::back_inserter(items));
    return !other_side.empty();
}

}  // namespace

Result<SubjectPage> search_subject(ReadTxn& txn, const Context& context, const Caller& caller, const SubjectQuery& query) {
    if (auto allowed = require(caller, Operation::erasure_order); !allowed) return std::unexpected(allowed.error());
    if (query.customer)
        if (const auto known = own_customer_id(txn, context, caller, query.customer.value); !known)
            return std::unexpected(known.error());
    SubjectPage page;
    Search search(query, page.items);
    if (!query.after) {
        if (!query.customer) look_at_people(txn, context, caller, search);
        look_at_trust(txn, context, caller, query, search);
    }
    std::vector<CaseId> cases;
    txn.each(
        "SELECT id FROM cases WHERE id > $2 AND ((submitter = $1 AND ($3 = 0 OR customer = $3)) OR (receiver = $1 AND $3 = 0 AND"
        " released_at IS NOT NULL)) ORDER BY id LIMIT $4",
        {caller.company().value, query.after.value, query.customer.value, cases_in_a_page},
        [&](const store::Row& row) { cases.push_back({row.number(0)}); });
    for (const CaseId id : cases) {
        const auto c = store::find_case(txn, context.tools.vault, id);
        if (!c || c->erased) continue;
        if (look_at_case(txn, context, caller, *c, page.items, query)) page.shown.push_back({c->id, c->version, c->gate_epoch});
    }
    if (std::ssize(cases) == cases_in_a_page) page.next = cases.back();
    return page;
}

}  // namespace entente::operations
