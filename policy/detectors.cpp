#include "policy/detectors.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>
#include <map>
#include <unordered_map>

#include "policy/ascii.hpp"
#include "policy/confirm.hpp"
#include "policy/domains.hpp"
#include "policy/family_names.hpp"
#include "policy/hosts.hpp"
#include "policy/people.hpp"
#include "policy/rules/default_rules.hpp"
#include "policy/shadow.hpp"
#include "policy/words.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

using protocol::DataClass;
using protocol::DataClasses;

namespace {

constexpr std::string_view code_customer = "customer_name";
constexpr std::string_view code_person = "person_name";
constexpr std::string_view code_known = "known_name";
constexpr std::string_view code_host = "host_name";
constexpr std::string_view code_url = "internal_url";
constexpr std::string_view code_failed = "scan_failed";
constexpr int rounds_max = 6;

// The graver class decides what a merged finding is called; every class in it is checked all the same.
int gravity(DataClass c) {
    switch (c) {
        case DataClass::secret:
            return 7;
        case DataClass::personal_contact:
            return 6;
        case DataClass::customer_identity:
            return 5;
        case DataClass::contractual:
            return 4;
        case DataClass::diagnostics:
            return 3;
        case DataClass::product:
            return 2;
        case DataClass::technical:
            return 1;
        case DataClass::case_facts:
            break;
    }
    return 0;
}

Finding finding(Span span, DataClass data_class, std::string_view code) {
    return {span.begin, span.end, data_class, code, {data_class}};
}

Finding whole_text(std::string_view text) {
    return finding({0, text.size()}, DataClass::secret, code_failed);
}

RE2::Options options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);  // bytes: broken UTF-8 hides nothing
    options.set_log_errors(false);
    options.set_max_mem(std::int64_t{64} << 20);
    return options;
}

bool alnum(char c) {
    return letter(c) || digit(c);
}
bool continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

Span whole_characters(std::string_view text, Span span) {
    while (span.begin > 0 && continuation(text[span.begin])) --span.begin;
    while (span.end < text.size() && continuation(text[span.end])) ++span.end;
    return span;
}

// The place of a code in the rules: a form of its own (a token) says more than the key word before it.
std::size_t rank(std::string_view code) {
    static const std::map<std::string_view, std::size_t> ranks = [] {
        std::map<std::string_view, std::size_t> places;
        for (const Rule& rule : default_rules()) places.emplace(rule.code, places.size());
        return places;
    }();
    const auto found = ranks.find(code);
    return found == ranks.end() ? ranks.size() : found->second;
}

bool infrastructure(std::string_view code) {
    return code == code_host || code == code_url || code == "ip_address" || code == "hardware_address" || code == "serial_number";
}
bool host(std::string_view code) {
    return code == code_host || code == code_url;
}

// Sorted, overlapping ones united.
std::vector<Finding> merged(std::vector<Finding> findings) {
    const auto order = [](const Finding& f) { return std::tuple(f.begin, -gravity(f.data_class), ~f.end, rank(f.code), f.code); };
    std::ranges::sort(findings, {}, order);
    std::vector<Finding> result;
    for (const Finding& one : findings) {
        if (result.empty() || one.begin >= result.back().end) {
            result.push_back(one);
            continue;
        }
        Finding& last = result.back();
        // The domain in a mail address is part of the address and no finding of its own.
        if (one.end <= last.end && infrastructure(one.code) && last.data_class == DataClass::personal_contact) continue;
        last.end = std::max(last.end, one.end);
        last.classes = DataClasses::from_bits(last.classes.bits() | one.classes.bits());
        if (gravity(one.data_class) > gravity(last.data_class)) {
            last.data_class = one.data_class;
            last.code = one.code;
        }
    }
    return result;
}

// What stands in the masked text instead; numbers differ there, which no rule looks at.
std::string_view stand_in(const Finding& one) {
    if (one.classes.has(DataClass::secret)) return "[secret removed]";
    if (one.code == "mail_address") return "[mail-1]";
    if (one.code == "phone_number") return "[phone-1]";
    if (host(one.code)) return "HOST-1";
    if (one.code == "ip_address") return "ADDR-1";
    if (one.code == "hardware_address") return "MAC-1";
    if (one.code == "serial_number") return "SERIAL-1";
    return one.code == code_customer ? "[customer-1]" : "[name-1]";
}

// A credential that could be an ordinary word ("postgres") is masked where it stands as one, not everywhere.
bool worth_repeating(const Finding& one, std::string_view value) {
    if (value.size() > 256) return false;
    if (host(one.code)) return distinctive_host(value);
    if (one.data_class != DataClass::secret) return value.size() >= 5;
    int kinds = 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= 'a' && c <= 'z'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= 'A' && c <= 'Z'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= '0' && c <= '9'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return !alnum(c); }) ? 1 : 0;
    return (value.size() >= 6 && kinds >= 2) || value.size() >= 16;
}

// Values to look for wherever they stand, by their first four bytes: many values cost no more than one.
class Repeats {
  public:
    void add(std::string_view value, const Finding& like) {
        if (value.size() < 4 || !seen_.emplace(value, true).second) return;
        first_two_.set(two(value, 0));
        values_[prefix(value, 0)].emplace_back(value, like);
    }

    void find(std::string_view text, std::vector<Finding>& findings) const {
        if (values_.empty()) return;
        for (std::size_t at = 0; at + 4 <= text.size(); ++at) {
            if (!first_two_.test(two(text, at))) continue;
            const auto candidates = values_.find(prefix(text, at));
            if (candidates == values_.end()) continue;
            for (const auto& [value, like] : candidates->second) {
                if (text.substr(at, value.size()) != value) continue;
                const std::size_t end = at + value.size();
                const bool inside_word = (at > 0 && alnum(text[at - 1]) && alnum(value.front())) ||
                                         (end < text.size() && alnum(text[end]) && alnum(value.back()));
                if (inside_word || placeholder_length(text, at) != 0) continue;
                Finding again = like;
                again.begin = at;
                again.end = end;
                findings.push_back(again);
            }
        }
    }

  private:
    static std::size_t two(std::string_view text, std::size_t at) {
        return std::size_t{static_cast<unsigned char>(text[at])} << 8U | static_cast<unsigned char>(text[at + 1]);
    }
    static std::uint32_t prefix(std::string_view text, std::size_t at) {
        std::uint32_t key = 0;
        for (std::size_t i = 0; i < 4; ++i) key = key << 8U | static_cast<unsigned char>(text[at + i]);
        return key;
    }
    std::unordered_map<std::uint32_t, std::vector<std::pair<std::string_view, Finding>>> values_;
    std::map<std::string_view, bool> seen_;
    std::bitset<65'536> first_two_;
};

// Other occurrences of values that were found, and of the short names of machines that were found with their domain.
void find_repeated(std::string_view text, std::vector<Finding>& findings) {
    if (findings.empty()) return;
    Repeats repeats;
    for (const Finding& one : findings) {
        const std::string_view value = text.substr(one.begin, one.end - one.begin);
        if (worth_repeating(one, value)) repeats.add(value, one);
        if (!host(one.code)) continue;
        const std::string_view label = value.substr(0, value.find('.'));
        if (label.size() < value.size() && std::ranges::any_of(label, digit) && distinctive_host(label)) repeats.add(label, one);
    }
    repeats.find(text, findings);
}

struct Names {
    NameIndex index;
    std::vector<DataClass> classes;
    NameIndex families;  // family names alone, numbered like `doubtful`
    std::vector<bool> doubtful;
    std::vector<std::string> open_domains;  // lower case
};

// Addresses and hosts under a domain that the caller declared open.
void leave_open(std::string_view text, const Names& names, std::vector<Finding>& findings) {
    if (names.open_domains.empty()) return;
    std::erase_if(findings, [&](const Finding& one) {
        if (!host(one.code)) return false;
        std::string value(text.substr(one.begin, one.end - one.begin));
        for (char& c : value) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
        return std::ranges::any_of(names.open_domains, [&](const std::string& domain) { return under_domain(value, domain); });
    });
}

// "Anna Berg <anna@corp.example>": the name before an address.
void find_senders(std::string_view text, std::vector<Finding>& findings) {
    const std::size_t found = findings.size();
    for (std::size_t i = 0; i < found; ++i) {
        if (findings[i].code != "mail_address") continue;
        if (const auto name = name_before_address(text, findings[i].begin)) {
            findings.push_back(finding(whole_characters(text, *name), DataClass::personal_contact, code_person));
        }
    }
}

void find_names(std::string_view text, const Names& names, std::vector<Finding>& findings) {
    if (names.index.empty()) return;
    const auto words = words_of(text);
    for (const NameIndex::Hit& hit : names.index.find(words)) {
        const DataClass data_class = names.classes[hit.number];
        std::string_view code = code_known;
        if (data_class == DataClass::customer_identity) code = code_customer;
        if (data_class == DataClass::personal_contact) code = code_person;
        if (data_class == DataClass::diagnostics) code = code_host;
        findings.push_back(finding({hit.begin, hit.end}, data_class, code));
    }
}

// Family names on their own. What may be a word counts where it is addressed as a person, or once the full name stands in the text
// (`findings` has those). After the search for repeated values: a word that is a person here need not be one elsewhere.
void find_families(std::string_view text, const Names& names, std::vector<Finding>& findings) {
    if (names.families.empty()) return;
    const auto words = words_of(text);
    const std::vector<NameIndex::Hit> hits = names.families.find(words);
    std::vector<bool> met(names.doubtful.size());
    for (const NameIndex::Hit& hit : hits)
        met[hit.number] = met[hit.number] || std::ranges::any_of(findings, [&](const Finding& one) {
                              return one.code == code_person && one.begin <= hit.begin && one.end >= hit.end &&
                                     one.end - one.begin > hit.end - hit.begin;
                          });
    for (const NameIndex::Hit& hit : hits) {
        const FamilyPlace place = family_place(text, hit.begin, hit.end);
        if (place.written_as_name && (!names.doubtful[hit.number] || place.addressed || met[hit.number]))
            findings.push_back(finding({hit.begin, hit.end}, DataClass::personal_contact, code_person));
    }
}

constexpr std::string_view any_case = "(?i)";

// Is the pattern one capturing group from its first to its last character?
bool one_group(std::string_view pattern) {
    if (pattern.starts_with(any_case)) pattern.remove_prefix(any_case.size());
    if (!pattern.starts_with('(') || pattern.starts_with("(?") || !pattern.ends_with(')')) return false;
    int depth = 0;
    bool in_class = false;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        const char c = pattern[at];
        if (c == '\\') {
            ++at;
        } else if (in_class) {
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
            if (at_or(pattern, at + 1, ' ') == ']') ++at;  // []...] holds a bracket
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && --depth == 0) {
            return at + 1 == pattern.size();
        }
    }
    return false;
}

std::string without_group(std::string_view pattern) {
    const bool folded = pattern.starts_with(any_case);
    if (folded) pattern.remove_prefix(any_case.size());
    return std::string(folded ? any_case : "") + "(?:" + std::string(pattern.substr(1));
}

std::string fingerprint() {
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a: names a version, guards nothing
    const auto feed = [&](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
        hash = (hash ^ 0xffU) * 0x100000001b3ULL;
    };
    feed(checks_revision);
    for (const Rule& rule : default_rules()) {
        feed(rule.code);
        feed(rule.trigger);
        feed(rule.pattern);
        const std::array<char, 3> kind{static_cast<char>(rule.data_class), static_cast<char>(rule.check),
                                       rule.spans_lines ? '1' : '0'};
        feed({kind.data(), kind.size()});
    }
    std::array<char, 17> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash));
    return "1-" + std::string(hex.data());
}

}  // namespace

struct Detectors::Compiled {
    struct One {
        const Rule* rule;
        std::unique_ptr<const RE2> pattern;
        bool all_is_value;  // the group was the whole pattern: without it RE2 needs no second engine to say where it is
    };
    std::vector<One> rules;  // numbered like the patterns of the set
    std::unique_ptr<RE2::Set> triggers;

    void run(const One& one, std::string_view text, Span window, std::vector<Finding>& findings) const;
    bool look(std::string_view text, std::span<const Span> touched, bool everything, std::vector<Finding>& findings) const;
    bool pass(std::string_view text, std::span<const Span> touched, bool everything, const Names& names,
              std::vector<Finding>& findings) const;
    std::vector<Finding> scan(std::string_view text, const Names& names) const;
};

Detectors::Detectors() : version_(fingerprint()) {
    auto compiled = std::make_unique<Compiled>();
    compiled->triggers = std::make_unique<RE2::Set>(options(), RE2::UNANCHORED);
    for (const Rule& rule : default_rules()) {
        std::string error;
        const auto refused = [&](const std::string& why) {
            return protocol::Fault("detector " + std::string(rule.code) + ": " + why);
        };
        if (compiled->triggers->Add(re2::StringPiece(rule.trigger.data(), rule.trigger.size()), &error) < 0) throw refused(error);
        const bool all_is_value = one_group(rule.pattern);
        const std::string text = all_is_value ? without_group(rule.pattern) : std::string(rule.pattern);
        auto pattern = std::make_unique<const RE2>(re2::StringPiece(text.data(), text.size()), options());
        if (!pattern->ok()) throw refused(pattern->error());
        if (pattern->NumberOfCapturingGroups() > 1) throw refused("more than one capturing group");
        compiled->rules.push_back({&rule, std::move(pattern), all_is_value});
    }
    if (!compiled->triggers->Compile()) throw protocol::Fault("the detectors' triggers need too much memory");
    compiled_ = std::move(compiled);
}

Detectors::~Detectors() = default;

void Detectors::Compiled::run(const One& one, std::string_view text, Span window, std::vector<Finding>& findings) const {
    // The window is all that the pattern sees: its beginning is the beginning of a line.
    const re2::StringPiece input(text.data() + window.begin, window.end - window.begin);
    const int groups = one.pattern->NumberOfCapturingGroups() + 1;
    std::array<re2::StringPiece, 2> parts;
    std::size_t from = window.begin;
    while (from < window.end &&
           one.pattern->Match(input, from - window.begin, input.size(), RE2::UNANCHORED, parts.data(), groups)) {
        const auto place = [&](const re2::StringPiece& part) {
            const auto begin = static_cast<std::size_t>(part.data() - text.data());
            return Span{begin, begin + part.size()};
        };
        const Span match = place(parts[0]);
        const Span group = past_placeholders(text, groups > 1 && parts[1].data() != nullptr ? place(parts[1]) : match);
        const auto found = confirm(one.rule->check, text, match, group);
        if (found && found->end > found->begin) {
            findings.push_back(finding(whole_characters(text, *found), one.rule->data_class, one.rule->code));
            from = std::max(found->end, group.begin + 1);
            continue;
        }
        // Nothing there: go on behind the word in which the candidate began.
        const bool has_value = groups > 1 || one.all_is_value;
        from = has_value ? group.begin : match.end;
        const std::size_t least = match.begin + 1;
        while (from < text.size() && alnum(text[from]) && has_value) ++from;
        from = std::max(from, least);
    }
}

// All rules at once over a window of a few lines, then the ones that may have something over just this window: in a long log most
// rules have nothing in most lines. `touched`: after the first look only the lines that changed and their neighbours are of
// interest.
bool Detectors::Compiled::look(std::string_view text, std::span<const Span> touched, bool everything,
                               std::vector<Finding>& findings) const {
    constexpr std::size_t window_bytes = 256;
    std::vector<bool> across(rules.size());
    std::vector<int> triggered;
    const Span whole{0, text.size()};
    auto next = touched.begin();
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t stop = std::min(text.size(), begin + window_bytes);
        std::size_t end = text.find('\n', stop);
        end = end == std::string_view::npos ? text.size() : end + 1;
        const Span window{begin, end};
        begin = end;
        while (next != touched.end() && next->end < window.begin) ++next;
        if (!everything && (next == touched.end() || next->begin > window.end)) continue;
        RE2::Set::ErrorInfo error{RE2::Set::kNoError};
        const re2::StringPiece piece(text.data() + window.begin, window.end - window.begin);
        triggered.clear();
        const bool any = triggers->Match(piece, &triggered, &error);
        if (error.kind != RE2::Set::kNoError) return false;
        if (!any) continue;
        for (const int number : triggered) {
            const auto which = static_cast<std::size_t>(number);
            if (rules[which].rule->spans_lines) {
                across[which] = true;
            } else {
                run(rules[which], text, window, findings);
            }
        }
    }
    for (std::size_t which = 0; which < rules.size(); ++which)
        if (across[which]) run(rules[which], text, whole, findings);
    return true;
}

// One look at a text. False when RE2 gave up.
bool Detectors::Compiled::pass(std::string_view text, std::span<const Span> touched, bool everything, const Names& names,
                               std::vector<Finding>& findings) const {
    if (!look(text, touched, everything, findings)) return false;
    find_senders(text, findings);
    find_names(text, names, findings);
    leave_open(text, names, findings);
    find_repeated(text, findings);
    find_families(text, names, findings);
    return true;
}

// Looks again at the text as it would read after masking, until nothing more turns up: what hid beside a finding is found, and the
// masked text has no findings.
std::vector<Finding> Detectors::Compiled::scan(std::string_view text, const Names& names) const {
    const std::vector<Replacement> forms = plain_forms(text);
    std::vector<Finding> findings;
    for (int round = 0; round < rounds_max; ++round) {
        std::vector<Replacement> replacements;
        auto form = forms.begin();
        for (const Finding& one : findings) {
            for (; form != forms.end() && form->end <= one.begin; ++form) replacements.push_back(*form);
            while (form != forms.end() && form->begin < one.end) ++form;
            replacements.push_back({one.begin, one.end, std::string(stand_in(one))});
        }
        replacements.insert(replacements.end(), form, forms.end());

        std::vector<Finding> more;
        const bool plain = replacements.empty();
        const Shadow shadow(plain ? std::string_view{} : text, replacements);
        const std::string_view seen = plain ? text : std::string_view(shadow.text());
        if (!pass(seen, shadow.replaced(), round == 0, names, more)) return {whole_text(text)};
        if (more.empty()) return findings;
        for (Finding& one : more) {
            const Span span = whole_characters(text, plain ? Span{one.begin, one.end} : shadow.original({one.begin, one.end}));
            one.begin = span.begin;
            one.end = span.end;
        }
        findings.insert(findings.end(), more.begin(), more.end());
        findings = merged(std::move(findings));
    }
    return {whole_text(text)};
}

Scan Detectors::scan(std::string_view text, std::span<const KnownName> names) const {
    Scan result{.findings = {}, .rules = version_, .text_bytes = text.size()};
    if (text.empty()) return result;
    Names known;
    for (const KnownName& name : names) {
        if (name.open) {
            known.open_domains.push_back(name.text);
            for (char& c : known.open_domains.back()) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
            continue;
        }
        if (name.family) {
            std::string folded;
            for (const Word& word : words_of(name.text)) folded += (folded.empty() ? "" : " ") + word.folded;
            known.families.add(name.text, known.doubtful.size());
            known.doubtful.push_back(doubtful_family_name(folded));
            continue;
        }
        known.index.add(name.text, known.classes.size());
        known.classes.push_back(name.data_class);
    }
    result.findings = compiled_->scan(text, known);
    return result;
}

std::vector<std::pair<std::string_view, int>> Scan::counts() const {
    std::map<std::string_view, int> by_code;
    for (const Finding& one : findings) ++by_code[one.code];
    return {by_code.begin(), by_code.end()};
}

}  // namespace entente::policy
