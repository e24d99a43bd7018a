#include "server/audit/log/ocsf_event.hpp"

#include <algorithm>
#include <array>

#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"

namespace entente::audit {

namespace {

using protocol::CanonicalMember;
using protocol::CanonicalObject;
using protocol::CanonicalValue;

constexpr std::size_t resources_kept = 8;

std::string_view kind_name(std::uint8_t kind) {
    static constexpr std::array<std::string_view, 10> names{"unknown",   "event",  "erasure", "key",    "log start",
                                                            "heartbeat", "reseal", "gap",     "freeze", "read batch"};
    return kind < names.size() ? names[kind] : names[0];
}

std::string base_event(const Line& line, std::string_view origin) {
    constexpr int other = 99;
    CanonicalObject product;
    product.set("name", "Entente").set("version", ENTENTE_VERSION);
    CanonicalObject metadata;
    metadata.set("log_name", origin).set("product", product).set("uid", protocol::uuid_text(line.event)).set("version", "1.8.0");
    CanonicalObject event;
    event.set("activity_id", other).set("activity_name", kind_name(line.kind)).set("category_uid", 0).set("class_uid", 0);
    event.set("metadata", metadata).set("severity_id", 1).set("time", line.time.milliseconds()).set("type_uid", other);
    return event.text();
}

CanonicalValue& member(CanonicalValue& object, std::string_view key) {
    auto& members = object.make_object();
    const auto at = std::ranges::lower_bound(members, key, {}, &CanonicalMember::key);
    if (at != members.end() && at->key == key) return at->value;
    return members.insert(at, CanonicalMember{std::string(key), {}})->value;
}

bool drop(CanonicalValue& object, std::string_view key) {
    return std::erase_if(object.make_object(), [&](const CanonicalMember& one) { return one.key == key; }) > 0;
}

// One thing less; false when there is nothing that may go.
bool shorten(CanonicalValue& event) {
    CanonicalValue& unmapped = member(event, "unmapped");
    if (drop(unmapped, "decision")) {
        member(unmapped, "decision_omitted").make_boolean() = true;
        return true;
    }
    if (const auto* resources = event.find("resources"); resources != nullptr && resources->array() != nullptr) {
        auto& all = member(event, "resources").make_array();
        if (all.size() > resources_kept) {
            member(unmapped, "resources_omitted").make_integer() = static_cast<std::int64_t>(all.size() - resources_kept);
            all.resize(resources_kept);
            return true;
        }
    }
    if (const auto* parties = unmapped.find("parties"); parties != nullptr && parties->array() != nullptr) {
        const auto count = static_cast<std::int64_t>(parties->array()->size());
        drop(unmapped, "parties");
        member(unmapped, "parties_omitted").make_integer() = count;
        return true;
    }
    return false;
}

}  // namespace

std::string ocsf_event(const Line& line, std::string_view origin, std::size_t bytes_max) {
    auto event = protocol::parse_canonical(line.core.empty() ? base_event(line, origin) : line.core);
    if (!event) throw protocol::Fault("entry " + std::to_string(line.index) + " holds no canonical core section");
    CanonicalValue& unmapped = member(*event, "unmapped");
    CanonicalValue& attestation = member(unmapped, "attestation");
    member(attestation, "chain_uid").make_text() = origin;
    CanonicalValue& fingerprint = member(attestation, "fingerprint");
    member(fingerprint, "algorithm_id").make_integer() = 3;
    member(fingerprint, "value").make_text() = protocol::hex(line.leaf);
    member(attestation, "serialization_id").make_integer() = 2;
    member(unmapped, "log_index").make_integer() = line.index;
    if (line.core.empty()) member(unmapped, "entry_kind").make_text() = kind_name(line.kind);
    std::string text = protocol::write_canonical(*event);
    while (bytes_max != 0 && text.size() > bytes_max && shorten(*event)) text = protocol::write_canonical(*event);
    return text;
}

}  // namespace entente::audit
