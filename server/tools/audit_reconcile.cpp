// entente audit reconcile and case acknowledge: what was sent and never taken, like the statement of a bank.

#include <array>
#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

int reconcile(Context& context) {
    std::string target = "/api/v1/audit/reconciliation?";
    if (context.given("partner")) target += "partner=" + company_id(context, context.text("partner")) + "&";
    if (context.given("since")) target += "since=" + url_encoded(moment(context, "since")) + "&";
    if (context.given("until")) target += "until=" + url_encoded(moment(context, "until")) + "&";
    if (!context.flag("all")) target += "open=true&";
    constexpr std::array<const char*, 4> counted{"sent", "sentOpen", "received", "receivedOpen"};
    std::array<std::int64_t, 4> totals{};
    Table table({"DIRECTION", "TIME", "CASE", "PARTNER", "WHAT", "TAKEN"});
    const Names names = context.json() ? Names() : Names::of_companies(context);
    std::string next;
    for (bool more = true; more;) {
        std::string asked = target;
        if (!next.empty()) asked.append("first=").append(next);
        const Answer page = context.get(asked);
        if (context.json()) context.out() << page.body << "\n";
        for (std::size_t i = 0; i < counted.size(); ++i) totals[i] += page.value.number(counted[i]).value_or(0);
        for (const Value& row : page.value.items("items")) {
            const bool taken = row.at("taken").present();
            table.row({row.text("direction"), row.text("time"), row.text("case"), names(row.at("partner")), row.text("event"),
                       taken ? Cell(row.text("taken.how") + " " + row.text("taken.time")) : Cell("open", Ink::red)});
        }
        more = page.value.at("next").present();
        next = page.value.text("next");
    }
    if (context.json()) return exit_code::ok;
    if (!table.empty()) context.out() << table.print(context.paint(), context.width());
    context.out() << "Sent " << totals[0] << ", of which " << totals[1] << " never taken; received " << totals[2] << ", of which "
                  << totals[3] << " never taken\n";
    return exit_code::ok;
}

int acknowledge(Context& context) {
    protocol::JsonWriter body;
    body.object().member_if("through", context.number("through"));
    const Answer answer =
        context.post("/api/v1/cases/" + url_encoded(context.text("TOKEN")) + "/acknowledgement", body.end().take());
    return print_object(context, answer, {{"case", "token"}, {"acknowledged", "time"}});
}

}  // namespace

std::vector<Command> reconcile_commands() {
    return {
        {.path = "audit reconcile",
         .summary = "List what was sent and never taken, in both directions",
         .example = "  entente audit reconcile --partner 'Keplin Networks' --since 7d\n  entente audit reconcile --all",
         .options = {value("partner", "COMPANY", "with this company only: id, name or domain"),
                     value("since", "TIME", "from then on"), value("until", "TIME", "before then"),
                     flag("all", "also what was taken")},
         .run = reconcile},
        {.path = "case acknowledge",
         .summary = "Say that your company took over everything in a case so far",
         .example = "  entente case acknowledge Hq2sV8nT0LkYp5cWd3aB --through 4711",
         .options = {argument("TOKEN", "the case"),
                     value("through", "INDEX",
                           "up to this index of the statement or cursor of the feed; without: everything so far")},
         .run = acknowledge},
    };
}

}  // namespace entente::tools
