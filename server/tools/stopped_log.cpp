#include "server/tools/stopped_log.hpp"

#include <set>

#include "certs/files.hpp"
#include "certs/random.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/verify.hpp"
#include "server/store/data_folder.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

// 20261127T175711Z
std::string compact(protocol::Instant now) {
    constexpr std::int64_t second_us = 1'000'000;
    std::string text = protocol::to_rfc3339({now.us / second_us * second_us});
    text = text.substr(0, text.find_first_of(".Z"));
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text + "Z";
}

std::vector<std::filesystem::path> anchors_of(const Config& config) {
    std::vector<std::filesystem::path> anchors{config.keys.folder / "anchor"};
    if (!config.audit.anchor.empty()) anchors.push_back(config.audit.anchor);
    return anchors;
}

}  // namespace

void require_stopped(const Config& config) {
    if (store::DataFolder::in_use(config.data.folder)) throw Stop(exit_code::refused, "the gateway runs; stop it first");
}

StoppedLog::StoppedLog(Config settings)
    : config(std::move(settings)),
      anchors(anchors_of(config)),
      keys(certs::open_key_folder(config.keys.files())),
      log_keys(certs::open_log_keys(config.keys.files())),
      derived(*keys),
      log_id(audit::log_id(config.published.origin)),
      vault(*keys, derived.index(), log_id),
      appender(
          vault, config.published.origin, log_id, [this] { return clock.now(); },
          [](std::span<std::uint8_t> out) { certs::random_bytes(out); }) {
    store::SqlcipherOptions options;
    options.file = config.data.folder / "entente.db";
    options.key = certs::Secret::copy_of(derived.database());
    store = store::open_sqlcipher(std::move(options), [this](store::Txn& txn, std::span<const audit::Record> records) {
        return appender.append(txn, records);
    });
}

audit::HeadRow StoppedLog::checked_head() {
    std::optional<audit::HeadRow> head;
    store::read_and_wait(*store, [&](store::ReadTxn& txn) {
        audit::check_at_start(txn, vault);
        head = audit::read_head(txn);
    });
    if (!head) throw Stop(exit_code::refused, "the data hold no audit log");
    return *std::move(head);
}

std::string StoppedLog::next_name(std::string_view why) {
    std::set<std::string> known;
    store::read_and_wait(*store, [&](store::ReadTxn& txn) {
        txn.each("SELECT origin FROM audit_origin", {}, [&](const store::Row& row) { known.emplace(row.text(0)); });
    });
    std::string name;
    protocol::Instant at = clock.now();
    do {  // a later second, should this one have a log already
        name = config.published.origin + "/" + std::string(why) + "-" + compact(at);
        at = at.plus_seconds(1);
    } while (known.contains(name));
    if (!audit::valid_origin(name)) throw Stop(exit_code::configuration, "public.origin is too long to get an addition");
    return name;
}

void StoppedLog::go_on_as(const std::string& name, std::int64_t kept, const audit::LogStart::Previous& previous,
                          const std::function<std::vector<audit::Record>(store::Txn&)>& records) {
    appender.restart(previous);
    const store::Commit commit = store::submit_and_wait(*store, [&](store::Txn& txn) -> store::Written {
        txn.change("INSERT INTO audit_origin (since, origin) VALUES ($1, $2)", {kept, name});
        return {.records = records(txn)};
    });
    if (!commit.durable) throw Stop(exit_code::broken, "the restart could not be recorded: " + commit.fault);
    store->drain();
}

std::filesystem::path StoppedLog::aside(const std::filesystem::path& anchor, std::int64_t kept) {
    return anchor.string() + "-before-" + std::to_string(kept);
}

void StoppedLog::put_anchors_aside(std::int64_t kept) const {
    for (const std::filesystem::path& anchor : anchors)
        if (std::filesystem::exists(anchor)) certs::rename_private_file(anchor, aside(anchor, kept));
}

}  // namespace entente::tools
