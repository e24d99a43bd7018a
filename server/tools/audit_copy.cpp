// entente audit verify and audit copy: verification of the running log through the API, of a copy of the database with the keys of
// this machine, and how to make such a copy while the gateway runs.

#include <algorithm>
#include <ostream>

#include "certs/digest.hpp"
#include "certs/keys.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/told_rows.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"
#include "server/config.hpp"
#include "server/store/critical_rows.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/tools/audit_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

std::string report_json(const audit::VerifyReport& report) {
    protocol::JsonWriter json;
    json.object().member("ok", report.good()).member("size", report.size).member("root", protocol::hex(report.root));
    json.member("checked", report.entries).member("sections", report.sections).member("opened", report.opened);
    json.member("erased", report.erased).member_if("firstBadIndex", report.first_bad());
    if (!report.good()) {
        json.member("check", audit::check_name(report.findings[0].check)).member("sentence", report.findings[0].sentence);
    }
    json.key("findings").array();
    for (const audit::Finding& finding : report.findings) {
        json.object().member_if("index", finding.index).member("check", audit::check_name(finding.check));
        json.member("sentence", finding.sentence).end();
    }
    json.end().end();
    return json.take();
}

// One line that rewrites itself on a terminal, and nothing elsewhere.
std::function<void(std::int64_t, std::int64_t)> progress_line(Context& context) {
    if (!context.world().err_is_terminal || context.json()) return {};
    return [&context](std::int64_t done, std::int64_t expected) {
        context.err() << "\r\x1b[K" << done << " of " << expected << " records" << (done >= expected ? "\n" : "") << std::flush;
    };
}

int verify_copy(Context& context) {
    const Config config = config_with_keys(context);
    const std::filesystem::path file = context.text("file");
    if (!std::filesystem::exists(file)) throw Stop(exit_code::usage, "there is no file " + file.string());
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.files());
    const certs::DerivedKeys derived(*keys);
    store::Vault vault(*keys, derived.index(), certs::sha256(protocol::as_bytes(config.published.origin)));
    context.note("Verifying " + file.string() + ": every page, entry, section, seal and the tree over them ...");
    audit::VerifyReport report;
    try {
        report = audit::verify_file(file, derived.database(), {.vault = &vault, .progress = progress_line(context)});
    } catch (const protocol::Fault& fault) {
        throw Stop(exit_code::tampered, file.string() + " cannot be opened with these keys: " + fault.what());
    }
    Answer answer{.status = 200, .headers = {}, .body = report_json(report), .value = {}};
    answer.value = Value::parse(answer.body).value_or(Value());
    return print_verification(context, answer);
}

int verify(Context& context) {
    return context.given("file") ? verify_copy(context) : verify_online(context);
}

int copy(Context& context) {
    const Config config = config_with_keys(context);
    const std::filesystem::path target = context.text("FILE");
    if (std::filesystem::exists(target)) throw Stop(exit_code::usage, target.string() + " exists already; nothing is overwritten");
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.files());
    const certs::DerivedKeys derived(*keys);
    store::copy_database(config.data.folder / "entente.db", derived.database(), target);
    context.out() << target.string() << "\n";
    context.note("Encrypted with the same key. Next: entente audit verify --file " + target.string());
    return exit_code::ok;
}

// The rows that decide who may do what, for entente-verify state. They hold what the database holds about them, password hashes
// too.
int rows(Context& context) {
    const Config config = config_with_keys(context);
    const std::unique_ptr<certs::KeyProvider> keys = certs::open_key_folder(config.keys.files());
    const certs::DerivedKeys derived(*keys);
    audit::RowList list;
    store::open_database_file(config.data.folder / "entente.db", derived.database())->read([&](store::ReadTxn& txn) {
        list.origin = txn.first("SELECT origin FROM audit_origin ORDER BY since DESC LIMIT 1", {},
                                [](const store::Row& row) { return std::string(row.text(0)); })
                          .value_or(config.published.origin);
        store::each_told(txn, [&](const store::Told& told) {
            list.rows[{std::string(store::name(told.row.kind)), told.row.id}] = {told.index, store::row_text(txn, told.row)};
            // No row was told after that, so that an export which ends anywhere behind it shows whether this is all.
            list.size = std::max(list.size, static_cast<std::uint64_t>(told.index) + 1);
        });
        store::each_critical_row(txn, [&](const store::CriticalRow& row) {
            list.rows.try_emplace({std::string(store::name(row.kind)), row.id}, audit::ListedRow{0, store::row_text(txn, row)});
        });
    });
    context.world().write_new_file(context.text("FILE"), audit::format_rows(list));
    context.out() << context.text("FILE") << "\n";
    context.note(std::to_string(list.rows.size()) +
                 " rows, with password hashes and sealed texts: keep it like the database. Next: "
                 "entente audit export DIR --complete --open, then entente-verify state DIR --policy FILE --dump " +
                 context.text("FILE"));
    return exit_code::ok;
}

}  // namespace

std::vector<Command> audit_file_commands() {
    return {
        audit_verify_command(verify),
        {.path = "audit copy",
         .summary = "Copy the database, consistent even while the gateway runs",
         .example = "  entente audit copy /backup/entente.db",
         .caller = Caller::nobody,
         .options = {argument("FILE", "the new file"), value("config", "FILE", "configuration of the gateway on this machine")},
         .run = copy},
        {.path = "audit rows",
         .summary = "List the rows that decide who may do what, for entente-verify state; works while the gateway runs",
         .example = "  entente audit rows rows.txt\n  entente-verify state whole/ --policy policy --dump rows.txt",
         .caller = Caller::nobody,
         .options = {argument("FILE", "the new file"), value("config", "FILE", "configuration of the gateway on this machine")},
         .run = rows},
    };
}

}  // namespace entente::tools
