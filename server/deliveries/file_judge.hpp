#pragma once
// The verdict over the content of one file: text is masked, archives are opened, judged member by member and packed again, anything
// else cannot be looked into (semantics 5).
//
// Archives (tar, zip, gz, xz, zst) are read by a worker process that can do nothing but read and write its pipes; three layers
// deep, with ceilings on what comes out in bytes, in members and against what went in. Members keep their names as far as those may
// cross; links and devices are left out. A document that is a zip inside (Office, ODF, EPUB) is no archive: its text is cut into
// pieces by markup, so nobody can say what a reader would see. Members lie in the spool, sealed, one at a time.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "server/archive/process.hpp"
#include "server/operations/sharing.hpp"
#include "server/store/spool.hpp"

namespace entente::deliveries {

struct JudgeOptions {
    std::filesystem::path archive_program;
    std::uint64_t expanded_bytes = std::uint64_t{8} << 30;  // of all layers together
    std::uint64_t expanded_ratio = 200;                     // against the file, beyond the first 64 MiB
    int depth = 3;
    int members = 10'000;
    int archives = 200;  // workers for one file
    std::chrono::milliseconds whole{3'600'000};
};

class FileJudge {
  public:
    // `stop`: asked while waiting; true ends the judging with a Fault.
    FileJudge(const JudgeOptions& options, store::Spool& spool, std::int64_t owner, operations::Sharer& sharer,
              bool uninspected_allowed, std::function<bool()> stop);

    struct Outcome {
        std::string kind = "uninspected";          // text, archive
        std::shared_ptr<store::SpoolFile> shared;  // none: refused, or the file as it is where `as_it_is`
        bool as_it_is = false;
        std::optional<protocol::Error> refused;
        bool nobody_can_look = false;  // and that is why it is refused
        std::string first;             // name of the member that nobody can look into
    };
    Outcome judge(const store::SpoolFile& file);

    int members() const { return members_; }
    int left_out() const { return left_out_; }

  private:
    Outcome look(const store::SpoolFile& file, int layer);
    Outcome open(const store::SpoolFile& file, int layer);
    Outcome uninspected() const;

    const JudgeOptions& options_;
    store::Spool& spool_;
    std::int64_t owner_;
    operations::Sharer& sharer_;
    bool allowed_;
    std::function<bool()> stop_;
    std::chrono::steady_clock::time_point deadline_;
    std::uint64_t room_ = 0;  // bytes that may still come out
    int members_ = 0;
    int left_out_ = 0;
    int archives_ = 0;
};

// Does the file begin like an archive that is opened?
bool looks_like_archive(std::string_view beginning);
// A member's name that leads nowhere else: no way up, no root, no drive, valid UTF-8 without control characters. Backslashes are
// slashes. Nothing for any other.
std::optional<std::string> safe_member_name(std::string_view name);

}  // namespace entente::deliveries
