#include "server/operations/partners.hpp"

#include <map>

#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::Company;
using protocol::Department;
using protocol::Form;
using protocol::FormId;
using protocol::PartnerRow;

namespace {

void gather(const std::vector<protocol::Selection>& selections, std::vector<std::string>& products) {
    for (const protocol::Selection& selection : selections) {
        products.push_back(selection.value);
        gather(selection.children, products);
    }
}

// What a form lets one choose as a product tells what the department knows about.
std::vector<std::string> products_of(const Form& form) {
    std::vector<std::string> products;
    for (const protocol::FormField& field : form.fields) {
        if (field.data_class != protocol::DataClass::product) continue;
        products.insert(products.end(), field.options.begin(), field.options.end());
        gather(field.selections, products);
    }
    return products;
}

PartnerRow row_of(const Company& company, const Department* department, FormId form) {
    return {.label = department != nullptr ? company.name + " - " + department->name : company.name,
            .company_name = company.name,
            .department_name = department != nullptr ? std::optional(department->name) : std::nullopt,
            .company = company.id,
            .department = department != nullptr ? department->id : protocol::DepartmentId{},
            .form = form,
            .tags = department != nullptr ? department->tags : std::vector<std::string>{}};
}

std::vector<PartnerSource> sources(ReadTxn& txn) {
    std::map<FormId, Form> forms;
    std::map<protocol::CompanyId, std::vector<Department>> departments;
    for (Form& form : store::all_forms(txn)) forms.emplace(form.id, std::move(form));
    for (Department& department : store::all_departments(txn)) departments[department.company].push_back(std::move(department));

    std::vector<PartnerSource> found;
    for (const Company& company : store::all_companies(txn)) {
        if (!company.active || company.hidden) continue;
        bool divided = false;
        for (const Department& department : departments[company.id]) {
            divided = divided || department.active;
            const auto form = forms.find(department.form);
            if (!department.active || form == forms.end() || form->second.retired) continue;
            found.push_back({row_of(company, &department, department.form), company.description, products_of(form->second)});
        }
        if (divided) continue;
        if (const auto form = store::find_company_form(txn, company.id))
            found.push_back({row_of(company, nullptr, form->id), company.description, products_of(*form)});
    }
    return found;
}

}  // namespace

std::shared_ptr<PartnerDirectory> make_partner_directory() {
    return std::make_shared<PartnerDirectory>();
}

std::shared_ptr<const PartnerIndex> PartnerDirectory::current(ReadTxn& txn) {
    const std::int64_t version = store::directory_version(txn);
    const std::lock_guard hold(mutex_);
    if (!index_ || version > version_) {
        index_ = std::make_shared<const PartnerIndex>(sources(txn));
        version_ = version;
    }
    return index_;
}

Result<std::vector<PartnerRow>> search_partners(ReadTxn& txn, const Context& context, const Caller& caller,
                                                const PartnerQuery& query) {
    if (auto allowed = require(caller, policy::Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    const auto index = context.tools.partners->current(txn);
    std::vector<PartnerRow> rows;
    for (const PartnerIndex::Hit& hit : index->find(query.text, query.manner, query.limit, caller.company()))
        rows.push_back(*hit.row);
    return rows;
}

}  // namespace entente::operations
