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

#include "policy/detectors.hpp"
#include "protocol/classes.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

inline constexpr std::string_view secret_placeholder = "[secret removed]";

class Pseudonyms {
  public:
    // The place-holder of a value: the one it has, or the next number of its kind. `kind` is a word such as mail, phone, name.
    // Spellings of one value share one pseudonym (letter case of mail addresses, separators in numbers).
    std::string label(std::string_view kind, std::string_view value);

    std::size_t size() const { return entries_.size(); }
    // Names found so far, to be recognised without a label in later texts of the same side.
    std::vector<KnownName> known_names() const;

    std::string to_json() const;  // personal data: seal it
    static protocol::Result<Pseudonyms> from_json(std::string_view json);
    bool operator==(const Pseudonyms& other) const { return entries_ == other.entries_; }

  private:
    struct Entry {
        std::string kind;
        std::string value;  // in canonical spelling
        bool operator==(const Entry&) const = default;
    };
    std::string add(std::string_view kind, std::string value);

    std::vector<Entry> entries_;  // in order of introduction; the n-th of a kind has the number n
    std::map<std::pair<std::string, std::string>, int, std::less<>> numbers_;
    std::map<std::string, int, std::less<>> last_;
};

struct Masked {
    std::string text;
    std::vector<std::pair<std::string, int>> counts;  // data class name -> how many values were masked, in the order of the classes
};

// Replaces every finding that has a class outside `permitted`; `secret` always. `scan` must be the scan of exactly this text.
Masked mask(std::string_view text, const Scan& scan, protocol::DataClasses permitted, Pseudonyms& pseudonyms);

// The same for HTML. `scan` is the scan of protocol::visible_text(html), so that neither tags nor entities can split a value; the
// result keeps the harmless markup and is sanitised. A link whose address holds a finding loses the address.
Masked mask_html(std::string_view html, const Scan& scan, protocol::DataClasses permitted, Pseudonyms& pseudonyms);

struct FieldVerdict {
    bool released = false;
    std::string_view reason;  // released, class_not_permitted, not_before_acceptance, never_shared, secret
};

// Does the value of a field or case member leave? Typed values are whole or absent. `accepted`: the receiver has accepted the case.
FieldVerdict field_verdict(protocol::DataClass data_class, protocol::Stage stage, protocol::DataClasses permitted, bool accepted);

}  // namespace entente::policy
