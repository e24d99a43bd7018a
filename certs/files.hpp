#pragma once
// Private files: written so that nobody else can read them and a crash leaves either the old or the new one; read only if that is
// how they are kept. Every refusal is a Fault with a sentence that says what to change.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "certs/secret.hpp"

namespace entente::certs {

// Who keeps a private file as it should be kept.
enum class Keeper : std::uint8_t {
    owner,
    // systemd, for a credential of its service: root's file and folder that nobody may write (0440 in 0550). What shows as read bit
    // of the group is the mask of the access list through which the service's user reads; the group itself is root's and gets
    // nothing from it. A file kept as an owner would keep it is good as well: so it is where the service runs as root.
    service_manager,
};

struct KeptFolder {
    KeptFolder(std::filesystem::path where, Keeper by = Keeper::owner) : folder(std::move(where)), keeper(by) {}
    std::filesystem::path folder;
    Keeper keeper;
};

// Reads a file that must be regular (no symbolic link), owned by this user or root, without any bit for group or others, in a
// folder that neither group nor others may write; or one that the service manager keeps, where the caller knows that it does.
Secret read_private_file(const std::filesystem::path& file, std::size_t size_max, Keeper keeper = Keeper::owner);

// Writes a new file with mode 0600 durably (file and folder are synced). Refuses to replace an existing one.
void create_private_file(const std::filesystem::path& file, Bytes content);

// Like create_private_file, but replaces an existing file atomically.
void replace_private_file(const std::filesystem::path& file, Bytes content);

// Whether replace_private_file could write this content: it is written beside the file and taken away again. Fault: it could not.
void try_private_file(const std::filesystem::path& file, Bytes content);

// Like replace_private_file; what the old file held is overwritten.
void replace_secret_file(const std::filesystem::path& file, Bytes content);

// Another name for a file in its folder, durably; a file that has that name is replaced.
void rename_private_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Overwrites, syncs and unlinks. What the medium underneath keeps is out of reach; key generations expire for that reason.
void destroy_private_file(const std::filesystem::path& file);

// Makes the folder (mode 0700) if it is missing, then checks it: no symbolic link, owned by this user or root, not writable by
// group or others.
void create_private_folder(const std::filesystem::path& folder);
void check_private_folder(const std::filesystem::path& folder);

}  // namespace entente::certs
