#pragma once
// What the gateway and its archive worker say to each other over two pipes.
//
// Unpacking: the archive goes in as it is; frames come out. Packing: frames go in; the archive comes out as it is. A frame is a
// kind (one byte), a length (four bytes, little endian) and so many bytes. Nothing that the worker says is trusted: it read an
// archive of a stranger. Standard library alone; the worker links nothing else of the project.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::archive {

enum class Frame : char {
    shape = 'A',   // format and compression, once, before the first member
    member = 'M',  // an entry
    data = 'D',    // of the member
    end = 'E',     // of the member
    whole = 'Z',   // of the archive: everything was read without an error
    error = 'X'    // a code: damaged, encrypted, too_deep, unsupported
};

inline constexpr std::size_t frame_bytes_max = 256 * 1024;
inline constexpr std::size_t frame_head = 5;

inline std::string frame(Frame kind, std::string_view content) {
    std::string out(1, static_cast<char>(kind));
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>((content.size() >> shift) & 0xff);
    out += content;
    return out;
}

// Takes the first whole frame from the front of `bytes`. Nothing: more is needed, or `broken` says that it never will be one.
struct Taken {
    Frame kind{};
    std::string_view content;
};
inline std::optional<Taken> take_frame(std::string_view bytes, bool& broken) {
    broken = false;
    if (bytes.size() < frame_head) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[1 + i])) << (8 * i);
    broken = size > frame_bytes_max || std::string_view("AMDEZX").find(bytes.front()) == std::string_view::npos;
    if (broken || bytes.size() < frame_head + size) return std::nullopt;
    return Taken{static_cast<Frame>(bytes.front()), bytes.substr(frame_head, size)};
}

enum class Format : char { tar = 't', zip = 'z', single = 's' };  // single: one compressed file, no archive
enum class Compression : char { none = '0', gzip = 'g', xz = 'x', zstd = 'z' };
struct Shape {
    Format format = Format::tar;
    Compression compression = Compression::none;
};
inline std::string shape_text(Shape shape) {
    return {static_cast<char>(shape.format), static_cast<char>(shape.compression)};
}
inline std::optional<Shape> parse_shape(std::string_view text) {
    if (text.size() != 2 || std::string_view("tzs").find(text[0]) == std::string_view::npos ||
        std::string_view("0gxz").find(text[1]) == std::string_view::npos)
        return std::nullopt;
    return Shape{static_cast<Format>(text[0]), static_cast<Compression>(text[1])};
}

enum class MemberKind : char { file = 'f', folder = 'd', link = 'l', other = 'o' };
struct Member {
    MemberKind kind = MemberKind::file;
    bool encrypted = false;
    std::int64_t size = -1;  // when packing: of the data that follows
    std::int64_t modified = 0;
    bool executable = false;
    std::string name;
};
// kind, flags, size, time, name.
inline std::string member_text(const Member& member) {
    std::string out{static_cast<char>(member.kind), static_cast<char>((member.encrypted ? 1 : 0) | (member.executable ? 2 : 0))};
    for (const std::int64_t number : {member.size, member.modified})
        for (unsigned shift = 0; shift < 64; shift += 8)
            out += static_cast<char>((static_cast<std::uint64_t>(number) >> shift) & 0xff);
    return out + member.name;
}
inline std::optional<Member> parse_member(std::string_view text) {
    if (text.size() < 18 || std::string_view("fdlo").find(text[0]) == std::string_view::npos) return std::nullopt;
    const auto number = [&](std::size_t at) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 8; ++i) bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
        return static_cast<std::int64_t>(bits);
    };
    Member member;
    member.kind = static_cast<MemberKind>(text[0]);
    member.encrypted = (text[1] & 1) != 0;
    member.executable = (text[1] & 2) != 0;
    member.size = number(2);
    member.modified = number(10);
    member.name = text.substr(18);
    return member;
}

}  // namespace entente::archive
