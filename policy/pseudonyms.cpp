#include <algorithm>

#include <set>

#include "policy/addresses.hpp"
#include "policy/checks.hpp"
#include "policy/customer.hpp"
#include "policy/hosts.hpp"
#include "policy/minimisation.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"

namespace entente::policy {

namespace {

// One spelling per value, so that "+49 30 1234567" and "+49-30-1234567" are the same telephone.
std::string canonical_value(std::string_view kind, std::string_view value) {
    if (!protocol::valid_utf8(value)) return "hex:" + protocol::hex(protocol::as_bytes(value));
    std::string canonical;
    if (kind == "phone") canonical = (value.find('+') != std::string_view::npos ? "+" : "") + digits_of(value);
    if (kind == "account" || kind == "card" || kind == "id") canonical = letters_and_digits_of(value);
    if (kind == "name" || kind == "customer") canonical = normalise_name(value);
    if (kind == "mail" || kind == "host" || kind == "addr" || kind == "mac" || kind == "serial") {
        for (const char c : value) canonical += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return canonical.empty() ? std::string(value) : canonical;
}

bool kind_word(std::string_view kind) {
    return !kind.empty() && kind.size() <= 16 && std::ranges::all_of(kind, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

namespace {

std::string upper_case(std::string_view word) {
    std::string result(word);
    for (char& c : result) c = static_cast<char>(c - 'a' + 'A');
    return result;
}

bool machine(std::string_view kind) {
    return kind == "host" || kind == "addr" || kind == "mac" || kind == "serial";
}

std::string placeholder(std::string_view kind, int number) {
    if (machine(kind)) return upper_case(kind) + '-' + std::to_string(number);
    return '[' + std::string(kind) + '-' + std::to_string(number) + ']';
}

std::string stand_in(std::string_view kind, std::string_view shown, int number) {
    if (kind == "addr") return shown.find(':') == std::string_view::npos ? ipv4_stand_in(number) : ipv6_stand_in(number);
    if (kind == "mac") return hardware_stand_in(number, shown);
    if (kind == "host" && shown.find('.') != std::string_view::npos) return "host-" + std::to_string(number) + ".invalid";
    if (kind == "mail") return "mail-" + std::to_string(number) + "@masked.invalid";
    return placeholder(kind, number);
}

}  // namespace

int Pseudonyms::add(std::string_view kind, std::string value, std::string_view shown, int number) {
    int& last = last_[std::string(kind)];
    if (number == 0) number = last + 1;
    last = std::max(last, number);
    numbers_.emplace(std::pair(std::string(kind), value), number);
    const std::string as_text = protocol::valid_utf8(shown) ? std::string(shown) : value;
    entries_.push_back({std::string(kind), std::move(value), as_text, number});
    return number;
}

// db01 and db01.corp.example are one machine unless two domains have a db01. 0: a machine of its own.
int Pseudonyms::same_machine(const std::string& value) const {
    const std::size_t dot = value.find('.');
    std::set<int> numbers;
    for (const Entry& entry : entries_) {
        if (entry.kind != "host") continue;
        if (dot == std::string::npos && entry.value.starts_with(value + '.')) numbers.insert(entry.number);
        if (dot != std::string::npos && entry.value == value.substr(0, dot)) numbers.insert(entry.number);
    }
    if (numbers.size() != 1) return 0;
    if (dot == std::string::npos) return *numbers.begin();
    for (const Entry& entry : entries_)
        if (entry.kind == "host" && entry.number == *numbers.begin() && entry.value.find('.') != std::string::npos) return 0;
    return *numbers.begin();
}

int Pseudonyms::number_of(std::string_view kind, std::string_view value) {
    ENTENTE_ASSERT(kind_word(kind));
    std::string canonical = canonical_value(kind, value);
    const auto found = numbers_.find(std::pair(std::string(kind), canonical));
    if (found != numbers_.end()) return found->second;
    const int number = kind == "host" ? same_machine(canonical) : 0;
    return add(kind, std::move(canonical), value, number);
}

std::string Pseudonyms::label(std::string_view kind, std::string_view value) {
    return placeholder(kind, number_of(kind, value));
}

std::string Pseudonyms::parseable(std::string_view kind, std::string_view value) {
    return stand_in(kind, value, number_of(kind, value));
}

std::vector<KnownName> Pseudonyms::known_names() const {
    std::vector<KnownName> names;
    for (const Entry& entry : entries_) {
        // One word alone may be any word elsewhere: it is looked for as a family name is. Not in scripts without blanks.
        if (entry.kind == "name")
            names.push_back({.text = entry.value,
                             .data_class = protocol::DataClass::personal_contact,
                             .family = !entry.value.empty() && static_cast<unsigned char>(entry.value.front()) < 0x80 &&
                                       entry.value.find(' ') == std::string::npos});
        if (entry.kind == "customer") names.push_back({entry.value, protocol::DataClass::customer_identity});
        if (entry.kind == "host" && distinctive_host(entry.value)) {
            names.push_back({entry.value, protocol::DataClass::diagnostics});
            const std::string label = entry.value.substr(0, entry.value.find('.'));
            if (label != entry.value && distinctive_host(label)) names.push_back({label, protocol::DataClass::diagnostics});
        }
    }
    return names;
}

std::vector<Pseudonyms::Row> Pseudonyms::rows() const {
    std::vector<Row> rows;
    rows.reserve(entries_.size());
    for (const Entry& entry : entries_)
        rows.push_back(
            {entry.kind, placeholder(entry.kind, entry.number), stand_in(entry.kind, entry.shown, entry.number), entry.shown});
    return rows;
}

std::string Pseudonyms::to_json() const {
    protocol::CanonicalArray entries;
    for (const Entry& entry : entries_) {
        protocol::CanonicalObject object;
        object.set("kind", entry.kind).set("number", entry.number).set("value", entry.value);
        if (entry.shown != entry.value) object.set("shown", entry.shown);
        entries.add(object);
    }
    return protocol::CanonicalObject().set("entries", entries).set("format", "pseudonyms/2").text();
}

// Also reads the first format, in which the n-th of a kind had the number n and nothing was kept of its spelling.
protocol::Result<Pseudonyms> Pseudonyms::from_json(std::string_view json) {
    const auto broken = [] {
        return protocol::fail(protocol::ErrorKind::malformed, "not_pseudonyms", "this is not a map of pseudonyms");
    };
    const auto parsed = protocol::parse_canonical(json);
    if (!parsed) return broken();
    const auto text_of = [](const auto& object, std::string_view key) -> const std::string* {
        const auto* member = object.find(key);
        return member == nullptr ? nullptr : member->text();
    };
    const std::string* format = text_of(*parsed, "format");
    const auto* entries = parsed->find("entries");
    if (format == nullptr || (*format != "pseudonyms/1" && *format != "pseudonyms/2")) return broken();
    if (entries == nullptr || entries->array() == nullptr) return broken();
    Pseudonyms pseudonyms;
    for (const auto& entry : *entries->array()) {
        const std::string* kind = text_of(entry, "kind");
        const std::string* value = text_of(entry, "value");
        const std::string* shown = text_of(entry, "shown");
        if (kind == nullptr || value == nullptr || !kind_word(*kind)) return broken();
        if (pseudonyms.numbers_.contains(std::pair(*kind, *value))) return broken();
        const auto* number = entry.find("number");
        const bool numbered =
            number != nullptr && number->integer() != nullptr && *number->integer() > 0 && *number->integer() < 1'000'000'000;
        if ((*format == "pseudonyms/2") != numbered) return broken();
        pseudonyms.add(*kind, *value, shown == nullptr ? *value : *shown, numbered ? static_cast<int>(*number->integer()) : 0);
    }
    return pseudonyms;
}

}  // namespace entente::policy
