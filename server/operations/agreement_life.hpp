#pragma once
// What happens to an agreement after it was offered: members come and go, changes are announced and take effect, its time runs out;
// the texts that agreements name, and the keys with which signatories sign.
//
// A change is a row that every party can read before it holds. What narrows (suspend, terminate, leave) may hold at once; what
// widens (resume) waits for the acknowledgement of every other party where the agreement says so.

#include <optional>
#include <string>
#include <vector>

#include "server/operations/trust.hpp"
#include "server/store/statements/agreement_life.hpp"

namespace entente::operations {

// --- changes ---
Result<std::vector<store::AgreementChange>> list_changes(ReadTxn& txn, const Context& context, const Caller& caller,
                                                         protocol::AgreementId id);
Audited<Turned<protocol::Agreement>> acknowledge_change(Txn& txn, const Context& context, const Caller& caller,
                                                        protocol::AgreementId id, std::int64_t position);
// Brings an agreement to where its announced changes, its own end and its successor say it is now. The housekeeper's step; nothing
// to do is nothing recorded.
struct AgreementSettled {
    std::vector<audit::Record> records;
    std::vector<protocol::CaseId> cases;  // to reconcile now
};
AgreementSettled settle_agreement(Txn& txn, const Context& context, protocol::AgreementId id);

// Announces a step and applies it as far as it holds already. For move_agreement.
void announce_step(Txn& txn, const Context& context, const Caller& caller, protocol::Agreement& agreement, std::string_view kind,
                   std::string_view reason, Instant effective);

// --- members of one_to_many and consortium ---
struct Member {
    protocol::CompanyId company;
    protocol::PartyRole role = protocol::PartyRole::controller;
};
Audited<protocol::Agreement> add_member(Txn& txn, const Context& context, const Caller& caller, protocol::AgreementId id,
                                        const Member& member);
Audited<Turned<protocol::Agreement>> leave_agreement(Txn& txn, const Context& context, const Caller& caller,
                                                     protocol::AgreementId id, std::string_view reason);

// --- texts ---
struct NewText {
    std::string title;
    std::string version;
    std::optional<std::string> body;
    std::string digest;  // must fit the body; without a body the text is known by it alone
};
Audited<store::AgreementText> add_text(Txn& txn, const Context& context, const Caller& caller, const NewText& input);
Result<store::AgreementText> read_text(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view digest);

// --- keys of signatories ---
Audited<store::CompanyKey> add_company_key(Txn& txn, const Context& context, const Caller& caller, const protocol::PublicKey& key);
Audited<store::CompanyKey> confirm_company_key(Txn& txn, const Context& context, const Caller& caller, const std::string& kid);
Audited<store::CompanyKey> revoke_company_key(Txn& txn, const Context& context, const Caller& caller, const std::string& kid);
Result<std::vector<store::CompanyKey>> list_company_keys(ReadTxn& txn, const Context& context, const Caller& caller);
// The signatory's name of an acceptance signed for this agreement and company; forbidden or malformed otherwise.
Result<std::string> signer_of(ReadTxn& txn, const Context& context, const protocol::Agreement& agreement,
                              protocol::CompanyId company, const std::string& signed_text);

}  // namespace entente::operations
