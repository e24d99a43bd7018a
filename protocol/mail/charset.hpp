#pragma once
// Bytes of a mail in whatever character set it says, as valid UTF-8 without control characters.

#include <string>
#include <string_view>

namespace entente::protocol::mail {

// `charset` as written in the mail, in any case. An unknown one is read as UTF-8 when the bytes are that, else as windows-1252: a
// readable guess is worth more to a person than nothing. What cannot be decoded becomes U+FFFD; line ends become \n; other control
// characters but the tab are dropped.
std::string to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace entente::protocol::mail
