#include "server/operations/subject.hpp"

#include <algorithm>

#include "server/operations/erasure_common.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/internal_notes.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::CaseId;

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

void look_at_words(Search& search, const std::string& token, const store::CaseWords& words) {
    search.look("case", token, "summary", words.summary);
    search.look("case", token, "description", words.description);
    const protocol::UserView& by = words.submitted_by;
    search.look("case", token, "submitted by", joined({by.first_name, by.last_name, by.email, by.phone, by.city}));
    if (words.submitter_contact)
        search.look("case", token, "contact of the submitter",
                    joined({words.submitter_contact->name, words.submitter_contact->email, words.submitter_contact->phone}));
    if (words.receiver_contact)
        search.look("case", token, "contact of the receiver",
                    joined({words.receiver_contact->name, words.receiver_contact->email, words.receiver_contact->phone}));
    for (const store::StoredField& field : words.fields) search.look("case", token, field.label, field.value);
    for (const std::string& note : words.internal_notes) search.look("internal_note", token, "text", note);
}

// The side's own view: what it wrote as it wrote it, what the other side wrote as it crossed.
void look_at_case(ReadTxn& txn, const Context& context, const Caller& caller, CaseId id, Search& search) {
    store::Vault& vault = context.tools.vault;
    const auto c = store::find_case(txn, vault, id);
    if (!c || c->erased) return;
    const bool submitter = c->submitter == caller.company();
    if (submitter) look_at_words(search, c->token, c->original);
    if (!submitter && c->shared && c->released_at) look_at_words(search, c->token, *c->shared);
    for (const store::StoredNote& note : store::notes_of(txn, vault, id)) {
        if (!(submitter ? note.for_submitter : note.for_receiver)) continue;
        const auto& words = note.author_company == caller.company() || !note.shared ? note.original : *note.shared;
        if (note.author_company && note.author_company != caller.company() && !note.shared) continue;
        search.look("note", c->token, "text", joined({words.summary, words.description}));
        search.look("note", c->token, "author", joined({words.creator_name, words.creator_email}));
    }
    for (const store::StoredResponse& response : store::responses_of(txn, vault, id)) {
        if (!(submitter ? response.for_submitter : response.for_receiver)) continue;
        if (response.author_company && response.author_company != caller.company() && !response.shared) continue;
        const auto& words = response.author_company == caller.company() || !response.shared ? response.original : *response.shared;
        search.look("answer", c->token, "engineer", joined({words.engineer_name, words.engineer_email, words.engineer_phone}));
        search.look("answer", c->token, "text", joined({words.next_steps, words.reason, words.requested_information}));
    }
    for (const auto& note : store::internal_notes_of(txn, vault, id, caller.company()))
        search.look("internal_note", c->token, "text",
                    joined({note.words.summary, note.words.description, note.words.creator_name, note.words.creator_email}));
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
    for (const CaseId id : cases) look_at_case(txn, context, caller, id, search);
    if (std::ssize(cases) == cases_in_a_page) page.next = cases.back();
    return page;
}

}  // namespace entente::operations
