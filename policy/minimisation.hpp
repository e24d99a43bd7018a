#pragma once
// The third key: of what is allowed to flow, only what is needed. Masks findings in texts and judges whole fields.
//
// A place-holder keeps a text useful: the same person is `[name-1]` throughout one case. Numbers are per case and per introducing
// side (semantics 3): one Pseudonyms value belongs to one side of one case and is sealed by the store. Secrets are replaced by
// `[secret removed]` and are never kept, not even in the map.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/actions.hpp"
#include "policy/detectors.hpp"
#include "protocol/classes.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

inline constexpr std::string_view secret_placeholder = "[secret removed]";
inline constexpr std::string_view removed_placeholder = "[removed]";

class Pseudonyms {
  public:
    // The place-holder of a value: the one it has, or the next number of its kind. `kind` is a word such as mail, phone, name,
    // host. Spellings of one value share one pseudonym (letter case of mail addresses, separators in numbers), and so do a
    // machine's short name and its name with the domain, as long as only one domain has it. Machines stand bare (HOST-3, ADDR-1,
    // MAC-1, SERIAL-2), so that a log line keeps its words; everything else stands in brackets ([mail-1]).
    std::string label(std::string_view kind, std::string_view value);
    // The same number as a value that programs still take for one of its kind: an address of a range kept for documentation,
    // host-3.invalid, mail-1@masked.invalid. Kinds without such a form get their label.
    std::string parseable(std::string_view kind, std::string_view value);

    std::size_t size() const { return entries_.size(); }
    // Names and machines met so far, to be recognised without a label in later texts of the same side.
    std::vector<KnownName> known_names() const;

    // The way back, for the owner alone. Both forms of the place-holder stand for the value.
    struct Row {
        std::string kind;
        std::string placeholder;
        std::string stand_in;  // the parseable form; equal to the place-holder where there is none
        std::string value;     // as it was first spelled
    };
    std::vector<Row> rows() const;

    std::string to_json() const;  // personal data: seal it
    static protocol::Result<Pseudonyms> from_json(std::string_view json);
    bool operator==(const Pseudonyms& other) const { return entries_ == other.entries_; }

  private:
    struct Entry {
        std::string kind;
        std::string value;  // in canonical spelling
        std::string shown;  // as it was first spelled
        int number = 0;
        bool operator==(const Entry&) const = default;
    };
    int number_of(std::string_view kind, std::string_view value);
    int add(std::string_view kind, std::string value, std::string_view shown, int number);
    int same_machine(const std::string& value) const;

    std::vector<Entry> entries_;  // in order of introduction
    std::map<std::pair<std::string, std::string>, int, std::less<>> numbers_;
    std::map<std::string, int, std::less<>> last_;
};

struct Masked {
    std::string text;
    std::vector<std::pair<std::string, int>>
        counts;  // data class name -> how many values were replaced, in the order of the classes
    // The strictest action that a finding asked for. `hold` and `refuse` speak about the whole item; the text is masked all the
    // same.
    Action strictest = Action::allow;
    std::vector<std::string_view> kinds;  // of the findings that asked for hold or refuse, sorted, each once
    // Every finding, also those that pass: kind -> how many, in the order of finding_kinds(). What a rehearsal judges from.
    std::vector<std::pair<std::string_view, int>> found;
};

// What to do with findings: the classes that may flow, the rules of this agreement and company, and whether a second person has
// looked at the item and let it pass (a finding to hold is then allowed as far as its class is).
struct Sharing {
    Sharing() = default;
    Sharing(protocol::DataClasses classes, SharingRules actions = {}, bool looked_at = false)
        : permitted(classes), rules(actions), reviewed(looked_at) {}
    protocol::DataClasses permitted;
    SharingRules rules;
    bool reviewed = false;
};

Action action_for(const Finding& finding, const Sharing& sharing);

// Replaces every finding whose action is not `allow`; `secret` always. `scan` must be the scan of exactly this text.
Masked mask(std::string_view text, const Scan& scan, const Sharing& sharing, Pseudonyms& pseudonyms);

// The same for HTML. `scan` is the scan of protocol::visible_text(html), so that neither tags nor entities can split a value; the
// result keeps the harmless markup and is sanitised. A link whose address holds a finding loses the address.
Masked mask_html(std::string_view html, const Scan& scan, const Sharing& sharing, Pseudonyms& pseudonyms);

// Place-holders in a text that was masked, by kind (mail, host, addr, secret, removed ...), sorted. Parseable stand-ins are not
// counted: they look like any other value.
std::vector<std::pair<std::string, int>> placeholders_in(std::string_view text);

struct FieldVerdict {
    bool released = false;
    std::string_view reason;  // released, class_not_permitted, not_before_acceptance, never_shared, secret
};

// Does the value of a field or case member leave? Typed values are whole or absent. `accepted`: the receiver has accepted the case.
FieldVerdict field_verdict(protocol::DataClass data_class, protocol::Stage stage, protocol::DataClasses permitted, bool accepted);

}  // namespace entente::policy
