#include "protocol/collaboration.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<CaseStatus, 5> status_names{{
    {CaseStatus::open, "OPEN"},
    {CaseStatus::information, "INFORMATION"},
    {CaseStatus::accepted, "ACCEPTED"},
    {CaseStatus::rejected, "REJECTED"},
    {CaseStatus::closed, "CLOSED"},
}};

constexpr NameTable<Flow, 4> flow_names{{
    {Flow::held, "held"},
    {Flow::open, "open"},
    {Flow::frozen, "frozen"},
    {Flow::ended, "ended"},
}};

constexpr NameTable<Side, 2> side_names{{
    {Side::submitter, "submitter"},
    {Side::receiver, "receiver"},
}};

constexpr NameTable<Priority, 3> priority_names{{
    {Priority::low, "LOW"},
    {Priority::medium, "MEDIUM"},
    {Priority::high, "HIGH"},
}};

constexpr NameTable<ResponseType, 6> response_type_names{{
    {ResponseType::approval, "APPROVAL"},
    {ResponseType::rejection, "REJECTION"},
    {ResponseType::information_request, "INFORMATION_REQUEST"},
    {ResponseType::information_response, "INFORMATION_RESPONSE"},
    {ResponseType::closure, "CLOSURE"},
    {ResponseType::update_approval, "UPDATE_APPROVAL"},
}};

constexpr NameTable<NoteType, 3> note_type_names{{
    {NoteType::user_public, "USER_PUBLIC"},
    {NoteType::user_partner, "USER_PARTNER"},
    {NoteType::system, "SYSTEM"},
}};

}  // namespace

std::string_view name(CaseStatus status) {
    return name_in(status_names, status);
}
std::optional<CaseStatus> parse_case_status(std::string_view text) {
    return find_any_case(status_names, text);
}
std::string_view name(Flow flow) {
    return name_in(flow_names, flow);
}
std::optional<Flow> parse_flow(std::string_view text) {
    return find_exact(flow_names, text);
}
std::string_view name(Side side) {
    return name_in(side_names, side);
}
std::optional<Side> parse_side(std::string_view text) {
    return find_exact(side_names, text);
}
std::string_view name(Priority priority) {
    return name_in(priority_names, priority);
}
std::optional<Priority> parse_priority(std::string_view text) {
    return find_any_case(priority_names, text);
}
std::string_view name(ResponseType type) {
    return name_in(response_type_names, type);
}
std::string_view name(NoteType type) {
    return name_in(note_type_names, type);
}
std::optional<NoteType> parse_note_type(std::string_view text) {
    return find_any_case(note_type_names, text);
}

}  // namespace entente::protocol
