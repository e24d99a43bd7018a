#pragma once
// A file system of SQLite's that stands before the machine's own and tells a listener of everything that changes a file, before it
// happens. The listener may refuse it with an error code of SQLite's. It becomes the default, so that the store uses it
// unknowingly.

#include <cstdint>
#include <span>
#include <string>

namespace entente::crash {

enum class FileOp : std::uint8_t { open, read, write, truncate, sync, remove };

struct FileEvent {
    FileOp op = FileOp::write;
    std::string_view file;     // its name without the folder
    std::uint64_t offset = 0;  // of write; the size for truncate
    std::span<const std::uint8_t> bytes{};
    bool folder_synced = false;  // remove: it is durable
};

class FileListener {
  public:
    virtual ~FileListener() = default;
    virtual int before(const FileEvent& event) = 0;  // SQLITE_OK: go on; otherwise the caller gets this
    virtual void after(const FileEvent&) {}          // it succeeded
};

// Once a process, before anything is opened. Null: nobody listens. Calls come from every thread of the store.
void install_shim_vfs();
void listen_to_files(FileListener* listener);

}  // namespace entente::crash
