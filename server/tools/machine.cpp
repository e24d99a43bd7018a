#include "server/tools/machine.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

std::optional<std::string> environment(const std::string& name) {
    const char* text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread starts
    if (text == nullptr || *text == '\0') return std::nullopt;
    return text;
}

std::size_t terminal_width() {
    if (::isatty(STDOUT_FILENO) == 0) return 0;
    ::winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
    return std::max<std::size_t>(size.ws_col, 40);
}

std::filesystem::path state_folder() {
    if (const auto named = environment("ENTENTE_STATE")) return *named;
    if (const auto named = environment("XDG_STATE_HOME")) return std::filesystem::path(*named) / "entente";
    return std::filesystem::path(environment("HOME").value_or("/root")) / ".local" / "state" / "entente";
}

std::string read_all(std::istream& in) {
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_file(const std::string& file) {
    if (file == "-") return read_all(std::cin);
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Stop(exit_code::usage, "cannot read the file " + file);
    return read_all(in);
}

void write_new_file(const std::string& file, std::string_view bytes) {
    const int number = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (number < 0 && errno == EEXIST) throw Stop(exit_code::usage, file + " exists already; nothing is overwritten");
    if (number < 0) throw Stop(exit_code::usage, "cannot write the file " + file);
    while (!bytes.empty()) {
        const ssize_t took = ::write(number, bytes.data(), bytes.size());
        if (took < 0 && errno == EINTR) continue;
        if (took <= 0) break;
        bytes.remove_prefix(static_cast<std::size_t>(took));
    }
    if (::close(number) != 0 || !bytes.empty())
        throw Stop(exit_code::broken, "the file " + file + " could not be written to its end");
}

// The terminal without echo, for the length of one line; what the terminal was before comes back however the scope ends.
class Quiet {
  public:
    explicit Quiet(int terminal) : terminal_(terminal) {
        ::tcgetattr(terminal_, &before_);
        ::termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(terminal_, TCSAFLUSH, &silent);
    }
    ~Quiet() {
        ::tcsetattr(terminal_, TCSAFLUSH, &before_);
        ::close(terminal_);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

  private:
    int terminal_;
    ::termios before_{};
};

certs::Secret ask_secret(const std::string& prompt) {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0) {
        throw Stop(exit_code::usage, "there is no terminal to ask for the password at",
                   "give --password-file FILE, or - for the standard input");
    }
    const Quiet quiet(terminal);
    const auto put = [&](std::string_view text) {
        [[maybe_unused]] const auto written = ::write(terminal, text.data(), text.size());
    };
    put(prompt);
    certs::Secret buffer(1024);
    std::size_t size = 0;
    char c = 0;
    while (size < buffer.size() && ::read(terminal, &c, 1) == 1 && c != '\n')
        buffer.writable()[size++] = static_cast<std::uint8_t>(c);
    put("\n");
    return certs::Secret::copy_of(buffer.bytes().first(size));
}

}  // namespace

std::vector<std::filesystem::path> usual_config_files() {
    return {"data/entente.toml", "entente.toml", "/etc/entente/entente.toml"};
}

std::optional<Places> find_places(const std::string& config_file) {
    std::filesystem::path file = config_file;
    if (config_file.empty()) {
        const auto usual = usual_config_files();
        const auto found = std::ranges::find_if(usual, [](const auto& each) { return std::filesystem::exists(each); });
        if (found == usual.end()) return std::nullopt;
        file = *found;
    }
    const protocol::Result<Config> config = load_config(file);
    if (!config) throw Stop(exit_code::configuration, config.error().message, "entente config check " + file.string());
    return Places{.config_file = std::filesystem::absolute(file).lexically_normal(),
                  .data_folder = config->data.folder,
                  .keys_folder = config->keys.folder};
}

Config config_here(Context& context) {
    const std::optional<Places> places = find_places(context.address().config_file);
    if (!places) throw Stop(exit_code::configuration, "no configuration of a gateway was found", "give --config FILE");
    protocol::Result<Config> config = load_config(places->config_file);
    if (!config) throw Stop(exit_code::configuration, config.error().message);
    return *std::move(config);
}

void find_credentials(Config& config) {
    if (config.keys.source != "credential") return;
    const auto folder = environment("CREDENTIALS_DIRECTORY");
    if (!folder)
        throw Stop(
            exit_code::configuration,
            "the keys come from the service manager (keys.source), which brought none to this process "
            "(CREDENTIALS_DIRECTORY)",
            "LoadCredentialEncrypted=root.key:... in the unit of the service; for a command, systemd-run with the same lines");
    config.keys.credentials = *folder;
}

Config config_with_keys(Context& context) {
    Config config = config_here(context);
    find_credentials(config);
    return config;
}

Config config_with_key_files(Context& context, std::string_view next_step) {
    Config config = config_here(context);
    if (config.keys.source == "credential")
        throw Stop(exit_code::refused, "the keys come from outside of this gateway: they are made, replaced and destroyed there",
                   std::string(next_step));
    return config;
}

World this_machine() {
    return World{.out = std::cout,
                 .err = std::cerr,
                 .out_is_terminal = ::isatty(STDOUT_FILENO) != 0,
                 .err_is_terminal = ::isatty(STDERR_FILENO) != 0,
                 .width = terminal_width(),
                 .environment = environment,
                 .now = [] { return SystemClock().now(); },
                 .ask_secret = ask_secret,
                 .read_file = read_file,
                 .write_new_file = write_new_file,
                 .places = find_places,
                 .connect = [](const Address& address) { return reach(address, std::cerr); },
                 .state_folder = state_folder()};
}

}  // namespace entente::tools
