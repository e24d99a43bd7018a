// A wall clock that a test moves, for a gateway that runs: loaded before libc (LD_PRELOAD), it adds the nanoseconds that the file
// named by ENTENTE_CLOCK_SHIM holds (eight bytes, this machine's order) to every reading of the time of day. Clocks that measure
// durations are left alone. The gateway itself knows nothing of it.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

const std::atomic<std::int64_t>* open_offset() {
    const char* const path = std::getenv("ENTENTE_CLOCK_SHIM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (path == nullptr) return nullptr;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* const at = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return at == MAP_FAILED ? nullptr : static_cast<const std::atomic<std::int64_t>*>(at);
}

std::int64_t offset_ns() {
    static const std::atomic<std::int64_t>* const offset = open_offset();
    return offset == nullptr ? 0 : offset->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
    static const auto below = reinterpret_cast<int (*)(clockid_t, timespec*)>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int done = below(clock, time);
    if (done != 0 || clock != CLOCK_REALTIME) return done;
    const std::int64_t moved = time->tv_nsec + offset_ns();
    time->tv_sec += moved / second_ns;
    time->tv_nsec = moved % second_ns;
    return done;
}
