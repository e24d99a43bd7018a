#include <algorithm>

#include "policy/checks.hpp"
#include "policy/customer.hpp"
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
    if (kind == "mail") {
        for (const char c : value) canonical += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return canonical.empty() ? std::string(value) : canonical;
}

bool kind_word(std::string_view kind) {
    return !kind.empty() && kind.size() <= 16 && std::ranges::all_of(kind, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::string Pseudonyms::add(std::string_view kind, std::string value) {
    const auto key = std::pair(std::string(kind), std::move(value));
    auto found = numbers_.find(key);
    if (found == numbers_.end()) {
        const int number = ++last_[key.first];
        entries_.push_back({key.first, key.second});
        found = numbers_.emplace(key, number).first;
    }
    return '[' + key.first + '-' + std::to_string(found->second) + ']';
}

std::string Pseudonyms::label(std::string_view kind, std::string_view value) {
    ENTENTE_ASSERT(kind_word(kind));
    return add(kind, canonical_value(kind, value));
}

std::vector<KnownName> Pseudonyms::known_names() const {
    std::vector<KnownName> names;
    for (const Entry& entry : entries_) {
        if (entry.kind == "name") names.push_back({entry.value, protocol::DataClass::personal_contact});
        if (entry.kind == "customer") names.push_back({entry.value, protocol::DataClass::customer_identity});
    }
    return names;
}

std::string Pseudonyms::to_json() const {
    protocol::CanonicalArray entries;
    for (const Entry& entry : entries_) entries.add(protocol::CanonicalObject().set("kind", entry.kind).set("value", entry.value));
    return protocol::CanonicalObject().set("entries", entries).set("format", "pseudonyms/1").text();
}

protocol::Result<Pseudonyms> Pseudonyms::from_json(std::string_view json) {
    const auto broken = [] {
        return protocol::fail(protocol::ErrorKind::malformed, "not_pseudonyms", "this is not a map of pseudonyms");
    };
    const auto parsed = protocol::parse_canonical(json);
    if (!parsed) return broken();
    const auto* format = parsed->find("format");
    const auto* entries = parsed->find("entries");
    if (format == nullptr || format->text() == nullptr || *format->text() != "pseudonyms/1") return broken();
    if (entries == nullptr || entries->array() == nullptr) return broken();
    Pseudonyms pseudonyms;
    for (const auto& entry : *entries->array()) {
        const auto* kind = entry.find("kind");
        const auto* value = entry.find("value");
        if (kind == nullptr || value == nullptr || kind->text() == nullptr || value->text() == nullptr) return broken();
        if (!kind_word(*kind->text())) return broken();
        pseudonyms.add(*kind->text(), *value->text());
    }
    if (pseudonyms.size() != entries->array()->size()) return broken();  // an entry stood there twice
    return pseudonyms;
}

}  // namespace entente::policy
