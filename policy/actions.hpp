#pragma once
// What is done with what the scan finds, as data: one action for each kind of thing, per agreement and company.
//
// Rules are a document in canonical JSON: {"actions":{"host_name":"allow",...},"format":"sharing-rules/1"}. Kinds that it does not
// name keep the default action, so an empty document is the safe default. Floors that no document can go below: credentials are
// never allowed nor given a stand-in; a value whose data class is not permitted never leaves as it is. One kind is no finding: a
// file that cannot be looked into (uninspected_file) is allowed or not, and a second person may let one pass by its digest.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/detectors.hpp"
#include "protocol/classes.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

// From the most open to the strictest.
enum class Action : std::uint8_t {
    allow,         // as it is, if its data class is permitted
    parseable,     // a stand-in that still looks like what it stands for (192.0.2.7, host-3.invalid)
    pseudonymise,  // a name that is stable within the case and side: HOST-3, [mail-1]
    mask,          // [removed], the same for all
    hold,          // the item waits until a second person of its company has looked at it
    refuse,        // the item is not taken at all
};
std::string_view name(Action action);
std::optional<Action> parse_action(std::string_view text);

// A kind is a detector's code, except that all credentials but private keys are one kind.
struct KindInfo {
    std::string_view name;
    Action standard = Action::pseudonymise;
    std::string_view title;      // for people: "telephone number"
    std::string_view rationale;  // why the default is what it is
};
std::span<const KindInfo> finding_kinds();  // sorted by name
inline constexpr std::size_t finding_kind_count = 16;
// The place of a finding's kind in finding_kinds().
std::size_t kind_of(const Finding& finding);

class SharingRules {
  public:
    SharingRules();  // the defaults
    Action action(std::size_t kind) const { return actions_[kind]; }
    // False when the floor for this kind forbids it.
    bool set(std::string_view kind, Action action);

    std::string to_json() const;  // only what differs from the defaults
    static protocol::Result<SharingRules> from_json(std::string_view json);
    // Is there a kind of finding for which an item may be held or refused?
    bool may_object() const;
    // May files pass that nobody could look into?
    bool allows_uninspected() const;
    // Does every kind get at least as strict an action as in `other`?
    bool at_least_as_strict_as(const SharingRules& other) const;
    bool operator==(const SharingRules&) const = default;

  private:
    std::array<Action, finding_kind_count> actions_{};
};

// What happens to this finding when these classes may flow.
Action action_for(const Finding& finding, protocol::DataClasses permitted, const SharingRules& rules);

}  // namespace entente::policy
