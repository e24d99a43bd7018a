#pragma once
// An exported log made by hand, without a gateway: entries, envelopes, erasures, disclosed sections, a witness. What a test wants
// to be wrong it changes before or after the log is written and signed.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "certs/sign.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/package/files.hpp"

namespace entente::tests {

struct SampleSection {
    std::uint8_t tag = 1;
    audit::Salt salt{};
    std::string text;
    protocol::Blob envelope;
    bool erased = false;
    bool opened = false;
};

struct SampleEntry {
    audit::Entry entry;  // its digests are made from the sections when it is written
    std::vector<SampleSection> sections;
};

class SampleLog {
  public:
    // `seed` decides about every byte of the log but its keys.
    explicit SampleLog(std::size_t entries, std::uint64_t seed = 1);

    std::vector<SampleEntry> entries;
    std::string origin = "gw.example.com/audit/sample";
    certs::SigningKey key = seeded(1);
    certs::SigningKey witness = seeded(2);
    std::map<std::uint64_t, std::vector<audit::ErasedSection>> erasures;  // by the entry of the erasure

    static certs::SigningKey seeded(std::uint8_t seed);
    audit::Policy policy() const;
    // A signed and cosigned note over the first `size` entries.
    std::string checkpoint(std::uint64_t size);
    audit::FilesInMemory write();
    // Receipts instead of tiles, of the entries whose index is a multiple of `step`.
    audit::FilesInMemory write_part(std::uint64_t step);

    protocol::Blob entry_bytes(std::size_t index);
    static void add_sums(audit::FilesInMemory& files);

  private:
    std::vector<audit::Hash> leaves();
    void put_opened(audit::FilesInMemory& files, std::size_t index);
    static protocol::Blob sealed_of(const SampleEntry& entry);
};

// Tiles and bundles of these entries, as anybody can compute them.
void write_tree(audit::FilesInMemory& files, const std::vector<protocol::Blob>& entries, const std::vector<protocol::Blob>& sealed);

}  // namespace entente::tests
