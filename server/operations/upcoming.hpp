#pragma once
// What changes by itself and when: announced changes and ends of agreements, ends of authorizations, rules that take effect. So
// that nobody is surprised by a case that freezes or a partner that is gone.

#include <string>
#include <vector>

#include "server/operations/context.hpp"

namespace entente::operations {

struct Upcoming {
    enum class Kind : std::uint8_t { agreement_change, agreement_end, authorization_end, rules_effect };
    Instant at;
    Kind kind = Kind::agreement_end;
    std::int64_t subject = 0;  // id of the agreement, authorization or rules
    std::string title;         // of the agreement; the customer's name; empty for rules
    std::string detail;        // agreement_change: suspend, resume, terminate, ...; authorization_end: emergency or empty
};
std::string_view name(Upcoming::Kind kind);  // agreement_change, agreement_end, authorization_end, rules_effect

// Until `days` from now, earliest first. Authorizations and rules only for who may read them. Error: forbidden.
Result<std::vector<Upcoming>> upcoming(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t days);

}  // namespace entente::operations
