#pragma once
// What the keys of a company's signatories and those of a customer have in common: somebody brings one, a second person confirms
// it. Not for use outside of operations/.

#include <utility>

#include "certs/jws.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/trust_common.hpp"

namespace entente::operations {

// Names the key in the record by what is public of it.
template <class Key>
void describe_key(audit::Record& record, const Key& key) {
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("algorithm", name(key.key.algorithm))
                          .member("thumbprint", certs::thumbprint(key.key))
                          .end()
                          .take();
}

// The key as it will be kept: with a kid, and who brought it when. `known(kid)`: is there one of this name already?
// Errors: invalid (jwk), already_exists.
template <class Key, class Known>
Result<Key> brought_key(const Context& context, const Caller& caller, Key key, Known known) {
    if (!certs::usable_key(key.key)) return std::unexpected(invalid("/jwk", "not_allowed", "is no public key of its curve"));
    if (key.key.kid.empty()) key.key.kid = certs::thumbprint(key.key);
    if (known(key.key.kid))
        return fail(ErrorKind::conflict, "already_exists", "there is a key of this name already; a new key gets a new kid");
    key.proposed_by = caller.principal.label();
    key.created_at = context.now;
    return key;
}

// `save(key)` writes the confirmation and says whether there was one to write.
// Errors: second_person_needed, wrong_state.
template <class Key, class Save>
Result<Key> confirmed_key(const Context& context, const Caller& caller, Key key, Save save) {
    if (key.proposed_by == caller.principal.label())
        return fail(ErrorKind::forbidden, "second_person_needed", "who added a key cannot confirm it");
    key.confirmed_by = caller.principal.label();
    key.confirmed_at = context.now;
    if (!save(key)) return fail(ErrorKind::wrong_state, "wrong_state", "this key is confirmed or revoked already");
    return key;
}

}  // namespace entente::operations
