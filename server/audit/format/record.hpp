#pragma once
// The audit record that an operation cannot avoid returning, before it is sealed (audit and crypto reference, sections 4 to 6).
//
// An operation says what happened in terms of ids, codes and counts; the appender (server/audit/log) adds event id, time and
// product, writes the canonical section texts, seals them under their owners' keys and extends the tree.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/event.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::audit {

// OCSF 1.8.0 classes in use.
enum class Class : std::uint16_t {
    account_change = 3001,
    authentication = 3002,
    entity_management = 3004,
    http_activity = 4002,
    lifecycle = 6002,
    api_activity = 6003,
    datastore_activity = 6005,
    detection_finding = 2004,
};

enum : std::uint8_t {
    // Activity ids of 3004 and 6003, which agree; other classes have their own numbers for the same words.
    activity_create = 1,
    activity_read = 2,
    activity_update = 3,
    activity_delete = 4,
    activity_other = 99,
    // 3001
    account_enable = 2,
    account_password_change = 3,
    account_disable = 5,
    // 4002
    http_post = 6,
    // 6005
    datastore_read = 1,
};

enum class Outcome : std::uint8_t { success = 1, failure = 2 };

// A thing the record is about. `type` is a noun of the glossary (case, note, agreement, ...), `uid` a gateway-assigned id, never
// text that a person wrote.
struct Resource {
    std::string type;
    std::string uid;
    std::int64_t version = 0;  // of the item where versions matter (first sight), else 0
};

struct Record {
    std::string operation;  // stable name: case.create, case.read, login, ...
    Class class_uid = Class::api_activity;
    std::uint8_t activity = activity_read;
    Outcome outcome = Outcome::success;
    std::string reason;          // stable reason code; empty on plain success
    std::string request_id;      // trace id
    std::string authentication;  // mtls, password, client_credentials, local, none
    // Who acted, in the core section: organisation and role only.
    protocol::CompanyId acting_company{};
    std::string role;
    std::string credential;  // fingerprint of the credential: hex SHA-256 prefix of the token id
    // The companies that are party to it: they and auditors may see the record.
    std::vector<protocol::CompanyId> parties;
    std::vector<Resource> resources;
    // The complete non-personal inputs and the outcome of a decision as canonical JSON object text, or empty (semantics 8).
    std::string decision;
    // Canonical JSON object texts of the sealed sections; empty means the record has no such section.
    std::string customer;                   // tag 2, owner: customer
    std::string actor;                      // tag 3, owner: acting company. Name, mail, source address of the person who acted.
    std::string content;                    // tag 4, owner: customer
    protocol::CustomerId customer_owner{};  // whose key seals tags 2 and 4; none: the acting company's
    protocol::CaseId case_scope{};          // data keys are per case where there is one
    // What companies are told about this change; they exist if and only if it is kept. The appender gives them their position.
    std::vector<protocol::Event> events;
    bool fills_outbox = false;  // rows were put into the outbox directly: the dispatcher looks at once
    // Entries of another kind than an event (format/leaf.hpp) bring the bytes of their extension: erasures, changes of keys.
    std::uint8_t kind = 1;
    std::vector<std::uint8_t> extension;
};

using Hash = std::array<std::uint8_t, 32>;

// What an answer can say about its durable record.
struct Receipt {
    protocol::EventId event{};
    Hash leaf{};
    std::int64_t index = 0;
    protocol::Instant time{};
};

}  // namespace entente::audit
