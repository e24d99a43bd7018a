// Letters to single addresses, digests, and a company's outbox.

#include "protocol/encoding.hpp"
#include "server/store/statements/mail.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CompanyId;
using protocol::Instant;

namespace {

constexpr std::uint8_t letter_version = 1;

std::string letter_place(std::int64_t id) {
    return "mail_letters/content/" + std::to_string(id);
}

std::string packed(const MailLetter& letter) {
    Packer pack(letter_version);
    pack.text(letter.address).text(protocol::name(letter.language)).count(letter.terms);
    for (const auto& [name, value] : letter.terms) pack.text(name).text(value);
    pack.text(letter.attachment_name).text(letter.attachment);
    return pack.bytes();
}

void unpack(std::string_view bytes, MailLetter& letter) {
    Unpacker in(bytes, letter_version);
    letter.address = in.text();
    letter.language = protocol::parse_language(in.text()).value_or(protocol::Language::english);
    for (auto left = in.number(); left > 0; --left) {
        std::string name = in.text();
        letter.terms.emplace_back(std::move(name), in.text());
    }
    letter.attachment_name = in.text();
    letter.attachment = in.text();
}

}  // namespace

void insert_mail_letter(Txn& txn, Vault& vault, const Owner& owner, const MailLetter& letter, Instant now) {
    const Blob content = vault.seal(txn, owner, {}, Tag::content, letter_place(letter.id), packed(letter));
    txn.change(
        "INSERT INTO mail_letters (id, company, kind, contact, case_id, expires_at, address_index, content, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {letter.id, letter.company.value, letter.kind, letter.contact, letter.case_id.value,
         letter.expires_at ? std::optional(letter.expires_at->us) : std::nullopt, Bytes(letter.address_index), content, now.us});
}

std::optional<MailLetter> find_mail_letter(ReadTxn& txn, Vault& vault, std::int64_t id) {
    return txn.first("SELECT company, kind, contact, case_id, expires_at, address_index, content FROM mail_letters WHERE id = $1",
                     {id}, [&](const Row& row) {
                         MailLetter letter;
                         letter.id = id;
                         letter.company = {row.number(0)};
                         letter.kind = row.text(1);
                         letter.contact = row.text(2);
                         letter.case_id = {row.number(3)};
                         if (const auto end = row.maybe_number(4)) letter.expires_at = Instant{*end};
                         const Bytes index = row.bytes(5);
                         std::copy_n(index.begin(), std::min(index.size(), letter.address_index.size()),
                                     letter.address_index.begin());
                         if (row.is_null(6)) return letter;
                         if (const auto content = vault.open(txn, letter_place(id), row.bytes(6))) unpack(*content, letter);
                         return letter;
                     });
}

void empty_mail_letter(Txn& txn, std::int64_t id) {
    txn.change("UPDATE mail_letters SET content = NULL WHERE id = $1", {id});
}

bool letter_since(ReadTxn& txn, std::string_view kind, std::string_view contact, protocol::CaseId case_id, Instant since) {
    return txn
        .first("SELECT 1 FROM mail_letters WHERE kind = $1 AND contact = $2 AND case_id = $3 AND created_at >= $4",
               {kind, contact, case_id.value, since.us}, [](const Row&) { return true; })
        .has_value();
}

void insert_digest_entry(Txn& txn, std::int64_t recipient, const DigestEntry& entry, Instant now) {
    txn.change(
        "INSERT INTO mail_digest (recipient, event_idx, event_seq, bundle, created_at) VALUES ($1, $2, $3, 0, $4)"
        " ON CONFLICT DO NOTHING",
        {recipient, entry.event_idx, entry.event_seq, now.us});
}

std::vector<DigestEntry> bundle_digest(Txn& txn, std::int64_t recipient, std::int64_t bundle, int limit) {
    std::vector<DigestEntry> entries;
    txn.each(
        "SELECT event_idx, event_seq FROM mail_digest WHERE recipient = $1 AND bundle IN (0, $2) ORDER BY event_idx, event_seq"
        " LIMIT $3",
        {recipient, bundle, limit}, [&](const Row& row) { entries.push_back({row.number(0), row.number(1)}); });
    for (const DigestEntry& entry : entries)
        txn.change("UPDATE mail_digest SET bundle = $4 WHERE recipient = $1 AND event_idx = $2 AND event_seq = $3",
                   {recipient, entry.event_idx, entry.event_seq, bundle});
    return entries;
}

bool has_waiting_digest(ReadTxn& txn, std::int64_t recipient) {
    return txn
        .first("SELECT 1 FROM mail_digest WHERE recipient = $1 AND bundle = 0 LIMIT 1", {recipient},
               [](const Row&) { return true; })
        .has_value();
}

std::optional<std::int64_t> open_digest(ReadTxn& txn, std::int64_t recipient) {
    return txn.first(
        "SELECT id FROM deliveries WHERE sender = 'mail' AND target = $1 AND event_idx = 0 AND open = 1 AND state = 'waiting'",
        {recipient}, [](const Row& row) { return row.number(0); });
}

void make_due(Txn& txn, std::int64_t delivery, Instant now) {
    txn.change("UPDATE deliveries SET due_at = $2 WHERE id = $1 AND state = 'waiting'", {delivery, now.us});
}

std::vector<OutboxRow> mail_outbox(ReadTxn& txn, CompanyId company, std::string_view state, std::int64_t before, int limit) {
    std::vector<OutboxRow> rows;
    txn.each(
        "SELECT d.id, COALESCE(l.kind, e.kind, 'digest'), COALESCE(l.contact, CASE WHEN r.person <> 0 THEN 'person/' ||"
        " CAST(r.person AS TEXT) ELSE 'box/' || CAST(d.target AS TEXT) END, ''), COALESCE(c.token, ''), d.state, d.attempts,"
        " d.reason, d.created_at, d.finished_at FROM deliveries d"
        " LEFT JOIN mail_letters l ON d.sender = 'letter' AND l.id = d.target"
        " LEFT JOIN mail_recipients r ON d.sender = 'mail' AND r.id = d.target"
        " LEFT JOIN events e ON e.company = d.company AND e.idx = d.event_idx AND e.seq = d.event_seq AND d.event_idx <> 0"
        " LEFT JOIN cases c ON c.id = COALESCE(l.case_id, e.case_id)"
        " WHERE d.company = $1 AND d.sender IN ('mail', 'letter') AND ($2 = '' OR d.state = $2)"
        " AND ($3 = 0 OR (d.created_at, d.id) < (SELECT b.created_at, b.id FROM deliveries b WHERE b.id = $3 AND b.company = $1))"
        " ORDER BY d.created_at DESC, d.id DESC LIMIT $4",
        {company.value, state, before, limit}, [&](const Row& row) {
            OutboxRow one;
            one.id = row.number(0);
            one.kind = row.text(1);
            one.contact = row.text(2);
            one.case_token = row.text(3);
            one.state = row.text(4);
            one.attempts = row.number(5);
            one.reason = row.text(6);
            one.created_at = {row.number(7)};
            if (const auto end = row.maybe_number(8)) one.finished_at = Instant{*end};
            rows.push_back(std::move(one));
        });
    return rows;
}

}  // namespace entente::store
