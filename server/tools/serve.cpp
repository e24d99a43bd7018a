// entente serve, the gateway itself, and entente init, which prepares data folder, keys and certificates for it.

#include <algorithm>
#include <ostream>

#include "certs/authority.hpp"
#include "certs/files.hpp"
#include "certs/keys.hpp"
#include "certs/x509.hpp"
#include "server/audit/log/appender.hpp"
#include "server/config.hpp"
#include "server/operations/log_keys.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/serving.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

constexpr int certificate_days = 397;
constexpr int renewal_days = 30;

struct Settings {
    std::filesystem::path file;
    Config config;
};

Settings settings_of(Context& context) {
    std::string file = context.text("config");
    if (file.empty()) file = context.world().environment("ENTENTE_CONFIG").value_or("");
    if (file.empty()) {
        for (const std::filesystem::path& usual : usual_config_files()) {
            if (file.empty() && std::filesystem::exists(usual)) file = usual.string();
        }
    }
    if (file.empty()) throw Stop(exit_code::configuration, "no configuration was found", "entente config example > entente.toml");
    protocol::Result<Config> config = load_config(file);
    if (!config) throw Stop(exit_code::configuration, config.error().message, "entente config help");
    find_credentials(*config);
    return {std::filesystem::absolute(file).lexically_normal(), std::move(*config)};
}

std::string host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    std::string_view host = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    host = host.substr(0, host.find('/'));
    if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
    return std::string(host.substr(0, host.find(':')));
}

bool is_address(std::string_view host) {
    return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

certs::ServerNames names_for(const Config& config) {
    certs::ServerNames names = certs::local_names();
    const std::string host = host_of(config.published.url);
    std::vector<std::string>& list = is_address(host) ? names.addresses : names.dns;
    if (!host.empty() && std::ranges::find(list, host) == list.end()) list.push_back(host);
    return names;
}

class Preparation {
  public:
    Preparation(Context& context, Config config, bool quiet = false)
        : context_(context), config_(std::move(config)), quiet_(quiet) {}

    void folders() {
        const bool data = std::filesystem::exists(config_.data.folder);
        certs::create_private_folder(config_.data.folder);
        say(data, "data folder", config_.data.folder, "0700; database, encrypted");
        if (config_.keys.source != "folder") {
            certs::create_private_folder(config_.keys.folder);  // certificates and the operator's credential
            return;
        }
        const bool keys = std::filesystem::exists(config_.keys.folder / "root.key");
        certs::create_key_folder(config_.keys.folder);
        say(keys, "keys", config_.keys.folder, "0700; back them up apart from the data, without them nothing can be read");
    }

    void certificate() {
        const std::filesystem::path folder = config_.keys.folder / "authority";
        const bool known = certs::Authority::exists(folder);
        const certs::Authority authority =
            known ? certs::Authority::open(folder) : certs::Authority::create(folder, context_.world().now());
        say(known, "development CA", folder / "ca.pem", "give this file to clients: curl --cacert");
        const bool there = std::filesystem::exists(config_.tls.certificate);
        if (there && !due_for_renewal(authority)) return say(true, "server certificate", config_.tls.certificate, "");
        protocol::Result<certs::Issued> issued =
            authority.issue_server(names_for(config_), certificate_days, context_.world().now());
        if (!issued) throw Stop(exit_code::broken, "the server certificate could not be made: " + issued.error().message);
        certs::create_private_folder(config_.tls.certificate.parent_path());
        certs::create_private_folder(config_.tls.key.parent_path());
        certs::replace_private_file(config_.tls.key, issued->private_key_pem.bytes());
        certs::replace_private_file(config_.tls.certificate, protocol::as_bytes(issued->certificate_pem));
        std::string names;
        const certs::ServerNames wanted = names_for(config_);
        for (const auto* list : {&wanted.dns, &wanted.addresses}) {
            for (const std::string& name : *list) names += (names.empty() ? "for " : ", ") + name;
        }
        say(false, there ? "server certificate, renewed" : "server certificate", config_.tls.certificate, names);
    }

    void database() {
        const bool known = std::filesystem::exists(config_.keys.folder / "operator.json");
        // Brings the schema up to date and makes the operator's credential; a gateway that runs on this data did both when it
        // started.
        if (!known || !store::DataFolder::in_use(config_.data.folder)) open_gateway(config_, Gateway::Mode::local);
        say(known, "operator's credential", config_.keys.folder / "operator.json",
            "0600; used by entente company add, entente onboard ...");
    }

  private:
    // Only what this authority issued is ours to renew.
    bool due_for_renewal(const certs::Authority& authority) {
        const std::string pem = context_.world().read_file(config_.tls.certificate.string());
        const protocol::Result<certs::CertificateFacts> facts = certs::read_certificate_pem(pem);
        const protocol::Result<certs::CertificateFacts> issuer = certs::read_certificate_pem(authority.ca_pem());
        if (!facts || !issuer || facts->issuer != issuer->subject) return false;
        return facts->not_after < context_.world().now().plus_seconds(std::int64_t{renewal_days} * 86'400);
    }

    void say(bool there, std::string_view what, const std::filesystem::path& where, std::string_view remark) {
        if (quiet_) return;
        const Paint& paint = context_.paint();
        context_.out() << (there ? paint(Ink::dim, "exists ") : paint(Ink::green, "made   ")) << " " << padded(what, 22) << " "
                       << where.lexically_normal().string();
        if (!remark.empty() && !there) context_.out() << paint(Ink::dim, "  (" + std::string(remark) + ")");
        context_.out() << std::endl;
    }

    Context& context_;
    Config config_;
    bool quiet_;
};

int init(Context& context) {
    Settings settings = settings_of(context);
    Preparation preparation(context, settings.config);
    preparation.folders();
    preparation.certificate();
    preparation.database();
    return exit_code::ok;
}

// Why a database does not open, in words that help more than the engine's; nothing where it is another reason.
std::string damage_of(const Config& config) {
    const std::filesystem::path file = config.data.folder / "entente.db";
    if (!std::filesystem::exists(file) || store::DataFolder::in_use(config.data.folder)) return {};
    // What lies in the log file is not in the file yet, which looks damaged without it.
    std::error_code none;
    if (const auto log = std::filesystem::file_size(file.string() + "-wal", none); !none && log > 0) return {};
    try {
        const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.files());
        const certs::DerivedKeys derived(*keys);
        const auto pages = store::open_database_file(file, derived.database())->damaged_pages();
        if (pages.empty()) return {};
        return file.string() + " is damaged: " + std::to_string(pages.size()) +
               (pages.size() == 1 ? " page does not authenticate, page " : " pages do not authenticate, the first is page ") +
               std::to_string(pages.front());
    } catch (const protocol::Fault& fault) {
        const std::string what = fault.what();
        return what.ends_with(store::not_readable) ? what : std::string{};
    }
}

int serve(Context& context) {
    if (context.flag("print-routes")) {
        context.out() << routes_text();
        return exit_code::ok;
    }
    const Settings settings = settings_of(context);
    const std::filesystem::path keys = settings.config.keys.files().folder;
    if (!std::filesystem::exists(keys / "root.key")) {
        throw Stop(exit_code::configuration, "there are no keys in " + keys.string(),
                   "entente init --config " + settings.file.string());
    }
    try {
        const std::unique_ptr<Gateway> gateway = open_gateway(settings.config, Gateway::Mode::serve);
        gateway->start();
        gateway->wait();
        gateway->stop();
    } catch (const audit::Tampered& tampered) {
        throw Stop(audit::exit_tampered, std::string("the audit log contradicts itself, so nothing is served: ") + tampered.what(),
                   "entente audit verify --file COPY   (on a copy of the database)");
    }
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<Gateway> open_gateway(const Config& config, Gateway::Mode mode) {
    try {
        return Gateway::open(config, mode);
    } catch (const audit::Frozen& frozen) {
        throw Stop(audit::exit_frozen, frozen.what(), "entente keys log-compromised");
    } catch (const operations::LogKeyRefused& refused) {
        throw Stop(operations::exit_refused_log_key, refused.what(), refused.next_step());
    } catch (const audit::Tampered&) {
        throw;
    } catch (const protocol::Fault&) {
        const std::string damage = damage_of(config);
        if (damage.empty()) throw;
        throw Stop(audit::exit_tampered, damage + "; nothing is served from it",
                   "entente audit verify --file COPY says what it costs; deploy/keys.md, \"The way back\", how to put a copy back");
    }
}

void prepare_quietly(Context& context, const Config& config) {
    Preparation preparation(context, config, true);
    preparation.folders();
    preparation.certificate();
    preparation.database();
}

std::vector<Command> gateway_commands() {
    const Option config =
        value("config", "FILE", "the configuration (or ENTENTE_CONFIG; ./data/entente.toml, /etc/entente/entente.toml)");
    return {
        {.path = "serve",
         .summary = "Run the gateway until it is told to end (SIGTERM drains, SIGHUP reloads)",
         .example = "  entente serve --config /etc/entente/entente.toml",
         .caller = Caller::nobody,
         .options = {config, flag("print-routes", "list every route instead: METHOD /path operationId")},
         .run = serve},
        {.path = "init",
         .summary = "Prepare data folder, keys, development CA and server certificate; what exists is left alone",
         .example = "  entente config example > entente.toml\n  entente init --config entente.toml",
         .caller = Caller::nobody,
         .options = {config},
         .run = init},
    };
}

}  // namespace entente::tools
