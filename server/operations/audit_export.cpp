#include "server/operations/audit_export.hpp"

#include <algorithm>
#include <set>

#include "protocol/canonical.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

namespace {

constexpr std::int64_t looked_at_max = 500;  // entries a page

// Whether an entry is about a customer, by what its core section says.
class AboutCustomer {
  public:
    AboutCustomer(ReadTxn& txn, protocol::CustomerId customer) : uid_(std::to_string(customer.value)) {
        txn.each("SELECT id FROM cases WHERE customer = $1", {customer.value},
                 [&](const store::Row& row) { cases_.insert(row.number(0)); });
    }
    bool operator()(std::string_view core) const {
        const auto parsed = protocol::parse_canonical(core);
        if (!parsed) return false;
        const auto* unmapped = parsed->find("unmapped");
        const auto* case_id = unmapped == nullptr ? nullptr : unmapped->find("case_id");
        if (case_id != nullptr && case_id->integer() != nullptr && cases_.contains(*case_id->integer())) return true;
        const auto* resources = parsed->find("resources");
        return resources != nullptr && resources->array() != nullptr &&
               std::ranges::any_of(*resources->array(), [&](const auto& resource) { return names(resource); });
    }

  private:
    bool names(const protocol::CanonicalValue& resource) const {
        const auto* type = resource.find("type");
        const auto* uid = resource.find("uid");
        return type != nullptr && uid != nullptr && type->text() != nullptr && uid->text() != nullptr &&
               *type->text() == "customer" && *uid->text() == uid_;
    }

    std::string uid_;
    std::set<std::int64_t> cases_;
};

Result<audit::ExportFilter> filter_of(ReadTxn& txn, const Caller& caller, const ExportAsked& asked) {
    audit::ExportFilter filter{.partner = asked.partner, .from = asked.from, .until = asked.until, .first = asked.first};
    filter.looked_at_max = looked_at_max;
    if (!caller.is_operator()) filter.company = caller.company();
    if (!asked.case_token.empty()) {
        const auto id = caller.is_operator() ? std::nullopt : store::find_case_id(txn, asked.case_token, caller.company());
        if (!id) return fail(ErrorKind::not_found, "case_not_found", "there is no such case");
        filter.case_id = *id;
    }
    if (asked.customer) {
        const auto known = caller.is_operator() ? std::nullopt
                                                : txn.first("SELECT id FROM customers WHERE id = $1 AND company = $2",
                                                            {asked.customer->value, caller.company().value},
                                                            [](const store::Row& row) { return row.number(0); });
        if (!known) return fail(ErrorKind::not_found, "customer_not_found", "there is no such customer");
        filter.wanted = AboutCustomer(txn, *asked.customer);
    }
    return filter;
}

audit::Viewer viewer_of(ReadTxn& txn, const Caller& caller, const ExportAsked& asked) {
    audit::Viewer viewer;
    if (caller.is_operator() || !asked.open) return viewer;
    viewer.owners.push_back(store::Owner::company(caller.company()));
    txn.each("SELECT id FROM customers WHERE company = $1", {caller.company().value},
             [&](const store::Row& row) { viewer.owners.push_back(store::Owner::customer({row.number(0)})); });
    return viewer;
}

// What was asked for, without anything personal: a key of age is a public one.
std::string asked_for(const ExportAsked& asked, const audit::ExportFilter& filter, const Exported& exported) {
    protocol::CanonicalObject what;
    if (filter.case_id) what.set("case_id", filter.case_id.value);
    if (asked.customer) what.set("customer", asked.customer->value);
    if (asked.partner) what.set("partner", asked.partner->value);
    what.set("entries", static_cast<std::int64_t>(exported.page.entries.size()));
    what.set("first", asked.first).set("size", static_cast<std::int64_t>(exported.published->checkpoint.size));
    what.set("opened", asked.open);
    if (asked.recipient) what.set("recipient", certs::format_age_recipient(*asked.recipient));
    return protocol::CanonicalObject{}.set("export", what).text();
}

}  // namespace

Result<Exported> find_entries(ReadTxn& txn, const Context& context, const Caller& caller, audit::Notary& notary,
                              const ExportAsked& asked) {
    Exported exported{.page = {}, .published = {}, .recipient = asked.recipient, .refused = {}, .decision = {}};
    const auto refuse = [&](Error error) {
        exported.refused = std::move(error);
        return exported;
    };
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed) return refuse(allowed.error());
    auto filter = filter_of(txn, caller, asked);
    if (!filter) return refuse(filter.error());
    exported.published = asked.size ? notary.of_size(txn, *asked.size) : notary.believed();
    if (!exported.published) {
        return refuse({.kind = ErrorKind::not_found,
                       .code = "checkpoint_not_found",
                       .message = "there is no such checkpoint any more; begin the export again"});
    }
    exported.page =
        audit::export_page(txn, context.tools.vault, notary.proofs(), *exported.published, *filter, viewer_of(txn, caller, asked));
    if (!asked.open)
        for (audit::ExportedEntry& entry : exported.page.entries) entry.opened.clear();
    exported.decision = asked_for(asked, *filter, exported);
    return exported;
}

Audited<bool> record_export(Txn&, const Context&, const Caller& caller, const ExportAsked&, const Exported& exported) {
    audit::Record record = record_of(caller, "audit.export", audit::Class::datastore_activity, audit::datastore_read);
    record.resources.push_back({"audit", "export"});
    if (exported.refused) return refused<bool>(std::move(record), *exported.refused);
    // The word may have been withdrawn in the meantime.
    if (auto allowed = require(caller, policy::Operation::audit_read); !allowed)
        return refused<bool>(std::move(record), allowed.error());
    record.decision = exported.decision;
    return {true, std::move(record)};
}

}  // namespace entente::operations
