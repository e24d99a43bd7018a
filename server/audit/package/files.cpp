#include "server/audit/package/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "protocol/result.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;
using protocol::Fault;

namespace {

// Longer than the longest entry, so that an entry can be looked at in place.
constexpr std::size_t buffer_size = 131'072;

class FileOnDisk final : public File {
  public:
    FileOnDisk(int descriptor, std::string path, std::uint64_t offset)
        : descriptor_(descriptor), path_(std::move(path)), offset_(static_cast<::off_t>(offset)) {}
    FileOnDisk(const FileOnDisk&) = delete;
    FileOnDisk& operator=(const FileOnDisk&) = delete;
    ~FileOnDisk() override { ::close(descriptor_); }

    std::size_t read(std::span<std::uint8_t> out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const auto got = ::pread(descriptor_, out.data() + done, out.size() - done, offset_);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw Fault(path_ + " cannot be read: " + std::strerror(errno));
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
            offset_ += got;
        }
        return done;
    }

  private:
    int descriptor_;
    std::string path_;
    ::off_t offset_;
};

class Folder final : public Files {
  public:
    explicit Folder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::unique_ptr<File> open(const std::string& path, std::uint64_t offset) const override {
        const std::string whole = (folder_ / path).string();
        // A pipe in the place of a file must not make its reader wait for somebody who writes.
        const int descriptor = ::open(whole.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) return nullptr;
        if (descriptor < 0) throw Fault(whole + " cannot be opened: " + std::strerror(errno));
        auto file = std::make_unique<FileOnDisk>(descriptor, whole, offset);
        struct stat facts{};
        if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) throw Fault(whole + " is no regular file");
        return file;
    }

    void each(const std::function<void(const std::string&)>& use) const override {
        try {
            for (const auto& found : std::filesystem::recursive_directory_iterator(folder_))
                if (!found.is_directory()) use(found.path().lexically_relative(folder_).generic_string());
        } catch (const std::filesystem::filesystem_error& fault) {
            throw Fault(folder_.string() + " cannot be read: " + fault.code().message());
        }
    }

  private:
    std::filesystem::path folder_;
};

class FileInMemory final : public File {
  public:
    explicit FileInMemory(Bytes rest) : rest_(rest) {}
    std::size_t read(std::span<std::uint8_t> out) override {
        const std::size_t size = std::min(out.size(), rest_.size());
        std::copy_n(rest_.begin(), size, out.begin());
        rest_ = rest_.subspan(size);
        return size;
    }

  private:
    Bytes rest_;
};

}  // namespace

std::unique_ptr<Files> open_folder(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) throw Fault(folder.string() + " is no folder");
    return std::make_unique<Folder>(folder);
}

std::unique_ptr<File> FilesInMemory::open(const std::string& path, std::uint64_t offset) const {
    const auto found = contents.find(path);
    if (found == contents.end()) return nullptr;
    const Bytes whole = found->second;
    return std::make_unique<FileInMemory>(whole.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, whole.size()))));
}

void FilesInMemory::each(const std::function<void(const std::string&)>& use) const {
    for (const auto& [path, content] : contents) use(path);
}

std::optional<Blob> read_whole(const Files& files, const std::string& path, std::size_t size_max) {
    const auto file = files.open(path);
    if (!file) return std::nullopt;
    Blob content;
    constexpr std::size_t step = 65'536;
    for (;;) {
        const std::size_t before = content.size();
        content.resize(before + step);
        const std::size_t got = file->read(std::span(content).subspan(before));
        content.resize(before + got);
        if (content.size() > size_max) content.resize(size_max + 1);
        if (got < step || content.size() > size_max) return content;
    }
}

void Stream::begin(std::unique_ptr<File> file) {
    file_ = std::move(file);
    buffer_.resize(buffer_size);
    begin_ = end_ = 0;
    drained_ = false;
}

// At least `wanted` bytes in one piece if there are so many; answers how many there are.
std::size_t Stream::fill(std::size_t wanted) {
    if (end_ - begin_ >= wanted || drained_) return end_ - begin_;
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
              buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    const std::span<std::uint8_t> room = std::span(buffer_).subspan(end_);
    const std::size_t got = file_->read(room);
    drained_ = got < room.size();
    end_ += got;
    return end_;
}

bool Stream::exact(std::span<std::uint8_t> out) {
    const auto bytes = view(out.size());
    if (!bytes) return false;
    std::ranges::copy(*bytes, out.begin());
    return true;
}

std::optional<Bytes> Stream::view(std::size_t size) {
    if (size > buffer_.size() || fill(size) < size) return std::nullopt;
    const Bytes bytes = Bytes(buffer_).subspan(begin_, size);
    begin_ += size;
    return bytes;
}

bool Stream::ended() {
    return fill(1) == 0;
}

bool Stream::pieces(std::uint64_t size, const std::function<void(Bytes)>& use) {
    while (size > 0) {
        const std::size_t there = fill(1);
        if (there == 0) return false;
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, there));
        use(Bytes(buffer_).subspan(begin_, piece));
        begin_ += piece;
        size -= piece;
    }
    return true;
}

}  // namespace entente::audit
