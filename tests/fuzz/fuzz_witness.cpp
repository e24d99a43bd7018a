// Requests to a witness and its answers, and policies, come from other machines. What parses must print as it was written.

#include <cstddef>
#include <cstdint>

#include "protocol/result.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/witness/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const std::string_view text = protocol::as_text({data, size});
    if (const auto request = audit::parse_cosign_request(text)) ENTENTE_ASSERT(audit::format_cosign_request(*request) == text);
    if (const auto lines = audit::parse_cosignatures(text)) {
        std::string again;
        for (const auto& line : *lines) again += audit::format_signature_line(line);
        ENTENTE_ASSERT(again == text);
    }
    if (const auto policy = audit::parse_policy(text)) {
        const std::string printed = audit::format_policy(*policy);
        const auto again = audit::parse_policy(printed);
        ENTENTE_ASSERT(again && audit::format_policy(*again) == printed);
    }
    return 0;
}
