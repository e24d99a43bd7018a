#include "server/operations/readers.hpp"

#include <map>
#include <set>

#include "server/operations/case_common.hpp"
#include "server/operations/evidence_controls.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/customer_page.hpp"
#include "server/store/statements/erasure.hpp"

namespace entente::operations {

using protocol::CompanyId;

namespace {

constexpr std::int64_t counts_max = 1'000;
constexpr std::int64_t hour_us = 3'600'000'000;

// Labels to companies, asked once each.
class Principals {
  public:
    explicit Principals(ReadTxn& txn) : txn_(txn) {}
    CompanyId company(const std::string& principal) {
        const auto found = companies_.find(principal);
        if (found != companies_.end()) return found->second;
        return companies_[principal] = store::company_of_principal(txn_, principal);
    }

  private:
    ReadTxn& txn_;
    std::map<std::string, CompanyId> companies_;
};

}  // namespace

bool discloses(std::string_view operation) {
    static const std::set<std::string_view> names = [] {
        std::set<std::string_view> all;
        for (const std::string_view one : words_of(ENTENTE_DISCLOSING)) all.insert(one);
        return all;
    }();
    return names.contains(operation);
}

void register_disclosure(Txn& txn, const Context& context, CompanyId company, protocol::CaseId id, std::int64_t version,
                         std::string_view operation, bool taken) {
    // What the register holds and the lists do not know would be missing where it counts.
    if (!discloses(operation)) throw protocol::Fault(std::string(operation) + " is not in the list of what discloses");
    store::note_disclosure(txn, id, company, version, operation, context.now, taken);
}

Result<DisclosurePage> list_disclosures(ReadTxn& txn, const Context& /*context*/, const Caller& caller,
                                        const DisclosureQuery& query) {
    if (auto allowed = require(caller, policy::Operation::disclosure_read); !allowed) return std::unexpected(allowed.error());
    store::DisclosureFilter filter{.submitter = caller.company(),
                                   .customer = query.customer,
                                   .partner = query.partner,
                                   .case_id = {},
                                   .from = query.from,
                                   .to = query.to,
                                   .limit = query.limit + 1,
                                   .after = query.after};
    if (!query.token.empty()) {
        const auto id = store::id_of_case(txn, query.token, caller.company());
        if (!id) return std::unexpected(case_not_found(query.token));
        filter.case_id = {*id};
    }
    DisclosurePage page{.rows = store::disclosures(txn, filter)};
    if (std::ssize(page.rows) > query.limit) {
        page.rows.pop_back();
        page.more = true;
    }
    return page;
}

Result<Readers> readers_of_case(ReadTxn& txn, const Context& /*context*/, const Caller& caller, std::string_view token) {
    if (auto allowed = require(caller, policy::Operation::disclosure_read); !allowed) return std::unexpected(allowed.error());
    const auto id = store::find_case_id(txn, token, caller.company());
    if (!id) return std::unexpected(case_not_found(token));
    Principals known(txn);
    Readers readers;
    const auto named = [&](CompanyId company, const std::string& principal) {
        return company == caller.company() ? principal : std::string();
    };
    for (const store::Sight& sight : store::sights_of_case(txn, *id)) {
        const CompanyId company = known.company(sight.principal);
        readers.seen.push_back({company, named(company, sight.principal), sight.version});
    }
    for (const store::ReadCount& count : store::reads_of_case(txn, *id, counts_max)) {
        const CompanyId company = known.company(count.principal);
        readers.counts.push_back({company, named(company, count.principal), {count.hour * hour_us}, count.reads});
    }
    return readers;
}

}  // namespace entente::operations
