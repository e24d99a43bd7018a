#include "server/audit/format/tiles.hpp"

#include <utility>

#include "protocol/result.hpp"

namespace entente::audit {
namespace {

// How many hashes of tile level `level` a tree of this size has.
std::uint64_t hashes_at(unsigned level, std::uint64_t size) {
    return size >> (tile_levels * level);
}

constexpr unsigned level_end = 64 / tile_levels;

std::string grouped(std::uint64_t number) {
    std::string out;
    for (bool last = true; last || number > 0; last = false) {
        const std::string digits = std::to_string(number % 1000);
        out.insert(0, (last ? "" : "x") + std::string(3 - digits.size(), '0') + digits + (last ? "" : "/"));
        number /= 1000;
    }
    return out;
}

std::string path(const std::string& folder, std::uint64_t number, unsigned width) {
    const std::string partial = width == tile_width ? "" : ".p/" + std::to_string(width);
    return folder + "/" + grouped(number) + partial;
}

}  // namespace

std::vector<TileId> completed_tiles(std::uint64_t from, std::uint64_t to) {
    std::vector<TileId> tiles;
    for (unsigned level = 0; level < level_end; ++level) {
        const std::uint64_t end = hashes_at(level, to) / tile_width;
        for (std::uint64_t number = hashes_at(level, from) / tile_width; number < end; ++number) tiles.push_back({level, number});
    }
    return tiles;
}

std::vector<TileId> partial_tiles(std::uint64_t size) {
    std::vector<TileId> tiles;
    for (unsigned level = 0; level < level_end; ++level) {
        const std::uint64_t hashes = hashes_at(level, size);
        if (hashes % tile_width != 0) tiles.push_back({level, hashes / tile_width, static_cast<unsigned>(hashes % tile_width)});
    }
    return tiles;
}

std::string tile_path(const TileId& tile) {
    return path("tile/" + std::to_string(tile.level), tile.number, tile.width);
}

std::string entries_path(std::uint64_t number, unsigned width) {
    return path("tile/entries", number, width);
}

std::string sealed_path(std::uint64_t number, unsigned width) {
    return path("sealed", number, width);
}

NodeSource nodes_in_tiles(TileSource tile) {
    return [tile = std::move(tile)](unsigned level, std::uint64_t index) {
        const unsigned inside = level % tile_levels;
        const std::uint64_t first = index << inside;  // among the hashes of the tile's level
        const std::size_t offset = first % tile_width;
        const std::size_t count = std::size_t{1} << inside;
        const std::vector<Hash> hashes = tile(level / tile_levels, first / tile_width);
        if (hashes.size() < offset + count) {
            throw protocol::Fault("tile " + tile_path({level / tile_levels, first / tile_width}) + " is shorter than the log");
        }
        return root_of(std::span(hashes).subspan(offset, count));
    };
}

}  // namespace entente::audit
