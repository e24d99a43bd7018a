#include "server/api/route.hpp"

#include <array>

namespace entente::api {

namespace {

std::string_view next_segment(std::string_view& path) {
    if (path.empty() || path.front() != '/') return {};
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

// Raw values of the parameters when the path fits the pattern.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& values) {
    values.clear();
    while (!pattern.empty()) {
        if (path.empty()) return false;
        const std::string_view wanted = next_segment(pattern);
        const std::string_view given = next_segment(path);
        if (given.empty()) return false;
        if (wanted.front() == '{') {
            values.push_back(given);
        } else if (wanted != given) {
            return false;
        }
    }
    return path.empty();
}

}  // namespace

Found find_route(Method method, std::string_view path) {
    Found found;
    if (method == Method::head) method = Method::get;
    std::vector<std::string_view> values;
    // A literal path wins over a variable one, so literal routes stand first in the tables.
    for (const auto routes : {connect_routes(), native_routes()}) {
        for (const Route& route : routes) {
            if (!fits(route.pattern, path, values)) continue;
            found.path_known = true;
            if (!found.allow.empty()) found.allow += ", ";
            found.allow += method_name(route.method);
            if (route.method != method || found.route != nullptr) continue;
            found.route = &route;
            for (const std::string_view value : values) {
                auto decoded = protocol::connect::decode_segment(value);
                if (!decoded) {
                    found.bad = std::move(decoded.error());
                    break;
                }
                found.path.push_back(std::move(*decoded));
                found.raw_values.emplace_back(value);
            }
        }
    }
    return found;
}

}  // namespace entente::api
