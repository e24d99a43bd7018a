#include "server/audit/log/ocsf_event.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

namespace {

using protocol::CanonicalMember;
using protocol::CanonicalValue;

constexpr std::size_t resources_kept = 8;
constexpr std::string_view product_name = "Entente";
constexpr std::int64_t other = 99;  // of every enumeration of OCSF
constexpr std::int64_t finding_new = 1;

// user.type_id
constexpr std::int64_t user_unknown = 0;
constexpr std::int64_t user_person = 1;
constexpr std::int64_t user_admin = 2;
constexpr std::int64_t user_system = 3;
constexpr std::int64_t user_service = 4;

std::string_view kind_name(std::uint8_t kind) {
    static constexpr std::array<std::string_view, 10> names{"unknown",   "event",  "erasure", "key",    "log start",
                                                            "heartbeat", "reseal", "gap",     "freeze", "read batch"};
    return kind < names.size() ? names[kind] : names[0];
}

// A reference into `object` lasts until its next new member.
CanonicalValue& member(CanonicalValue& object, std::string_view key) {
    auto& members = object.make_object();
    const auto at = std::ranges::lower_bound(members, key, {}, &CanonicalMember::key);
    if (at != members.end() && at->key == key) return at->value;
    return members.insert(at, CanonicalMember{std::string(key), {}})->value;
}

bool drop(CanonicalValue& object, std::string_view key) {
    return std::erase_if(object.make_object(), [&](const CanonicalMember& one) { return one.key == key; }) > 0;
}

std::optional<CanonicalValue> take(CanonicalValue& object, std::string_view key) {
    const auto* const found = object.find(key);
    if (found == nullptr) return std::nullopt;
    std::optional<CanonicalValue> value(*found);
    drop(object, key);
    return value;
}

std::string text_of(const CanonicalValue& object, std::string_view key) {
    const auto* const found = object.find(key);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string{};
}

std::int64_t number_of(const CanonicalValue& object, std::string_view key) {
    const auto* const found = object.find(key);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

void set_text(CanonicalValue& object, std::string_view key, std::string_view text) {
    if (!text.empty()) member(object, key).make_text() = text;
}

void set_number(CanonicalValue& object, std::string_view key, std::int64_t number) {
    member(object, key).make_integer() = number;
}

// One thing less; false when there is nothing that may go.
bool shorten(CanonicalValue& event) {
    CanonicalValue& unmapped = member(event, "unmapped");
    if (drop(unmapped, "decision")) {
        member(unmapped, "decision_omitted").make_boolean() = true;
        return true;
    }
    for (CanonicalValue* const holder : {&event, &unmapped}) {
        const auto* resources = holder->find("resources");
        if (resources == nullptr || resources->array() == nullptr || resources->array()->size() <= resources_kept) continue;
        auto& all = member(*holder, "resources").make_array();
        const auto omitted = static_cast<std::int64_t>(all.size() - resources_kept);
        all.resize(resources_kept);
        set_number(unmapped, "resources_omitted", omitted);
        return true;
    }
    if (const auto* parties = unmapped.find("parties"); parties != nullptr && parties->array() != nullptr) {
        const auto count = static_cast<std::int64_t>(parties->array()->size());
        drop(unmapped, "parties");
        set_number(unmapped, "parties_omitted", count);
        return true;
    }
    return false;
}

CanonicalValue this_product() {
    CanonicalValue product;
    set_text(product, "name", product_name);
    set_text(product, "vendor_name", product_name);
    set_text(product, "version", ENTENTE_VERSION);
    return product;
}

CanonicalValue base_event(const Line& line, std::string_view origin) {
    CanonicalValue event;
    set_number(event, "activity_id", other);
    set_text(event, "activity_name", kind_name(line.kind));
    set_number(event, "category_uid", 0);
    set_number(event, "class_uid", 0);
    CanonicalValue& metadata = member(event, "metadata");
    set_text(metadata, "log_name", origin);
    set_text(metadata, "uid", protocol::uuid_text(line.event));
    set_text(metadata, "version", "1.8.0");
    member(metadata, "product") = this_product();
    set_number(event, "severity_id", 1);
    set_number(event, "time", line.time.milliseconds());
    set_number(event, "type_uid", other);
    set_text(member(event, "unmapped"), "entry_kind", kind_name(line.kind));
    return event;
}

std::int64_t user_type(std::string_view role) {
    if (role.empty()) return user_unknown;
    if (role == "gateway") return user_system;
    if (role == "administrator" || role == "gateway_operator") return user_admin;
    return role == "api_client" ? user_service : user_person;
}

// Who acted, as far as the core section says it: the credential, the company and the role. Names are sealed elsewhere.
CanonicalValue user_of(const CanonicalValue& actor) {
    const std::string role = text_of(actor, "role");
    const std::string credential = text_of(actor, "credential");
    CanonicalValue user;
    set_text(user, "uid", credential);
    if (credential.empty()) set_text(user, "name", role == "gateway" ? role : "unknown");
    if (!role.empty()) set_text(member(user, "groups").make_array().emplace_back(), "name", role);
    if (const std::string company = text_of(actor, "org_uid"); !company.empty()) set_text(member(user, "org"), "uid", company);
    set_number(user, "type_id", user_type(role));
    return user;
}

// Versions of OCSF's resources and entities are text.
CanonicalValue with_version_as_text(CanonicalValue resource) {
    if (const std::int64_t version = number_of(resource, "version"); version != 0)
        set_text(resource, "version", std::to_string(version));
    return resource;
}

// The account that was changed.
CanonicalValue account_of(const std::vector<CanonicalValue>& resources, const CanonicalValue& actor) {
    if (resources.empty()) return user_of(actor);
    CanonicalValue account;
    set_text(account, "uid", text_of(resources.front(), "uid"));
    set_number(account, "type_id", text_of(resources.front(), "type") == "client" ? user_service : user_person);
    return account;
}

// What was managed; where the attempt did not come to name it, its kind is in the operation ("form.change").
CanonicalValue entity_of(const std::vector<CanonicalValue>& resources, std::string_view operation) {
    if (resources.empty()) {
        CanonicalValue unnamed;
        set_text(unnamed, "name", operation.substr(0, operation.rfind('.')));
        return unnamed;
    }
    CanonicalValue entity = with_version_as_text(resources.front());
    set_number(entity, "type_id", other);
    return entity;
}

CanonicalValue named(std::string_view name, std::string_view uid = {}) {
    CanonicalValue object;
    set_text(object, "name", name);
    set_text(object, "uid", uid);
    return object;
}

// The address somebody came from names a person, and is in the sealed actor section.
CanonicalValue source_of(const CanonicalValue& actor) {
    return named(text_of(actor, "role") == "gateway" ? "gateway" : "withheld");
}

// What the class demands. Resources stay where the class has a place for them.
void fill_class(CanonicalValue& event, const CanonicalValue& actor, std::vector<CanonicalValue> resources, std::string_view origin,
                std::string_view operation) {
    const auto class_uid = static_cast<Class>(number_of(event, "class_uid"));
    bool actor_fits = true;
    bool resources_fit = false;
    switch (class_uid) {
        case Class::authentication:
            member(event, "user") = user_of(actor);
            member(event, "service") = named(product_name, origin);
            break;
        case Class::account_change:
            member(event, "user") = account_of(resources, actor);
            break;
        case Class::entity_management:
            member(event, "entity") = entity_of(resources, operation);
            break;
        case Class::api_activity:
            member(event, "src_endpoint") = source_of(actor);
            resources_fit = true;
            break;
        case Class::datastore_activity:
            member(event, "src_endpoint") = source_of(actor);
            member(event, "table") = named("audit log", origin);
            break;
        case Class::http_activity:
            set_text(member(event, "http_request"), "http_method", "POST");
            actor_fits = false;
            break;
        case Class::lifecycle:
            member(event, "app") = this_product();
            actor_fits = false;
            break;
        case Class::detection_finding:
            set_text(member(event, "finding_info"), "title", operation);
            set_text(member(event, "finding_info"), "uid", text_of(*event.find("metadata"), "uid"));
            member(event, "is_alert").make_boolean() = true;
            set_number(event, "status_id", finding_new);
            actor_fits = false;
            resources_fit = true;
            break;
    }
    if (actor_fits) member(member(event, "actor"), "user") = user_of(actor);
    if (resources.empty()) return;
    if (resources_fit) std::ranges::transform(resources, resources.begin(), with_version_as_text);
    member(resources_fit ? event : member(event, "unmapped"), "resources").make_array() = std::move(resources);
}

// The core section has OCSF's words, but says by them what it knows, whatever the class: here it becomes an event that the schema
// takes. What has no place there is under `unmapped` by its own name.
void conform(CanonicalValue& event, std::string_view origin) {
    const CanonicalValue actor = take(event, "actor").value_or(CanonicalValue{});
    CanonicalValue api = take(event, "api").value_or(CanonicalValue{});
    const std::string operation = text_of(api, "operation");
    std::vector<CanonicalValue> resources;
    if (const auto listed = take(event, "resources"); listed && listed->array() != nullptr) resources = *listed->array();

    CanonicalValue& metadata = member(event, "metadata");
    set_text(metadata, "event_code", operation);
    set_text(metadata, "log_name", origin);
    set_text(member(metadata, "product"), "vendor_name", product_name);
    member(metadata, "profiles").make_array().emplace_back().make_text() = "security_control";
    set_text(member(event, "unmapped"), "authentication", text_of(actor, "authentication"));
    if (number_of(event, "activity_id") == other) set_text(event, "activity_name", operation);
    fill_class(event, actor, std::move(resources), origin, operation);
    if (number_of(event, "class_uid") == static_cast<std::int64_t>(Class::api_activity)) member(event, "api") = std::move(api);
}

}  // namespace

std::string ocsf_event(const Line& line, std::string_view origin, std::size_t bytes_max) {
    CanonicalValue event;
    if (line.core.empty()) {
        event = base_event(line, origin);
    } else {
        auto core = protocol::parse_canonical(line.core);
        if (!core) throw protocol::Fault("entry " + std::to_string(line.index) + " holds no canonical core section");
        event = *std::move(core);
        conform(event, origin);
    }
    CanonicalValue& unmapped = member(event, "unmapped");
    CanonicalValue& attestation = member(unmapped, "attestation");
    set_text(attestation, "chain_uid", origin);
    set_number(attestation, "serialization_id", 2);
    CanonicalValue& fingerprint = member(attestation, "fingerprint");
    set_number(fingerprint, "algorithm_id", 3);
    set_text(fingerprint, "value", protocol::hex(line.leaf));
    set_number(unmapped, "log_index", line.index);
    std::string text = protocol::write_canonical(event);
    while (bytes_max != 0 && text.size() > bytes_max && shorten(event)) text = protocol::write_canonical(event);
    return text;
}

}  // namespace entente::audit
