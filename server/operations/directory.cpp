// Companies. Departments and forms are in forms.cpp, finding a partner is in partners.cpp.

#include "server/operations/directory.hpp"

#include "policy/customer.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Company;
using protocol::CompanyId;

namespace {

audit::Record entity_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

Error taken(std::string_view what) {
    return {.kind = ErrorKind::conflict, .code = "already_exists", .message = "there is already " + std::string(what)};
}

}  // namespace

Audited<Company> add_company(Txn& txn, const Context& context, const Caller& caller, Company company) {
    audit::Record record = entity_record(caller, "company.create", audit::activity_create);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<Company>(std::move(record), allowed.error());
    company.domain = lower(company.domain);
    if (store::find_company_by_domain(txn, company.domain))
        return refused<Company>(std::move(record), taken("a company with this domain"));
    for (const Company& other : store::all_companies(txn))
        if (other.name == company.name) return refused<Company>(std::move(record), taken("a company with this name"));
    company.id = {store::fresh_id(txn, "companies", [&] { return context.tools.draw(); })};
    store::insert_company(txn, company, context.now);
    record.parties = {company.id};
    record.resources.push_back({"company", std::to_string(company.id.value)});
    return {std::move(company), std::move(record)};
}

Audited<Company> change_company(Txn& txn, const Context&, const Caller& caller, CompanyId id, const CompanyChange& change) {
    audit::Record record = entity_record(caller, "company.change", audit::activity_update);
    const bool own = caller.company() == id && policy::may(caller.role(), Operation::directory_admin);
    if (!caller.is_operator() && !own)
        return refused<Company>(std::move(record), require(caller, Operation::operator_admin).error());
    auto company = store::find_company(txn, id);
    if (!company)
        return refused<Company>(std::move(record),
                                {.kind = ErrorKind::not_found, .code = "company_not_found", .message = "there is no such company"});
    // Being listed as active is the operator's word, everything else the company's own.
    if (!caller.is_operator() && (change.active || change.name))
        return refused<Company>(
            std::move(record),
            {.kind = ErrorKind::forbidden, .code = "operator_only", .message = "only the operator changes name and activity"});
    if (change.name) company->name = *change.name;
    if (change.description) company->description = *change.description;
    if (change.active) company->active = *change.active;
    if (change.hidden) company->hidden = *change.hidden;
    if (change.injected_field) company->injected_field = *change.injected_field;
    if (change.asks_customers) company->asks_customers = *change.asks_customers;
    if (change.targets) company->targets = *change.targets;
    store::update_company(txn, *company);
    record.parties = {id};
    record.resources.push_back({"company", std::to_string(id.value)});
    return {std::move(*company), std::move(record)};
}

Result<std::vector<Company>> list_companies(ReadTxn& txn, const Caller& caller) {
    if (caller.is_operator()) return store::all_companies(txn);
    std::vector<Company> own;
    if (auto company = store::find_company(txn, caller.company())) own.push_back(std::move(*company));
    return own;
}

Result<std::vector<Company>> find_companies(ReadTxn& txn, const Caller& caller, std::string_view query) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    const std::string wanted = policy::normalise_name(query);
    std::vector<Company> found;
    for (Company& company : store::all_companies(txn)) {
        if (!company.active || (company.hidden && company.id != caller.company())) continue;
        if (!query.empty() && policy::normalise_name(company.name).find(wanted) == std::string::npos &&
            lower(query) != company.domain)
            continue;
        found.push_back(std::move(company));
    }
    return found;
}

}  // namespace entente::operations
