// entente audit export: evidence as a folder of files that entente-verify and public tools check. A part of the log through the
// API, with what the caller may see; the whole log on the gateway's own machine.

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <thread>

#include "certs/age.hpp"
#include "certs/digest.hpp"
#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/log/exporter.hpp"
#include "server/audit/package/check.hpp"
#include "server/audit/package/folder_writer.hpp"
#include "server/audit/package/paths.hpp"
#include "server/config.hpp"
#include "server/deliveries/witness.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/tools/audit_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

namespace package = audit::package;

protocol::Blob decoded(const Value& value, const char* what) {
    auto bytes = protocol::from_base64(value.text());
    if (!bytes) throw Stop(exit_code::broken, std::string("the gateway's answer is malformed: ") + what);
    return *std::move(bytes);
}

// What is in the folder now, checked as an auditor will check it.
int check(Context& context, const std::string& policy_text) {
    const auto policy = audit::parse_policy(policy_text);
    if (!policy) throw Stop(exit_code::usage, "the policy is malformed: " + policy.error().message);
    const std::string folder = context.text("DIR");
    const auto files = audit::open_folder(folder);
    const bool part = !context.flag("complete");
    const audit::LogReport report =
        part ? audit::check_part(*files, *policy, {.sums = true}) : audit::check_log(*files, *policy, {.sums = true});
    const std::string counts = std::to_string(report.entries) + " records, " + std::to_string(report.sections) + " envelopes, " +
                               std::to_string(report.opened) + " sections in the clear, " + std::to_string(report.sealed_openings) +
                               " sealed to the recipient";
    if (context.json()) {
        protocol::JsonWriter json;
        json.object()
            .member("folder", folder)
            .member("ok", report.good())
            .member("entries", static_cast<std::int64_t>(report.entries));
        json.member("opened", static_cast<std::int64_t>(report.opened));
        json.member("sealedOpenings", static_cast<std::int64_t>(report.sealed_openings)).end();
        context.out() << json.take() << "\n";
    } else {
        context.out() << folder << ": " << counts << "\n";
    }
    for (const audit::LogFinding& finding : report.findings) context.err() << "  " << finding.sentence << "\n";
    if (!report.good()) return exit_code::tampered;
    context.note("Checked. Whoever gets it: entente-verify log " + folder + " --policy FILE, with the policy that they pinned.");
    return exit_code::ok;
}

std::string about(Context& context, std::string_view kind) {
    protocol::JsonWriter json;
    json.object().member("format", "entente-evidence/1").member("kind", kind);
    for (const std::string_view name : {"case", "customer", "partner", "since", "until", "recipient"})
        if (context.given(name)) json.member(name, context.text(name));
    return json.end().take() + "\n";
}

void write_item(audit::FolderWriter& folder, const Value& item) {
    const auto index = static_cast<std::uint64_t>(item.number("index").value_or(0));
    const std::string receipt = item.text("receipt");
    folder.write(package::receipt(index), protocol::as_bytes(receipt));
    folder.write(package::sealed_of(index), decoded(item.at("sealed"), "envelopes"));
    for (const Value& section : item.items("opened")) {
        const auto tag = static_cast<std::uint8_t>(section.number("tag").value_or(0));
        if (section.at("age").present()) {
            folder.write(package::opened(index, tag, package::Opened::sealed), decoded(section.at("age"), "a sealed section"));
            continue;
        }
        const std::string text = section.text("text");
        folder.write(package::opened(index, tag, package::Opened::text), protocol::as_bytes(text));
        folder.write(package::opened(index, tag, package::Opened::salt), decoded(section.at("salt"), "a salt"));
    }
}

std::string target_of(Context& context) {
    std::string target = "/api/v1/audit/export?";
    const auto add = [&](std::string_view name, const std::string& value) {
        target.append(name).append("=").append(url_encoded(value)).append("&");
    };
    if (context.given("case")) add("case", context.text("case"));
    if (context.given("customer")) add("customer", customer_id(context, context.text("customer")));
    if (context.given("partner")) add("partner", company_id(context, context.text("partner")));
    if (context.given("since")) add("since", moment(context, "since"));
    if (context.given("until")) add("until", moment(context, "until"));
    if (context.given("recipient")) add("recipient", context.text("recipient"));
    if (context.flag("open")) add("open", "true");
    return target;
}

int export_part(Context& context) {
    const std::string target = target_of(context);
    Answer page = context.get(target);
    audit::FolderWriter folder(context.text("DIR"));
    const std::string size = page.value.text("size");
    const std::string checkpoint = page.value.text("checkpoint");
    const std::string policy = page.value.text("policy");
    std::size_t count = 0;
    for (;;) {
        for (const Value& item : page.value.items("items")) {
            write_item(folder, item);
            ++count;
        }
        if (!page.value.at("next").present()) break;
        context.note("  " + std::to_string(count) + " records");
        std::string further = target;
        further.append("size=").append(size).append("&first=").append(page.value.text("next"));
        page = context.get(further);
    }
    folder.write(std::string(package::policy), protocol::as_bytes(policy));
    folder.write(std::string(package::checkpoint), protocol::as_bytes(checkpoint));
    const std::string what = about(context, "part");
    folder.write(std::string(package::about), protocol::as_bytes(what));
    folder.finish();
    return check(context, policy);
}

// Which checkpoint the export ends under, and what that means to who reads it.
void tell_end(Context& context, const audit::EndOfExport& end) {
    if (!end.cosigned)
        context.note(
            "No checkpoint of the last hour that covers everything erased has a quorum of witnesses: this export ends under the "
            "log's "
            "signature alone.");
    else if (!end.newest)
        context.note("The newest checkpoint has no quorum of witnesses yet: this export ends at the one before that has.");
}

// The gateway signs at most a second after an erasure; until then there are holes that no checkpoint explains.
constexpr std::chrono::milliseconds between_looks{250};
constexpr int looks = 40;

// As of one moment: whatever is erased meanwhile is still in it. False: there is no checkpoint to end under at this moment.
bool exported(Context& context, store::DatabaseFile& database, audit::WholeExport& options,
              const std::function<void(const std::string& origin)>& begun, const audit::WriteFile& write) {
    bool done = false;
    database.read([&](store::ReadTxn& txn) {
        const audit::EndOfExport end = audit::end_of_export(txn, options.witnesses);
        if (!end.any) throw Stop(exit_code::refused, "the log has no signed checkpoint yet", "entente audit checkpoint");
        if (!end.note) return;
        tell_end(context, end);
        options.note = *end.note;
        begun(options.note.substr(0, options.note.find('\n')));
        audit::export_whole([&](const store::ReadWork& work) { work(txn); }, options, write);
        done = true;
    });
    return done;
}

int export_complete(Context& context) {
    for (const std::string_view name : {"case", "customer", "partner", "since", "until"})
        if (context.given(name))
            throw Stop(exit_code::usage, "--complete is the whole log; it goes without --" + std::string(name));
    const Config config = config_with_keys(context);
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.files());
    const certs::DerivedKeys derived(*keys);
    store::Vault vault(*keys, derived.index(), certs::sha256(protocol::as_bytes(config.published.origin)));
    const auto database = store::open_database_file(config.data.folder / "entente.db", derived.database());

    audit::WholeExport options{.witnesses = deliveries::read_witnesses(config.audit.policy)};
    if (context.flag("open") || context.given("recipient")) options.open_core = &vault;
    if (context.given("recipient")) {
        const auto recipient = certs::parse_age_recipient(context.text("recipient"));
        if (!recipient) throw Stop(exit_code::usage, "--recipient: " + recipient.error().message);
        options.seal = [recipient = *recipient](protocol::Bytes plain) { return certs::age_seal(std::span(&recipient, 1), plain); };
    }
    if (context.world().err_is_terminal && !context.json()) {
        options.progress = [&context](std::int64_t done, std::int64_t size) {
            context.err() << "\r\x1b[K" << done << " of " << size << " records" << (done >= size ? "\n" : "") << std::flush;
        };
    }
    std::optional<audit::FolderWriter> folder;
    const auto begun = [&](const std::string& origin) {
        audit::Policy policy;
        for (const certs::LogKey& key : certs::open_log_keys(config.keys.files())->keys())
            policy.logs.insert(policy.logs.begin(), {{origin, audit::KeyType::ed25519, key.public_key}, config.published.url});
        options.policy = audit::format_policy(policy);
        folder.emplace(context.text("DIR"));
    };
    const audit::WriteFile write = [&](const std::string& path, protocol::Bytes content) { folder->write(path, content); };
    for (int look = 0; !exported(context, *database, options, begun, write); ++look) {
        if (look == looks)
            throw Stop(exit_code::refused, "no signed checkpoint covers the newest erasure, and what was erased is gone already",
                       "start the gateway: it signs one");
        std::this_thread::sleep_for(between_looks);
    }
    const std::string what = about(context, "log");
    folder->write(std::string(package::about), protocol::as_bytes(what));
    folder->finish();
    return check(context, options.policy);
}

int run(Context& context) {
    if (context.flag("open") && context.given("recipient"))
        throw Stop(exit_code::usage,
                   "--open writes the sections in the clear and --recipient seals them to a key: give one of the two");
    const std::filesystem::path target = context.text("DIR");
    std::error_code ignored;
    if (std::filesystem::exists(target) && !std::filesystem::is_empty(target, ignored))
        throw Stop(exit_code::usage, target.string() + " exists and is not empty: an export goes into a new folder");
    return context.flag("complete") ? export_complete(context) : export_part(context);
}

}  // namespace

std::vector<Command> audit_export_commands() {
    return {
        {.path = "audit export",
         .summary = "Write evidence into a new folder that anybody can check with entente-verify",
         .example = "  entente audit export evidence/ --case Hq2sV8nT0LkYp5cWd3aB --recipient "
                    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n"
                    "  entente audit export november/ --partner 'Keplin Networks' --since 2026-11-01 --until 2026-12-01\n"
                    "  entente audit export whole/ --complete --config /etc/entente/entente.toml",
         .caller = Caller::person_or_operator,
         .options = {argument("DIR", "the new folder"), value("case", "TOKEN", "about this case only"),
                     value("customer", "CUSTOMER", "about this customer of yours: id, name or alias"),
                     value("partner", "COMPANY", "what this company is party to as well: id, name or domain"),
                     value("since", "TIME", "from then on"), value("until", "TIME", "before then"),
                     flag("open", "with the sections that you may see, in the clear"),
                     value("recipient", "AGE-KEY", "with these sections sealed to an auditor's age key (age1...)"),
                     flag("complete", "the whole log as C2SP tiles, on the gateway's machine with its keys")},
         .run = run},
    };
}

}  // namespace entente::tools
