#pragma once
// Whom a verifier believes (c2sp.org/tlog-policy): the logs' keys, the witnesses, and how many of them must have cosigned.
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> any|all|<k> <name of a witness or an earlier group> ...
//   quorum <name>|none
//
// Empty lines and lines that begin with # say nothing. Lines end in LF or CRLF. Exactly one quorum line. Errors: policy_malformed,
// naming the line.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/audit/format/note.hpp"

namespace entente::audit {

struct PolicyLog {
    VerifierKey key;
    std::string url;  // or empty
};

struct PolicyWitness {
    std::string name;  // in this policy
    VerifierKey key;   // of type cosignature
    std::string url;   // prefix of its add-checkpoint call, or empty
};

struct Policy {
    struct Group {
        std::string name;
        std::size_t needed = 0;
        std::vector<std::string> members;
    };
    std::vector<PolicyLog> logs;
    std::vector<PolicyWitness> witnesses;
    std::vector<Group> groups;
    std::string quorum = "none";  // of a witness or a group

    // Whether the witnesses that verifiably cosigned the note make the quorum.
    bool quorum_met(const Note& note) const;
    std::vector<VerifierKey> log_keys() const;
};

inline constexpr std::size_t policy_bytes_max = 65'536;

protocol::Result<Policy> parse_policy(std::string_view text);
std::string format_policy(const Policy& policy);

// What a note proves under a policy: it is signed by one of its logs, is a checkpoint of that log, and the quorum cosigned it.
protocol::Result<Checkpoint> verify_checkpoint(std::string_view note, const Policy& policy);

}  // namespace entente::audit
