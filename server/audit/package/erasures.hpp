#pragma once
// The erased lists of an export, merged: asked for each section in the order of the log, in memory that depends on the number of
// erasures alone. Private to the check.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certs/digest.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/package/files.hpp"

namespace entente::audit {

class Erasures {
  public:
    // A list for each of these entries is in `files`.
    Erasures(const Files& files, const std::vector<std::uint64_t>& lists);

    // How many lists name this section, which must come after those asked for before. Sections that were passed over and named by
    // a list, which therefore do not exist or are not missing, are added to `stray`.
    unsigned naming(const ErasedSection& section, std::vector<std::pair<std::uint64_t, ErasedSection>>& stray);

    struct Ended {
        std::uint64_t sections = 0;
        Hash digest{};
        bool well_formed = true;  // sorted, whole rows, nothing at or after the entry of the erasure
    };
    // What the list of this entry was, at the time when every section before the entry was asked for; nothing: there is no such
    // list.
    std::optional<Ended> ended(std::uint64_t entry);
    // Entries with lists that were never asked for.
    std::vector<std::uint64_t> left() const;

  private:
    struct List;
    void advance(List& list);
    void file_up(const std::shared_ptr<List>& list);

    const Files& files_;
    std::size_t rows_at_once_;
    std::map<std::uint64_t, std::shared_ptr<List>> lists_;      // by the entry of the erasure
    std::multimap<ErasedSection, std::shared_ptr<List>> next_;  // by what each names next
};

}  // namespace entente::audit
