#include "server/tools/zip.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace entente::tools {
namespace {

constexpr auto crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : bytes) crc = crc_table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

class Bytes {
  public:
    Bytes& u16(std::uint32_t value) { return put(value, 2); }
    Bytes& u32(std::uint32_t value) { return put(value, 4); }
    Bytes& text(std::string_view bytes) {
        out += bytes;
        return *this;
    }
    std::string out;

  private:
    Bytes& put(std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
        return *this;
    }
};

constexpr std::uint32_t version = 20;  // what it takes to read it: 2.0
constexpr std::uint32_t utf8_names = 1U << 11;
constexpr std::uint32_t first_day = 0x0021;  // 1980-01-01, the earliest that the format knows

// From "version needed" to "extra field length": the same in the local header and in the directory.
void common(Bytes& to, const NamedText& file, std::uint32_t crc) {
    const auto size = static_cast<std::uint32_t>(file.second.size());
    to.u16(version).u16(utf8_names).u16(0).u16(0).u16(first_day).u32(crc).u32(size).u32(size);
    to.u16(static_cast<std::uint32_t>(file.first.size())).u16(0);
}

}  // namespace

std::string zip_archive(const std::vector<NamedText>& files) {
    Bytes archive;
    Bytes directory;
    for (const NamedText& file : files) {
        const auto offset = static_cast<std::uint32_t>(archive.out.size());
        const std::uint32_t crc = crc32(file.second);
        archive.u32(0x04034b50);
        common(archive, file, crc);
        archive.text(file.first).text(file.second);
        directory.u32(0x02014b50).u16(version);
        common(directory, file, crc);
        directory.u16(0).u16(0).u16(0).u32(0).u32(offset).text(file.first);
    }
    const auto start = static_cast<std::uint32_t>(archive.out.size());
    const auto count = static_cast<std::uint32_t>(files.size());
    archive.text(directory.out).u32(0x06054b50).u16(0).u16(0).u16(count).u16(count);
    archive.u32(static_cast<std::uint32_t>(directory.out.size())).u32(start).u16(0);
    return std::move(archive.out);
}

}  // namespace entente::tools
