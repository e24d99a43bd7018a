#include "server/store/critical_rows.hpp"

#include <algorithm>
#include <array>

#include "server/audit/format/told_rows.hpp"

namespace entente::store {

using protocol::Hash;

namespace {

// What belongs to a row: statements with the id as $1, and the type of each column (n number, t text, b bytes).
struct Part {
    std::string_view sql;
    std::string_view types;
};
struct Shape {
    std::string_view name;
    std::array<Part, 2> parts;
    std::string_view ids;  // of all rows
};

constexpr std::array<Shape, critical_count> shapes{{
    {"agreement",
     {{{"SELECT id, title, document_version, document_digest, valid_from, valid_until, state, permitted, purpose, "
        "required_assurance,"
        " version, created_at, emergency_hours, products, kind, hub, transfer_basis, label_ceiling, acknowledge, supersedes"
        " FROM agreements WHERE id = $1",
        "ntttnntnttnnnttnttnn"},
       {"SELECT company, accepted_at, role, left_at, signed_digest, signatory, signed_text FROM agreement_parties"
        " WHERE agreement = $1 ORDER BY company",
        "nntntbb"}}},
     "SELECT id FROM agreements ORDER BY id"},
    {"authorization",
     {{{"SELECT id, company, customer, purpose, classes, not_before, until, state, assurance, requested_by, decided_by, details,"
        " evidence_digest, created_at, decided_at, version, product_codes, case_ids, emergency, asked_until, signed_id"
        " FROM authorizations WHERE id = $1",
        "nnntnnnttttbtnnnttnnb"},
       {"SELECT company FROM authorization_partners WHERE authorization_id = $1 ORDER BY company", "n"}}},
     "SELECT id FROM authorizations ORDER BY id"},
    {"company",
     {{{"SELECT id, name, domain, active, hidden, created_at FROM companies WHERE id = $1", "nttnnn"}, {}}},
     "SELECT id FROM companies ORDER BY id"},
    {"user",
     {{{"SELECT id, company, username_index, role, active, password, profile, created_at FROM users WHERE id = $1", "nnbtntbn"},
       {}}},
     "SELECT id FROM users ORDER BY id"},
    {"client",
     {{{"SELECT id, company, client_id, name, role, active, secret, previous_secret, previous_until, certificate_uri, created_at"
        " FROM clients WHERE id = $1",
        "nntttnbbntn"},
       {}}},
     "SELECT id FROM clients ORDER BY id"},
    {"certificates",
     {{{"SELECT fingerprint, serial, uri, not_after, created_at, revoked_at FROM certificates WHERE client = $1 ORDER BY "
        "fingerprint",
        "tttnnn"},
       {}}},
     "SELECT DISTINCT client FROM certificates ORDER BY client"},
    {"webhook",
     {{{"SELECT id, company, version, event_types, sides, partners, auth_type, active, since, row_version, removed_at, secrets"
        " FROM webhooks WHERE id = $1",
        "nntttttnnnnb"},
       {}}},
     "SELECT id FROM webhooks ORDER BY id"},
    {"company_keys",
     {{{"SELECT kid, algorithm, public_key, proposed_by, confirmed_by, created_at, confirmed_at, revoked_at FROM company_keys"
        " WHERE company = $1 ORDER BY kid",
        "ttbttnnn"},
       {}}},
     "SELECT DISTINCT company FROM company_keys ORDER BY company"},
    {"customer_keys",
     {{{"SELECT issuer, kid, algorithm, public_key, proposed_by, confirmed_by, created_at, confirmed_at, revoked_at FROM "
        "customer_keys"
        " WHERE customer = $1 ORDER BY issuer, kid",
        "tttbttnnn"},
       {}}},
     "SELECT DISTINCT customer FROM customer_keys ORDER BY customer"},
}};

const Shape& shape_of(Critical kind) {
    return shapes.at(static_cast<std::size_t>(kind));
}

void append_number(std::string& out, std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift);
}

void append_sized(std::string& out, char type, std::string_view bytes) {
    out += type;
    append_number(out, static_cast<std::int64_t>(bytes.size()));
    out += bytes;
}

void append_row(std::string& out, const Row& row, std::string_view types) {
    for (int column = 0; column < static_cast<int>(types.size()); ++column) {
        const char type = types[static_cast<std::size_t>(column)];
        if (row.is_null(column)) {
            out += '0';
        } else if (type == 'n') {
            out += 'n';
            append_number(out, row.number(column));
        } else if (type == 't') {
            append_sized(out, 't', row.text(column));
        } else {
            const Bytes bytes = row.bytes(column);
            append_sized(out, 'b', protocol::as_text(bytes));
        }
    }
    out += '\n';
}

bool dirty(ReadTxn& txn, const CriticalRow& row) {
    return txn
        .first("SELECT 1 FROM critical_dirty WHERE kind = $1 AND id = $2", {name(row.kind), row.id},
               [](const Row&) { return true; })
        .has_value();
}

Hash hash_of(Bytes bytes) {
    Hash hash{};
    if (bytes.size() != hash.size()) throw RowTampered("a stored digest of a row has the wrong length");
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace

std::string_view name(Critical kind) {
    return shape_of(kind).name;
}

std::optional<Critical> parse_critical(std::string_view text) {
    for (int i = 0; i < critical_count; ++i)
        if (shapes.at(static_cast<std::size_t>(i)).name == text) return static_cast<Critical>(i);
    return std::nullopt;
}

std::string row_text(ReadTxn& txn, const CriticalRow& row) {
    std::string text;
    for (const Part& part : shape_of(row.kind).parts)
        if (!part.sql.empty()) txn.each(part.sql, {row.id}, [&](const Row& found) { append_row(text, found, part.types); });
    return text;
}

Hash row_digest(ReadTxn& txn, const CriticalRow& row) {
    return audit::row_digest(name(row.kind), row_text(txn, row));
}

void touch(Txn& txn, Critical kind, std::int64_t id) {
    txn.change("INSERT INTO critical_dirty (kind, id) VALUES ($1, $2) ON CONFLICT (kind, id) DO NOTHING", {name(kind), id});
}

void check_row(ReadTxn& txn, Critical kind, std::int64_t id) {
    const CriticalRow row{kind, id};
    std::string label(name(kind));
    label += '/';
    label += std::to_string(id);
    if (txn.checked_lately(label)) return;
    const auto told = txn.first("SELECT digest FROM critical_rows WHERE kind = $1 AND id = $2", {name(kind), id},
                                [](const Row& found) { return hash_of(found.bytes(0)); });
    if ((told ? row_digest(txn, row) == *told : !rows_seeded(txn)) || (txn.writes() && dirty(txn, row))) return;
    txn.forget_checked(label);
    throw RowTampered("the " + std::string(name(kind)) + " " + std::to_string(id) +
                      (told ? " is not stored as the log says: an older copy was put back, or it was changed past the gateway"
                            : " is in no entry of the log: it was put in past the gateway"));
}

void require_none_touched(ReadTxn& txn) {
    const auto marked = txn.first("SELECT kind, id FROM critical_dirty LIMIT 1", {},
                                  [](const Row& row) { return std::string(row.text(0)) + " " + std::to_string(row.number(1)); });
    if (marked)
        throw RowTampered("the " + *marked +
                          " is marked as changed, and no work of the gateway changed it: it was marked past the gateway");
}

std::vector<CriticalRow> touched_rows(ReadTxn& txn) {
    std::vector<CriticalRow> rows;
    txn.each("SELECT kind, id FROM critical_dirty ORDER BY kind, id", {}, [&](const Row& row) {
        const auto kind = parse_critical(row.text(0));
        if (kind) rows.push_back({*kind, row.number(1)});
    });
    return rows;
}

void note_told(Txn& txn, const CriticalRow& row, const Hash& digest, std::int64_t index) {
    txn.change(
        "INSERT INTO critical_rows (kind, id, digest, idx) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest, idx = excluded.idx",
        {name(row.kind), row.id, Bytes(digest), index});
    txn.change("DELETE FROM critical_dirty WHERE kind = $1 AND id = $2", {name(row.kind), row.id});
}

void each_told(ReadTxn& txn, const std::function<void(const Told&)>& use) {
    txn.each("SELECT kind, id, digest, idx FROM critical_rows ORDER BY kind, id", {}, [&](const Row& row) {
        const auto kind = parse_critical(row.text(0));
        if (!kind) throw RowTampered("a digest is kept of an unknown kind of row");
        use({{*kind, row.number(1)}, hash_of(row.bytes(2)), row.number(3)});
    });
}

void each_critical_row(ReadTxn& txn, const std::function<void(const CriticalRow&)>& use) {
    for (int i = 0; i < critical_count; ++i)
        txn.each(shapes.at(static_cast<std::size_t>(i)).ids, {},
                 [&](const Row& row) { use({static_cast<Critical>(i), row.number(0)}); });
}

bool rows_seeded(ReadTxn& txn) {
    return txn.first("SELECT seeded FROM critical_state WHERE id = 1", {}, [](const Row& row) { return row.number(0) != 0; })
        .value_or(true);
}

std::int64_t seed_rows(Txn& txn) {
    std::vector<CriticalRow> rows;
    each_critical_row(txn, [&](const CriticalRow& row) { rows.push_back(row); });
    std::int64_t seeded = 0;
    for (const CriticalRow& row : rows) {
        const bool told = txn.first("SELECT 1 FROM critical_rows WHERE kind = $1 AND id = $2", {name(row.kind), row.id},
                                    [](const Row&) { return true; })
                              .has_value();
        if (told) continue;
        touch(txn, row.kind, row.id);
        ++seeded;
    }
    txn.change("UPDATE critical_state SET seeded = 1 WHERE id = 1", {});
    return seeded;
}

}  // namespace entente::store
