#pragma once
// Requests of the Connect dialect (contract sections 3, 8, 9, 12, 13): bytes to plain values. Every violation is collected with its
// JSON pointer; for query strings the pointer is the parameter's name.
//
// Tolerated as the contract demands: unknown members, null for absent, documentId and fieldId as numeric text, definitions of
// fields that come back (only fieldId and value count), empty values, a missing internalNotes or testSubmission, letters of
// enumerations in any case, `+` as a blank in query strings. Whether a mail address is on the right domain is for operations to
// judge.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/collaboration.hpp"
#include "protocol/connect/query.hpp"
#include "protocol/result.hpp"

namespace entente::protocol::connect {

// Input limits in characters. Those marked "contract" are stated there (section 18), the others are ours where the contract is
// silent.
namespace limit {
inline constexpr std::size_t username = 191;
inline constexpr std::size_t password = 1'024;
inline constexpr std::size_t case_number = 191;     // Dynamics itself stops at 100
inline constexpr std::size_t summary = 500;         // Dynamics itself stops at 300
inline constexpr std::size_t description = 65'535;  // log excerpts are pasted here
inline constexpr std::size_t field_count = 200;
inline constexpr std::size_t field_value = 5'000;
inline constexpr std::size_t internal_note_count = 100;
inline constexpr std::size_t internal_note = 5'000;
inline constexpr std::size_t person_name = 191;  // contract
inline constexpr std::size_t mail = 191;         // contract
inline constexpr std::size_t phone = 50;         // contract
inline constexpr std::size_t next_steps = 5'000;
inline constexpr std::size_t reason = 2'000;            // contract
inline constexpr std::size_t information = 5'000;       // contract
inline constexpr std::size_t note_summary = 500;        // contract
inline constexpr std::size_t note_description = 5'000;  // contract
inline constexpr std::size_t search_term = 100;         // contract
inline constexpr std::size_t sentence = 500;            // contract
inline constexpr std::size_t partner_rows = 50;         // contract
inline constexpr std::size_t page_size = 1'000;         // larger requests are answered with pages of this size
}  // namespace limit

struct Login {
    std::string username;
    std::string password;
};
Result<Login> decode_login(std::string_view body);

Result<NewCase> decode_new_case(std::string_view body);
Result<CaseChange> decode_case_change(std::string_view body);
Result<Approval> decode_approval(std::string_view body);
Result<Rejection> decode_rejection(std::string_view body);
Result<InformationRequest> decode_information_request(std::string_view body);
Result<InformationResponse> decode_information_response(std::string_view body);
Result<void> decode_closure(std::string_view body);  // missing, blank, null, "" or any object
Result<NewNote> decode_new_note(std::string_view body);

enum class ListKind { v1, v2_plain, v2_paged };
Result<CaseFilter> decode_case_filter(std::span<const QueryItem> query, ListKind kind);

Result<NoteFilter> decode_note_filter(std::span<const QueryItem> query);

// GET T: includeRemovedNotes.
Result<bool> decode_include_removed_notes(std::span<const QueryItem> query);

// The keyword of a partner search: decoded, trimmed, 1 to 100 characters.
Result<std::string> decode_search_term(std::string_view segment);

// GET /v1/partners/search: a sentence and how many rows at most.
struct PartnerSentence {
    std::string query;
    std::size_t limit = 10;
};
Result<PartnerSentence> decode_partner_sentence(std::span<const QueryItem> query);

// A numeric id in a path: digits, 1 to 2^31-1; nothing for anything else (the answer is then not found).
std::optional<std::int64_t> decode_id(std::string_view segment);

}  // namespace entente::protocol::connect
