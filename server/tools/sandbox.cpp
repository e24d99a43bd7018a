// entente sandbox: prepares a folder, runs a gateway on it, and tells the person how to call it.

#include "server/tools/sandbox.hpp"

#include <fstream>
#include <ostream>

#include "certs/files.hpp"
#include "protocol/json_writer.hpp"
#include "server/config.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/serving.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

// A folder of its own that is deleted at the end, or the person's, which is kept.
class SandboxFolder {
  public:
    explicit SandboxFolder(const std::string& named, std::int64_t stamp) : kept_(!named.empty()) {
        path_ = kept_ ? std::filesystem::path(named)
                      : std::filesystem::temp_directory_path() / ("entente-sandbox-" + std::to_string(stamp));
        if (std::filesystem::exists(path_) && !std::filesystem::is_empty(path_))
            throw Stop(exit_code::usage, path_.string() + " is not empty; a sandbox begins in a new folder");
        certs::create_private_folder(path_);
    }
    ~SandboxFolder() {
        if (kept_) return;
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    SandboxFolder(const SandboxFolder&) = delete;
    SandboxFolder& operator=(const SandboxFolder&) = delete;
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  private:
    bool kept_;
    std::filesystem::path path_;
};

std::string toml_text(const std::filesystem::path& path) {
    protocol::JsonWriter out;
    out.value(path.string());
    return out.take();
}

Config configure(const SandboxFolder& folder, std::int64_t port) {
    const std::string authority = (folder / "keys" / "authority").string();
    const std::string text =
        "[listen]\naddress = \"127.0.0.1\"\nport = " + std::to_string(port) +
        "\n[metrics]\nenabled = false\n[data]\nfolder = " + toml_text(folder / "data") +
        "\n[keys]\nfolder = " + toml_text(folder / "keys") + "\n[tls]\ncertificate = " + toml_text(authority + "/server.pem") +
        "\nkey = " + toml_text(authority + "/server.key") + "\n[limits]\nrequests_per_second = 200\n[log]\nlevel = \"error\"\n";
    const std::filesystem::path file = folder / "entente.toml";
    std::ofstream(file) << text;
    protocol::Result<Config> config = load_config(file);
    if (!config) throw Stop(exit_code::broken, "the sandbox's settings are wrong: " + config.error().message);
    return std::move(*config);
}

std::string url_of(const Config& config) {
    std::ifstream in(config.data.folder / "gateway.url");
    std::string line;
    std::getline(in, line);
    return line;
}

void tell_machine(Context& context, const SandboxWorld& world, const std::string& url, const std::string& ca,
                  const std::string& settings) {
    protocol::JsonWriter out;
    out.object().member("url", url).member("ca", ca).member("settings", settings);
    out.member("tokenUrl", url + "/sandbox/oauth2/v2.0/token").member("clientId", world.client_id);
    out.member("clientSecret", world.client_secret).member("username", world.username).member("password", world.password);
    out.member("partnerName", world.partner_name).key("partner").raw(world.partner).key("form").raw(world.form);
    out.key("customerField").raw(world.customer_field).member("customer", world.customer);
    out.key("forms").object();
    for (const auto& [behaviour, form] : world.forms) out.key(behaviour).raw(form);
    out.end().end();
    context.out() << out.take() << std::endl;
}

void tell_person(Context& context, const SandboxWorld& world, const std::string& url, const std::string& ca,
                 const std::string& settings) {
    const Paint& paint = context.paint();
    context.out()
        << paint(Ink::bold, "A sandbox for your connector is at " + url) << "\n"
        << "  authority      " << ca << "   (give it to your client; for curl --cacert)\n"
        << "  token address  " << url << "/sandbox/oauth2/v2.0/token\n"
        << "  client id      " << world.client_id << "\n"
        << "  client secret  " << world.client_secret << "\n"
        << "  or a person    " << world.username << ", password " << world.password << "\n"
        << "  the API        " << url << "/api/v1/docs   (and the Connect contract under /v1 and /v2)\n\n"
        << paint(Ink::bold, world.partner_name) << " is a partner that answers by itself, within a second. A word in the summary"
        << " decides, or the\ndepartment: answer (Answers), refuse (Refuses), ask (Asks: accepts after your reply), stall (Stalls: "
           "never"
        << " answers).\n\n"
        << paint(Ink::bold, "First calls") << "\n"
        << "  CA=" << ca << " URL=" << url << "\n"
        << "  TOKEN=$(curl -s --cacert $CA $URL/sandbox/oauth2/v2.0/token -d grant_type=client_credentials \\\n"
        << "    -d client_id=" << world.client_id << " -d client_secret=" << world.client_secret
        << " | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n"
        << "  curl --cacert $CA $URL/api/v1/cases -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        << "    -H 'Idempotency-Key: first' -d '{\"form\": " << world.form
        << ", \"summary\": \"Please ask me something\", \"severity\": \"high\",\n      \"submitter\": {\"caseNumber\": \"T-1\"},"
        << " \"fields\": [{\"field\": " << world.customer_field << ", \"value\": \"" << world.customer << "\"}]}'\n"
        << "  curl --cacert $CA \"$URL/api/v1/cases?status=open,information,accepted\" -H \"Authorization: Bearer $TOKEN\"\n\n"
        << "Two whole clients to start from: protocol/openapi/examples/client.py and client.mjs.\n"
        << "The command line works too: export ENTENTE_CONFIG=" << settings << "; entente login --username " << world.username
        << "\n"
        << paint(Ink::dim, "Ctrl-C ends it.") << std::endl;
}

int sandbox(Context& context) {
    const SandboxFolder folder(context.text("folder"), context.world().now().us);
    const Config config = configure(folder, context.number("port").value_or(0));
    prepare_quietly(context, config);
    const std::unique_ptr<Gateway> gateway = Gateway::open(config, Gateway::Mode::serve);
    gateway->start();
    const auto credential =
        Value::parse(context.world().read_file((config.keys.folder / "operator.json").string())).value_or(Value());
    const SandboxWorld world =
        make_sandbox_world(*gateway, credential.text("clientId"), credential.text("clientSecret"), context.world().now());
    const std::string ca = (config.keys.folder / "authority" / "ca.pem").string();
    const bool json = context.json();
    (json ? tell_machine : tell_person)(context, world, url_of(config), ca, (folder / "entente.toml").string());
    {
        const FakePartner partner(*gateway, world, [&](const std::string& line) {
            if (!json) context.out() << line << std::endl;
        });
        gateway->wait();
    }
    gateway->stop();
    return exit_code::ok;
}

}  // namespace

std::vector<Command> sandbox_commands() {
    return {
        {.path = "sandbox",
         .summary = "Run a gateway of your own with a partner that answers, refuses, asks or stalls, to try a connector on",
         .example = "  entente sandbox\n  entente sandbox --port 8443 --folder /tmp/my-sandbox",
         .caller = Caller::nobody,
         .options = {flag("json", "print what one needs to know as one line of JSON"),
                     value("port", "NUMBER", "the port on 127.0.0.1; any free one otherwise"),
                     value("folder", "FOLDER", "a new folder to keep; otherwise a temporary one that is deleted at the end")},
         .run = sandbox},
    };
}

}  // namespace entente::tools
