#pragma once
// What the tests of exported logs share.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "server/audit/package/check.hpp"

namespace entente::audit::tests {

inline bool long_form() {
    const char* asked = std::getenv("ENTENTE_LONG");
    return asked != nullptr && std::string_view(asked) == "1";
}

inline std::uint64_t seed() {
    const char* given = std::getenv("ENTENTE_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261127;
    std::cout << "ENTENTE_SEED=" << chosen << "\n";
    return chosen;
}

inline std::string sentences(const LogReport& report) {
    std::string all;
    for (const LogFinding& finding : report.findings) {
        all += std::string(log_check_name(finding.check)) + " " + (finding.index ? std::to_string(*finding.index) : "-") + ": " +
               finding.sentence + "\n";
    }
    return all;
}

inline bool found(const LogReport& report, LogCheck check) {
    return std::ranges::any_of(report.findings, [&](const LogFinding& finding) { return finding.check == check; });
}

inline std::string text_of(const protocol::Blob& bytes) {
    return std::string(protocol::as_text(bytes));
}

}  // namespace entente::audit::tests
