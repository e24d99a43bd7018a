#include "server/tools/onboarding.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <toml++/toml.h>

#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

struct Mistakes {
    std::string file;
    std::vector<protocol::Violation> list;

    void add(const toml::node& at, const std::string& key, const std::string& what) {
        list.push_back({key, "invalid", file + ":" + std::to_string(at.source().begin.line) + ": " + key + ": " + what});
    }
};

// Reads one table and complains about what nobody asked for.
class Reader {
  public:
    Reader(const toml::table& table, Mistakes& mistakes, std::string where)
        : table_(table), mistakes_(mistakes), where_(std::move(where)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    ~Reader() {
        for (const auto& [key, node] : table_) {
            const std::string name(key.str());
            if (!known_.contains(name)) mistakes_.add(node, path(name), "there is no such key");
        }
    }

    std::string text(const std::string& key, bool required = false) {
        const toml::node* node = get(key, required);
        if (node == nullptr) return {};
        const auto* value = node->as_string();
        if (value == nullptr) return mistakes_.add(*node, path(key), "a text in quotes is needed"), std::string();
        if (required && trimmed(value->get()).empty()) mistakes_.add(*node, path(key), "it must not be empty");
        return value->get();
    }

    std::string one_of(const std::string& key, const std::vector<std::string>& words, const std::string& otherwise) {
        std::string word = text(key);
        if (word.empty()) return otherwise;
        if (std::ranges::find(words, word) != words.end()) return word;
        std::string all;
        for (const std::string& each : words) all += (all.empty() ? "" : ", ") + each;
        mistakes_.add(*table_.get(key), path(key), "'" + word + "' is none of " + all);
        return otherwise;
    }

    bool truth(const std::string& key) {
        const toml::node* node = get(key, false);
        if (node == nullptr) return false;
        const auto value = node->as_boolean();
        if (value == nullptr) mistakes_.add(*node, path(key), "true or false is needed");
        return value != nullptr && value->get();
    }

    int number(const std::string& key, int otherwise) {
        const toml::node* node = get(key, false);
        if (node == nullptr) return otherwise;
        const auto* value = node->as_integer();
        if (value != nullptr && value->get() > 0 && value->get() <= 1'000'000) return static_cast<int>(value->get());
        mistakes_.add(*node, path(key), "a whole number from 1 to 1000000 is needed");
        return otherwise;
    }

    std::vector<std::string> texts(const std::string& key) {
        std::vector<std::string> out;
        const toml::node* node = get(key, false);
        if (node == nullptr) return out;
        const toml::array* list = node->as_array();
        if (list == nullptr) return mistakes_.add(*node, path(key), "a list of texts is needed"), out;
        for (const toml::node& element : *list) {
            if (const auto* value = element.as_string())
                out.push_back(value->get());
            else
                mistakes_.add(element, path(key), "only texts belong into this list");
        }
        return out;
    }

    template <class Read>
    void each(const std::string& key, Read read) {
        const toml::node* node = get(key, false);
        if (node == nullptr) return;
        const toml::array* list = node->as_array();
        if (list == nullptr) return mistakes_.add(*node, path(key), "write it as [[" + path(key) + "]]");
        for (const toml::node& element : *list) {
            if (const toml::table* table = element.as_table()) {
                Reader reader(*table, mistakes_, path(key));
                read(reader);
            } else {
                mistakes_.add(element, path(key), "a table is needed");
            }
        }
    }

    template <class Read>
    bool inside(const std::string& key, Read read) {
        const toml::node* node = get(key, false);
        if (node == nullptr) return false;
        const toml::table* table = node->as_table();
        if (table == nullptr) return mistakes_.add(*node, path(key), "a table is needed"), false;
        Reader reader(*table, mistakes_, path(key));
        read(reader);
        return true;
    }

    void complain(const std::string& key, const std::string& what) {
        const toml::node* node = table_.get(key);
        mistakes_.add(node == nullptr ? table_ : *node, path(key), what);
    }

  private:
    const toml::node* get(const std::string& key, bool required) {
        known_.insert(key);
        const toml::node* node = table_.get(key);
        if (node == nullptr && required) mistakes_.add(table_, path(key), "it is missing");
        return node;
    }
    std::string path(const std::string& key) const { return where_.empty() ? key : where_ + "." + key; }

    const toml::table& table_;
    Mistakes& mistakes_;
    std::string where_;
    std::set<std::string> known_;
};

protocol::FormField read_field(Reader& in, int order) {
    protocol::FormField field;
    field.label = in.text("label", true);
    const std::string section = in.one_of("section", {"contact", "problem", "customer"}, "problem");
    field.section = section == "contact"    ? protocol::Section::contact
                    : section == "customer" ? protocol::Section::common_customer
                                            : protocol::Section::problem;
    const std::vector<std::string> types{"STRING", "TEXT", "EMAIL", "PHONE", "INTEGER", "URL", "SELECT", "TIERSELECT", "HIDDEN"};
    field.type = protocol::parse_field_type(in.one_of("type", types, "STRING")).value_or(protocol::FieldType::string);
    field.options = in.texts("options");
    field.selections = selection_tree(in.texts("paths"));
    if (field.type == protocol::FieldType::select && field.options.empty()) in.complain("options", "a SELECT needs its choices");
    if (field.type == protocol::FieldType::tierselect && field.selections.empty())
        in.complain("paths", "a TIERSELECT needs its paths");
    field.display_order = in.number("order", order);
    field.validation_rules = in.text("validation_rules");
    field.required = in.truth("required");
    const std::string data_class = in.text("class");
    if (const auto parsed = protocol::parse_data_class(data_class))
        field.data_class = *parsed;
    else if (!data_class.empty())
        in.complain("class", "there is no data class '" + data_class + "'");
    const std::string stage = in.text("stage");
    if (const auto parsed = protocol::parse_stage(stage))
        field.stage = *parsed;
    else if (!stage.empty())
        in.complain("stage", "'" + stage + "' is none of release, acceptance, never");
    field.identifies_customer = in.truth("identifies_customer");
    return field;
}

FormPlan read_form(Reader& in) {
    FormPlan form;
    form.admin_note = in.text("admin_note");
    form.escalation_instructions = in.text("escalation_instructions");
    std::set<std::string> labels;
    in.each("field", [&](Reader& field) {
        form.fields.push_back(read_field(field, static_cast<int>(form.fields.size() + 1) * 10));
        if (!labels.insert(form.fields.back().label).second) field.complain("label", "this form has that label already");
    });
    return form;
}

UserPlan read_user(Reader& in) {
    UserPlan user;
    user.username = in.text("username", true);
    user.first_name = in.text("first_name", true);
    user.last_name = in.text("last_name", true);
    user.email = in.text("email", true);
    user.phone = in.text("phone");
    user.phone_country = in.text("phone_country");
    user.city = in.text("city");
    user.role = in.one_of("role", {"engineer", "compliance", "administrator", "auditor"}, "engineer");
    user.password = in.text("password");
    return user;
}

CustomerPlan read_customer(Reader& in) {
    CustomerPlan customer;
    customer.name = in.text("name", true);
    customer.aliases = in.texts("aliases");
    customer.domains = in.texts("domains");
    in.each("contact",
            [&](Reader& contact) { customer.contacts.push_back({contact.text("name", true), contact.text("email", true)}); });
    return customer;
}

void read_company(Reader& in, CompanyPlan& company) {
    company.name = in.text("name", true);
    company.domain = in.text("domain", true);
    company.description = in.text("description");
    company.hidden = in.truth("hidden");
    company.injected_field = in.truth("injected_field");
    in.inside("response_minutes", [&](Reader& targets) {
        company.targets = {.high_minutes = targets.number("high", company.targets.high_minutes),
                           .medium_minutes = targets.number("medium", company.targets.medium_minutes),
                           .low_minutes = targets.number("low", company.targets.low_minutes)};
    });
}

// Everything beside [company] and [[agreement]] belongs to the company.
void read_belongings(Reader& in, CompanyPlan& company) {
    in.inside("form", [&](Reader& form) { company.form = read_form(form); });
    in.each("department", [&](Reader& each) {
        DepartmentPlan department{.name = each.text("name", true), .tags = each.texts("tags"), .form = {}};
        each.inside("form", [&](Reader& form) { department.form = read_form(form); });
        company.departments.push_back(std::move(department));
    });
    in.each("user", [&](Reader& each) { company.users.push_back(read_user(each)); });
    in.each("client", [&](Reader& each) {
        company.clients.push_back({.name = each.text("name", true),
                                   .role = each.one_of("role", {"api_client", "auditor"}, "api_client"),
                                   .certificate_uri = each.text("certificate_uri")});
    });
    in.each("customer", [&](Reader& each) { company.customers.push_back(read_customer(each)); });
}

std::string read_time(Reader& in, const std::string& key) {
    const std::string text = in.text(key);
    if (text.empty()) return {};
    std::optional<protocol::Instant> instant = protocol::parse_rfc3339(text);
    if (!instant) instant = protocol::parse_rfc3339(text + "T00:00:00Z");
    if (!instant) in.complain(key, "a date in quotes is needed: \"2027-01-31\" or \"2027-01-31T18:00:00Z\"");
    return instant ? protocol::to_rfc3339(*instant) : std::string();
}

AgreementPlan read_agreement(Reader& in) {
    AgreementPlan agreement;
    agreement.title = in.text("title", true);
    agreement.document_version = in.text("document_version", true);
    agreement.document = in.text("document", true);
    agreement.parties = in.texts("parties");
    if (agreement.parties.size() < 2) in.complain("parties", "an agreement has two parties or more, named by mail domain");
    agreement.valid_from = read_time(in, "valid_from");
    agreement.valid_until = read_time(in, "valid_until");
    agreement.classes = in.texts("classes");
    for (const std::string& name : agreement.classes) {
        if (!protocol::parse_data_class(name)) in.complain("classes", "there is no data class '" + name + "'");
    }
    agreement.purpose = in.text("purpose");
    if (agreement.purpose.empty()) agreement.purpose = "support";
    agreement.assurance = in.one_of("assurance", {"attested", "recorded", "confirmed", "signed"}, "recorded");
    in.each("acceptance", [&](Reader& each) {
        agreement.acceptances.push_back({each.text("company", true), each.text("signatory", true), each.text("reason")});
    });
    return agreement;
}

template <class Plan, class Read>
protocol::Result<Plan> parse(std::string_view text, std::string_view file, Read read) {
    Mistakes mistakes{std::string(file), {}};
    Plan plan;
    try {
        const toml::table table = toml::parse(text, file);
        Reader reader(table, mistakes, "");
        read(reader, plan);
    } catch (const toml::parse_error& error) {
        mistakes.list.push_back(
            {"", "not_toml",
             std::string(file) + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description())});
    }
    if (mistakes.list.empty()) return plan;
    protocol::Error error{
        .kind = protocol::ErrorKind::invalid, .code = "onboarding_invalid", .message = {}, .violations = mistakes.list};
    for (const protocol::Violation& each : mistakes.list) error.message += (error.message.empty() ? "" : "\n") + each.message;
    return std::unexpected(std::move(error));
}

// The own API spells a tree as its paths: "Array:Controller:Firmware".
void write_paths(protocol::JsonWriter& json, const std::vector<protocol::Selection>& selections, const std::string& before) {
    for (const protocol::Selection& each : selections) {
        const std::string path = before.empty() ? each.value : before + ":" + each.value;
        if (each.children.empty()) json.value(path);
        write_paths(json, each.children, path);
    }
}

}  // namespace

protocol::Result<Onboarding> parse_onboarding(std::string_view text, std::string_view file) {
    return parse<Onboarding>(text, file, [](Reader& in, Onboarding& plan) {
        CompanyPlan company;
        const bool there = in.inside("company", [&](Reader& table) { read_company(table, company); });
        if (there) {
            read_belongings(in, company);
            plan.company = std::move(company);
        }
        in.each("agreement", [&](Reader& each) { plan.agreements.push_back(read_agreement(each)); });
        if (!there && plan.agreements.empty()) in.complain("company", "a plan needs [company], [[agreement]] or both");
    });
}

protocol::Result<FormPlan> parse_form(std::string_view text, std::string_view file) {
    return parse<FormPlan>(text, file, [](Reader& in, FormPlan& form) { form = read_form(in); });
}

void write_form(protocol::JsonWriter& json, const FormPlan& form) {
    json.member("adminNote", form.admin_note).member("escalationInstructions", form.escalation_instructions);
    json.key("fields").array();
    for (const protocol::FormField& field : form.fields) {
        json.object().member("section", protocol::name(field.section)).member("label", field.label);
        json.member("type", protocol::name(field.type)).key("options").array();
        for (const std::string& option : field.options) json.value(option);
        json.end().key("selections").array();
        write_paths(json, field.selections, {});
        json.end().member("displayOrder", field.display_order);
        if (!field.validation_rules.empty()) json.member("validationRules", field.validation_rules);
        json.member("required", field.required).member("dataClass", protocol::name(field.data_class));
        json.member("stage", protocol::name(field.stage)).member("identifiesCustomer", field.identifies_customer).end();
    }
    json.end();
}

std::vector<protocol::Selection> selection_tree(const std::vector<std::string>& paths) {
    std::vector<protocol::Selection> roots;
    for (const std::string& path : paths) {
        std::vector<protocol::Selection>* level = &roots;
        std::istringstream parts(path);
        for (std::string part; std::getline(parts, part, ':');) {
            const std::string label(trimmed(part));
            auto found = std::ranges::find(*level, label, &protocol::Selection::value);
            if (found == level->end()) found = level->insert(level->end(), {label, {}});
            level = &found->children;
        }
    }
    return roots;
}

}  // namespace entente::tools
