#pragma once
// The settings of the gateway: one immutable value, read once from a TOML file.
//
// One table in config_table.cpp (key, type, range, a sentence; the default is what Config{} holds) gives the parser, the
// validation, the help and the manual. An unknown key, a wrong type or a value out of range refuses the whole file, all mistakes
// at once, each with file, line and key. Every setting has a default, so an empty file is a good one, and yesterday's file stays
// one. Paths in the file are relative to the file's folder. There are no secrets in it: keys live in a folder of their own.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "certs/files.hpp"
#include "certs/tls.hpp"
#include "protocol/result.hpp"

namespace entente {

using ClientCertificates = certs::ClientCertificate;

struct Config {
    struct Listen {
        std::string address = "127.0.0.1";
        std::int64_t port = 8443;
        std::int64_t threads = 0;  // 0: one a core
        ClientCertificates client_certificates = ClientCertificates::optional;
    } listen;
    struct Tls {
        std::filesystem::path certificate = "tls/server.pem";
        std::filesystem::path key = "tls/server.key";
        std::filesystem::path client_authorities;  // empty: nobody's certificate is accepted
    } tls;
    struct MetricsListener {
        bool enabled = true;
        std::string address = "127.0.0.1";
        std::int64_t port = 9443;
    } metrics;
    struct Data {
        std::filesystem::path folder = "data";
    } data;
    struct Keys {
        std::filesystem::path folder = "keys";
        std::string source = "folder";
        std::filesystem::path credentials;  // of the service manager, where they are the source; not a setting
        std::int64_t generation_days = 30;  // 0: replaced by hand

        // Where the key files are; everything else that is private stays in `folder`.
        certs::KeptFolder files() const {
            return source == "credential" ? certs::KeptFolder(credentials, certs::Keeper::service_manager)
                                          : certs::KeptFolder(folder);
        }
    } keys;
    struct Retention {  // of sections of the log, in days; 0: for ever
        std::int64_t core_days = 2'557;
        std::int64_t actor_days = 2'557;
        std::int64_t customer_days = 2'557;
        std::int64_t content_days = 365;
    } retention;
    struct Store {
        std::string engine = "sqlcipher";
        std::int64_t readers = 2;
        std::int64_t queue_max = 4096;
    } store;
    struct Limits {
        std::int64_t header_bytes = 16 * 1024;
        std::int64_t body_bytes = 1024 * 1024;
        std::int64_t request_seconds = 15;
        std::int64_t idle_seconds = 60;
        std::int64_t handshake_seconds = 10;
        std::int64_t connections = 10'000;
        std::int64_t connections_per_address = 200;
        std::int64_t requests_per_second = 50;
        std::int64_t login_attempts_per_minute = 10;
        std::int64_t login_queue = 32;
    } limits;
    struct Public {
        std::string url = "https://localhost:8443";
        std::string origin = "localhost/entente";
    } published;  // [public] in the file
    struct Case {
        std::int64_t hold_days = 30;
        std::int64_t respond_hours_high = 1;
        std::int64_t respond_hours_medium = 4;
        std::int64_t respond_hours_low = 24;
        std::int64_t remind_submitter_hours = 72;
        std::int64_t feedback_days = 5;
        std::int64_t idle_close_days = 30;
        std::int64_t content_removal_days = 0;
    } cases;  // [case] in the file
    struct Deliveries {
        bool enabled = true;
        std::int64_t threads = 32;
        std::int64_t timeout_seconds = 30;
        std::int64_t attempts = 5;
        std::int64_t retry_first_ms = 10'000;
        std::int64_t retry_max_ms = 300'000;
        std::int64_t queue_max = 10'000;
        std::int64_t log_days = 30;
        std::string allowed_networks;
        bool allow_plain_http = false;
        std::filesystem::path authorities;  // empty: the system's
    } deliveries;
    struct Attachments {
        bool enabled = true;
        std::int64_t file_bytes = std::int64_t{2} << 30;
        std::int64_t spool_bytes = std::int64_t{16} << 30;
        std::int64_t company_spool_bytes = std::int64_t{8} << 30;
        std::int64_t uploads = 16;
        std::int64_t uploads_of_company = 12;
        std::int64_t timeout_seconds = 30;
        std::int64_t forward_seconds = 3'600;
        std::string clamd;                     // empty: no virus scanner
        std::filesystem::path archive_worker;  // empty: beside the program
    } attachments;
    struct Mail {
        std::string server;  // empty: no mails
        std::int64_t port = 587;
        std::string security = "starttls";
        std::filesystem::path authority;
        std::string user;
        std::filesystem::path password_file;
        std::string from;
        std::string reply_box;
        std::string authentication_results;
        std::int64_t retry_seconds = 60;
        std::int64_t give_up_hours = 48;
    } mail;
    struct Siem {
        std::string syslog_server;  // empty: none
        std::int64_t syslog_port = 6514;
        std::filesystem::path authority;  // empty: the system's
        std::filesystem::path certificate;
        std::filesystem::path key;
        std::int64_t message_bytes = 8'192;
        std::filesystem::path file;  // empty: none
    } siem;
    struct Audit {
        std::int64_t scrub_hours = 24;              // 0: only when asked
        std::filesystem::path anchor;               // empty: only the one in the keys folder
        std::filesystem::path policy;               // empty: no witnesses are asked
        std::filesystem::path witness_authorities;  // empty: the system's
        std::int64_t witness_seconds = 60;
        std::int64_t heartbeat_seconds = 60;
    } audit;
    struct Log {
        std::string level = "info";
        std::string format = "json";
    } log;

    std::filesystem::path file;  // where it was read from, to be read again on SIGHUP; no setting of its own
};

// Reads and judges a file. Error: kind invalid, code `config_invalid`, one violation a mistake (its message is
// "file:line: key: what is wrong"); the error's message is all of them, one a line.
protocol::Result<Config> load_config(const std::filesystem::path& file);

// The same for text that is already here; `file` names it in messages and is where relative paths start.
protocol::Result<Config> parse_config(std::string_view text, const std::filesystem::path& file);

// What the table says, for people: lines for a terminal, a page of Markdown, and a file with every default as a comment.
std::string config_help();
std::string config_manual();
std::string config_sample();

// Every key in the order of the table, with its present value as TOML spells it: `entente config show`.
struct ConfigLine {
    std::string key;
    std::string value;
    std::string sentence;
};
std::vector<ConfigLine> config_lines(const Config& config);

}  // namespace entente
