#include "server/operations/readers.hpp"

#include <map>

#include "server/operations/case_common.hpp"
#include "server/store/statements/cases.hpp"
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
