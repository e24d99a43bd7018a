// entente audit checkpoint, receipt and prove: what a partner or an auditor keeps to hold the gateway to its log later. Everything
// is checked here before it is printed; what is printed can be checked again with entente-verify or any tool that speaks C2SP's
// formats.

#include <algorithm>
#include <ostream>
#include <span>

#include "server/audit/format/leaf.hpp"
#include "server/audit/format/proof.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

[[noreturn]] void not_proven(const std::string& what) {
    throw Stop(exit_code::tampered, "the gateway's answer does not prove what it says: " + what);
}

// The log's public key: the one that the caller pinned, or the one that the gateway names now.
audit::VerifierKey log_key(Context& context) {
    std::string text = context.text("key");
    if (text.starts_with('@')) text = context.world().read_file(text.substr(1));
    if (text.empty()) text = context.get("/api/v1/audit/checkpoint").value.text("verifierKey");
    while (text.ends_with('\n')) text.pop_back();
    auto key = audit::parse_vkey(text);
    if (!key) throw Stop(exit_code::usage, "--key is no verifier key: " + key.error().message);
    return *std::move(key);
}

audit::Checkpoint verified_checkpoint(const std::string& note, const audit::VerifierKey& key, const std::string& where) {
    const auto parsed = audit::parse_note(note);
    if (!parsed) throw Stop(exit_code::refused, where + " is no signed checkpoint: " + parsed.error().message);
    if (const auto signers = audit::verify_note(*parsed, std::span(&key, 1)); !signers)
        not_proven(where + ": " + signers.error().message);
    auto checkpoint = audit::parse_checkpoint(parsed->text);
    if (!checkpoint) throw Stop(exit_code::refused, where + " is no checkpoint: " + checkpoint.error().message);
    return *std::move(checkpoint);
}

// The log that was seen then is the beginning of the log as it is now.
void require_growth(Context& context, const audit::VerifierKey& key, const audit::Checkpoint& newest, const std::string& file) {
    const std::string kept = context.world().read_file(file);
    const std::string name = kept.substr(0, kept.find('\n'));
    if (audit::parse_note(kept) && name != key.name) {
        throw Stop(
            exit_code::refused, file + " is a checkpoint of " + name + ", and the log is called " + key.name + " now",
            "where a log goes on under another name, an export shows that it begins with what was before: entente-verify log "
            "EXPORT --policy FILE --from-checkpoint " +
                file + ", with the lines of both names in the policy");
    }
    const audit::Checkpoint before = verified_checkpoint(kept, key, file);
    if (newest.size < before.size)
        throw Stop(exit_code::tampered,
                   file + " covers " + std::to_string(before.size) + " records, signed by the log's key, and the log has " +
                       std::to_string(newest.size) + " now: it was put back, and what is missing may have been changed",
                   "keep the file and ask whoever runs the gateway; witnesses hold the same against it");
    const Answer answer = context.get("/api/v1/audit/consistency?from=" + std::to_string(before.size));
    const audit::Checkpoint now = verified_checkpoint(answer.value.text("checkpoint"), key, "the gateway's checkpoint");
    std::vector<audit::Hash> path;
    for (const Value& line : answer.value.items("path")) {
        const auto bytes = protocol::from_base64(line.text());
        if (!bytes || bytes->size() != sizeof(audit::Hash)) not_proven("a line of the path is no hash");
        std::ranges::copy(*bytes, path.emplace_back().begin());
    }
    if (!audit::verify_consistency(before.size, now.size, path, before.root, now.root)) {
        not_proven("the log of " + std::to_string(now.size) + " records does not begin with the " + std::to_string(before.size) +
                   " records of " + file);
    }
    context.note("The log of " + std::to_string(now.size) + " records begins with the " + std::to_string(before.size) +
                 " records of " + file + ", unchanged.");
}

int checkpoint(Context& context) {
    const Answer answer = context.get("/api/v1/audit/checkpoint");
    const audit::VerifierKey key = log_key(context);
    const std::string note = answer.value.text("checkpoint");
    const audit::Checkpoint newest = verified_checkpoint(note, key, "the gateway's checkpoint");
    if (context.given("since")) require_growth(context, key, newest, context.text("since"));
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << note;
    context.note("Signed with " + audit::format_vkey(key));
    return exit_code::ok;
}

struct Proven {
    std::string text;
    audit::InclusionReceipt receipt;
    audit::ProvenInclusion proof;
};

Proven proven_receipt(Context& context) {
    const Answer answer = context.get("/api/v1/audit/receipts/" + url_encoded(context.text("RECORD")));
    auto receipt = audit::parse_receipt(answer.body);
    if (!receipt) not_proven(receipt.error().message);
    const audit::VerifierKey key = log_key(context);
    auto proof = audit::verify_receipt(*receipt, std::span(&key, 1));
    if (!proof) not_proven(proof.error().message);
    return {answer.body, *std::move(receipt), *std::move(proof)};
}

int receipt(Context& context) {
    context.out() << proven_receipt(context).text;
    return exit_code::ok;
}

int prove(Context& context) {
    const Proven proven = proven_receipt(context);
    const auto entry = audit::decode_entry(proven.receipt.entry);
    if (!entry) not_proven(entry.error().message);
    const std::string leaf = protocol::hex(audit::leaf_hash(proven.receipt.entry));
    if (context.json()) {
        protocol::JsonWriter json;
        json.object()
            .member("index", static_cast<std::int64_t>(proven.receipt.index))
            .member("event", protocol::uuid_text(entry->event));
        json.member("time", protocol::to_rfc3339(entry->time)).member("leaf", leaf).member("log", proven.proof.checkpoint.origin);
        json.member("size", static_cast<std::int64_t>(proven.proof.checkpoint.size));
        json.member("root", protocol::hex(proven.proof.checkpoint.root)).end();
        context.out() << json.take() << "\n";
        return exit_code::ok;
    }
    context.out() << context.paint()(Ink::green, "The record is in the log") << ", as the log's signature says\n";
    Facts facts;
    facts.add("  index", std::to_string(proven.receipt.index));
    facts.add("  event", protocol::uuid_text(entry->event));
    facts.add("  time", protocol::to_rfc3339(entry->time));
    facts.add("  leaf", leaf);
    facts.add("  log", proven.proof.checkpoint.origin + ", " + std::to_string(proven.proof.checkpoint.size) + " records");
    facts.add("  root", protocol::hex(proven.proof.checkpoint.root));
    for (const audit::Signer& signer : proven.proof.signers) facts.add("  signed by", signer.name);
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

Option key_option() {
    return value("key", "VKEY", "the log's key as you pinned it (or @FILE); without it the gateway is asked, which proves less");
}

}  // namespace

std::vector<Command> audit_proof_commands() {
    const Option record = argument("RECORD", "index or event id: an answer's header Audit-Event");
    return {
        {.path = "audit checkpoint",
         .summary = "Print the log's newest signed checkpoint; with --since, prove that nothing before it changed",
         .example = "  entente audit checkpoint > today.checkpoint\n  entente audit checkpoint --since today.checkpoint",
         .caller = Caller::person_or_operator,
         .options = {value("since", "FILE", "a checkpoint that you kept: the log must begin with the records it covered"),
                     key_option()},
         .run = checkpoint},
        {.path = "audit receipt",
         .summary = "Print the receipt of a record, to be kept beside what it is about",
         .example = "  entente audit receipt 0190f5fe-7c00-7a00-8000-000000000001 > answer.tlog-proof",
         .caller = Caller::person_or_operator,
         .options = {record, key_option()},
         .run = receipt},
        {.path = "audit prove",
         .summary = "Check that a record is in the log, and say where",
         .example = "  entente audit prove 1041",
         .caller = Caller::person_or_operator,
         .options = {record, key_option()},
         .run = prove},
    };
}

}  // namespace entente::tools
