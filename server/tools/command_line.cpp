#include "server/tools/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <sstream>

#include "protocol/spelling.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

constexpr std::string_view about =
    "Entente brokers joint support cases between vendors.\n\n"
    "`entente serve` is the gateway. Everything else talks to it: to the one given by --url, to the one that runs on this machine, "
    "or, when that one is stopped, to its data directly.";

constexpr std::string_view afterword = R"(First steps:
  entente login --username ada@brightwater.example
  entente case list
  entente case open --help

Exit codes:
  0 done                    1 refused or invalid    2 wrong usage
  3 no gateway reached      4 not signed in         5 audit log tampered with
  70 fault of program or machine
  75 mail server: try later
  78 configuration wrong)";

// What one command's parser writes into. Filled before parsing; addresses stay, because the vector is sized once.
struct Slot {
    const Option* option = nullptr;
    CLI::Option* parsed = nullptr;
    std::vector<std::string> values;
    bool set = false;
};

// The library's layout, with texts that end where the terminal does.
class Page final : public CLI::Formatter {
  public:
    explicit Page(std::size_t width) : width_(width == 0 ? 80 : width) {
        column_width(34);
        label("REQUIRED", "(required)");
        label("SUBCOMMAND", "COMMAND");
    }
    std::string make_subcommand(const CLI::App* app) const override {
        constexpr std::size_t names = 20;
        return lines(app->get_display_name(true), app->get_description(), names);
    }
    std::string make_option(const CLI::Option* option, bool positional) const override {
        return lines(make_option_name(option, positional) + make_option_opts(option), make_option_desc(option), column_width_);
    }
    std::string make_description(const CLI::App* app) const override {
        return app->get_description().empty() ? std::string() : fold(app->get_description(), width_) + "\n";
    }

  private:
    static std::string fold(std::string_view text, std::size_t width) {
        std::string out;
        for (const std::string& line : wrapped(text, width)) out += (out.empty() ? "" : "\n") + line;
        return out;
    }
    std::string lines(const std::string& name, const std::string& text, std::size_t column) const {
        std::ostringstream out;
        CLI::detail::format_help(out, name, fold(text, width_ > column + 20 ? width_ - column : 20), column);
        return out.str();
    }

    std::size_t width_;
};

struct Entry {
    const Command* command = nullptr;
    CLI::App* app = nullptr;
    std::vector<Slot> slots;
};

void attach(CLI::App& app, Slot& slot) {
    const Option& option = *slot.option;
    const bool positional = option.kind == Option::Kind::argument || option.kind == Option::Kind::rest;
    const std::string name = positional ? option.name : "--" + option.name;
    if (option.kind == Option::Kind::flag) {
        slot.parsed = app.add_flag(name, slot.set, option.help);
        return;
    }
    slot.parsed = app.add_option(name, slot.values, option.help);
    if (option.kind == Option::Kind::value || option.kind == Option::Kind::argument) slot.parsed->expected(1);
    if (option.kind == Option::Kind::list) slot.parsed->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (option.kind == Option::Kind::rest) slot.parsed->expected(1, 1000);
    // Words after an option's value, or after one argument, are further arguments, not further values.
    if (option.kind != Option::Kind::rest) slot.parsed->allow_extra_args(false);
    if (option.required) slot.parsed->required();
    std::string word = positional ? "" : option.word;
    if (!option.choices.empty()) {
        // The library writes what a check describes behind a colon; the choices stand for the value instead.
        CLI::Validator one_of = CLI::IsMember(option.choices);
        slot.parsed->check(one_of.description(""));
        if (word.empty()) word = "{" + CLI::detail::join(option.choices, ",") + "}";
    }
    slot.parsed->type_name(word);
}

CLI::App* folder_for(CLI::App& root, std::string_view path) {
    const std::size_t space = path.find(' ');
    if (space == std::string_view::npos) return &root;
    const std::string noun(path.substr(0, space));
    for (CLI::App* known : root.get_subcommands([](CLI::App*) { return true; })) {
        if (known->get_name() == noun) return known;
    }
    CLI::App* made = root.add_subcommand(noun, "");
    made->require_subcommand(1);
    made->group("Commands");
    return made;
}

// "add, list and 3 more about companies" is worth less than the commands themselves: a noun is described by its verbs.
void describe_nouns(CLI::App& root, const std::vector<Command>& commands) {
    for (CLI::App* noun : root.get_subcommands([](CLI::App*) { return true; })) {
        std::string verbs;
        for (const Command& command : commands) {
            if (!command.path.starts_with(noun->get_name() + " ")) continue;
            if (!verbs.empty()) verbs += ", ";
            verbs += command.path.substr(noun->get_name().size() + 1);
        }
        if (!verbs.empty()) noun->description(verbs);
    }
}

void build(CLI::App& root, std::vector<Entry>& entries, std::size_t width) {
    root.formatter(std::make_shared<Page>(width));
    root.footer(std::string(afterword));
    root.require_subcommand(0, 1);
    root.set_help_flag("-h,--help", "say what this does");
    for (Entry& entry : entries) {
        CLI::App* folder = folder_for(root, entry.command->path);
        const std::size_t space = entry.command->path.find(' ');
        entry.app =
            folder->add_subcommand(entry.command->path.substr(space == std::string::npos ? 0 : space + 1), entry.command->summary);
        entry.app->group("Commands");
        entry.app->footer("Example:\n" + entry.command->example);
        for (Slot& slot : entry.slots) attach(*entry.app, slot);
    }
}

Arguments collect(const Entry& entry) {
    Arguments out;
    for (const Slot& slot : entry.slots) {
        if (slot.parsed->count() == 0) continue;
        out[slot.option->name] = slot.option->kind == Option::Kind::flag ? std::vector<std::string>{"true"} : slot.values;
    }
    return out;
}

// What to say about a word in the place of a command that is none; empty when the words begin with a command, or with an option.
std::string unknown_command(const std::vector<Command>& commands, std::span<const std::string> words) {
    std::string path;
    for (const std::string& word : words) {
        if (word.starts_with('-') || word.empty() || word.size() > 100) return {};
        std::string asked = path;
        asked.append(path.empty() ? "" : " ").append(word);
        std::string best;
        std::size_t least = 3;
        bool folder = false;
        for (const Command& command : commands) {
            if (command.path == asked) return {};
            folder = folder || command.path.starts_with(asked + " ");
            if (!path.empty() && !command.path.starts_with(path + " ")) continue;
            const std::string_view rest = std::string_view(command.path).substr(path.empty() ? 0 : path.size() + 1);
            const std::string_view next = rest.substr(0, rest.find(' '));
            if (const std::size_t off = protocol::edit_distance(word, next); off < least && word != "help") {
                least = off;
                best = next;
            }
        }
        if (!folder) {
            std::string before = "entente";
            before.append(path.empty() ? "" : " ").append(path);
            std::string said = "there is no command '" + printable(asked, Lines::join) + "'";
            if (!best.empty()) said.append("; is it '").append(before).append(" ").append(best).append("'?");
            return said.append("\nNext: ").append(before).append(" --help\n");
        }
        path = asked;
    }
    return {};
}

std::vector<Entry> entries_for(const std::vector<Command>& commands) {
    std::vector<Entry> entries(commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
        entries[i].command = &commands[i];
        std::vector<const Option*> options;
        for (const Option& option : commands[i].options) options.push_back(&option);
        if (commands[i].caller != Caller::nobody) {
            for (const Option& option : common_options()) options.push_back(&option);
        }
        entries[i].slots.resize(options.size());
        for (std::size_t k = 0; k < options.size(); ++k) entries[i].slots[k].option = options[k];
    }
    return entries;
}

int carry_out(const Command& command, Arguments arguments, World& world) {
    const Paint paint(world.err_is_terminal && !world.environment("NO_COLOR"));
    const bool raw = arguments.contains("json");
    try {
        Context context(world, command, std::move(arguments));
        const int code = command.run(context);
        world.out.flush();
        return code;
    } catch (const Refused& refused) {
        if (raw) world.out << refused.problem.body << "\n";
        Problem problem = refused.problem;
        name_options(problem, command);
        world.err << describe(problem, paint);
        return exit_code_of(refused.problem);
    } catch (const Stop& stop) {
        world.err << paint(Ink::red, "entente: ") << printable(stop.what(), Lines::keep) << "\n";
        if (!stop.next_step.empty()) world.err << paint(Ink::bold, "Next:") << " " << stop.next_step << "\n";
        return stop.exit_code;
    } catch (const Unreachable& unreachable) {
        world.err << paint(Ink::red, "No gateway reached: ") << printable(unreachable.what(), Lines::join) << "\n"
                  << paint(Ink::bold, "Next:")
                  << " entente serve   (on the gateway's machine), or --url https://HOST:PORT --ca FILE\n";
        return exit_code::unreachable;
    } catch (const std::exception& fault) {
        world.err << paint(Ink::red, "entente: ") << printable(fault.what(), Lines::join) << "\n";
        return exit_code::broken;
    }
}

}  // namespace

const std::vector<Option>& common_options() {
    static const std::vector<Option> options{
        flag("json", "print the gateway's answer as it came"),
        value("url", "URL", "the gateway, for example https://localhost:8443 (or ENTENTE_URL)"),
        value("ca", "FILE", "certificate authority that vouches for the gateway (or ENTENTE_CA)"),
        value("config", "FILE", "configuration of the gateway on this machine (or ENTENTE_CONFIG)"),
        value("profile", "NAME", "sign-in to use (or ENTENTE_PROFILE; see entente login)"),
        flag("operator", "act as the gateway operator, with the credential in the keys folder"),
    };
    return options;
}

int run(const std::vector<Command>& commands, std::span<const std::string> arguments, World& world) {
    world.commands = &commands;
    CLI::App root{std::string(about), "entente"};
    std::vector<Entry> entries = entries_for(commands);
    bool version = false;
    root.add_flag("--version", version, "print the version");
    build(root, entries, world.width);
    describe_nouns(root, commands);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    if (const auto hint = unknown_command(commands, arguments); !hint.empty()) {
        world.err << "entente: " << hint;
        return exit_code::usage;
    }
    try {
        root.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        const int code = root.exit(error, world.out, world.err);
        return code == 0 ? exit_code::ok : exit_code::usage;
    }
    if (version) {
        world.out << "entente " ENTENTE_VERSION "\n";
        return exit_code::ok;
    }
    for (const Entry& entry : entries) {
        if (entry.app->parsed()) return carry_out(*entry.command, collect(entry), world);
    }
    world.out << root.help();
    return arguments.empty() ? exit_code::usage : exit_code::ok;
}

}  // namespace entente::tools
