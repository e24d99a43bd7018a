#pragma once
// Rehearsal of sharing rules (semantics 8): what would have become of a period's texts under a version of the rules that does not
// hold yet, beside what became of them under the rules of their time. Changes nothing, shows no words.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

struct RehearsalPeriod {
    std::optional<Instant> from;   // of a case's opening; none: 30 days before the end
    std::optional<Instant> until;  // exclusive; none: now
    protocol::CaseId after;        // go on behind this case
    std::int64_t limit = 100;      // cases
};

// One of the company's texts: its words of a case, a note, an answer.
enum class Fate : std::uint8_t { passes, held, refused };
std::string_view name(Fate fate);  // pass, hold, refuse

struct Rehearsal {
    Instant from;
    Instant until;
    std::int64_t cases = 0;
    std::int64_t texts = 0;
    // Cases whose words are gone are judged from the findings that the log holds (semantics 8): their fate alone, not what would be
    // masked, and not their labels.
    std::int64_t from_findings = 0;
    std::int64_t unreadable = 0;  // cases of which the log holds no findings either: nothing can be said of them
    // How many texts went from one fate to another; only where they differ.
    std::map<std::pair<Fate, Fate>, std::int64_t> moved;
    std::int64_t more_masked = 0;  // texts of which more values would stay back, or fewer
    std::int64_t less_masked = 0;
    std::map<std::string, std::int64_t> masked_then;  // values by data class, under the rules of their time
    std::map<std::string, std::int64_t> masked_now;   // under the rules that are tried
    struct Example {
        std::string token;
        std::string item;  // case, note or answer
        Fate then = Fate::passes;
        Fate now = Fate::passes;
        std::string reason;  // code of what stands against it now; empty: nothing
    };
    std::vector<Example> examples;  // at most 50, of texts whose fate differs
    std::optional<protocol::CaseId> next;
};

// Only the company's own rules and texts. Errors: forbidden, sharing_rules_not_found, invalid_members (from).
Result<Rehearsal> rehearse_rules(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t rules,
                                 const RehearsalPeriod& period);

}  // namespace entente::operations
