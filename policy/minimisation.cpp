#include "policy/minimisation.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "policy/likeness.hpp"
#include "protocol/markup.hpp"

namespace entente::policy {

using protocol::DataClass;
using protocol::DataClasses;

namespace {

// The word for a finding in its place-holder.
std::string_view word_of(std::string_view code) {
    if (code == "mail_address") return "mail";
    if (code == "phone_number") return "phone";
    if (code == "person_name") return "name";
    if (code == "customer_name") return "customer";
    if (code == "bank_account") return "account";
    if (code == "payment_card") return "card";
    if (code == "national_id") return "id";
    if (code == "host_name" || code == "internal_url") return "host";
    if (code == "ip_address") return "addr";
    if (code == "hardware_address") return "mac";
    if (code == "serial_number") return "serial";
    return "value";
}

bool secret(const Finding& finding) {
    return finding.classes.has(DataClass::secret) || finding.data_class == DataClass::secret;
}

std::string replacement(const Finding& finding, Action action, std::string_view value, Pseudonyms& pseudonyms) {
    if (secret(finding)) return std::string(secret_placeholder);
    if (action == Action::parseable) return pseudonyms.parseable(word_of(finding.code), value);
    if (action == Action::pseudonymise) return pseudonyms.label(word_of(finding.code), value);
    return std::string(removed_placeholder);
}

struct Edits {
    std::vector<protocol::TextEdit> edits;
    std::array<int, protocol::data_class_count> counts{};
    Action strictest = Action::allow;
    std::vector<std::string_view> kinds;
    std::array<int, finding_kind_count> found{};
};

Edits edits_for(std::string_view text, const Scan& scan, const Sharing& sharing, Pseudonyms& pseudonyms) {
    ENTENTE_ASSERT(scan.text_bytes == text.size());
    Edits result;
    for (const Finding& finding : scan.findings) {
        const Action action = action_for(finding, sharing);
        const std::size_t kind = kind_of(finding);
        ++result.found[kind];
        result.strictest = std::max(result.strictest, action);
        if (action == Action::allow) continue;
        if (action >= Action::hold) result.kinds.push_back(finding_kinds()[kind].name);
        const std::string_view value = text.substr(finding.begin, finding.end - finding.begin);
        result.edits.push_back({finding.begin, finding.end, replacement(finding, action, value, pseudonyms)});
        ++result.counts[static_cast<std::size_t>(secret(finding) ? DataClass::secret : finding.data_class)];
    }
    std::ranges::sort(result.kinds);
    const auto repeated = std::ranges::unique(result.kinds);
    result.kinds.erase(repeated.begin(), repeated.end());
    return result;
}

Masked masked(std::string text, const Edits& edits) {
    Masked result{.text = std::move(text), .counts = {}, .strictest = edits.strictest, .kinds = edits.kinds, .found = {}};
    for (std::size_t kind = 0; kind < edits.found.size(); ++kind)
        if (edits.found[kind] != 0) result.found.emplace_back(finding_kinds()[kind].name, edits.found[kind]);
    for (std::size_t i = 0; i < edits.counts.size(); ++i) {
        if (edits.counts[i] != 0) result.counts.emplace_back(protocol::name(static_cast<DataClass>(i)), edits.counts[i]);
    }
    return result;
}

}  // namespace

Action action_for(const Finding& finding, const Sharing& sharing) {
    const Action action = action_for(finding, sharing.permitted, sharing.rules);
    if (action != Action::hold || !sharing.reviewed) return action;
    if (secret(finding)) return Action::mask;
    const DataClasses all = finding.classes.empty() ? DataClasses{finding.data_class} : finding.classes;
    return all.both(sharing.permitted) == all ? Action::allow : Action::pseudonymise;
}

Masked mask(std::string_view text, const Scan& scan, const Sharing& sharing, Pseudonyms& pseudonyms) {
    const Edits edits = edits_for(text, scan, sharing, pseudonyms);
    std::string out;
    std::size_t at = 0;
    for (const protocol::TextEdit& edit : edits.edits) {
        out += text.substr(at, edit.begin - at);
        out += edit.text;
        at = edit.end;
    }
    out += text.substr(at);
    return masked(std::move(out), edits);
}

Masked mask_html(std::string_view html, const Scan& scan, const Sharing& sharing, Pseudonyms& pseudonyms) {
    const std::string visible = protocol::visible_text(html);
    const Edits edits = edits_for(visible, scan, sharing, pseudonyms);
    return masked(protocol::edit_visible(html, edits.edits), edits);
}

std::vector<std::pair<std::string, int>> placeholders_in(std::string_view text) {
    std::map<std::string, int> counts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = placeholder_length(text, at);
        if (length == 0) {
            ++at;
            continue;
        }
        std::string word(text.substr(at, length));
        std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
        word = word.substr(0, word.find_first_of("- "));
        for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        ++counts[word];
        at += length;
    }
    return {counts.begin(), counts.end()};
}

FieldVerdict field_verdict(DataClass data_class, protocol::Stage stage, DataClasses permitted, bool accepted) {
    if (data_class == DataClass::secret) return {false, "secret"};
    if (stage == protocol::Stage::never) return {false, "never_shared"};
    if (data_class != DataClass::case_facts && !permitted.has(data_class)) return {false, "class_not_permitted"};
    if (stage == protocol::Stage::acceptance && !accepted) return {false, "not_before_acceptance"};
    return {true, "released"};
}

}  // namespace entente::policy
