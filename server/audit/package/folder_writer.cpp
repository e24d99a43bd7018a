#include "server/audit/package/folder_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "certs/digest.hpp"
#include "protocol/result.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

using protocol::Fault;

namespace {

void make_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return;
    make_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw Fault(folder.string() + " cannot be made: " + std::system_category().message(errno));
}

// A stream cannot say with which mode a file is made, so it gets one that is there.
std::ofstream create(const std::filesystem::path& file) {
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
    std::ofstream out;
    if (made >= 0) out.open(file, std::ios::binary | std::ios::in | std::ios::out);
    if (!out.is_open()) throw Fault(file.string() + " cannot be written");
    return out;
}

}  // namespace

FolderWriter::FolderWriter(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    if (std::filesystem::exists(folder_, error) && !std::filesystem::is_empty(folder_, error))
        throw Fault(folder_.string() + " is there already and not empty; nothing is overwritten");
    make_folder(folder_);
    sums_ = create(folder_ / package::sums);
}

void FolderWriter::write(const std::string& path, protocol::Bytes content) {
    const std::filesystem::path file = folder_ / path;
    if (file.parent_path() != made_) {
        make_folder(file.parent_path());
        made_ = file.parent_path();
    }
    std::ofstream out = create(file);
    const std::string_view text = protocol::as_text(content);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw Fault(file.string() + " cannot be written: is the disk full?");
    sums_ << protocol::hex(certs::sha256(content)) << "  " << path << "\n";
}

void FolderWriter::finish() {
    sums_.close();
    if (!sums_) throw Fault((folder_ / package::sums).string() + " cannot be written: is the disk full?");
}

}  // namespace entente::audit
