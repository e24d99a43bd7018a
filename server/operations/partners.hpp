#pragma once
// Finding a partner (contract section 7): search over an in-memory index of the directory (semantics 11).

#include <memory>
#include <mutex>

#include "server/operations/context.hpp"
#include "server/operations/partner_index.hpp"

namespace entente::operations {

// The newest index. Every change of companies, departments and forms moves the directory's version in its own transaction; the
// first search that sees a newer version makes the index anew. Any thread.
class PartnerDirectory {
  public:
    std::shared_ptr<const PartnerIndex> current(ReadTxn& txn);

  private:
    std::mutex mutex_;
    std::int64_t version_ = -1;
    std::shared_ptr<const PartnerIndex> index_;
};

struct PartnerQuery {
    std::string text;
    PartnerIndex::Manner manner = PartnerIndex::Manner::keyword;
    std::size_t limit = 200;
};

// Active, not hidden companies other than the caller's, best first.
Result<std::vector<protocol::PartnerRow>> search_partners(ReadTxn& txn, const Context& context, const Caller& caller,
                                                          const PartnerQuery& query);

}  // namespace entente::operations
