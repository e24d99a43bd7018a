#include "server/audit/log/core_section.hpp"

#include <algorithm>

#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"

namespace entente::audit {

using protocol::JsonWriter;

namespace {

constexpr int severity_informational = 1;
constexpr int severity_high = 4;

void member_if_filled(JsonWriter& json, std::string_view key, std::string_view text) {
    if (!text.empty()) json.member(key, text);
}

void write_actor(JsonWriter& json, const Record& record) {
    json.key("actor").object();
    member_if_filled(json, "authentication", record.authentication);
    member_if_filled(json, "credential", record.credential);
    if (record.acting_company) json.member("org_uid", std::to_string(record.acting_company.value));
    member_if_filled(json, "role", record.role);
    json.end();
}

void write_resources(JsonWriter& json, const Record& record) {
    json.key("resources").array();
    for (const Resource& resource : record.resources) {
        json.object().member("type", resource.type).member("uid", resource.uid);
        if (resource.version != 0) json.member("version", resource.version);
        json.end();
    }
    json.end();
}

void write_unmapped(JsonWriter& json, const Record& record) {
    const auto parties = parties_of(record);
    if (!record.case_scope && record.decision.empty() && parties.empty()) return;
    json.key("unmapped").object();
    if (record.case_scope) json.member("case_id", record.case_scope.value);
    if (!record.decision.empty()) json.key("decision").raw(record.decision);
    if (!parties.empty()) {
        json.key("parties").array();
        for (const auto party : parties) json.value(party.value);
        json.end();
    }
    json.end();
}

std::string text_at(const protocol::CanonicalValue& object, std::string_view key) {
    const auto* found = object.find(key);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string{};
}

std::int64_t integer_at(const protocol::CanonicalValue& object, std::string_view key) {
    const auto* found = object.find(key);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

}  // namespace

std::vector<protocol::CompanyId> parties_of(const Record& record) {
    auto parties = record.parties;
    std::erase(parties, protocol::CompanyId{});
    std::ranges::sort(parties);
    const auto repeated = std::ranges::unique(parties);
    parties.erase(repeated.begin(), repeated.end());
    return parties;
}

// The keys of every object are written in sorted order by hand: this runs once a record, and the verifier checks the form.
std::string core_section(const Record& record, const protocol::EventId& event, protocol::Instant time, std::string_view origin) {
    const auto class_uid = static_cast<int>(record.class_uid);
    const int verdict = record.outcome == Outcome::success ? 1 : 2;
    JsonWriter json;
    json.object();
    json.member("action_id", verdict).member("activity_id", static_cast<int>(record.activity));
    write_actor(json, record);
    json.key("api").object().member("operation", record.operation).member("version", "1").end();
    json.member("category_uid", class_uid / 1000).member("class_uid", class_uid).member("disposition_id", verdict);
    json.key("metadata").object();
    member_if_filled(json, "correlation_uid", record.request_id);
    json.member("log_name", origin);
    json.key("product").object().member("name", "Entente").member("version", ENTENTE_VERSION).end();
    json.member("uid", protocol::uuid_text(event)).member("version", "1.8.0").end();
    write_resources(json, record);
    json.member("severity_id", record.class_uid == Class::detection_finding ? severity_high : severity_informational);
    member_if_filled(json, "status_code", record.reason);
    json.member("status_id", verdict).member("time", time.milliseconds());
    json.member("type_uid", class_uid * 100 + static_cast<int>(record.activity));
    write_unmapped(json, record);
    json.end();
    return json.take();
}

std::optional<CoreFacts> read_core_section(std::string_view text) {
    const auto core = protocol::parse_canonical(text);
    if (!core) return std::nullopt;
    const auto* api = core->find("api");
    if (api == nullptr || core->find("status_id") == nullptr) return std::nullopt;
    const auto* metadata = core->find("metadata");
    if (metadata == nullptr) return std::nullopt;
    CoreFacts found{.uid = text_at(*metadata, "uid"),
                    .time_ms = integer_at(*core, "time"),
                    .operation = text_at(*api, "operation"),
                    .outcome = integer_at(*core, "status_id"),
                    .reason = text_at(*core, "status_code")};
    if (const auto* unmapped = core->find("unmapped")) {
        found.case_id = integer_at(*unmapped, "case_id");
        const auto* parties = unmapped->find("parties");
        if (parties != nullptr && parties->array() != nullptr) {
            for (const auto& party : *parties->array()) {
                if (party.integer() != nullptr) found.parties.push_back(*party.integer());
            }
        }
    }
    return found;
}

}  // namespace entente::audit
