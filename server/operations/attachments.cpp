#include "server/operations/attachments.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/markup.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/readers.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::operations {

using protocol::CompanyId;
using protocol::FileResult;
using protocol::Flow;
using protocol::ForwardStatus;
using protocol::HttpsTarget;
using protocol::Side;
using store::AttachmentState;
using store::StoredAttachment;
using store::StoredCase;

namespace {

constexpr int listed_max = 500;

CompanyId company_of(const StoredCase& c, Side side) {
    return side == Side::submitter ? c.submitter : c.receiver;
}

// The case's own target, else the company's.
std::optional<HttpsTarget> target_of(ReadTxn& txn, const Tools& tools, const StoredCase& c, Side side) {
    const CompanyId company = company_of(c, side);
    if (auto own = store::attachment_target(txn, tools.vault, company, c.id)) return own;
    return store::attachment_target(txn, tools.vault, company, {});
}

std::int64_t smallest(std::int64_t left, std::int64_t right) {
    if (left == 0 || right == 0) return std::max(left, right);
    return std::min(left, right);
}

TargetsRead targets(ReadTxn& txn, const Tools& tools, const StoredCase& c, Side reader) {
    TargetsRead read;
    for (const Side side : {Side::submitter, Side::receiver}) {
        protocol::ConfigSide& one = side == Side::submitter ? read.submitter : read.receiver;
        one.company = company_of(c, side);
        if (side == reader || c.released_at) {
            one.target = target_of(txn, tools, c, side);
            read.max_bytes = smallest(read.max_bytes, store::attachment_options(txn, one.company).max_bytes);
        }
    }
    return read;
}

// Why content may not cross at this moment; nothing when it may.
std::optional<Error> closed_now(ReadTxn& txn, const StoredCase& c, Instant now) {
    const Flow flow = flow_now(txn, c, now);
    if (flow == Flow::held || !c.released_at)
        return Error{
            .kind = ErrorKind::forbidden,
            .code = c.hold_reason.empty() ? "case_held" : c.hold_reason,
            .message = c.hold_text.empty() ? "the case is held, so nothing may cross yet" : protocol::strip_tags(c.hold_text)};
    if (flow == Flow::frozen) return gate_closed(c);
    return std::nullopt;
}

audit::Record file_record(const UploadOpened& upload, const StoredCase& c, std::string operation, std::uint8_t activity) {
    audit::Record record = record_of(upload.caller, std::move(operation), audit::Class::api_activity, activity);
    about(record, c);
    return record;
}

void name_file(audit::Record& record, const StoredAttachment& file) {
    record.resources.push_back({"attachment", std::to_string(file.id.value)});
}

// The user part of the credentials cannot hold a colon.
std::string user_name(std::string_view number, std::string_view token) {
    std::string user(number.empty() ? token : number);
    std::erase_if(user, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    std::ranges::replace(user, ':', '_');
    return user;
}

void plan_side(ReadTxn& txn, const Context& context, const StoredCase& c, Side side, std::int64_t bytes, SendPlan& plan) {
    const auto target = target_of(txn, context.tools, c, side);
    const std::int64_t limit = store::attachment_options(txn, company_of(c, side)).max_bytes;
    if (!target) {
        plan.known = {ForwardStatus::config_missing, "this company has said no place for files"};
    } else if (target->expires_at <= context.now) {
        plan.known = {ForwardStatus::config_invalid, "the place for files expired on " + to_rfc3339(target->expires_at)};
    } else if (limit != 0 && bytes > limit) {
        plan.known = {ForwardStatus::content_error, "this company takes files of at most " + std::to_string(limit) + " bytes"};
    } else {
        plan.target = target;
    }
    const std::string& receivers = c.shared ? c.shared->receiver_number : c.original.receiver_number;
    plan.user = user_name(side == Side::submitter ? c.original.submitter_number : receivers, c.token);
}

Result<StoredCase> party_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token,
                              policy::Operation operation) {
    if (auto allowed = require(caller, operation); !allowed) return std::unexpected(allowed.error());
    auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return std::unexpected(case_not_found(token));
    return std::move(*c);
}

std::string verdict_json(const FileVerdict& verdict, const StoredAttachment& file, const Departure& departure) {
    protocol::JsonWriter json;
    json.object().member("bytes", file.bytes).member("detectors", verdict.detectors).member("kind", verdict.kind);
    json.member("left_out", verdict.left_out).member("malware_checked", verdict.malware_checked).key("masked").object();
    for (const auto& [data_class, values] : verdict.masked) json.member(data_class, values);
    json.end().member("members", verdict.members).key("sent_to").array();
    if (departure.receiver.target) json.value("receiver");
    if (departure.submitter.target) json.value("submitter");
    return json.end().member("sharing_rules", verdict.rules_id).end().take();
}

}  // namespace

// --- targets ---

Audited<TargetsRead> read_targets(Txn& txn, const Context& context, const Caller& caller, std::string_view token) {
    audit::Record record = record_of(caller, "attachment.config.read", audit::Class::api_activity, audit::activity_read);
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_read);
    if (!c) return refused<TargetsRead>(std::move(record), c.error());
    about(record, *c);
    return {targets(txn, context.tools, *c, side_of(*c, caller.company())), std::move(record)};
}

Audited<TargetsRead> set_case_target(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                     const HttpsTarget& target) {
    audit::Record record = record_of(caller, "attachment.config.set", audit::Class::api_activity, audit::activity_update);
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_write);
    if (!c) return refused<TargetsRead>(std::move(record), c.error());
    about(record, *c);
    store::put_attachment_target(txn, context.tools.vault, caller.company(), c->id, target, caller.principal.label(), context.now);
    return {targets(txn, context.tools, *c, side_of(*c, caller.company())), std::move(record)};
}

Result<bool> may_set_target(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_write);
    if (!c) return std::unexpected(c.error());
    return true;
}

Audited<CompanyTarget> read_company_target(Txn& txn, const Context& context, const Caller& caller) {
    audit::Record record = record_of(caller, "attachment.target.read", audit::Class::entity_management, audit::activity_read);
    if (auto allowed = require(caller, policy::Operation::webhook_read); !allowed)
        return refused<CompanyTarget>(std::move(record), allowed.error());
    record.resources.push_back({"company", std::to_string(caller.company().value)});
    return {CompanyTarget{store::attachment_target(txn, context.tools.vault, caller.company(), {}),
                          store::attachment_options(txn, caller.company())},
            std::move(record)};
}

Audited<CompanyTarget> set_company_target(Txn& txn, const Context& context, const Caller& caller,
                                          const protocol::TargetOptionsInput& input) {
    audit::Record record = record_of(caller, "attachment.target.set", audit::Class::entity_management, audit::activity_update);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<CompanyTarget>(std::move(record), allowed.error());
    record.resources.push_back({"company", std::to_string(caller.company().value)});
    if (input.target)
        store::put_attachment_target(txn, context.tools.vault, caller.company(), {}, *input.target, caller.principal.label(),
                                     context.now);
    store::put_attachment_options(txn, caller.company(), input.options);
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("history", input.options.history)
                          .member("max_bytes", input.options.max_bytes)
                          .member("note", input.options.note)
                          .member("target", input.target.has_value())
                          .end()
                          .take();
    return {CompanyTarget{store::attachment_target(txn, context.tools.vault, caller.company(), {}), input.options},
            std::move(record)};
}

Audited<bool> remove_company_target(Txn& txn, const Context&, const Caller& caller) {
    audit::Record record = record_of(caller, "attachment.target.remove", audit::Class::entity_management, audit::activity_delete);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<bool>(std::move(record), allowed.error());
    record.resources.push_back({"company", std::to_string(caller.company().value)});
    if (!store::remove_attachment_target(txn, caller.company(), {}))
        return refused<bool>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "target_not_found", .message = "your company has said no place for files"});
    return {true, std::move(record)};
}

// --- a file on its way ---

Audited<UploadOpened> open_upload(Txn& txn, const Context& context, const Caller& caller, std::string_view token) {
    audit::Record record = record_of(caller, "attachment.upload", audit::Class::api_activity, audit::activity_create);
    const auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<UploadOpened>(std::move(record), opened.error());
    const StoredCase& c = opened->c;
    if (const auto next = step(txn, context, *opened, protocol::CaseAction::add_note, false); !next)
        return refused<UploadOpened>(std::move(record), next.error());
    UploadOpened upload;
    upload.case_id = c.id;
    upload.token = c.token;
    upload.caller = caller;
    upload.side = opened->side;
    upload.upload = static_cast<std::int64_t>(context.tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1;
    upload.closed = closed_now(txn, c, context.now);
    upload.own = store::attachment_options(txn, caller.company());
    upload.max_bytes = targets(txn, context.tools, c, opened->side).max_bytes;
    if (upload.closed) record.reason = upload.closed->code;
    return {std::move(upload), std::move(record)};
}

Audited<UploadOpened> reopen_upload(Txn& txn, const Context& context, const Caller& caller, std::string_view token) {
    audit::Record record = record_of(caller, "attachment.upload", audit::Class::api_activity, audit::activity_read);
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_write);
    if (!c) return refused<UploadOpened>(std::move(record), c.error());
    about(record, *c);
    UploadOpened upload;
    upload.case_id = c->id;
    upload.token = c->token;
    upload.caller = caller;
    upload.side = side_of(*c, caller.company());
    return {std::move(upload), std::move(record)};
}

Result<std::vector<StoredAttachment>> files_of_upload(ReadTxn& txn, const Context& context, const Caller& caller,
                                                      std::string_view token, std::int64_t upload) {
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_write);
    if (!c) return std::unexpected(c.error());
    auto files = store::attachments_of_upload(txn, context.tools.vault, c->id, upload);
    std::erase_if(files, [&](const StoredAttachment& file) { return file.company != caller.company(); });
    return files;
}

FileResult result_again(const StoredAttachment& file, std::string name) {
    const auto side = [](ForwardStatus status, const std::string& kept) -> protocol::SideResult {
        if (!kept.empty()) return {status, kept};
        if (status == ForwardStatus::success) return {status, "delivered"};
        if (status == ForwardStatus::unknown) return {status, "the gateway ended before it knew"};
        return {status, "why is not kept any more"};
    };
    return {std::move(name), side(file.submitter_status, file.words.submitter_message),
            side(file.receiver_status, file.words.receiver_message)};
}

Spooled keep_spooled(Txn& txn, const Context& context, const UploadOpened& upload, const std::vector<ArrivedFile>& files,
                     std::string_view description) {
    Spooled kept;
    const auto c = store::find_case(txn, context.tools.vault, upload.case_id);
    if (!c) throw protocol::Fault("a case went away during an upload");
    audit::Record record = file_record(upload, *c, "attachment.spool", audit::activity_create);
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const ArrivedFile& arrived = files[i];
        StoredAttachment file;
        file.id = {store::fresh_id(txn, "attachments", [&] { return context.tools.draw(); })};
        file.case_id = c->id;
        file.company = upload.caller.company();
        file.author = upload.caller.principal.label();
        file.upload = upload.upload;
        file.position = static_cast<std::int64_t>(i);
        file.bytes = arrived.bytes;
        file.created_at = context.now;
        file.words.name = arrived.name.empty() ? protocol::plain_file_name(arrived.name) : arrived.name;
        file.words.content_type = arrived.content_type;
        file.words.description = description;
        file.words.digest = arrived.digest;
        file.has_words = true;
        if (arrived.file) {
            file.spool = arrived.file->name();
            file.spool_key.assign(arrived.file->key().begin(), arrived.file->key().end());
        }
        store::insert_attachment(txn, context.tools.vault, *c, file);
        certs::wipe(file.spool_key);
        file.spool_key.clear();
        name_file(record, file);
        bytes += file.bytes;
        kept.files.push_back(std::move(file));
    }
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("bytes", bytes)
                          .member("files", static_cast<std::int64_t>(files.size()))
                          .end()
                          .take();
    kept.records.push_back(std::move(record));
    return kept;
}

FileTerms file_terms(ReadTxn& txn, const Context& context, const StoredAttachment& file, Side side) {
    FileTerms terms;
    const auto c = store::find_case(txn, context.tools.vault, file.case_id);
    if (!c || c->erased) {
        terms.closed = Error{.kind = ErrorKind::not_found, .code = "case_not_found", .message = "there is no such case any more"};
        return terms;
    }
    terms.closed = closed_now(txn, *c, context.now);
    if (terms.closed) return terms;
    terms.sharer = std::make_shared<Sharer>(sharer_for(txn, context, *c, side));
    terms.fingerprint = terms.sharer->fingerprint();
    terms.uninspected_allowed = terms.sharer->terms().sharing.rules.allows_uninspected();
    if (const auto digest = protocol::from_hex(file.words.digest))
        terms.released = store::content_reviewed(txn, c->id, file.company, *digest, file.author);
    if (terms.released) terms.fingerprint += "|released";
    return terms;
}

Departure depart(Txn& txn, const Context& context, const UploadOpened& upload, StoredAttachment& file, const FileVerdict& verdict,
                 const std::string& fingerprint) {
    Departure departure;
    txn.lock("case/" + upload.token);
    auto c = store::find_case(txn, context.tools.vault, upload.case_id);
    std::optional<Error> refused = verdict.refused;
    if (!c || c->erased) throw protocol::Fault("a case went away while its file waited");
    const FileTerms now = file_terms(txn, context, file, upload.side);
    if (now.closed) refused = now.closed;
    if (!now.closed && now.fingerprint != fingerprint) {
        departure.stale = true;
        return departure;
    }
    audit::Record record = file_record(upload, *c, "attachment.send", audit::activity_create);
    name_file(record, file);
    file.words.shared_name = verdict.shared_name;
    if (refused) {
        const protocol::SideResult why{ForwardStatus::content_error, refused->message};
        departure.submitter.known = departure.receiver.known = why;
        file.reason = refused->code;
        record.outcome = audit::Outcome::failure;
        record.reason = refused->code;
    } else {
        for (const Side side : {Side::submitter, Side::receiver}) {
            SendPlan& plan = side == Side::submitter ? departure.submitter : departure.receiver;
            const bool own = side == upload.side;
            plan.original = own;
            plan.file_name = protocol::plain_file_name(own ? file.words.name : verdict.shared_name);
            const std::int64_t bytes = own || !verdict.shared ? file.bytes : static_cast<std::int64_t>(verdict.shared->size());
            plan_side(txn, context, *c, side, bytes, plan);
        }
        const bool crosses = (upload.side == Side::submitter ? departure.receiver : departure.submitter).target.has_value();
        if (crosses) {
            (upload.side == Side::submitter ? c->pseudonyms_submitter : c->pseudonyms_receiver) = verdict.pseudonyms;
            ++c->version;
            c->updated_at = context.now;
            if (!store::update_case(txn, context.tools.vault, *c)) throw protocol::Fault("case moved during its own operation");
            register_disclosure(txn, context, company_of(*c, other(upload.side)), c->id, c->version, "attachment.send", true);
            record.resources.front().version = c->version;
        }
        file.state = AttachmentState::sending;
    }
    record.decision = verdict_json(verdict, file, departure);
    store::update_attachment(txn, context.tools.vault, *c, file, true);
    departure.records.push_back(std::move(record));
    return departure;
}

std::vector<audit::Record> settle_file(Txn& txn, const Context& context, const UploadOpened& upload, StoredAttachment& file,
                                       const FileResult& result, bool again) {
    const auto c = store::find_case(txn, context.tools.vault, upload.case_id);
    if (!c) throw protocol::Fault("a case went away while its file was sent");
    audit::Record record = file_record(upload, *c, "attachment.sent", audit::activity_update);
    name_file(record, file);
    file.submitter_status = result.submitter.status;
    file.receiver_status = result.receiver.status;
    file.words.submitter_message = result.submitter.message;
    file.words.receiver_message = result.receiver.message;
    file.state = again ? AttachmentState::failed : AttachmentState::done;
    file.finished_at = context.now;
    file.has_words = (upload.own.history || upload.keyed) && !c->erased;
    if (!upload.own.history)  // what a repeat answers, and nothing to list
        file.words = {.submitter_message = result.submitter.message, .receiver_message = result.receiver.message};
    store::update_attachment(txn, context.tools.vault, *c, file, again);
    if (!result.complete()) record.outcome = audit::Outcome::failure;
    record.reason = file.reason;
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("receiver", name(result.receiver.status))
                          .member("submitter", name(result.submitter.status))
                          .end()
                          .take();
    return {std::move(record)};
}

std::vector<audit::Record> note_files(Txn& txn, const Context& context, const UploadOpened& upload,
                                      const std::vector<std::string>& names, std::string_view description) {
    protocol::NewNote note;
    note.summary = names.size() == 1 ? "1 file was sent" : std::to_string(names.size()) + " files were sent";
    for (const std::string& name : names) note.description += (note.description.empty() ? "" : "\n") + name;
    if (!description.empty()) note.description += "\n\n" + std::string(description);
    note.priority = protocol::Priority::low;
    auto written = add_note(txn, context, upload.caller, upload.token, note);
    return {std::move(written.record)};
}

// --- history and sending again ---

Result<AttachmentList> list_attachments(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    const auto c = party_case(txn, context, caller, token, policy::Operation::case_read);
    if (!c) return std::unexpected(c.error());
    AttachmentList list;
    list.shown = {c->id, c->version, c->gate_epoch};
    list.shown.words = false;
    const bool frozen = flow_now(txn, *c, context.now) == Flow::frozen;
    for (StoredAttachment& file : store::attachments_of(txn, context.tools.vault, c->id, listed_max)) {
        if (!file.has_words || file.words.name.empty()) continue;
        const bool own = file.company == caller.company();
        const Side reader = side_of(*c, caller.company());
        const ForwardStatus here = reader == Side::submitter ? file.submitter_status : file.receiver_status;
        // The other side knows of what reached it, under the name that it got, as long as content may be shown to it.
        if (!own && (here != ForwardStatus::success || (frozen && reader == Side::receiver))) continue;
        if (!own) {
            file.words.name = file.words.shared_name;
            file.words.description.clear();
            file.words.digest.clear();
            file.author.clear();
            file.bytes = 0;
            (reader == Side::submitter ? file.words.receiver_message : file.words.submitter_message).clear();
        }
        list.shown.words = list.shown.words || !own;
        list.files.push_back(std::move(file));
    }
    return list;
}

Audited<Resumed> resume_file(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                             store::AttachmentId id) {
    audit::Record record = record_of(caller, "attachment.resume", audit::Class::api_activity, audit::activity_update);
    const auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<Resumed>(std::move(record), opened.error());
    auto file = store::find_attachment(txn, context.tools.vault, opened->c.id, id);
    if (!file || file->company != caller.company())
        return refused<Resumed>(std::move(record), {.kind = ErrorKind::not_found,
                                                    .code = "attachment_not_found",
                                                    .message = "your company sent no such file in this case"});
    name_file(record, *file);
    if (file->state != AttachmentState::failed || file->spool_key.empty())
        return refused<Resumed>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                    .code = "nothing_to_resume",
                                                    .message = "this file arrived, is under way, or is not kept any more",
                                                    .next_step = "send it again"});
    Resumed resumed;
    resumed.upload.case_id = opened->c.id;
    resumed.upload.token = opened->c.token;
    resumed.upload.caller = caller;
    resumed.upload.side = opened->side;
    resumed.upload.upload = file->upload;
    resumed.upload.own = store::attachment_options(txn, caller.company());
    resumed.upload.own.note = false;
    resumed.upload.own.history = true;  // it was kept when it was sent
    file->state = AttachmentState::spooled;
    file->finished_at.reset();
    store::update_attachment(txn, context.tools.vault, opened->c, *file, true);
    resumed.file = std::move(*file);
    return {std::move(resumed), std::move(record)};
}

std::optional<Resumed> resumed_before(ReadTxn& txn, const Context& context, const Caller& caller, store::AttachmentId id) {
    auto file = store::find_attachment_of(txn, context.tools.vault, caller.company(), id);
    if (!file) return std::nullopt;
    certs::wipe(file->spool_key);
    file->spool_key.clear();
    Resumed resumed;
    resumed.upload.case_id = file->case_id;
    resumed.upload.upload = file->upload;
    resumed.file = std::move(*file);
    return resumed;
}

Recovered recover_attachments(Txn& txn, const Context& context) {
    Recovered recovered;
    const std::int64_t lost = store::lose_open_attachments(txn, context.now);
    recovered.keep = store::spooled_files(txn);
    if (lost == 0) return recovered;
    audit::Record record;
    record.operation = "attachments.recover";
    record.class_uid = audit::Class::api_activity;
    record.activity = audit::activity_delete;
    record.authentication = "none";
    record.role = "gateway";
    record.decision = protocol::JsonWriter().object().member("lost", lost).end().take();
    recovered.records.push_back(std::move(record));
    return recovered;
}

}  // namespace entente::operations
