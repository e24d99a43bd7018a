#pragma once
// The values of a new case against the receiver's form, as it is now (contract sections 8.2 and 8.4).

#include <span>

#include "protocol/collaboration.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

// Every value that its field cannot hold, each named by its label: `invalid_members`. When the owner changed the form while the
// request was being filled in (a field is gone, a choice is no longer offered): `form_changed`, which names them too and says that
// the form must be fetched again. Values of fields that this form never had are left to the caller, who drops them.
Result<void> check_fields(ReadTxn& txn, const protocol::Form& form, std::span<const protocol::FieldInput> values);

}  // namespace entente::operations
