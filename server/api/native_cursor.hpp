#pragma once
// Cursors of lists: opaque to the caller. A cursor holds a place in an order, the order and a digest of the filters, so that it
// fits only the list that it came from. It grants nothing: what it points at is scoped by the statement like everything else.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/collaboration.hpp"
#include "protocol/connect/query.hpp"

namespace entente::api::native {

std::string encode_cursor(const protocol::CaseQuery::Place& place, std::string_view list);
// `list` names the list and its filters; nothing for a cursor of another list, or none at all.
std::optional<protocol::CaseQuery::Place> decode_cursor(std::string_view cursor, std::string_view list);

// The parameters that make a list what it is: all but the cursor and the size of a page, sorted.
std::string list_of(std::string_view name, std::span<const protocol::connect::QueryItem> query);

}  // namespace entente::api::native
