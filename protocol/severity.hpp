#pragma once
// Severities of cases: four levels, which both sides of a case read alike, and how they meet the three priorities of the Connect
// contract. Two companies keep one map for their link (`SeverityMap`), so that a case that was opened with either spelling reads
// the same on both sides; each company may give the four levels the names of its own ticket system (`SeverityNames`).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/collaboration.hpp"

namespace entente::protocol {

inline constexpr int severity_count = 4;
inline constexpr std::array severities{Severity::critical, Severity::high, Severity::medium, Severity::low};
inline constexpr std::size_t severity_name_chars = 60;

std::string_view name(Severity severity);                             // critical, high, medium, low
std::optional<Severity> parse_severity(std::string_view text);        // these, or S1 to S4
std::optional<Priority> parse_exact_priority(std::string_view text);  // HIGH, MEDIUM, LOW, spelled exactly

// The default: critical and high are HIGH; HIGH is high.
struct SeverityMap {
    std::array<Priority, severity_count> to_priority{Priority::high, Priority::high, Priority::medium, Priority::low};
    std::array<Severity, 3> from_priority{Severity::low, Severity::medium, Severity::high};  // of LOW, MEDIUM, HIGH

    Priority priority_of(Severity severity) const { return to_priority[static_cast<std::size_t>(severity)]; }
    Severity severity_of(Priority priority) const { return from_priority[static_cast<std::size_t>(priority)]; }
    // A priority that a Connect client writes comes back as it was written.
    bool keeps_priorities() const;
    // A more urgent severity is never a less urgent priority.
    bool keeps_order() const;
    friend bool operator==(const SeverityMap&, const SeverityMap&) = default;
};

// A company's own words for the four levels towards one partner; empty: it has none.
struct SeverityNames {
    std::array<std::string, severity_count> names;
    const std::string& of(Severity severity) const { return names[static_cast<std::size_t>(severity)]; }
    // The level with that name, letters compared as they are.
    std::optional<Severity> find(std::string_view name) const;
};

// The link of two companies as one of them sees it.
struct SeverityLink {
    CompanyId partner;
    SeverityMap map;
    SeverityNames own;
    SeverityNames partners;
    std::int64_t version = 0;  // of the map and both sides' names; 0: nothing was ever set, the defaults hold
};

}  // namespace entente::protocol
