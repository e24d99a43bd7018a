#pragma once
// HTML of a mail as the plain text that its reader sees. Quoted blocks become lines that begin with "> ", so that reply_text()
// finds what was quoted, whichever part of a mail it reads.

#include <string>
#include <string_view>

namespace entente::protocol::mail {

// `html` is valid UTF-8. Every tag is dropped; style, script, head and the like go with their content. Cost is linear.
std::string html_to_text(std::string_view html);

}  // namespace entente::protocol::mail
