#pragma once
// Statements about cases, their notes and responses. Columns are clear where they are ids, states and times; words are sealed under
// the key of the case's owner: its customer once that is known, until then the submitting company (semantics 7).

#include <optional>
#include <string>
#include <vector>

#include "protocol/collaboration.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

struct StoredField {
    protocol::FieldId field;
    std::int64_t row_id = 0;
    protocol::Section section = protocol::Section::problem;
    std::string label;
    std::string value;
    int display_order = 0;
    protocol::FieldType type = protocol::FieldType::string;
    protocol::DataClass data_class = protocol::DataClass::technical;
    protocol::Stage stage = protocol::Stage::release;
    bool identifies_customer = false;
};

// The words of a case: as the submitter wrote them (original), or as the receiver may see them (shared).
struct CaseWords {
    std::string submitter_number;
    std::string receiver_number;
    std::string summary;
    std::string description;
    std::string escalation_instructions;
    std::optional<protocol::ContactDetails> submitter_contact;
    std::optional<protocol::ContactDetails> receiver_contact;
    protocol::UserView submitted_by;
    std::vector<StoredField> fields;
    std::vector<std::string> internal_notes;  // original only
};

struct StoredCase {
    protocol::CaseId id;
    std::string token;
    protocol::CompanyId submitter;
    protocol::CompanyId receiver;
    protocol::FormId form;
    int form_version = 1;
    protocol::CaseStatus status = protocol::CaseStatus::open;
    protocol::Flow flow = protocol::Flow::held;
    std::string hold_reason;  // reason code while held, frozen or refused
    std::string hold_text;    // the same in plain words, with what releases it; no personal data
    protocol::Priority priority = protocol::Priority::medium;
    protocol::Severity severity = protocol::Severity::medium;
    bool test = false;
    protocol::CustomerId customer;
    protocol::AuthorizationId authorization;
    protocol::AuthorizationId referenced;  // named by the submitter in the injected field
    protocol::AgreementId agreement;
    protocol::DataClasses released;
    std::string picked_by;  // who chose the customer by hand
    std::string opened_by;
    protocol::Instant created_at;
    protocol::Instant updated_at;
    std::optional<protocol::Instant> released_at;
    std::optional<protocol::Instant> accepted_at;
    std::optional<protocol::Instant> respond_by;
    bool responded = false;
    bool reminder_sent = false;  // these five have statements of their own (life.hpp)
    bool feedback_requested = false;
    bool content_removed = false;
    std::string proactive;              // reason code of a case that its submitter opened unasked
    protocol::DepartmentId department;  // of the receiver, where the case was sent on to one
    std::int64_t version = 1;           // moves with everything that either side can see
    std::int64_t gate_epoch = 1;        // moves when a key turns either way
    Owner owner = Owner::gateway();

    CaseWords original;
    std::optional<CaseWords> shared;   // none until released
    std::string pseudonyms_submitter;  // policy::Pseudonyms as JSON, per introducing side
    std::string pseudonyms_receiver;
    bool erased = false;  // the owner's key was destroyed: words are gone
};

struct StoredNote {
    protocol::NoteId id;
    protocol::CaseId case_id;
    std::string token;
    std::int64_t position = 0;
    protocol::CompanyId author_company;  // none: the gateway
    std::string author;                  // principal label
    protocol::NoteType type = protocol::NoteType::user_public;
    protocol::Priority priority = protocol::Priority::medium;
    bool for_submitter = true;
    bool for_receiver = false;
    protocol::Instant created_at;
    struct Words {
        std::string summary;
        std::string description;  // HTML
        std::string creator_name;
        std::string creator_email;
        std::string topic{};        // what the note belongs to, empty: nothing in particular
        std::string correlation{};  // the author's system's own name for it; never shown to the other side
    };
    Words original;
    std::optional<Words> shared;
};

struct StoredResponse {
    protocol::ResponseId id;
    protocol::CaseId case_id;
    std::int64_t position = 0;
    protocol::ResponseType type = protocol::ResponseType::approval;
    protocol::CompanyId author_company;
    bool for_submitter = true;
    bool for_receiver = true;
    protocol::Instant created_at;
    struct Words {
        std::string case_number;
        std::string engineer_name;
        std::string engineer_email;
        std::string engineer_phone;
        std::string next_steps;
        std::string reason;
        std::string requested_information;
    };
    Words original;
    std::optional<Words> shared;
};

void insert_case(Txn& txn, Vault& vault, const StoredCase& c);
// Writes states and words; compare-and-set on `version`, which the caller has raised by one. False: somebody else was faster.
bool update_case(Txn& txn, Vault& vault, const StoredCase& c);
// Both sides' numbers under the vault's present key of blind indexes; a case whose words are erased is found by none.
void renew_number_indexes(Txn& txn, Vault& vault, protocol::CaseId id);
// Scoped: nothing when the company is no party, or is the receiver of a case that was never released.
std::optional<StoredCase> find_case(ReadTxn& txn, Vault& vault, std::string_view token, protocol::CompanyId party);
std::optional<StoredCase> find_case_to_show(ReadTxn& txn, Vault& vault, protocol::CaseId id);  // without pseudonyms: lists
std::optional<StoredCase> find_case(ReadTxn& txn, Vault& vault, protocol::CaseId id);          // for the gateway's own work
std::optional<std::string> token_of_case(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId party);
// Is there another case of these two companies that somebody of the receiver, not a rule, accepted under this number of its own?
bool accepted_under(ReadTxn& txn, Vault& vault, protocol::CompanyId submitter, protocol::CompanyId receiver,
                    std::string_view number, protocol::CaseId except);
std::optional<protocol::CaseId> find_case_id(ReadTxn& txn, std::string_view token, protocol::CompanyId party);
struct CasePage {
    std::vector<protocol::CaseId> ids;  // newest id first
    std::int64_t total = 0;
};
CasePage list_cases(ReadTxn& txn, Vault& vault, protocol::CompanyId party, const protocol::CaseFilter& filter);

// Ids with what orders them, at most `query.limit`.
std::vector<protocol::CaseQuery::Place> query_cases(ReadTxn& txn, Vault& vault, protocol::CompanyId party,
                                                    const protocol::CaseQuery& query);

void insert_note(Txn& txn, Vault& vault, const StoredCase& c, const StoredNote& note);
void share_note(Txn& txn, Vault& vault, const StoredCase& c, const StoredNote& note);  // sets shared, for_*, created_at stays
std::vector<StoredNote> notes_of(ReadTxn& txn, Vault& vault, protocol::CaseId id);
void insert_response(Txn& txn, Vault& vault, const StoredCase& c, const StoredResponse& response);
void share_response(Txn& txn, Vault& vault, const StoredCase& c, const StoredResponse& response);  // sets the words anew
std::vector<StoredResponse> responses_of(ReadTxn& txn, Vault& vault, protocol::CaseId id);
std::optional<protocol::CaseId> case_of_note(ReadTxn& txn, protocol::NoteId id);
std::optional<protocol::CaseId> case_of_response(ReadTxn& txn, protocol::ResponseId id);
std::int64_t next_note_position(ReadTxn& txn, protocol::CaseId id);
std::int64_t next_response_position(ReadTxn& txn, protocol::CaseId id);
// Seals every word of the case anew, after its owner changed (a customer was picked).
void reseal_case(Txn& txn, Vault& vault, const StoredCase& c);

// --- which cases a moved key concerns ---
bool released_since(ReadTxn& txn, protocol::CaseId id, protocol::Instant since);
std::vector<protocol::CaseId> held_cases_of_customer(ReadTxn& txn, protocol::CompanyId company, protocol::CustomerId customer);
std::vector<protocol::CaseId> cases_under_authorization(ReadTxn& txn, protocol::AuthorizationId authorization);
std::vector<protocol::CaseId> cases_under_agreement(ReadTxn& txn, protocol::AgreementId agreement);
std::vector<protocol::CaseId> held_cases_between(ReadTxn& txn, protocol::CompanyId one, protocol::CompanyId other);
std::vector<protocol::CaseId> held_cases_of_company(ReadTxn& txn, protocol::CompanyId company);
// Cases whose flow no longer fits the clock: open ones whose keys ran out, held ones past the hold limit. At most
// `limit` of each kind.
std::vector<protocol::CaseId> cases_out_of_time(ReadTxn& txn, protocol::Instant now, protocol::Instant held_since, int limit);
// Open cases whose keys were withdrawn or suspended while no reconcile ran (a crash in between). At most `limit` by
// each key.
std::vector<protocol::CaseId> cases_with_lost_keys(ReadTxn& txn, int limit);
// Held or frozen cases for which a granted authorization exists now. At most `limit`.
std::vector<protocol::CaseId> cases_with_new_keys(ReadTxn& txn, protocol::Instant now, int limit);

// --- first sight; counts are in readers.hpp ---
std::optional<std::int64_t> sight(ReadTxn& txn, std::string_view principal, protocol::CaseId id);  // version shown last
void record_sight(Txn& txn, std::string_view principal, protocol::CaseId id, std::int64_t version);

}  // namespace entente::store
