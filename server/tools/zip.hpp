#pragma once
// Files gathered into one ZIP archive (APPNOTE 6.3, entries stored as they are), because every system opens one with a double
// click. No times, no attributes of this machine: the same files give the same bytes. Names are UTF-8; together below 4 GiB.

#include <string>
#include <utility>
#include <vector>

namespace entente::tools {

using NamedText = std::pair<std::string, std::string>;  // name, content
std::string zip_archive(const std::vector<NamedText>& files);

}  // namespace entente::tools
