#include "server/api/message.hpp"

#include <algorithm>

namespace entente::api {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (const Header& header : headers)
        if (same(header.name, name)) return header.value;
    return std::nullopt;
}

}  // namespace entente::api
