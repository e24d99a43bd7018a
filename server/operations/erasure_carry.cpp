// Carrying an erasure out: keys destroyed, lookup tokens deleted, the entry in the log, requests to partners, envelopes taken away.

#include <algorithm>
#include <set>

#include "protocol/canonical.hpp"
#include "protocol/json_writer.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/erasure_common.hpp"
#include "server/store/statements/attachments.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/internal_notes.hpp"

namespace entente::operations {

using protocol::CaseId;
using protocol::CompanyId;
using store::ErasureOrder;
using store::ErasureState;
using store::ErasureSubject;
using store::Owner;
using store::StoredCase;
using store::Tag;

namespace {

constexpr std::string_view request_type = "entente-erasure+jwt";
constexpr std::int64_t tail_max = 20'000;           // entries that may be looked at on the writer
constexpr std::int64_t envelopes_at_once = 500;     // taken away in one work
constexpr std::size_t tokens_in_a_request = 1'000;  // a partner gets several requests beyond it

audit::Record gateway_record(const ErasureOrder& order, std::string operation) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = audit::Class::entity_management;
    record.activity = audit::activity_delete;
    record.authentication = "none";
    record.role = "gateway";
    if (order.company) record.parties = {order.company};
    record.resources.push_back({"erasure", std::to_string(order.id)});
    return record;
}

audit::ErasureScope scope_of(ErasureSubject subject) {
    switch (subject) {
        case ErasureSubject::customer:
            return audit::ErasureScope::customer;
        case ErasureSubject::person:
            return audit::ErasureScope::person;
        case ErasureSubject::case_alone:
            return audit::ErasureScope::case_scope;
        case ErasureSubject::partner:
        case ErasureSubject::company:
            return audit::ErasureScope::partner;
        case ErasureSubject::age:
        case ErasureSubject::retention:
            break;
    }
    return audit::ErasureScope::retention;
}

// Blind indexes are replaced by chance, so that the next one of the same name is a stranger.
store::Blob random_index(const Context& context) {
    store::Blob bytes(32);
    context.tools.random(bytes);
    return bytes;
}

void forget_customer(Txn& txn, const Context& context, protocol::CustomerId id) {
    store::forget_customer(txn, id, random_index(context), context.now);
    context.tools.vault.bar(txn, Owner::customer(id));
    context.tools.vault.destroy_owner(txn, Owner::customer(id));
}

void forget_person(Txn& txn, const Context& context, protocol::UserId id) {
    // Under the person's own key, whatever it was sealed under before.
    if (const auto stored = store::find_user(txn, context.tools.vault, id)) store::update_user(txn, context.tools.vault, *stored);
    store::forget_person(txn, id, random_index(context), context.now);
    context.tools.vault.bar(txn, Owner::person(id));
    context.tools.vault.destroy_owner(txn, Owner::person(id));
}

// What belongs to the subject besides its cases.
void forget_subject(Txn& txn, const Context& context, const ErasureOrder& order) {
    switch (order.subject) {
        case ErasureSubject::customer:
            forget_customer(txn, context, {order.subject_id});
            break;
        case ErasureSubject::person:
            forget_person(txn, context, {order.subject_id});
            break;
        case ErasureSubject::company:
            for (const auto id : store::customer_ids_of(txn, order.company)) forget_customer(txn, context, id);
            for (const auto id : store::people_of(txn, order.company)) forget_person(txn, context, id);
            store::forget_company(txn, order.company, context.now);
            store::directory_moved(txn);
            context.tools.vault.bar(txn, Owner::company(order.company));
            context.tools.vault.destroy_owner(txn, Owner::company(order.company));
            break;
        case ErasureSubject::case_alone:
        case ErasureSubject::partner:
        case ErasureSubject::age:
        case ErasureSubject::retention:
            break;
    }
}

// What the partner is asked to delete, signed by the gateway so that it can be shown to anybody.
void ask_partners(Txn& txn, const Context& context, const ErasureOrder& order, const std::vector<CaseId>& cases) {
    const store::TagSet asked = store::asked_of_partners(order.subject, order.tags);
    if (asked.empty()) return;
    std::map<CompanyId, std::vector<std::string>> told;
    for (const CaseId id : cases) {
        const auto token = store::token_of_case(txn, id, order.company);
        if (!token) continue;
        for (const CompanyId company : store::companies_that_saw(txn, id)) told[company].push_back(*token);
    }
    for (auto& [company, tokens] : told) {
        for (std::size_t at = 0; at < tokens.size(); at += tokens_in_a_request) {
            store::ErasureRequest request;
            request.id = store::fresh_id(txn, "erasure_requests", [&] { return context.tools.draw(); });
            request.erasure = order.id;
            request.company = order.company;
            request.partner = company;
            request.tokens.assign(tokens.begin() + static_cast<std::ptrdiff_t>(at),
                                  tokens.begin() + static_cast<std::ptrdiff_t>(std::min(tokens.size(), at + tokens_in_a_request)));
            request.sent_at = context.now;
            protocol::JsonWriter claims;
            claims.object().member("iss", context.tools.settings.public_url);
            claims.member("sub", "company:" + std::to_string(company.value)).member("iat", context.now.seconds());
            claims.member("jti", "erasure-request:" + std::to_string(request.id));
            claims.member("ordered_by", "company:" + std::to_string(order.company.value)).member("erasure", order.id);
            claims.key("cases").array();
            for (const std::string& token : request.tokens) claims.value(token);
            claims.end().key("classes").array();
            for (const std::string& word : tag_names(asked)) claims.value(word);
            claims.end().end();
            request.signed_text = context.tools.sign ? context.tools.sign(request_type, claims.take()) : std::string();
            store::insert_erasure_request(txn, request);
        }
    }
}

void erase_case(Txn& txn, const Context& context, const ErasureOrder& order, CaseId id, audit::Record& record) {
    // With a company everything of it goes, whatever classes the order names.
    if (order.tags.has(Tag::content) || order.subject == ErasureSubject::company) {
        // Told while there is still somebody to tell what became of it.
        if (const auto c = store::find_case_to_show(txn, context.tools.vault, id))
            announce(context, record, *c, protocol::EventKind::content_removed, Audience::both);
        store::forget_case(txn, id);
        context.tools.vault.bar(txn, id, Tag::content);
    }
    if (order.tags.has(Tag::customer)) context.tools.vault.bar(txn, id, Tag::customer);
}

}  // namespace

std::optional<std::vector<audit::Record>> carry_out(Txn& txn, const Context& context, const ErasurePlan& plan) {
    txn.lock("erasure/" + std::to_string(plan.order.id));
    auto now = plan_erasure(txn, context, plan.order.id, &plan);
    if (!now || !now->waits_for.empty()) return std::vector<audit::Record>{};
    // Every key must have been looked for from the first entry on.
    for (const auto& [key, none] : now->keys)
        if (!plan.keys.contains(key)) return std::nullopt;
    const auto head = audit::read_head(txn);
    const std::int64_t size = head ? head->size : 0;
    if (size - plan.scanned > tail_max) return std::nullopt;
    for (auto& [key, sections] : now->keys) sections = plan.keys.at(key);
    audit::SectionsByKey tail;
    for (const auto& [key, none] : now->keys) tail.try_emplace(key);
    audit::find_sections(txn, plan.scanned, size, tail);
    for (auto& [key, more] : tail) now->keys.at(key).insert(now->keys.at(key).end(), more.begin(), more.end());

    ErasureOrder& order = now->order;
    const auto parts = audit::erasure_parts(scope_of(order.subject), now->keys);
    std::vector<audit::Record> records(parts.size(), gateway_record(order, "erasure.carry_out"));
    ask_partners(txn, context, order, now->cases);
    std::vector<certs::KeyId> keys;
    for (const auto& [key, sections] : now->keys) {
        keys.push_back(key);
        order.sections += static_cast<std::int64_t>(sections.size());
    }
    context.tools.vault.destroy_keys(txn, keys);
    for (const CaseId id : now->cases) erase_case(txn, context, order, id, records.front());
    forget_subject(txn, context, order);
    order.state = ErasureState::erasing;
    order.keys_destroyed = static_cast<std::int64_t>(keys.size());
    order.cases = static_cast<std::int64_t>(now->cases.size());
    order.cases_held = now->held;
    store::update_erasure(txn, order);

    for (std::size_t i = 0; i < parts.size(); ++i) {
        audit::Record& record = records[i];
        audit::keep_erased_list(txn, parts[i], order.id);
        record.kind = static_cast<std::uint8_t>(audit::Kind::erasure);
        record.extension = audit::encode_extension(parts[i].extension);
        record.decision = protocol::CanonicalObject()
                              .set("cases", order.cases)
                              .set("cases_held", order.cases_held)
                              .set("keys", static_cast<std::int64_t>(parts[i].extension.destroyed_keys.size()))
                              .set("scope", name(order.subject))
                              .set("sections", static_cast<std::int64_t>(parts[i].extension.sections))
                              .text();
    }
    return records;
}

std::vector<audit::Record> mark_erased(Txn& txn, const Context& context, std::int64_t id, const audit::ListToTake& list) {
    const auto order = store::find_erasure(txn, context.tools.vault, id);
    if (!order || order->state != ErasureState::erasing) return {};
    const std::int64_t taken = audit::take_envelopes(txn, id, list, envelopes_at_once);
    if (taken == 0) return {};
    std::vector<audit::Record> records{gateway_record(*order, "erasure.envelopes")};
    records.back().decision = protocol::CanonicalObject().set("sections", taken).text();
    return records;
}

std::vector<audit::Record> end_erasure(Txn& txn, const Context& context, std::int64_t id) {
    auto order = store::find_erasure(txn, context.tools.vault, id);
    if (!order || order->state != ErasureState::erasing) return {};
    order->state = ErasureState::done;
    order->done_at = context.now;
    store::update_erasure(txn, *order);
    std::vector<audit::Record> records{gateway_record(*order, "erasure.done")};
    records.back().decision = protocol::CanonicalObject().set("sections", order->sections).text();
    return records;
}

// --- people's names in cases ---

namespace {

bool same(std::string_view one, std::string_view other) {
    return !one.empty() && lower(one) == lower(other);
}

// Who typed a name in may have left the address out.
bool is_person(std::string_view name, std::string_view mail, const NamedPerson& person) {
    return mail.empty() ? same(name, person.name) : same(mail, person.mail);
}

// True when something changed. Names that the person wrote into running text are found by the search for a subject's data.
bool unname(store::CaseWords& words, const NamedPerson& person) {
    bool changed = false;
    protocol::UserView& by = words.submitted_by;
    if ((by.id == person.id.value || same(by.email, person.mail)) &&
        !(by.first_name.empty() && by.last_name.empty() && by.email.empty())) {
        const std::int64_t id = by.id;
        by = {};
        by.id = id;
        changed = true;
    }
    for (auto* contact : {&words.submitter_contact, &words.receiver_contact})
        if (*contact && is_person((*contact)->name, (*contact)->email, person)) {
            contact->reset();
            changed = true;
        }
    return changed;
}

bool unname(store::StoredNote::Words& words, std::string_view author, const NamedPerson& person) {
    if (author != person.label && !same(words.creator_email, person.mail)) return false;
    if (words.creator_name.empty() && words.creator_email.empty()) return false;
    words.creator_name.clear();
    words.creator_email.clear();
    return true;
}

bool unname(store::StoredNote& note, const NamedPerson& person) {
    bool changed = unname(note.original, note.author, person);
    if (note.shared) changed |= unname(*note.shared, note.author, person);
    return changed;
}

bool unname(store::StoredResponse& response, const NamedPerson& person) {
    bool changed = false;
    for (auto* words : {&response.original, response.shared ? &*response.shared : nullptr})
        if (words != nullptr && response.author_company == person.company &&
            is_person(words->engineer_name, words->engineer_email, person)) {
            words->engineer_name.clear();
            words->engineer_email.clear();
            words->engineer_phone.clear();
            changed = true;
        }
    return changed;
}

struct Named {
    StoredCase c;
    std::vector<store::StoredNote> notes;
    std::vector<store::StoredResponse> responses;
    std::vector<store::InternalNote> internal_notes;
    bool changed = false;
};

std::optional<Named> load_unnamed(ReadTxn& txn, const Context& context, const ErasureOrder& order, CaseId id,
                                  const std::vector<NamedPerson>& people) {
    store::Vault& vault = context.tools.vault;
    auto c = store::find_case(txn, vault, id);
    if (!c || c->erased) return std::nullopt;
    Named named{.c = std::move(*c),
                .notes = store::notes_of(txn, vault, id),
                .responses = store::responses_of(txn, vault, id),
                .internal_notes = {}};
    for (const auto company : {named.c.submitter, named.c.receiver}) {
        auto internal = store::internal_notes_of(txn, vault, id, company);
        // Of a company that leaves, nobody is left who may read them.
        named.changed |= company == order.company && order.subject == ErasureSubject::company && !internal.empty();
        std::ranges::move(internal, std::back_inserter(named.internal_notes));
    }
    for (const NamedPerson& person : people) {
        named.changed |= unname(named.c.original, person);
        if (named.c.shared) named.changed |= unname(*named.c.shared, person);
        for (auto& note : named.notes) named.changed |= unname(note, person);
        for (auto& response : named.responses) named.changed |= unname(response, person);
        for (auto& note : named.internal_notes) named.changed |= unname(note.words, note.author, person);
    }
    return named;
}

}  // namespace

std::vector<NamedPerson> people_to_unname(ReadTxn& txn, const Context& context, const ErasureOrder& order) {
    std::vector<NamedPerson> people;
    std::vector<protocol::UserId> ids;
    if (order.subject == ErasureSubject::person) ids.push_back({order.subject_id});
    if (order.subject == ErasureSubject::company) ids = store::people_of(txn, order.company);
    for (const protocol::UserId id : ids)
        if (const auto stored = store::find_user(txn, context.tools.vault, id))
            people.push_back({.id = id,
                              .company = order.company,
                              .name = stored->user.first_name + " " + stored->user.last_name,
                              .label = "user:" + std::to_string(id.value),
                              .mail = stored->user.email});
    return people;
}

Naming cases_naming(ReadTxn& txn, const Context& context, const ErasureOrder& order, const std::vector<NamedPerson>& people,
                    CaseId after, int limit) {
    Naming naming{.cases = {}, .looked_until = after};
    if (people.empty()) return naming;
    std::vector<CaseId> candidates;
    // The words of a company's own cases go with the company.
    const bool own_too = order.subject != ErasureSubject::company;
    txn.each(own_too ? "SELECT id FROM cases WHERE (submitter = $1 OR receiver = $1) AND id > $2 ORDER BY id LIMIT $3"
                     : "SELECT id FROM cases WHERE receiver = $1 AND id > $2 ORDER BY id LIMIT $3",
             {order.company.value, after.value, limit}, [&](const store::Row& row) { candidates.push_back({row.number(0)}); });
    for (const CaseId id : candidates) {
        naming.looked_until = id;
        const auto named = load_unnamed(txn, context, order, id, people);
        if (named && named->changed) naming.cases.push_back(id);
    }
    naming.more = std::ssize(candidates) == limit;
    return naming;
}

Unnamed unname_people(Txn& txn, const Context& context, const ErasureOrder& order, const std::vector<NamedPerson>& people,
                      CaseId id) {
    auto named = load_unnamed(txn, context, order, id, people);
    if (!named || !named->changed) return {};
    if (store::case_on_hold(txn, id)) {
        store::note_held_name(txn, order.id, id);
        return {.records = {}, .held = true};
    }
    store::Vault& vault = context.tools.vault;
    // New keys, so that old backups lose the name as well.
    vault.renew_columns(txn, id);
    for (auto& note : named->notes) store::share_note(txn, vault, named->c, note);
    for (auto& response : named->responses) store::share_response(txn, vault, named->c, response);
    if (order.subject == ErasureSubject::company) store::delete_internal_notes(txn, id, order.company);
    for (const auto& note : named->internal_notes) store::update_internal_note(txn, vault, named->c, note);
    store::reseal_attachments(txn, vault, named->c);
    ++named->c.version;
    if (!store::update_case(txn, vault, named->c)) throw protocol::Fault("a case moved during its own operation");
    vault.destroy_renewed_columns(txn, id);
    audit::Record record = gateway_record(order, "case.person.remove");
    record.resources.push_back({"case", std::to_string(id.value), named->c.version});
    record.case_scope = id;
    Unnamed done;
    done.records.push_back(std::move(record));
    return done;
}

}  // namespace entente::operations
