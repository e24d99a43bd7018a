#include "tests/crash/shim_vfs.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace entente::crash {
namespace {

std::atomic<FileListener*> listener{nullptr};
sqlite3_vfs* machine = nullptr;

// What SQLite sees; the machine's own file lies behind it.
struct ShimFile {
    sqlite3_file base{};
    std::string name;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::uint8_t*>(this) + sizeof(ShimFile)); }
};
static_assert(sizeof(ShimFile) % 8 == 0);

ShimFile& of(sqlite3_file* file) {
    return *reinterpret_cast<ShimFile*>(file);
}
const sqlite3_io_methods& real_methods(sqlite3_file* file) {
    return *of(file).real()->pMethods;
}

template <class Do>
int told(const FileEvent& event, Do action) {
    FileListener* const to = listener.load();
    if (to == nullptr) return action();
    if (const int refused = to->before(event); refused != SQLITE_OK) return refused;
    const int code = action();
    if (code == SQLITE_OK) to->after(event);
    return code;
}

std::string_view name_of(const char* path) {
    const std::string_view whole = path == nullptr ? "" : path;
    return whole.substr(whole.rfind('/') + 1);
}

const sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose =
        [](sqlite3_file* file) {
            const int code = real_methods(file).xClose(of(file).real());
            of(file).~ShimFile();
            return code;
        },
    .xRead =
        [](sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
            return told({.op = FileOp::read, .file = of(file).name, .offset = static_cast<std::uint64_t>(at)},
                        [&] { return real_methods(file).xRead(of(file).real(), out, size, at); });
        },
    .xWrite =
        [](sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
            return told({.op = FileOp::write,
                         .file = of(file).name,
                         .offset = static_cast<std::uint64_t>(at),
                         .bytes = {static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)}},
                        [&] { return real_methods(file).xWrite(of(file).real(), bytes, size, at); });
        },
    .xTruncate =
        [](sqlite3_file* file, sqlite3_int64 size) {
            return told({.op = FileOp::truncate, .file = of(file).name, .offset = static_cast<std::uint64_t>(size)},
                        [&] { return real_methods(file).xTruncate(of(file).real(), size); });
        },
    .xSync =
        [](sqlite3_file* file, int flags) {
            return told({.op = FileOp::sync, .file = of(file).name},
                        [&] { return real_methods(file).xSync(of(file).real(), flags); });
        },
    .xFileSize = [](sqlite3_file* file, sqlite3_int64* size) { return real_methods(file).xFileSize(of(file).real(), size); },
    .xLock = [](sqlite3_file* file, int kind) { return real_methods(file).xLock(of(file).real(), kind); },
    .xUnlock = [](sqlite3_file* file, int kind) { return real_methods(file).xUnlock(of(file).real(), kind); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* held) { return real_methods(file).xCheckReservedLock(of(file).real(), held); },
    .xFileControl = [](sqlite3_file* file, int what,
                       void* with) { return real_methods(file).xFileControl(of(file).real(), what, with); },
    .xSectorSize = [](sqlite3_file* file) { return real_methods(file).xSectorSize(of(file).real()); },
    .xDeviceCharacteristics = [](sqlite3_file* file) { return real_methods(file).xDeviceCharacteristics(of(file).real()); },
    .xShmMap = [](sqlite3_file* file, int page, int size, int extend,
                  void volatile** out) { return real_methods(file).xShmMap(of(file).real(), page, size, extend, out); },
    .xShmLock = [](sqlite3_file* file, int offset, int count,
                   int flags) { return real_methods(file).xShmLock(of(file).real(), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* file) { real_methods(file).xShmBarrier(of(file).real()); },
    .xShmUnmap = [](sqlite3_file* file, int remove) { return real_methods(file).xShmUnmap(of(file).real(), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, sqlite3_filename path, sqlite3_file* file, int flags, int* granted) {
    file->pMethods = nullptr;
    return told({.op = FileOp::open, .file = name_of(path)}, [&] {
        auto* const shim = new (file) ShimFile;
        shim->name = name_of(path);
        std::memset(shim->real(), 0, static_cast<std::size_t>(machine->szOsFile));
        const int code = machine->xOpen(machine, path, shim->real(), flags, granted);
        if (shim->real()->pMethods == nullptr) {
            shim->~ShimFile();
            file->pMethods = nullptr;
            return code;
        }
        file->pMethods = &methods;
        return code;
    });
}

int remove_file(sqlite3_vfs*, const char* path, int sync_folder) {
    return told({.op = FileOp::remove, .file = name_of(path), .folder_synced = sync_folder != 0},
                [&] { return machine->xDelete(machine, path, sync_folder); });
}

}  // namespace

void install_shim_vfs() {
    if (sqlite3_initialize() != SQLITE_OK) std::abort();
    machine = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs shim = *machine;  // everything that is no file's own business is the machine's
    shim.zName = "shim";
    shim.pNext = nullptr;
    shim.szOsFile = static_cast<int>(sizeof(ShimFile)) + machine->szOsFile;
    shim.xOpen = open_file;
    shim.xDelete = remove_file;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK) std::abort();
}

void listen_to_files(FileListener* to) {
    listener = to;
}

}  // namespace entente::crash
