#pragma once
// What a company lets out: seen in advance while somebody types, counted afterwards, and the way back from pseudonyms.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/actions.hpp"
#include "policy/labels.hpp"
#include "policy/minimisation.hpp"
#include "protocol/ids.hpp"
#include "server/operations/cases.hpp"

namespace entente::operations {

// --- in advance: nothing is stored, nothing is recorded, nothing crosses ---
struct DryRun {
    std::string text;             // plain text or HTML; HTML is judged as it is read
    std::string token;            // a case of the caller's company: its names, pseudonyms and released classes count; or empty
    protocol::CompanyId partner;  // without a case: what the agreement with this company permits; none: nothing is permitted
};
struct DryFinding {
    std::size_t begin = 0;  // in characters (Unicode code points) of the text as it is read
    std::size_t end = 0;
    std::string_view kind;  // of finding_kinds()
    std::string_view title;
    protocol::DataClass data_class = protocol::DataClass::secret;
    policy::Action action = policy::Action::mask;
};
struct DryVerdict {
    std::string masked;  // as the partner would read it
    std::vector<DryFinding> findings;
    protocol::DataClasses released;
    policy::Label label = policy::Label::clear;
    policy::Label ceiling = policy::default_ceiling;
    std::int64_t rules_id = 0;
    std::string detectors;           // version
    std::optional<Error> objection;  // what the side's rules say against it
};
Result<DryVerdict> dry_run(ReadTxn& txn, const Context& context, const Caller& caller, const DryRun& input);

// --- afterwards: of what the caller's side put into a case, what the partner can read ---
struct Budget {
    protocol::CompanyId partner;
    protocol::Flow flow = protocol::Flow::held;
    policy::Label label = policy::Label::clear;
    policy::Label ceiling = policy::default_ceiling;
    std::int64_t rules_id = 0;
    std::map<std::string, int, std::less<>> released;           // values as they are, by kind
    std::map<std::string, int, std::less<>> pseudonymised;      // by kind
    std::map<std::string, int, std::less<>> masked;             // credential, removed
    std::vector<std::pair<std::string, std::string>> withheld;  // fields: label, reason
    int texts = 0;                                              // that the partner can read
    int waiting = 0;                                            // notes and answers that have not crossed
    std::int64_t characters = 0;
};
struct BudgetRead {
    Budget budget;
    Shown shown;
};
Result<BudgetRead> read_budget(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

// --- the way back, for the side that introduced the values ---
struct PseudonymRead {
    std::vector<policy::Pseudonyms::Row> rows;
    Shown shown;
};
Result<PseudonymRead> read_pseudonyms(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

}  // namespace entente::operations
