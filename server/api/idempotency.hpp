#pragma once
// Idempotency-Key: names a request so that sending it twice does one thing (semantics 9). Every write takes one.
//
// `Gateway::write` keeps, in the transaction of the write, a digest of the request and the id of its outcome. A repeat runs no
// operation: the outcome is loaded as it is today, for today's right and through today's gate, and rendered anew. How a kind of
// outcome is found again is a specialisation of `Again`; an outcome that has none is answered with 409 already_done, which also
// names the lookup.

#include <optional>

#include "server/api/route.hpp"
#include "server/operations/attachments.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/directory.hpp"
#include "server/operations/links.hpp"
#include "server/operations/trust.hpp"
#include "server/operations/webhooks.hpp"
#include "server/store/statements/repeats.hpp"

namespace entente::api {

inline constexpr std::size_t idempotency_key_max = 191;
inline constexpr int idempotency_days = 7;  // how long a key is known; the housekeeper forgets older ones

// The header's value: 1 to 191 printable ASCII characters; nothing when absent.
protocol::Result<std::optional<std::string>> idempotency_key(const Call& call);

// Names the caller's request; `content` is its body, or what stands for it. The digest is keyed, because bodies may hold secrets.
store::Repeat name_request(const Call& call, const store::Vault& vault, const operations::Caller& caller, std::string_view key,
                           std::string_view content);
// Whether the request that is answered already said the same. A renewal of the service root may lie in between.
bool same_request(const store::Repeat& earlier, const store::Repeat& request);
// Who asked with which key, whatever the route was.
protocol::Blob asked_by(const operations::Caller& caller, std::string_view key);

// The record of a repeat, and the refusals.
audit::Record repeat_record(const store::Repeat& earlier, const operations::Caller& caller);
protocol::Error reused_key();
protocol::Error already_done(std::string_view key);
// What the record names, as JSON: so that the lookup can tell ids.
std::string resources_of(const audit::Record& record);

// What reading an outcome takes; a role may have changed since it was made. Nothing is asked where a repeat shows nothing that the
// caller did not send, or what is everybody's own.
using Right = std::optional<policy::Operation>;
inline constexpr Right shows_nothing = std::nullopt;

// `load` finds what the caller made, as it is today, for who has the `right` today; `id` names an outcome. `about`, where there is
// one, notes what a repeat shows.
template <class T>
struct Again {};

template <class T>
concept Repeatable = requires(store::ReadTxn& txn, const operations::Context& context, const operations::Caller& caller,
                              std::int64_t id, const T& value) {
    { Again<T>::load(txn, context, caller, id) } -> std::same_as<std::optional<T>>;
    { Again<T>::id(value) } -> std::convertible_to<std::int64_t>;
    { Again<T>::right } -> std::convertible_to<Right>;
};

template <class T>
bool may_see_again(const operations::Caller& caller) {
    return !Again<T>::right || operations::require(caller, *Again<T>::right);
}

namespace ops = operations;

template <>
struct Again<bool> {
    static constexpr Right right = shows_nothing;
    static std::optional<bool> load(store::ReadTxn&, const ops::Context&, const ops::Caller&, std::int64_t) { return true; }
    static std::int64_t id(bool) { return 0; }
};

// A secret is shown once, so a repeat shows the subscription without it.
template <>
struct Again<ops::WebhookMade> {
    static constexpr Right right = policy::Operation::webhook_read;
    static std::optional<ops::WebhookMade> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                                std::int64_t id) {
        auto stored = store::find_webhook(txn, context.tools.vault, caller.company(), {id});
        if (!stored) return std::nullopt;
        return ops::WebhookMade{std::move(*stored), false};
    }
    static std::int64_t id(const ops::WebhookMade& made) { return made.stored.webhook.id.value; }
};

template <>
struct Again<ops::CaseRead> {
    static constexpr Right right = policy::Operation::case_read;
    static std::optional<ops::CaseRead> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                             std::int64_t id) {
        return ops::reread_case(txn, context, caller, {id});
    }
    static std::int64_t id(const ops::CaseRead& read) { return read.shown.id.value; }
    static void about(store::Txn& txn, const ops::Context& context, const ops::Caller& caller, audit::Record& record,
                      const ops::CaseRead& read) {
        ops::note_repeat(txn, context, caller, record, read.shown);
    }
};

template <>
struct Again<ops::NoteWritten> {
    static constexpr Right right = policy::Operation::case_read;
    static std::optional<ops::NoteWritten> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                                std::int64_t id) {
        return ops::reread_note(txn, context, caller, {id});
    }
    static std::int64_t id(const ops::NoteWritten& written) { return written.note.id.value; }
};

template <>
struct Again<protocol::CaseId> {
    static constexpr Right right = shows_nothing;
    static std::optional<protocol::CaseId> load(store::ReadTxn&, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return protocol::CaseId{id};
    }
    static std::int64_t id(protocol::CaseId id) { return id.value; }
};

template <>
struct Again<protocol::Company> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<protocol::Company> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return store::find_company(txn, {id});
    }
    static std::int64_t id(const protocol::Company& company) { return company.id.value; }
};

template <>
struct Again<protocol::User> {
    static constexpr Right right = policy::Operation::directory_admin;
    static std::optional<protocol::User> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller&,
                                              std::int64_t id) {
        auto stored = store::find_user(txn, context.tools.vault, {id});
        return stored ? std::optional(std::move(stored->user)) : std::nullopt;
    }
    static std::int64_t id(const protocol::User& user) { return user.id.value; }
};

template <>
struct Again<store::StoredClient> {
    static constexpr Right right = policy::Operation::directory_admin;
    static std::optional<store::StoredClient> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return store::find_client(txn, {id});
    }
    static std::int64_t id(const store::StoredClient& client) { return client.id.value; }
};

// Without the secret, which is shown once.
template <>
struct Again<ops::ClientMade> {
    static constexpr Right right = policy::Operation::directory_admin;
    static std::optional<ops::ClientMade> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        auto client = store::find_client(txn, {id});
        if (!client) return std::nullopt;
        return ops::ClientMade{std::move(*client), ""};
    }
    static std::int64_t id(const ops::ClientMade& made) { return made.client.id.value; }
};

template <>
struct Again<protocol::Form> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<protocol::Form> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return store::find_form(txn, {id});
    }
    static std::int64_t id(const protocol::Form& form) { return form.id.value; }
};

template <>
struct Again<protocol::Department> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<protocol::Department> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return store::find_department(txn, {id});
    }
    static std::int64_t id(const protocol::Department& department) { return department.id.value; }
};

template <>
struct Again<store::StoredCustomer> {
    static constexpr Right right = policy::Operation::customer_read;
    static std::optional<store::StoredCustomer> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                                     std::int64_t id) {
        return store::find_customer(txn, context.tools.vault, caller.company(), {id});
    }
    static std::int64_t id(const store::StoredCustomer& stored) { return stored.customer.id.value; }
};

template <>
struct Again<protocol::Agreement> {
    static constexpr Right right = policy::Operation::agreement_read;
    static std::optional<protocol::Agreement> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller&,
                                                   std::int64_t id) {
        return store::find_agreement(txn, context.tools.vault, {id});
    }
    static std::int64_t id(const protocol::Agreement& agreement) { return agreement.id.value; }
};

template <>
struct Again<store::StoredAuthorization> {
    static constexpr Right right = policy::Operation::authorization_read;
    static std::optional<store::StoredAuthorization> load(store::ReadTxn& txn, const ops::Context& context,
                                                          const ops::Caller& caller, std::int64_t id) {
        return store::find_authorization(txn, context.tools.vault, caller.company(), {id});
    }
    static std::int64_t id(const store::StoredAuthorization& stored) { return stored.authorization.id.value; }
};

// The file as it is; its key stays where it is.
template <>
struct Again<ops::Resumed> {
    static constexpr Right right = policy::Operation::case_write;
    static std::optional<ops::Resumed> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                            std::int64_t id) {
        return ops::resumed_before(txn, context, caller, {id});
    }
    static std::int64_t id(const ops::Resumed& resumed) { return resumed.file.id.value; }
};

template <class T>
    requires Repeatable<T>
struct Again<ops::Turned<T>> {
    static constexpr Right right = Again<T>::right;
    static std::optional<ops::Turned<T>> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                              std::int64_t id) {
        auto what = Again<T>::load(txn, context, caller, id);
        if (!what) return std::nullopt;
        return ops::Turned<T>{std::move(*what), {}};
    }
    static std::int64_t id(const ops::Turned<T>& turned) { return Again<T>::id(turned.what); }
};

template <>
struct Again<protocol::SeverityLink> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<protocol::SeverityLink> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller,
                                                      std::int64_t id) {
        auto link = ops::read_link(txn, caller, {id});
        return link ? std::optional(std::move(*link)) : std::nullopt;
    }
    static std::int64_t id(const protocol::SeverityLink& link) { return link.partner.value; }
};

}  // namespace entente::api
