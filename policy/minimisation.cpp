#include "policy/minimisation.hpp"

#include <array>

#include "protocol/markup.hpp"

namespace entente::policy {

using protocol::DataClass;
using protocol::DataClasses;

namespace {

std::string_view kind_of(std::string_view code) {
    if (code == "mail_address") return "mail";
    if (code == "phone_number") return "phone";
    if (code == "person_name") return "name";
    if (code == "customer_name") return "customer";
    if (code == "bank_account") return "account";
    if (code == "payment_card") return "card";
    if (code == "national_id") return "id";
    return "value";
}

bool released(const Finding& finding, DataClasses permitted) {
    if (finding.classes.has(DataClass::secret) || finding.data_class == DataClass::secret) return false;
    return finding.classes.both(permitted) == finding.classes;
}

struct Edits {
    std::vector<protocol::TextEdit> edits;
    std::array<int, protocol::data_class_count> counts{};
};

Edits edits_for(std::string_view text, const Scan& scan, DataClasses permitted, Pseudonyms& pseudonyms) {
    ENTENTE_ASSERT(scan.text_bytes == text.size());
    Edits result;
    for (const Finding& finding : scan.findings) {
        if (released(finding, permitted)) continue;
        const bool secret = finding.classes.has(DataClass::secret) || finding.data_class == DataClass::secret;
        const std::string_view value = text.substr(finding.begin, finding.end - finding.begin);
        result.edits.push_back({finding.begin, finding.end,
                                secret ? std::string(secret_placeholder) : pseudonyms.label(kind_of(finding.code), value)});
        ++result.counts[static_cast<std::size_t>(secret ? DataClass::secret : finding.data_class)];
    }
    return result;
}

Masked masked(std::string text, const Edits& edits) {
    Masked result{.text = std::move(text), .counts = {}};
    for (std::size_t i = 0; i < edits.counts.size(); ++i) {
        if (edits.counts[i] != 0) result.counts.emplace_back(protocol::name(static_cast<DataClass>(i)), edits.counts[i]);
    }
    return result;
}

}  // namespace

Masked mask(std::string_view text, const Scan& scan, DataClasses permitted, Pseudonyms& pseudonyms) {
    const Edits edits = edits_for(text, scan, permitted, pseudonyms);
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

Masked mask_html(std::string_view html, const Scan& scan, DataClasses permitted, Pseudonyms& pseudonyms) {
    const std::string visible = protocol::visible_text(html);
    const Edits edits = edits_for(visible, scan, permitted, pseudonyms);
    return masked(protocol::edit_visible(html, edits.edits), edits);
}

FieldVerdict field_verdict(DataClass data_class, protocol::Stage stage, DataClasses permitted, bool accepted) {
    if (data_class == DataClass::secret) return {false, "secret"};
    if (stage == protocol::Stage::never) return {false, "never_shared"};
    if (data_class != DataClass::case_facts && !permitted.has(data_class)) return {false, "class_not_permitted"};
    if (stage == protocol::Stage::acceptance && !accepted) return {false, "not_before_acceptance"};
    return {true, "released"};
}

}  // namespace entente::policy
