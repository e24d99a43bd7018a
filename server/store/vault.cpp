#include "server/store/vault.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

#include "certs/digest.hpp"
#include "certs/random.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/section.hpp"

namespace entente::store {

using certs::KeyId;
using certs::Secret;
using protocol::as_bytes;
using protocol::CaseId;
using protocol::Fault;

namespace {

constexpr std::string_view column_domain = "gw-audit/v1/seal/row";
// 64 bytes of locked memory each.
constexpr std::size_t cached_keys_max = 16'384;
// Keys of sections that belong to no case are replaced so often that what they sealed can expire by the month; other keys each year
// (reference, section 17).
constexpr std::int64_t section_period_s = 30LL * 86'400;
constexpr std::int64_t key_period_s = 365LL * 86'400;
// Data keys are wrapped by an owner key, not by a generation of the provider.
constexpr std::uint32_t no_generation = 0;

struct KeyIdHash {
    // The last eight bytes of a key id are random.
    std::size_t operator()(const KeyId& id) const noexcept {
        std::size_t hash = 0;
        std::memcpy(&hash, id.data() + id.size() - sizeof hash, sizeof hash);
        return hash;
    }
};

KeyId key_id_from(Bytes bytes) {
    KeyId id{};
    if (bytes.size() != id.size()) throw Fault("a stored key id has the wrong length");
    std::ranges::copy(bytes, id.begin());
    return id;
}

Hash owner_hash(std::string_view uid) {
    return certs::sha256(as_bytes(uid));
}

// The associated data of a column: like a section's, with its own domain and the place instead of event and tag.
Blob column_aad(const Hash& log_id, std::string_view place) {
    Blob out;
    out.reserve(column_domain.size() + 1 + log_id.size() + place.size());
    const auto append = [&](Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
    append(as_bytes(column_domain));
    out.push_back(0);
    append(log_id);
    append(as_bytes(place));
    return out;
}

Blob section_aad(const Hash& log_id, const protocol::EventId& event, Tag tag) {
    return audit::section_domain(log_id, event, static_cast<std::uint8_t>(tag));
}

// An id of a data key: without meaning and never the same, but in order within a process, so that new keys land on few pages.
KeyId next_data_key_id() {
    static const auto base = certs::random_array<4>();
    static std::atomic<std::uint32_t> drawn{0};
    const std::uint32_t number = drawn.fetch_add(1);
    KeyId id = certs::random_array<16>();
    std::ranges::copy(base, id.begin());
    for (unsigned i = 0; i < 4; ++i) id[4 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    return id;
}

// Nonces are not secret, only never repeated: drawn in bulk, because asking for each costs a third of the sealing.
std::array<std::uint8_t, certs::nonce_size> fresh_nonce() {
    thread_local std::array<std::uint8_t, 128 * certs::nonce_size> drawn;
    thread_local std::size_t used = drawn.size();
    thread_local pid_t drawn_by = 0;
    // A forked process must not go on with nonces that its parent uses too.
    if (used == drawn.size() || drawn_by != ::getpid()) {
        certs::random_bytes(drawn);
        used = 0;
        drawn_by = ::getpid();
    }
    std::array<std::uint8_t, certs::nonce_size> nonce;
    std::copy_n(drawn.begin() + static_cast<std::ptrdiff_t>(used), nonce.size(), nonce.begin());
    used += nonce.size();
    return nonce;
}

}  // namespace

Owner Owner::gateway() {
    return {"gateway"};
}
Owner Owner::company(protocol::CompanyId id) {
    return {"company/" + std::to_string(id.value)};
}
Owner Owner::customer(protocol::CustomerId id) {
    return {"customer/" + std::to_string(id.value)};
}
Owner Owner::person(protocol::UserId id) {
    return {"person/" + std::to_string(id.value)};
}

struct Vault::State {
    using Key = std::shared_ptr<const Secret>;

    certs::KeyProvider& provider;
    Secret index_key;
    std::optional<Secret> index_key_before;
    Hash log_id;
    std::function<protocol::Instant()> now;

    std::shared_mutex mutex;
    std::unordered_map<KeyId, Key, KeyIdHash> opened;
    // Keys whose destruction was asked for in this process, committed or not: the transaction alone knows whether they still are.
    std::unordered_set<KeyId, KeyIdHash> closing;

    Key cached(const KeyId& id) {
        const std::shared_lock lock(mutex);
        const auto found = opened.find(id);
        return found == opened.end() ? nullptr : found->second;
    }

    Key keep(const KeyId& id, Secret secret) {
        auto key = std::make_shared<const Secret>(std::move(secret));
        const std::unique_lock lock(mutex);
        if (closing.contains(id)) return key;
        if (opened.size() >= cached_keys_max) opened.erase(opened.begin());
        opened.insert_or_assign(id, key);
        return key;
    }

    void close(const KeyId& id) {
        const std::unique_lock lock(mutex);
        closing.insert(id);
        opened.erase(id);
    }

    // Nothing when the generation that wrapped it is gone: then everything below is erased.
    Key unwrap_owner_key(const KeyId& id, std::string_view uid, Bytes wrapped) {
        if (Key known = cached(id)) return known;
        if (auto secret = provider.unwrap(id, owner_hash(uid), wrapped)) return keep(id, *std::move(secret));
        const auto generation = provider.generation_of(wrapped);
        const auto generations = provider.generations();
        if (generation && std::ranges::find(generations, *generation) == generations.end()) return nullptr;
        throw Fault("the key " + protocol::hex(id) + " of owner " + std::string(uid) + " does not unwrap");
    }

    static Secret unwrap_data_key(const KeyId& id, std::string_view uid, Bytes wrapped, const Secret& owner_key) {
        auto secret = certs::unwrap_key(owner_key.bytes(), id, owner_hash(uid), wrapped);
        if (!secret) throw Fault("the data key " + protocol::hex(id) + " of owner " + std::string(uid) + " does not unwrap");
        return *std::move(secret);
    }

    Key data_key(ReadTxn& txn, const KeyId& id) {
        if (Key known = cached(id)) return known;
        Key key;
        txn.each(
            "SELECT d.owner, d.wrapped, o.key_id, o.wrapped FROM data_key d JOIN owner_key o ON o.key_id = d.owner_key"
            " WHERE d.key_id = $1 AND d.destroyed = 0 AND o.destroyed = 0",
            {Bytes(id)}, [&](const Row& row) {
                const Key owner_key = unwrap_owner_key(key_id_from(row.bytes(2)), row.text(0), row.bytes(3));
                if (owner_key) key = keep(id, unwrap_data_key(id, row.text(0), row.bytes(1), *owner_key));
            });
        return key;
    }

    struct OwnerKey {
        KeyId id;
        Key key;
    };

    OwnerKey owner_key_in_use(Txn& txn, const Owner& owner) {
        auto found = txn.first("SELECT key_id, wrapped FROM owner_key WHERE uid = $1 AND destroyed = 0 AND retired_at IS NULL",
                               {owner.uid}, [&](const Row& row) {
                                   const KeyId id = key_id_from(row.bytes(0));
                                   return OwnerKey{id, unwrap_owner_key(id, owner.uid, row.bytes(1))};
                               });
        if (found && !found->key)
            throw Fault("the key file of the generation that wraps the key of owner " + owner.uid + " is missing");
        if (found) return *found;
        refuse_barred(txn, owner.uid);
        const auto id = certs::random_array<16>();
        Secret secret(certs::key_size);
        certs::random_bytes(secret.writable());
        const certs::WrappedKey wrapped = provider.wrap(id, owner_hash(owner.uid), secret.bytes());
        txn.change("INSERT INTO owner_key (key_id, uid, generation, wrapped, made_at) VALUES ($1, $2, $3, $4, $5)",
                   {Bytes(id), owner.uid, static_cast<std::int64_t>(wrapped.generation), wrapped.bytes, time_now().us});
        return {id, keep(id, std::move(secret))};
    }

    struct DataKey {
        KeyId id;
        Key key;
    };

    protocol::Instant time_now() const { return now ? now() : protocol::Instant{}; }

    static bool barred(ReadTxn& txn, std::string_view uid) {
        return txn.first("SELECT at FROM barred_owner WHERE uid = $1", {uid}, [](const Row&) { return true; }).has_value();
    }

    static void refuse_barred(ReadTxn& txn, std::string_view uid) {
        if (barred(txn, uid))
            throw Barred("what belonged to " + std::string(uid) + " was erased: nothing is sealed for it any more");
    }

    // The data key of (owner, case, tag, purpose) as this transaction sees it; made where there is none or its period is over.
    DataKey data_key_in_use(Txn& txn, const Owner& owner, CaseId scope, Tag tag, Purpose purpose) {
        struct Found {
            KeyId id;
            std::int64_t made_at;
        };
        const auto number = static_cast<std::int64_t>(tag);
        const auto use = static_cast<std::int64_t>(purpose);
        const auto found = txn.first(
            "SELECT key_id, made_at FROM data_key WHERE owner = $1 AND case_id = $2 AND tag = $3 AND purpose = $4 AND destroyed = 0"
            " AND retired_at IS NULL",
            {owner.uid, scope.value, number, use}, [](const Row& row) { return Found{key_id_from(row.bytes(0)), row.number(1)}; });
        if (found && !over(found->made_at, scope, purpose)) {
            if (Key key = data_key(txn, found->id)) return {found->id, key};
            throw Fault("the key file of the generation that wraps the key of owner " + owner.uid + " is missing");
        }
        txn.lock("owner_key/" + owner.uid);
        if (found) txn.change("UPDATE data_key SET retired_at = $2 WHERE key_id = $1", {Bytes(found->id), time_now().us});
        if (scope) refuse_barred(txn, barred_case(scope, tag));
        const OwnerKey owner_key = owner_key_in_use(txn, owner);
        const KeyId id = next_data_key_id();
        Secret secret(certs::key_size);
        certs::random_bytes(secret.writable());
        const Blob wrapped = certs::wrap_key(owner_key.key->bytes(), owner_key.id, no_generation, id, owner_hash(owner.uid),
                                             secret.bytes(), certs::random_array<certs::nonce_size>());
        txn.change(
            "INSERT INTO data_key (key_id, owner, owner_key, case_id, tag, wrapped, purpose, mixed, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
            {Bytes(id), owner.uid, Bytes(owner_key.id), scope.value, number, wrapped, use, time_now().us});
        return {id, keep(id, std::move(secret))};
    }

    bool over(std::int64_t made_at, CaseId scope, Purpose purpose) const {
        if (made_at == 0 || !now) return false;
        const std::int64_t period = !scope && purpose == Purpose::sections ? section_period_s : key_period_s;
        return now().us - made_at > period * 1'000'000;
    }

    static std::string barred_case(CaseId scope, Tag tag) {
        return "case/" + std::to_string(scope.value) + "/" + std::to_string(static_cast<int>(tag));
    }

    Blob seal(Txn& txn, const Owner& owner, CaseId scope, Tag tag, Purpose purpose, Bytes aad, Bytes plain) {
        const DataKey key = data_key_in_use(txn, owner, scope, tag, purpose);
        return certs::seal_envelope(key.id, key.key->bytes(), aad, plain, fresh_nonce());
    }

    std::optional<Blob> open(ReadTxn& txn, Bytes aad, Bytes envelope, std::string_view what) {
        const auto id = certs::envelope_key(envelope);
        if (!id) throw Fault("what is stored as " + std::string(what) + " is no envelope");
        const Key key = data_key(txn, *id);
        if (!key) return std::nullopt;
        auto plain = certs::open_envelope(key->bytes(), aad, envelope);
        if (!plain) throw Fault("the envelope of " + std::string(what) + " does not open: damaged, or moved from another place");
        return plain;
    }
};

Vault::Vault(certs::KeyProvider& provider, Bytes index_key, Hash log_id, std::function<protocol::Instant()> now,
             std::optional<Secret> index_key_before)
    : state_(new State{.provider = provider,
                       .index_key = Secret::copy_of(index_key),
                       .index_key_before = std::move(index_key_before),
                       .log_id = log_id,
                       .now = std::move(now),
                       .mutex = {},
                       .opened = {},
                       .closing = {}}) {}

Vault::~Vault() = default;

Blob Vault::seal(Txn& txn, const Owner& owner, CaseId scope, Tag tag, std::string_view place, std::string_view plain) {
    return state_->seal(txn, owner, scope, tag, Purpose::columns, column_aad(state_->log_id, place), as_bytes(plain));
}

std::optional<std::string> Vault::open(ReadTxn& txn, std::string_view place, Bytes envelope) {
    const auto plain = state_->open(txn, column_aad(state_->log_id, place), envelope, place);
    if (!plain) return std::nullopt;
    return std::string(protocol::as_text(*plain));
}

Hash Vault::blind_index(std::string_view field, std::string_view text) const {
    return certs::blind_index(state_->index_key.bytes(), field, text);
}

std::optional<Hash> Vault::blind_index_before(std::string_view field, std::string_view text) const {
    if (!state_->index_key_before) return std::nullopt;
    return certs::blind_index(state_->index_key_before->bytes(), field, text);
}

Blob Vault::seal_section(Txn& txn, const Owner& owner, CaseId scope, Tag tag, const protocol::EventId& event, Bytes padded_plain) {
    return state_->seal(txn, owner, scope, tag, Purpose::sections, section_aad(state_->log_id, event, tag), padded_plain);
}

std::optional<Blob> Vault::open_section(ReadTxn& txn, const protocol::EventId& event, Tag tag, Bytes envelope) {
    return state_->open(txn, section_aad(state_->log_id, event, tag), envelope, "event " + protocol::uuid_text(event));
}

std::optional<Owner> Vault::owner_of(ReadTxn& txn, Bytes envelope) {
    const auto id = certs::envelope_key(envelope);
    if (!id) return std::nullopt;
    return txn.first("SELECT owner FROM data_key WHERE key_id = $1 AND destroyed = 0", {Bytes(*id)},
                     [](const Row& row) { return Owner{std::string(row.text(0))}; });
}

std::vector<KeyId> Vault::destroy_owner(Txn& txn, const Owner& owner) {
    std::vector<KeyId> data_keys;
    txn.each("SELECT key_id FROM data_key WHERE owner = $1 AND destroyed = 0 ORDER BY key_id", {owner.uid},
             [&](const Row& row) { data_keys.push_back(key_id_from(row.bytes(0))); });
    txn.each("SELECT key_id FROM owner_key WHERE uid = $1 AND destroyed = 0", {owner.uid},
             [&](const Row& row) { state_->close(key_id_from(row.bytes(0))); });
    for (const KeyId& id : data_keys) state_->close(id);
    txn.change("UPDATE data_key SET destroyed = 1, wrapped = $2 WHERE owner = $1 AND destroyed = 0", {owner.uid, Bytes{}});
    txn.change("UPDATE owner_key SET destroyed = 1, wrapped = $2 WHERE uid = $1 AND destroyed = 0", {owner.uid, Bytes{}});
    return data_keys;
}

std::vector<KeyId> Vault::destroy_case(Txn& txn, CaseId scope) {
    ENTENTE_ASSERT(scope);
    std::vector<KeyId> data_keys;
    txn.each("SELECT key_id FROM data_key WHERE case_id = $1 AND case_id <> 0 AND destroyed = 0 ORDER BY key_id", {scope.value},
             [&](const Row& row) { data_keys.push_back(key_id_from(row.bytes(0))); });
    for (const KeyId& id : data_keys) state_->close(id);
    txn.change("UPDATE data_key SET destroyed = 1, wrapped = $2 WHERE case_id = $1 AND case_id <> 0 AND destroyed = 0",
               {scope.value, Bytes{}});
    return data_keys;
}

void Vault::destroy_keys(Txn& txn, const std::vector<KeyId>& keys) {
    for (const KeyId& id : keys) {
        state_->close(id);
        txn.change("UPDATE data_key SET destroyed = 1, wrapped = $2 WHERE key_id = $1 AND destroyed = 0", {Bytes(id), Bytes{}});
    }
}

namespace {

void bar_uid(Txn& txn, std::string_view uid, protocol::Instant now) {
    txn.change("INSERT INTO barred_owner (uid, at) VALUES ($1, $2) ON CONFLICT (uid) DO NOTHING", {uid, now.us});
}

#define ENTENTE_KEY_COLUMNS "key_id, owner, case_id, tag, purpose, retired_at, mixed"

Vault::KeyRow key_row(const Row& row) {
    Vault::KeyRow key;
    key.id = key_id_from(row.bytes(0));
    key.owner.uid = row.text(1);
    key.scope = {row.number(2)};
    key.tag = static_cast<Tag>(row.number(3));
    key.purpose = static_cast<Purpose>(row.number(4));
    if (!row.is_null(5)) key.retired = protocol::Instant{row.number(5)};
    key.sealed_sections = key.purpose == Purpose::sections || row.number(6) != 0;
    return key;
}

}  // namespace

void Vault::bar(Txn& txn, const Owner& owner) {
    bar_uid(txn, owner.uid, state_->time_now());
}

void Vault::bar(Txn& txn, CaseId scope, Tag tag) {
    bar_uid(txn, State::barred_case(scope, tag), state_->time_now());
}

bool Vault::barred(ReadTxn& txn, const Owner& owner) {
    return State::barred(txn, owner.uid);
}

bool Vault::barred(ReadTxn& txn, CaseId scope, Tag tag) {
    return State::barred(txn, State::barred_case(scope, tag));
}

std::vector<Vault::KeyRow> Vault::keys_of(ReadTxn& txn, const Owner& owner) {
    std::vector<KeyRow> keys;
    txn.each("SELECT " ENTENTE_KEY_COLUMNS " FROM data_key WHERE owner = $1 AND destroyed = 0 ORDER BY key_id", {owner.uid},
             [&](const Row& row) { keys.push_back(key_row(row)); });
    return keys;
}

std::vector<Vault::KeyRow> Vault::keys_of(ReadTxn& txn, CaseId scope) {
    ENTENTE_ASSERT(scope);
    std::vector<KeyRow> keys;
    txn.each("SELECT " ENTENTE_KEY_COLUMNS " FROM data_key WHERE case_id = $1 AND destroyed = 0 ORDER BY key_id", {scope.value},
             [&](const Row& row) { keys.push_back(key_row(row)); });
    return keys;
}

std::optional<Vault::KeyRow> Vault::key(ReadTxn& txn, const KeyId& id) {
    return txn.first("SELECT " ENTENTE_KEY_COLUMNS " FROM data_key WHERE key_id = $1 AND destroyed = 0", {Bytes(id)}, key_row);
}

std::vector<Vault::KeyRow> Vault::retired_keys(ReadTxn& txn, Tag tag, protocol::Instant before, const KeyId& after, int limit) {
    std::vector<KeyRow> keys;
    txn.each("SELECT " ENTENTE_KEY_COLUMNS
             " FROM data_key WHERE case_id = 0 AND tag = $1 AND purpose = 1 AND destroyed = 0 AND retired_at < $2 AND key_id > $3"
             " ORDER BY key_id LIMIT $4",
             {static_cast<std::int64_t>(tag), before.us, Bytes(after), limit},
             [&](const Row& row) { keys.push_back(key_row(row)); });
    return keys;
}

void Vault::renew_columns(Txn& txn, CaseId scope) {
    ENTENTE_ASSERT(scope);
    txn.change("UPDATE data_key SET retired_at = $2 WHERE case_id = $1 AND purpose = 0 AND destroyed = 0 AND retired_at IS NULL",
               {scope.value, state_->time_now().us});
}

void Vault::destroy_renewed_columns(Txn& txn, CaseId scope) {
    std::vector<KeyId> old;
    txn.each(
        "SELECT key_id FROM data_key WHERE case_id = $1 AND purpose = 0 AND mixed = 0 AND destroyed = 0 AND retired_at IS NOT NULL",
        {scope.value}, [&](const Row& row) { old.push_back(key_id_from(row.bytes(0))); });
    destroy_keys(txn, old);
}

std::size_t Vault::retire_old(Txn& txn, protocol::Instant made_before, std::size_t limit) {
    std::vector<KeyId> old;
    txn.each(
        "SELECT key_id FROM owner_key WHERE destroyed = 0 AND retired_at IS NULL AND made_at < $1 AND made_at <> 0"
        " ORDER BY key_id LIMIT $2",
        {made_before.us, static_cast<std::int64_t>(limit)}, [&](const Row& row) { old.push_back(key_id_from(row.bytes(0))); });
    for (const KeyId& id : old)
        txn.change("UPDATE owner_key SET retired_at = $2 WHERE key_id = $1", {Bytes(id), state_->time_now().us});
    return old.size();
}

bool Vault::generation_in_use(ReadTxn& txn, std::uint32_t generation) {
    return txn
        .first("SELECT 1 FROM owner_key WHERE generation = $1 AND destroyed = 0 LIMIT 1", {static_cast<std::int64_t>(generation)},
               [](const Row&) { return true; })
        .has_value();
}

std::size_t Vault::rewrap(Txn& txn, std::size_t limit) {
    struct Old {
        KeyId id;
        std::string uid;
        State::Key key;
    };
    std::vector<Old> old;
    txn.each("SELECT key_id, uid, wrapped FROM owner_key WHERE destroyed = 0 AND generation <> $1 ORDER BY key_id LIMIT $2",
             {static_cast<std::int64_t>(state_->provider.current_generation()), static_cast<std::int64_t>(limit)},
             [&](const Row& row) {
                 const KeyId id = key_id_from(row.bytes(0));
                 old.push_back({id, std::string(row.text(1)), state_->unwrap_owner_key(id, row.text(1), row.bytes(2))});
             });
    for (const Old& one : old) {
        if (!one.key) throw Fault("the generation that wrapped the key of owner " + one.uid + " is gone");
        const certs::WrappedKey wrapped = state_->provider.wrap(one.id, owner_hash(one.uid), one.key->bytes());
        txn.change("UPDATE owner_key SET generation = $2, wrapped = $3 WHERE key_id = $1",
                   {Bytes(one.id), static_cast<std::int64_t>(wrapped.generation), wrapped.bytes});
    }
    return old.size();
}

void Vault::check_keys(ReadTxn& txn) {
    KeyId current{};
    State::Key owner_key;
    txn.each("SELECT key_id, uid, wrapped FROM owner_key WHERE destroyed = 0", {}, [&](const Row& row) {
        if (!state_->unwrap_owner_key(key_id_from(row.bytes(0)), row.text(1), row.bytes(2))) {
            throw Fault("the key file of the generation that wraps the key of owner " + std::string(row.text(1)) + " is missing");
        }
    });
    txn.each(
        "SELECT d.key_id, d.owner, d.wrapped, o.key_id, o.wrapped FROM data_key d JOIN owner_key o ON o.key_id = d.owner_key"
        " WHERE d.destroyed = 0 AND o.destroyed = 0 ORDER BY d.owner_key",
        {}, [&](const Row& row) {
            const KeyId id = key_id_from(row.bytes(3));
            if (!owner_key || id != current) owner_key = state_->unwrap_owner_key(id, row.text(1), row.bytes(4));
            current = id;
            if (owner_key) state_->unwrap_data_key(key_id_from(row.bytes(0)), row.text(1), row.bytes(2), *owner_key);
        });
}

void Vault::forget(const KeyId& key) {
    const std::unique_lock lock(state_->mutex);
    state_->opened.erase(key);
}

void Vault::forget_all() {
    const std::unique_lock lock(state_->mutex);
    state_->opened.clear();
}

certs::KeyProvider& Vault::provider() {
    return state_->provider;
}

const Hash& Vault::log_id() const {
    return state_->log_id;
}

}  // namespace entente::store
