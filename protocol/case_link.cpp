#include "protocol/case_link.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<LinkKind, 6> link_names{{
    {LinkKind::duplicate_of, "duplicate_of"},
    {LinkKind::duplicated_by, "duplicated_by"},
    {LinkKind::child_of, "child_of"},
    {LinkKind::parent_of, "parent_of"},
    {LinkKind::depends_on, "depends_on"},
    {LinkKind::needed_by, "needed_by"},
}};

}  // namespace

std::string_view name(LinkKind kind) {
    return name_in(link_names, kind);
}
std::optional<LinkKind> parse_link_kind(std::string_view text) {
    return find_exact(link_names, text);
}

LinkKind reverse(LinkKind kind) {
    switch (kind) {
        case LinkKind::duplicate_of:
            return LinkKind::duplicated_by;
        case LinkKind::duplicated_by:
            return LinkKind::duplicate_of;
        case LinkKind::child_of:
            return LinkKind::parent_of;
        case LinkKind::parent_of:
            return LinkKind::child_of;
        case LinkKind::depends_on:
            return LinkKind::needed_by;
        case LinkKind::needed_by:
            break;
    }
    return LinkKind::depends_on;
}

}  // namespace entente::protocol
