// Shell completion from the table of commands: nouns, verbs, options, choices, files.

#include <ostream>

#include "server/tools/command_line.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

std::string options_of(const Command& command) {
    std::string out;
    const auto add = [&](const Option& option) {
        const bool word = option.kind == Option::Kind::argument || option.kind == Option::Kind::rest;
        if (!word) out += "--" + option.name + " ";
        for (const std::string& each : word ? option.choices : std::vector<std::string>()) out += each + " ";
    };
    for (const Option& option : command.options) add(option);
    if (command.caller != Caller::nobody) {
        for (const Option& option : common_options()) add(option);
    }
    return out + "--help";
}

std::string choice_cases(const Command& command) {
    std::string out;
    for (const Option& option : command.options) {
        if (option.choices.empty()) continue;
        std::string words;
        for (const std::string& word : option.choices) words += (words.empty() ? "" : " ") + word;
        out += "    '" + command.path + " --" + option.name + "') words='" + words + "' ;;\n";
    }
    return out;
}

// bash: the noun and verb are the first two words that are no options.
std::string bash_script(const std::vector<Command>& commands) {
    std::string nouns, verbs, options, choices;
    for (const Command& command : commands) {
        const std::size_t space = command.path.find(' ');
        const std::string noun = command.path.substr(0, space);
        if ((" " + nouns + " ").find(" " + noun + " ") == std::string::npos) nouns += (nouns.empty() ? "" : " ") + noun;
        options += "    '" + command.path + "') words='" + options_of(command) + "' ;;\n";
        choices += choice_cases(command);
    }
    std::string noun_cases, seen = " ";
    for (const Command& command : commands) {
        const std::size_t space = command.path.find(' ');
        if (space == std::string::npos) continue;
        const std::string noun = command.path.substr(0, space);
        if (seen.find(" " + noun + " ") != std::string::npos) continue;
        seen += noun + " ";
        verbs.clear();
        for (const Command& other : commands) {
            if (!other.path.starts_with(noun + " ")) continue;
            if (!verbs.empty()) verbs += " ";
            verbs += other.path.substr(space + 1);
        }
        noun_cases.append("    '").append(noun).append("') words='").append(verbs).append(" --help' ;;\n");
    }
    return R"(# Completion of entente for bash. Load it with:  source <(entente completion bash)
_entente() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= words= index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "${COMP_WORDS[index]}" in -*) break ;; esac
    path="${path:+$path }${COMP_WORDS[index]}"
    case "$path" in *' '*) break ;; esac
  done
  case "$path $previous" in
)" + choices +
           R"(    *) ;;
  esac
  if [ -n "$words" ]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); return; fi
  case "$previous" in
    --ca|--config|--password-file|--secret-file|--secrets|--file|--csr) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  case "$path" in
    '') words=')" +
           nouns + R"( --help --version' ;;
)" + noun_cases +
           options +
           R"(    *) ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _entente entente
)";
}

int print_completion(Context& context) {
    context.out() << completion_script(*context.world().commands, context.text("SHELL"));
    return exit_code::ok;
}

}  // namespace

std::string completion_script(const std::vector<Command>& commands, std::string_view shell) {
    if (shell == "bash") return bash_script(commands);
    if (shell != "zsh") return {};
    return "#compdef entente\n# Completion of entente for zsh. Load it with:  source <(entente completion zsh)\n"
           "autoload -U +X bashcompinit && bashcompinit\n" +
           bash_script(commands);
}

std::vector<Command> completion_commands() {
    Option shell = argument("SHELL", "bash or zsh");
    shell.choices = {"bash", "zsh"};
    return {{.path = "completion",
             .summary = "Print a completion script for your shell",
             .example = "  source <(entente completion bash)",
             .caller = Caller::nobody,
             .options = {shell},
             .run = print_completion}};
}

}  // namespace entente::tools
