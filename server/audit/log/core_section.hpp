#pragma once
// The core section of an event: facts about organisations in OCSF 1.8.0's words, canonical JSON, no personal data (audit and crypto
// reference, section 4). What the entry's lookup columns say is said here too, so that a verifier can compare.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

std::string core_section(const Record& record, const protocol::EventId& event, protocol::Instant time, std::string_view origin);

// Parties as they are stored: sorted, each once, without none.
std::vector<protocol::CompanyId> parties_of(const Record& record);

// What a core section shares with its entry and with the columns beside it.
struct CoreFacts {
    std::string uid;
    std::int64_t time_ms = 0;
    std::string operation;
    std::int64_t outcome = 0;
    std::string reason;
    std::vector<std::int64_t> parties;
    std::int64_t case_id = 0;
    bool operator==(const CoreFacts&) const = default;
};
// Nothing if the text is no core section.
std::optional<CoreFacts> read_core_section(std::string_view text);

}  // namespace entente::audit
