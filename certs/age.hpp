#pragma once
// The age file format (age-encryption.org/v1, C2SP) with X25519 recipients: seals bytes to the public keys of people outside, who
// open them with the `age` tool or anything that reads the format. For what leaves the house sealed: disclosed sections of the log,
// keys in escrow. In memory, for at most a few hundred megabytes.
//
// Errors of parsing have the code age_malformed; an identity that no stanza is for, or damage, age_not_opened.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/secret.hpp"
#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::certs {

struct AgeRecipient {
    std::array<std::uint8_t, 32> key{};  // X25519
    bool operator==(const AgeRecipient&) const = default;
};
// "age1..." (Bech32).
protocol::Result<AgeRecipient> parse_age_recipient(std::string_view text);
std::string format_age_recipient(const AgeRecipient& recipient);

class AgeIdentity {
  public:
    static AgeIdentity generate();
    // "AGE-SECRET-KEY-1...".
    static protocol::Result<AgeIdentity> parse(std::string_view text);
    // A file as age-keygen writes it: the first line that is neither empty nor a remark. The caller wipes the text.
    static protocol::Result<AgeIdentity> parse_file(std::string_view text);

    Secret text() const;  // as the age tool reads it
    AgeRecipient recipient() const;
    Bytes key() const { return key_.bytes(); }

  private:
    explicit AgeIdentity(Secret key) : key_(std::move(key)) {}
    Secret key_;
};

// Each of the recipients, at least one, can open it alone.
Blob age_seal(std::span<const AgeRecipient> recipients, Bytes plain);
protocol::Result<Blob> age_open(const AgeIdentity& identity, Bytes sealed);

}  // namespace entente::certs
