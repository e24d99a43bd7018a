#include "server/api/conditional.hpp"

#include <algorithm>

namespace entente::api {

namespace {

// Does the list of entity tags name this one? Our tags hold no comma, so the list is cut at commas.
bool names(std::string_view list, std::string_view tag, bool weak_too) {
    while (!list.empty()) {
        std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
        if (item == "*") return true;
        if (weak_too && item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag) return true;
    }
    return false;
}

}  // namespace

protocol::Result<void> may_change(const Call& call, std::string_view current, Condition condition) {
    const auto header = call.request->header("If-Match");
    if (!header) {
        if (condition == Condition::optional) return {};
        return protocol::fail(protocol::ErrorKind::unconditional, "if_match_needed",
                              "this change needs the header If-Match with the ETag of what you read",
                              "read it again, then send its ETag in If-Match");
    }
    if (names(*header, current, false)) return {};
    return protocol::fail(protocol::ErrorKind::changed_since, "changed_since", "somebody changed this since you read it",
                          "read it again, look at what changed, then send the new ETag in If-Match");
}

bool already_has(const Call& call, std::string_view current) {
    const auto header = call.request->header("If-None-Match");
    return header && names(*header, current, true);
}

}  // namespace entente::api
