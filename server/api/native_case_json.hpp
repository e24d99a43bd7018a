#pragma once
// The own API's spelling of cases, answers and notes: one model for writing and reading. What the gateway sets itself is read-only:
// ignored when a case is opened, and in a change it must be as it was read.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/collaboration.hpp"
#include "protocol/connect/query.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/result.hpp"

namespace entente::api::native {

// --- cases ---
inline constexpr std::size_t topic_chars = 100;
inline constexpr std::size_t correlation_chars = 191;
inline constexpr std::int64_t page_max = 500;

std::string encode_case(const protocol::CaseView& view);
// The entity tag of what this view shows.
std::string case_tag(const protocol::CaseView& view);
protocol::Result<protocol::NewCase> decode_new_case(std::string_view body);

// A change by the submitter, or of its own data by the receiver.
using CaseEdit = std::variant<protocol::CaseChange, protocol::Approval>;
// JSON merge patch (RFC 7396) against what the caller was shown. Nothing: the patch changes nothing.
protocol::Result<std::optional<CaseEdit>> decode_case_patch(const protocol::CaseView& shown, std::string_view body);

protocol::Result<protocol::CaseQuery> decode_case_query(std::span<const protocol::connect::QueryItem> query);
std::string encode_case_list(const std::vector<protocol::CaseView>& cases, std::string_view list,
                             const std::optional<protocol::CaseQuery::Place>& next);

// --- answers: the formal steps ---
enum class AnswerKind : std::uint8_t { approve, reject, ask, reply, close, change };
struct ApprovalUpdate {
    protocol::Approval approval;
};
struct Closure {};
using Answer = std::variant<protocol::Approval, protocol::Rejection, protocol::InformationRequest, protocol::InformationResponse,
                            Closure, ApprovalUpdate>;
protocol::Result<Answer> decode_answer(std::string_view body);
std::string encode_answer(const protocol::ResponseView& view);
std::string encode_answers(const std::vector<protocol::ResponseView>& views);

// --- notes ---
protocol::Result<protocol::NewNote> decode_note(std::string_view body);
std::string encode_note(const protocol::NoteView& view);
struct NoteQuery {
    std::optional<bool> internal;
    std::optional<std::string> direction;  // outbound, inbound, system
    std::optional<std::string> topic;
    std::optional<std::string> correlation_id;
    std::optional<protocol::CaseQuery::Place> after;
    bool include_removed = false;  // what is left of notes whose content was removed
    std::int64_t limit = 100;
};
protocol::Result<NoteQuery> decode_note_query(std::span<const protocol::connect::QueryItem> query);
std::string encode_note_list(const std::vector<protocol::NoteView>& notes, const NoteQuery& query, std::string_view list);

// A refusal's pointers in the words of the own API: operations speak of members as the Connect contract does.
void use_own_pointers(protocol::Error& error);

}  // namespace entente::api::native
