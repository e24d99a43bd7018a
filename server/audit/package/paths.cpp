#include "server/audit/package/paths.hpp"

#include "server/audit/format/decimal.hpp"
#include "server/audit/format/tiles.hpp"

namespace entente::audit::package {
namespace {

constexpr std::string_view extensions[] = {".json", ".salt", ".age"};

std::optional<std::uint64_t> number_between(std::string_view path, std::string_view before, std::string_view after) {
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
    path.remove_prefix(before.size());
    path.remove_suffix(after.size());
    return plain_decimal(path);
}

// The number that the last groups of a tile's path spell: x001/x234/067 or 067, with or without .p/W.
std::optional<std::uint64_t> tile_number(std::string_view groups) {
    if (const auto partial = groups.find(".p/"); partial != std::string_view::npos) groups = groups.substr(0, partial);
    std::uint64_t number = 0;
    constexpr std::size_t groups_max = 6;
    for (std::size_t i = 0; i < groups_max && !groups.empty(); ++i) {
        const auto end = groups.find('/');
        std::string_view group = groups.substr(0, end);
        if (end != std::string_view::npos) {
            if (!group.starts_with('x')) return std::nullopt;
            group.remove_prefix(1);
        }
        if (group.size() != 3) return std::nullopt;
        for (const char c : group) {
            if (c < '0' || c > '9') return std::nullopt;
            number = number * 10 + static_cast<std::uint64_t>(c - '0');
        }
        if (end == std::string_view::npos) return number;
        groups.remove_prefix(end + 1);
    }
    return std::nullopt;
}

// How many of a tile's or bundle's 256 places a tree of this size fills; 0: the tile is not there.
unsigned width_at(unsigned level, std::uint64_t number, std::uint64_t size) {
    const std::uint64_t hashes = size >> (tile_levels * level);
    if (number >= (hashes + tile_width - 1) / tile_width) return 0;
    const std::uint64_t rest = hashes - number * tile_width;
    return rest < tile_width ? static_cast<unsigned>(rest) : tile_width;
}

}  // namespace

std::string erased_list(std::uint64_t index) {
    return "erased/" + std::to_string(index) + ".list";
}

std::string receipt(std::uint64_t index) {
    return "receipts/" + std::to_string(index) + ".tlog-proof";
}

std::string handover(std::uint64_t size) {
    return "handover/" + std::to_string(size);
}

std::string sealed_of(std::uint64_t index) {
    return "sealed-of/" + std::to_string(index);
}

std::string opened(std::uint64_t index, std::uint8_t tag, Opened part) {
    return "opened/" + std::to_string(index) + "." + std::to_string(tag) + std::string(extensions[static_cast<std::size_t>(part)]);
}

std::optional<std::uint64_t> erased_list_index(std::string_view path) {
    return number_between(path, "erased/", ".list");
}

std::optional<std::uint64_t> receipt_index(std::string_view path) {
    return number_between(path, "receipts/", ".tlog-proof");
}

std::optional<std::uint64_t> handover_size(std::string_view path) {
    return number_between(path, "handover/", "");
}

std::optional<std::uint64_t> sealed_of_index(std::string_view path) {
    return number_between(path, "sealed-of/", "");
}

std::optional<OpenedName> opened_name(std::string_view path) {
    for (const Opened part : {Opened::text, Opened::salt, Opened::sealed}) {
        const std::string_view extension = extensions[static_cast<std::size_t>(part)];
        const auto dot = path.find('.');
        if (!path.starts_with("opened/") || dot == std::string_view::npos || !path.ends_with(extension)) continue;
        const auto index = plain_decimal(path.substr(7, dot - 7));
        const auto tag = number_between(path, path.substr(0, dot + 1), extension);
        if (index && tag && *tag > 0 && *tag < 256) return OpenedName{*index, static_cast<std::uint8_t>(*tag), part};
    }
    return std::nullopt;
}

bool belongs(std::string_view path, std::uint64_t size) {
    if (path == checkpoint || path == policy || path == about || path == sums) return true;
    if (const auto index = erased_list_index(path)) return *index < size;
    if (const auto at = handover_size(path)) return *at <= size;
    if (const auto name = opened_name(path)) return name->index < size;
    std::string_view groups;
    unsigned level = 0;
    const bool entries = path.starts_with("tile/entries/");
    if (entries) {
        groups = path.substr(13);
    } else if (path.starts_with("sealed/")) {
        groups = path.substr(7);
    } else if (path.starts_with("tile/") && path.size() > 7 && path[5] >= '0' && path[5] <= '7' && path[6] == '/') {
        level = static_cast<unsigned>(path[5] - '0');
        groups = path.substr(7);
    } else {
        return false;
    }
    const auto number = tile_number(groups);
    const unsigned width = number ? width_at(level, *number, size) : 0;
    if (width == 0) return false;
    if (entries) return path == entries_path(*number, width);
    if (path.starts_with("sealed/")) return path == sealed_path(*number, width);
    return path == tile_path({level, *number, width});
}

}  // namespace entente::audit::package
