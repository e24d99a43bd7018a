#pragma once
// The default rule set of the detectors as data: what to look for, and which check confirms a candidate.
//
// Patterns are RE2 syntax over bytes (Latin-1 mode), so letters beyond ASCII are written as their UTF-8 bytes. `trigger` is a cheap
// pattern for the first pass over a text with all rules at once; where it matches nowhere, `pattern` is not tried, so whatever
// `pattern` finds must contain what `trigger` finds. At most one capturing group: the value; without one the whole match is it.
// Repetition counts stay small (RE2 refuses more than 1000 and counts cost memory).

#include <span>
#include <string_view>

#include "protocol/classes.hpp"

namespace entente::policy {

// What confirms a candidate and says where the value ends (values, checks, numbers, people, hosts).
enum class Check {
    none,             // the group as it is
    private_key,      // from the BEGIN line to the END line
    putty_key,        // the private lines of a PuTTY key
    assigned,         // the value assigned after the match, unless it is plainly none
    assigned_weak,    // likewise, but only if it looks like a credential: the word before is used for harmless things too
    assigned_random,  // likewise, but only long random values
    element,          // the text of an XML element
    header,           // an Authorization header
    to_line_end,      // the rest of the line or of the quoted string (cookies)
    random,           // the group, if it looks like a credential
    issued,           // the group, if it is no example such as XXXX or a word
    command,          // the group, unless it is plainly none
    user_or_sudo,     // likewise, but an `echo` only counts when it feeds sudo
    basic,            // the group, if it is base64 of name:password
    phrase,           // the word after the match, if it looks like a credential
    mail,
    phone_international,
    phone_national,
    phone_labelled,
    french_pairs,
    japanese_phone,
    iban,
    payment_card,
    us_ssn,
    finnish_id,
    swedish_id,
    belgian_id,
    swiss_id,
    brazilian_id,
    spanish_id,
    italian_id,
    french_id,
    chinese_id,
    korean_id,
    mexican_id,
    singaporean_id,
    czech_id,
    labelled_id,       // German, Polish, Dutch, British, Indian, Japanese numbers: only after a label
    person_label,      // capitalised words after the match
    person_full,       // likewise, at least two
    person_sender,     // likewise, if a mail address follows
    person_signature,  // a line of capitalised words
    person_greeting,   // capitalised words, then comma or end of line
    ipv4,              // an address of the internet protocol that is not one of those that mean nothing (hosts)
    ipv6,
    hardware_address,    // Ethernet (MAC), EUI-64, world wide names
    domain_name,         // at least two labels under a known top-level domain, and no package, file or public site
    host_word,           // the name after a label that says so
    host_like,           // likewise, but only if it looks like a machine's name
    syslog_host,         // the second word of a syslog line
    internal_authority,  // the host of a link, if it is none of the public internet
    serial_number,       // letters and digits mixed, or a long number
};

struct Rule {
    std::string_view code;  // stable; several rules may share one
    protocol::DataClass data_class = protocol::DataClass::secret;
    std::string_view trigger;
    std::string_view pattern;
    Check check = Check::none;
    bool spans_lines = false;  // the pattern may match across line breaks
};

std::span<const Rule> default_rules();  // all of them; a rule's place ranks its code
std::span<const Rule> credential_rules();
std::span<const Rule> issuer_rules();
std::span<const Rule> person_rules();
std::span<const Rule> infrastructure_rules();

// Raised when the code of the checks changes what is found. Part of Detectors::version().
inline constexpr std::string_view checks_revision = "3";

// Words that stand after "password:" and are no password.
bool harmless_value(std::string_view value);
// Words in a "name" that make it a team or a role rather than a person.
bool organisation_word(std::string_view lower_case);

}  // namespace entente::policy
