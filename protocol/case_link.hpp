#pragma once
// How cases belong together. Each kind has a reverse, which is what the other case shows.

#include <cstdint>
#include <optional>
#include <string_view>

namespace entente::protocol {

enum class LinkKind : std::uint8_t { duplicate_of, duplicated_by, child_of, parent_of, depends_on, needed_by };
std::string_view name(LinkKind kind);
std::optional<LinkKind> parse_link_kind(std::string_view text);
LinkKind reverse(LinkKind kind);

}  // namespace entente::protocol
