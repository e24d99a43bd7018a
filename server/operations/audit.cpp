#include "server/operations/audit.hpp"

#include "policy/gate.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/log/appender.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

namespace {

std::optional<protocol::CompanyId> scope_of(const Caller& caller) {
    return caller.is_operator() ? std::nullopt : std::optional(caller.company());
}

}  // namespace

Result<EntryList> list_entries(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view case_token,
                               std::int64_t from, std::int64_t limit, bool newest_first) {
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed) return std::unexpected(allowed.error());
    audit::Filter filter{.company = scope_of(caller), .from = from, .limit = limit, .newest_first = newest_first};
    if (!case_token.empty()) {
        const auto id = caller.is_operator() ? std::nullopt : store::find_case_id(txn, case_token, caller.company());
        if (!id) return fail(ErrorKind::not_found, "case_not_found", "there is no such case");
        filter.case_id = *id;
    }
    EntryList list;
    list.lines = audit::list(txn, context.tools.vault, filter);
    list.head = audit::head(txn);
    return list;
}

Result<audit::Shown> read_entry(ReadTxn& txn, const Context& context, const Caller& caller, const audit::EntryKey& key) {
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed) return std::unexpected(allowed.error());
    // Own sections open: those of the company and of its customers. Another company's person stays sealed.
    audit::Viewer viewer;
    if (!caller.is_operator()) {
        viewer.owners.push_back(store::Owner::company(caller.company()));
        txn.each("SELECT id FROM customers WHERE company = $1", {caller.company().value},
                 [&](const store::Row& row) { viewer.owners.push_back(store::Owner::customer({row.number(0)})); });
    }
    auto shown = audit::show(txn, context.tools.vault, key, scope_of(caller), viewer);
    if (!shown) return fail(ErrorKind::not_found, "entry_not_found", "there is no such entry");
    return std::move(*shown);
}

std::optional<std::string> gate_decision_of(std::string_view core) {
    const auto parsed = protocol::parse_canonical(core);
    if (!parsed) return std::nullopt;
    const auto* unmapped = parsed->find("unmapped");
    const auto* decision = unmapped == nullptr ? nullptr : unmapped->find("decision");
    const auto* gate = decision == nullptr ? nullptr : decision->find("gate");
    if (gate == nullptr) return std::nullopt;
    return protocol::write_canonical(*gate);
}

Result<Replay> replay_decisions(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t from, std::int64_t limit) {
    if (auto allowed = require(caller, policy::Operation::audit_verify); !allowed) return std::unexpected(allowed.error());
    Replay replay;
    const audit::Filter filter{.company = scope_of(caller), .from = from, .limit = limit};
    replay.next = audit::head(txn).size;
    for (const audit::Line& line : audit::list(txn, context.tools.vault, filter)) {
        ++replay.entries;
        if (replay.entries == limit) replay.next = line.index + 1;
        if (line.kind != 1) continue;
        if (line.core.empty()) {
            ++replay.erased;
            continue;
        }
        const auto gate = gate_decision_of(line.core);
        if (!gate) continue;
        ++replay.decisions;
        if (policy::replays_exactly(*gate).value_or(false)) {
            ++replay.exact;
        } else if (!replay.first_difference) {
            replay.first_difference = line.index;
        }
    }
    return replay;
}

Result<Receipt> make_receipt(ReadTxn& txn, const Caller& caller, audit::Notary& notary, const audit::EntryKey& key) {
    if (auto allowed = require(caller, policy::Operation::audit_receipt); !allowed) return std::unexpected(allowed.error());
    auto leaf = audit::find_leaf(txn, key, scope_of(caller));
    if (!leaf) return fail(ErrorKind::not_found, "entry_not_found", "there is no such entry");
    Receipt made{.index = leaf->index, .receipt = std::nullopt};
    const auto index = static_cast<std::uint64_t>(leaf->index);
    const auto published = notary.covering(index + 1);
    if (!published) return made;
    const audit::Checkpoint& checkpoint = published->checkpoint;
    auto path = notary.proofs().inclusion(txn, index, checkpoint.size);
    // A proof that does not hold would be worse than none.
    if (!audit::verify_inclusion(audit::leaf_hash(leaf->entry), index, checkpoint.size, path, checkpoint.root))
        throw audit::Tampered("entry " + std::to_string(index) + " is not under the published root");
    made.receipt = audit::InclusionReceipt{std::move(leaf->entry), index, std::move(path), published->note};
    return made;
}

Result<Consistency> prove_consistency(ReadTxn& txn, const Caller& caller, audit::Notary& notary, std::uint64_t from) {
    if (auto allowed = require(caller, policy::Operation::audit_receipt); !allowed) return std::unexpected(allowed.error());
    const auto published = notary.newest();
    if (!published || published->checkpoint.size < from)
        return fail(ErrorKind::not_found, "checkpoint_not_found", "no checkpoint of this log covers so many entries");
    const std::uint64_t to = published->checkpoint.size;
    return Consistency{from, to, notary.proofs().consistency(txn, from, to), published->note};
}

Result<std::shared_ptr<const audit::Published>> newest_checkpoint(const Caller& caller, const audit::Notary& notary) {
    if (auto allowed = require(caller, policy::Operation::audit_receipt); !allowed) return std::unexpected(allowed.error());
    auto published = notary.newest();
    if (!published) return fail(ErrorKind::not_found, "checkpoint_not_found", "this log has no checkpoint yet");
    return published;
}

Audited<bool> allow_verification(Txn&, const Context&, const Caller& caller) {
    audit::Record record = record_of(caller, "audit.verify", audit::Class::datastore_activity, audit::datastore_read);
    if (auto allowed = require(caller, policy::Operation::audit_verify); !allowed)
        return refused<bool>(std::move(record), allowed.error());
    return {true, std::move(record)};
}

}  // namespace entente::operations
