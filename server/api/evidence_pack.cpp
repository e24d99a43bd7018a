#include "server/api/evidence_pack.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/api/evidence_oscal.hpp"
#include "server/audit/package/paths.hpp"
#include "server/pages/evidence_report.hpp"

namespace entente::api {

using operations::Control;
using operations::controls;
using operations::Evidence;
using operations::Framework;
using operations::ProvenEntry;
using protocol::JsonWriter;
namespace package = audit::package;

namespace {

void write_scope(JsonWriter& out, const Evidence& evidence, std::string_view origin) {
    out.member("log", origin).key("company");
    if (evidence.company) {
        out.object().member("id", evidence.company.value).member("name", evidence.scope_name).end();
    } else {
        out.null();
    }
    out.member("from", to_rfc3339(evidence.input.from)).member("until", to_rfc3339(evidence.input.until));
    out.member("covered", to_rfc3339(evidence.until));
    out.member("begin", evidence.begin).member("end", evidence.end).member("entries", evidence.entries);
}

void write_coverage(JsonWriter& out, const Evidence& evidence) {
    out.key("coverage").array();
    for (const Framework framework : {Framework::iso27001, Framework::iso27701, Framework::gdpr}) {
        const Evidence::Coverage coverage = evidence.coverage(framework);
        out.object().member("framework", name(framework)).member("title", title(framework)).member("controls", coverage.controls);
        out.member("withEvidence", coverage.holding).member("empty", coverage.empty).member("notServed", coverage.not_served);
        out.member("complete", operations::listed_whole(framework)).end();
    }
    out.end();
}

// With the population's indices only where they are wanted: they may be many.
void write_control(JsonWriter& out, const Evidence& evidence, std::size_t at, bool whole) {
    const Control& control = controls()[at];
    const operations::Population& population = evidence.populations[at];
    out.object().member("framework", name(control.framework)).member("id", control.id).member("title", control.title);
    out.member("serves", name(control.serves)).member("evidence", evidence.holds(at)).member("words", control.words);
    out.key("log").array();
    for (const std::string_view pattern : operations::words_of(control.log)) out.value(pattern);
    out.end().key("facts").array();
    for (const std::string_view fact : operations::words_of(control.facts)) out.value(fact);
    out.end().member("entries", population.entries).member("refused", population.failed);
    if (whole && control.serves != operations::Serves::no) {
        out.member("populationDigest", protocol::hex(population.digest())).key("population").array();
        for (const auto& [first, last] : population.runs) out.array().value(first).value(last).end();
        out.end().key("sample").array();
        std::vector<std::int64_t> indices;
        indices.reserve(population.lowest.size());
        for (const auto& [rank, index] : population.lowest) indices.push_back(index);
        std::ranges::sort(indices);
        for (const std::int64_t index : indices) out.value(index);
        out.end();
    }
    out.end();
}

void write_facts(JsonWriter& out, const Evidence& evidence) {
    out.key("facts").array();
    for (const operations::Fact& fact : evidence.facts) {
        out.object().member("name", fact.name).member("title", fact.title).member("value", fact.value);
        out.member("evidence", fact.evidence).end();
    }
    out.end();
}

std::string controls_file(const Evidence& evidence, std::string_view origin, bool whole) {
    JsonWriter out;
    out.object();
    write_scope(out, evidence, origin);
    write_coverage(out, evidence);
    out.key("items").array();
    for (std::size_t i = 0; i < controls().size(); ++i) write_control(out, evidence, i, whole);
    out.end();
    write_facts(out, evidence);
    return out.end().take();
}

std::string opened_name(const ProvenEntry& entry, std::string_view ending) {
    return "opened/" + std::to_string(entry.index) + ".1." + std::string(ending);
}

std::string receipt_name(std::int64_t index) {
    return "receipts/" + std::to_string(index) + ".tlog-proof";
}

void write_entry(JsonWriter& out, const ProvenEntry& entry) {
    out.member("index", entry.index).member("event", protocol::uuid_text(entry.event)).member("time", to_rfc3339(entry.time));
    out.member("operation", entry.operation).member("outcome", entry.failed ? "failure" : "success").member("reason", entry.reason);
    out.member("leaf", protocol::hex(entry.leaf)).member("entry", protocol::base64(entry.entry));
    out.key("opened");
    if (entry.core.empty()) {
        out.null();
    } else {
        out.value(opened_name(entry, "json"));
    }
}

std::string samples_file(const Evidence& evidence) {
    JsonWriter out;
    out.object().member("seed", evidence.input.seed).member("samples", evidence.input.samples);
    out.member("rule",
               "the entries of a control's population with the smallest SHA-256(\"entente-sample/v1\" || 00 || seed || 00 || index "
               "as u64, "
               "big-endian), compared as bytes");
    out.key("items").array();
    for (const ProvenEntry& sample : evidence.samples) {
        out.object();
        write_entry(out, sample);
        out.key("controls").array();
        for (const std::size_t at : sample.controls) out.value(controls()[at].id);
        out.end().end();
    }
    return out.end().end().take();
}

std::string breach_file(const operations::Breach& breach, std::string_view origin) {
    const auto write_classes = [](JsonWriter& out, protocol::DataClasses classes) {
        out.key("classes").array();
        for (int i = 0; i < protocol::data_class_count; ++i)
            if (const auto one = static_cast<protocol::DataClass>(i); classes.has(one)) out.value(protocol::name(one));
        out.end();
    };
    JsonWriter out;
    out.object().member("log", origin);
    out.key("company").object().member("id", breach.company.value).member("name", breach.company_name).end();
    out.key("partner").object().member("id", breach.input.partner.value).member("name", breach.partner_name).end();
    out.member("from", to_rfc3339(breach.input.from)).member("until", to_rfc3339(breach.input.until));
    write_classes(out, breach.classes);
    out.member("unreadable", breach.unreadable);
    out.key("customers").array();
    for (const operations::BreachCustomer& customer : breach.customers) {
        out.object().member("id", customer.id.value).key("name");
        if (customer.name.empty()) {
            out.null();
        } else {
            out.value(customer.name);
        }
        out.member("cases", customer.cases);
        write_classes(out, customer.classes);
        out.end();
    }
    out.end().key("cases").array();
    for (const auto& [id, one] : breach.cases) {
        out.object().member("id", one.id).member("token", one.token).member("openedBy", one.submitted ? "company" : "partner");
        out.member("customer", one.customer ? std::optional(one.customer.value) : std::nullopt);
        out.member("authorization", one.authorization != 0 ? std::optional(one.authorization) : std::nullopt);
        out.member("agreement", one.agreement != 0 ? std::optional(one.agreement) : std::nullopt);
        out.member("disclosures", one.disclosures).member("laterReads", one.reads);
        write_classes(out, one.classes);
        out.end();
    }
    out.end().key("items").array();
    for (const operations::BreachItem& item : breach.items) {
        out.object();
        write_entry(out, item.entry);
        out.member("case", item.case_id).member("version", item.version != 0 ? std::optional(item.version) : std::nullopt);
        out.member("how", item.delivered ? "sent" : "shown").end();
    }
    return out.end().end().take();
}

// What stands in README.txt about a file, or about all files of a folder. Only what is there is explained.
struct Explained {
    std::string_view name;  // or how the names begin
    std::string_view text;
};
constexpr std::array explained{
    Explained{package::oscal,
              "assessment-results.json  OSCAL assessment results: one observation for each control. No finding: whether "
              "a control is met\n"
              "                         is for an auditor to judge.\n"},
    Explained{
        package::controls,
        "controls.json            the map from controls to records, with every population as runs of indices and its digest\n"},
    Explained{package::samples, "samples.json             the drawn records, and the rule by which anybody draws them again\n"},
    Explained{
        package::breach,
        "breach.json              a list about a partner: customers, cases, classes and every disclosure. laterReads are counts\n"
        "                         of what was read again, kept by the hour; they have no record of their own, so no proof.\n"
        "                         unreadable: records of what the partner did whose content was erased, so that nobody can say "
        "more.\n"},
    Explained{
        "opened/",
        "opened/N.1.json, .salt   the core section of record N and its salt of 32 bytes. SHA-256 of \"gw-audit/v1/commit\", a zero "
        "byte,\n"
        "                         a byte 1, the salt and the text is the commitment in the record's entry.\n"},
    Explained{
        "receipts/",
        "receipts/N.tlog-proof    proof that record N stands in the log (c2sp.org/tlog-proof), under the signed checkpoint\n"},
    Explained{package::checkpoint, "checkpoint               the log's signed head\n"},
    Explained{
        package::policy_beside,
        "policy                   the key to believe. Get that key from the gateway's operator on another way, or from an earlier\n"
        "                         pack: one that comes with the pack proves only that the pack fits itself.\n"},
};

constexpr std::string_view check_one =
    "One of them:          entente-verify receipt receipts/N.tlog-proof --policy POLICY --event opened/N.1.json --salt "
    "opened/N.1.salt\n";
constexpr std::string_view check_drawn =
    "That proves the records. What the report says about them, and that it names them all, you prove by drawing the samples again "
    "and,\n"
    "for all records, with an export of the whole log (entente audit export --complete).\n"
    "A period that is over and the same seed give the same bytes, but for receipts and checkpoint, which are of the day, and "
    "facts\n"
    "about the present state. A period that goes on is covered to the moment of making (\"covered\" in controls.json).\n";
constexpr std::string_view check_listed =
    "That proves the records. What the report says about them, and that it names them all, only an export of the whole log shows\n"
    "(entente audit export --complete).\n";

std::string readme_of(const std::vector<PackFile>& files) {
    const auto there = [&](std::string_view name) {
        return std::ranges::any_of(
            files, [&](const PackFile& file) { return name.ends_with('/') ? file.name.starts_with(name) : file.name == name; });
    };
    std::string text =
        "Evidence from an Entente gateway\n"
        "\n"
        "report.html is for reading and printing; it needs nothing from elsewhere.\n"
        "The other files say the same for programs, and prove it without the gateway:\n"
        "\n";
    for (const Explained& one : explained)
        if (there(one.name)) text += one.text;
    text +=
        "SHA256SUMS               sha256sum -c SHA256SUMS\n"
        "\n"
        "All of them at once:  entente-verify log FOLDER --policy POLICY --sums    (POLICY: the key as you got it)\n";
    if (there("receipts/")) text += check_one;
    text += there(package::samples) ? check_drawn : check_listed;
    return text;
}

void add_proofs(std::vector<PackFile>& files, const std::vector<const ProvenEntry*>& entries, const Proofs& proofs) {
    for (const ProvenEntry* entry : entries) {
        if (entry->core.empty()) continue;
        files.push_back({opened_name(*entry, "json"), entry->core});
        files.push_back({opened_name(*entry, "salt"), std::string(protocol::as_text(entry->salt)), false});
    }
    for (const auto& [index, receipt] : proofs.receipts) files.push_back({receipt_name(index), receipt});
    if (!proofs.checkpoint.empty()) files.push_back({std::string(package::checkpoint), proofs.checkpoint});
    if (!proofs.policy.empty()) files.push_back({std::string(package::policy_beside), proofs.policy});
    files.push_back({std::string(package::readme), readme_of(files)});
}

void add_sums(std::vector<PackFile>& files) {
    std::ranges::sort(files, {}, &PackFile::name);
    std::string sums;
    for (const PackFile& file : files)
        sums += protocol::hex(certs::sha256(protocol::as_bytes(file.bytes))) + "  " + file.name + "\n";
    files.push_back({std::string(package::sums), std::move(sums)});
}

}  // namespace

std::string encode_controls(const Evidence& evidence, std::string_view origin) {
    return controls_file(evidence, origin, false);
}

std::vector<PackFile> evidence_pack(const Evidence& evidence, std::string_view origin, const Proofs& proofs) {
    std::vector<PackFile> files;
    files.push_back({std::string(package::report), pages::evidence_report(evidence, origin)});
    files.push_back({std::string(package::oscal), oscal_results(evidence, origin)});
    files.push_back({std::string(package::controls), controls_file(evidence, origin, true)});
    files.push_back({std::string(package::samples), samples_file(evidence)});
    std::vector<const ProvenEntry*> entries;
    entries.reserve(evidence.samples.size());
    for (const ProvenEntry& sample : evidence.samples) entries.push_back(&sample);
    add_proofs(files, entries, proofs);
    add_sums(files);
    return files;
}

std::vector<PackFile> breach_pack(const operations::Breach& breach, std::string_view origin, const Proofs& proofs) {
    std::vector<PackFile> files;
    files.push_back({std::string(package::report), pages::breach_report(breach, origin)});
    files.push_back({std::string(package::breach), breach_file(breach, origin)});
    std::map<std::int64_t, const ProvenEntry*> once;  // a record may show several cases
    for (const operations::BreachItem& item : breach.items) once.emplace(item.entry.index, &item.entry);
    std::vector<const ProvenEntry*> entries;
    entries.reserve(once.size());
    for (const auto& [index, entry] : once) entries.push_back(entry);
    add_proofs(files, entries, proofs);
    add_sums(files);
    return files;
}

std::string encode_pack(const std::vector<PackFile>& files) {
    JsonWriter out;
    out.object().key("files").array();
    for (const PackFile& file : files) {
        out.object().member("name", file.name);
        if (file.text) {
            out.member("text", file.bytes);
        } else {
            out.member("base64", protocol::base64(protocol::as_bytes(file.bytes)));
        }
        out.end();
    }
    return out.end().end().take();
}

}  // namespace entente::api
