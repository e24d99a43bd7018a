#pragma once
// For each check of the verifier a change that only that check finds.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "server/audit/format/note.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/paths.hpp"
#include "tests/support/sample_log.hpp"
#include "tests/unit/audit_support.hpp"

namespace entente::audit::tests {

using entente::tests::SampleLog;
using protocol::Blob;

struct Needed {
    LogCheck check;
    std::function<void(SampleLog&)> before;     // the log is signed with it
    std::function<void(FilesInMemory&)> after;  // changed in the export
    std::function<void(LogCheckOptions&)> asked{};
};

inline Blob& file_of(FilesInMemory& files, const std::string& path) {
    return files.contents.at(path);
}

// A change for each check that only this check finds.
inline std::vector<Needed> needed() {
    const auto nothing = [](auto&) {};
    return {
        {LogCheck::checkpoint, nothing,
         [](FilesInMemory& files) {
             const std::string good = text_of(file_of(files, "checkpoint"));
             const std::string text = good.substr(0, good.find("\n\n") + 1);
             const std::string note = format_note({text, {sign_note(SampleLog::seeded(9), "gw.example.com/audit/sample", text)}});
             files.contents["checkpoint"].assign(note.begin(), note.end());
         }},
        {LogCheck::missing, nothing, [](FilesInMemory& files) { files.contents.erase(sealed_path(0)); }},
        {LogCheck::entry,
         [](SampleLog& log) {
             log.entries[21] = log.entries[0];
             log.entries[21].entry.time = log.entries[20].entry.time;
             log.entries[21].entry.event[15] ^= 1;
         },
         nothing},
        {LogCheck::time, [](SampleLog& log) { std::swap(log.entries[22].entry.time, log.entries[24].entry.time); }, nothing},
        {LogCheck::event,
         [](SampleLog& log) {
             log.entries[24].entry.event = log.entries[22].entry.event;
             log.entries[24].entry.time = log.entries[22].entry.time;
             log.entries[23].entry.time = log.entries[22].entry.time;
         },
         nothing},
        {LogCheck::heartbeat, [](SampleLog& log) { log.entries[100].entry.extension = Heartbeat{51}; }, nothing},
        {LogCheck::sealed, nothing, [](FilesInMemory& files) { file_of(files, sealed_path(0))[70] ^= 1; }},
        {LogCheck::erased, [](SampleLog& log) { log.entries[22].sections[0].erased = true; }, nothing},
        {LogCheck::tile, nothing, [](FilesInMemory& files) { file_of(files, tile_path({0, 0}))[70] ^= 1; }},
        {LogCheck::root, nothing,
         [](FilesInMemory& files) {
             SampleLog changed(300);
             changed.entries[22].sections[0].envelope[3] ^= 1;
             const Blob note = file_of(files, "checkpoint");
             files = changed.write();
             files.contents["checkpoint"] = note;
         }},
        {LogCheck::consistency, nothing, nothing,
         [](LogCheckOptions& options) {
             SampleLog other(200, 5);
             options.earlier = {other.checkpoint(200)};
         }},
        {LogCheck::opened, nothing,
         [](FilesInMemory& files) { file_of(files, package::opened(19, 1, package::Opened::salt))[3] ^= 1; }},
        {LogCheck::canonical, [](SampleLog& log) { log.entries[19].sections[0].text = "{ }"; }, nothing},
        {LogCheck::core, [](SampleLog& log) { log.entries[19].sections[0].text = log.entries[21].sections[0].text; }, nothing},
        {LogCheck::surplus, nothing, [](FilesInMemory& files) { files.contents["tile/0/099"] = {1}; }},
        {LogCheck::sums, nothing,
         [](FilesInMemory& files) {
             SampleLog::add_sums(files);
             file_of(files, "package.json")[3] ^= 1;
         },
         [](LogCheckOptions& options) { options.sums = true; }},
        {LogCheck::rows,
         [](SampleLog& log) {
             for (entente::tests::SampleEntry& entry : log.entries)
                 for (entente::tests::SampleSection& section : entry.sections) section.opened = section.tag == 1;
         },
         nothing,
         [](LogCheckOptions& options) {
             static const RowList untold{"gw.example.com/audit/sample", 300, {{{"company", 7}, {20, "a row"}}}};
             options.rows = &untold;
         }},
    };
}

}  // namespace entente::audit::tests
