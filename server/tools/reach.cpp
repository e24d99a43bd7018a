// The two ways to the API: a TLS connection to a gateway that runs, or the whole pipeline in this process on the data of one that
// does not. A running gateway writes its address into its data folder (gateway.url); one that was killed leaves the file behind,
// so an address found there is tried before it is believed.

#include <fstream>
#include <ostream>

#include "server/config.hpp"
#include "server/net/http_client.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/serving.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

class OverTls final : public Transport {
  public:
    OverTls(const std::string& url, const std::string& ca_file)
        : url_(url), client_(url, {.ca_file = ca_file, .certificate = {}, .key = {}}) {}

    api::Response call(api::Request request) override {
        try {
            return client_.call(request.method, request.target, request.headers, request.body);
        } catch (const protocol::Fault& fault) {
            throw Unreachable(url_ + ": " + fault.what());
        }
    }
    std::string where() const override { return url_; }

    bool answers() {
        try {
            client_.call(api::Method::head, "/healthz");
            return true;
        } catch (const protocol::Fault&) {
            return false;
        }
    }

  private:
    std::string url_;
    net::HttpClient client_;
};

class InProcess final : public Transport {
  public:
    InProcess(const Config& config, const std::filesystem::path& data)
        : data_(data), gateway_(open_gateway(config, Gateway::Mode::local)) {}
    api::Response call(api::Request request) override {
        request.peer_address = "127.0.0.1";
        return gateway_->call(std::move(request));
    }
    std::string where() const override { return data_.string(); }

  private:
    std::filesystem::path data_;
    std::unique_ptr<Gateway> gateway_;
};

std::string first_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return std::string(trimmed(line));
}

bool names_this_machine(std::string_view url) {
    for (const std::string_view host : {"https://localhost", "https://127.0.0.1", "https://[::1]"}) {
        if (url == host || url.starts_with(std::string(host) + ":") || url.starts_with(std::string(host) + "/")) return true;
    }
    return false;
}

// The development authority vouches for this machine only; everybody else is judged by the system's authorities or --ca.
std::string authority_for(const Address& address, std::string_view url) {
    if (!address.ca_file.empty()) return address.ca_file;
    if (!names_this_machine(url)) return {};
    const std::optional<Places> places = find_places(address.config_file);
    if (!places) return {};
    const std::filesystem::path ca = places->keys_folder / "authority" / "ca.pem";
    std::error_code failure;
    return std::filesystem::exists(ca, failure) ? ca.string() : std::string();
}

}  // namespace

std::unique_ptr<Transport> reach(const Address& address, std::ostream& err) {
    if (!address.url.empty()) return std::make_unique<OverTls>(address.url, authority_for(address, address.url));
    const std::optional<Places> places = find_places(address.config_file);
    if (!places) {
        std::string where;
        for (const std::filesystem::path& file : usual_config_files()) where += (where.empty() ? "" : ", ") + file.string();
        throw Unreachable("no address was given, and no configuration of a gateway is here (" + where + ")");
    }
    const std::string url = first_line(places->data_folder / "gateway.url");
    if (!url.empty()) {
        const std::filesystem::path ca =
            address.ca_file.empty() ? places->keys_folder / "authority" / "ca.pem" : std::filesystem::path(address.ca_file);
        auto running = std::make_unique<OverTls>(url, std::filesystem::exists(ca) ? ca.string() : std::string());
        if (running->answers()) return running;
    }
    protocol::Result<Config> config = load_config(places->config_file);
    if (!config) throw Stop(exit_code::configuration, config.error().message);
    find_credentials(*config);
    // One write: the line stays whole where both streams end in one place.
    err << std::string("(no gateway is running here; working on " + places->data_folder.string() + " directly)\n") << std::flush;
    return std::make_unique<InProcess>(*config, places->data_folder);
}

}  // namespace entente::tools
