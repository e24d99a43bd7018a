#pragma once
// Seals texts under the keys of those they belong to, so that one destroyed key erases them everywhere (audit and crypto
// reference, sections 6 to 8; semantics 7).
//
//   key provider's KEK -> owner key -> data key (owner, case or none, tag) -> envelope
//
// Which data key belongs to (owner, case, tag) is always asked of the transaction, so a rolled-back savepoint can leave no key
// behind that nobody stored. Opened keys stay in locked memory, bounded; keys under destruction are never served from there.
// All members may be called from several threads, each with its own transaction.
//
// Errors: a destroyed key is an answer (nothing); a wrong place, damage or a key that does not unwrap is a Fault.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/keys.hpp"
#include "certs/seal.hpp"
#include "protocol/encoding.hpp"
#include "protocol/ids.hpp"
#include "server/store/store.hpp"

namespace entente::store {

using protocol::Blob;
using protocol::Hash;

enum class Tag : std::uint8_t { core = 1, customer = 2, actor = 3, content = 4 };

// Whose key. The uid is stable and never shown to another company.
struct Owner {
    std::string uid;
    static Owner gateway();
    static Owner company(protocol::CompanyId id);
    static Owner customer(protocol::CustomerId id);
    static Owner person(protocol::UserId id);  // what names a person, apart from the company's key
    auto operator<=>(const Owner&) const = default;
};

// The owner of this key was erased: nothing may be sealed for it again. Fails the work that tries.
class Barred : public protocol::Fault {
  public:
    using Fault::Fault;
};

// What a data key seals: columns of rows, or sections of the log. They are apart, so that one can be destroyed without the other.
enum class Purpose : std::uint8_t { columns = 0, sections = 1 };

class Vault {
  public:
    // `now` dates keys; without it they have no period and are never replaced. `index_key_before`: of what is not indexed anew yet.
    Vault(certs::KeyProvider& provider, Bytes index_key, Hash log_id, std::function<protocol::Instant()> now = {},
          std::optional<certs::Secret> index_key_before = {});
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    // Seals a column. `place` is table/column/row ("cases/summary/17"): an envelope opens at its own place only.
    Blob seal(Txn& txn, const Owner& owner, protocol::CaseId scope, Tag tag, std::string_view place, std::string_view plain);
    std::optional<std::string> open(ReadTxn& txn, std::string_view place, Bytes envelope);

    // Finds equal texts without storing them: HMAC under the index key, one domain per field.
    Hash blind_index(std::string_view field, std::string_view text) const;
    // The same under the key before the last renewal of the service root; nothing: none is kept. A new place for a blind index is
    // indexed anew by operations/index_renewal, or else whoever looks there tries both.
    std::optional<Hash> blind_index_before(std::string_view field, std::string_view text) const;

    // Seals a padded section of an audit event (section 7 of the reference).
    Blob seal_section(Txn& txn, const Owner& owner, protocol::CaseId scope, Tag tag, const protocol::EventId& event,
                      Bytes padded_plain);
    std::optional<Blob> open_section(ReadTxn& txn, const protocol::EventId& event, Tag tag, Bytes envelope);

    // Whose key seals this envelope; nothing when the key is destroyed.
    std::optional<Owner> owner_of(ReadTxn& txn, Bytes envelope);

    // Overwrites the wrapped keys. Effective for readers that start after the commit; their envelopes then open to nothing.
    // Answers the ids of the destroyed data keys, which the erasure entry of the log names.
    std::vector<certs::KeyId> destroy_owner(Txn& txn, const Owner& owner);
    std::vector<certs::KeyId> destroy_case(Txn& txn, protocol::CaseId scope);
    // The same for chosen data keys; one that is destroyed already is passed over.
    void destroy_keys(Txn& txn, const std::vector<certs::KeyId>& keys);

    // Nothing is ever sealed again for this owner, or for this tag of this case: sealing throws Barred.
    void bar(Txn& txn, const Owner& owner);
    void bar(Txn& txn, protocol::CaseId scope, Tag tag);

    bool barred(ReadTxn& txn, const Owner& owner);
    bool barred(ReadTxn& txn, protocol::CaseId scope, Tag tag);

    // Data keys in existence, for who chooses what to destroy.
    struct KeyRow {
        certs::KeyId id{};
        Owner owner;
        protocol::CaseId scope;
        Tag tag = Tag::core;
        Purpose purpose = Purpose::columns;
        std::optional<protocol::Instant> retired;
        bool sealed_sections = false;  // may have: a key of sections, or one from before the two were apart
    };
    std::vector<KeyRow> keys_of(ReadTxn& txn, const Owner& owner);
    std::vector<KeyRow> keys_of(ReadTxn& txn, protocol::CaseId scope);
    std::optional<KeyRow> key(ReadTxn& txn, const certs::KeyId& id);
    // Keys of sections with this tag that belong to no case and were replaced before `before`, at most `limit`, with ids above
    // `after`.
    std::vector<KeyRow> retired_keys(ReadTxn& txn, Tag tag, protocol::Instant before, const certs::KeyId& after, int limit);

    // What columns of the case are sealed under from now on is a new key; the old ones open until they are destroyed, once every
    // column was sealed again. For removing words: what an old backup holds becomes unreadable too. Keys from before columns and
    // sections were apart are left: records hang on them.
    void renew_columns(Txn& txn, protocol::CaseId scope);
    void destroy_renewed_columns(Txn& txn, protocol::CaseId scope);

    // Owners' keys replaces those older than a year; their old ones open what they sealed. Answers how many it did.
    std::size_t retire_old(Txn& txn, protocol::Instant made_before, std::size_t limit);
    // Does a key still in existence hang on this generation?
    bool generation_in_use(ReadTxn& txn, std::uint32_t generation);

    // Wraps owner keys of older generations again under the provider's current one, at most `limit`; answers how many it did.
    std::size_t rewrap(Txn& txn, std::size_t limit);

    // Unwraps every key in use. Fault naming the first that does not.
    void check_keys(ReadTxn& txn);

    // Drops an opened key from memory.
    void forget(const certs::KeyId& key);
    void forget_all();

    const Hash& log_id() const;
    // Of the generations that wrap owners' keys.
    certs::KeyProvider& provider();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace entente::store
