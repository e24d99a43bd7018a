// Who wants to be told by mail, and what came back. Letters and digests: mail_letters.cpp.

#include "server/store/statements/mail.hpp"

#include "protocol/encoding.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::store {

using protocol::CompanyId;
using protocol::Instant;
using protocol::mail::Preferences;
using protocol::mail::RecipientKind;

namespace {

constexpr std::string_view recipient_columns =
    "r.id, r.company, r.kind, r.person, r.department, r.language, r.telling, r.exceptions, r.all_cases, r.digest_minute, r.address,"
    " r.created_at";

std::string recipient_place(std::int64_t id) {
    return "mail_recipients/address/" + std::to_string(id);
}

MailRecipient read_recipient(ReadTxn& txn, Vault& vault, const Row& row) {
    MailRecipient recipient;
    recipient.id = row.number(0);
    recipient.company = {row.number(1)};
    recipient.kind = protocol::mail::parse_recipient_kind(row.text(2)).value_or(RecipientKind::person);
    recipient.person = {row.number(3)};
    recipient.department = {row.number(4)};
    Preferences& preferences = recipient.preferences;
    preferences.language = protocol::parse_language(row.text(5)).value_or(protocol::Language::english);
    preferences.telling = protocol::mail::parse_telling(row.text(6)).value_or(protocol::mail::Telling::off);
    preferences.exceptions = protocol::mail::parse_exceptions(row.text(7));
    preferences.all_cases = row.number(8) != 0;
    preferences.digest_minute = static_cast<int>(row.number(9));
    if (!row.is_null(10)) recipient.address = vault.open(txn, recipient_place(recipient.id), row.bytes(10)).value_or("");
    recipient.created_at = {row.number(11)};
    return recipient;
}

std::vector<MailRecipient> recipients(ReadTxn& txn, Vault& vault, std::string_view where, Args args) {
    std::vector<MailRecipient> found;
    txn.each("SELECT " + std::string(recipient_columns) + " FROM mail_recipients r " + std::string(where), args,
             [&](const Row& row) { found.push_back(read_recipient(txn, vault, row)); });
    return found;
}

std::optional<MailRecipient> first_of(std::vector<MailRecipient> found) {
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace

std::string MailRecipient::contact() const {
    return kind == RecipientKind::person ? "person/" + std::to_string(person.value) : "box/" + std::to_string(id);
}

void insert_mail_recipient(Txn& txn, Vault& vault, const MailRecipient& recipient, Instant now) {
    std::optional<Blob> address;
    if (!recipient.address.empty())
        address =
            vault.seal(txn, Owner::company(recipient.company), {}, Tag::actor, recipient_place(recipient.id), recipient.address);
    const Preferences& preferences = recipient.preferences;
    txn.change(
        "INSERT INTO mail_recipients (id, company, kind, person, department, language, telling, exceptions, all_cases,"
        " digest_minute, address, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {recipient.id, recipient.company.value, protocol::mail::name(recipient.kind), recipient.person.value,
         recipient.department.value, protocol::name(preferences.language), protocol::mail::name(preferences.telling),
         protocol::mail::exceptions_text(preferences.exceptions), preferences.all_cases, preferences.digest_minute, address,
         now.us});
}

void update_mail_recipient(Txn& txn, Vault& vault, const MailRecipient& recipient) {
    std::optional<Blob> address;
    if (!recipient.address.empty())
        address =
            vault.seal(txn, Owner::company(recipient.company), {}, Tag::actor, recipient_place(recipient.id), recipient.address);
    const Preferences& preferences = recipient.preferences;
    txn.change(
        "UPDATE mail_recipients SET kind = $2, department = $3, language = $4, telling = $5, exceptions = $6, all_cases = $7,"
        " digest_minute = $8, address = $9 WHERE id = $1",
        {recipient.id, protocol::mail::name(recipient.kind), recipient.department.value, protocol::name(preferences.language),
         protocol::mail::name(preferences.telling), protocol::mail::exceptions_text(preferences.exceptions), preferences.all_cases,
         preferences.digest_minute, address});
}

void remove_mail_recipient(Txn& txn, std::int64_t id) {
    txn.change("DELETE FROM mail_digest WHERE recipient = $1", {id});
    txn.change("DELETE FROM mail_recipients WHERE id = $1", {id});
}

std::optional<MailRecipient> find_mail_recipient(ReadTxn& txn, Vault& vault, std::int64_t id) {
    return first_of(recipients(txn, vault, "WHERE r.id = $1", {id}));
}

std::optional<MailRecipient> find_mail_recipient_of(ReadTxn& txn, Vault& vault, protocol::UserId person) {
    return first_of(recipients(txn, vault, "WHERE r.person = $1 AND r.person <> 0", {person.value}));
}

std::vector<MailRecipient> mailboxes_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    return recipients(txn, vault, "WHERE r.company = $1 AND r.person = 0 ORDER BY r.created_at, r.id", {company.value});
}

std::vector<MailRecipient> mail_recipients_for(ReadTxn& txn, Vault& vault, CompanyId company, protocol::CaseId case_id) {
    return recipients(txn, vault,
                      "WHERE r.company = $1 AND (r.person = 0 OR r.all_cases = 1 OR EXISTS (SELECT 1 FROM case_followers f"
                      " WHERE f.case_id = $2 AND f.person = r.person)) ORDER BY r.id",
                      {company.value, case_id.value});
}

std::vector<MailRecipient> agreement_recipients(ReadTxn& txn, Vault& vault, CompanyId company) {
    return recipients(txn, vault,
                      "WHERE r.company = $1 AND ((r.person = 0 AND r.department = 0) OR EXISTS (SELECT 1 FROM users u"
                      " WHERE u.id = r.person AND u.active <> 0 AND u.role IN ('administrator', 'compliance'))) ORDER BY r.id",
                      {company.value});
}

std::vector<protocol::UserId> agreement_people_without_row(ReadTxn& txn, CompanyId company) {
    std::vector<protocol::UserId> people;
    txn.each(
        "SELECT u.id FROM users u WHERE u.company = $1 AND u.active <> 0 AND u.role IN ('administrator', 'compliance')"
        " AND NOT EXISTS (SELECT 1 FROM mail_recipients r WHERE r.person = u.id AND r.person <> 0)",
        {company.value}, [&](const Row& row) { people.push_back({row.number(0)}); });
    return people;
}

std::vector<protocol::UserId> followers_without_row(ReadTxn& txn, CompanyId company, protocol::CaseId case_id) {
    std::vector<protocol::UserId> people;
    txn.each(
        "SELECT f.person FROM case_followers f WHERE f.case_id = $1 AND f.company = $2"
        " AND NOT EXISTS (SELECT 1 FROM mail_recipients r WHERE r.person = f.person AND r.person <> 0)",
        {case_id.value, company.value}, [&](const Row& row) { people.push_back({row.number(0)}); });
    return people;
}

void follow_case(Txn& txn, protocol::CaseId case_id, CompanyId company, protocol::UserId person) {
    txn.change("INSERT INTO case_followers (case_id, person, company) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
               {case_id.value, person.value, company.value});
}

bool note_of_gateway(ReadTxn& txn, protocol::NoteId id) {
    return txn
        .first("SELECT author_company FROM notes WHERE id = $1", {id.value}, [](const Row& row) { return row.number(0) == 0; })
        .value_or(false);
}

protocol::DepartmentId department_of_case(ReadTxn& txn, protocol::CaseId case_id) {
    return txn
        .first("SELECT d.id FROM cases c JOIN departments d ON d.form = c.form AND d.company = c.receiver WHERE c.id = $1",
               {case_id.value}, [](const Row& row) { return protocol::DepartmentId{row.number(0)}; })
        .value_or(protocol::DepartmentId{});
}

MailCompany mail_settings_of(ReadTxn& txn, CompanyId company) {
    return txn
        .first("SELECT content, language FROM mail_companies WHERE company = $1", {company.value},
               [](const Row& row) {
                   return MailCompany{row.number(0) != 0,
                                      protocol::parse_language(row.text(1)).value_or(protocol::Language::english)};
               })
        .value_or(MailCompany{});
}

void set_mail_settings(Txn& txn, CompanyId company, const MailCompany& settings) {
    txn.change(
        "INSERT INTO mail_companies (company, content, language) VALUES ($1, $2, $3)"
        " ON CONFLICT (company) DO UPDATE SET content = excluded.content, language = excluded.language",
        {company.value, settings.content, protocol::name(settings.language)});
}

void note_bounce(Txn& txn, CompanyId company, std::string_view contact, const Hash& address_index, std::string_view code,
                 bool stops, Instant now, const std::function<std::uint64_t()>& draw) {
    constexpr std::int64_t tolerated = 3;
    const std::int64_t id = fresh_id(txn, "mail_bounces", draw);
    txn.change(
        "INSERT INTO mail_bounces (id, company, contact, address_index, code, bounces, stopped, last_at)"
        " VALUES ($1, $2, $3, $4, $5, 1, $6, $7) ON CONFLICT (company, address_index) DO UPDATE SET contact = excluded.contact,"
        " code = excluded.code, bounces = mail_bounces.bounces + 1, last_at = excluded.last_at,"
        " stopped = CASE WHEN excluded.stopped = 1 OR mail_bounces.bounces + 1 >= $8 THEN 1 ELSE mail_bounces.stopped END",
        {id, company.value, contact, Bytes(address_index), code, stops, now.us, tolerated});
}

void move_bounce(Txn& txn, CompanyId company, const Hash& from, const Hash& to) {
    txn.change(
        "UPDATE mail_bounces SET address_index = $3 WHERE company = $1 AND address_index = $2"
        " AND NOT EXISTS (SELECT 1 FROM mail_bounces b WHERE b.company = $1 AND b.address_index = $3)",
        {company.value, Bytes(from), Bytes(to)});
}

bool address_stopped(ReadTxn& txn, CompanyId company, const Hash& address_index) {
    return txn
        .first("SELECT stopped FROM mail_bounces WHERE company = $1 AND address_index = $2", {company.value, Bytes(address_index)},
               [](const Row& row) { return row.number(0) != 0; })
        .value_or(false);
}

std::vector<MailBounce> bounces_of(ReadTxn& txn, CompanyId company) {
    std::vector<MailBounce> found;
    txn.each("SELECT id, contact, code, bounces, stopped, last_at FROM mail_bounces WHERE company = $1 ORDER BY last_at DESC, id",
             {company.value}, [&](const Row& row) {
                 found.push_back({row.number(0), company, std::string(row.text(1)), std::string(row.text(2)), row.number(3),
                                  row.number(4) != 0, Instant{row.number(5)}});
             });
    return found;
}

bool clear_bounce(Txn& txn, CompanyId company, std::int64_t id) {
    return txn.change("DELETE FROM mail_bounces WHERE company = $1 AND id = $2", {company.value, id}) == 1;
}

std::optional<std::string> mail_received(ReadTxn& txn, Bytes digest) {
    return txn.first("SELECT outcome FROM mail_received WHERE digest = $1", {digest},
                     [](const Row& row) { return std::string(row.text(0)); });
}

void insert_mail_received(Txn& txn, Bytes digest, std::string_view outcome, Instant now) {
    txn.change("INSERT INTO mail_received (digest, outcome, at) VALUES ($1, $2, $3)", {digest, outcome, now.us});
}

std::int64_t forget_mails(Txn& txn, Instant older_than) {
    std::int64_t gone = txn.change("DELETE FROM mail_received WHERE at < $1", {older_than.us});
    gone += txn.change("DELETE FROM mail_digest WHERE created_at < $1", {older_than.us});
    gone += txn.change("DELETE FROM mail_letters WHERE created_at < $1", {older_than.us});
    return gone;
}

}  // namespace entente::store
