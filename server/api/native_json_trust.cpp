// Agreements, authorizations, certificates.

#include "policy/labels.hpp"
#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace {

void write_texts(JsonWriter& out, std::string_view key, const std::vector<std::string>& texts) {
    out.key(key).array();
    for (const std::string& text : texts) out.value(text);
    out.end();
}

void write_authorization_members(JsonWriter& out, const store::StoredAuthorization& stored) {
    const protocol::Authorization& z = stored.authorization;
    out.member("id", z.id.value).member("company", z.company.value).member("customer", z.customer.value);
    write_ids(out, "partners", z.partners);
    out.member("purpose", z.purpose);
    write_classes(out, z.classes);
    write_texts(out, "products", z.products);
    write_texts(out, "cases", stored.case_tokens);
    out.member("conditions", z.conditions).member("emergency", z.emergency);
    out.member("notBefore", to_rfc3339(z.not_before)).member("until", to_rfc3339(z.until));
    out.member("state", name(z.state)).member("assurance", name(z.assurance));
    out.member("obtainedHow", z.obtained_how).member("evidenceDigest", z.evidence_digest);
    out.member("requestedBy", stored.requested_by).member("decidedBy", stored.decided_by).member("reason", stored.reason);
    out.member("createdAt", to_rfc3339(z.created_at));
    out.key("decidedAt");
    if (z.decided_at.us != 0) {
        out.value(to_rfc3339(z.decided_at));
    } else {
        out.null();
    }
    out.member("version", z.version);
}

void write_company(JsonWriter& out, std::string_view key, protocol::CompanyId company) {
    out.key(key);
    company ? out.value(company.value) : out.null();
}

void write_instant(JsonWriter& out, std::string_view key, const std::optional<protocol::Instant>& at) {
    out.key(key);
    at ? out.value(to_rfc3339(*at)) : out.null();
}

protocol::PublicKey read_jwk(Reader& in) {
    auto jwk = in.object("jwk", Need::filled);
    if (!jwk) return {};
    JsonWriter text;
    text.object();
    for (const std::string_view member : {"kty", "crv", "x", "y", "kid", "d", "k"})
        if (const auto value = jwk->maybe_text(member, 200)) text.member(member, *value);
    auto decoded = protocol::decode_jwk(text.end().take());
    if (decoded) return std::move(*decoded);
    in.violate("jwk", decoded.error().code, decoded.error().message);
    return {};
}

constexpr std::string_view assurances = "attested, recorded, covered, confirmed, signed";

}  // namespace

Result<protocol::Agreement> decode_agreement(std::string_view body) {
    return decode<protocol::Agreement>(body, [](Reader& in) {
        protocol::Agreement agreement;
        agreement.title = in.text("title", name_chars);
        agreement.document_version = in.text("documentVersion", 64);
        agreement.document_digest = read_digest(in, "documentDigest", Need::filled);
        agreement.parties = read_companies(in, "parties");
        agreement.valid_from = in.instant("validFrom", Need::filled).value_or(protocol::Instant{});
        agreement.valid_until = in.instant("validUntil");
        agreement.permitted = read_classes(in);
        agreement.purpose = read_purpose(in);
        agreement.required_assurance = in.choice("requiredAssurance", protocol::parse_assurance, assurances, Need::optional)
                                           .value_or(protocol::Assurance::recorded);
        agreement.products = in.texts("products", 100, name_chars);
        agreement.kind = in.choice("kind", protocol::parse_agreement_kind, "bilateral, one_to_many, consortium", Need::optional)
                             .value_or(protocol::AgreementKind::bilateral);
        agreement.hub = {in.integer("hub", 1, id_max, Need::optional).value_or(0)};
        agreement.roles =
            in.choices("roles", protocol::parse_party_role, "controller, joint_controller, processor", Need::optional);
        if (!agreement.roles.empty() && agreement.roles.size() != agreement.parties.size())
            in.violate("roles", "not_allowed", "must be one for each of parties, in their order");
        agreement.transfer_basis = in.choice("transferBasis", protocol::parse_transfer_basis,
                                             "none_needed, adequacy, standard_clauses, binding_rules, derogation", Need::optional)
                                       .value_or(protocol::TransferBasis::none_needed);
        agreement.label_ceiling = in.text("labelCeiling", 64, Need::optional);
        if (!agreement.label_ceiling.empty() && !policy::parse_label(agreement.label_ceiling))
            in.violate("labelCeiling", "not_allowed", "must be one of TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED");
        agreement.acknowledge = in.boolean("acknowledgeChanges").value_or(false);
        agreement.supersedes = {in.integer("supersedes", 1, id_max, Need::optional).value_or(0)};
        agreement.emergency_hours = static_cast<int>(in.integer("emergencyHours", 0, 168, Need::optional).value_or(0));
        return agreement;
    });
}

Result<operations::Acceptance> decode_acceptance(std::string_view body) {
    return decode<operations::Acceptance>(body, [](Reader& in) {
        operations::Acceptance acceptance;
        acceptance.company = read_company_id(in);
        acceptance.signed_text = in.text("jws", protocol::jws_bytes_max, Need::optional);
        // A signed acceptance names the signatory itself.
        acceptance.signatory = in.text("signatory", name_chars, acceptance.signed_text.empty() ? Need::filled : Need::optional);
        acceptance.document_digest = read_digest(in, "documentDigest", Need::filled);
        acceptance.reason = in.text("reason", 2'000, Need::optional);
        return acceptance;
    });
}

Result<std::string> decode_reason(std::string_view body) {
    return decode<std::string>(body, [](Reader& in) { return in.text("reason", 2'000); });
}

Result<StepInput> decode_step(std::string_view body, bool reason_needed) {
    return decode<StepInput>(body.empty() ? std::string_view("{}") : body, [&](Reader& in) {
        StepInput step;
        step.reason = in.text("reason", 2'000, reason_needed ? Need::filled : Need::optional);
        step.effective = in.instant("effectiveAt").value_or(protocol::Instant{});
        return step;
    });
}

Result<operations::Member> decode_member(std::string_view body) {
    return decode<operations::Member>(body, [](Reader& in) {
        operations::Member member;
        member.company = {in.integer("company", 1, id_max).value_or(0)};
        member.role = in.choice("role", protocol::parse_party_role, "controller, joint_controller, processor", Need::optional)
                          .value_or(protocol::PartyRole::controller);
        return member;
    });
}

Result<operations::NewText> decode_text(std::string_view body) {
    return decode<operations::NewText>(body, [](Reader& in) {
        operations::NewText text;
        text.title = in.text("title", name_chars);
        text.version = in.text("version", 64);
        text.digest = read_digest(in, "digest", Need::optional);
        text.body = in.maybe_text("text", 100'000);
        if (!text.body && text.digest.empty())
            in.violate("text", "missing", "give the text, or the digest of one that lies elsewhere");
        return text;
    });
}

Result<protocol::PublicKey> decode_company_key(std::string_view body) {
    return decode<protocol::PublicKey>(body, [](Reader& in) { return read_jwk(in); });
}

Result<std::string> decode_kid(std::string_view body) {
    return decode<std::string>(body, [](Reader& in) { return in.text("kid", 200); });
}

void write(JsonWriter& out, const store::AgreementText& text) {
    out.object().member("digest", text.digest).member("title", text.title).member("version", text.version);
    out.member("text", text.body).member("createdAt", to_rfc3339(text.created_at)).end();
}

void write(JsonWriter& out, const store::AgreementChange& change) {
    out.object().member("position", change.position).member("kind", change.kind);
    write_company(out, "company", change.company);
    out.member("by", change.by_whom).member("reason", change.reason).member("announcedAt", to_rfc3339(change.announced_at));
    out.member("effectiveAt", to_rfc3339(change.effective_at)).member("needsAcknowledgement", change.needs_acknowledgement);
    write_ids(out, "acknowledgedBy", change.acknowledged);
    write_instant(out, "appliedAt", change.applied_at);
    out.end();
}

void write(JsonWriter& out, const store::CompanyKey& key) {
    out.object().member("company", key.company.value).member("kid", key.key.kid).key("jwk").raw(protocol::encode_jwk(key.key));
    out.member("proposedBy", key.proposed_by).member("confirmedBy", key.confirmed_by);
    out.member("createdAt", to_rfc3339(key.created_at));
    write_instant(out, "confirmedAt", key.confirmed_at);
    write_instant(out, "revokedAt", key.revoked_at);
    out.end();
}

void write(JsonWriter& out, const protocol::Agreement& agreement) {
    out.object()
        .member("id", agreement.id.value)
        .member("title", agreement.title)
        .member("documentVersion", agreement.document_version);
    out.member("documentDigest", agreement.document_digest);
    write_ids(out, "parties", agreement.parties);
    out.member("validFrom", to_rfc3339(agreement.valid_from)).key("validUntil");
    if (agreement.valid_until) {
        out.value(to_rfc3339(*agreement.valid_until));
    } else {
        out.null();
    }
    out.member("state", name(agreement.state));
    write_classes(out, agreement.permitted);
    out.member("purpose", agreement.purpose).member("requiredAssurance", name(agreement.required_assurance));
    write_texts(out, "products", agreement.products);
    out.member("kind", name(agreement.kind));
    write_company(out, "hub", agreement.hub);
    out.key("roles").array();
    for (const protocol::PartyRole role : agreement.roles) out.value(name(role));
    out.end().member("transferBasis", name(agreement.transfer_basis)).member("labelCeiling", agreement.label_ceiling);
    out.member("acknowledgeChanges", agreement.acknowledge).key("supersedes");
    agreement.supersedes ? out.value(agreement.supersedes.value) : out.null();
    out.member("emergencyHours", agreement.emergency_hours);
    out.key("acceptances").array();
    for (const auto& acceptance : agreement.acceptances)
        out.object()
            .member("company", acceptance.company.value)
            .member("signatory", acceptance.signatory)
            .member("at", to_rfc3339(acceptance.at))
            .member("signedDigest", acceptance.signed_digest)
            .end();
    out.end().member("version", agreement.version).end();
}

Result<operations::AuthorizationRequest> decode_authorization(std::string_view body, protocol::Instant now) {
    return decode<operations::AuthorizationRequest>(body, [&](Reader& in) {
        operations::AuthorizationRequest request;
        protocol::Authorization& z = request.authorization;
        z.customer = {in.integer("customer", 1, id_max).value_or(0)};
        z.partners = read_companies(in, "partners");
        z.purpose = read_purpose(in);
        z.classes = read_classes(in);
        z.products = in.texts("products", 50, name_chars);
        request.cases = in.texts("cases", 50, 64);
        z.conditions = in.text("conditions", 2'000, Need::optional);
        z.not_before = in.instant("notBefore").value_or(now);
        z.until = in.instant("until", Need::filled).value_or(protocol::Instant{});
        z.obtained_how = in.text("obtainedHow", 2'000, Need::optional);
        return request;
    });
}

Result<operations::AuthorizationDecision> decode_decision(std::string_view body, operations::AuthorizationStep step) {
    using operations::AuthorizationStep;
    return decode<operations::AuthorizationDecision>(body, [step](Reader& in) {
        operations::AuthorizationDecision decision;
        const bool given = step == AuthorizationStep::grant || step == AuthorizationStep::attest;
        decision.obtained_how = in.text("obtainedHow", 2'000, given ? Need::filled : Need::optional);
        decision.evidence_digest = read_digest(in, "evidenceDigest", Need::optional);
        decision.reason = in.text("reason", 2'000, given ? Need::optional : Need::filled);
        const std::string basis = in.text("basis", 20, Need::optional);
        if (!basis.empty() && (step != AuthorizationStep::grant || (basis != "recorded" && basis != "covered")))
            in.violate("basis", "not_allowed", "must be recorded or covered, and stands with a grant only");
        decision.covered = basis == "covered";
        return decision;
    });
}

void write(JsonWriter& out, const store::StoredAuthorization& stored) {
    out.object();
    write_authorization_members(out, stored);
    out.end();
}

std::string encode_authorization(const store::StoredAuthorization& stored, int released_cases) {
    JsonWriter out;
    out.object();
    write_authorization_members(out, stored);
    out.member("releasedCases", released_cases).end();
    return out.take();
}

Result<operations::LinkWish> decode_link_wish(std::string_view body) {
    return decode<operations::LinkWish>(body.empty() ? std::string_view("{}") : body, [](Reader& in) {
        operations::LinkWish wish;
        wish.contact = read_mail(in, "contact", Need::optional);
        wish.language = in.choice("language", protocol::parse_language, "en, de, ja", Need::optional);
        return wish;
    });
}

Result<std::string> decode_signed_text(std::string_view body) {
    return decode<std::string>(body, [](Reader& in) { return in.text("jws", protocol::jws_bytes_max); });
}

Result<operations::EmergencyInput> decode_emergency(std::string_view body) {
    return decode<operations::EmergencyInput>(body, [](Reader& in) {
        operations::EmergencyInput input;
        input.who = in.text("who", name_chars);
        input.how = in.text("how", name_chars);
        input.when = in.instant("when", Need::filled).value_or(protocol::Instant{});
        input.classes = read_classes(in);
        return input;
    });
}

Result<store::CustomerKey> decode_customer_key(std::string_view body) {
    return decode<store::CustomerKey>(body, [](Reader& in) {
        store::CustomerKey key;
        key.issuer = in.text("issuer", 500);
        key.key = read_jwk(in);
        return key;
    });
}

Result<operations::CustomerKeyName> decode_customer_key_name(std::string_view body) {
    return decode<operations::CustomerKeyName>(
        body, [](Reader& in) { return operations::CustomerKeyName{in.text("issuer", 500), in.text("kid", 200)}; });
}

void write(JsonWriter& out, const store::CustomerKey& key) {
    out.object().member("customer", key.customer.value).member("issuer", key.issuer).member("kid", key.key.kid);
    out.key("jwk").raw(protocol::encode_jwk(key.key));
    out.member("proposedBy", key.proposed_by).member("confirmedBy", key.confirmed_by);
    out.member("createdAt", to_rfc3339(key.created_at));
    write_instant(out, "confirmedAt", key.confirmed_at);
    write_instant(out, "revokedAt", key.revoked_at);
    out.end();
}

Result<protocol::CustomerId> decode_picked_customer(std::string_view body) {
    return decode<protocol::CustomerId>(
        body, [](Reader& in) { return protocol::CustomerId{in.integer("customer", 1, id_max).value_or(0)}; });
}

Result<CertificateInput> decode_certificate(std::string_view body) {
    return decode<CertificateInput>(body, [](Reader& in) {
        CertificateInput input;
        input.client = {in.integer("client", 1, id_max).value_or(0)};
        input.csr = in.maybe_text("csr", 20'000);
        input.days = static_cast<int>(in.integer("days", 1, 397, Need::optional).value_or(90));
        return input;
    });
}

}  // namespace entente::api::native
