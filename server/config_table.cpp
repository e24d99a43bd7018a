#include "server/config_table.hpp"

#include <array>

namespace entente {
namespace {

constexpr std::string_view engines = "sqlcipher";
constexpr std::string_view key_sources = "folder|credential";
constexpr std::string_view levels = "debug|info|warning|error";
constexpr std::string_view formats = "json|human";
constexpr std::string_view mail_security = "starttls|tls|none";
constexpr std::string_view choices = "none|optional|required";

#define AT(member) [](Config& config) -> Slot { return &config.member; }

constexpr std::array table{
    Setting{"listen.address", AT(listen.address), "Address on which the gateway listens; 0.0.0.0 or :: for all."},
    Setting{"listen.port", AT(listen.port), "TLS port of the gateway; 0 takes any free one.", 0, 65535},
    Setting{"listen.threads", AT(listen.threads), "Network threads; 0 is one a core.", 0, 256},
    Setting{"listen.client_certificates", AT(listen.client_certificates),
            "Whether callers present a certificate: never asked for, verified when given, or demanded.", 0, 0, choices},
    Setting{"tls.certificate", AT(tls.certificate), "The server's certificate and its chain, PEM. Read again on SIGHUP."},
    Setting{"tls.key", AT(tls.key), "The certificate's private key, PEM, readable by the service alone. Read again on SIGHUP."},
    Setting{"tls.client_authorities", AT(tls.client_authorities),
            "Authorities whose client certificates are accepted, PEM. Empty: none, and client certificates are not asked for."},
    Setting{"metrics.enabled", AT(metrics.enabled), "Whether the listener for /metrics, /healthz and /readyz runs."},
    Setting{"metrics.address", AT(metrics.address), "Its address. It has no login: keep it on loopback or a monitoring network."},
    Setting{"metrics.port", AT(metrics.port), "Its TLS port; 0 takes any free one.", 0, 65535},
    Setting{"data.folder", AT(data.folder), "Where the database lives; mode 0700. Back this up."},
    Setting{"keys.folder", AT(keys.folder), "Where the keys live; mode 0700, outside the data folder and outside its backup."},
    Setting{"keys.source", AT(keys.source),
            "Where root.key, log.key and the generations (kek-0001.key, ...) come from: keys.folder, or the service manager's "
            "credentials "
            "of the same names (systemd: LoadCredentialEncrypted=). Generations from credentials are made and destroyed there.",
            0, 0, key_sources},
    Setting{
        "keys.generation_days", AT(keys.generation_days),
        "Days that a key generation lives. It is replaced at half of them and destroyed at the end; older backups cannot be read "
        "any more then, and erasures are complete in them. 0: only by hand.",
        0, 3650},
    Setting{"retention.core_days", AT(retention.core_days),
            "Days that the facts of a record (who, what, when, decided how) can be read; then their keys are destroyed and the log "
            "stays "
            "provable. 0: for ever.",
            0, 36'500},
    Setting{"retention.actor_days", AT(retention.actor_days), "The same for who acted and from where.", 0, 36'500},
    Setting{"retention.customer_days", AT(retention.customer_days), "The same for customers' data in records.", 0, 36'500},
    Setting{"retention.content_days", AT(retention.content_days), "The same for texts in records.", 0, 36'500},
    Setting{"store.engine", AT(store.engine), "The storage engine.", 0, 0, engines},
    Setting{"store.readers", AT(store.readers), "Connections, each with a thread, that serve reads.", 1, 64},
    Setting{"store.queue_max", AT(store.queue_max), "Works that may wait for the store; beyond it callers get 503 at once.", 16,
            1'000'000},
    Setting{"limits.header_bytes", AT(limits.header_bytes), "Largest request line with headers; beyond it 431.", 1024, 262'144},
    Setting{"limits.body_bytes", AT(limits.body_bytes), "Largest request body; beyond it 413.", 1024, 67'108'864},
    Setting{"limits.request_seconds", AT(limits.request_seconds),
            "Time for a whole request to arrive, from its first byte (then 408), and for its answer to be taken.", 1, 600},
    Setting{"limits.idle_seconds", AT(limits.idle_seconds), "How long a connection may stay open without a request.", 1, 3600},
    Setting{"limits.handshake_seconds", AT(limits.handshake_seconds), "Time for the TLS handshake.", 1, 120},
    Setting{"limits.connections", AT(limits.connections), "Open connections in total; beyond it new ones are closed.", 1,
            1'000'000},
    Setting{"limits.connections_per_address", AT(limits.connections_per_address),
            "Open connections from one address (IPv6: one /64).", 1, 1'000'000},
    Setting{"limits.requests_per_second", AT(limits.requests_per_second),
            "Requests that one caller may make per second on average; beyond it 429.", 1, 1'000'000},
    Setting{"limits.login_attempts_per_minute", AT(limits.login_attempts_per_minute),
            "Failed logins for one account from one source network before further ones are delayed.", 1, 10'000},
    Setting{"limits.login_queue", AT(limits.login_queue), "Passwords that may wait to be checked; beyond it 503.", 1, 10'000},
    Setting{"public.url", AT(published.url), "The address that people and partners use; links in mails and answers begin with it."},
    Setting{
        "public.origin", AT(published.origin),
        "The name of the audit log in its checkpoints. It never changes in the life of a log: verifiers trust it by this name."},
    Setting{"case.hold_days", AT(cases.hold_days), "Days that a case waits for a missing key before it is refused.", 1, 365},
    Setting{"case.respond_hours_high", AT(cases.respond_hours_high), "Hours in which a partner answers a case of high priority.", 1,
            8760},
    Setting{"case.respond_hours_medium", AT(cases.respond_hours_medium), "The same for medium priority.", 1, 8760},
    Setting{"case.respond_hours_low", AT(cases.respond_hours_low), "The same for low priority.", 1, 8760},
    Setting{"case.remind_submitter_hours", AT(cases.remind_submitter_hours),
            "Hours after which a submitter that has the move is reminded, and once more after as many; 0: never.", 0, 8760},
    Setting{"case.feedback_days", AT(cases.feedback_days), "Days after closure until both sides are asked how it went; 0: never.",
            0, 365},
    Setting{"case.idle_close_days", AT(cases.idle_close_days),
            "Days without any change after which a case is closed, at the next midnight UTC; 0: never.", 0, 3650},
    Setting{"case.content_removal_days", AT(cases.content_removal_days),
            "Days after its end until the texts and fields of a case are removed, unless a legal hold keeps them; 0: never.", 0,
            3650},
    Setting{"deliveries.enabled", AT(deliveries.enabled),
            "Whether webhooks and mails are sent; what happens meanwhile waits in the outbox."},
    Setting{"deliveries.threads", AT(deliveries.threads), "Calls that may be under way at the same time.", 2, 512},
    Setting{"deliveries.timeout_seconds", AT(deliveries.timeout_seconds), "Time for a receiver to take a webhook and answer.", 1,
            120},
    Setting{"deliveries.attempts", AT(deliveries.attempts), "Attempts before a delivery goes to the dead letters.", 1, 50},
    Setting{"deliveries.retry_first_ms", AT(deliveries.retry_first_ms),
            "Milliseconds before the second attempt; three times longer before each further one, a fifth of chance either way.", 1,
            86'400'000},
    Setting{"deliveries.retry_max_ms", AT(deliveries.retry_max_ms),
            "The longest pause between attempts, and for which a failing receiver is left alone.", 1, 86'400'000},
    Setting{"deliveries.queue_max", AT(deliveries.queue_max),
            "Deliveries that may wait for one receiver; beyond it they go to the dead letters.", 1, 1'000'000},
    Setting{"deliveries.log_days", AT(deliveries.log_days), "Days for which finished deliveries and their log are kept.", 1, 3650},
    Setting{"deliveries.allowed_networks", AT(deliveries.allowed_networks),
            "Networks outside the public internet that webhooks may call, such as \"10.1.0.0/16, fd00:1::/32\". Empty: none."},
    Setting{"deliveries.allow_plain_http", AT(deliveries.allow_plain_http),
            "Whether callbacks without TLS are accepted (never with credentials). For closed networks only."},
    Setting{"deliveries.authorities", AT(deliveries.authorities),
            "Authorities that receivers' certificates must chain to, PEM. Empty: those of the system."},
    Setting{"attachments.enabled", AT(attachments.enabled), "Whether files of cases are taken and forwarded."},
    Setting{"attachments.file_bytes", AT(attachments.file_bytes), "Largest file that is taken; a larger one gets CONTENT_ERROR.", 1,
            std::int64_t{1} << 40},
    Setting{"attachments.spool_bytes", AT(attachments.spool_bytes),
            "Room for files that wait for their verdict, their way out or to be sent again, sealed in data.folder/spool; beyond it "
            "CONTENT_ERROR. At most half of it holds files to be sent again.",
            1, std::int64_t{1} << 50},
    Setting{"attachments.company_spool_bytes", AT(attachments.company_spool_bytes), "The same for one company.", 1,
            std::int64_t{1} << 50},
    Setting{"attachments.uploads", AT(attachments.uploads), "Uploads of files under way at the same time; beyond it 429.", 1, 512},
    Setting{"attachments.uploads_of_company", AT(attachments.uploads_of_company), "The same for one company.", 1, 512},
    Setting{"attachments.timeout_seconds", AT(attachments.timeout_seconds),
            "Time for a company's place for files to be reached, to take the next bytes, and to answer.", 1, 600},
    Setting{"attachments.forward_seconds", AT(attachments.forward_seconds), "Time for it to take a whole file.", 1, 86'400},
    Setting{"attachments.clamd", AT(attachments.clamd),
            "Virus scanner (clamd) that every file is shown to: unix:/run/clamav/clamd.ctl or host:port; its failure blocks files. "
            "Empty: "
            "none."},
    Setting{"attachments.archive_worker", AT(attachments.archive_worker),
            "The program that opens archives. Empty: entente-archive beside the gateway's own program, or in ../libexec/entente."},
    Setting{"mail.server", AT(mail.server),
            "Mail server (SMTP) that takes the gateway's mails: a host name or address. Empty: the gateway sends no mails."},
    Setting{"mail.port", AT(mail.port), "Its port: usually 587, 465 with security tls, 25 for a relay.", 1, 65535},
    Setting{"mail.security", AT(mail.security),
            "starttls demands TLS after the greeting, tls from the first byte; none is plain text, for a relay on this machine.", 0,
            0, mail_security},
    Setting{"mail.authority", AT(mail.authority), "Authorities that vouch for its certificate, PEM. Empty: those of the system."},
    Setting{"mail.user", AT(mail.user), "Name to sign in with at the mail server; empty: none."},
    Setting{"mail.password_file", AT(mail.password_file), "File whose first line is the password, readable by the service alone."},
    Setting{"mail.from", AT(mail.from), "Address in the From line of every mail, for example entente@gateway.example."},
    Setting{"mail.reply_box", AT(mail.reply_box),
            "Address at which replies and delivery reports come back; the mail server hands what comes to it, with any +tag, to "
            "`entente mail receive`. Empty: replies are not taken in."},
    Setting{"mail.authentication_results", AT(mail.authentication_results),
            "Name of the mail server whose Authentication-Results line must say dmarc=pass for a reply. Empty: not asked."},
    Setting{"mail.retry_seconds", AT(mail.retry_seconds), "Pause after a first failure to send; later pauses grow to an hour.", 1,
            3600},
    Setting{"mail.give_up_hours", AT(mail.give_up_hours), "Hours after which a mail that cannot be sent is given up.", 1, 240},
    Setting{
        "siem.syslog_server", AT(siem.syslog_server),
        "Collector of security events that gets the audit log's core sections (OCSF 1.8.0 JSON) by syslog over TLS: a host name or "
        "address. Empty: none."},
    Setting{"siem.syslog_port", AT(siem.syslog_port), "Its port.", 1, 65535},
    Setting{"siem.authority", AT(siem.authority), "Authorities that vouch for its certificate, PEM. Empty: those of the system."},
    Setting{"siem.certificate", AT(siem.certificate),
            "Client certificate to present to it, with its chain, PEM. Empty: none. Read again for each connection."},
    Setting{"siem.key", AT(siem.key), "The client certificate's private key, PEM, readable by the service alone."},
    Setting{"siem.message_bytes", AT(siem.message_bytes),
            "Largest event in a syslog message; a larger one goes without the details of its decision.", 2'048, 1'048'576},
    Setting{"siem.file", AT(siem.file),
            "File to which the same events are appended, one JSON object a line. It may be rotated at any time. Empty: none."},
    Setting{"audit.scrub_hours", AT(audit.scrub_hours),
            "Hours between two background checks of the whole log and data file; 0: only when asked (entente audit scrub --now).",
            0, 8760},
    Setting{
        "audit.anchor", AT(audit.anchor),
        "A second file, on another disk or host, for the newest signed checkpoint of the audit log; the first lies with the keys. "
        "A log that was put back to an earlier state is refused at start."},
    Setting{"audit.policy", AT(audit.policy),
            "Witnesses of the audit log and how many of them make a quorum (c2sp.org/tlog-policy). Empty: none are asked."},
    Setting{"audit.witness_seconds", AT(audit.witness_seconds), "How often witnesses are asked while the log grows.", 1, 3600},
    Setting{"audit.heartbeat_seconds", AT(audit.heartbeat_seconds),
            "The log gets an entry at least so often, a heartbeat where nothing else happens: a longer silence is visible.", 10,
            3600},
    Setting{"audit.witness_authorities", AT(audit.witness_authorities),
            "Authorities that the witnesses' certificates must chain to, PEM. Empty: those of the system."},
    Setting{"log.level", AT(log.level), "The least important lines that are written.", 0, 0, levels},
    Setting{"log.format", AT(log.format), "How lines look: one JSON object each, or for reading at a terminal.", 0, 0, formats},
};
#undef AT

std::string in_quotes(std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += hex_digits[byte >> 4];
            out += hex_digits[byte & 15];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

}  // namespace

std::span<const Setting> settings() {
    return table;
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const auto end = words.find('|');
        if (words.substr(0, end) == word) return true;
        words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
    }
    return false;
}

std::string_view client_certificates_word(ClientCertificates choice) {
    switch (choice) {
        case ClientCertificates::none:
            return "none";
        case ClientCertificates::optional:
            return "optional";
        case ClientCertificates::required:
            break;
    }
    return "required";
}

std::string toml_value(const Slot& slot) {
    struct Print {
        std::string operator()(const std::int64_t* number) const { return std::to_string(*number); }
        std::string operator()(const bool* truth) const { return *truth ? "true" : "false"; }
        std::string operator()(const std::string* text) const { return in_quotes(*text); }
        std::string operator()(const std::filesystem::path* path) const { return in_quotes(path->string()); }
        std::string operator()(const ClientCertificates* choice) const { return in_quotes(client_certificates_word(*choice)); }
    };
    return std::visit(Print{}, slot);
}

}  // namespace entente
