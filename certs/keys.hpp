#pragma once
// The top of the key hierarchy (audit and crypto reference, section 8): the service root, from which long-lived keys are derived,
// and the key encryption keys (KEK), one a generation, which wrap owner keys. Nothing of it is ever stored in the database or its
// backups; when a generation is destroyed, everything that only it wrapped is gone, old backups included.
//
// KeyProvider is the seam for a hardware token (PKCS#11) or a key service (Vault transit): how a wrapped key looks is the
// provider's own business, nothing above reads it. What every provider promises is a test that runs over each:
// tests/unit/certs_key_provider.cpp. The keys that sign the log have a seam of their own (certs/log_keys.hpp).
//
// The file provider keeps a folder (0700) with root.key, kek-0001.key, kek-0002.key, ... each 32 random bytes, 0600. Credentials of
// the service manager are such a folder that it keeps (certs/files.hpp) and that is never written here. The id of a KEK is
// HKDF-SHA256(key, "gw-audit/v1/kdf/kekid" || 00), 16 bytes, so that a file of 32 bytes says everything. A provider may be used
// from any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/files.hpp"
#include "certs/seal.hpp"
#include "certs/secret.hpp"

namespace entente::certs {

struct WrappedKey {
    std::uint32_t generation = 0;
    Blob bytes;
};

class KeyProvider {
  public:
    KeyProvider() = default;
    KeyProvider(const KeyProvider&) = delete;
    KeyProvider& operator=(const KeyProvider&) = delete;
    virtual ~KeyProvider() = default;

    virtual std::uint32_t current_generation() const = 0;
    virtual std::vector<std::uint32_t> generations() const = 0;  // ascending
    // Wraps under the current generation; twice the same key gives other bytes (a fresh nonce).
    virtual WrappedKey wrap(const KeyId& key_id, const Hash& owner, Bytes key) const = 0;
    // Which generation wrapped these bytes, whether it still exists or not; nothing: no bytes of this provider.
    virtual std::optional<std::uint32_t> generation_of(Bytes wrapped) const = 0;
    // Nothing if the generation was destroyed, or if the bytes were not wrapped for this key and owner. generations() tells which.
    virtual std::optional<Secret> unwrap(const KeyId& key_id, const Hash& owner, Bytes wrapped) const = 0;
    // False: generations are made and destroyed where the keys come from, and seen after a restart.
    virtual bool can_change() const = 0;
    // Makes a new generation, durable before it returns, and the current one from now on.
    virtual std::uint32_t new_generation() = 0;
    // The current generation cannot be destroyed: Fault. An unknown one is gone already.
    virtual void destroy_generation(std::uint32_t generation) = 0;
    virtual Bytes service_root() const = 0;
    // The root before the last renewal, as long as it is kept: tokens, addresses and receipts that hang on it are still good.
    virtual std::optional<Secret> service_root_before() const = 0;
    // The key of blind indexes, where it outlived the root that it was derived from, as earlier versions let it; nothing: it is
    // derived from the root.
    virtual std::optional<Secret> index_key() const = 0;
    // The key of blind indexes before the last renewal, as long as it is kept: for what could not be indexed anew.
    virtual std::optional<Secret> index_key_before() const = 0;
    // The key of the database's pages, where one was made apart from the root; nothing: it is derived from the root.
    virtual std::optional<Secret> database_key() const = 0;
};

// Opens a folder of key files; a wrong owner, mode, size or a symbolic link is refused with a sentence that says so (Fault).
std::unique_ptr<KeyProvider> open_key_folder(const KeptFolder& keys);

// Makes folder and files that are missing; what exists is checked and left alone.
void create_key_folder(const std::filesystem::path& folder);

// Another database key on its way (entente keys rekey). Both lie in the folder until the file was checked whole under the new one;
// a start in between finds out which of them opens the file. Each step is durable when it returns.
void make_next_database_key(const std::filesystem::path& folder);  // refuses while there is one
std::optional<Secret> next_database_key(const std::filesystem::path& folder);
void adopt_next_database_key(const std::filesystem::path& folder);  // it is the key from now on, the one before it is gone
void drop_next_database_key(const std::filesystem::path& folder);

// Another service root (entente keys renew-root), while no gateway runs and the database has a key of its own. The next root lies
// beside the present one until the database is indexed anew under the key that is derived from it; from that commit on it is the
// root, whatever is interrupted, because the database says the name of the key that its indexes are under. What was before, root
// and key of indexes, stays beside until the next renewal or until it is forgotten. Each step is durable when it returns.
void make_next_service_root(const std::filesystem::path& folder);  // Fault: the database's key still hangs on the root
std::optional<Secret> next_service_root(const std::filesystem::path& folder);
// Takes the next root, or drops it if the database's indexes are not under its key. True: it was taken.
bool settle_service_root(const std::filesystem::path& folder, std::string_view indexes_under);
void forget_service_root_before(const std::filesystem::path& folder);  // and the key of indexes before
// Names a key of blind indexes without telling anything of it: 16 hexadecimal digits.
std::string index_key_name(Bytes index_key);
// Names a root without telling anything of it: 16 hexadecimal digits.
std::string service_root_name(Bytes service_root);
// Names the service root, the database's key and the key of blind indexes together, as they are now: another name once one of them
// is another. Tells nothing of them: 16 hexadecimal digits.
std::string root_keys_name(const KeyProvider& provider);

// Long-lived keys, HKDF-SHA256(root, "gw-audit/v1/kdf/<label>" || 00). 32 bytes each, valid as long as the object.
class DerivedKeys {
  public:
    explicit DerivedKeys(Bytes service_root);
    explicit DerivedKeys(const KeyProvider& provider);

    Bytes database() const { return database_.bytes(); }  // SQLCipher raw key, label db
    Bytes pending() const { return pending_.bytes(); }    // MAC of pending records, label pending
    Bytes index() const { return index_.bytes(); }        // blind indexes, label index
    Bytes token() const { return token_.bytes(); }        // opaque tokens, label token
    Bytes mail() const { return mail_.bytes(); }          // signed addresses of mails, label mail
    Bytes receipt() const { return receipt_.bytes(); }    // seed of the key that signs receipts, label receipt

  private:
    Secret database_, pending_, index_, token_, mail_, receipt_;
};

// HMAC-SHA256(key, "gw-audit/v1/index/<field>" || 00 || text): finds equal values without storing them. The caller normalises.
Hash blind_index(Bytes index_key, std::string_view field, std::string_view text);

}  // namespace entente::certs
