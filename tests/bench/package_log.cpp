// Writes an exported log of so many entries, complete and with nothing disclosed, for measuring entente-verify:
//
//   package_log FOLDER ENTRIES; /usr/bin/time -v entente-verify log FOLDER/log --policy FOLDER/policy

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>

#include "server/audit/format/policy.hpp"
#include "server/audit/package/folder_writer.hpp"
#include "tests/support/sample_log.hpp"

int main(int count, char** words) {
    using namespace entente;
    if (count != 3) {
        std::fprintf(stderr, "package_log FOLDER ENTRIES\n");
        return 2;
    }
    try {
        const std::filesystem::path folder = words[1];
        tests::SampleLog log(std::strtoull(words[2], nullptr, 10));
        for (tests::SampleEntry& entry : log.entries)
            for (tests::SampleSection& section : entry.sections) section.opened = false;
        std::filesystem::create_directories(folder);
        audit::FolderWriter writer(folder / "log");
        const auto files = log.write();
        for (const auto& [path, content] : files.contents) writer.write(path, content);
        writer.finish();
        std::ofstream(folder / "policy") << audit::format_policy(log.policy());
        return 0;
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "package_log: %s\n", fault.what());
        return 1;
    }
}
