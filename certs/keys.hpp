#pragma once
// The top of the key hierarchy (audit and crypto reference, section 8): the service root, from which long-lived keys are derived,
// and the key encryption keys (KEK), one a generation, which wrap owner keys. Nothing of it is ever stored in the database or its
// backups; when a generation is destroyed, everything that only it wrapped is gone, old backups included.
//
// The file provider keeps a folder (0700) with root.key, kek-0001.key, kek-0002.key, ... and log.key, each 32 random bytes, 0600.
// The id of a KEK is HKDF-SHA256(key, "gw-audit/v1/kdf/kekid" || 00), 16 bytes, so that a file of 32 bytes says everything.
// A provider may be used from any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "certs/seal.hpp"
#include "certs/secret.hpp"
#include "certs/sign.hpp"

namespace entente::certs {

class KeyProvider {
  public:
    KeyProvider() = default;
    KeyProvider(const KeyProvider&) = delete;
    KeyProvider& operator=(const KeyProvider&) = delete;
    virtual ~KeyProvider() = default;

    virtual std::uint32_t current_generation() const = 0;
    virtual std::vector<std::uint32_t> generations() const = 0;  // ascending
    // Wraps under the current generation with a fresh nonce: 94 bytes.
    virtual Blob wrap(const KeyId& key_id, const Hash& owner, Bytes key) const = 0;
    // Nothing if the generation was destroyed, or if the bytes were not wrapped for this key and owner. generations() tells which.
    virtual std::optional<Secret> unwrap(const KeyId& key_id, const Hash& owner, Bytes wrapped) const = 0;
    // False: generations are made and destroyed where the keys come from, and seen after a restart.
    virtual bool can_change() const = 0;
    // Makes a new generation, durable before it returns, and the current one from now on.
    virtual std::uint32_t new_generation() = 0;
    // The current generation cannot be destroyed: Fault. An unknown one is gone already.
    virtual void destroy_generation(std::uint32_t generation) = 0;
    virtual Bytes service_root() const = 0;
    // The key of the database's pages, where one was made apart from the root; nothing: it is derived from the root.
    virtual std::optional<Secret> database_key() const = 0;
};

// Opens a folder of key files; a wrong owner, mode, size or a symbolic link is refused with a sentence that says so (Fault).
std::unique_ptr<KeyProvider> open_key_folder(const std::filesystem::path& folder);

// Makes folder and files that are missing; what exists is checked and left alone.
void create_key_folder(const std::filesystem::path& folder);

// Another database key on its way (entente keys rekey). Both lie in the folder until the file was checked whole under the new one;
// a start in between finds out which of them opens the file. Each step is durable when it returns.
void make_next_database_key(const std::filesystem::path& folder);  // refuses while there is one
std::optional<Secret> next_database_key(const std::filesystem::path& folder);
void adopt_next_database_key(const std::filesystem::path& folder);  // it is the key from now on, the one before it is gone
void drop_next_database_key(const std::filesystem::path& folder);

// The log signing key: its own file, read by whoever signs checkpoints and by nobody else.
SigningKey open_log_key(const std::filesystem::path& folder);

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
