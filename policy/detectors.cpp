#include "policy/detectors.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <unordered_map>

#include "policy/confirm.hpp"
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
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
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
    return one.code == code_customer ? "[customer-1]" : "[name-1]";
}

// A credential that could be an ordinary word ("postgres") is masked where it stands as one, not everywhere.
bool worth_repeating(const Finding& one, std::string_view value) {
    if (value.size() > 256) return false;
    if (one.data_class != DataClass::secret) return value.size() >= 5;
    int kinds = 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= 'a' && c <= 'z'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= 'A' && c <= 'Z'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return c >= '0' && c <= '9'; }) ? 1 : 0;
    kinds += std::ranges::any_of(value, [](char c) { return !alnum(c); }) ? 1 : 0;
    return (value.size() >= 6 && kinds >= 2) || value.size() >= 16;
}

// Other occurrences of values that were found. Looks up the four bytes at every place, so many values cost no more than one.
void find_repeated(std::string_view text, std::vector<Finding>& findings) {
    const auto prefix = [&](std::size_t at) {
        std::uint32_t key = 0;
        for (std::size_t i = 0; i < 4; ++i) key = key << 8 | static_cast<unsigned char>(text[at + i]);
        return key;
    };
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> values;
    std::map<std::string_view, bool> seen;
    const std::size_t found = findings.size();
    for (std::size_t i = 0; i < found; ++i) {
        const std::string_view value = text.substr(findings[i].begin, findings[i].end - findings[i].begin);
        if (!worth_repeating(findings[i], value) || !seen.emplace(value, true).second) continue;
        values[prefix(findings[i].begin)].push_back(i);
    }
    if (values.empty()) return;
    for (std::size_t at = 0; at + 4 <= text.size(); ++at) {
        const auto candidates = values.find(prefix(at));
        if (candidates == values.end()) continue;
        for (const std::size_t i : candidates->second) {
            const std::size_t length = findings[i].end - findings[i].begin;
            const std::string_view value = text.substr(findings[i].begin, length);
            if (at == findings[i].begin || text.substr(at, length) != value) continue;
            const bool inside_word = (at > 0 && alnum(text[at - 1]) && alnum(value.front())) ||
                                     (at + length < text.size() && alnum(text[at + length]) && alnum(value.back()));
            if (inside_word) continue;
            Finding again = findings[i];
            again.begin = at;
            again.end = at + length;
            findings.push_back(again);
        }
    }
}

struct Names {
    NameIndex index;
    std::vector<DataClass> classes;
};

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
        findings.push_back(finding({hit.begin, hit.end}, data_class, code));
    }
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
        const std::array<char, 2> kind{static_cast<char>(rule.data_class), static_cast<char>(rule.check)};
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
    };
    std::vector<One> rules;  // numbered like the patterns of the set
    std::unique_ptr<RE2::Set> triggers;

    void run(const One& one, std::string_view text, std::vector<Finding>& findings) const;
    bool pass(std::string_view text, const Names& names, std::vector<Finding>& findings) const;
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
        auto pattern = std::make_unique<const RE2>(re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options());
        if (!pattern->ok()) throw refused(pattern->error());
        if (pattern->NumberOfCapturingGroups() > 1) throw refused("more than one capturing group");
        compiled->rules.push_back({&rule, std::move(pattern)});
    }
    if (!compiled->triggers->Compile()) throw protocol::Fault("the detectors' triggers need too much memory");
    compiled_ = std::move(compiled);
}

Detectors::~Detectors() = default;

void Detectors::Compiled::run(const One& one, std::string_view text, std::vector<Finding>& findings) const {
    const re2::StringPiece input(text.data(), text.size());
    const int groups = one.pattern->NumberOfCapturingGroups() + 1;
    std::array<re2::StringPiece, 2> parts;
    std::size_t from = 0;
    while (from < text.size() && one.pattern->Match(input, from, text.size(), RE2::UNANCHORED, parts.data(), groups)) {
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
        from = groups > 1 ? group.begin : match.end;
        const std::size_t least = match.begin + 1;
        while (from < text.size() && alnum(text[from]) && groups > 1) ++from;
        from = std::max(from, least);
    }
}

// One look at a text. False when RE2 gave up.
bool Detectors::Compiled::pass(std::string_view text, const Names& names, std::vector<Finding>& findings) const {
    std::vector<int> triggered;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    const bool any = triggers->Match(re2::StringPiece(text.data(), text.size()), &triggered, &error);
    if (error.kind != RE2::Set::kNoError) return false;
    if (any) {
        std::ranges::sort(triggered);
        for (const int number : triggered) run(rules[static_cast<std::size_t>(number)], text, findings);
    }
    find_senders(text, findings);
    find_names(text, names, findings);
    find_repeated(text, findings);
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
        if (!pass(plain ? text : std::string_view(shadow.text()), names, more)) return {whole_text(text)};
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
