#pragma once
// A command line without a gateway: streams are strings, the clock stands, and a transport answers from a list and keeps what it
// was asked. Profiles live in a folder of the test.

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/instant.hpp"
#include "server/tools/audit_view.hpp"
#include "server/tools/command_line.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/session.hpp"

namespace entente::tools {

struct Asked {
    api::Method method;
    std::string target;
    std::string authorization;
    std::string body;
};

class Terminal {
  public:
    Terminal() {
        std::string pattern = (std::filesystem::temp_directory_path() / "entente-tools-XXXXXX").string();
        folder = mkdtemp(pattern.data());
        sign_in("default", "token-of-ada");
    }
    ~Terminal() { std::filesystem::remove_all(folder); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void sign_in(const std::string& profile, const std::string& token) {
        write_profile(folder / "state", profile,
                      {.url = {}, .ca_file = {}, .config_file = {}, .token = token, .who = "ada", .expires = now.plus_seconds(60)});
    }

    void answers(int status, std::string body) { planned.push_back({.status = status, .headers = {}, .body = std::move(body)}); }

    int run(std::vector<std::string> words) {
        out.str({});
        err.str({});
        World world{.out = out,
                    .err = err,
                    .environment = [this](const std::string& name) -> std::optional<std::string> {
                        const auto found = environment.find(name);
                        return found == environment.end() ? std::nullopt : std::optional(found->second);
                    },
                    .now = [this] { return now; },
                    .ask_secret = [this](const std::string& prompt) { return prompts += prompt, certs::Secret::from_text(typed); },
                    .read_file =
                        [this](const std::string& file) {
                            const auto found = files.find(file);
                            if (found == files.end()) throw Stop(exit_code::usage, "cannot read the file " + file);
                            return found->second;
                        },
                    .write_new_file = [this](const std::string& file, std::string_view bytes) { files[file] = bytes; },
                    .places = [](const std::string&) { return std::optional<Places>(); },
                    .connect = [this](const Address& address) -> std::unique_ptr<Transport> {
                        addresses.push_back(address);
                        if (away) throw Unreachable("connection refused");
                        return std::make_unique<Line>(*this);
                    },
                    .state_folder = folder / "state"};
        std::vector<Command> table = api_commands();
        table.push_back(audit_verify_command(verify_online));
        return tools::run(table, words, world);
    }

    std::filesystem::path folder;
    protocol::Instant now = *protocol::parse_rfc3339("2030-05-04T09:30:00Z");
    std::ostringstream out, err;
    std::map<std::string, std::string> environment, files;
    std::string typed, prompts;
    std::vector<Asked> asked;
    std::vector<Address> addresses;
    bool away = false;

  private:
    class Line final : public Transport {
      public:
        explicit Line(Terminal& terminal) : terminal_(terminal) {}
        api::Response call(api::Request request) override {
            std::string authorization;
            for (const api::Header& header : request.headers) {
                if (header.name == "Authorization") authorization = header.value;
            }
            terminal_.asked.push_back({request.method, request.target, authorization, request.body});
            if (terminal_.planned.empty()) throw Unreachable("the test planned no answer to " + request.target);
            api::Response answer = std::move(terminal_.planned.front());
            terminal_.planned.pop_front();
            return answer;
        }
        std::string where() const override { return "the test"; }

      private:
        Terminal& terminal_;
    };
    std::deque<api::Response> planned;
};

}  // namespace entente::tools
