// A disk that misbehaves on request, for a gateway that runs: loaded before libc (LD_PRELOAD), it looks at the folder named by
// ENTENTE_DISK_SHIM whenever the database or its write-ahead log is read, written or synced. A file `full` there means no space is
// left, a file `stuck` that the disk does not answer a write until the file is gone, a file `unreadable` that reads fail. The
// gateway itself knows nothing of it.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

bool of_the_store(int file) {
    std::array<char, 64> link{};
    std::array<char, 4096> path{};
    // No snprintf: this runs in the middle of anything.
    std::array<char, 12> digits{};
    std::size_t at = digits.size() - 1;
    do digits.at(--at) = static_cast<char>('0' + file % 10);
    while ((file /= 10) > 0);
    std::strcpy(link.data(), "/proc/self/fd/");
    std::strcat(link.data(), digits.data() + at);
    const ssize_t size = ::readlink(link.data(), path.data(), path.size());
    const std::string_view name(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return name.ends_with(".db") || name.ends_with(".db-wal");
}

bool asked_for(const char* what) {
    const char* const folder = std::getenv("ENTENTE_DISK_SHIM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (folder == nullptr || std::strlen(folder) > 3'000) return false;
    std::array<char, 4096> path{};
    std::strcpy(path.data(), folder);
    std::strcat(path.data(), what);
    return ::access(path.data(), F_OK) == 0;
}

void wait_while_stuck(int file) {
    if (!asked_for("/stuck") || !of_the_store(file)) return;
    const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    while (asked_for("/stuck")) ::nanosleep(&moment, nullptr);
}

bool no_space(int file) {
    if (!asked_for("/full") || !of_the_store(file)) return false;
    errno = ENOSPC;
    return true;
}

bool unreadable(int file) {
    if (!asked_for("/unreadable") || !of_the_store(file)) return false;
    errno = EIO;
    return true;
}

template <class Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
    static const auto below = real<ssize_t (*)(int, const void*, size_t)>("write");
    if (no_space(file)) return -1;
    wait_while_stuck(file);
    return below(file, bytes, size);
}

ssize_t read(int file, void* bytes, size_t size) {
    static const auto below = real<ssize_t (*)(int, void*, size_t)>("read");
    return unreadable(file) ? -1 : below(file, bytes, size);
}

ssize_t pread(int file, void* bytes, size_t size, off_t at) {
    static const auto below = real<ssize_t (*)(int, void*, size_t, off_t)>("pread");
    return unreadable(file) ? -1 : below(file, bytes, size, at);
}

ssize_t pread64(int file, void* bytes, size_t size, off64_t at) {
    static const auto below = real<ssize_t (*)(int, void*, size_t, off64_t)>("pread64");
    return unreadable(file) ? -1 : below(file, bytes, size, at);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    static const auto below = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    if (no_space(file)) return -1;
    wait_while_stuck(file);
    return below(file, bytes, size, at);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    static const auto below = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
    if (no_space(file)) return -1;
    wait_while_stuck(file);
    return below(file, bytes, size, at);
}

int fdatasync(int file) {
    static const auto below = real<int (*)(int)>("fdatasync");
    wait_while_stuck(file);
    return below(file);
}

int fsync(int file) {
    static const auto below = real<int (*)(int)>("fsync");
    wait_while_stuck(file);
    return below(file);
}
}
