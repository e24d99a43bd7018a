#pragma once
// An entry of the log as a collector of security events (SIEM) gets it: the core section as a valid event of its class of
// OCSF 1.8.0 (github.com/ocsf/ocsf-schema, tag 1.8.0), and under `unmapped` where it stands in the log. Ids, codes and counts;
// nothing of a sealed section. `origin` is the log's present name; metadata.event_code is the operation; actor.user.uid the
// fingerprint of the credential, org the company, groups the role; src_endpoint is "withheld", because an address names a person.
//
// `unmapped.attestation` follows the record_integrity profile of OCSF's 1.9 draft: fingerprint (3: SHA-256) is the entry's leaf
// hash, chain_uid the log's origin, serialization 2 (JCS). `unmapped.log_index` counts without gaps, so that a collector can tell
// that it has everything and drop what came twice.

#include <cstddef>
#include <string>
#include <string_view>

#include "server/audit/log/reader.hpp"

namespace entente::audit {

// Entries without a core section (the log's start, an erasure, a key, one whose key is destroyed) become base events (class 0), so
// that no index is missing. `bytes_max` 0: no limit. What does not fit loses the decision, then all but the first resources, then
// the parties, and says so in unmapped.decision_omitted, resources_omitted, parties_omitted; the whole is in the log.
std::string ocsf_event(const Line& line, std::string_view origin, std::size_t bytes_max);

}  // namespace entente::audit
