// The own API: companies, their departments and forms.

#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

// --- companies ---

Plan add_company(Gateway& gateway, CallPtr call) {
    auto input = native::decode_company(call->request->body, gateway.parts().default_targets);
    return native::create<protocol::Company>(gateway, std::move(call), std::move(input), ops::add_company, native::as_json);
}

Plan change_company(Gateway& gateway, CallPtr call) {
    auto input = native::decode_company_change(call->request->body, gateway.parts().default_targets);
    const auto id = native::path_id<protocol::CompanyId>(*call);
    return native::post<protocol::Company>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::CompanyChange& change) {
            return ops::change_company(txn, context, caller, id, change);
        },
        200, native::as_json);
}

Plan list_companies(Gateway& gateway, CallPtr call) {
    return native::listing<protocol::Company>(
        gateway, std::move(call), "company.list", "company",
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_companies(txn, caller); });
}

Plan directory(Gateway& gateway, CallPtr call) {
    std::string query = native::query_text(*call, "query");
    return gateway.look_up<std::vector<protocol::Company>>(
        std::move(call),
        [query = std::move(query)](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::find_companies(txn, caller, query);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Company>& companies) {
            protocol::JsonWriter out;
            out.object().key("items").array();
            for (const auto& company : companies)
                out.object().member("id", company.id.value).member("name", company.name).member("domain", company.domain).end();
            out.end().end();
            return g.reply(c, 200, out.take());
        });
}

// --- forms and departments ---

Plan add_form(Gateway& gateway, CallPtr call) {
    auto input = native::decode_form(call->request->body);
    return native::create<protocol::Form>(gateway, std::move(call), std::move(input), ops::save_form, native::as_json);
}

Plan replace_form(Gateway& gateway, CallPtr call) {
    auto input = native::decode_form(call->request->body);
    if (input) input->id = native::path_id<protocol::FormId>(*call);
    return native::post<protocol::Form>(gateway, std::move(call), std::move(input), ops::save_form, 200, native::as_json);
}

Plan read_form(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::FormId>(*call);
    return gateway.look_up<protocol::Form>(
        std::move(call),
        [id](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::read_form(txn, caller, id); },
        [](Gateway& g, const CallPtr& c, protocol::Form& form) { return g.reply(c, 200, native::encode(form)); });
}

Plan list_form_versions(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::FormId>(*call);
    return gateway.look_up<std::vector<store::EarlierForm>>(
        std::move(call),
        [id](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_form_versions(txn, caller, id);
        },
        [](Gateway& g, const CallPtr& c, std::vector<store::EarlierForm>& versions) {
            return g.reply(c, 200, native::encode_items(versions));
        });
}

Plan retire_form(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::FormId>(*call);
    return gateway.write<protocol::Form>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::retire_form(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, protocol::Form& form) { return g.reply(c, 200, native::encode(form)); });
}

Plan list_forms(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{native::query_id(*call, "company")};
    return gateway.look_up<std::vector<protocol::Form>>(
        std::move(call),
        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_forms(txn, caller, company);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Form>& forms) {
            return g.reply(c, 200, native::encode_items(forms));
        });
}

Plan add_department(Gateway& gateway, CallPtr call) {
    auto input = native::decode_department(call->request->body);
    return native::create<protocol::Department>(gateway, std::move(call), std::move(input), ops::add_department, native::as_json);
}

Plan change_department(Gateway& gateway, CallPtr call) {
    auto input = native::decode_department_change(call->request->body);
    const auto id = native::path_id<protocol::DepartmentId>(*call);
    return native::post<protocol::Department>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::DepartmentChange& change) {
            return ops::change_department(txn, context, caller, id, change);
        },
        200, native::as_json);
}

Plan list_departments(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{native::query_id(*call, "company")};
    return gateway.look_up<std::vector<protocol::Department>>(
        std::move(call),
        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_departments(txn, caller, company);
        },
        [](Gateway& g, const CallPtr& c, std::vector<protocol::Department>& all) {
            return g.reply(c, 200, native::encode_items(all));
        });
}

constexpr Route directory_table[] = {
    {Method::get, "/api/v1/directory/companies", "findCompanies", Dialect::native, Access::signed_in, directory},
    {Method::get, "/api/v1/companies", "listCompanies", Dialect::native, Access::signed_in, list_companies},
    {Method::post, "/api/v1/companies", "createCompany", Dialect::native, Access::signed_in, add_company},
    {Method::patch, "/api/v1/companies/{id}", "changeCompany", Dialect::native, Access::signed_in, change_company},
    {Method::get, "/api/v1/forms", "listForms", Dialect::native, Access::signed_in, list_forms},
    {Method::post, "/api/v1/forms", "createForm", Dialect::native, Access::signed_in, add_form},
    {Method::get, "/api/v1/forms/{id}", "getForm", Dialect::native, Access::signed_in, read_form},
    {Method::delete_, "/api/v1/forms/{id}", "retireForm", Dialect::native, Access::signed_in, retire_form},
    {Method::get, "/api/v1/forms/{id}/versions", "listFormVersions", Dialect::native, Access::signed_in, list_form_versions},
    {Method::put, "/api/v1/forms/{id}", "replaceForm", Dialect::native, Access::signed_in, replace_form},
    {Method::get, "/api/v1/departments", "listDepartments", Dialect::native, Access::signed_in, list_departments},
    {Method::patch, "/api/v1/departments/{id}", "changeDepartment", Dialect::native, Access::signed_in, change_department},
    {Method::post, "/api/v1/departments", "createDepartment", Dialect::native, Access::signed_in, add_department},
};

}  // namespace

std::span<const Route> native_directory_routes() {
    return directory_table;
}

}  // namespace entente::api
