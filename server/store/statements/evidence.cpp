#include "server/store/statements/evidence.hpp"

#include <array>
#include <utility>

#include "protocol/result.hpp"

namespace entente::store {

using protocol::CompanyId;
using protocol::Instant;

namespace {

LogRow log_row(const Row& row) {
    return {.index = row.number(0),
            .time = {row.number(1)},
            .operation = row.text(2),
            .failed = row.number(3) != 1,
            .reason = row.text(4)};
}

// `all` counts of everybody; `own` of the company $1. Those with `now` have it as their last parameter.
struct Counting {
    StateCount count;
    std::string_view all;
    std::string_view own;
    bool now = false;
};

constexpr std::array countings{
    Counting{{"people_active", "People who may sign in"},
             "SELECT COUNT(*) FROM users WHERE active = 1",
             "SELECT COUNT(*) FROM users WHERE active = 1 AND company = $1"},
    Counting{{"people_disabled", "People whose access has ended"},
             "SELECT COUNT(*) FROM users WHERE active = 0",
             "SELECT COUNT(*) FROM users WHERE active = 0 AND company = $1"},
    Counting{{"administrators", "Administrators"},
             "SELECT COUNT(*) FROM users WHERE active = 1 AND role = 'administrator'",
             "SELECT COUNT(*) FROM users WHERE active = 1 AND role = 'administrator' AND company = $1"},
    Counting{{"auditors", "Auditors"},
             "SELECT COUNT(*) FROM users WHERE active = 1 AND role = 'auditor'",
             "SELECT COUNT(*) FROM users WHERE active = 1 AND role = 'auditor' AND company = $1"},
    Counting{{"clients_active", "Programs that may sign in"},
             "SELECT COUNT(*) FROM clients WHERE active = 1",
             "SELECT COUNT(*) FROM clients WHERE active = 1 AND company = $1"},
    Counting{{"clients_certificate", "Programs bound to a client certificate"},
             "SELECT COUNT(*) FROM clients WHERE active = 1 AND certificate_uri IS NOT NULL",
             "SELECT COUNT(*) FROM clients WHERE active = 1 AND certificate_uri IS NOT NULL AND company = $1"},
    Counting{{"clients_rotating", "Programs whose earlier secret is still accepted"},
             "SELECT COUNT(*) FROM clients WHERE previous_until > $1",
             "SELECT COUNT(*) FROM clients WHERE company = $1 AND previous_until > $2",
             true},
    Counting{
        {"certificates_valid", "Client certificates in force"},
        "SELECT COUNT(*) FROM certificates WHERE revoked_at IS NULL AND not_after > $1",
        "SELECT COUNT(*) FROM certificates f JOIN clients c ON c.id = f.client WHERE c.company = $1 AND f.revoked_at IS NULL AND "
        "f.not_after > $2",
        true},
    Counting{{"agreements_in_force", "Agreements in force"},
             "SELECT COUNT(*) FROM agreements WHERE state = 'in_force'",
             "SELECT COUNT(*) FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company = $1 AND a.state = "
             "'in_force'"},
    Counting{{"agreements_ended", "Agreements suspended or ended"},
             "SELECT COUNT(*) FROM agreements WHERE state IN ('suspended', 'superseded', 'terminated', 'expired')",
             "SELECT COUNT(*) FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company = $1 AND a.state IN "
             "('suspended', 'superseded', 'terminated', 'expired')"},
    Counting{{"agreements_transfer", "Agreements that name a basis for transfers"},
             "SELECT COUNT(*) FROM agreements WHERE transfer_basis <> 'none_needed'",
             "SELECT COUNT(*) FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company = $1 AND "
             "a.transfer_basis <> 'none_needed'"},
    Counting{
        {"acceptances", "Acceptances of agreements"},
        "SELECT COUNT(*) FROM agreement_parties WHERE accepted_at IS NOT NULL",
        "SELECT COUNT(*) FROM agreement_parties p JOIN agreement_parties o ON o.agreement = p.agreement WHERE o.company = $1 AND "
        "p.accepted_at IS NOT NULL"},
    Counting{
        {"documents", "Texts of agreements known by digest"},
        "SELECT COUNT(*) FROM agreement_texts",
        "SELECT COUNT(DISTINCT a.document_digest) FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company "
        "= $1"},
    Counting{{"announced_changes", "Announced changes of agreements"},
             "SELECT COUNT(*) FROM agreement_changes",
             "SELECT COUNT(*) FROM agreement_changes c JOIN agreement_parties p ON p.agreement = c.agreement WHERE p.company = $1"},
    Counting{{"authorizations_granted", "Customers' authorizations in force"},
             "SELECT COUNT(*) FROM authorizations WHERE state = 'granted' AND until > $1",
             "SELECT COUNT(*) FROM authorizations WHERE company = $1 AND state = 'granted' AND until > $2",
             true},
    Counting{{"authorizations_confirmed", "Of them confirmed or signed by the customer"},
             "SELECT COUNT(*) FROM authorizations WHERE state = 'granted' AND until > $1 AND assurance IN ('confirmed', 'signed')",
             "SELECT COUNT(*) FROM authorizations WHERE company = $1 AND state = 'granted' AND until > $2 AND assurance IN "
             "('confirmed', 'signed')",
             true},
    Counting{{"authorizations_withdrawn", "Authorizations withdrawn"},
             "SELECT COUNT(*) FROM authorizations WHERE state = 'withdrawn'",
             "SELECT COUNT(*) FROM authorizations WHERE company = $1 AND state = 'withdrawn'"},
    Counting{{"customers", "Customers"},
             "SELECT COUNT(*) FROM customers WHERE active = 1",
             "SELECT COUNT(*) FROM customers WHERE active = 1 AND company = $1"},
    Counting{{"forms", "Intake forms with a class for each field"},
             "SELECT COUNT(*) FROM forms",
             "SELECT COUNT(*) FROM forms WHERE company = $1"},
    Counting{{"labels", "Cases with a label of their own"},
             "SELECT COUNT(*) FROM case_labels",
             "SELECT COUNT(*) FROM case_labels WHERE company = $1"},
    Counting{{"sharing_rules", "Sharing rules that a second person approved"},
             "SELECT COUNT(*) FROM sharing_rules WHERE approved_at IS NOT NULL",
             "SELECT COUNT(*) FROM sharing_rules WHERE approved_at IS NOT NULL AND company = $1"},
    Counting{{"reviews", "Contents that a second person let pass"},
             "SELECT COUNT(*) FROM content_reviews",
             "SELECT COUNT(*) FROM content_reviews WHERE company = $1"},
    Counting{{"two_person_steps", "Keys that a second person confirmed"},
             "SELECT COUNT(*) FROM company_keys WHERE confirmed_at IS NOT NULL",
             "SELECT COUNT(*) FROM company_keys WHERE confirmed_at IS NOT NULL AND company = $1"},
    Counting{{"webhooks", "Subscriptions of webhooks"},
             "SELECT COUNT(*) FROM webhooks WHERE removed_at IS NULL",
             "SELECT COUNT(*) FROM webhooks WHERE removed_at IS NULL AND company = $1"},
    Counting{{"cases_test", "Cases marked as tests"},
             "SELECT COUNT(*) FROM cases WHERE test = 1",
             "SELECT COUNT(*) FROM cases WHERE test = 1 AND (submitter = $1 OR receiver = $1)"},
    Counting{{"cases_removed", "Cases whose content was removed"},
             "SELECT COUNT(*) FROM cases WHERE content_removed = 1",
             "SELECT COUNT(*) FROM cases WHERE content_removed = 1 AND (submitter = $1 OR receiver = $1)"},
    Counting{{"disclosures", "Versions of cases that a receiver was shown"},
             "SELECT COUNT(*) FROM disclosures d JOIN cases c ON c.id = d.case_id WHERE d.company <> c.submitter",
             "SELECT COUNT(*) FROM disclosures d JOIN cases c ON c.id = d.case_id WHERE c.submitter = $1 AND d.company <> $1"},
    Counting{{"keys_in_use", "Keys in use that seal what belongs to whom", true},
             "SELECT COUNT(*) FROM data_key WHERE destroyed = 0",
             "SELECT 0"},
    Counting{{"keys_destroyed", "Keys destroyed, so that what they sealed is gone", true},
             "SELECT COUNT(*) FROM data_key WHERE destroyed = 1",
             "SELECT 0"},
    Counting{{"schema", "Number of the newest change of the schema", true},
             "SELECT COALESCE(MAX(version), 0) FROM schema_migration",
             "SELECT 0"},
};

constexpr auto names = [] {
    std::array<StateCount, countings.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = countings[i].count;
    return all;
}();

}  // namespace

void each_log_row(ReadTxn& txn, CompanyId company, std::int64_t from, std::int64_t to, std::int64_t limit,
                  const std::function<void(const LogRow&)>& use) {
    const auto take = [&](const Row& row) { use(log_row(row)); };
    if (company) {
        txn.each(
            "SELECT e.idx, e.time, e.operation, e.outcome, e.reason FROM audit_party p JOIN audit_entry e ON e.idx = p.idx"
            " WHERE p.company = $1 AND p.idx >= $2 AND p.idx < $3 ORDER BY p.idx LIMIT $4",
            {company.value, from, to, limit}, take);
        return;
    }
    txn.each("SELECT idx, time, operation, outcome, reason FROM audit_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3",
             {from, to, limit}, take);
}

std::int64_t first_index_at(ReadTxn& txn, Instant time, std::int64_t size) {
    std::int64_t low = 0;
    std::int64_t high = size;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto at =
            txn.first("SELECT time FROM audit_entry WHERE idx = $1", {middle}, [](const Row& row) { return row.number(0); });
        if (!at) throw protocol::Fault("entry " + std::to_string(middle) + " of the log is missing");
        if (*at < time.us) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

std::span<const StateCount> state_counts() {
    return names;
}

std::int64_t count_state(ReadTxn& txn, const StateCount& count, CompanyId company, Instant now) {
    for (const Counting& counting : countings) {
        if (counting.count.name != count.name) continue;
        const auto read = [](const Row& row) { return row.number(0); };
        std::optional<std::int64_t> found;
        if (!company) {
            found = counting.now ? txn.first(counting.all, {now.us}, read) : txn.first(counting.all, {}, read);
        } else if (counting.own.find("$1") == std::string_view::npos) {
            found = txn.first(counting.own, {}, read);
        } else {
            found = counting.now ? txn.first(counting.own, {company.value, now.us}, read)
                                 : txn.first(counting.own, {company.value}, read);
        }
        return found.value_or(0);
    }
    throw protocol::Fault("there is no count of the name " + std::string(count.name));
}

std::vector<FirstAnswer> first_answers(ReadTxn& txn, CompanyId company, Instant from, Instant until, std::int64_t after_case,
                                       std::int64_t limit) {
    std::vector<FirstAnswer> found;
    const auto take = [&](const Row& row) {
        FirstAnswer one{.case_id = row.number(0), .released = {row.number(1)}, .answered = std::nullopt};
        if (const auto at = row.maybe_number(2)) one.answered = Instant{*at};
        found.push_back(one);
    };
#define ENTENTE_FIRST_ANSWER                                                                                                       \
    "SELECT k.id, k.released_at, (SELECT MIN(e.time) FROM audit_case c JOIN audit_entry e ON e.idx = c.idx WHERE c.case_id = k.id" \
    " AND e.time >= k.released_at AND e.outcome = 1 AND e.operation IN ('case.approve', 'case.reject',"                            \
    " 'case.information.request', 'case.accept_by_rule')) FROM cases k"                                                            \
    " WHERE k.released_at >= $1 AND k.released_at < $2 AND k.test = 0 AND k.id > $3"
    if (company) {
        txn.each(ENTENTE_FIRST_ANSWER " AND (k.submitter = $5 OR k.receiver = $5) ORDER BY k.id LIMIT $4",
                 {from.us, until.us, after_case, limit, company.value}, take);
    } else {
        txn.each(ENTENTE_FIRST_ANSWER " ORDER BY k.id LIMIT $4", {from.us, until.us, after_case, limit}, take);
    }
    return found;
}

bool are_partners(ReadTxn& txn, CompanyId company, CompanyId other) {
    if (company == other) return false;
    return txn
        .first(
            "SELECT 1 FROM agreement_parties a JOIN agreement_parties b ON b.agreement = a.agreement WHERE a.company = $1 AND"
            " b.company = $2 UNION ALL SELECT 1 FROM cases WHERE (submitter = $1 AND receiver = $2)"
            " OR (submitter = $2 AND receiver = $1 AND released_at IS NOT NULL) LIMIT 1",
            {company.value, other.value}, [](const Row&) { return true; })
        .has_value();
}

std::vector<SharedCase> cases_shared_with(ReadTxn& txn, CompanyId company, CompanyId partner, std::int64_t after_case,
                                          std::int64_t limit) {
    std::vector<SharedCase> found;
    txn.each(
        "SELECT id, token, submitter, customer, authorization_id, agreement FROM cases"
        " WHERE ((submitter = $1 AND receiver = $2) OR (submitter = $2 AND receiver = $1)) AND released_at IS NOT NULL AND id > $3"
        " ORDER BY id LIMIT $4",
        {company.value, partner.value, after_case, limit}, [&](const Row& row) {
            const bool submitted = row.number(2) == company.value;
            found.push_back({.id = {row.number(0)},
                             .token = std::string(row.text(1)),
                             .submitted = submitted,
                             .customer = {submitted ? row.number(3) : 0},
                             .authorization = row.number(4),
                             .agreement = row.number(5)});
        });
    return found;
}

std::optional<Instant> first_words(ReadTxn& txn, protocol::CaseId id, CompanyId company, bool submitter) {
    const auto at = txn.first(
        "SELECT MIN(w.created_at) FROM (SELECT created_at FROM notes WHERE case_id = $1 AND author_company = $2"
        " AND CASE WHEN $3 = 1 THEN for_receiver ELSE for_submitter END = 1 UNION ALL SELECT created_at FROM responses"
        " WHERE case_id = $1 AND author_company = $2 AND CASE WHEN $3 = 1 THEN for_receiver ELSE for_submitter END = 1) w",
        {id.value, company.value, submitter ? 1 : 0}, [](const Row& row) { return row.maybe_number(0); });
    return at && *at ? std::optional(Instant{**at}) : std::nullopt;
}

std::int64_t classes_shown_before(ReadTxn& txn, protocol::CaseId id, CompanyId company, Instant before) {
    std::int64_t classes = 0;
    txn.each("SELECT DISTINCT released_classes FROM disclosures WHERE case_id = $1 AND company = $2 AND at < $3",
             {id.value, company.value, before.us}, [&](const Row& row) { classes |= row.number(0); });
    return classes;
}

std::optional<FirstShown> first_shown(ReadTxn& txn, protocol::CaseId id, CompanyId company, std::int64_t version) {
    return txn.first("SELECT at, operation, released_classes FROM disclosures WHERE case_id = $1 AND company = $2 AND version = $3",
                     {id.value, company.value, version},
                     [](const Row& row) { return FirstShown{{row.number(0)}, std::string(row.text(1)), row.number(2)}; });
}

std::vector<std::int64_t> case_log_indices(ReadTxn& txn, protocol::CaseId id, CompanyId company, std::int64_t from,
                                           std::int64_t to) {
    std::vector<std::int64_t> found;
    txn.each(
        "SELECT c.idx FROM audit_case c JOIN audit_party p ON p.idx = c.idx AND p.company = $2"
        " WHERE c.case_id = $1 AND c.idx >= $3 AND c.idx < $4 ORDER BY c.idx",
        {id.value, company.value, from, to}, [&](const Row& row) { found.push_back(row.number(0)); });
    return found;
}

}  // namespace entente::store
