#pragma once
// Writes an export into a new folder and keeps its SHA256SUMS. Folders and files are for who runs this alone (0700, 0600): opened
// sections are personal data in the clear. Fault: the folder holds something already, or cannot be written.

#include <filesystem>
#include <fstream>
#include <string>

#include "protocol/encoding.hpp"

namespace entente::audit {

class FolderWriter {
  public:
    explicit FolderWriter(std::filesystem::path folder);
    void write(const std::string& path, protocol::Bytes content);
    void finish();  // the sums; everything before it is complete

  private:
    std::filesystem::path folder_;
    std::filesystem::path made_;  // the folder below it that was made last
    std::ofstream sums_;
};

}  // namespace entente::audit
