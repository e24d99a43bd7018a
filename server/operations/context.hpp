#pragma once
// What every operation gets beside its transaction and its input, and what it gives back.
//
// An operation is a synchronous function of (transaction, context, caller, input): it loads facts, asks policy and the machines,
// writes rows, and returns what happened together with its audit record. It may run again after a conflict, so it touches nothing
// but its transaction. Time comes in as `now`; chance as `draw`.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/log_keys.hpp"
#include "certs/principal.hpp"
#include "policy/access.hpp"
#include "policy/clocks.hpp"
#include "policy/detectors.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/record.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::operations {

using protocol::Error;
using protocol::ErrorKind;
using protocol::fail;
using protocol::Instant;
using protocol::Result;
using store::ReadTxn;
using store::Txn;

// How mails are written; who carries them is server/deliveries' business. Not on: no mail is planned or taken in.
struct MailSettings {
    bool on = false;
    std::string from;                    // address in the From line
    std::string reply_box;               // the box at which mails come back, without tag; empty: none come back
    protocol::Bytes tag_key;             // signs the addresses of that box
    protocol::Bytes tag_key_before;      // signed them before the last renewal of the service root; empty: none
    std::string authentication_results;  // whose Authentication-Results must say that a reply is genuine; empty: not asked
};

// Settings that operations need; immutable.
struct Settings {
    std::int64_t hold_days = 30;
    std::int64_t remind_submitter_hours = 72;  // 0: never
    std::int64_t feedback_days = 5;            // after closure; 0: never
    std::int64_t idle_close_days = 30;         // 0: never
    std::int64_t content_removal_days = 0;     // after the end; 0: never
    std::int64_t session_seconds = 3600;
    std::string public_url;
    MailSettings mail;
};

class PartnerDirectory;  // partners.hpp
std::shared_ptr<PartnerDirectory> make_partner_directory();

// Shared by all operations of one gateway; outlives them.
struct Tools {
    store::Vault& vault;
    const policy::Detectors& detectors;
    std::function<void(std::span<std::uint8_t>)> random;
    Settings settings;
    // Signs a text for people outside as the gateway's word (compact JWS); the public key is served with the keys of the gateway.
    std::function<std::string(std::string_view typ, std::string_view payload)> sign{};
    std::string public_jwk{};      // of that key, and behind a comma of the one before it, if that is kept
    std::string root_name{};       // of the service root in use
    std::string root_keys_name{};  // of that root, the database's key and the index key together
    // The keys that sign the log, and the name that it has now. None: nothing is signed here.
    certs::LogKeys* log_keys = nullptr;
    std::string log_origin{};
    // The rules of a time zone of the tz database; nothing for a name that it does not have.
    std::function<std::shared_ptr<const policy::ZoneRules>(std::string_view)> zone{};
    std::shared_ptr<PartnerDirectory> partners = make_partner_directory();

    std::uint64_t draw() const {
        std::array<std::uint8_t, 8> bytes{};
        random(bytes);
        std::uint64_t number = 0;
        for (const std::uint8_t byte : bytes) number = number << 8 | byte;
        return number;
    }
    // 20 characters of A-Z a-z 0-9: a token on the wire (contract section 2).
    std::string token() const;
    // A secret for people and clients to copy: 32 such characters, 190 bits.
    std::string secret() const;
};

struct Caller {
    certs::Principal principal;
    std::string request_id;
    std::string peer_address;  // personal data: actor section only
    protocol::CompanyId company() const { return principal.company; }
    protocol::Role role() const { return principal.role; }
    bool is_operator() const { return principal.role == protocol::Role::gateway_operator; }
};

struct Context {
    const Tools& tools;
    Instant now;
};

// A value or an error, with the record of either. The record stays when the business rows are rolled back.
template <class T>
struct Audited {
    Result<T> outcome;
    audit::Record record;
    std::vector<audit::Record> further{};  // where others are party to a part of what happened; kept with the outcome alone
};

// A record that already names the caller; the operation adds what happened.
audit::Record record_of(const Caller& caller, std::string operation, audit::Class class_uid, std::uint8_t activity);

// Marks the record as a failure with the error's code and returns both.
template <class T>
Audited<T> refused(audit::Record record, Error error) {
    record.outcome = audit::Outcome::failure;
    record.reason = error.code;
    return {std::unexpected(std::move(error)), std::move(record)};
}

// `forbidden` (no_role) when the caller's role may not do it.
Result<void> require(const Caller& caller, policy::Operation operation);

// The company whose directory the caller works on: its own, or for the operator the named one, which exists.
Result<protocol::CompanyId> acting_for(ReadTxn& txn, const Caller& caller, protocol::CompanyId named);

// ASCII letters in lower case: domains and mail addresses are compared so.
std::string lower(std::string_view text);

// Canonical JSON object for a record's actor section.
std::string actor_section(const Caller& caller);

}  // namespace entente::operations
