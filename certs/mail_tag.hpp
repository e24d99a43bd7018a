#pragma once
// The signed part of an address at which mails come back: `reply+TAG@gateway.example`. Who writes to such an address holds a mail
// of ours; the tag says which case or mail it is about, for whom it was made and until when it is good.
//
// TAG is base32 (RFC 4648 alphabet in lower case, no padding, letters in any case when read, because some mail servers fold the
// local part): version and purpose (1 byte), subject (4), holder (4), last day (2, days since 1970), HMAC-SHA256 of these under the
// mail key with a domain of its own (first 12 bytes). 37 characters: with the box's name it fits the 64 of a local part.
//
// Whether a tag has expired is judged by who knows the time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"

namespace entente::certs {

struct MailTag {
    enum class Purpose : std::uint8_t {
        reply = 1,   // subject: case, holder: recipient of our mails who may answer
        bounce = 2,  // subject: mail, holder: 0
        stop = 3,    // subject: 0, holder: recipient who wants no more mails
    };
    Purpose purpose = Purpose::reply;
    std::int64_t subject = 0;  // ids are below 2^31
    std::int64_t holder = 0;
    std::int64_t last_day = 0;

    bool operator==(const MailTag&) const = default;
    bool expired(protocol::Instant now) const { return now.seconds() / 86'400 > last_day; }
};

std::string mint_mail_tag(protocol::Bytes mail_key, const MailTag& tag);

// Nothing for a forgery, another key, or anything misspelled.
std::optional<MailTag> read_mail_tag(protocol::Bytes mail_key, std::string_view text);

inline constexpr std::size_t mail_tag_characters = 37;

}  // namespace entente::certs
