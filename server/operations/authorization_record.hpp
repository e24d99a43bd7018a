#pragma once
// An authorization as its customer gets it: a record in the shape of ISO/IEC TS 27560 (header, processing, parties, events) and the
// gateway's receipt for it, a signed text that holds the record and its digest.

#include <string>
#include <vector>

#include "server/operations/trust.hpp"
#include "server/store/statements/customer_page.hpp"

namespace entente::operations {

inline constexpr std::string_view receipt_type = "entente-receipt+jwt";

// What a partner may read of a case in this moment, or could when its permission ended: names of members and fields, no values.
struct ShownFields {
    std::string case_token;
    protocol::CompanyId company;
    bool summary = false, description = false, staff_contact = false;
    std::vector<std::string> fields;  // labels of the partner's form
    std::int64_t notes = 0;           // of the company that serves the customer
};

// Everything that was shown under an authorization: the looks, newest first, at most 500, and what could be read of each case.
struct Disclosed {
    std::vector<store::Disclosure> looks;  // the newest 500
    std::int64_t total = 0;                // of them and of older ones
    std::vector<ShownFields> shown;        // one a case in `looks`
};
Disclosed disclosed_under(ReadTxn& txn, const Context& context, protocol::AuthorizationId id);

// {"receipt":"<JWS>","record":{...}}. The record is canonical JSON and holds all that the customer's page says, the newest 500
// disclosures included; `disclosure_total` says how many there are. What is signed is the whole record; its digest is over exactly
// the bytes of `record`.
std::string record_with_receipt(ReadTxn& txn, const Context& context, const store::StoredAuthorization& stored);

}  // namespace entente::operations
