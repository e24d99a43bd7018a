#pragma once
// Steps that orders to erase, legal holds and the export of a subject's data share. Not for use outside of operations/.

#include "server/operations/erasure.hpp"

namespace entente::operations {

inline audit::Record erasure_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

inline Error wrong_state(std::string message) {
    return {.kind = ErrorKind::wrong_state, .code = "wrong_state", .message = std::move(message)};
}

inline Error second_person(std::string message) {
    return {.kind = ErrorKind::forbidden,
            .code = "second_person_needed",
            .message = std::move(message),
            .next_step = "ask a colleague with the same role"};
}

// In the caller's sight, or the error that says there is none.
Result<std::int64_t> own_case_id(ReadTxn& txn, const Caller& caller, std::string_view token);
Result<std::int64_t> own_customer_id(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id);
Result<std::int64_t> own_person_id(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id);

// The names of an order's classes, sorted.
std::vector<std::string> tag_names(store::TagSet tags);

}  // namespace entente::operations
