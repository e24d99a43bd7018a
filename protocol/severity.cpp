#include "protocol/severity.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<Severity, severity_count> severity_names{{
    {Severity::critical, "critical"},
    {Severity::high, "high"},
    {Severity::medium, "medium"},
    {Severity::low, "low"},
}};

constexpr NameTable<Severity, severity_count> short_names{{
    {Severity::critical, "S1"},
    {Severity::high, "S2"},
    {Severity::medium, "S3"},
    {Severity::low, "S4"},
}};

constexpr NameTable<Priority, 3> priority_names{{
    {Priority::low, "LOW"},
    {Priority::medium, "MEDIUM"},
    {Priority::high, "HIGH"},
}};

}  // namespace

std::string_view name(Severity severity) {
    return name_in(severity_names, severity);
}

std::optional<Severity> parse_severity(std::string_view text) {
    if (const auto found = find_exact(severity_names, text)) return found;
    return find_exact(short_names, text);
}

std::optional<Priority> parse_exact_priority(std::string_view text) {
    return find_exact(priority_names, text);
}

bool SeverityMap::keeps_priorities() const {
    for (const Priority priority : {Priority::low, Priority::medium, Priority::high})
        if (priority_of(severity_of(priority)) != priority) return false;
    return true;
}

bool SeverityMap::keeps_order() const {
    for (std::size_t i = 1; i < to_priority.size(); ++i)
        if (to_priority[i] > to_priority[i - 1]) return false;
    return true;
}

std::optional<Severity> SeverityNames::find(std::string_view wanted) const {
    for (const Severity severity : severities)
        if (!wanted.empty() && of(severity) == wanted) return severity;
    return std::nullopt;
}

}  // namespace entente::protocol
