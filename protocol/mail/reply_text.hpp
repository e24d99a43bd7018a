#pragma once
// What a person wrote anew in a reply: without the mail it answers, without the signature.

#include <string>
#include <string_view>

namespace entente::protocol::mail {

// Our mails begin with this line; whatever stands below it, quoted or not, is ours. Every language's own sentence follows it.
inline constexpr std::string_view reply_mark = "##- Entente -##";

// Valid UTF-8 in and out, trimmed; lines end in \n, never more than one blank line in a row. Empty when nothing new was written.
// Cut at our mark, at the line by which a mail program introduces what it quotes (English, German, Japanese), at "-- " and at the
// last block of quoted lines when only that block is left. Answers written between quoted lines keep those lines: they are what the
// answers speak of, and their writer has seen them.
std::string reply_text(std::string_view plain);

// The first words of a text as one line of at most `characters` characters, for a summary.
std::string first_line(std::string_view text, std::size_t characters);

}  // namespace entente::protocol::mail
