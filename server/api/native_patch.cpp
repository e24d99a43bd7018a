#include "server/api/native_patch.hpp"

#include <boost/json.hpp>

namespace entente::api::native {

namespace json = boost::json;

namespace {

// null takes a member away; here a member that may be null becomes null, since every member is always there.
void merge(json::object& target, const json::object& patch) {
    for (const auto& [name, value] : patch) {
        json::value& place = target[name];
        if (!value.is_object()) {
            place = value;
            continue;
        }
        if (!place.is_object()) place = json::object();
        merge(place.get_object(), value.get_object());
    }
}

std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

void compare(const json::value& before, const json::value& after, const std::string& pointer, std::vector<std::string>& changed) {
    if (before == after) return;
    if (!before.is_object() || !after.is_object()) {
        changed.push_back(pointer);
        return;
    }
    for (const auto& [name, value] : after.get_object()) {
        const auto* earlier = before.get_object().if_contains(name);
        compare(earlier != nullptr ? *earlier : json::value(), value, pointer + '/' + escaped(name), changed);
    }
}

}  // namespace

protocol::Result<Patched> merge_patch(std::string_view current, std::string_view patch) {
    const auto given = protocol::parse_json(patch);
    if (!given) return std::unexpected(given.error());
    if (!given->value().is_object()) return std::unexpected(protocol::invalid_members({{"", "wrong_type", "must be an object"}}));
    const json::value before = json::parse(current);
    auto after = std::make_shared<json::value>(before);
    merge(after->get_object(), given->value().get_object());
    Patched patched{protocol::ParsedJson(after), {}};
    compare(before, *after, "", patched.changed);
    return patched;
}

}  // namespace entente::api::native
