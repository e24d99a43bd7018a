#include "server/audit/package/folder_writer.hpp"

#include "certs/digest.hpp"
#include "protocol/result.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

using protocol::Fault;

namespace {

std::ofstream create(const std::filesystem::path& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    if (!out) throw Fault(file.string() + " cannot be written");
    return out;
}

}  // namespace

FolderWriter::FolderWriter(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    if (std::filesystem::exists(folder_, error) && !std::filesystem::is_empty(folder_, error))
        throw Fault(folder_.string() + " is there already and not empty; nothing is overwritten");
    std::filesystem::create_directories(folder_, error);
    if (error) throw Fault(folder_.string() + " cannot be made: " + error.message());
    sums_ = create(folder_ / package::sums);
}

void FolderWriter::write(const std::string& path, protocol::Bytes content) {
    const std::filesystem::path file = folder_ / path;
    if (file.parent_path() != made_) {
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        if (error) throw Fault(file.parent_path().string() + " cannot be made: " + error.message());
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
