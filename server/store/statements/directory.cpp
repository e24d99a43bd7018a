#include "server/store/statements/directory.hpp"

#include "server/store/critical_rows.hpp"

namespace entente::store {

using protocol::Company;
using protocol::CompanyId;
using protocol::Department;
using protocol::Instant;

namespace {

constexpr std::string_view company_columns =
    "id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes, low_minutes,"
    " asks_customers";

Company read_company(const Row& row) {
    Company company;
    company.id = {row.number(0)};
    company.name = row.text(1);
    company.description = row.text(2);
    company.domain = row.text(3);
    company.active = row.number(4) != 0;
    company.hidden = row.number(5) != 0;
    company.injected_field = row.number(6) != 0;
    company.asks_customers = row.number(10) != 0;
    company.targets = {static_cast<int>(row.number(7)), static_cast<int>(row.number(8)), static_cast<int>(row.number(9))};
    return company;
}

Department read_department(const Row& row) {
    Department department{.id = {row.number(0)},
                          .company = {row.number(1)},
                          .name = std::string(row.text(2)),
                          .form = {row.number(3)},
                          .tags = {},
                          .active = row.number(5) != 0};
    std::string_view tags = row.text(4);  // one a line
    while (!tags.empty()) {
        const std::size_t end = std::min(tags.find('\n'), tags.size());
        department.tags.emplace_back(tags.substr(0, end));
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return department;
}

std::string joined_tags(const Department& d) {
    std::string tags;
    for (const std::string& tag : d.tags) tags += tag + '\n';
    return tags;
}

}  // namespace

std::int64_t directory_version(ReadTxn& txn) {
    return txn.first("SELECT version FROM directory_version WHERE id = 1", {}, [](const Row& row) { return row.number(0); })
        .value_or(0);
}

void directory_moved(Txn& txn) {
    txn.change("UPDATE directory_version SET version = version + 1 WHERE id = 1", {});
}

std::int64_t fresh_id(ReadTxn& txn, std::string_view table, const std::function<std::uint64_t()>& draw) {
    const std::string sql = "SELECT 1 FROM " + std::string(table) + " WHERE id = $1";
    for (;;) {
        const auto id = static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1;
        if (!txn.first(sql, {id}, [](const Row&) { return true; })) return id;
    }
}

void insert_company(Txn& txn, const Company& c, Instant now) {
    touch(txn, Critical::company, c.id.value);
    txn.change(
        "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes,"
        " low_minutes, created_at, asks_customers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {c.id.value, c.name, c.description, c.domain, c.active, c.hidden, c.injected_field, c.targets.high_minutes,
         c.targets.medium_minutes, c.targets.low_minutes, now.us, c.asks_customers});
    directory_moved(txn);
}

void update_company(Txn& txn, const Company& c) {
    touch(txn, Critical::company, c.id.value);
    txn.change(
        "UPDATE companies SET name = $2, description = $3, domain = $4, active = $5, hidden = $6, injected_field = $7,"
        " high_minutes = $8, medium_minutes = $9, low_minutes = $10, asks_customers = $11 WHERE id = $1",
        {c.id.value, c.name, c.description, c.domain, c.active, c.hidden, c.injected_field, c.targets.high_minutes,
         c.targets.medium_minutes, c.targets.low_minutes, c.asks_customers});
    directory_moved(txn);
}

std::optional<Company> find_company(ReadTxn& txn, CompanyId id) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies WHERE id = $1";
    auto company = txn.first(sql, {id.value}, read_company);
    if (company) check_row(txn, Critical::company, id.value);
    return company;
}

std::optional<Company> find_company_by_domain(ReadTxn& txn, std::string_view domain) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies WHERE domain = $1";
    return txn.first(sql, {domain}, read_company);
}

std::vector<Company> all_companies(ReadTxn& txn) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies ORDER BY name";
    std::vector<Company> companies;
    txn.each(sql, {}, [&](const Row& row) { companies.push_back(read_company(row)); });
    return companies;
}

void insert_department(Txn& txn, const Department& d) {
    txn.change("INSERT INTO departments (id, company, name, form, tags, active) VALUES ($1, $2, $3, $4, $5, $6)",
               {d.id.value, d.company.value, d.name, d.form.value, joined_tags(d), d.active});
    directory_moved(txn);
}

void update_department(Txn& txn, const Department& d) {
    txn.change("UPDATE departments SET name = $2, form = $3, tags = $4, active = $5 WHERE id = $1",
               {d.id.value, d.name, d.form.value, joined_tags(d), d.active});
    directory_moved(txn);
}

std::vector<Department> departments_of(ReadTxn& txn, CompanyId company) {
    std::vector<Department> departments;
    txn.each("SELECT id, company, name, form, tags, active FROM departments WHERE company = $1 ORDER BY name", {company.value},
             [&](const Row& row) { departments.push_back(read_department(row)); });
    return departments;
}

std::vector<Department> all_departments(ReadTxn& txn) {
    std::vector<Department> departments;
    txn.each("SELECT id, company, name, form, tags, active FROM departments ORDER BY name", {},
             [&](const Row& row) { departments.push_back(read_department(row)); });
    return departments;
}

std::optional<Department> find_department(ReadTxn& txn, protocol::DepartmentId id) {
    return txn.first("SELECT id, company, name, form, tags, active FROM departments WHERE id = $1", {id.value}, read_department);
}

}  // namespace entente::store
