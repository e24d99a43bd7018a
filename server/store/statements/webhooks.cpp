#include "server/store/statements/webhooks.hpp"

#include "server/store/critical_rows.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CompanyId;
using protocol::Instant;
using protocol::Webhook;
using protocol::WebhookId;

namespace {

#define ENTENTE_WEBHOOK_COLUMNS                                                                                           \
    "w.id, w.company, w.version, w.event_types, w.sides, w.partners, w.auth_type, w.active, w.row_version, w.created_at," \
    " w.updated_at, w.since, w.created_by, w.secrets"

// Lists of words and numbers stand as comma separated text: they are read whole and never searched.
template <class T, class Word>
std::string joined(const std::vector<T>& list, Word word) {
    std::string text;
    for (const T& one : list) {
        if (!text.empty()) text += ',';
        text += word(one);
    }
    return text;
}

template <class Use>
void each_word(std::string_view text, Use use) {
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        use(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
}

std::string types_text(const Webhook& w) {
    return joined(w.event_types, [](const std::string& type) { return type; });
}
std::string sides_text(const Webhook& w) {
    return joined(w.sides, [](protocol::Side side) { return std::string(name(side)); });
}
std::string partners_text(const Webhook& w) {
    return joined(w.partners, [](CompanyId id) { return std::to_string(id.value); });
}

Webhook read_filter(const Row& row) {
    Webhook w;
    w.id = {row.number(0)};
    w.company = {row.number(1)};
    w.version = protocol::parse_webhook_version(row.text(2)).value_or(protocol::WebhookVersion::native);
    each_word(row.text(3), [&](std::string_view word) { w.event_types.emplace_back(word); });
    each_word(row.text(4), [&](std::string_view word) {
        if (const auto side = protocol::parse_side(word)) w.sides.push_back(*side);
    });
    each_word(row.text(5), [&](std::string_view word) {
        std::int64_t id = 0;
        for (const char c : word) id = id * 10 + (c - '0');
        w.partners.push_back({id});
    });
    w.auth.type = protocol::parse_callback_auth_type(row.text(6)).value_or(protocol::CallbackAuthType::none);
    w.active = row.number(7) != 0;
    w.row_version = row.number(8);
    w.created_at = {row.number(9)};
    w.updated_at = {row.number(10)};
    return w;
}

std::string place(WebhookId id) {
    return "webhooks/secrets/" + std::to_string(id.value);
}

StoredWebhook read_webhook(ReadTxn& txn, Vault& vault, const Row& row) {
    check_row(txn, Critical::webhook, row.number(0));
    StoredWebhook stored{.webhook = read_filter(row), .since = row.number(11), .created_by = std::string(row.text(12))};
    const auto sealed = vault.open(txn, place(stored.webhook.id), row.bytes(13));
    if (!sealed) {
        stored.webhook.active = false;  // the company's key was destroyed: nobody can be called any more
        return stored;
    }
    Unpacker in(*sealed, 1);
    stored.webhook.callback = in.text();
    stored.webhook.auth.first = in.text();
    stored.webhook.auth.second = in.text();
    stored.webhook.description = in.text();
    stored.secret = in.text();
    stored.previous_secret = in.text();
    if (const std::int64_t until = in.number(); until != 0) stored.previous_until = Instant{until};
    return stored;
}

Blob sealed(Txn& txn, Vault& vault, const StoredWebhook& stored) {
    const Webhook& w = stored.webhook;
    Packer pack(1);
    pack.text(w.callback).text(w.auth.first).text(w.auth.second).text(w.description).text(stored.secret);
    pack.text(stored.previous_secret).number(stored.previous_until ? stored.previous_until->us : 0);
    return vault.seal(txn, Owner::company(w.company), {}, Tag::content, place(w.id), pack.bytes());
}

}  // namespace

void insert_webhook(Txn& txn, Vault& vault, const StoredWebhook& stored) {
    const Webhook& w = stored.webhook;
    touch(txn, Critical::webhook, w.id.value);
    txn.change(
        "INSERT INTO webhooks (id, company, version, event_types, sides, partners, auth_type, active, since, row_version, "
        "created_by,"
        " created_at, updated_at, secrets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        {w.id.value, w.company.value, name(w.version), types_text(w), sides_text(w), partners_text(w), name(w.auth.type), w.active,
         stored.since, w.row_version, stored.created_by, w.created_at.us, w.updated_at.us, sealed(txn, vault, stored)});
}

bool update_webhook(Txn& txn, Vault& vault, const StoredWebhook& stored) {
    const Webhook& w = stored.webhook;
    touch(txn, Critical::webhook, w.id.value);
    return txn.change(
               "UPDATE webhooks SET event_types = $2, sides = $3, partners = $4, auth_type = $5, active = $6, row_version = $7,"
               " updated_at = $8, secrets = $9 WHERE id = $1 AND row_version = $10 AND removed_at IS NULL",
               {w.id.value, types_text(w), sides_text(w), partners_text(w), name(w.auth.type), w.active, w.row_version,
                w.updated_at.us, sealed(txn, vault, stored), w.row_version - 1}) == 1;
}

bool remove_webhook(Txn& txn, CompanyId company, WebhookId id, Instant now) {
    touch(txn, Critical::webhook, id.value);
    return txn.change("UPDATE webhooks SET removed_at = $3, active = 0 WHERE id = $1 AND company = $2 AND removed_at IS NULL",
                      {id.value, company.value, now.us}) == 1;
}

std::optional<StoredWebhook> find_webhook(ReadTxn& txn, Vault& vault, CompanyId company, WebhookId id) {
    return txn.first("SELECT " ENTENTE_WEBHOOK_COLUMNS
                     " FROM webhooks w WHERE w.id = $1 AND w.company = $2 AND w.removed_at IS NULL",
                     {id.value, company.value}, [&](const Row& row) { return read_webhook(txn, vault, row); });
}

std::vector<StoredWebhook> webhooks_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    std::vector<StoredWebhook> found;
    txn.each("SELECT " ENTENTE_WEBHOOK_COLUMNS
             " FROM webhooks w WHERE w.company = $1 AND w.removed_at IS NULL ORDER BY w.created_at, w.id",
             {company.value}, [&](const Row& row) { found.push_back(read_webhook(txn, vault, row)); });
    return found;
}

std::vector<WebhookFilter> webhook_filters_of(ReadTxn& txn, CompanyId company) {
    std::vector<WebhookFilter> found;
    txn.each("SELECT " ENTENTE_WEBHOOK_COLUMNS
             " FROM webhooks w WHERE w.company = $1 AND w.removed_at IS NULL AND w.active = 1 ORDER BY w.id",
             {company.value}, [&](const Row& row) { found.push_back({read_filter(row), row.number(11)}); });
    return found;
}

std::int64_t count_webhooks(ReadTxn& txn, CompanyId company) {
    return txn
        .first("SELECT COUNT(*) FROM webhooks WHERE company = $1 AND removed_at IS NULL", {company.value},
               [](const Row& row) { return row.number(0); })
        .value_or(0);
}

}  // namespace entente::store
