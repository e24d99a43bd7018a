#include "server/store/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "protocol/result.hpp"

namespace entente::store {

using protocol::Fault;

namespace {

constexpr const char* lock_name = "gateway.lock";

std::string octal(mode_t mode) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
    return text.data();
}

std::string reason() {
    return std::strerror(errno);
}

void refuse_open_to_others(const std::filesystem::path& path, const struct stat& facts, const char* wanted) {
    if ((facts.st_mode & 077) == 0) return;
    throw Fault(path.string() + " is open to other users (mode " + octal(facts.st_mode) + "); run: chmod " + wanted + " " +
                path.string());
}

}  // namespace

DataFolder::DataFolder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw Fault("cannot create the data folder " + folder.string() + ": " + reason());
    struct stat facts{};
    if (::stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
        throw Fault("the data folder " + folder.string() + " is not a folder");
    refuse_open_to_others(folder, facts, "0700");

    const auto path = folder / lock_name;
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) throw Fault("cannot open " + path.string() + ": " + reason());
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const auto size = ::pread(lock_, owner.data(), owner.size() - 1, 0);
        ::close(lock_);
        const std::string number(owner.data(), size > 0 ? std::strcspn(owner.data(), "\n") : 0);
        throw Fault("the data folder " + folder.string() + " is in use by process " + (number.empty() ? "unknown" : number));
    }
    const std::string number = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) {
        const std::string why = reason();
        ::close(lock_);
        throw Fault("cannot write " + path.string() + ": " + why);
    }
}

DataFolder::~DataFolder() {
    ::close(lock_);
}

bool DataFolder::in_use(const std::filesystem::path& folder) {
    const int lock = ::open((folder / lock_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_SH | LOCK_NB) != 0;
    ::close(lock);
    return held;
}

void DataFolder::prepare_file(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) throw Fault("cannot open the data file " + file.string() + ": " + reason());
    struct stat facts{};
    std::array<char, 16> header{};
    const bool known = ::fstat(descriptor, &facts) == 0;
    const auto size = ::pread(descriptor, header.data(), header.size(), 0);
    ::close(descriptor);
    if (!known || !S_ISREG(facts.st_mode)) throw Fault("the data file " + file.string() + " is not a regular file");
    refuse_open_to_others(file, facts, "0600");
    if (size > 0 && std::string_view(header.data(), static_cast<std::size_t>(size)).starts_with("SQLite format 3")) {
        throw Fault("the data file " + file.string() + " is not encrypted");
    }
}

}  // namespace entente::store
