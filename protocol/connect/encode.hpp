#pragma once
// Answers of the Connect dialect: compact JSON in a fixed member order (that of the contract's examples). What section 19.2 calls
// never null is never null; `respondBy` is left out when there is no deadline; times are whole seconds UTC with Z.
//
// A view has passed the gate already: encoders print what they are given and decide nothing.

#include <span>
#include <string>
#include <string_view>

#include "protocol/collaboration.hpp"
#include "protocol/directory.hpp"

namespace entente::protocol {
class JsonWriter;
}

namespace entente::protocol::connect {

std::string encode_token(std::string_view token, int expires_s);
std::string encode_oauth_token(std::string_view token, int expires_s, std::string_view scope);
// RFC 6749 section 5.2: invalid_request, invalid_client, invalid_scope, unsupported_grant_type, ...
std::string encode_oauth_error(std::string_view code, std::string_view description);

std::string encode_me(const CompanyView& company, const UserView& user);
std::string encode_partners(std::span<const PartnerRow> rows);

// The form as a create request that waits to be filled in. With `injected_field` the gateway's own `Authorization reference` field
// is appended (the form must have an id for it).
std::string encode_form(const Form& form, Priority priority, bool injected_field);

std::string encode_case(const CaseView& view);
std::string encode_cases(std::span<const CaseView> views);
std::string encode_case_page(const Page<CaseView>& page);
std::string encode_note(const NoteView& view);
std::string encode_notes(std::span<const NoteView> views);

// Append-style, for answers that contain one of these among other members.
void write_case(JsonWriter& out, const CaseView& view);
void write_note(JsonWriter& out, const NoteView& view);
void write_response(JsonWriter& out, const ResponseView& view);

}  // namespace entente::protocol::connect
