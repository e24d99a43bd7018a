// entente config check, show, help, example: the gateway's settings.

#include <ostream>

#include "server/config.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

Config config_named(Context& context, std::string& file) {
    file = context.text("FILE", context.text("config"));
    if (file.empty()) file = context.world().environment("ENTENTE_CONFIG").value_or("");
    if (file.empty()) {
        const std::optional<Places> places = find_places("");
        if (!places) throw Stop(exit_code::configuration, "no configuration was found", "entente config example > entente.toml");
        file = places->config_file.string();
    }
    protocol::Result<Config> config = load_config(file);
    if (!config) throw Stop(exit_code::configuration, config.error().message, "entente config help");
    return std::move(*config);
}

int check(Context& context) {
    std::string file;
    config_named(context, file);
    context.out() << file << " is in order\n";
    return exit_code::ok;
}

int show(Context& context) {
    std::string file;
    const Config config = config_named(context, file);
    Table table({"SETTING", "VALUE", "MEANING"});
    for (const ConfigLine& line : config_lines(config)) table.row({line.key, line.value, line.sentence});
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int help(Context& context) {
    context.out() << (context.flag("markdown") ? config_manual() : config_help());
    return exit_code::ok;
}

int example(Context& context) {
    context.out() << config_sample();
    return exit_code::ok;
}

}  // namespace

std::vector<Command> config_commands() {
    const std::vector<Option> which{optional_argument("FILE", "the configuration"), value("config", "FILE", "the same")};
    return {
        {.path = "config check",
         .summary = "Say what is wrong with a configuration; exit code 78 if anything is",
         .example = "  entente config check /etc/entente/entente.toml",
         .caller = Caller::nobody,
         .options = which,
         .run = check},
        {.path = "config show",
         .summary = "Show every setting with the value in force",
         .example = "  entente config show data/entente.toml",
         .caller = Caller::nobody,
         .options = which,
         .run = show},
        {.path = "config help",
         .summary = "Explain every setting",
         .example = "  entente config help | less",
         .caller = Caller::nobody,
         .options = {flag("markdown", "as a page of the manual")},
         .run = help},
        {.path = "config example",
         .summary = "Print a file with every default as a comment",
         .example = "  entente config example > entente.toml",
         .caller = Caller::nobody,
         .options = {},
         .run = example},
    };
}

}  // namespace entente::tools
