#pragma once
// A collaboration request (case) with its notes and responses: the requests that change it and the view that one side is shown.
// The wire spelling is in protocol/connect; the legal steps are in protocol/case_machine.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/directory.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

enum class CaseStatus : std::uint8_t { open, information, accepted, rejected, closed };
// Beside the status, never on the wire as a status (semantics 2).
enum class Flow : std::uint8_t { held, open, frozen, ended };
enum class Side : std::uint8_t { submitter, receiver };
enum class Priority : std::uint8_t { low, medium, high };
enum class Severity : std::uint8_t { critical, high, medium, low };  // spelling and maps: protocol/severity
enum class ResponseType : std::uint8_t { approval, rejection, information_request, information_response, closure, update_approval };
enum class NoteType : std::uint8_t { user_public, user_partner, system };

std::string_view name(CaseStatus status);                            // OPEN, INFORMATION, ...
std::optional<CaseStatus> parse_case_status(std::string_view text);  // any case of letters
std::string_view name(Flow flow);                                    // held, open, frozen, ended
std::optional<Flow> parse_flow(std::string_view text);
std::string_view name(Side side);  // submitter, receiver
std::optional<Side> parse_side(std::string_view text);
std::string_view name(Priority priority);
std::optional<Priority> parse_priority(std::string_view text);
std::string_view name(ResponseType type);
std::string_view name(NoteType type);
std::optional<NoteType> parse_note_type(std::string_view text);
inline Side other(Side side) {
    return side == Side::submitter ? Side::receiver : Side::submitter;
}

struct ContactDetails {
    std::string name;
    std::string email;
    std::string phone;  // empty: null on the wire
};

struct FieldInput {
    FieldId field;
    std::string value;
};

// POST /v1/collaboration-requests (contract 8.1 and 9.1).
struct NewCase {
    FormId form;
    std::string internal_case_number;
    std::string receiver_case_number;
    std::string summary;
    std::string description;
    Priority priority = Priority::medium;
    std::optional<Severity> severity;  // of the own API: the link's map gives the priority then, otherwise the severity
    std::string severity_name;         // the same in the submitter's own words; both must agree
    std::optional<ContactDetails> contact;
    std::vector<FieldInput> fields;
    std::vector<std::string> internal_notes;
    bool test = false;
    AuthorizationId authorization;  // of the own API: the one that it shall rest on
    // Reason code of a case that a vendor opens unasked, because it knows of a trouble before customer or partner do; empty: asked.
    std::string proactive;
};

struct CaseChange {  // PATCH T
    std::optional<std::string> internal_case_number;
    std::optional<ContactDetails> contact;
    std::optional<Severity> severity;  // of the own API
    std::string severity_name;
};

struct Engineer {
    std::string name;
    std::string email;
    std::string phone;
};

struct Approval {  // POST and PATCH T/approval
    std::string case_number;
    Engineer engineer;
    std::string next_steps;
};

struct Rejection {
    std::string reason;  // empty only when the engineer is empty too: a rejection without text, which a frozen case takes
    Engineer engineer;
};

struct InformationRequest {
    std::string requested;
    Engineer engineer;
};

struct InformationResponse {
    std::string information;
};

struct NewNote {
    std::string summary;
    std::string description;
    Priority priority = Priority::medium;
    std::string author_name;  // from submittedBy, when the client names a person
    NoteType type = NoteType::user_public;
    // Of the own API:
    bool internal = false;       // for the own company only
    std::string topic;           // at most 100 characters
    std::string correlation_id;  // the own system's name for it
};

// GET lists (contract 9.6). Absent members filter nothing.
struct CaseFilter {
    std::optional<std::string> internal_case_number;
    std::optional<Side> side;  // OUTBOUND: the caller submitted
    std::optional<CaseStatus> status;
    bool status_matches_nothing = false;   // PENDINGACTION
    std::optional<Instant> updated_after;  // inclusive
    std::optional<Instant> created_after;  // inclusive
    bool include_removed_notes = false;
    bool paged = false;
    std::int64_t page = 0;
    std::int64_t size = 20;  // 0: all (deprecated list only)
};

// Notes of one case.
struct NoteFilter {
    std::optional<Instant> updated_after;  // inclusive
    std::optional<Instant> created_after;  // inclusive
    bool include_removed = false;          // with what is left of notes whose content was removed
};

// The list of the own API. Absent members filter nothing.
struct CaseQuery {
    std::optional<Side> side;
    std::vector<CaseStatus> statuses;  // any of them
    std::optional<Flow> flow;
    std::optional<Severity> severity;
    std::optional<CompanyId> partner;        // the other side
    std::optional<std::string> case_number;  // the reader's own
    std::optional<bool> test;
    std::optional<Instant> updated_after;  // inclusive
    std::optional<Instant> created_after;  // inclusive
    enum class Order : std::uint8_t { newest, updated };
    Order order = Order::newest;  // newest first, or the longest unchanged first
    // The place in the order after which the page begins: the time that orders, and the id.
    struct Place {
        Instant at;
        CaseId id;
    };
    std::optional<Place> after;
    std::int64_t limit = 50;
};

// --- What one side is shown. Everything in a view has passed the gate for that side. ---

struct UserView {
    std::int64_t id = 0;
    std::optional<std::string> username;
    std::string first_name;
    std::string last_name;
    std::string email;
    std::string phone;
    std::string phone_country;
    std::string city;
};

struct CompanyView {
    CompanyId id;
    std::string name;
    std::optional<std::string> description;
    std::string domain;
};

struct FieldView {
    FieldId field;
    std::int64_t row_id = 0;
    Section section = Section::problem;
    std::string label;
    std::string value;
    int display_order = 0;
    FieldType type = FieldType::string;
};

struct NoteView {
    NoteId id;
    CaseId case_id;
    std::string token;
    std::optional<CompanyId> company;  // none: system
    std::optional<std::string> company_name;
    std::optional<std::string> creator_email;
    std::string creator_name;
    std::string summary;
    std::string description;  // HTML
    Priority priority = Priority::medium;
    NoteType type = NoteType::user_public;
    bool outbound = false;  // written by the reader's company
    bool internal = false;  // never shown to the other side
    std::string topic;
    std::string correlation_id;  // of the reader's own notes only
    Instant created_at;
    Instant updated_at;
};

struct ResponseView {
    ResponseId id;
    ResponseType type = ResponseType::approval;
    CompanyId company;  // none: the gateway
    std::optional<std::string> case_number;
    std::optional<std::string> engineer_name;
    std::optional<std::string> engineer_email;
    std::optional<std::string> engineer_phone;
    std::optional<std::string> next_steps;
    std::optional<std::string> reason;
    std::optional<std::string> requested_information;
    Instant created_at;
};

struct CaseView {
    CaseId id;
    std::string token;
    CaseStatus status = CaseStatus::open;
    Side side = Side::submitter;  // the reader's
    Priority priority = Priority::medium;
    Severity severity = Severity::medium;
    CompanyId submit_company;
    std::string submit_company_name;
    CompanyId receive_company;
    std::string receive_company_name;
    std::string submitter_case_number;
    std::optional<std::string> receiver_case_number;
    std::string summary;
    std::optional<std::string> description;
    Instant created_at;
    Instant updated_at;
    bool responded = false;
    std::optional<Instant> respond_by;  // left out of the wire form when there is none
    bool feedback_requested = false;
    bool reminder_sent = false;
    bool test = false;
    std::string proactive;                               // reason code; empty: the case was asked for
    std::optional<std::string> priority_note;            // HTML
    std::optional<std::string> escalation_instructions;  // HTML
    std::vector<FieldView> fields;
    UserView submitted_by;
    std::optional<ContactDetails> submitter_contact;
    std::optional<ContactDetails> receiver_contact;
    std::vector<NoteView> notes;
    std::vector<ResponseView> responses;
    std::int64_t version = 0;  // of what this side sees
    // Of the own API, like version:
    Flow flow = Flow::open;
    std::string hold_reason;  // the submitter reads why its case waits or froze
    std::string hold_text;
    FormId form;
    AuthorizationId authorization;  // what it rests on, for the submitter
    std::string severity_name;      // the reader's own word for the severity
    std::int64_t gate_epoch = 0;
};

template <class T>
struct Page {
    std::vector<T> content;
    std::int64_t total = 0;
    std::int64_t size = 20;
    std::int64_t number = 0;
};

}  // namespace entente::protocol
