#pragma once
// Evidence for compliance officers, auditors and the operator: what the log and the configuration show for each control of the
// standing map in a period, with samples that anybody can draw again and prove without the gateway.
//
// Scope as for reading the log: a company gets what it is party to, the operator every entry and no sealed section. A period is
// gone through in steps, each on a reader and short; the log does not change behind them. Making evidence is itself recorded.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/classes.hpp"
#include "server/audit/log/notary.hpp"
#include "server/audit/log/reader.hpp"
#include "server/operations/context.hpp"
#include "server/operations/evidence_controls.hpp"

namespace entente::operations {

struct EvidenceInput {
    Instant from;
    Instant until;     // exclusive
    std::string seed;  // 1 to 64 visible ASCII characters
    int samples = 5;   // of each control, at most; 0: none
};
inline constexpr int samples_max = 100;
inline constexpr std::int64_t period_days_max = 3'660;

// A sample's rank: SHA-256("entente-sample/v1" || 00 || seed || 00 || u64 index, big-endian). The sample of a control is those
// entries of its population with the smallest ranks, compared as bytes.
audit::Hash sample_rank(std::string_view seed, std::int64_t index);

// The entries of a period that match a control.
struct Population {
    std::int64_t entries = 0;
    std::int64_t failed = 0;                                  // refused or failed among them
    std::vector<std::pair<std::int64_t, std::int64_t>> runs;  // first and last index of each run without a gap
    std::set<std::pair<audit::Hash, std::int64_t>> lowest;    // rank and index of the sample

    void add(std::int64_t index, bool has_failed, const audit::Hash* rank, std::size_t sample_size);
    // SHA-256 over the indices as u64, big-endian, in order: what a redrawn population must come to.
    audit::Hash digest() const;
};

// What is there now, or how the gateway is built and set.
struct Fact {
    std::string name;
    std::string title;
    std::string value;
    bool evidence = false;  // false: there is none of it
};

struct ProvenEntry {
    std::int64_t index = 0;
    protocol::EventId event{};
    Instant time;
    std::string operation;
    bool failed = false;
    std::string reason;
    audit::Hash leaf{};
    protocol::Blob entry;               // the leaf's bytes
    std::string core;                   // empty where there is none, or its key is destroyed
    audit::Salt salt{};                 // of the core section's commitment
    std::vector<std::size_t> controls;  // positions in controls() that it is a sample of
};

// The entry with its core section and what proves it; nothing where the company is not party to it.
std::optional<ProvenEntry> open_entry(ReadTxn& txn, const Context& context, std::int64_t index,
                                      const std::optional<protocol::CompanyId>& company);

// The entry's receipt (c2sp.org/tlog-proof) under that checkpoint; empty where it does not cover the entry.
std::string receipt_text(ReadTxn& txn, audit::Notary& notary, const audit::Published& published, const ProvenEntry& entry);

// Counts of one day (UTC).
struct EvidenceDay {
    std::int64_t opened = 0;    // cases that were asked for and not refused
    std::int64_t released = 0;  // of them or earlier ones, shown to their receiver
    std::int64_t crossed = 0;   // notes and answers
    std::int64_t refused = 0;   // failures of any kind
};

// All of it, filled step by step.
struct Evidence {
    EvidenceInput input;
    protocol::CompanyId company;  // none: the whole gateway
    std::string scope_name;       // the company's, or empty
    std::int64_t log_size = 0;    // when it was begun
    Instant until;                // what it covers: to the end of the period, or to when it was begun, if the period goes on
    std::int64_t begin = 0;       // indices of the period
    std::int64_t end = 0;

    bool over() const { return until == input.until; }

    std::int64_t next = 0;  // where the scan goes on
    std::int64_t next_case = 0;
    bool cases_done = false;
    std::size_t next_sample = 0;
    bool facts_done = false;

    std::int64_t entries = 0;
    std::vector<Population> populations;  // as controls()
    std::map<std::int64_t, EvidenceDay> days;
    std::map<std::string, std::int64_t, std::less<>> verdicts;  // of asked-for cases: released, held, refused, by reason
    std::map<std::string, std::int64_t, std::less<>> refusals;  // by reason
    std::map<std::string, std::int64_t, std::less<>> operations;
    std::array<std::int64_t, 8> answers{};  // released cases by time to the first formal answer (answer_bounds)
    std::int64_t unanswered = 0;
    std::vector<Fact> facts;
    std::vector<ProvenEntry> samples;                                       // by index
    std::map<std::string, std::vector<std::size_t>, std::less<>> matching;  // controls of operation, outcome, reason

    const Fact* fact(std::string_view name) const;
    // Whether anything is there for the control: entries, or a fact that is not empty.
    bool holds(std::size_t control) const;
    struct Coverage {
        int controls = 0;
        int holding = 0;
        int empty = 0;
        int not_served = 0;
    };
    Coverage coverage(Framework framework) const;
};
// Upper bounds of Evidence::answers in minutes; the last one has none.
inline constexpr std::array<std::int64_t, 7> answer_bounds{15, 60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60};

// Permission, scope and the record: `operation` is evidence.controls or evidence.pack. `evidence` is filled to begin with.
Audited<std::shared_ptr<Evidence>> begin_evidence(Txn& txn, const Context& context, const Caller& caller, EvidenceInput input,
                                                  std::string_view operation);
// One short step; false when everything is there.
bool continue_evidence(ReadTxn& txn, const Context& context, Evidence& evidence);

// --- after a suspicion about a partner ---

struct BreachInput {
    protocol::CompanyId partner;
    Instant from;
    Instant until;
};
struct BreachItem {
    ProvenEntry entry;  // the record of the disclosure
    std::int64_t case_id = 0;
    std::int64_t version = 0;  // of the case that was shown; 0 where the record names none
    bool delivered = false;    // sent as a mail with content or as a file, not read
};
struct BreachCase {
    std::int64_t id = 0;
    std::string token;
    bool submitted = false;
    protocol::CustomerId customer;
    protocol::DataClasses classes;  // that the gate had let pass when it was shown; none where the partner opened the case
    std::int64_t authorization = 0;
    std::int64_t agreement = 0;
    std::optional<Instant> words_since{};  // from then on there is something of the company's to be shown
    std::int64_t disclosures = 0;          // in the period
    std::int64_t reads = 0;                // of versions that the reader knew, in the hours of the period
};
struct BreachCustomer {
    protocol::CustomerId id;
    std::string name;  // empty where it was erased
    protocol::DataClasses classes;
    std::int64_t cases = 0;
};
// What the partner was shown of the company's in the period.
struct Breach {
    BreachInput input;
    protocol::CompanyId company;
    std::string company_name;
    std::string partner_name;
    std::int64_t log_size = 0;
    std::int64_t next = 0;
    std::int64_t end = 0;
    bool cases_done = false;
    std::int64_t next_case = 0;
    std::map<std::int64_t, BreachCase> cases;  // shared with the partner; those without a disclosure are dropped at the end
    std::vector<BreachItem> items;
    std::vector<BreachCustomer> customers;
    protocol::DataClasses classes;
    std::int64_t unreadable = 0;  // records of the partner's reads whose content was erased: which cases they were is not known
    bool done = false;
};
Audited<std::shared_ptr<Breach>> begin_breach(Txn& txn, const Context& context, const Caller& caller, BreachInput input);
bool continue_breach(ReadTxn& txn, const Context& context, Breach& breach);

}  // namespace entente::operations
