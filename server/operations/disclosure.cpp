#include "server/operations/disclosure.hpp"

#include <algorithm>
#include <array>

#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "server/operations/case_common.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::operations {

using protocol::Side;
using store::StoredCase;

namespace {

Result<StoredCase> own_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token,
                            policy::Operation operation) {
    if (auto allowed = require(caller, operation); !allowed) return std::unexpected(allowed.error());
    auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c || c->erased) return std::unexpected(case_not_found(token));
    return std::move(*c);
}

// A case that does not exist, between the caller and this partner: what would count for the first words of one.
StoredCase imagined(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CompanyId partner) {
    StoredCase c;
    c.submitter = caller.company();
    c.receiver = partner;
    if (!partner) return c;
    const policy::Decision agreement = judge_agreement(txn, c.submitter, c.receiver, context.now);
    c.agreement = agreement.agreement;
    c.released = agreement.released;
    return c;
}

// What would be released if all keys turned, for a case whose keys have not.
StoredCase as_released(ReadTxn& txn, const Context& context, StoredCase c) {
    if (c.released_at) return c;
    const Judgement judgement = judge(txn, context.tools, c, context.now);
    const policy::Decision agreement = judge_agreement(txn, c.submitter, c.receiver, context.now);
    c.released = judgement.decision.verdict == policy::Verdict::allow ? judgement.decision.released : agreement.released;
    c.agreement = agreement.agreement;
    if (judgement.finding.customer) c.customer = judgement.finding.customer;
    return c;
}

bool html_text(std::string_view text) {
    return text.find('<') != std::string_view::npos && protocol::visible_text(text) != text;
}

// Kinds by the word in a place-holder.
std::string_view kind_of_word(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> words{{{"account", "bank_account"},
                                                                                   {"addr", "ip_address"},
                                                                                   {"card", "payment_card"},
                                                                                   {"customer", "customer_name"},
                                                                                   {"host", "host_name"},
                                                                                   {"id", "national_id"},
                                                                                   {"mac", "hardware_address"},
                                                                                   {"mail", "mail_address"},
                                                                                   {"name", "person_name"},
                                                                                   {"phone", "phone_number"},
                                                                                   {"serial", "serial_number"}}};
    const auto found = std::ranges::find(words, word, &std::pair<std::string_view, std::string_view>::first);
    return found == words.end() ? "known_name" : found->second;
}

class Counter {
  public:
    Counter(const Sharer& sharer, Budget& budget) : sharer_(sharer), budget_(budget) {}

    void text(std::string_view shared) {
        if (shared.empty()) return;
        const std::string visible = html_text(shared) ? protocol::visible_text(shared) : std::string(shared);
        ++budget_.texts;
        budget_.characters += static_cast<std::int64_t>(protocol::utf8_length(visible));
        for (const policy::Finding& one : sharer_.scan(visible).findings) {
            // A parseable stand-in cannot be told from a value, except that the side's own map knows it.
            const bool stand_in = sharer_.is_stand_in(visible.substr(one.begin, one.end - one.begin));
            auto& counts = stand_in ? budget_.pseudonymised : budget_.released;
            ++counts[std::string(policy::finding_kinds()[policy::kind_of(one)].name)];
        }
        for (const auto& [word, count] : policy::placeholders_in(visible)) {
            if (word == "secret") budget_.masked["credential"] += count;
            if (word == "removed") budget_.masked["removed"] += count;
            if (word != "secret" && word != "removed") budget_.pseudonymised[std::string(kind_of_word(word))] += count;
        }
    }

  private:
    const Sharer& sharer_;
    Budget& budget_;
};

void count_case(Counter& counter, const StoredCase& c) {
    if (!c.shared || !c.released_at) return;
    for (const std::string* text : {&c.shared->submitter_number, &c.shared->summary, &c.shared->description}) counter.text(*text);
    for (const store::StoredField& field : c.shared->fields)
        if (field.stage != protocol::Stage::acceptance || c.accepted_at) counter.text(field.value);
}

void count_conversation(ReadTxn& txn, const Context& context, const StoredCase& c, const Caller& caller, Counter& counter,
                        Budget& budget) {
    const bool submitter = c.submitter == caller.company();
    for (const store::StoredNote& note : store::notes_of(txn, context.tools.vault, c.id)) {
        if (note.author_company != caller.company()) continue;
        const bool crossed = note.shared && (submitter ? note.for_receiver : note.for_submitter);
        if (!crossed) {
            ++budget.waiting;
            continue;
        }
        counter.text(note.shared->summary);
        counter.text(note.shared->description);
    }
    for (const store::StoredResponse& response : store::responses_of(txn, context.tools.vault, c.id)) {
        if (response.author_company != caller.company()) continue;
        const bool crossed = response.shared && (submitter ? response.for_receiver : response.for_submitter);
        if (!crossed) {
            ++budget.waiting;
            continue;
        }
        for (const std::string* text : {&response.shared->case_number, &response.shared->next_steps, &response.shared->reason,
                                        &response.shared->requested_information})
            counter.text(*text);
    }
}

}  // namespace

Result<DryVerdict> dry_run(ReadTxn& txn, const Context& context, const Caller& caller, const DryRun& input) {
    if (auto allowed = require(caller, policy::Operation::case_write); !allowed) return std::unexpected(allowed.error());
    StoredCase c;
    if (input.token.empty()) {
        c = imagined(txn, context, caller, input.partner);
    } else {
        auto found = own_case(txn, context, caller, input.token, policy::Operation::case_write);
        if (!found) return std::unexpected(found.error());
        c = as_released(txn, context, std::move(*found));
    }
    const Side side = c.submitter == caller.company() ? Side::submitter : Side::receiver;
    Sharer sharer = sharer_for(txn, context, c, side);
    const bool html = html_text(input.text);
    const std::string visible = html ? protocol::visible_text(input.text) : input.text;

    DryVerdict verdict;
    const policy::Scan scan = sharer.scan(visible);
    for (const policy::Finding& one : scan.findings) {
        const policy::KindInfo& kind = policy::finding_kinds()[policy::kind_of(one)];
        const auto place = [&](std::size_t bytes) { return protocol::utf8_length(std::string_view(visible).substr(0, bytes)); };
        verdict.findings.push_back({place(one.begin), place(one.end), kind.name, kind.title, one.data_class,
                                    policy::action_for(one, sharer.terms().sharing)});
    }
    verdict.masked = html ? sharer.html(input.text) : sharer.text(input.text);
    verdict.released = c.released;
    verdict.label = sharer.label();
    verdict.ceiling = sharer.terms().ceiling;
    verdict.rules_id = sharer.terms().rules_id;
    verdict.detectors = scan.rules;
    verdict.objection = sharer.objection();
    if (verdict.objection)
        verdict.objection->next_step =
            policy::for_case(verdict.objection->next_step, input.token.empty() ? "{token}" : input.token);
    return verdict;
}

Result<BudgetRead> read_budget(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    const auto c = own_case(txn, context, caller, token, policy::Operation::case_read);
    if (!c) return std::unexpected(c.error());
    const bool submitter = c->submitter == caller.company();
    BudgetRead read;
    read.shown = {c->id, c->version, c->gate_epoch};
    read.shown.words = false;
    Budget& budget = read.budget;
    const Sharer sharer = sharer_for(txn, context, *c, submitter ? Side::submitter : Side::receiver);
    budget.partner = submitter ? c->receiver : c->submitter;
    budget.flow = flow_now(txn, *c, context.now);
    budget.label = sharer.terms().label;
    budget.ceiling = sharer.terms().ceiling;
    budget.rules_id = sharer.terms().rules_id;
    Counter counter(sharer, budget);
    if (submitter) {
        count_case(counter, *c);
        if (const auto gate = explain_gate(txn, context, caller, token)) budget.withheld = gate->withheld;
    }
    count_conversation(txn, context, *c, caller, counter, budget);
    return read;
}

Result<PseudonymRead> read_pseudonyms(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    const auto c = own_case(txn, context, caller, token, policy::Operation::case_read);
    if (!c) return std::unexpected(c.error());
    const std::string& json = c->submitter == caller.company() ? c->pseudonyms_submitter : c->pseudonyms_receiver;
    PseudonymRead read;
    read.shown = {c->id, c->version, c->gate_epoch};
    read.shown.words = false;
    if (json.empty()) return read;
    const auto map = policy::Pseudonyms::from_json(json);
    if (!map) throw protocol::Fault("stored pseudonyms do not parse");
    read.rows = map->rows();
    return read;
}

}  // namespace entente::operations
