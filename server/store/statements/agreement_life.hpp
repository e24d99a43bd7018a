#pragma once
// Statements about what belongs to agreements: their texts by digest, announced changes, keys that signatories sign with.

#include <optional>
#include <string>
#include <vector>

#include "protocol/agreement.hpp"
#include "protocol/jose.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

struct AgreementText {
    std::string digest;  // lower-case hex SHA-256 of the text's bytes
    std::string title;
    std::string version;
    std::optional<std::string> body;  // none: known by digest alone
    protocol::CompanyId company;      // who brought it; none: the operator
    std::string added_by;
    protocol::Instant created_at;
};
void insert_text(Txn& txn, const AgreementText& text);
// A text that was known by digest alone gets its words.
void give_text(Txn& txn, const AgreementText& text);
std::optional<AgreementText> find_text(ReadTxn& txn, std::string_view digest);
// Has the company brought it, or was it ever party to an agreement that names it?
bool may_read_text(ReadTxn& txn, std::string_view digest, protocol::CompanyId company);

struct AgreementChange {
    protocol::AgreementId agreement;
    std::int64_t position = 0;
    std::string kind;             // accepted, suspend, resume, terminate, member_added, member_left, superseded, expired
    protocol::CompanyId company;  // whose step it is; none: the operator or the gateway
    std::string by_whom;
    std::string reason;
    protocol::Instant announced_at;
    protocol::Instant effective_at;
    bool needs_acknowledgement = false;
    std::optional<protocol::Instant> applied_at;
    std::vector<protocol::CompanyId> acknowledged;
};
// Gives it the next position.
void insert_change(Txn& txn, Vault& vault, AgreementChange& change);
void mark_applied(Txn& txn, const AgreementChange& change, protocol::Instant now);
bool acknowledge_change(Txn& txn, protocol::AgreementId agreement, std::int64_t position, protocol::CompanyId company,
                        std::string_view by_whom, protocol::Instant now);
std::vector<AgreementChange> changes_of(ReadTxn& txn, Vault& vault, protocol::AgreementId agreement);
// Agreements with announced changes whose time has come, or whose own time has run out, or whose successor is in force.
std::vector<protocol::AgreementId> agreements_due(ReadTxn& txn, protocol::Instant now, int limit);
// The agreement in force that supersedes this one by now, or none.
protocol::AgreementId successor_in_force(ReadTxn& txn, protocol::AgreementId agreement, protocol::Instant now);

struct CompanyKey {
    protocol::CompanyId company;
    protocol::PublicKey key;
    std::string proposed_by;
    std::string confirmed_by;
    protocol::Instant created_at;
    std::optional<protocol::Instant> confirmed_at;
    std::optional<protocol::Instant> revoked_at;
};
void insert_company_key(Txn& txn, const CompanyKey& key);
bool confirm_company_key(Txn& txn, const CompanyKey& key);
bool revoke_company_key(Txn& txn, const CompanyKey& key, protocol::Instant now);
std::vector<CompanyKey> company_keys(ReadTxn& txn, protocol::CompanyId company);

}  // namespace entente::store
