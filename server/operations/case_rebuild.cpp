#include "server/operations/case_rebuild.hpp"

#include "protocol/canonical.hpp"
#include "server/audit/log/reader.hpp"

namespace entente::operations {

namespace {

constexpr std::int64_t lines_at_once = 500;

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

}  // namespace

protocol::Life rebuild_life(ReadTxn& txn, store::Vault& vault, protocol::CaseId id) {
    protocol::Life life;
    audit::Filter filter;
    filter.case_id = id;
    filter.limit = lines_at_once;
    for (;;) {
        const auto lines = audit::list(txn, vault, filter);
        for (const audit::Line& line : lines) fold_record(life, line.core);
        if (static_cast<std::int64_t>(lines.size()) < lines_at_once) return life;
        filter.from = lines.back().index + 1;
    }
}

}  // namespace entente::operations
