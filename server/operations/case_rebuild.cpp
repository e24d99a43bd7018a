#include "server/operations/case_rebuild.hpp"

#include "protocol/canonical.hpp"
#include "server/audit/log/reader.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

namespace {

constexpr std::int64_t lines_at_once = 500;

struct Rebuilt {
    protocol::Life life;
    bool erased = false;  // a record cannot be read any more
};

// The steps of one record, in their order; none for a record that moved nothing.
void fold_record(protocol::Life& life, const std::string& core) {
    const auto section = protocol::parse_canonical(core);
    if (!section) return;
    const auto* unmapped = section->find("unmapped");
    const auto* decision = unmapped == nullptr ? nullptr : unmapped->find("decision");
    const auto* steps = decision == nullptr ? nullptr : decision->find("life");
    if (steps == nullptr || steps->array() == nullptr) return;
    for (const protocol::CanonicalValue& value : *steps->array()) {
        auto step = protocol::read_life_step(value);
        if (!step) throw protocol::Fault("the log holds a step of a case that this program does not know");
        protocol::apply(life, *std::move(step));
    }
}

Rebuilt rebuild(ReadTxn& txn, store::Vault& vault, protocol::CaseId id) {
    Rebuilt rebuilt;
    audit::Filter filter;
    filter.case_id = id;
    filter.limit = lines_at_once;
    for (;;) {
        const auto lines = audit::list(txn, vault, filter);
        for (const audit::Line& line : lines) {
            rebuilt.erased = rebuilt.erased || (line.kind == 1 && line.core.empty());
            fold_record(rebuilt.life, line.core);
        }
        if (static_cast<std::int64_t>(lines.size()) < lines_at_once) return rebuilt;
        filter.from = lines.back().index + 1;
    }
}

}  // namespace

protocol::Life rebuild_life(ReadTxn& txn, store::Vault& vault, protocol::CaseId id) {
    return rebuild(txn, vault, id).life;
}

Result<LivesReplay> replay_lives(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId after,
                                 std::int64_t limit) {
    if (auto allowed = require(caller, policy::Operation::audit_verify); !allowed) return std::unexpected(allowed.error());
    LivesReplay replay;
    const auto company = caller.is_operator() ? protocol::CompanyId{} : caller.company();
    const auto ids = store::cases_in_order(txn, company, after, limit);
    for (const protocol::CaseId id : ids) {
        ++replay.cases;
        const Rebuilt rebuilt = rebuild(txn, context.tools.vault, id);
        const auto kept = store::find_life(txn, id);
        if (!kept || rebuilt.life.intervals.empty()) {
            ++(rebuilt.erased ? replay.erased : replay.older);
        } else if (protocol::life_text(rebuilt.life) == protocol::life_text(*kept)) {
            ++replay.exact;
        } else if (rebuilt.erased) {
            ++replay.erased;
        } else if (!replay.first_difference) {
            replay.first_difference = id;
        }
    }
    if (std::ssize(ids) == limit) replay.next = ids.back();
    return replay;
}

}  // namespace entente::operations
