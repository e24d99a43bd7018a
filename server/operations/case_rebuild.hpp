#pragma once
// Rebuilds the life of a case from the audit log alone. Equal lives have equal bytes (protocol::life_text).

#include "protocol/case_life.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

protocol::Life rebuild_life(ReadTxn& txn, store::Vault& vault, protocol::CaseId id);

}  // namespace entente::operations
