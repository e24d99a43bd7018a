#include "server/gateway.hpp"

#include <atomic>
#include <csignal>
#include <mutex>

#include "certs/authority.hpp"
#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "certs/jws.hpp"
#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "certs/mail_tag.hpp"
#include "policy/detectors.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/mail/address.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_audit.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/notary.hpp"
#include "server/audit/log/row_replay.hpp"
#include "server/audit/log/verify.hpp"
#include "server/bell.hpp"
#include "server/deliveries/attachments.hpp"
#include "server/deliveries/dispatcher.hpp"
#include "server/deliveries/mail_senders.hpp"
#include "server/deliveries/siem.hpp"
#include "server/deliveries/webhook.hpp"
#include "server/deliveries/witness.hpp"
#include "server/housekeeper.hpp"
#include "server/log.hpp"
#include "server/net/address_guard.hpp"
#include "server/net/metrics_api.hpp"
#include "server/net/server.hpp"
#include "server/openapi_text.hpp"
#include "server/operations/directory.hpp"
#include "server/operations/log_keys.hpp"
#include "server/scrubber.hpp"
#include "server/store/critical_rows.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/settle_keys.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"
#include "server/upkeep.hpp"
#include "server/zones.hpp"

namespace entente {

namespace {

// Half a configuration of mails would be noticed when the first one is missed: refuse to start instead.
operations::MailSettings mail_settings(const Config& config, protocol::Bytes tag_key) {
    using protocol::mail::clean_address;
    const Config::Mail& mail = config.mail;
    operations::MailSettings settings;
    if (mail.server.empty()) return settings;
    constexpr std::size_t tagged_room = 64 - 1 - certs::mail_tag_characters;  // of a local part, behind the box's name and a plus
    const auto from = clean_address(mail.from);
    if (!from) throw protocol::Fault("mail.from: must be a mail address when mail.server is set");
    const auto box = clean_address(mail.reply_box);
    if (!mail.reply_box.empty() && (!box || protocol::mail::split_address(*box).local.size() > tagged_room))
        throw protocol::Fault("mail.reply_box: must be a mail address with at most 26 characters before the @");
    if (!mail.user.empty() && mail.password_file.empty()) throw protocol::Fault("mail.password_file: is needed beside mail.user");
    settings.on = true;
    settings.from = *from;
    settings.reply_box = box.value_or("");
    settings.tag_key = tag_key;
    settings.authentication_results = mail.authentication_results;
    return settings;
}

deliveries::SmtpOptions smtp_options(const Config& config) {
    using Security = deliveries::SmtpOptions::Security;
    const Config::Mail& mail = config.mail;
    deliveries::SmtpOptions options;
    options.server = mail.server;
    options.port = mail.port;
    options.security = mail.security == "tls" ? Security::tls : mail.security == "none" ? Security::none : Security::starttls;
    options.authority = mail.authority;
    options.user = mail.user;
    if (!mail.password_file.empty()) {
        constexpr std::size_t password_max = 4'096;
        const certs::Secret whole = certs::read_private_file(mail.password_file, password_max);
        const std::string_view text = protocol::as_text(whole.bytes());
        options.password = certs::Secret::copy_of(protocol::as_bytes(text.substr(0, text.find_first_of("\r\n"))));
    }
    options.greeting = protocol::mail::split_address(mail.from).domain;
    return options;
}

operations::Settings settings_of(const Config& config, protocol::Bytes mail_key) {
    operations::Settings settings;
    settings.mail = mail_settings(config, mail_key);
    settings.hold_days = config.cases.hold_days;
    settings.remind_submitter_hours = config.cases.remind_submitter_hours;
    settings.feedback_days = config.cases.feedback_days;
    settings.idle_close_days = config.cases.idle_close_days;
    settings.content_removal_days = config.cases.content_removal_days;
    settings.public_url = config.published.url;
    return settings;
}

protocol::ResponseTargets targets_of(const Config& config) {
    return {static_cast<int>(config.cases.respond_hours_high * 60), static_cast<int>(config.cases.respond_hours_medium * 60),
            static_cast<int>(config.cases.respond_hours_low * 60)};
}

std::optional<certs::Authority> authority_in(const std::filesystem::path& keys) {
    if (!certs::Authority::exists(keys / "authority")) return std::nullopt;
    return certs::Authority::open(keys / "authority");
}

deliveries::WebhookOptions webhook_options(const Config& config) {
    return {.ca_file = config.deliveries.authorities,
            .allowed_networks = config.deliveries.allowed_networks,
            .plain_allowed = config.deliveries.allow_plain_http,
            .timeout = std::chrono::seconds(config.deliveries.timeout_seconds),
            .source = config.published.url};
}

deliveries::DispatcherOptions dispatcher_options(const Config& config) {
    deliveries::DispatcherOptions options;
    options.threads = static_cast<int>(config.deliveries.threads);
    options.log_days = config.deliveries.log_days;
    options.retry = {.attempts = static_cast<int>(config.deliveries.attempts),
                     .first_ms = config.deliveries.retry_first_ms,
                     .max_ms = config.deliveries.retry_max_ms,
                     .queue_max = config.deliveries.queue_max};
    return options;
}

// Beside the program in a build, in libexec where it is installed.
std::filesystem::path archive_worker(const Config& config) {
    if (!config.attachments.archive_worker.empty()) return config.attachments.archive_worker;
    std::error_code unknown;
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
    const std::filesystem::path beside = own / "entente-archive";
    return std::filesystem::exists(beside, unknown) ? beside : own / "../libexec/entente/entente-archive";
}

deliveries::AttachmentOptions attachment_options(const Config& config) {
    const Config::Attachments& a = config.attachments;
    deliveries::AttachmentOptions options;
    options.spool_folder = config.data.folder / "spool";
    options.spool = {.total_bytes = static_cast<std::uint64_t>(a.spool_bytes),
                     .owner_bytes = static_cast<std::uint64_t>(a.company_spool_bytes)};
    options.file_bytes = static_cast<std::uint64_t>(a.file_bytes);
    options.uploads = static_cast<int>(a.uploads);
    options.uploads_of_company = static_cast<int>(a.uploads_of_company);
    options.timeout = std::chrono::seconds(a.timeout_seconds);
    options.whole = std::chrono::seconds(a.forward_seconds);
    options.ca_file = config.deliveries.authorities;
    options.allowed_networks = config.deliveries.allowed_networks;
    options.clamd = a.clamd;
    options.judge.archive_program = archive_worker(config);
    options.judge.expanded_bytes = 4 * options.file_bytes;
    return options;
}

deliveries::SiemOptions siem_options(const Config& config) {
    const Config::Siem& siem = config.siem;
    if (siem.certificate.empty() != siem.key.empty()) throw protocol::Fault("siem.certificate and siem.key: give both or none");
    // https://host:port/path: the host alone, or an address in brackets.
    std::string_view host = config.published.url;
    if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
    host = host.substr(0, host.starts_with('[') ? host.find(']') : host.find_first_of(":/"));
    if (host.starts_with('[')) host.remove_prefix(1);
    return {.server = siem.syslog_server,
            .port = siem.syslog_port,
            .authority = siem.authority,
            .certificate = siem.certificate,
            .key = siem.key,
            .message_bytes = static_cast<std::size_t>(siem.message_bytes),
            .file = siem.file,
            .positions = config.data.folder,
            .origin = config.published.origin,
            .host = std::string(host)};
}

UpkeepOptions upkeep_options(const Config& config) {
    return {.generation_days = config.keys.generation_days,
            .retention = {.core_days = config.retention.core_days,
                          .actor_days = config.retention.actor_days,
                          .customer_days = config.retention.customer_days,
                          .content_days = config.retention.content_days},
            .heartbeat_seconds = config.audit.heartbeat_seconds};
}

std::filesystem::path database_file(const Config& config) {
    return config.data.folder / "entente.db";
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    certs::replace_private_file(file, protocol::as_bytes(text));
}

std::optional<certs::DerivedKeys> keys_before(const certs::KeyProvider& provider) {
    const auto root = provider.service_root_before();
    if (!root) return std::nullopt;
    return std::optional<certs::DerivedKeys>(std::in_place, root->bytes());
}

// A change of keys that was interrupted is settled before they are read.
std::unique_ptr<certs::KeyProvider> opened_keys(const Config& config) {
    if (config.keys.source == "folder") {
        const store::DataFolder alone(config.data.folder);  // keys rekey and renew-root hold it: what they began is theirs to end
        store::settle_key_folder(config.keys.folder, database_file(config));
    }
    return certs::open_key_folder(config.keys.files());
}

}  // namespace

struct Gateway::Parts {
    Parts(const Config& settings, Mode how, const Clock* given)
        : config(settings),
          mode(how),
          clock(given != nullptr ? *given : wall_clock),
          provider(opened_keys(config)),
          log_keys(certs::open_log_keys(config.keys.files())),
          derived(*provider),
          derived_before(keys_before(*provider)),
          log_id(audit::log_id(config.published.origin)),
          vault(
              *provider, derived.index(), log_id, [this] { return clock.now(); }, provider->index_key_before()),
          appender(
              vault, config.published.origin, log_id, [this] { return clock.now(); },
              [this](std::span<std::uint8_t> out) { random.fill(out); }),
          authority(authority_in(config.keys.folder)),
          receipt_key(derived.receipt()),
          guard(config.deliveries.allowed_networks),
          tools{vault, detectors, [this](std::span<std::uint8_t> out) { random.fill(out); }, settings_of(config, derived.mail())} {
        if (derived_before) tools.settings.mail.tag_key_before = derived_before->mail();
        tools.root_name = certs::service_root_name(provider->service_root());
        tools.root_keys_name = certs::root_keys_name(*provider);
        protocol::PublicKey receipt{protocol::JwsAlgorithm::eddsa, receipt_key.public_key(), {}};
        receipt.kid = certs::thumbprint(receipt);
        tools.public_jwk = protocol::encode_jwk(receipt);
        if (derived_before) {
            protocol::PublicKey older{protocol::JwsAlgorithm::eddsa, certs::SigningKey(derived_before->receipt()).public_key(), {}};
            older.kid = certs::thumbprint(older);
            tools.public_jwk += "," + protocol::encode_jwk(older);
        }
        tools.zone = zone_rules;
        tools.log_keys = log_keys.get();
        tools.sign = [this, kid = receipt.kid](std::string_view typ, std::string_view payload) {
            return certs::sign_jws(receipt_key, kid, typ, payload);
        };
        store::SqlcipherOptions options;
        options.file = database_file(config);
        options.key = certs::Secret::copy_of(derived.database());
        options.readers = static_cast<int>(config.store.readers);
        options.queue_max = static_cast<std::size_t>(config.store.queue_max);
        options.now = [this] { return clock.now(); };
        options.committed = [this] { tell_what_is_new(); };
        store = store::open_sqlcipher(std::move(options), [this](store::Txn& txn, std::span<const audit::Record> records) {
            for (const audit::Record& record : records) {
                new_rows = new_rows || record.fills_outbox;
                new_events = new_events || !record.events.empty();
                for (const protocol::Event& event : record.events)
                    if (event.kind == protocol::EventKind::case_frozen) frozen.push_back(event.case_id);
            }
            return appender.append(txn, records);
        });
        store::read_and_wait(*store, [this](store::ReadTxn& txn) {
            store::check_index_key(txn, derived.index());
            audit::check_at_start(txn, vault);
            audit::require_not_frozen(txn);
            audit::check_rows_at_start(txn, vault);
        });
        check_log_keys();
        notary.emplace(*store, notary_options());
        tools.log_origin = notary->key().name;
        believed = deliveries::read_witnesses(config.audit.policy);
        seed_rows();
        verifier = std::make_shared<api::Verifier>([this](const auto& progress) { return verify_log(progress); });
        gateway_api.emplace(
            api::Parts{.tools = tools,
                       .vault = vault,
                       .clock = clock,
                       .metrics = metrics,
                       .sights = sights,
                       .tally = tally,
                       .refusals = refusals,
                       .bell = bell,
                       .callback_rules = {.plain_allowed = config.deliveries.allow_plain_http,
                                          .judge_host = [this](std::string_view host) { return guard.judge_host(host); }},
                       .token_key = derived.token(),
                       .token_key_before = derived_before ? derived_before->token() : protocol::Bytes{},
                       .requests_per_second = config.limits.requests_per_second,
                       .login_attempts_per_minute = config.limits.login_attempts_per_minute,
                       .login_queue = config.limits.login_queue,
                       .default_targets = targets_of(config),
                       .authority = authority ? &*authority : nullptr,
                       .documents = {openapi_text(), openapi_json(), openapi_page(), problems_page(), page_style_digest()},
                       .verifier = [this] { return verifier; },
                       .origin = notary->key().name,
                       .notary = &*notary,
                       .witnessing = {.sign = [this] { return sign_now(); },
                                      .awaited = [this](std::uint64_t size) { return witnesses && witnesses->awaited(size); },
                                      .bell = &witness_bell},
                       .witness_policy = [this] { return audit::format_policy(log_policy()); },
                       .scrub = {.state = [this] { return scrubber ? scrubber->state() : api::ScrubState{}; },
                                 .begin =
                                     [this] {
                                         if (scrubber) scrubber->begin();
                                     }}});
    }

    std::uint64_t sign_now() {
        notary->round();
        const auto newest = notary->newest();
        const std::uint64_t size = newest ? newest->checkpoint.size : 0;
        if (witnesses) witnesses->want(size);
        return size;
    }

    // What came back from an old escrow or backup signs nothing, not even once.
    void check_log_keys() {
        std::vector<std::uint32_t> ended;
        store::read_and_wait(*store, [&](store::ReadTxn& txn) { ended = operations::check_log_keys(txn, *log_keys); });
        for (const std::uint32_t number : ended) {
            log_keys->destroy(number);
            log::warning("keys.ended_log_key_destroyed", {{"number", static_cast<std::int64_t>(number)}});
        }
    }

    // A key that the log does not know yet is in it before it signs.
    void announce_log_keys() {
        const auto commit = store::submit_and_wait(*store, [&](store::Txn& txn) -> store::Written {
            return {operations::tend_log_keys(txn, {tools, clock.now()}), true};
        });
        if (!commit.durable) throw protocol::Fault("the log's key could not be announced: " + commit.fault);
    }

    // The witnesses whom a verifier of this log should believe, with the keys that sign now.
    audit::Policy log_policy() const {
        audit::Policy policy = believed;
        for (audit::VerifierKey& key : notary->keys()) policy.logs.push_back({std::move(key), config.published.url});
        return policy;
    }

    audit::NotaryOptions notary_options() {
        audit::NotaryOptions options{.origin = config.published.origin, .keys = log_keys};
        store::read_and_wait(*store, [&](store::ReadTxn& txn) { audit::add_history(txn, options); });
        options.anchors.push_back(config.keys.folder / "anchor");
        if (!config.audit.anchor.empty()) options.anchors.push_back(config.audit.anchor);
        options.now = [this] { return clock.now(); };
        options.alarm = [this](const std::string&) { raise_alarm("log_tampered"); };
        return options;
    }

    // Somebody changed the log behind the gateway's back: the fact itself belongs into the log, as long as it can be written.
    void raise_alarm(std::string_view reason) {
        (void)store->submit(
            [reason = std::string(reason)](store::Txn&) -> store::Written {
                audit::Record record;
                record.operation = "audit.alarm";
                record.class_uid = audit::Class::detection_finding;
                record.activity = audit::activity_create;
                record.outcome = audit::Outcome::failure;
                record.reason = reason;
                record.authentication = "local";
                record.role = "gateway";
                return {{std::move(record)}, true};
            },
            [](const store::Commit&) {});
    }

    // After a batch and before anybody hears of it, on the writer's thread: of a case that froze nothing leaves any more, and
    // whoever waits for events or for work in the outbox looks now. In vain, should the batch have failed.
    void tell_what_is_new() {
        for (const protocol::CaseId id : frozen) departures.stop(id);
        frozen.clear();
        if (notary) notary->wake();
        if (!new_events && !new_rows) return;
        const bool rows = std::exchange(new_rows, false);
        if (std::exchange(new_events, false)) bell.ring();
        const std::lock_guard hold(dispatcher_mutex);
        if (dispatcher) dispatcher->wake(rows);
    }

    void start_witnesses() {
        deliveries::WitnessOptions options{.policy = log_policy(), .authorities = config.audit.witness_authorities};
        options.interval = std::chrono::seconds(config.audit.witness_seconds);
        options.answered = [this] { witness_bell.ring(); };
        if (options.policy.witnesses.empty()) return;
        witnesses.emplace(*store, *notary, metrics, std::move(options));
        witnesses->start();
    }

    void start_deliveries() {
        if (!config.deliveries.enabled) return;
        webhooks.emplace(webhook_options(config), clock);
        operations::Senders senders{&*webhooks};
        if (tools.settings.mail.on) {
            mails.emplace(smtp_options(config), deliveries::MailRetry{config.mail.retry_seconds, config.mail.give_up_hours});
            for (operations::Sender* sender : mails->senders()) senders.push_back(sender);
        }
        const std::lock_guard hold(dispatcher_mutex);
        dispatcher = std::make_unique<deliveries::Dispatcher>(*store, tools, clock, metrics, departures, std::move(senders),
                                                              dispatcher_options(config));
    }

    // Rows of data from before the log told about rows: once.
    void seed_rows() {
        bool seeded = true;
        store::read_and_wait(*store, [&](store::ReadTxn& txn) { seeded = store::rows_seeded(txn); });
        if (seeded) return;
        const auto commit = store::submit_and_wait(*store, [](store::Txn& txn) -> store::Written {
            audit::Record record;
            record.operation = audit::rows_seeded_operation;
            record.class_uid = audit::Class::entity_management;
            record.activity = audit::activity_create;
            record.authentication = "none";
            record.role = "gateway";
            record.decision = protocol::JsonWriter().object().member("rows", store::seed_rows(txn)).end().take();
            return {{std::move(record)}, true};
        });
        if (!commit.durable) throw protocol::Fault("the log could not be told about the rows in use: " + commit.fault);
    }

    // On a connection of its own, so that a long run holds no reader of the gateway. A stop of the gateway ends it.
    audit::VerifyReport verify_log(const std::function<void(std::int64_t, std::int64_t)>& progress) {
        struct Stopped {};
        audit::VerifyOptions options;
        options.vault = &vault;
        options.progress = [&](std::int64_t done, std::int64_t size) {
            if (stopped) throw Stopped{};
            progress(done, size);
        };
        audit::VerifyReport report;
        store::open_database_file(database_file(config), derived.database())->read([&](store::ReadTxn& txn) {
            try {
                report = audit::verify(txn, options);
            } catch (const Stopped&) {
                throw protocol::Fault("the gateway stops");
            }
        });
        return report;
    }

    // The operator's credential is made once and lies with the keys.
    void ensure_operator() {
        bool known = false;
        store::read_and_wait(*store, [&](store::ReadTxn& txn) { known = store::has_operator_client(txn); });
        if (known) return;
        operations::ClientMade made;
        const auto commit = store::submit_and_wait(*store, [&](store::Txn& txn) -> store::Written {
            made = operations::make_operator_client(txn, {tools, clock.now()});
            audit::Record record;
            record.operation = "operator.create";
            record.class_uid = audit::Class::account_change;
            record.activity = audit::activity_create;
            record.authentication = "local";
            record.role = "gateway";
            record.resources.push_back({"client", std::to_string(made.client.id.value)});
            return {{std::move(record)}, true};
        });
        if (!commit.durable) throw protocol::Fault("the operator's credential could not be stored: " + commit.fault);
        write_text(config.keys.folder / "operator.json", protocol::JsonWriter()
                                                                 .object()
                                                                 .member("clientId", made.client.client_id)
                                                                 .member("clientSecret", made.secret)
                                                                 .end()
                                                                 .take() +
                                                             "\n");
    }

    void lifecycle(const char* operation, std::uint8_t activity) {
        store::submit_and_wait(*store, [&](store::Txn&) -> store::Written {
            audit::Record record;
            record.operation = operation;
            record.class_uid = audit::Class::lifecycle;
            record.activity = activity;
            record.authentication = "none";
            record.role = "gateway";
            return {{std::move(record)}, true};
        });
    }

    void expose_metrics() {
        const auto stat = [this](std::uint64_t store::Stats::* member) {
            return [this, member] { return static_cast<double>(store->stats().*member); };
        };
        metrics.counter_from("entente_store_batches_total", "Committed batches of the store's writer.",
                             stat(&store::Stats::batches));
        metrics.counter_from("entente_store_works_total", "Works in committed batches.", stat(&store::Stats::works));
        metrics.counter_from("entente_store_works_failed_total", "Works that were rolled back alone.",
                             stat(&store::Stats::works_failed));
        metrics.counter_from("entente_store_works_slow_total", "Works that held the writer for more than 20 ms.",
                             stat(&store::Stats::works_slow));
        metrics.counter_from("entente_audit_records_total", "Records appended to the audit log.", stat(&store::Stats::records));
        metrics.gauge_from("entente_audit_checkpoint_size", "Entries under the newest signed checkpoint.", [this] {
            const auto newest = notary->newest();
            return newest ? static_cast<double>(newest->checkpoint.size) : 0.0;
        });
        metrics.gauge_from("entente_audit_checkpoints_stopped", "1 once the log was found changed and nothing is signed any more.",
                           [this] { return notary->halted().empty() ? 0.0 : 1.0; });
        metrics.gauge_from("entente_store_queue_length", "Works waiting for the writer.",
                           [this] { return static_cast<double>(store->queued()); });
        metrics.counter_from("entente_log_lines_dropped_total", "Log lines lost to a full queue.",
                             [] { return static_cast<double>(log::dropped()); });
    }

    // Certificates, client authorities and limits follow the file; what is open stays open. A file that cannot be read or is wrong
    // leaves everything as it was: a gateway does not fall over a half-written file. Addresses, folders and threads need a restart.
    void reload() {
        try {
            if (!config.file.empty()) {
                auto fresh = load_config(config.file);
                if (!fresh) return log::error("gateway.reload_failed", {{"cause", fresh.error().message}});
                config.tls = fresh->tls;
                config.limits = fresh->limits;
                config.listen.client_certificates = fresh->listen.client_certificates;
            }
            listener->reload(net::api_listener(config));
            if (metrics_listener) metrics_listener->reload(net::metrics_listener(config));
            gateway_api->set_requests_per_second(config.limits.requests_per_second);
            log::info("gateway.reloaded");
        } catch (const protocol::Fault& fault) {
            log::error("gateway.reload_failed", {{"cause", fault.what()}});
        }
    }

    std::string readiness() const {
        if (stopped) return "draining";
        if (!store->healthy()) return "store";
        return notary->halted().empty() ? "" : "audit";
    }

    Config config;
    Mode mode;
    SystemClock wall_clock;
    const Clock& clock;
    SystemRandom random;
    Metrics metrics;
    std::unique_ptr<certs::KeyProvider> provider;
    std::shared_ptr<certs::LogKeys> log_keys;
    certs::DerivedKeys derived;
    std::optional<certs::DerivedKeys> derived_before;  // of the service root before the last renewal, while it is kept
    protocol::Hash log_id;
    store::Vault vault;
    audit::Appender appender;
    policy::Detectors detectors;
    std::optional<certs::Authority> authority;
    certs::SigningKey receipt_key;  // the gateway's word to customers
    net::AddressGuard guard;        // judges the spelling of callbacks; what they resolve to is judged when they are called
    operations::Tools tools;
    api::Sights sights;
    api::Tally tally;
    api::Refusals refusals;
    Bell bell;
    Bell witness_bell;
    deliveries::Departures departures;
    bool new_events = false;  // of the running batch; the writer's thread alone
    bool new_rows = false;
    std::vector<protocol::CaseId> frozen;
    std::unique_ptr<store::SqlcipherStore> store;
    std::optional<audit::Notary> notary;
    audit::Policy believed;  // without the log's own keys
    std::optional<deliveries::Witnesses> witnesses;
    std::shared_ptr<api::Verifier> verifier;
    std::optional<api::Gateway> gateway_api;
    std::optional<net::MetricsApi> metrics_api;
    std::optional<net::Workers> workers;
    std::optional<deliveries::WebhookSender> webhooks;
    std::optional<deliveries::MailSenders> mails;
    std::mutex dispatcher_mutex;
    std::unique_ptr<deliveries::Dispatcher> dispatcher;
    std::optional<deliveries::SiemStreams> siem;
    std::optional<deliveries::AttachmentDesk> files;
    std::optional<Housekeeper> housekeeper;
    std::optional<Upkeep> upkeep;
    std::optional<Scrubber> scrubber;
    std::optional<net::Server> listener;
    std::optional<net::Server> metrics_listener;
    bool started = false;
    std::atomic<bool> stopped = false;
};

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Gateway::~Gateway() {
    stop();
}

std::unique_ptr<Gateway> Gateway::open(const Config& config, Mode mode, const Clock* clock) {
    if (mode == Mode::serve) {
        // Blocked before any thread starts, so that only wait() receives them.
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        log::start({.level = config.log.level == "debug"     ? log::Level::debug
                             : config.log.level == "warning" ? log::Level::warning
                             : config.log.level == "error"   ? log::Level::error
                                                             : log::Level::info,
                    .format = config.log.format == "human" ? log::Format::human : log::Format::json});
    }
    auto parts = std::make_unique<Parts>(config, mode, clock);
    parts->ensure_operator();
    return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

void Gateway::start() {
    Parts& p = *parts_;
    p.expose_metrics();
    p.workers.emplace(0, 4'096);
    p.housekeeper.emplace(*p.store, p.tools, p.clock, p.sights, p.tally, p.refusals);
    p.housekeeper->start();
    p.upkeep.emplace(*p.store, p.tools, p.clock, upkeep_options(p.config));
    p.upkeep->start();
    p.scrubber.emplace(
        *p.store, p.vault, p.clock, p.metrics,
        ScrubOptions{.file = database_file(p.config), .key = p.derived.database(), .hours = p.config.audit.scrub_hours});
    p.scrubber->start();
    p.listener.emplace(net::api_listener(p.config), *p.gateway_api, *p.store, *p.workers, p.metrics, p.clock, p.random);
    p.lifecycle("gateway.start", 3);
    p.announce_log_keys();
    for (const std::filesystem::path& anchor : p.notary->missing_anchors()) {
        log::warning("audit.anchor_missing", {{"anchor", anchor.string()}});
        p.raise_alarm("anchor_missing");
    }
    p.notary->start();
    p.start_witnesses();
    p.start_deliveries();
    if (p.dispatcher) p.dispatcher->start();
    p.siem.emplace(*p.store, p.tools, p.clock, p.metrics, siem_options(p.config));
    p.siem->start();
    if (p.config.attachments.enabled) {
        p.files.emplace(attachment_options(p.config), *p.store, p.tools, p.clock, p.metrics, p.departures);
        p.files->start();
        p.gateway_api->parts().files = &*p.files;
    }
    p.listener->start();
    if (p.config.metrics.enabled) {
        p.metrics_api.emplace(p.metrics, [&p] { return p.readiness(); });
        p.metrics_listener.emplace(net::metrics_listener(p.config), *p.metrics_api, *p.store, *p.workers, p.metrics, p.clock,
                                   p.random);
        p.metrics_listener->start();
    }
    p.started = true;
    const std::string port = std::to_string(p.listener->port());
    const bool v6 = p.config.listen.address.find(':') != std::string::npos;
    const std::string host =
        p.config.listen.address == "0.0.0.0" || p.config.listen.address == "::" ? "127.0.0.1" : p.config.listen.address;
    write_text(p.config.data.folder / "gateway.url", "https://" + (v6 ? "[" + host + "]" : host) + ":" + port + "\n");
    if (p.metrics_listener)
        write_text(p.config.data.folder / "metrics.url", "https://127.0.0.1:" + std::to_string(p.metrics_listener->port()) + "\n");
    log::info("gateway.started", {{"port", p.listener->port()}, {"version", ENTENTE_VERSION}});
}

void Gateway::wait() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal != SIGHUP) return;
        parts_->reload();
    }
}

void Gateway::stop() {
    if (!parts_ || parts_->stopped) return;
    Parts& p = *parts_;
    p.stopped = true;
    if (p.started) {
        log::info("gateway.draining");
        p.bell.close();
        p.witness_bell.close();
        p.listener->drain(std::chrono::seconds(10));
        if (p.metrics_listener) p.metrics_listener->drain(std::chrono::seconds(1));
    }
    if (p.scrubber) p.scrubber->stop();
    if (p.upkeep) p.upkeep->stop();
    if (p.dispatcher) p.dispatcher->stop();
    if (p.files) p.files->stop();
    // Without a listener nobody kept house: what was counted on the way is written now.
    if (!p.housekeeper) p.housekeeper.emplace(*p.store, p.tools, p.clock, p.sights, p.tally, p.refusals);
    p.housekeeper->stop();
    if (p.workers) p.workers->stop();
    if (p.started) {
        p.lifecycle("gateway.stop", 4);
        std::error_code ignored;
        std::filesystem::remove(p.config.data.folder / "gateway.url", ignored);
        std::filesystem::remove(p.config.data.folder / "metrics.url", ignored);
    }
    if (p.siem) p.siem->stop();  // after the record of the end, so that the collectors get it
    if (p.witnesses) p.witnesses->stop();
    p.notary->stop();
    p.store->drain();
    if (p.started) {
        log::info("gateway.stopped");
        log::stop();
    }
}

void Gateway::keep_house() {
    Parts& p = *parts_;
    if (!p.housekeeper) p.housekeeper.emplace(*p.store, p.tools, p.clock, p.sights, p.tally, p.refusals);
    p.housekeeper->round();
    if (!p.upkeep) p.upkeep.emplace(*p.store, p.tools, p.clock, upkeep_options(p.config));
    p.upkeep->round();
}

api::Response Gateway::call(api::Request request) {
    if (request.request_id.empty()) {
        std::array<std::uint8_t, 16> id{};
        parts_->random.fill(id);
        request.request_id = protocol::hex(id);
    }
    return api::run_to_completion(*parts_->gateway_api, *parts_->store, std::make_shared<const api::Request>(std::move(request)));
}

std::string routes_text() {
    std::string text;
    for (const auto routes : {api::connect_routes(), api::native_routes()})
        for (const api::Route& route : routes) {
            text += api::method_name(route.method);
            text += ' ';
            text += route.pattern;
            text += ' ';
            text += route.name;
            text += '\n';
        }
    return text;
}

}  // namespace entente
