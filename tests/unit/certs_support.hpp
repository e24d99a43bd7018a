#pragma once
// Helpers of the certs tests.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::tests {

// A folder of its own (0700), removed at the end.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "entente-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
        path_ = pattern;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

// The sentence of the Fault that the call throws; empty if it throws none.
template <class Call>
std::string fault_of(Call call) {
    try {
        call();
    } catch (const protocol::Fault& fault) {
        return fault.what();
    }
    return {};
}

}  // namespace entente::tests
