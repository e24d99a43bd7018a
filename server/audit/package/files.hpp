#pragma once
// Where the files of an exported log come from: a folder, or a table in memory. Paths are relative, with slashes, as in
// c2sp.org/tlog-tiles. Errors: Fault when a file is there and cannot be read.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"

namespace entente::audit {

class File {
  public:
    virtual ~File() = default;
    // Fills as much of `out` as there is; less than asked for at the end only.
    virtual std::size_t read(std::span<std::uint8_t> out) = 0;
};

class Files {
  public:
    virtual ~Files() = default;
    // Nothing: there is no such file.
    virtual std::unique_ptr<File> open(const std::string& path, std::uint64_t offset = 0) const = 0;
    // Every file, in any order.
    virtual void each(const std::function<void(const std::string&)>& use) const = 0;
};

// A folder and everything in it. Symbolic links are not followed; what is no regular file cannot be read.
std::unique_ptr<Files> open_folder(const std::filesystem::path& folder);

class FilesInMemory final : public Files {
  public:
    std::unique_ptr<File> open(const std::string& path, std::uint64_t offset = 0) const override;
    void each(const std::function<void(const std::string&)>& use) const override;
    std::map<std::string, protocol::Blob> contents;
};

// The whole of a small file; nothing when it is missing. Of one that is longer than `size_max` the first `size_max` + 1 bytes, so
// that whoever judges it sees that it is too long and does not take it for missing.
std::optional<protocol::Blob> read_whole(const Files& files, const std::string& path, std::size_t size_max);

// Reads a file from the front in one bounded buffer. One stream can read file after file: its buffer is made once.
class Stream {
  public:
    Stream() = default;
    explicit Stream(std::unique_ptr<File> file) { begin(std::move(file)); }
    void begin(std::unique_ptr<File> file);   // from the front of this file on
    bool exact(std::span<std::uint8_t> out);  // false: it ended before
    bool ended();                             // nothing is left
    // Hands out the next `size` bytes piece by piece; false: it ended before.
    bool pieces(std::uint64_t size, const std::function<void(protocol::Bytes)>& use);
    // The next bytes in place, at most the buffer's size; the view dies with the next call. Empty: it ended before.
    std::optional<protocol::Bytes> view(std::size_t size);

  private:
    std::size_t fill(std::size_t wanted);

    std::unique_ptr<File> file_;
    protocol::Blob buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool drained_ = false;  // the file has nothing after the buffer
};

}  // namespace entente::audit
