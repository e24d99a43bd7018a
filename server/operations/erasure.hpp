#pragma once
// Erasing what the law or an agreement asks to be erased (audit and crypto reference, section 18), legal holds, and what partners
// are told.
//
// An order names a customer, a person, a case, a partner, an age or a whole company. Orders that concern more than one case or
// person take two people. The gateway carries an order out by itself: it destroys the keys, deletes what finds the rows, writes the
// erasure entry into the log and asks every company that saw the cases to do the same. What stays are ids, states, times,
// commitments and hashes. A legal hold keeps what it covers; orders wait for it and retention passes it by.

#include <string>
#include <string_view>
#include <vector>

#include "server/audit/log/erasure.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/erasure.hpp"

namespace entente::operations {

struct ErasureInput {
    store::ErasureSubject subject = store::ErasureSubject::customer;
    std::int64_t subject_id = 0;  // customer, person, partner
    std::string token;            // case
    store::TagSet tags;           // none: customer and content
    std::optional<Instant> ended_before;
    std::string reason;
};
// An order with what became of it and of the requests to partners.
struct ErasureView {
    store::ErasureOrder order;
    std::vector<store::ErasureRequest> requests;
    std::string waits_for;  // legal_hold or cases_open; empty: for nothing, or it is done
};
Audited<ErasureView> order_erasure(Txn& txn, const Context& context, const Caller& caller, const ErasureInput& input);
Audited<ErasureView> confirm_erasure(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);
Audited<ErasureView> cancel_erasure(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);
Result<std::vector<ErasureView>> list_erasures(ReadTxn& txn, const Context& context, const Caller& caller);
Result<ErasureView> read_erasure(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id);

// Sections of the log that have outlived their time: the gateway orders their erasure itself, some at a time. Records of it; none
// when nothing has expired, or the last such order is still being carried out.
struct Retention {
    std::int64_t core_days = 0;  // 0: for ever
    std::int64_t actor_days = 0;
    std::int64_t customer_days = 0;
    std::int64_t content_days = 0;
};
std::optional<store::ErasureOrder> expired_sections(ReadTxn& txn, const Context& context, const Retention& retention);
std::vector<audit::Record> order_retention(Txn& txn, const Context& context, store::ErasureOrder order);

// --- carrying out, by the gateway itself ---
struct ErasurePlan {
    store::ErasureOrder order;
    std::string waits_for;  // not empty: nothing can be done now
    std::vector<protocol::CaseId> cases;
    std::int64_t held = 0;         // cases left alone
    audit::SectionsByKey keys;     // what is destroyed; a scan fills in the sections
    std::int64_t scanned = 0;      // entries of the log that the scan looked at
    bool scan_everything = false;  // some keys belong to no case, so that every entry is looked at
};
// Nothing: there is no such order, or it is not to be carried out. `before`: an earlier plan of it; records whose time is over are
// then looked for among its keys alone, because among all keys takes long.
std::optional<ErasurePlan> plan_erasure(ReadTxn& txn, const Context& context, std::int64_t id, const ErasurePlan* before = nullptr);
// Whose names an order takes out of cases whose words stay: the person's, or those of everybody at a company that leaves.
struct NamedPerson {
    protocol::UserId id;
    protocol::CompanyId company;
    std::string name;
    std::string label;
    std::string mail;
};
std::vector<NamedPerson> people_to_unname(ReadTxn& txn, const Context& context, const store::ErasureOrder& order);
// Cases in which one of the names stands; looks at most at `limit`, beginning with ids above `after`.
struct Naming {
    std::vector<protocol::CaseId> cases;
    protocol::CaseId looked_until;
    bool more = false;
};
Naming cases_naming(ReadTxn& txn, const Context& context, const store::ErasureOrder& order, const std::vector<NamedPerson>& people,
                    protocol::CaseId after, int limit);
// Takes the names out of one case and seals it under new keys. A case under a legal hold is left alone and noted: the order waits
// for the end of the hold (waits_for), because whose name it is has to be known until then.
struct Unnamed {
    std::vector<audit::Record> records;
    bool held = false;
};
Unnamed unname_people(Txn& txn, const Context& context, const store::ErasureOrder& order, const std::vector<NamedPerson>& people,
                      protocol::CaseId id);
// Destroys, deletes, asks partners, and leaves the erasure entries. Nothing when the scan no longer covers it: scan again.
std::optional<std::vector<audit::Record>> carry_out(Txn& txn, const Context& context, const ErasurePlan& plan);
// Takes envelopes away, a bounded number at a time: `list` is what audit::list_to_take read of the order. Nothing: it is done.
std::vector<audit::Record> mark_erased(Txn& txn, const Context& context, std::int64_t id, const audit::ListToTake& list);
// Once no list is left.
std::vector<audit::Record> end_erasure(Txn& txn, const Context& context, std::int64_t id);

// --- what other companies ask this one to delete ---
Result<std::vector<store::ErasureRequest>> list_erasure_requests(ReadTxn& txn, const Context& context, const Caller& caller);
struct ErasureAnswer {
    std::string answer;  // deleted, partly, kept
    std::string words;
};
Audited<store::ErasureRequest> answer_erasure_request(Txn& txn, const Context& context, const Caller& caller, std::int64_t id,
                                                      const ErasureAnswer& answer);

// --- legal holds ---
struct HoldInput {
    store::HoldSubject subject = store::HoldSubject::customer;
    std::int64_t subject_id = 0;
    std::string token;
    std::string reason;
};
Audited<store::LegalHold> place_hold(Txn& txn, const Context& context, const Caller& caller, const HoldInput& input);
Audited<store::LegalHold> confirm_hold(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);
// The first call asks for the end, the second, by another person, ends it. A proposed hold ends at once.
Audited<store::LegalHold> lift_hold(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);
Result<std::vector<store::LegalHold>> list_holds(ReadTxn& txn, const Context& context, const Caller& caller);

}  // namespace entente::operations
