#pragma once
// Mail addresses as this gateway sends to and accepts them: one spelling, nothing that could end a header or a command.
//
// `local@domain` in ASCII: dot-atom before the @ (RFC 5322 3.4.1; quoted local parts and SMTPUTF8 are refused), host names after
// it. Lengths of RFC 5321 4.5.3.1.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::protocol::mail {

struct Mailbox {
    std::string name;  // display name, any text; empty: none
    std::string address;
    bool operator==(const Mailbox&) const = default;
};

// The address with its domain in lower case; nothing when it is none that we would send to.
std::optional<std::string> clean_address(std::string_view text);

// Every address in the value of an address header (From, To, Reply-To, ...): names, comments, groups and route parts are passed
// over, what is malformed is left out. At most 200.
std::vector<Mailbox> addresses_in(std::string_view header_value);

// local part and domain of a clean address.
struct Split {
    std::string_view local;
    std::string_view domain;
};
Split split_address(std::string_view clean);

// `box+tag@domain` for `box@domain`.
std::string with_tag(std::string_view box, std::string_view tag);
// The tag of an address that is `box` with a tag; letters of box and domain compare in any case.
std::optional<std::string_view> tag_of(std::string_view address, std::string_view box);

}  // namespace entente::protocol::mail
