#pragma once
// Links between cases: duplicate, parent and child, dependence. Whoever is party to both may link them and sees the link; a company
// that knows one of the two never learns that there is another.

#include <string>
#include <string_view>

#include "server/operations/case_timeline.hpp"

namespace entente::operations {

struct LinkInput {
    std::string other;  // token
    protocol::LinkKind kind = protocol::LinkKind::depends_on;
};

Audited<Timeline> link_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token, const LinkInput& input);
Audited<Timeline> unlink_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const LinkInput& input);

}  // namespace entente::operations
