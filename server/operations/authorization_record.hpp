#pragma once
// An authorization as its customer gets it: a record in the shape of ISO/IEC TS 27560 (header, processing, parties, events) and the
// gateway's receipt for it, a signed text over the record's digest.

#include <string>

#include "server/operations/trust.hpp"

namespace entente::operations {

inline constexpr std::string_view receipt_type = "entente-receipt+jwt";

// {"receipt":"<JWS>","record":{...}}; the record is canonical JSON, and its digest is over exactly those bytes.
std::string record_with_receipt(ReadTxn& txn, const Context& context, const store::StoredAuthorization& stored);

}  // namespace entente::operations
