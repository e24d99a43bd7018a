#include "server/operations/authorization_record.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::Authorization;
using protocol::CanonicalArray;
using protocol::CanonicalObject;
using store::StoredAuthorization;

namespace {

CanonicalArray classes_of(protocol::DataClasses classes) {
    CanonicalArray array;
    for (int c = 0; c < protocol::data_class_count; ++c) {
        const auto one = static_cast<protocol::DataClass>(c);
        if (classes.has(one)) array.add(CanonicalObject().set("optional", false).set("pii_type", name(one)));
    }
    return array;
}

CanonicalObject header(const StoredAuthorization& stored, const Context& context) {
    const Authorization& z = stored.authorization;
    CanonicalObject object;
    object.set("pii_principal_id", "customer:" + std::to_string(z.customer.value))
        .set("record_id", context.tools.settings.public_url + "/authorizations/" + std::to_string(z.id.value))
        .set("record_version", z.version)
        .set("schema_version", "ISO/IEC TS 27560:2023, entente/1");
    return object;
}

CanonicalObject processing(const StoredAuthorization& stored, const Context& context) {
    const Authorization& z = stored.authorization;
    CanonicalArray recipients;
    for (const protocol::CompanyId partner : z.partners) recipients.add("company:" + std::to_string(partner.value));
    CanonicalObject object;
    object.set("assurance", name(z.assurance))
        .set("collection_method", "support cases that the controller opens with the recipients")
        .set("language", "en")
        .set("lawful_basis", "the customer's authorization")
        .set("pii_controllers", CanonicalArray().add("company:" + std::to_string(z.company.value)))
        .set("pii_information", classes_of(z.classes))
        .set("processing_method", "shown to the recipients' support staff through the gateway; credentials are always removed")
        .set("privacy_rights", "see every disclosure, narrow or withdraw at any time, on the page named in the receipt")
        .set("products", z.products)
        .set("purpose", z.purpose)
        .set("recipient_third_parties", recipients)
        .set("retention_period", "until the case's content is removed under the agreement of the companies")
        .set("never_shared", "passwords, keys and other credentials")
        .set("service", "technical support through " + context.tools.settings.public_url)
        .set("valid_from", to_rfc3339(z.not_before))
        .set("valid_until", to_rfc3339(z.until))
        .set("withdrawal_method", "the page named in the receipt, or a word to the company that asked")
        .set_filled("conditions", z.conditions)
        .set_filled("evidence_digest", z.evidence_digest)
        .set_filled("obtained_how", z.obtained_how);
    if (!stored.case_tokens.empty()) object.set("cases", stored.case_tokens);
    if (z.emergency) object.set("must_be_confirmed_by", to_rfc3339(z.until));
    return object;
}

CanonicalArray parties(ReadTxn& txn, const Context& context, const Authorization& z) {
    CanonicalArray array;
    const auto company = [&](protocol::CompanyId id, std::string_view role) {
        CanonicalObject party;
        party.set("party_id", "company:" + std::to_string(id.value)).set("party_role", role).set("party_type", "organization");
        if (const auto known = store::find_company(txn, id)) {
            party.set("party_name", known->name);
            party.set("party_url", known->domain);
        }
        array.add(party);
    };
    company(z.company, "controller");
    for (const protocol::CompanyId partner : z.partners) company(partner, "recipient");
    CanonicalObject customer;
    customer.set("party_id", "customer:" + std::to_string(z.customer.value)).set("party_role", "principal");
    customer.set("party_type", "organization");
    if (const auto known = store::find_customer(txn, context.tools.vault, z.company, z.customer))
        customer.set("party_name", known->customer.name);
    return array.add(customer);
}

std::string_view state_after(std::string_view kind, std::string_view state) {
    if (kind == "requested") return "requested";
    if (kind == "link_sent") return state;
    if (kind == "refused" || kind == "withdrawn") return kind;
    return "granted";
}

CanonicalArray events(ReadTxn& txn, const Authorization& z) {
    CanonicalArray array;
    std::string_view state = "requested";
    for (const store::AuthorizationEvent& event : store::authorization_events(txn, z.id)) {
        state = state_after(event.kind, state);
        // Who of the company it was is the company's business: the record says the party.
        const std::string entity = event.actor == "customer" ? "customer:" + std::to_string(z.customer.value)
                                                             : "company:" + std::to_string(z.company.value);
        array.add(CanonicalObject()
                      .set("entity_id", entity)
                      .set("event_state", state)
                      .set("event_time", to_rfc3339(event.at))
                      .set("event_type", event.kind));
    }
    return array;
}

ShownFields fields_of(ReadTxn& txn, const Context& context, const store::StoredCase& c) {
    ShownFields shown;
    shown.case_token = c.token;
    shown.company = c.receiver;
    if (c.shared) {
        shown.summary = !c.shared->summary.empty();
        shown.description = !c.shared->description.empty() && !c.content_removed;
        shown.staff_contact = c.accepted_at && c.shared->submitter_contact.has_value();
        for (const store::StoredField& field : c.shared->fields)
            if (!field.value.empty() && (field.stage == protocol::Stage::release || c.accepted_at))
                shown.fields.push_back(field.label);
    }
    for (const store::StoredNote& note : store::notes_of(txn, context.tools.vault, c.id))
        if (note.author_company == c.submitter && note.shared) ++shown.notes;
    return shown;
}

CanonicalArray disclosures(const Disclosed& disclosed) {
    CanonicalArray array;
    for (const store::Disclosure& look : disclosed.looks)
        array.add(CanonicalObject()
                      .set("case", look.case_token)
                      .set("recipient", "company:" + std::to_string(look.company.value))
                      .set("time", to_rfc3339(look.at)));
    return array;
}

// What of each case could be read: names of parts, no values.
CanonicalArray shown_parts(const Disclosed& disclosed) {
    CanonicalArray array;
    for (const ShownFields& one : disclosed.shown) {
        CanonicalArray parts;
        if (one.summary) parts.add("summary");
        if (one.description) parts.add("description");
        if (one.staff_contact) parts.add("controller's contact");
        CanonicalObject object;
        object.set("case", one.case_token)
            .set("fields", one.fields)
            .set("notes", one.notes)
            .set("parts", parts)
            .set("recipient", "company:" + std::to_string(one.company.value));
        array.add(object);
    }
    return array;
}

}  // namespace

Disclosed disclosed_under(ReadTxn& txn, const Context& context, protocol::AuthorizationId id) {
    Disclosed disclosed{
        .looks = store::disclosures_under(txn, id, 500), .total = store::count_disclosures_under(txn, id), .shown = {}};
    for (const store::Disclosure& one : disclosed.looks) {
        if (std::ranges::find(disclosed.shown, one.case_token, &ShownFields::case_token) != disclosed.shown.end()) continue;
        if (const auto c = store::find_case(txn, context.tools.vault, one.case_token, one.company); c && !c->erased)
            disclosed.shown.push_back(fields_of(txn, context, *c));
    }
    return disclosed;
}

std::string record_with_receipt(ReadTxn& txn, const Context& context, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    const Disclosed disclosed = disclosed_under(txn, context, z.id);
    const std::string record = CanonicalObject()
                                   .set("disclosure", disclosures(disclosed))
                                   .set("disclosure_total", disclosed.total)
                                   .set("event", events(txn, z))
                                   .set("header", header(stored, context))
                                   .set("party_identification", parties(txn, context, z))
                                   .set("pii_processing", processing(stored, context))
                                   .set("shown", shown_parts(disclosed))
                                   .text();
    protocol::JsonWriter claims;
    claims.object()
        .member("iss", context.tools.settings.public_url)
        .member("sub", "customer:" + std::to_string(z.customer.value))
        .member("iat", context.now.seconds())
        .member("authorization", z.id.value)
        .member("version", z.version)
        .member("state", name(z.state))
        .member("jti", context.tools.settings.public_url + "/authorizations/" + std::to_string(z.id.value) + "/" +
                           std::to_string(z.version) + "/" + std::to_string(context.now.us))
        .member("record_sha256", protocol::hex(certs::sha256(protocol::as_bytes(record))))
        .key("record")
        .raw(record)
        .end();
    protocol::JsonWriter out;
    out.object().member("receipt", context.tools.sign(receipt_type, claims.take())).key("record").raw(record).end();
    return out.take();
}

Result<std::string> authorization_record(ReadTxn& txn, const Context& context, const Caller& caller, protocol::AuthorizationId id) {
    const auto stored = read_authorization(txn, context, caller, id);
    if (!stored) return std::unexpected(stored.error());
    return record_with_receipt(txn, context, *stored);
}

}  // namespace entente::operations
