#pragma once
// The keys that sign the log, in their life (audit and crypto reference, section 17): a new one is announced by an entry of the log
// (kind 3) under the older one's signature, both sign for 30 days, then the older one is destroyed. Nothing stops meanwhile.
//
// And escrow: which keys were sealed to operators' age keys outside of the gateway. The sealing itself happens where the keys lie
// (entente keys escrow); the record of it is durable before the sealed file exists.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/log_keys.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

inline constexpr std::int64_t log_key_overlap_days = 30;

struct LogKeyRow {
    std::uint32_t number = 0;
    std::string verifier_key;           // name+id+key, as policies have it
    Instant made_at;                    // when this log first knew of it
    std::optional<std::int64_t> entry;  // that announces it; none for a moment
    std::optional<Instant> ended_at;
    bool newest = false;
    bool present = false;  // it still exists, and signs
};
// Public keys are every signed-in caller's who may have receipts.
Result<std::vector<LogKeyRow>> list_log_keys(ReadTxn& txn, const Context& context, const Caller& caller);
// By the operator.
Audited<LogKeyRow> new_log_key(Txn& txn, const Context& context, const Caller& caller);
// Refused for the newest. The key itself goes once the record is durable.
Audited<LogKeyRow> end_log_key(Txn& txn, const Context& context, const Caller& caller, std::uint32_t number);

// --- by the gateway itself ---
// Records a service root that the log did not know (kind 3): it was renewed while no gateway ran.
std::vector<audit::Record> tend_service_root(Txn& txn, const Context& context);
// Announces keys that the log did not know, ends those whose overlap is over.
std::vector<audit::Record> tend_log_keys(Txn& txn, const Context& context);
// Whose end is recorded and that still exist, but for those that have yet to sign what hands over to the newest.
std::vector<std::uint32_t> log_keys_to_destroy(ReadTxn& txn, const certs::LogKeys& keys);

// --- before anything is signed: files come back from escrows and backups, and may be swapped ---
// A key is present that must not sign, or the one that must is not. The gateway does not start (exit_refused_log_key).
class LogKeyRefused : public protocol::Fault {
  public:
    LogKeyRefused(const std::string& why, std::string next_step) : Fault(why), next_step_(std::move(next_step)) {}
    const std::string& next_step() const { return next_step_; }

  private:
    std::string next_step_;
};
inline constexpr int exit_refused_log_key = 78;
// Throws LogKeyRefused: under the number of a key that the log announced lies another one.
void require_announced(ReadTxn& txn, const certs::LogKeys& keys);
// The same, and where the newest has ended or is missing. Answers the other ones that have: whoever calls destroys them before it
// signs.
std::vector<std::uint32_t> check_log_keys(ReadTxn& txn, const certs::LogKeys& keys);

// --- by entente keys log-compromised, while no gateway runs: somebody else knows the keys of the log ---
inline constexpr std::string_view log_key_compromised = "log_key_compromised";
// Every key has ended, and the last entry under this name of the log says why (kind 8).
std::vector<audit::Record> freeze_log(Txn& txn, const certs::LogKeys& keys, const std::string& origin, Instant now);
bool log_key_ended(ReadTxn& txn, const certs::LogKey& key);
// Ends what the log believes to be there and is lost.
std::vector<audit::Record> end_absent_log_keys(Txn& txn, const certs::LogKeys& keys, const std::string& origin, Instant now);
std::uint32_t greatest_log_key(ReadTxn& txn);  // that the log knows or knew
// What follows the start entry under the next name: the key that signs there.
std::vector<audit::Record> begin_log_again(Txn& txn, const certs::LogKey& key, const audit::LogStart::Previous& previous,
                                           const std::string& origin, Instant now);

struct EscrowInput {
    protocol::Hash digest{};              // SHA-256 of the sealed file
    std::vector<std::string> recipients;  // age1...
    std::vector<std::int64_t> generations;
    std::vector<std::int64_t> log_keys;
    std::string root_keys;  // certs::root_keys_name of what the file holds
};
struct Escrow {
    std::int64_t id = 0;
    Instant made_at;
    std::string digest;  // hexadecimal
    std::vector<std::string> recipients, generations, log_keys;
    std::string root_keys;
    // current: it holds the keys in use. outdated: newer keys are missing. expired: it holds a key that has ended, so every copy of
    // it is to be destroyed.
    std::string state;
};
Result<std::vector<Escrow>> list_escrows(ReadTxn& txn, const Context& context, const Caller& caller);
Audited<Escrow> note_escrow(Txn& txn, const Context& context, const Caller& caller, const EscrowInput& input);

}  // namespace entente::operations
