#include "server/operations/rehearsal.hpp"

#include "policy/actions.hpp"
#include "protocol/canonical.hpp"
#include "protocol/markup.hpp"
#include "protocol/reader.hpp"
#include "server/audit/log/reader.hpp"
#include "server/operations/case_gate.hpp"
#include "server/operations/sharing.hpp"
#include "server/operations/sharing_rules.hpp"
#include "server/store/statements/life.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::operations {

using protocol::Side;
using store::StoredCase;

namespace {

constexpr std::int64_t usual_days = 30;
constexpr std::size_t examples_max = 50;

struct Outcome {
    Fate fate = Fate::passes;
    std::string reason;
    std::map<std::string, int> masked;
};

// One text of a company's own as it stands in the store.
struct Item {
    std::string_view kind;
    Instant at;
    std::vector<std::string> words;  // as a reader sees them
};

Outcome outcome_of(Sharer sharer, const std::vector<std::string>& words) {
    for (const std::string& text : words) sharer.text(text);
    Outcome outcome;
    outcome.masked = sharer.counts();
    if (const auto objection = sharer.objection()) {
        outcome.reason = objection->code;
        outcome.fate = objection->code == "content_needs_review" ? Fate::held : Fate::refused;
    }
    return outcome;
}

int sum(const std::map<std::string, int>& counts) {
    int total = 0;
    for (const auto& [data_class, values] : counts) total += values;
    return total;
}

std::vector<Item> items_of(ReadTxn& txn, store::Vault& vault, const StoredCase& c, Side side) {
    const protocol::CompanyId company = side == Side::submitter ? c.submitter : c.receiver;
    std::vector<Item> items;
    if (side == Side::submitter) {
        Item words{.kind = "case", .at = c.created_at, .words = {}};
        for (const std::string_view text : words_of_case(c.original)) words.words.emplace_back(text);
        items.push_back(std::move(words));
    }
    for (const store::StoredNote& note : store::notes_of(txn, vault, c.id))
        if (note.author_company == company)
            items.push_back({"note", note.created_at, {note.original.summary, protocol::visible_text(note.original.description)}});
    for (const store::StoredResponse& answer : store::responses_of(txn, vault, c.id))
        if (answer.author_company == company)
            items.push_back({"answer",
                             answer.created_at,
                             {answer.original.case_number, answer.original.next_steps, answer.original.reason,
                              answer.original.requested_information}});
    return items;
}

// What the log holds of one of a side's items: how many findings of each kind, under the rules of their time.
struct RecordedItem {
    std::string kind;
    std::map<std::string, std::int64_t> findings;
};

std::string_view kind_of_item(std::string_view operation) {
    if (operation.starts_with("note.")) return "note";
    return operation == "case.create" || operation == "case.release" ? "case" : "answer";
}

std::optional<RecordedItem> recorded_item(const audit::Line& line, Side side) {
    const auto core = protocol::parse_canonical(line.core);
    const auto* unmapped = core ? core->find("unmapped") : nullptr;
    const auto* decision = unmapped == nullptr ? nullptr : unmapped->find("decision");
    const auto* findings = decision == nullptr ? nullptr : decision->find("findings");
    if (findings == nullptr || findings->members() == nullptr) return std::nullopt;
    // A decision of the gate speaks of the submitter's words.
    const auto* whose = decision->find("side");
    const bool receivers = whose != nullptr && whose->text() != nullptr && *whose->text() == name(Side::receiver);
    if (receivers != (side == Side::receiver)) return std::nullopt;
    RecordedItem item{.kind = std::string(kind_of_item(line.operation)), .findings = {}};
    for (const auto& member : *findings->members())
        if (const std::int64_t* count = member.value.integer()) item.findings[member.key] = *count;
    return item;
}

Outcome outcome_from(const std::map<std::string, std::int64_t>& findings, const policy::SharingRules& rules) {
    policy::Action strictest = policy::Action::allow;
    for (std::size_t kind = 0; kind < policy::finding_kind_count; ++kind)
        if (findings.contains(std::string(policy::finding_kinds()[kind].name))) strictest = std::max(strictest, rules.action(kind));
    if (strictest == policy::Action::refuse) return {.fate = Fate::refused, .reason = "content_refused", .masked = {}};
    if (strictest == policy::Action::hold) return {.fate = Fate::held, .reason = "content_needs_review", .masked = {}};
    return {};
}

void compare(Rehearsal& rehearsal, const StoredCase& c, const Item& item, const Outcome& then, const Outcome& now) {
    ++rehearsal.texts;
    for (const auto& [data_class, values] : then.masked) rehearsal.masked_then[data_class] += values;
    for (const auto& [data_class, values] : now.masked) rehearsal.masked_now[data_class] += values;
    if (sum(now.masked) > sum(then.masked)) ++rehearsal.more_masked;
    if (sum(now.masked) < sum(then.masked)) ++rehearsal.less_masked;
    if (then.fate == now.fate) return;
    ++rehearsal.moved[{then.fate, now.fate}];
    if (rehearsal.examples.size() < examples_max)
        rehearsal.examples.push_back({c.token, std::string(item.kind), then.fate, now.fate, now.reason});
}

// The words are gone, the counts of what was found in them are not. What crossed had passed under the rules of its time.
void rehearse_from_log(ReadTxn& txn, const Context& context, const StoredCase& c, protocol::CompanyId company, Side side,
                       const store::StoredSharingRules& tried, Rehearsal& rehearsal) {
    const audit::Filter filter{.company = company, .case_id = c.id, .limit = 1'000};
    bool known = false;
    for (const audit::Line& line : audit::list(txn, context.tools.vault, filter)) {
        if (line.outcome != audit::Outcome::success) continue;
        const auto item = recorded_item(line, side);
        if (!item) continue;
        known = true;
        ++rehearsal.from_findings;
        compare(rehearsal, c, Item{.kind = item->kind, .at = line.time, .words = {}}, {},
                outcome_from(item->findings, tried.rules));
    }
    if (!known) ++rehearsal.unreadable;
}

// `tried`: the version that is rehearsed; it counts only where the case's agreement would be under it.
void rehearse_case(ReadTxn& txn, const Context& context, const StoredCase& c, protocol::CompanyId company,
                   const store::StoredSharingRules& tried, Rehearsal& rehearsal) {
    if (tried.agreement && tried.agreement != c.agreement) return;
    ++rehearsal.cases;
    const Side side = c.submitter == company ? Side::submitter : Side::receiver;
    if (c.erased || c.content_removed) {
        rehearse_from_log(txn, context, c, company, side, tried, rehearsal);
        return;
    }
    for (const Item& item : items_of(txn, context.tools.vault, c, side)) {
        const store::RulesInForce old = store::sharing_rules_in_force(txn, company, c.agreement, item.at);
        compare(rehearsal, c, item, outcome_of(sharer_under(txn, context, c, side, old), item.words),
                outcome_of(sharer_under(txn, context, c, side, {tried.id, tried.rules, tried.ceiling}), item.words));
    }
}

}  // namespace

std::string_view name(Fate fate) {
    switch (fate) {
        case Fate::passes:
            return "pass";
        case Fate::held:
            return "hold";
        case Fate::refused:
            break;
    }
    return "refuse";
}

Result<Rehearsal> rehearse_rules(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t rules,
                                 const RehearsalPeriod& period) {
    const auto tried = read_sharing_rules(txn, context, caller, rules);
    if (!tried) return std::unexpected(tried.error());
    Rehearsal rehearsal;
    rehearsal.until = period.until.value_or(context.now);
    rehearsal.from = period.from.value_or(rehearsal.until.plus_seconds(-usual_days * 86'400));
    if (rehearsal.from >= rehearsal.until) {
        std::vector<protocol::Violation> violations;
        violations.push_back({"/from", "out_of_range", "must be before the end of the period"});
        return std::unexpected(protocol::invalid_members(std::move(violations)));
    }
    const auto ids =
        store::cases_opened_between(txn, caller.company(), rehearsal.from, rehearsal.until, period.after, period.limit);
    for (const protocol::CaseId id : ids)
        if (const auto c = store::find_case(txn, context.tools.vault, id))
            rehearse_case(txn, context, *c, caller.company(), *tried, rehearsal);
    if (std::ssize(ids) == period.limit) rehearsal.next = ids.back();
    return rehearsal;
}

}  // namespace entente::operations
