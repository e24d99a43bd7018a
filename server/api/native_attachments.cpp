// The own API: where a company takes files, files of a case, and the handlers that the contract's attachment calls share with it.

#include "server/api/attachment_routes.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/api/uploads.hpp"
#include "server/operations/attachments.hpp"

namespace entente::api {

namespace ops = operations;

namespace attachments {

namespace {
Response render_config(Gateway& gateway, const CallPtr& call, ops::TargetsRead& read) {
    return gateway.reply(call, 200, protocol::encode_attachment_config(read.submitter, read.receiver));
}
}  // namespace

Plan read_config(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.write<ops::TargetsRead>(
        std::move(call),
        [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_targets(txn, context, caller, token);
        },
        render_config);
}

Plan set_config(Gateway& gateway, CallPtr call) {
    auto target = protocol::decode_https_target(call->request->body);
    if (!target) return gateway.failure(call, target.error());
    std::string token = call->path.at(0);
    return gateway.write<ops::TargetsRead>(
        std::move(call),
        [token = std::move(token), target = std::move(*target)](store::Txn& txn, const ops::Context& context,
                                                                const ops::Caller& caller) {
            return ops::set_case_target(txn, context, caller, token, target);
        },
        render_config);
}

Plan analyze(Gateway& gateway, CallPtr call) {
    auto proposal = protocol::analyze_target(call->request->body, gateway.parts().clock.now());
    if (!proposal) return gateway.failure(call, proposal.error());
    std::string token = call->path.at(0);
    return gateway.look_up<bool>(
        std::move(call),
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::may_set_target(txn, context, caller, token);
        },
        [proposal = std::move(*proposal)](Gateway& g, const CallPtr& c, bool&) {
            return g.reply(c, 200, protocol::encode_https_target(proposal));
        });
}

}  // namespace attachments

namespace {

std::string encode_company_target(const ops::CompanyTarget& company) {
    protocol::JsonWriter out;
    out.object().key("target");
    if (company.target) {
        out.object()
            .member("domain", company.target->domain)
            .member("httpsPort", company.target->port)
            .member("httpsPath", company.target->path)
            .member("expiration", to_rfc3339(company.target->expires_at))
            .end();
    } else {
        out.null();
    }
    out.member("maxBytes", company.options.max_bytes)
        .member("history", company.options.history)
        .member("note", company.options.note);
    return out.end().take();
}

Response render_company(Gateway& gateway, const CallPtr& call, ops::CompanyTarget& company) {
    return gateway.reply(call, 200, encode_company_target(company));
}

Plan read_company(Gateway& gateway, CallPtr call) {
    return gateway.write<ops::CompanyTarget>(std::move(call), ops::read_company_target, render_company);
}

Plan set_company(Gateway& gateway, CallPtr call) {
    auto input = protocol::decode_company_target(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<ops::CompanyTarget>(
        std::move(call),
        [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::set_company_target(txn, context, caller, input);
        },
        render_company);
}

Plan remove_company(Gateway& gateway, CallPtr call) {
    return gateway.write<bool>(std::move(call), ops::remove_company_target,
                               [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

// What a sender may know before it sends: how large a file may be.
Plan read_limits(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.write<ops::TargetsRead>(
        std::move(call),
        [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_targets(txn, context, caller, token);
        },
        [](Gateway& g, const CallPtr& c, ops::TargetsRead& read) {
            const auto most =
                g.parts().files == nullptr ? std::int64_t{0} : static_cast<std::int64_t>(g.parts().files->file_bytes_max());
            const std::int64_t bytes = read.max_bytes == 0 ? most : std::min(most, read.max_bytes);
            return g.reply(c, 200,
                           protocol::JsonWriter()
                               .object()
                               .member("maxBytes", bytes)
                               .member("maxFiles", static_cast<std::int64_t>(protocol::attachment_files_max))
                               .member("submitterTakesFiles", read.submitter.target.has_value())
                               .member("receiverTakesFiles", read.receiver.target.has_value())
                               .end()
                               .take());
        });
}

void write_file(protocol::JsonWriter& out, const store::StoredAttachment& file) {
    const auto text = [&](std::string_view member, const std::string& value) {
        out.key(member);
        value.empty() ? out.null() : out.value(value);
    };
    out.object().member("id", file.id.value).member("fileName", file.words.name).member("company", file.company.value);
    text("contentType", file.words.content_type);
    text("description", file.words.description);
    text("sha256", file.words.digest);
    out.key("bytes");
    file.bytes == 0 && file.words.digest.empty() ? out.null() : out.value(file.bytes);
    out.member("state", name(file.state));
    text("reason", file.reason);
    out.member("submitterStatus", name(file.submitter_status)).member("receiverStatus", name(file.receiver_status));
    out.member("submitterMessage", file.words.submitter_message).member("receiverMessage", file.words.receiver_message);
    out.member("createdAt", to_rfc3339(file.created_at));
    out.key("finishedAt");
    file.finished_at ? out.value(to_rfc3339(*file.finished_at)) : out.null();
    out.end();
}

Plan list_files(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::AttachmentList>(
        std::move(call), "attachment.list",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_attachments(txn, context, caller, token);
        },
        [](const ops::AttachmentList& list) { return std::vector<ops::Shown>{list.shown}; },
        [](Gateway& g, const CallPtr& c, ops::AttachmentList& list) {
            protocol::JsonWriter out;
            out.object().key("items").array();
            for (const store::StoredAttachment& file : list.files) write_file(out, file);
            return g.reply(c, 200, out.end().end().take());
        });
}

// What the first call with this key answered.
Plan resumed_again(Gateway& gateway, const CallPtr& call, const store::StoredAttachment& file) {
    return when_through(gateway, file.upload, [&gateway, call, id = file.id] {
        return gateway.look_up<store::StoredAttachment>(
            call,
            [id](store::ReadTxn& txn, const ops::Context& context,
                 const ops::Caller& caller) -> protocol::Result<store::StoredAttachment> {
                auto found = ops::resumed_before(txn, context, caller, id);
                if (!found)
                    return protocol::fail(protocol::ErrorKind::not_found, "attachment_not_found",
                                          "your company sent no such file in this case");
                return std::move(found->file);
            },
            [](Gateway& g, const CallPtr& c, store::StoredAttachment& now) {
                return g.reply(c, 200, protocol::encode_file_results({ops::result_again(now, now.words.name)}));
            });
    });
}

Plan resume(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    const store::AttachmentId id{protocol::connect::decode_id(call->path.at(1)).value_or(-1)};
    if (gateway.parts().files == nullptr) return gateway.unavailable(*call->request);
    auto ticket = std::make_shared<std::shared_ptr<void>>();
    return gateway.write<ops::Resumed>(
        call,
        [&gateway, ticket, token = std::move(token), id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            auto done = ops::resume_file(txn, context, caller, token, id);
            if (done.outcome) *ticket = gateway.parts().files->announce(done.outcome->upload.upload);
            return done;
        },
        [](Gateway& g, const CallPtr& c, ops::Resumed&) { return g.empty(c, 204); },
        [&gateway, call, ticket](ops::Resumed& done, const std::function<Response()>&) -> Plan {
            if (call->repeated) return resumed_again(gateway, call, done.file);
            return forward_and_wait(gateway, call, std::exchange(*ticket, nullptr), [&](ops::FileDesk::Done then) {
                return gateway.parts().files->resume(std::move(done), std::move(then));
            });
        });
}

constexpr Route attachments_table[] = {
    {Method::get, "/api/v1/attachment-target", "getAttachmentTarget", Dialect::native, Access::signed_in, read_company},
    {Method::put, "/api/v1/attachment-target", "setAttachmentTarget", Dialect::native, Access::signed_in, set_company},
    {Method::delete_, "/api/v1/attachment-target", "deleteAttachmentTarget", Dialect::native, Access::signed_in, remove_company},
    {Method::get, "/api/v1/cases/{token}/attachments", "listAttachments", Dialect::native, Access::signed_in, list_files},
    {Method::post, "/api/v1/cases/{token}/attachments", "sendAttachments", Dialect::native, Access::signed_in, form_upload, false,
     true},
    {Method::get, "/api/v1/cases/{token}/attachments/limits", "getAttachmentLimits", Dialect::native, Access::signed_in,
     read_limits},
    {Method::get, "/api/v1/cases/{token}/attachments/targets", "getAttachmentTargets", Dialect::native, Access::signed_in,
     attachments::read_config},
    {Method::put, "/api/v1/cases/{token}/attachments/targets", "setCaseAttachmentTarget", Dialect::native, Access::signed_in,
     attachments::set_config},
    {Method::post, "/api/v1/cases/{token}/attachments/{id}/resume", "resumeAttachment", Dialect::native, Access::signed_in, resume},
};

}  // namespace

std::span<const Route> native_attachment_routes() {
    return attachments_table;
}

}  // namespace entente::api
