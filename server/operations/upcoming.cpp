#include "server/operations/upcoming.hpp"

#include <algorithm>

#include "server/store/statements/agreement_life.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/sharing.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::AgreementState;

namespace {

struct Window {
    Instant now;
    Instant until;
    bool holds(Instant at) const { return at > now && at <= until; }
};

bool may(const Caller& caller, Operation operation) {
    return policy::may(caller.role(), operation);
}

void add_agreements(ReadTxn& txn, const Context& context, const Caller& caller, const Window& window, std::vector<Upcoming>& all) {
    for (const protocol::Agreement& agreement : store::agreements_of(txn, context.tools.vault, caller.company())) {
        const bool lives = agreement.state == AgreementState::in_force || agreement.state == AgreementState::suspended ||
                           agreement.state == AgreementState::offered;
        if (lives && agreement.valid_until && window.holds(*agreement.valid_until))
            all.push_back({*agreement.valid_until, Upcoming::Kind::agreement_end, agreement.id.value, agreement.title, ""});
        for (const store::AgreementChange& change : store::changes_of(txn, context.tools.vault, agreement.id))
            if (!change.applied_at && window.holds(change.effective_at))
                all.push_back(
                    {change.effective_at, Upcoming::Kind::agreement_change, agreement.id.value, agreement.title, change.kind});
    }
}

void add_authorizations(ReadTxn& txn, const Context& context, const Caller& caller, const Window& window,
                        std::vector<Upcoming>& all) {
    for (const store::StoredAuthorization& stored : store::authorizations_of(txn, context.tools.vault, caller.company(), {})) {
        const protocol::Authorization& z = stored.authorization;
        if (z.state != protocol::AuthorizationState::granted || !window.holds(z.until)) continue;
        const auto customer = store::find_customer(txn, context.tools.vault, caller.company(), z.customer);
        all.push_back({z.until, Upcoming::Kind::authorization_end, z.id.value, customer ? customer->customer.name : "",
                       z.emergency ? "emergency" : ""});
    }
}

void add_rules(ReadTxn& txn, const Context& context, const Caller& caller, const Window& window, std::vector<Upcoming>& all) {
    for (const store::StoredSharingRules& rules : store::sharing_rules_of(txn, context.tools.vault, caller.company()))
        if (rules.approved_at && window.holds(rules.effective_from))
            all.push_back({rules.effective_from, Upcoming::Kind::rules_effect, rules.id, "", ""});
}

}  // namespace

std::string_view name(Upcoming::Kind kind) {
    switch (kind) {
        case Upcoming::Kind::agreement_change:
            return "agreement_change";
        case Upcoming::Kind::agreement_end:
            return "agreement_end";
        case Upcoming::Kind::authorization_end:
            return "authorization_end";
        case Upcoming::Kind::rules_effect:
            break;
    }
    return "rules_effect";
}

Result<std::vector<Upcoming>> upcoming(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t days) {
    if (auto allowed = require(caller, Operation::agreement_read); !allowed) return std::unexpected(allowed.error());
    if (caller.is_operator()) return fail(ErrorKind::forbidden, "no_company", "a company's own people read what is coming for it");
    const Window window{context.now, context.now.plus_seconds(days * 86'400)};
    std::vector<Upcoming> all;
    add_agreements(txn, context, caller, window, all);
    if (may(caller, Operation::authorization_read)) add_authorizations(txn, context, caller, window, all);
    if (may(caller, Operation::customer_read)) add_rules(txn, context, caller, window, all);
    std::ranges::sort(all, {}, [](const Upcoming& one) { return std::pair(one.at.us, one.subject); });
    return all;
}

}  // namespace entente::operations
