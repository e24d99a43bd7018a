#pragma once
// The standing map from controls and articles to what the gateway can show for them: queries over the audit log, and facts about
// its state and configuration. The one home of this map; routes, command line, report and OSCAL are made from it.
//
// Ids and titles only, of ISO/IEC 27001:2022 Annex A (all 93), of ISO/IEC 27701:2019 and of the GDPR as far as they apply here; no
// text of any standard. What the gateway shows is evidence, never a judgement whether a control is met.

#include <span>
#include <string_view>
#include <vector>

namespace entente::operations {

enum class Framework : unsigned char { iso27001, iso27701, gdpr };
std::string_view name(Framework framework);   // iso27001, iso27701, gdpr
std::string_view title(Framework framework);  // ISO/IEC 27001:2022 Annex A
// Whether the map has every control of it, those with which the gateway has nothing to do included.
bool listed_whole(Framework framework);

enum class Serves : unsigned char {
    yes,     // the control's subject happens in the gateway
    partly,  // the gateway sees a part of it
    no       // nothing in the gateway bears on it; `words` says why
};
std::string_view name(Serves serves);

struct Control {
    Framework framework;
    std::string_view id;     // "5.14", "A.7.2.4", "Art. 17"
    std::string_view title;  // as the standard's table of contents has it
    Serves serves;
    // Patterns over the entries of the log, split by blanks. "case.create": that operation, whatever its outcome; "case.*": all
    // that begin so, but for ".list" and ".read", which change nothing and are named where they count; "*": every entry. A leading
    // "!" takes only refused or failed ones (of "!case.*" reads too), a leading "+" only those that succeeded; "case.create@code":
    // with that reason code, "@*": with any, "@code": every entry with that code.
    std::string_view log;
    // Names of facts, split by blanks (evidence_facts).
    std::string_view facts;
    // What the evidence is, or why there is none: one sentence.
    std::string_view words;
    // Only what somebody of another company than the pack's did, or what the gateway sent to one.
    bool by_others = false;
};

std::span<const Control> controls();

// Whether an entry is of a control's population.
bool matches(const Control& control, std::string_view operation, bool failed, std::string_view reason);

// Whether it brings words or a step of one company to another.
bool crosses(std::string_view operation);

// Words split by blanks.
std::vector<std::string_view> words_of(std::string_view text);

}  // namespace entente::operations
