#pragma once
// What the checks of an export share: collecting findings, disclosed sections, sums. Private to them.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "server/audit/format/leaf.hpp"
#include "server/audit/package/check.hpp"

namespace entente::audit {

class Findings {
  public:
    Findings(const LogCheckOptions& options, LogReport& report) : options_(options), report_(report) {}

    bool left_out(LogCheck check) const { return (options_.without >> static_cast<unsigned>(check) & 1U) != 0; }
    void add(LogCheck check, std::optional<std::uint64_t> index, std::string sentence) {
        if (left_out(check)) return;
        if (report_.findings.size() >= options_.findings_max) {
            report_.more = true;
            return;
        }
        report_.findings.push_back({check, index, std::move(sentence)});
    }

    // Also beyond the limit: what the report would be wrong without.
    void add_always(LogCheck check, std::optional<std::uint64_t> index, std::string sentence) {
        if (!left_out(check)) report_.findings.push_back({check, index, std::move(sentence)});
    }

  private:
    const LogCheckOptions& options_;
    LogReport& report_;
};

// The disclosed section of an entry against what the entry committed to.
struct Disclosed {
    std::uint8_t tag = 0;
    bool sealed = false;  // to an auditor; options.open_sealed opens it
    auto operator<=>(const Disclosed&) const = default;
};
// The text of a core section that is what the log committed to; nothing for every other.
std::optional<std::string> check_disclosed(const Files& files, const LogCheckOptions& options, std::uint64_t index,
                                           const Entry& entry, const Disclosed& what, Findings& findings, LogReport& report);

// A salt is there and the text that it belongs to is not.
void lacks_text(std::uint64_t index, std::uint8_t tag, Findings& findings);

// The files that SHA256SUMS names are there; where it was `asked` for, all are named and have these sums. Nobody signed it: it
// makes what is here incomplete, and excuses nothing.
void check_sums(const Files& files, bool asked, Findings& findings);

}  // namespace entente::audit
