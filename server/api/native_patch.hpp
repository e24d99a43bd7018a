#pragma once
// JSON merge patch (RFC 7396) and what it changed.

#include <string>
#include <string_view>
#include <vector>

#include "protocol/reader.hpp"

namespace entente::api::native {

struct Patched {
    protocol::ParsedJson document;     // after the patch
    std::vector<std::string> changed;  // JSON pointers of the values that differ; an array counts as one value
};
// `current` is JSON of our own making. `malformed` when the patch is no JSON object.
protocol::Result<Patched> merge_patch(std::string_view current, std::string_view patch);

}  // namespace entente::api::native
