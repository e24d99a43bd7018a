#include "server/operations/evidence.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/log/appender.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/evidence.hpp"

namespace entente::operations {

namespace {

constexpr std::int64_t rows_a_step = 10'000;
constexpr std::int64_t cases_a_step = 200;
constexpr std::size_t samples_a_step = 100;
constexpr std::int64_t us_a_day = std::int64_t{86'400} * 1'000'000;

Result<void> good_period(Instant from, Instant until) {
    if (from < until && until.us - from.us <= period_days_max * us_a_day) return {};
    Error error{
        .kind = ErrorKind::invalid, .code = "invalid", .message = "the period must begin before it ends, at most ten years"};
    error.violations.push_back({"/until", "period", "must be later than from, by at most ten years"});
    return std::unexpected(std::move(error));
}

Result<void> good_input(const EvidenceInput& input) {
    if (auto good = good_period(input.from, input.until); !good) return good;
    const bool seed = !input.seed.empty() && input.seed.size() <= 64 &&
                      std::ranges::all_of(input.seed, [](char c) { return c > ' ' && c < '\x7f'; });
    if (seed && input.samples >= 0 && input.samples <= samples_max) return {};
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the seed or the number of samples is not usable"};
    if (!seed) error.violations.push_back({"/seed", "text", "must be 1 to 64 visible ASCII characters"});
    if (input.samples < 0 || input.samples > samples_max) error.violations.push_back({"/samples", "range", "must be 0 to 100"});
    return std::unexpected(std::move(error));
}

}  // namespace

audit::Hash sample_rank(std::string_view seed, std::int64_t index) {
    constexpr std::string_view domain("entente-sample/v1\0", 18);
    std::array<std::uint8_t, 9> tail{};  // 00 and the index
    for (int i = 0; i < 8; ++i) tail[static_cast<std::size_t>(8 - i)] = static_cast<std::uint8_t>(index >> (8 * i));
    return certs::sha256_of({protocol::as_bytes(domain), protocol::as_bytes(seed), tail});
}

void Population::add(std::int64_t index, bool has_failed, const audit::Hash* rank, std::size_t sample_size) {
    ++entries;
    if (has_failed) ++failed;
    if (!runs.empty() && runs.back().second == index - 1) {
        runs.back().second = index;
    } else {
        runs.emplace_back(index, index);
    }
    if (rank == nullptr || sample_size == 0) return;
    if (lowest.size() < sample_size) {
        lowest.emplace(*rank, index);
    } else if (*rank < lowest.rbegin()->first) {
        lowest.erase(std::prev(lowest.end()));
        lowest.emplace(*rank, index);
    }
}

audit::Hash Population::digest() const {
    certs::Sha256 hash;
    for (const auto& [first, last] : runs) {
        for (std::int64_t index = first; index <= last; ++index) {
            std::array<std::uint8_t, 8> bytes{};
            for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(7 - i)] = static_cast<std::uint8_t>(index >> (8 * i));
            hash.update(bytes);
        }
    }
    return hash.finish();
}

const Fact* Evidence::fact(std::string_view name) const {
    const auto found = std::ranges::find(facts, name, &Fact::name);
    return found == facts.end() ? nullptr : &*found;
}

bool Evidence::holds(std::size_t control) const {
    if (controls()[control].serves == Serves::no) return false;
    if (populations[control].entries > 0) return true;
    if (begin >= end) return false;  // the log has nothing of this period: today's facts say nothing about it
    return std::ranges::any_of(words_of(controls()[control].facts), [this](std::string_view name) {
        const Fact* found = fact(name);
        return found != nullptr && found->evidence;
    });
}

Evidence::Coverage Evidence::coverage(Framework framework) const {
    Coverage coverage;
    for (std::size_t i = 0; i < controls().size(); ++i) {
        if (controls()[i].framework != framework) continue;
        ++coverage.controls;
        if (controls()[i].serves == Serves::no) {
            ++coverage.not_served;
        } else if (holds(i)) {
            ++coverage.holding;
        } else {
            ++coverage.empty;
        }
    }
    return coverage;
}

Audited<std::shared_ptr<Evidence>> begin_evidence(Txn& txn, const Context& context, const Caller& caller, EvidenceInput input,
                                                  std::string_view operation) {
    audit::Record record = record_of(caller, std::string(operation), audit::Class::datastore_activity, audit::datastore_read);
    using Made = std::shared_ptr<Evidence>;
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed)
        return refused<Made>(std::move(record), allowed.error());
    if (auto good = good_input(input); !good) return refused<Made>(std::move(record), good.error());
    if (input.from >= context.now) {
        Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the period has not begun"};
        error.violations.push_back({"/from", "period", "must not be later than now"});
        return refused<Made>(std::move(record), std::move(error));
    }
    auto evidence = std::make_shared<Evidence>();
    if (!caller.is_operator()) {
        evidence->company = caller.company();
        if (const auto company = store::find_company(txn, caller.company())) evidence->scope_name = company->name;
    }
    evidence->log_size = audit::head(txn).size;
    evidence->until = std::min(input.until, context.now);
    evidence->begin = store::first_index_at(txn, input.from, evidence->log_size);
    evidence->end = store::first_index_at(txn, input.until, evidence->log_size);
    evidence->next = evidence->begin;
    evidence->populations.resize(controls().size());
    record.decision = protocol::CanonicalObject()
                          .set("from", std::to_string(input.from.us))
                          .set("samples", input.samples)
                          .set("seed_digest", protocol::hex(certs::sha256(protocol::as_bytes(input.seed))))
                          .set("size", evidence->log_size)
                          .set("until", std::to_string(input.until.us))
                          .text();
    evidence->input = std::move(input);
    return {std::move(evidence), std::move(record)};
}

namespace {

std::string verdict_of(const store::LogRow& row) {
    if (row.failed) return "refused: " + std::string(row.reason);
    if (row.reason.empty()) return "released at once";
    return "held: " + std::string(row.reason);
}

void count_row(Evidence& evidence, const store::LogRow& row) {
    ++evidence.entries;
    ++evidence.operations[std::string(row.operation)];
    EvidenceDay& day = evidence.days[row.time.us / us_a_day];
    if (row.failed) {
        ++day.refused;
        ++evidence.refusals[row.reason.empty() ? std::string(row.operation) : std::string(row.reason)];
    }
    if (row.operation == "case.create") {
        ++evidence.verdicts[verdict_of(row)];
        if (!row.failed) ++day.opened;
        if (!row.failed && row.reason.empty()) ++day.released;
    } else if (row.operation == "case.release") {
        ++day.released;
    } else if (!row.failed && crosses(row.operation)) {
        ++day.crossed;
    }
}

// Of a pack for one company: whether another one did it, or the gateway for one. A file or a mail goes from the company to another;
// who creates a case is answered with its own words alone.
bool by_others(ReadTxn& txn, const Context& context, const Evidence& evidence, const store::LogRow& row) {
    if (row.operation.starts_with("case.create")) return false;
    if (!evidence.company || row.operation == "attachment.send" || row.operation == "mail.content.send") return true;
    const auto entry = open_entry(txn, context, row.index, evidence.company);
    const auto core = entry ? protocol::parse_canonical(entry->core) : Result<protocol::CanonicalValue>(std::unexpect);
    const auto* const actor = core ? core->find("actor") : nullptr;
    const auto* const acting = actor == nullptr ? nullptr : actor->find("org_uid");
    return acting == nullptr || acting->text() == nullptr || *acting->text() != std::to_string(evidence.company.value);
}

void scan_rows(ReadTxn& txn, const Context& context, Evidence& evidence) {
    std::int64_t rows = 0;
    std::int64_t last = evidence.end;
    const auto sample_size = static_cast<std::size_t>(evidence.input.samples);
    store::each_log_row(txn, evidence.company, evidence.next, evidence.end, rows_a_step, [&](const store::LogRow& row) {
        ++rows;
        last = row.index;
        count_row(evidence, row);
        const std::string key = (row.failed ? "!" : "+") + std::string(row.operation) + "@" + std::string(row.reason);
        auto known = evidence.matching.find(key);
        if (known == evidence.matching.end()) {
            std::vector<std::size_t> matching;
            for (std::size_t i = 0; i < controls().size(); ++i)
                if (matches(controls()[i], row.operation, row.failed, row.reason)) matching.push_back(i);
            known = evidence.matching.emplace(key, std::move(matching)).first;
        }
        const audit::Hash rank = sample_size == 0 ? audit::Hash{} : sample_rank(evidence.input.seed, row.index);
        std::optional<bool> others;
        for (const std::size_t control : known->second) {
            if (controls()[control].by_others && !others) others = !row.failed && by_others(txn, context, evidence, row);
            if (controls()[control].by_others && !*others) continue;
            evidence.populations[control].add(row.index, row.failed, sample_size == 0 ? nullptr : &rank, sample_size);
        }
    });
    evidence.next = rows < rows_a_step ? evidence.end : last + 1;
}

void count_answers(ReadTxn& txn, Evidence& evidence) {
    const auto page =
        store::first_answers(txn, evidence.company, evidence.input.from, evidence.input.until, evidence.next_case, cases_a_step);
    for (const store::FirstAnswer& one : page) {
        evidence.next_case = one.case_id;
        // An answer after the period is none yet, so that the period's figures stay what they are.
        if (!one.answered || *one.answered >= evidence.input.until) {
            ++evidence.unanswered;
            continue;
        }
        const std::int64_t minutes = (one.answered->us - one.released.us) / 60'000'000;
        const auto place = std::ranges::upper_bound(answer_bounds, minutes) - answer_bounds.begin();
        ++evidence.answers[static_cast<std::size_t>(place)];
    }
    evidence.cases_done = std::ssize(page) < cases_a_step;
}

// The table of roles and rights as built.
std::string rights_text() {
    std::string text;
    for (const protocol::Role role : {protocol::Role::engineer, protocol::Role::compliance, protocol::Role::administrator,
                                      protocol::Role::api_client, protocol::Role::auditor, protocol::Role::gateway_operator}) {
        if (!text.empty()) text += "; ";
        text += std::string(protocol::name(role)) + ":";
        for (int i = 0; i < policy::operation_count; ++i) {
            const auto operation = static_cast<policy::Operation>(i);
            if (policy::may(role, operation)) text += " " + std::string(policy::name(operation));
        }
    }
    return text;
}

std::string days_text(std::int64_t days) {
    return days == 0 ? "never" : "after " + std::to_string(days) + " days";
}

void collect_facts(ReadTxn& txn, const Context& context, Evidence& evidence) {
    const Settings& settings = context.tools.settings;
    for (const store::StateCount& count : store::state_counts()) {
        if (count.operator_only && evidence.company) continue;
        const std::int64_t number = store::count_state(txn, count, evidence.company, context.now);
        evidence.facts.push_back({std::string(count.name), std::string(count.title), std::to_string(number), number > 0});
    }
    evidence.facts.push_back(
        {"log", "Records of the period in this scope", std::to_string(evidence.entries), evidence.entries > 0});
    evidence.facts.push_back({"rights", "Roles and what each may do; what is not named is denied", rights_text(), true});
    evidence.facts.push_back({"settings", "Settings that bear on evidence",
                              "a case waits for a missing key for " + std::to_string(settings.hold_days) +
                                  " days; idle cases are closed " + days_text(settings.idle_close_days) +
                                  "; the content of ended cases is removed " + days_text(settings.content_removal_days) +
                                  "; a sign-in lasts " + std::to_string(settings.session_seconds / 60) +
                                  " minutes; version " ENTENTE_VERSION,
                              true});
    evidence.facts.push_back(
        {"cryptography", "Algorithms as built",
         "TLS 1.3, or 1.2 with ECDHE and AEAD; the database is SQLCipher with AES-256 and an HMAC over each page; texts and "
         "persons are "
         "sealed once more under keys of their owners with XAES-256-GCM (C2SP), whose nonces have 192 bits; the log is a Merkle "
         "tree over SHA-256 "
         "(RFC 6962); signatures are Ed25519; passwords are kept as Argon2id",
         true});
}

void open_samples(ReadTxn& txn, const Context& context, Evidence& evidence) {
    if (evidence.next_sample == 0) {
        std::map<std::int64_t, std::vector<std::size_t>> wanted;
        for (std::size_t control = 0; control < evidence.populations.size(); ++control)
            for (const auto& [rank, index] : evidence.populations[control].lowest) wanted[index].push_back(control);
        for (auto& [index, of] : wanted) evidence.samples.push_back({.index = index, .controls = std::move(of)});
    }
    const std::size_t until = std::min(evidence.samples.size(), evidence.next_sample + samples_a_step);
    const auto company = evidence.company ? std::optional(evidence.company) : std::nullopt;
    for (; evidence.next_sample < until; ++evidence.next_sample) {
        ProvenEntry& sample = evidence.samples[evidence.next_sample];
        auto of = std::move(sample.controls);
        if (auto opened = open_entry(txn, context, sample.index, company)) sample = *std::move(opened);
        sample.controls = std::move(of);
    }
}

}  // namespace

std::optional<ProvenEntry> open_entry(ReadTxn& txn, const Context& context, std::int64_t index,
                                      const std::optional<protocol::CompanyId>& company) {
    auto shown = audit::show(txn, context.tools.vault, index, company, {});
    if (!shown) return std::nullopt;
    ProvenEntry entry{.index = index,
                      .event = shown->line.event,
                      .time = shown->line.time,
                      .operation = shown->line.operation,
                      .failed = shown->line.outcome == audit::Outcome::failure,
                      .reason = shown->line.reason,
                      .leaf = shown->leaf,
                      .entry = std::move(shown->entry)};
    for (const audit::SectionView& section : shown->sections) {
        if (section.tag != store::Tag::core || section.state != audit::SectionState::opened) continue;
        entry.core = section.text;
        entry.salt = section.salt;
    }
    return entry;
}

std::string receipt_text(ReadTxn& txn, audit::Notary& notary, const audit::Published& published, const ProvenEntry& entry) {
    const audit::Checkpoint& checkpoint = published.checkpoint;
    const auto index = static_cast<std::uint64_t>(entry.index);
    if (index >= checkpoint.size) return {};
    auto path = notary.proofs().inclusion(txn, index, checkpoint.size);
    // A proof that does not hold would be worse than none.
    if (!audit::verify_inclusion(entry.leaf, index, checkpoint.size, path, checkpoint.root))
        throw audit::Tampered("entry " + std::to_string(index) + " is not under the published root");
    return audit::format_receipt({entry.entry, index, std::move(path), published.note});
}

bool continue_evidence(ReadTxn& txn, const Context& context, Evidence& evidence) {
    if (evidence.next < evidence.end) {
        scan_rows(txn, context, evidence);
    } else if (!evidence.cases_done) {
        count_answers(txn, evidence);
    } else if (!evidence.facts_done) {
        collect_facts(txn, context, evidence);
        evidence.facts_done = true;
    } else if (evidence.input.samples > 0 && (evidence.next_sample == 0 || evidence.next_sample < evidence.samples.size())) {
        open_samples(txn, context, evidence);
        return evidence.next_sample < evidence.samples.size();
    } else {
        return false;
    }
    return true;
}

}  // namespace entente::operations
