#pragma once
// Private files: written so that nobody else can read them and a crash leaves either the old or the new one; read only if that is
// how they are kept. Every refusal is a Fault with a sentence that says what to change.

#include <cstddef>
#include <filesystem>

#include "certs/secret.hpp"

namespace entente::certs {

// Reads a file that must be regular (no symbolic link), owned by this user or root, without any bit for group or others, in a
// folder that neither group nor others may write.
Secret read_private_file(const std::filesystem::path& file, std::size_t size_max);

// Writes a new file with mode 0600 durably (file and folder are synced). Refuses to replace an existing one.
void create_private_file(const std::filesystem::path& file, Bytes content);

// Like create_private_file, but replaces an existing file atomically.
void replace_private_file(const std::filesystem::path& file, Bytes content);

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
