#pragma once
// The folder that holds the data: mode 0700, and one process at a time. The lock ends with the process, however it ends.

#include <filesystem>

namespace entente::store {

class DataFolder {
  public:
    // Creates the folder where it is missing. Fault: open to others, or in use by another process, whose number is named.
    explicit DataFolder(const std::filesystem::path& folder);
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;
    ~DataFolder();

    // Whether a process, this one included, holds the folder now.
    static bool in_use(const std::filesystem::path& folder);

    // Makes an empty file with mode 0600 if there is none, so that the engine does not create it with a wider one. Fault when an
    // existing one is no regular file, is open to others, or starts like an SQLite file without encryption.
    static void prepare_file(const std::filesystem::path& file);

  private:
    int lock_ = -1;
};

}  // namespace entente::store
