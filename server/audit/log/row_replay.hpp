#pragma once
// Replays what the log told about critical rows (reference, section 16.4) and compares every row with the last word. This finds a
// row, or a page with its digest, that somebody put back to an earlier state: the engine accepts both.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/store/critical_rows.hpp"
#include "server/store/vault.hpp"

namespace entente::audit {

class RowReplay {
  public:
    // The core section of an entry with the operation rows_operation. False: it does not say what such an entry says.
    bool told_by(std::int64_t index, std::string_view core);
    // Entries whose cores could not be read may have told more: rows whose newest word they hold are passed over.
    using Found = std::function<void(std::optional<std::int64_t> index, std::string sentence)>;
    void compare(store::ReadTxn& txn, bool all_read, const Found& found) const;

    std::size_t rows() const { return last_.size(); }

  private:
    struct Word {
        protocol::Hash digest{};
        std::int64_t index = 0;
    };
    std::map<store::CriticalRow, Word> last_;
};

// At start: every row is as its digest, and its entry carries it. Throws Tampered. Cheaper than a replay, which goes through the
// whole log.
void check_rows_at_start(store::ReadTxn& txn, store::Vault& vault);

}  // namespace entente::audit
