// The settings: defaults, every kind of mistake with file, line and key, all mistakes at once, and the texts made from the table.

#include <gtest/gtest.h>

#include <fstream>

#include "server/config.hpp"

namespace entente {
namespace {

const std::filesystem::path file = "/etc/entente/entente.toml";

std::string mistakes(std::string_view text) {
    const auto config = parse_config(text, file);
    return config ? "none" : config.error().message;
}

TEST(Config, AnEmptyFileIsAGoodOne) {
    const auto config = parse_config("", file);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->listen.address, "127.0.0.1");
    EXPECT_EQ(config->listen.port, 8443);
    EXPECT_EQ(config->limits.body_bytes, 1024 * 1024);
    EXPECT_EQ(config->data.folder, "/etc/entente/data");
    EXPECT_EQ(config->keys.folder, "/etc/entente/keys");
    EXPECT_TRUE(config->tls.client_authorities.empty());
}

TEST(Config, ReadsEveryKindOfValue) {
    const auto config = parse_config(
        "[listen]\naddress = \"0.0.0.0\"\nport = 0\nclient_certificates = \"required\"\n[tls]\ncertificate = \"certs/a.pem\"\n"
        "client_authorities = \"/srv/ca.pem\"\n[metrics]\nenabled = false\n[log]\nformat = \"human\"\n",
        file);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->listen.address, "0.0.0.0");
    EXPECT_EQ(config->listen.port, 0);
    EXPECT_EQ(config->listen.client_certificates, ClientCertificates::required);
    EXPECT_EQ(config->tls.certificate, "/etc/entente/certs/a.pem");
    EXPECT_EQ(config->tls.client_authorities, "/srv/ca.pem");
    EXPECT_FALSE(config->metrics.enabled);
    EXPECT_EQ(config->log.format, "human");
}

TEST(Config, NamesFileLineAndKeyOfAMistake) {
    EXPECT_EQ(mistakes("[listen]\nport = 70000\n"), "/etc/entente/entente.toml:2: listen.port: must be between 0 and 65535");
    EXPECT_EQ(mistakes("[listen]\nport = \"8443\"\n"),
              "/etc/entente/entente.toml:2: listen.port: must be a whole number, not a text");
    EXPECT_EQ(mistakes("[listen]\nport = 84.5\n"),
              "/etc/entente/entente.toml:2: listen.port: must be a whole number, not a fraction");
    EXPECT_EQ(mistakes("[metrics]\nenabled = 1\n"),
              "/etc/entente/entente.toml:2: metrics.enabled: must be true or false, not a whole number");
    EXPECT_EQ(mistakes("[log]\nlevel = \"loud\"\n"),
              "/etc/entente/entente.toml:2: log.level: must be one of debug, info, warning, error");
    EXPECT_EQ(mistakes("[store]\nengine = \"cards\"\n"), "/etc/entente/entente.toml:2: store.engine: must be sqlcipher");
    EXPECT_EQ(mistakes("[listen]\naddress = \"\"\n"), "/etc/entente/entente.toml:2: listen.address: must not be empty");
}

TEST(Config, RefusesUnknownKeysAndSectionsWithAHint) {
    EXPECT_EQ(mistakes("[listen]\nprot = 1\n"),
              "/etc/entente/entente.toml:2: listen.prot: there is no such setting; is it listen.port?");
    EXPECT_EQ(mistakes("[listen]\n\nsomething_else = 1\n"),
              "/etc/entente/entente.toml:3: listen.something_else: there is no such setting");
    EXPECT_EQ(mistakes("[lisen]\nport = 1\n"), "/etc/entente/entente.toml:1: lisen: there is no such section");
    EXPECT_EQ(mistakes("port = 1\n"), "/etc/entente/entente.toml:1: port: there is no such section");
    EXPECT_EQ(mistakes("listen = 1\n"), "/etc/entente/entente.toml:1: listen: must be a section");
}

TEST(Config, ReportsAllMistakesInTheOrderOfTheFile) {
    const auto config = parse_config("[log]\nlevel = 3\n[listen]\nport = -1\nthreads = 1000\n", file);
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().violations.size(), 3U);
    EXPECT_EQ(config.error().violations[0].pointer, "log.level");
    EXPECT_EQ(config.error().violations[1].pointer, "listen.port");
    EXPECT_EQ(config.error().violations[2].pointer, "listen.threads");
    EXPECT_EQ(config.error().code, "config_invalid");
}

TEST(Config, SaysWhereAFileStopsBeingToml) {
    EXPECT_TRUE(mistakes("[listen]\nport = \n").starts_with("/etc/entente/entente.toml:2: is not TOML: "))
        << mistakes("[listen]\nport = \n");
    EXPECT_TRUE(mistakes("[listen]\nport = 1\nport = 2\n").starts_with("/etc/entente/entente.toml:3: is not TOML: "));
}

TEST(Config, JudgesWhatNoSingleValueShows) {
    EXPECT_NE(mistakes("[listen]\nclient_certificates = \"required\"\n").find(":2: listen.client_certificates: "),
              std::string::npos);
    EXPECT_NE(mistakes("[keys]\nfolder = \"data/keys\"\n").find(":2: keys.folder: must be outside data.folder"), std::string::npos);
    EXPECT_NE(mistakes("[keys]\nfolder = \"data\"\n").find("keys.folder"), std::string::npos);
    EXPECT_EQ(mistakes("[keys]\nfolder = \"data-keys\"\n"), "none");
    EXPECT_NE(mistakes("[metrics]\nport = 8443\n").find(":2: metrics.port: is the gateway's own port"), std::string::npos);
    EXPECT_NE(mistakes("[public]\nurl = \"http://x.example\"\n").find(":2: public.url: must begin with https://"),
              std::string::npos);
    EXPECT_NE(mistakes("[public]\norigin = \"a b\"\n").find(":2: public.origin: "), std::string::npos);
    EXPECT_NE(mistakes("[limits]\nconnections = 5\n").find("limits.connections_per_address"), std::string::npos);
}

TEST(Config, ReadsAFileAndSaysWhenThereIsNone) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "entente-config";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "entente.toml") << "[data]\nfolder = \"here\"\n";
    const auto config = load_config(folder / "entente.toml");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->data.folder, folder / "here");
    const auto missing = load_config(folder / "nothing.toml");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "config_missing");
    std::filesystem::remove_all(folder);
}

// The sample shows every default as a comment. Taken out of their comments, the lines must be a good file that changes nothing.
TEST(Config, TheSampleIsAFileOfItsDefaults) {
    std::string active;
    std::istringstream sample(config_sample());
    for (std::string line; std::getline(sample, line);) {
        if (line.starts_with("# ") && line.find(" = ") != std::string::npos) line.erase(0, 2);
        active += line + '\n';
    }
    const auto from_sample = parse_config(active, file);
    ASSERT_TRUE(from_sample) << from_sample.error().message << '\n' << active;
    const auto defaults = parse_config("", file);
    const auto a = config_lines(*from_sample);
    const auto b = config_lines(*defaults);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].value, b[i].value) << a[i].key;
}

TEST(Config, HelpAndManualNameEverySettingWithASentence) {
    const std::string help = config_help();
    const std::string manual = config_manual();
    for (const ConfigLine& line : config_lines(Config{})) {
        const std::string name = line.key.substr(line.key.find('.') + 1);
        EXPECT_NE(help.find(name), std::string::npos) << line.key;
        EXPECT_NE(manual.find('`' + name + '`'), std::string::npos) << line.key;
        EXPECT_TRUE(line.sentence.ends_with('.')) << line.key;
        EXPECT_EQ(line.sentence.find('|'), std::string::npos) << line.key;
    }
}

}  // namespace
}  // namespace entente
