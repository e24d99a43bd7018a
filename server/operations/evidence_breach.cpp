// What a partner was shown of a company's in a period: affected customers, cases, classes, and each disclosure with its proof.

#include <algorithm>

#include "protocol/canonical.hpp"
#include "server/operations/evidence.hpp"
#include "server/operations/readers.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/evidence.hpp"
#include "server/store/statements/readers.hpp"

namespace entente::operations {

namespace {

constexpr std::int64_t log_rows_a_step = 2'000;
constexpr std::int64_t shared_cases_a_step = 1'000;
constexpr std::int64_t days_max_us = std::int64_t{86'400} * 1'000'000 * period_days_max;

std::int64_t number_in(const protocol::CanonicalValue* value) {
    if (value == nullptr) return 0;
    if (const auto* whole = value->integer()) return *whole;
    std::int64_t number = 0;
    if (const auto* text = value->text()) {
        for (const char c : *text) {
            if (c < '0' || c > '9' || number > std::int64_t{1} << 58) return 0;
            number = number * 10 + (c - '0');
        }
    }
    return number;
}

// Ids and versions of the resources of that type that a record names.
std::vector<std::pair<std::int64_t, std::int64_t>> named(const protocol::CanonicalValue& core, std::string_view wanted) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    const auto* resources = core.find("resources");
    if (resources == nullptr || resources->array() == nullptr) return found;
    for (const auto& resource : *resources->array()) {
        const auto* type = resource.find("type");
        if (type == nullptr || type->text() == nullptr || *type->text() != wanted) continue;
        found.emplace_back(number_in(resource.find("uid")), number_in(resource.find("version")));
    }
    return found;
}

constexpr std::int64_t hour_us = std::int64_t{3'600} * 1'000'000;

// Somebody who saw a version before the period and looked at it again within it was shown it in the period as well. No record of
// its own tells that, so it is taken from the counts.
std::int64_t reads_again(ReadTxn& txn, const Breach& breach, const BreachCase& one) {
    if (!one.words_since) return 0;
    const std::int64_t from = std::max(breach.input.from, *one.words_since).us / hour_us;
    const std::int64_t before = (breach.input.until.us + hour_us - 1) / hour_us;
    std::int64_t reads = 0;
    for (const store::ReadCount& count : store::reads_between(txn, {one.id}, from, before))
        if (store::company_of_principal(txn, count.principal) == breach.input.partner) reads += count.reads;
    return reads;
}

// The classes that the gate let pass are those from the submitter to the receiver.
void add_classes(BreachCase& one, std::int64_t released) {
    if (one.submitted) one.classes = protocol::DataClasses::from_bits(one.classes.bits() | static_cast<std::uint32_t>(released));
}

void find_cases(ReadTxn& txn, Breach& breach) {
    const auto page = store::cases_shared_with(txn, breach.company, breach.input.partner, breach.next_case, shared_cases_a_step);
    for (const store::SharedCase& shared : page) {
        breach.next_case = shared.id.value;
        BreachCase one{.id = shared.id.value,
                       .token = shared.token,
                       .submitted = shared.submitted,
                       .customer = shared.customer,
                       .classes = {},
                       .authorization = shared.authorization,
                       .agreement = shared.agreement};
        one.words_since = shared.submitted ? Instant{} : store::first_words(txn, shared.id, breach.company, false);
        one.reads = reads_again(txn, breach, one);
        // Which version was read again is not counted: any that the partner had been shown.
        if (one.reads > 0) add_classes(one, store::classes_shown_before(txn, shared.id, breach.input.partner, breach.input.until));
        breach.cases.emplace(one.id, std::move(one));
    }
    breach.cases_done = std::ssize(page) < shared_cases_a_step;
}

// Whether a file of the company's went to the partner's side of this case.
bool file_went_over(const protocol::CanonicalValue& core, bool partner_received) {
    const auto* unmapped = core.find("unmapped");
    const auto* decision = unmapped == nullptr ? nullptr : unmapped->find("decision");
    const auto* sent_to = decision == nullptr ? nullptr : decision->find("sent_to");
    if (sent_to == nullptr || sent_to->array() == nullptr) return false;
    return std::ranges::any_of(*sent_to->array(), [&](const protocol::CanonicalValue& side) {
        return side.text() != nullptr && *side.text() == (partner_received ? "receiver" : "submitter");
    });
}

// What the register says of it; nothing when it was no disclosure of the company's. What the partner did in a case shows it
// something of the company's only if there is something, and if the answer held the case: the register has the version since then.
// (A formal step over the own API answers with itself alone.)
std::optional<store::FirstShown> shown_by(ReadTxn& txn, const Breach& breach, const BreachCase& one, const ProvenEntry& entry,
                                          std::int64_t version) {
    if (!one.words_since || entry.time < *one.words_since) return std::nullopt;
    auto first = store::first_shown(txn, {one.id}, breach.input.partner, version);
    return first && (first->at <= entry.time || first->operation == entry.operation) ? std::move(first) : std::nullopt;
}

void judge_entry(ReadTxn& txn, Breach& breach, const ProvenEntry& entry) {
    const auto core = protocol::parse_canonical(entry.core);
    if (!core) {
        ++breach.unreadable;
        return;
    }
    const auto* actor = core->find("actor");
    const std::int64_t acting = actor == nullptr ? 0 : number_in(actor->find("org_uid"));
    const bool file = entry.operation == "attachment.send" && acting == breach.company.value;
    const bool mail = acting == 0 && std::ranges::any_of(named(*core, "company"), [&](const auto& company) {
                          return company.first == breach.input.partner.value;
                      });
    const bool delivered = file || mail;
    if (!delivered && acting != breach.input.partner.value) return;
    for (const auto& [id, version] : named(*core, "case")) {
        const auto found = breach.cases.find(id);
        if (found == breach.cases.end()) continue;
        BreachCase& one = found->second;
        const auto shown =
            file ? store::first_shown(txn, {id}, breach.input.partner, version) : shown_by(txn, breach, one, entry, version);
        if (file ? !file_went_over(*core, one.submitted) : !shown) continue;
        if (shown) add_classes(one, shown->released_classes);
        ++one.disclosures;
        breach.items.push_back({.entry = entry, .case_id = id, .version = version, .delivered = delivered});
    }
}

void scan_disclosures(ReadTxn& txn, const Context& context, Breach& breach) {
    std::int64_t rows = 0;
    std::int64_t last = breach.end;
    std::vector<std::int64_t> candidates;
    // The partner's part of the log: it is party to what it read and to what was sent to it.
    store::each_log_row(txn, breach.input.partner, breach.next, breach.end, log_rows_a_step, [&](const store::LogRow& row) {
        ++rows;
        last = row.index;
        if (!row.failed && discloses(row.operation)) candidates.push_back(row.index);
    });
    for (const std::int64_t index : candidates)
        if (const auto entry = open_entry(txn, context, index, breach.input.partner)) judge_entry(txn, breach, *entry);
    breach.next = rows < log_rows_a_step ? breach.end : last + 1;
}

void name_customers(ReadTxn& txn, const Context& context, Breach& breach) {
    std::erase_if(breach.cases, [](const auto& one) { return one.second.disclosures + one.second.reads == 0; });
    std::map<std::int64_t, BreachCustomer> customers;
    for (const auto& [id, one] : breach.cases) {
        breach.classes = protocol::DataClasses::from_bits(breach.classes.bits() | one.classes.bits());
        if (!one.customer) continue;
        BreachCustomer& customer = customers[one.customer.value];
        customer.id = one.customer;
        customer.classes = protocol::DataClasses::from_bits(customer.classes.bits() | one.classes.bits());
        ++customer.cases;
    }
    for (auto& [id, customer] : customers) {
        if (const auto known = store::find_customer(txn, context.tools.vault, breach.company, {id}))
            customer.name = known->customer.name;
        breach.customers.push_back(std::move(customer));
    }
    breach.done = true;
}

}  // namespace

Audited<std::shared_ptr<Breach>> begin_breach(Txn& txn, const Context&, const Caller& caller, BreachInput input) {
    using Made = std::shared_ptr<Breach>;
    audit::Record record = record_of(caller, "evidence.breach", audit::Class::datastore_activity, audit::datastore_read);
    record.resources.push_back({"company", std::to_string(input.partner.value)});
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed)
        return refused<Made>(std::move(record), allowed.error());
    // It names customers, and those are not the operator's to see.
    if (caller.is_operator())
        return refused<Made>(std::move(record), {.kind = ErrorKind::forbidden,
                                                 .code = "no_role",
                                                 .message = "the operator sees no customers",
                                                 .next_step = "ask a compliance officer of the company"});
    if (input.from >= input.until || input.until.us - input.from.us > days_max_us) {
        Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the period must begin before it ends"};
        error.violations.push_back({"/until", "period", "must be later than from, by at most ten years"});
        return refused<Made>(std::move(record), std::move(error));
    }
    const auto partner = store::find_company(txn, input.partner);
    if (!partner || !store::are_partners(txn, caller.company(), input.partner))
        return refused<Made>(std::move(record),
                             {.kind = ErrorKind::not_found, .code = "company_not_found", .message = "there is no such partner"});
    auto breach = std::make_shared<Breach>();
    breach->input = input;
    breach->company = caller.company();
    breach->partner_name = partner->name;
    if (const auto company = store::find_company(txn, caller.company())) breach->company_name = company->name;
    breach->log_size = audit::head(txn).size;
    breach->next = store::first_index_at(txn, input.from, breach->log_size);
    breach->end = store::first_index_at(txn, input.until, breach->log_size);
    record.decision = protocol::CanonicalObject()
                          .set("from", std::to_string(input.from.us))
                          .set("size", breach->log_size)
                          .set("until", std::to_string(input.until.us))
                          .text();
    return {std::move(breach), std::move(record)};
}

bool continue_breach(ReadTxn& txn, const Context& context, Breach& breach) {
    if (!breach.cases_done) {
        find_cases(txn, breach);
    } else if (breach.next < breach.end) {
        scan_disclosures(txn, context, breach);
    } else if (!breach.done) {
        name_customers(txn, context, breach);
    } else {
        return false;
    }
    return true;
}

}  // namespace entente::operations
