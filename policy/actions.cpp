#include "policy/actions.hpp"

#include <algorithm>

#include "protocol/canonical.hpp"

namespace entente::policy {

using protocol::DataClass;
using protocol::DataClasses;

namespace {

constexpr std::array<std::string_view, 6> action_names{"allow", "parseable", "pseudonymise", "mask", "hold", "refuse"};

constexpr std::string_view needed = "only what the partner needs to work: it must tell them apart, not know them";
constexpr std::string_view by_class = "as the agreement and the customer permit the class of persons";
constexpr std::string_view never = "no support case needs it";

constexpr std::array<KindInfo, finding_kind_count> kinds{{
    {"bank_account", Action::pseudonymise, "bank account", never},
    {"credential", Action::mask, "credential", never},
    {"customer_name", Action::allow, "customer's name", "as the agreement and the customer permit the class"},
    {"hardware_address", Action::pseudonymise, "hardware address", needed},
    {"host_name", Action::pseudonymise, "host name", needed},
    {"internal_url", Action::pseudonymise, "internal link", needed},
    {"ip_address", Action::pseudonymise, "IP address", needed},
    {"known_name", Action::allow, "known name", "as its class is permitted"},
    {"mail_address", Action::allow, "mail address", by_class},
    {"national_id", Action::pseudonymise, "national number", never},
    {"payment_card", Action::pseudonymise, "payment card", never},
    {"person_name", Action::allow, "person's name", by_class},
    {"phone_number", Action::allow, "telephone number", by_class},
    {"private_key", Action::mask, "private key", never},
    {"serial_number", Action::pseudonymise, "serial number", needed},
    {"uninspected_file", Action::refuse, "file that cannot be looked into", "nobody can say what is in it"},
}};

bool secret(std::size_t kind) {
    return kinds[kind].name == "credential" || kinds[kind].name == "private_key";
}

bool is_file(std::size_t kind) {
    return kinds[kind].name == "uninspected_file";
}

std::optional<std::size_t> find_kind(std::string_view name) {
    const auto found = std::ranges::lower_bound(kinds, name, {}, &KindInfo::name);
    if (found == kinds.end() || found->name != name) return std::nullopt;
    return static_cast<std::size_t>(found - kinds.begin());
}

}  // namespace

std::string_view name(Action action) {
    return action_names[static_cast<std::size_t>(action)];
}

std::optional<Action> parse_action(std::string_view text) {
    const auto found = std::ranges::find(action_names, text);
    if (found == action_names.end()) return std::nullopt;
    return static_cast<Action>(found - action_names.begin());
}

std::span<const KindInfo> finding_kinds() {
    return kinds;
}

std::size_t kind_of(const Finding& finding) {
    const bool key = finding.code == "private_key";
    if (finding.classes.has(DataClass::secret) || finding.data_class == DataClass::secret)
        return *find_kind(key ? "private_key" : "credential");
    return find_kind(finding.code).value_or(*find_kind("known_name"));
}

SharingRules::SharingRules() {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) actions_[kind] = kinds[kind].standard;
}

bool SharingRules::set(std::string_view kind, Action action) {
    const auto which = find_kind(kind);
    if (!which || (secret(*which) && action < Action::mask)) return false;
    if (is_file(*which) && action > Action::allow && action < Action::hold) return false;
    actions_[*which] = action;
    return true;
}

std::string SharingRules::to_json() const {
    protocol::CanonicalObject actions;
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (actions_[kind] != kinds[kind].standard) actions.set(kinds[kind].name, name(actions_[kind]));
    return protocol::CanonicalObject().set("actions", actions).set("format", "sharing-rules/1").text();
}

protocol::Result<SharingRules> SharingRules::from_json(std::string_view json) {
    const auto broken = [](const std::string& why) {
        return protocol::fail(protocol::ErrorKind::malformed, "not_sharing_rules", why);
    };
    const auto parsed = protocol::parse_canonical(json);
    if (!parsed || parsed->members() == nullptr) return broken("sharing rules are one object in canonical JSON");
    const auto* format = parsed->find("format");
    const auto* actions = parsed->find("actions");
    if (format == nullptr || format->text() == nullptr || *format->text() != "sharing-rules/1" || parsed->members()->size() != 2)
        return broken("sharing rules have the members actions and format, which is sharing-rules/1");
    if (actions == nullptr || actions->members() == nullptr) return broken("actions is an object of kinds and actions");
    SharingRules rules;
    for (const auto& member : *actions->members()) {
        const auto action = member.value.text() == nullptr ? std::nullopt : parse_action(*member.value.text());
        if (!action) return broken("not an action for " + member.key + ": allow, parseable, pseudonymise, mask, hold, refuse");
        if (!find_kind(member.key)) return broken("there is no kind " + member.key);
        if (!rules.set(member.key, *action))
            return broken(member.key == "uninspected_file" ? "an uninspected_file is allowed, held or refused"
                                                           : "a " + member.key + " is at least masked");
    }
    return rules;
}

bool SharingRules::may_object() const {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (actions_[kind] >= Action::hold && !is_file(kind)) return true;
    return false;
}

bool SharingRules::allows_uninspected() const {
    return actions_[*find_kind("uninspected_file")] == Action::allow;
}

bool SharingRules::at_least_as_strict_as(const SharingRules& other) const {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (actions_[kind] < other.actions_[kind]) return false;
    return true;
}

Action action_for(const Finding& finding, DataClasses permitted, const SharingRules& rules) {
    const std::size_t kind = kind_of(finding);
    const Action action = rules.action(kind);
    if (secret(kind)) return std::max(action, Action::mask);
    const DataClasses all = finding.classes.empty() ? DataClasses{finding.data_class} : finding.classes;
    const bool allowed = all.both(permitted) == all;
    return allowed || action > Action::allow ? action : Action::pseudonymise;
}

}  // namespace entente::policy
