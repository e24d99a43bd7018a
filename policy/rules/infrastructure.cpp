// Infrastructure: addresses, host names and serial numbers that tell how somebody's network is built.

#include <array>

#include "policy/rules/default_rules.hpp"
#include "policy/rules/pieces.hpp"

namespace entente::policy {

namespace {

using protocol::DataClass;

#define MACHINE DataClass::diagnostics
// A host name without dots, where the words around it say that it is one.
#define HOST_WORD R"([A-Za-z0-9_](?:[A-Za-z0-9_\-]{0,61}[A-Za-z0-9])?)"

constexpr std::array rules{
    // A link to a machine inside: the authority alone, what follows is what was asked of it.
    Rule{"internal_url", MACHINE, "://",
         R"([A-Za-z][A-Za-z0-9+.\-]{1,20}://(?:[^\s/@"'<>]{0,100}(?:\[secret removed\])?@)?([A-Za-z0-9_.\-]{1,253}))",
         Check::internal_authority},
    Rule{"internal_url", MACHINE, R"(\\\\[A-Za-z0-9])", R"((?:^|[\s"'(=,:])\\\\{1,2}([A-Za-z0-9][A-Za-z0-9_.\-]{1,62})\\)",
         Check::host_word},
    Rule{"ip_address", MACHINE, R"(\d\.\d{1,3}\.\d{1,3}\.\d)", R"((\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}))", Check::ipv4},
    Rule{"ip_address", MACHINE, R"((?i)::|[0-9a-f]:[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]{1,4}:)",
         R"((?i)([0-9a-f]{0,4}:[0-9a-f:]{1,38}(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?))", Check::ipv6},
    Rule{"hardware_address", MACHINE, R"((?i)[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2})",
         R"((?i)([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,7}))", Check::hardware_address},
    Rule{"hardware_address", MACHINE, R"((?i)[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})",
         R"((?i)([0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}))", Check::hardware_address},
    Rule{"hardware_address", MACHINE, R"((?i)(?:wwpn|wwnn|wwn|naa\.)[^0-9a-f]{0,4}[0-9a-f]{16})",
         R"((?i)\b(?:wwpn|wwnn|wwn)["']?[ \t]{0,4}[:=]?[ \t]{0,4}["']?(?:0x)?([0-9a-f]{16})\b)"},
    Rule{"host_name", MACHINE, R"((?i)iqn\.\d{4}-)", R"((?i)\b(iqn\.\d{4}-\d{2}\.[a-z0-9.\-]{3,120}(?::[a-z0-9.:_\-]{1,120})?))"},
    Rule{"host_name", MACHINE, R"([A-Za-z0-9_]\.[A-Za-z])", R"(((?:[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}\.){1,8}[A-Za-z]{2,16}))",
         Check::domain_name},
    // Labelled: host=db01, "hostname": "db01", Node: db01. ("server" alone also names products.)
    Rule{
        "host_name", MACHINE, R"((?i)host|node|fqdn|computer|machine|server_?name|vserver|rhost|initiator|esxi)",
        R"((?i)(?:^|[^a-z0-9]|[a-z]_)(?:(?:source|src|dest|dst|target|remote|peer|db|client|server|vm|my|upstream|master|esxi|proxy)?[_ -]?host(?:[ _.-]?name)?|)"
        R"(node(?:[ _-]?name)?|fqdn|computer(?:[ _-]?name)?|machine[ _-]?name|server_?name|vserver|rhost)["']?[ \t]{0,8}[=:][ \t]{0,8}[\\]{0,2}["']?)"
        R"(()" HOST_WORD R"((?:\.)" HOST_WORD R"(){0,8}))",
        Check::host_word},
    Rule{
        "host_name", MACHINE,
        R"((?i)\b(?:ssh|scp|sftp|ping|telnet|traceroute|nslookup|rsh|rlogin|on host|to host|from host|the host)\s)",
        R"((?i)\b(?:ssh|scp|sftp|ping|telnet|traceroute|nslookup|rsh|rlogin|on host|to host|from host|the host)[ ]{1,3}(?:-[a-z0-9]{1,3}[ ]{1,3}(?:\d{1,5}[ ])?){0,3})"
        R"((?:[A-Za-z0-9._\-]{1,40}@)?()" HOST_WORD R"((?:\.)" HOST_WORD R"(){0,8}))",
        Check::host_like},
    Rule{"host_name", MACHINE, R"([a-z0-9]@[a-z]{1,12}[a-z0-9-]{0,20}[:~$# ])",
         R"((?:^|[\s\[(])[a-z_][a-z0-9_\-]{0,31}@()" HOST_WORD R"()(?:[:\s\])]))", Check::host_like},
    Rule{"host_name", MACHINE, R"((?i)hostname[ \t])",
         R"((?i)(?:^|\n)[ \t]{0,20}(?:set[ ](?:system[ ])?)?(?:host-?name|switchname|sysname)[ \t]{1,4}["']?()" HOST_WORD
         R"((?:\.)" HOST_WORD R"(){0,8}))",
         Check::host_word},
    // The header of a syslog line: "May  4 09:30:00 db01 sshd[12]:", "<34>1 2030-05-04T09:30:00Z db01 app".
    Rule{
        "host_name", MACHINE, R"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]{1,2}\d{1,2}[ ]\d\d:\d\d:\d\d)",
        R"((?:^|[\s>])(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]{1,2}\d{1,2}[ ](?:\d{4}[ ])?\d\d:\d\d:\d\d(?:\.\d{1,9})?[ ]([A-Za-z0-9][A-Za-z0-9_.\-]{1,80})(?:/[A-Za-z0-9_.\-]{1,80})?[ ]+[\w(][\w./() #\-]{0,60}(?:\[|:))",
        Check::syslog_host},
    Rule{
        "host_name", MACHINE, R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)",
        R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+\-]\d\d:?\d\d)[ ]([A-Za-z0-9][A-Za-z0-9_.\-]{1,80})[ ][\w./\-]{1,48}(?:\[\d{1,8}\])?(?::|[ ](?:\d{1,8}|-)[ ]))",
        Check::syslog_host},
    Rule{
        "serial_number", DataClass::product,
        R"((?i)serial|s/n\b|service ?tag|seriennummer|asset ?tag|chassis ?id|\xe3\x82\xb7\xe3\x83\xaa\xe3\x82\xa2\xe3\x83\xab|num\xc3\xa9ro de s\xc3\xa9rie)",
        R"((?i)(?:\b(?:(?:chassis|system|product|board|disk|array|drive|processor)?[ _-]?serial(?:[ _-]?(?:no|nr|num|number))?|s/n|service[ _-]?tag|seriennummer|asset[ _-]?tag|chassis[ _-]?id|num\xc3\xa9ro de s\xc3\xa9rie)|\xe3\x82\xb7\xe3\x83\xaa\xe3\x82\xa2\xe3\x83\xab\xe7\x95\xaa\xe5\x8f\xb7)\.?["']?(?:[ \t]{0,20}(?:[:=#]|\xef\xbc\x9a)|[ ](?:is|ist|lautet))?[ \t]{0,20}["']?([A-Z0-9][A-Z0-9\-]{4,23}))",
        Check::serial_number},
};

}  // namespace

std::span<const Rule> infrastructure_rules() {
    return rules;
}

}  // namespace entente::policy
