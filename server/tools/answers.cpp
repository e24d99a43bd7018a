// Shared reading and printing of the nouns: times, texts from files, lists and objects as tables, names to ids.

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>

#include "protocol/spelling.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

std::string shown(const Value& row, std::string_view path) {
    std::string text = row.text(path);
    if (text == "true") return "yes";
    if (text == "false") return "no";
    return text;
}

Ink ink_for(const Field& field, const std::string& text) {
    const bool says_state = field.path.ends_with("state") || field.path.ends_with("status") || field.path.ends_with("outcome") ||
                            field.path.ends_with("flow") || field.path.ends_with("verdict");
    return says_state ? ink_for_state(text) : Ink::plain;
}

bool named_so(const Value& row, std::string_view named) {
    if (same_ignoring_case(row.text("name"), named) || same_ignoring_case(row.text("domain"), named)) return true;
    return std::ranges::any_of(row.items("aliases"), [&](const Value& alias) { return same_ignoring_case(alias.text(), named); });
}

// How far the words are from what a row is called, by name or alias.
std::size_t slips(const Value& row, std::string_view named) {
    std::size_t least = protocol::edit_distance(lower(row.text("name")), lower(named));
    for (const Value& alias : row.items("aliases"))
        least = std::min(least, protocol::edit_distance(lower(alias.text()), lower(named)));
    return least;
}

// At most three rows that are called nearly so, the nearest first.
std::vector<Value> nearest(const std::vector<Value>& rows, std::string_view named) {
    std::multimap<std::size_t, Value> near;
    const std::size_t most = std::max<std::size_t>(2, named.size() / 4);
    for (const Value& row : rows) {
        const std::size_t off = named.size() > 200 ? most + 1 : slips(row, named);
        if (off <= most && off < named.size()) near.emplace(off, row);
    }
    std::vector<Value> out;
    for (const auto& [off, row] : near)
        if (out.size() < 3) out.push_back(row);
    return out;
}

std::string the_only(const std::vector<Value>& rows, std::string_view named, std::string_view kind,
                     const std::string& list_command) {
    std::vector<Value> found;
    std::ranges::copy_if(rows, std::back_inserter(found), [&](const Value& row) { return named_so(row, named); });
    if (found.size() == 1) return found[0].text("id");
    std::string what = found.empty() ? "no " + std::string(kind) + " is called '" : "several are called '";
    what += std::string(named) + "'";
    const bool many = found.empty() && rows.size() > 12;
    const std::vector<Value> near = many ? nearest(rows, named) : found.empty() ? rows : found;
    if (!near.empty() && near.size() <= 12) {
        what += many ? "; nearest are" : found.empty() ? "; there are" : ":";
        for (const Value& row : near) what += "\n  " + row.text("id") + "  " + row.text("name");
    }
    throw Stop(exit_code::refused, what, list_command);
}

}  // namespace

std::string moment(Context& context, std::string_view option) {
    const std::string word = context.text(option);
    std::int64_t amount = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), amount);
    const std::string_view unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
    if (failure == std::errc() && amount > 0 && amount < 100'000 && (unit == "d" || unit == "h")) {
        return protocol::to_rfc3339(context.world().now().plus_seconds(amount * (unit == "d" ? 86'400 : 3'600)));
    }
    if (const auto whole = protocol::parse_rfc3339(word)) return protocol::to_rfc3339(*whole);
    if (const auto day = protocol::parse_rfc3339(word + "T00:00:00Z")) return protocol::to_rfc3339(*day);
    throw Stop(exit_code::usage,
               "--" + std::string(option) + " takes 30d, 12h, 2027-01-31 or 2027-01-31T18:00:00Z, not '" + word + "'");
}

std::string text_or_file(Context& context, std::string_view option) {
    std::string text = context.text(option);
    if (!text.starts_with('@')) return text;
    return context.world().read_file(text.substr(1));
}

int print_list(Context& context, const Answer& answer, const std::vector<Field>& fields, std::string_view when_empty) {
    if (context.printed_raw(answer)) return exit_code::ok;
    std::vector<std::string> heads;
    heads.reserve(fields.size());
    for (const Field& field : fields) heads.push_back(field.head);
    Table table(heads);
    for (const Value& row : answer.value.items()) {
        std::vector<Cell> cells;
        for (const Field& field : fields) {
            const std::string text = shown(row, field.path);
            cells.emplace_back(text, ink_for(field, text));
        }
        table.row(std::move(cells));
    }
    if (table.empty()) {
        context.note(when_empty);
    } else {
        context.out() << table.print(context.paint(), context.width());
    }
    return exit_code::ok;
}

int print_object(Context& context, const Answer& answer, const std::vector<Field>& fields) {
    if (context.printed_raw(answer)) return exit_code::ok;
    Facts facts;
    for (const Field& field : fields) {
        const std::string text = shown(answer.value, field.path);
        facts.add(field.head, text, ink_for(field, text));
    }
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

Value find_row(Context& context, const std::string& target, std::string_view member, std::string_view named,
               std::string_view kind) {
    const Answer answer = context.get(target);
    for (const Value& row : answer.value.items()) {
        if (row.text("id") == named || same_ignoring_case(row.text(member), named)) return row;
    }
    throw Stop(exit_code::refused, "no " + std::string(kind) + " is called '" + std::string(named) + "'",
               "entente " + std::string(kind) + " list");
}

void add_texts(protocol::JsonWriter& json, const Context& context, const std::vector<Member>& members) {
    for (const Member& member : members) {
        if (context.given(member.option)) json.member(member.name, context.text(member.option));
    }
}

void add_list(protocol::JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).array();
    for (const std::string& text : texts) json.value(text);
    json.end();
}

void add_company(protocol::JsonWriter& json, Context& context) {
    if (context.given("company")) json.key("company").raw(company_id(context, context.text("company")));
}

std::string of_company(Context& context, const std::string& target) {
    return context.given("company") ? target + "?company=" + company_id(context, context.text("company")) : target;
}

Option company_option() {
    return value("company", "COMPANY", "id, name or domain (the operator says whose)");
}

certs::Secret password(Context& context, std::string_view option, const std::string& prompt, bool twice) {
    if (context.given(option)) {
        const std::string content = context.world().read_file(context.text(option));
        return certs::Secret::from_text(content.substr(0, content.find_first_of("\r\n")));
    }
    certs::Secret first = context.world().ask_secret(prompt + ": ");
    if (!twice) return first;
    const certs::Secret second = context.world().ask_secret("Again: ");
    if (!std::ranges::equal(first.bytes(), second.bytes()))
        throw Stop(exit_code::usage, "the two passwords differ; nothing was changed");
    return first;
}

std::string company_id(Context& context, std::string_view named) {
    if (is_number(named)) return std::string(named);
    const Answer found = context.get("/api/v1/directory/companies?query=" + url_encoded(named));
    if (!found.value.items().empty()) return the_only(found.value.items(), named, "company", "entente company search ''");
    // The directory leaves hidden companies out; whoever may list all of them can still name one.
    const Answer all = context.attempt(api::Method::get, "/api/v1/companies");
    return the_only(all.value.items(), named, "company", "entente company search ''");
}

std::string customer_id(Context& context, std::string_view named) {
    if (is_number(named)) return std::string(named);
    return the_only(context.get("/api/v1/customers").value.items(), named, "customer", "entente customer list");
}

std::string customers_meant(Context& context, std::string_view named) {
    const Answer answer = context.attempt(api::Method::get, "/api/v1/customers");
    if (!answer.good()) return {};
    std::string names;
    for (const Value& row : nearest(answer.value.items(), named)) names += (names.empty() ? "" : ", ") + row.text("name");
    if (names.empty()) return {};
    return "No customer is called '" + printable(named, Lines::join) + "'. Nearest: " + printable(names, Lines::join);
}

Names Names::of_companies(Context& context) {
    Names out;
    for (const char* target : {"/api/v1/companies", "/api/v1/directory/companies?query="}) {
        const Answer answer = context.attempt(api::Method::get, target);
        if (!answer.good()) continue;
        for (const Value& row : answer.value.items()) out.names_[row.text("id")] = row.text("name");
    }
    return out;
}

Names Names::of_customers(Context& context) {
    Names out;
    const Answer answer = context.attempt(api::Method::get, "/api/v1/customers");
    for (const Value& row : answer.value.items()) out.names_[row.text("id")] = row.text("name");
    return out;
}

std::string Names::operator()(const Value& ids) const {
    std::vector<Value> each = ids.items();
    if (each.empty() && ids.present()) each.push_back(ids);
    std::string out;
    for (const Value& id : each) {
        const auto found = names_.find(id.text());
        out += (out.empty() ? "" : ", ") + (found == names_.end() ? id.text() : found->second + " (" + id.text() + ")");
    }
    return out;
}

}  // namespace entente::tools
