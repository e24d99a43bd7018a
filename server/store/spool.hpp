#pragma once
// The spool: files that wait for their verdict and their way out, each sealed under a key of its own (semantics 5).
//
// A file is written once, front to back, and then read, from the front or from a chunk in the middle. On disk it is chunks of 64
// KiB, each sealed with XAES-256-GCM under a nonce that counts, so that chunks cannot be swapped, left out or cut off unnoticed.
// The key never lies beside the file: whoever made it keeps it in memory, and seals a copy under the case's key where it must
// survive (statements/attachments). Without the key the file is noise; it is unlinked when the last holder lets go, unless it is
// `kept`.
//
// Quotas in total and per company bound what lies here, whether somebody holds it or it is kept; what exceeds them throws
// SpoolFull. Half of each may be kept, so that there is always room for what is new. Files are made with mode 0600 in a folder of
// the data folder. A SpoolFile belongs to one thread at a time; readers of a finished one may run side by side.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/seal.hpp"
#include "certs/secret.hpp"
#include "protocol/result.hpp"

namespace entente::store {

// A quota or the disk is full; the text says which.
class SpoolFull : public protocol::Fault {
  public:
    using Fault::Fault;
};

struct SpoolLimits {
    std::uint64_t total_bytes = std::uint64_t{16} << 30;
    std::uint64_t owner_bytes = std::uint64_t{8} << 30;
};

struct KeptFile {
    std::string name;
    std::int64_t owner = 0;
    std::uint64_t bytes = 0;
};

class Spool;

class SpoolFile {
  public:
    static constexpr std::size_t chunk_bytes = 64 * 1024;

    SpoolFile(Spool& spool, std::string name, std::int64_t owner, certs::Secret key);
    ~SpoolFile();
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;

    void append(std::string_view bytes);
    void finish();  // nothing is appended any more
    std::uint64_t size() const { return size_; }
    const std::string& name() const { return name_; }
    certs::Bytes key() const { return key_.bytes(); }
    // Whether the file stays when the last holder goes: somebody holds its key elsewhere. False: too much is kept already.
    bool keep();
    void keep_no_longer();

    class Reader {
      public:
        explicit Reader(const SpoolFile& file, std::uint64_t from_chunk = 0) : file_(&file), chunk_(from_chunk) {}
        std::string_view next();  // empty: the end

      private:
        const SpoolFile* file_;
        std::uint64_t chunk_;
        certs::Blob plain_;
    };

  private:
    friend class Spool;
    struct Reopened {};
    SpoolFile(Spool& spool, std::string name, std::int64_t owner, certs::Secret key, std::uint64_t size, Reopened);
    void write_chunk(bool last);

    Spool& spool_;
    std::string name_;
    std::int64_t owner_;
    certs::Secret key_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    std::uint64_t chunks_ = 0;
    std::string pending_;
    bool finished_ = false;
};

class Spool {
  public:
    // Makes the folder where it is missing.
    Spool(std::filesystem::path folder, SpoolLimits limits);

    // `owner`: whose quota. A fresh random key and name.
    std::shared_ptr<SpoolFile> create(std::int64_t owner);
    // A kept file again; nothing when it is gone or was not finished. `size` as it was.
    std::shared_ptr<SpoolFile> reopen(const std::string& name, std::int64_t owner, certs::Bytes key, std::uint64_t size);
    // Unlinks whatever is neither among `keep` nor held by anybody: at start, what a killed process left. How many. What is kept
    // since before the start counts from here on.
    std::size_t clean(std::span<const KeptFile> keep);
    std::uint64_t used() const;

  private:
    friend class SpoolFile;
    struct Lying {
        std::int64_t owner = 0;
        std::uint64_t bytes = 0;
        int holders = 0;
        bool kept = false;
    };
    using Files = std::map<std::string, Lying>;

    void charge(const SpoolFile& file, std::uint64_t bytes);  // throws SpoolFull
    void hold(const KeptFile& file, bool kept);
    bool keep(const std::string& name);
    void keep_no_longer(const std::string& name);
    void let_go(const std::string& name);
    // The rest under the lock.
    Lying& add(const KeptFile& file, bool kept);
    void remove(Files::iterator file);
    std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }

    std::filesystem::path folder_;
    SpoolLimits limits_;
    mutable std::mutex mutex_;
    std::uint64_t total_ = 0;
    std::map<std::int64_t, std::uint64_t> by_owner_;
    Files files_;
};

}  // namespace entente::store
