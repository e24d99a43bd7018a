// entente subject export: everything that the gateway holds about somebody, for an answer to a data subject.

#include <filesystem>
#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

std::string question(Context& context, const std::string& after) {
    protocol::JsonWriter json;
    json.object();
    if (context.given("customer")) {
        json.key("customer").raw(customer_id(context, context.text("customer")));
    } else {
        std::vector<std::string> terms = context.all("name");
        for (const std::string& mail : context.all("mail")) terms.push_back(mail);
        if (terms.empty()) throw Stop(exit_code::usage, "say whom: --mail, --name or --customer");
        add_list(json, "terms", terms);
    }
    if (!after.empty()) json.key("after").raw(after);
    return json.end().take();
}

int run_export(Context& context) {
    const std::string file = context.text("out");
    // Before anything is looked up, which the log records.
    if (!file.empty() && std::filesystem::exists(file))
        throw Stop(exit_code::usage, file + " exists already; nothing is overwritten");
    protocol::JsonWriter all;
    all.object().key("items").array();
    std::size_t found = 0;
    for (std::string after;;) {
        const Answer page = context.post("/api/v1/subjects/search", question(context, after));
        for (const Value& item : page.value.items()) {
            all.raw(item.serialized());
            ++found;
        }
        after = page.value.text("next");
        if (after.empty()) break;
        context.note("  " + std::to_string(found) + " places so far");
    }
    const std::string text = all.end().end().take() + "\n";
    if (file.empty()) {
        context.out() << text;
    } else {
        context.world().write_new_file(file, text);
        context.note(std::to_string(found) + " places written to " + file + "; it holds personal data in the clear");
    }
    return exit_code::ok;
}

}  // namespace

std::vector<Command> subject_commands() {
    return {
        {.path = "subject export",
         .summary = "Collect what your company holds about a person or a customer",
         .example = "  entente subject export --mail mei@harbourline.example --name 'Mei Tanaka' --out tanaka.json\n"
                    "  entente subject export --customer 'Harbourline Shipping' --out harbourline.json",
         .caller = Caller::person,
         .options = {several("mail", "MAIL", "a mail address of the person"),
                     several("name", "NAME", "a name, as it stands in texts"),
                     value("customer", "CUSTOMER", "instead: everything of this customer"),
                     value("out", "FILE", "a new file, for you alone; otherwise to the terminal")},
         .run = run_export},
    };
}

}  // namespace entente::tools
