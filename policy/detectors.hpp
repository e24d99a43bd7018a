#pragma once
// Finds in free text what may not simply leave: credentials, personal data, names that the caller knows.
//
// One Detectors object is built at start and shared by all threads (scan is const and thread-safe). Patterns are RE2's, so time is
// linear in the text; candidates are confirmed by check digits and shape (policy/checks). Positions are bytes of the text as given
// and never cut a UTF-8 character. Findings are sorted and do not overlap: what overlaps is merged, and the merged finding carries
// every class involved. If RE2 gives up (out of memory), the whole text is one finding of class `secret`: fail closed.
//
// Masking the findings gives a text in which a second scan finds nothing. A value found once is found wherever it is repeated.
// What is done with a finding is not decided here (policy/actions).

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/classes.hpp"

namespace entente::policy {

struct Finding {
    std::size_t begin = 0;
    std::size_t end = 0;                                           // exclusive
    protocol::DataClass data_class = protocol::DataClass::secret;  // the gravest of `classes`
    std::string_view code;  // which detector: mail_address, phone_number, person_name, customer_name, aws_access_key, ... (static)
    protocol::DataClasses classes;  // all classes that were merged into it

    bool operator==(const Finding&) const = default;
};

struct Scan {
    std::vector<Finding> findings;
    std::string rules;           // Detectors::version() that made it
    std::size_t text_bytes = 0;  // of the text scanned: a Scan belongs to one text

    // How many findings by detector code, sorted by code. For records: no values.
    std::vector<std::pair<std::string_view, int>> counts() const;
    bool operator==(const Scan&) const = default;
};

// A name that the caller knows to be sensitive: other customers of the company (customer_identity), people of the case
// (personal_contact), machines met before (diagnostics). Found as whole words after normalisation (policy/customer), at least three
// characters long.
struct KnownName {
    std::string text;
    protocol::DataClass data_class = protocol::DataClass::customer_identity;
    bool open = false;    // the opposite: a domain whose hosts are nobody's infrastructure (the two vendors' own)
    bool family = false;  // a family name alone: found only where it is written as one (policy/family_names)
};

class Detectors {
  public:
    Detectors();  // compiles the default rules (policy/rules); throws Fault when a pattern does not compile
    ~Detectors();
    Detectors(const Detectors&) = delete;
    Detectors& operator=(const Detectors&) = delete;

    Scan scan(std::string_view text) const { return scan(text, {}); }
    Scan scan(std::string_view text, std::span<const KnownName> names) const;

    // Changes when any rule changes: "1-" and 16 hex digits over the text of all rules.
    const std::string& version() const { return version_; }

  private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;
    std::string version_;
};

}  // namespace entente::policy
