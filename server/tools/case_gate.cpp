// entente case gate, preview, customer: what the three keys say about a case, what the partner sees, whose case it is.

#include <ostream>

#include "server/tools/case_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

std::string joined(const Value& object) {
    std::string out;
    for (const std::string& name : object.names()) out += (out.empty() ? "" : ", ") + name + " " + object.text(name);
    return out;
}

int gate(Context& context) {
    const Answer answer = context.get(native_case_path(context, "/gate"));
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& gate = answer.value;
    Facts facts;
    facts.add("flow", gate.text("flow"), ink_for_state(gate.text("flow")));
    facts.add("verdict", gate.text("verdict"), ink_for_state(gate.text("verdict")));
    facts.add("reason", gate.text("reason"));
    facts.add("says", gate.text("text"));
    facts.add("agreement", gate.text("agreement", gate.text("agreement.id")));
    facts.add("authorization", gate.text("authorization", gate.text("authorization.id")));
    facts.add("customer", gate.text("customer", gate.text("customer.name")));
    facts.add("released classes", gate.text("releasedClasses"));
    std::string withheld;
    for (const Value& each : gate.items("withheldFields")) {
        withheld += (withheld.empty() ? "" : "\n") + each.text("label") + " (" + each.text("reason") + ")";
    }
    facts.add("withheld", withheld);
    facts.add("masked", joined(gate.at("masked")));
    context.out() << facts.print(context.paint(), context.width());
    context.out() << next_line(gate.text("nextStep"), context.paint());
    return exit_code::ok;
}

int preview(Context& context) {
    const Answer answer = context.get(native_case_path(context, "/preview"));
    context.note("As the partner sees it:\n");
    return print_case(context, answer, Hint::none);
}

int customer(Context& context) {
    protocol::JsonWriter json;
    json.object().key("customer").raw(customer_id(context, context.text("customer"))).end();
    const Answer answer = context.post(native_case_path(context, "/customer"), json.take());
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "The case is " << context.text("customer") << "'s now.\n";
    const Answer state = context.attempt(api::Method::get, native_case_path(context, "/gate"));
    if (state.good()) print_gate(context, state.value);
    return exit_code::ok;
}

}  // namespace

std::vector<Command> case_gate_commands() {
    const Option token = argument("TOKEN", "the case");
    return {
        {.path = "case gate",
         .summary = "Say what the three keys say: agreement, authorization, minimisation",
         .example = "  entente case gate Hq2sV8nT0LkYp5cWd3aB",
         .caller = Caller::person,
         .options = {token},
         .run = gate},
        {.path = "case preview",
         .summary = "Show your case exactly as the partner sees or would see it",
         .example = "  entente case preview Hq2sV8nT0LkYp5cWd3aB",
         .caller = Caller::person,
         .options = {token},
         .run = preview},
        {.path = "case customer",
         .summary = "Say whose case it is, where the form's text left it open",
         .example = "  entente case customer Hq2sV8nT0LkYp5cWd3aB --customer HLS",
         .caller = Caller::person,
         .options = {token, needed("customer", "CUSTOMER", "id, name or alias")},
         .run = customer},
    };
}

}  // namespace entente::tools
