// The own API: who is told what by mail, and the mails that come back.

#include "protocol/mail/mime_read.hpp"
#include "server/api/native_json_mail.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;

// Outcomes of repeated requests, as they are today.
template <>
struct Again<store::MailRecipient> {
    static constexpr Right right = policy::Operation::directory_admin;
    static std::optional<store::MailRecipient> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                                    std::int64_t id) {
        auto box = store::find_mail_recipient(txn, context.tools.vault, id);
        if (!box || box->company != caller.company()) return std::nullopt;
        return box;
    }
    static std::int64_t id(const store::MailRecipient& box) { return box.id; }
};
template <>
struct Again<ops::OwnPreferences> {
    static constexpr Right right = shows_nothing;
    static std::optional<ops::OwnPreferences> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                                   std::int64_t) {
        auto own = ops::read_mail_preferences(txn, context, caller);
        return own ? std::optional(std::move(*own)) : std::nullopt;
    }
    static std::int64_t id(const ops::OwnPreferences&) { return 0; }
};
template <>
struct Again<store::MailCompany> {
    static constexpr Right right = policy::Operation::directory_admin;
    static std::optional<store::MailCompany> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller,
                                                  std::int64_t) {
        auto settings = ops::read_mail_settings(txn, caller);
        return settings ? std::optional(*settings) : std::nullopt;
    }
    static std::int64_t id(const store::MailCompany&) { return 0; }
};
template <>
struct Again<ops::MailQueued> {
    static constexpr Right right = shows_nothing;
    static std::optional<ops::MailQueued> load(store::ReadTxn&, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return ops::MailQueued{id};
    }
    static std::int64_t id(const ops::MailQueued& queued) { return queued.delivery; }
};

namespace {

constexpr int outbox_rows_max = 200;

template <class T>
Plan shown(Gateway& gateway, CallPtr call, std::string operation, std::string type,
           protocol::Result<T> (*work)(store::ReadTxn&, const ops::Context&, const ops::Caller&), std::string (*encode)(const T&)) {
    return gateway.disclose<T>(std::move(call), std::move(operation), std::move(type), work,
                               [encode](Gateway& g, const CallPtr& c, T& value) { return g.reply(c, 200, encode(value)); });
}

Plan get_preferences(Gateway& gateway, CallPtr call) {
    return shown<ops::OwnPreferences>(gateway, std::move(call), "mail.preferences.read", "mail_recipient",
                                      ops::read_mail_preferences, native::encode_mail_preferences);
}

Plan set_preferences(Gateway& gateway, CallPtr call) {
    auto input = native::decode_mail_preferences(call->request->body);
    return native::post<ops::OwnPreferences>(gateway, std::move(call), std::move(input), ops::set_mail_preferences, 200,
                                             native::encode_mail_preferences);
}

Plan list_boxes(Gateway& gateway, CallPtr call) {
    return shown<std::vector<store::MailRecipient>>(gateway, std::move(call), "mail.box.list", "mail_recipient",
                                                    ops::list_mailboxes, native::encode_mailboxes);
}

Plan add_box(Gateway& gateway, CallPtr call) {
    auto input = native::decode_mailbox(call->request->body);
    return native::create<store::MailRecipient>(gateway, std::move(call), std::move(input), ops::add_mailbox,
                                                native::encode_mailbox);
}

struct BoxTag;

Plan change_box(Gateway& gateway, CallPtr call) {
    auto input = native::decode_mailbox(call->request->body);
    const std::int64_t id = native::path_id<protocol::Id<BoxTag>>(*call).value;
    return native::post<store::MailRecipient>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const store::MailRecipient& box) {
            return ops::change_mailbox(txn, context, caller, id, box);
        },
        200, native::encode_mailbox);
}

Plan remove_box(Gateway& gateway, CallPtr call) {
    const std::int64_t id = native::path_id<protocol::Id<BoxTag>>(*call).value;
    return gateway.write<bool>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::remove_mailbox(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

Plan get_settings(Gateway& gateway, CallPtr call) {
    return gateway.look_up<store::MailCompany>(
        std::move(call),
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::read_mail_settings(txn, caller); },
        [](Gateway& g, const CallPtr& c, store::MailCompany& settings) {
            return g.reply(c, 200, native::encode_mail_settings(settings));
        });
}

Plan set_settings(Gateway& gateway, CallPtr call) {
    auto input = native::decode_mail_settings(call->request->body);
    return native::post<store::MailCompany>(gateway, std::move(call), std::move(input), ops::set_mail_settings, 200,
                                            native::encode_mail_settings);
}

Plan list_outbox(Gateway& gateway, CallPtr call) {
    std::string state = native::query_text(*call, "state");
    const std::int64_t before = native::query_id(*call, "before");
    return gateway.disclose<std::vector<store::OutboxRow>>(
        std::move(call), "mail.outbox.list", "delivery",
        [state, before](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::list_mail_outbox(txn, caller, state, before, outbox_rows_max);
        },
        [](Gateway& g, const CallPtr& c, std::vector<store::OutboxRow>& rows) {
            return g.reply(c, 200, native::encode_outbox(rows));
        });
}

Plan list_bounces(Gateway& gateway, CallPtr call) {
    return gateway.disclose<std::vector<store::MailBounce>>(
        std::move(call), "mail.bounce.list", "mail_bounce",
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_mail_bounces(txn, caller); },
        [](Gateway& g, const CallPtr& c, std::vector<store::MailBounce>& bounces) {
            return g.reply(c, 200, native::encode_bounces(bounces));
        });
}

Plan clear_bounce(Gateway& gateway, CallPtr call) {
    const std::int64_t id = native::path_id<protocol::Id<BoxTag>>(*call).value;
    return gateway.write<bool>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::clear_mail_bounce(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

Plan send_test(Gateway& gateway, CallPtr call) {
    auto input = native::decode_test_address(call->request->body);
    return native::post<ops::MailQueued>(gateway, std::move(call), std::move(input), ops::send_test_mail, 202,
                                         native::encode_queued);
}

Plan send_digest(Gateway& gateway, CallPtr call) {
    return gateway.write<ops::MailQueued>(
        std::move(call),
        [](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::send_digest_now(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, ops::MailQueued& queued) { return g.reply(c, 202, native::encode_queued(queued)); });
}

// A whole mail as the mail server received it. Taking it apart is work for a worker.
Plan take_mail(Gateway& gateway, CallPtr call) {
    auto step = std::make_unique<OnWorker>();
    step->run = [&gateway, call = std::move(call)]() mutable -> Plan {
        auto received = std::make_shared<const protocol::mail::ReceivedMail>(protocol::mail::read_mail(call->request->body));
        return gateway.write<ops::MailTaken>(
            std::move(call),
            [received](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
                return ops::receive_mail(txn, context, caller, *received);
            },
            [](Gateway& g, const CallPtr& c, ops::MailTaken& taken) { return g.reply(c, 200, native::encode_taken(taken)); });
    };
    return step;
}

// Where the links in mails lead. The same page for every token, also for those that name no case: it says nothing about any.
Plan case_page(Gateway& gateway, CallPtr call) {
    constexpr std::string_view page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
        "<title>A case in Entente</title></head>\n<body><main><h1>A case in Entente</h1>\n"
        "<p>The last part of this page's address is the token of the case. Read it with the command line, signed in as "
        "yourself:</p>\n"
        "<pre>entente login --username NAME\nentente case show TOKEN</pre>\n"
        "<p>or in your own ticket system, if it is connected.</p></main></body></html>\n";
    Response response = gateway.reply(call, 200, std::string(page));
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "text/html; charset=utf-8";
    response.headers.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
    response.headers.push_back({"Referrer-Policy", "no-referrer"});
    return response;
}

constexpr Route mail_table[] = {
    {Method::get, "/cases/{token}", "getCasePage", Dialect::native, Access::open, case_page},
    {Method::get, "/api/v1/mail/preferences", "getMailPreferences", Dialect::native, Access::signed_in, get_preferences},
    {Method::put, "/api/v1/mail/preferences", "setMailPreferences", Dialect::native, Access::signed_in, set_preferences},
    {Method::get, "/api/v1/mail/boxes", "listMailboxes", Dialect::native, Access::signed_in, list_boxes},
    {Method::post, "/api/v1/mail/boxes", "addMailbox", Dialect::native, Access::signed_in, add_box},
    {Method::put, "/api/v1/mail/boxes/{id}", "changeMailbox", Dialect::native, Access::signed_in, change_box},
    {Method::delete_, "/api/v1/mail/boxes/{id}", "removeMailbox", Dialect::native, Access::signed_in, remove_box},
    {Method::get, "/api/v1/mail/settings", "getMailSettings", Dialect::native, Access::signed_in, get_settings},
    {Method::put, "/api/v1/mail/settings", "setMailSettings", Dialect::native, Access::signed_in, set_settings},
    {Method::get, "/api/v1/mail/outbox", "listMailOutbox", Dialect::native, Access::signed_in, list_outbox},
    {Method::get, "/api/v1/mail/bounces", "listMailBounces", Dialect::native, Access::signed_in, list_bounces},
    {Method::delete_, "/api/v1/mail/bounces/{id}", "clearMailBounce", Dialect::native, Access::signed_in, clear_bounce},
    {Method::post, "/api/v1/mail/test", "sendTestMail", Dialect::native, Access::signed_in, send_test},
    {Method::post, "/api/v1/mail/digest", "sendDigest", Dialect::native, Access::signed_in, send_digest},
    {Method::post, "/api/v1/mail/received", "receiveMail", Dialect::native, Access::signed_in, take_mail},
};

}  // namespace

std::span<const Route> native_mail_routes() {
    return mail_table;
}

}  // namespace entente::api
