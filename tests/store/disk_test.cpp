// Disk trouble, made by a file system shim under the engine: a full disk is a clean failure, an I/O error at commit ends the
// process.

#include <sqlite3.h>

#include <atomic>
#include <cstring>

#include "tests/store/fixture.hpp"

namespace entente::store::test {
namespace {

// Which call on the write-ahead log fails from now on, and with what.
std::atomic<int> write_fails_with{SQLITE_OK};
std::atomic<int> sync_fails_with{SQLITE_OK};

struct ShimFile {
    sqlite3_file base;
    sqlite3_file* real;
    bool log;
};

ShimFile* shim(sqlite3_file* file) {
    return reinterpret_cast<ShimFile*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
    return shim(file)->real;
}

int shim_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (shim(file)->log && write_fails_with != SQLITE_OK) return write_fails_with;
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}
int shim_sync(sqlite3_file* file, int flags) {
    if (shim(file)->log && sync_fails_with != SQLITE_OK) return sync_fails_with;
    return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods methods{
    .iVersion = 3,
    .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    .xRead = [](sqlite3_file* f, void* d, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), d, n, at); },
    .xWrite = shim_write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    .xSync = shim_sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    .xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    .xFileControl = [](sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap = [](sqlite3_file* f, int r, int n, int e,
                  void volatile** p) { return real(f)->pMethods->xShmMap(real(f), r, n, e, p); },
    .xShmLock = [](sqlite3_file* f, int o, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), o, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    .xFetch = [](sqlite3_file* f, sqlite3_int64 at, int n, void** p) { return real(f)->pMethods->xFetch(real(f), at, n, p); },
    .xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* p) { return real(f)->pMethods->xUnfetch(real(f), at, p); },
};

// Puts itself in front of the default file system for as long as it lives.
class Shim {
  public:
    Shim() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
        vfs_.zName = "entente-test-shim";
        vfs_.pAppData = real_;
        vfs_.szOsFile = static_cast<int>(sizeof(ShimFile)) + real_->szOsFile;
        vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
            auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
            shim(file)->real = reinterpret_cast<sqlite3_file*>(shim(file) + 1);
            shim(file)->log = (flags & SQLITE_OPEN_WAL) != 0;
            const int code = below->xOpen(below, name, shim(file)->real, flags, out);
            file->pMethods = shim(file)->real->pMethods != nullptr ? &methods : nullptr;
            return code;
        };
        sqlite3_vfs_register(&vfs_, 1);
    }
    Shim(const Shim&) = delete;
    Shim& operator=(const Shim&) = delete;
    ~Shim() {
        write_fails_with = SQLITE_OK;
        sync_fails_with = SQLITE_OK;
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }

  private:
    sqlite3_vfs* real_;
    sqlite3_vfs vfs_;
};

class Disk : public StoreTest {
  protected:
    void TearDown() override { store.reset(); }
    Shim shim_;
};

TEST_F(Disk, a_full_disk_fails_the_batch_and_nothing_happened) {
    open();
    submit_and_wait(*store, add_thing(1));
    write_fails_with = SQLITE_FULL;
    const Commit commit = submit_and_wait(*store, add_thing(2));
    EXPECT_FALSE(commit.durable);
    EXPECT_NE(commit.fault.find("full"), std::string::npos) << commit.fault;
    EXPECT_FALSE(store->healthy());
    EXPECT_EQ(count("test_thing"), 1) << "reads go on";
    write_fails_with = SQLITE_OK;
    EXPECT_TRUE(submit_and_wait(*store, add_thing(3)).durable);
    EXPECT_TRUE(store->healthy());
    store.reset();
    open();
    EXPECT_EQ(count("test_thing"), 2);
    EXPECT_EQ(count("test_record"), 2);
}

TEST_F(Disk, health_returns_by_itself_once_there_is_room) {
    open();
    write_fails_with = SQLITE_FULL;
    EXPECT_FALSE(submit_and_wait(*store, add_thing(1)).durable);
    write_fails_with = SQLITE_OK;
    while (!store->healthy()) std::this_thread::yield();
    EXPECT_EQ(count("test_thing"), 0);
}

using DiskDeathTest = Disk;

TEST_F(DiskDeathTest, a_sync_that_fails_at_commit_ends_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            open();
            sync_fails_with = SQLITE_IOERR_FSYNC;
            submit_and_wait(*store, add_thing(1));
        },
        "cannot tell whether a commit reached the disk");
}

TEST_F(DiskDeathTest, a_write_that_fails_at_commit_ends_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            open();
            write_fails_with = SQLITE_IOERR_WRITE;
            submit_and_wait(*store, add_thing(1));
        },
        "cannot tell whether a commit reached the disk");
}

}  // namespace
}  // namespace entente::store::test
