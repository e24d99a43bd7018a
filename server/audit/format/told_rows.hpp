#pragma once
// What the log tells about rows that decide who may do what (audit and crypto reference, section 16.4): the core section of an
// entry rows.changed names their digests. And the listing of those rows with which an auditor replays it (entente audit rows):
//
//   entente-rows 1
//   origin <origin>
//   size <entries of the log that it is as of: the entry that told a row last, and all before it>
//   row <kind> <id> <index of the entry that told it last> <base64 of the row>
//   ...
//   end <number of rows>
//
// The digest of a row is SHA-256("gw-audit/v1/row/<kind>" || 00 || the row). Errors: rows_malformed, naming the line.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::audit {

// The entries that tell the digests of critical rows (store/critical_rows.hpp).
inline constexpr std::string_view rows_operation = "rows.changed";

struct RowName {
    std::string kind;
    std::int64_t id = 0;
    auto operator<=>(const RowName&) const = default;
};

// Nothing: the section does not say what such an entry says.
std::optional<std::map<RowName, protocol::Hash>> told_rows(std::string_view core);
// Whether it is the core section of such an entry.
bool tells_rows(std::string_view core);

protocol::Hash row_digest(std::string_view kind, std::string_view row);

struct ListedRow {
    std::int64_t index = 0;
    std::string row;
};
struct RowList {
    std::string origin;
    std::uint64_t size = 0;
    std::map<RowName, ListedRow> rows;
};
std::string format_rows(const RowList& list);
protocol::Result<RowList> parse_rows(std::string_view text);

}  // namespace entente::audit
