// The program `entente-witness`: cosigns the checkpoints of logs that it knows (c2sp.org/tlog-witness). Each partner of a gateway
// can run one, on a machine of its own: it learns nothing but sizes and roots, and whoever believes it knows that everybody sees
// the same log.
//
//   entente-witness key FILE --name NAME          makes the key and prints its verifier key, for the gateway's policy
//   entente-witness serve --key FILE --name NAME --state FILE --log VKEY --certificate PEM --tls-key PEM [--listen ADDRESS:PORT]
//                                                 prints where it listens, and its verifier key once more: a policy with another
//                                                 name or key beside it gets nothing from this witness
//
// Exit codes: 0 ended as it was told, 1 it could not go on, 2 wrong use.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "certs/files.hpp"
#include "certs/random.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/audit/witness/cosigner.hpp"
#include "server/clock.hpp"
#include "server/log.hpp"
#include "server/metrics.hpp"
#include "server/net/server.hpp"
#include "server/random.hpp"
#include "server/tools/exit_code.hpp"

namespace {

using namespace entente;
namespace exit_code = tools::exit_code;

constexpr std::size_t key_size = 32;

class WrongUse : public protocol::Fault {
  public:
    using Fault::Fault;
};

// The witness has no database.
class NoStore final : public store::Store {
  public:
    bool submit(store::Work, store::Done) override { return false; }
    bool read(store::ReadWork, store::ReadDone) override { return false; }
    void drain() override {}
    bool healthy() const override { return true; }
    std::size_t queued() const override { return 0; }
};

api::Response text(int status, std::string body, std::string_view type = "text/plain; charset=utf-8") {
    api::Response response;
    response.status = status;
    response.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}};
    response.body = std::move(body);
    response.route = "add-checkpoint";
    return response;
}

class WitnessApi final : public api::Api {
  public:
    explicit WitnessApi(audit::Cosigner& cosigner) : cosigner_(cosigner) {}

    api::Plan plan(std::shared_ptr<const api::Request> request) override {
        const std::string_view target = request->target;
        if (target.substr(0, target.find('?')) != "/add-checkpoint") return text(404, "there is /add-checkpoint\n");
        if (request->method != api::Method::post) return text(405, "only POST\n");
        auto step = std::make_unique<api::OnWorker>();
        step->run = [this, request]() -> api::Plan {
            audit::CosignAnswer answer;
            try {
                answer = cosigner_.add_checkpoint(request->body);
            } catch (const std::exception& fault) {
                log::error("witness.failed", {{"cause", fault.what()}});
                return text(500, "the witness cannot keep its state\n");
            }
            if (answer.forked) log::error("witness.fork", {{"status", answer.status}});
            return text(answer.status, std::move(answer.body),
                        answer.status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8");
        };
        return step;
    }
    api::Response unavailable(const api::Request&) override { return text(503, "try again\n"); }
    api::Response rejected(int status, std::string_view, std::string_view detail, const api::Request*) override {
        return text(status, std::string(detail) + "\n");
    }

  private:
    audit::Cosigner& cosigner_;
};

struct Input {
    std::filesystem::path key, state, certificate, tls_key;
    std::string name, listen = "127.0.0.1:7380";
    std::vector<std::string> logs;
};

certs::SigningKey read_key(const std::filesystem::path& file) {
    const certs::Secret seed = certs::read_private_file(file, key_size);
    if (seed.size() != key_size) throw protocol::Fault(file.string() + " has not the 32 bytes of a key");
    return certs::SigningKey(seed.bytes());
}

int make_key(const Input& input) {
    certs::Secret seed(key_size);
    certs::random_bytes(seed.writable());
    certs::create_private_file(input.key, seed.bytes());
    const audit::VerifierKey key{input.name, audit::KeyType::cosignature, certs::SigningKey(seed.bytes()).public_key()};
    std::cout << audit::format_vkey(key) << "\n";
    return 0;
}

int serve(const Input& input) {
    // Blocked before any thread starts, so that only sigwait receives them.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    log::start({});

    std::vector<audit::VerifierKey> logs;
    for (const std::string& vkey : input.logs) {
        auto log = audit::parse_vkey(vkey);
        if (!log || log->type != audit::KeyType::ed25519) throw WrongUse("--log " + vkey + " is no verifier key of a log");
        logs.push_back(*std::move(log));
    }
    const auto colon = input.listen.rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : audit::plain_decimal(std::string_view(input.listen).substr(colon + 1));
    if (!port || *port > 65'535) throw WrongUse("--listen is an address and a port, such as 127.0.0.1:7380");

    SystemClock clock;
    SystemRandom random;
    Metrics metrics;
    NoStore store;
    net::Workers workers(2, 256);
    audit::Cosigner cosigner(input.name, read_key(input.key), std::move(logs), input.state,
                             [&clock] { return static_cast<std::uint64_t>(clock.now().us / 1'000'000); });
    WitnessApi witness(cosigner);
    net::ServerOptions options;
    options.name = "witness";
    options.address = input.listen.substr(0, colon);
    options.port = static_cast<std::uint16_t>(*port);
    options.threads = 1;
    options.certificate = input.certificate;
    options.key = input.tls_key;
    net::Server server(std::move(options), witness, store, workers, metrics, clock, random);
    server.start();
    std::cout << "https://" << input.listen.substr(0, colon) << ":" << server.port() << "/\n"
              << audit::format_vkey(cosigner.key()) << "\n"
              << std::flush;
    int signal = 0;
    sigwait(&signals, &signal);
    server.drain(std::chrono::seconds(5));
    workers.stop();
    log::stop();
    return 0;
}

int run(int count, char** words) {
    Input input;
    CLI::App app("Cosigns the checkpoints of audit logs, so that their readers know that everybody sees the same log.");
    app.require_subcommand(1);
    auto* const key = app.add_subcommand("key", "make a key; prints the line that the gateway's policy needs");
    key->add_option("FILE", input.key, "the new file")->required();
    key->add_option("--name", input.name, "the witness's name, a schema-less URL such as witness.keplin.example/1")->required();
    auto* const serving = app.add_subcommand("serve", "answer POST /add-checkpoint over TLS");
    serving->add_option("--key", input.key, "its key")->required();
    serving->add_option("--name", input.name, "its name, as in its verifier key")->required();
    serving->add_option("--state", input.state, "what it cosigned; a witness that loses this file needs a new key")->required();
    serving->add_option("--log", input.logs, "verifier key of a log that it watches; may be given several times")->required();
    serving->add_option("--certificate", input.certificate, "TLS certificate, PEM")->required();
    serving->add_option("--tls-key", input.tls_key, "its private key, PEM")->required();
    serving->add_option("--listen", input.listen, "address and port (127.0.0.1:7380)");
    try {
        app.parse(count, words);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return exit_code::usage;
    }
    return key->parsed() ? make_key(input) : serve(input);
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const WrongUse& wrong) {
        std::fprintf(stderr, "entente-witness: %s\n", wrong.what());
        return exit_code::usage;
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "entente-witness: %s\n", fault.what());
        return exit_code::refused;
    }
}
