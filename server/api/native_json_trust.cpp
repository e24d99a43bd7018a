// Agreements, authorizations, certificates.

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
        agreement.emergency_hours = static_cast<int>(in.integer("emergencyHours", 0, 168, Need::optional).value_or(0));
        return agreement;
    });
}

Result<operations::Acceptance> decode_acceptance(std::string_view body) {
    return decode<operations::Acceptance>(body, [](Reader& in) {
        operations::Acceptance acceptance;
        acceptance.company = read_company_id(in);
        acceptance.signatory = in.text("signatory", name_chars);
        acceptance.document_digest = read_digest(in, "documentDigest", Need::filled);
        acceptance.reason = in.text("reason", 2'000, Need::optional);
        return acceptance;
    });
}

Result<std::string> decode_reason(std::string_view body) {
    return decode<std::string>(body, [](Reader& in) { return in.text("reason", 2'000); });
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
    out.member("emergencyHours", agreement.emergency_hours);
    out.key("acceptances").array();
    for (const auto& acceptance : agreement.acceptances)
        out.object()
            .member("company", acceptance.company.value)
            .member("signatory", acceptance.signatory)
            .member("at", to_rfc3339(acceptance.at))
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
        auto jwk = in.object("jwk", Need::filled);
        if (!jwk) return key;
        JsonWriter text;
        text.object();
        for (const std::string_view member : {"kty", "crv", "x", "y", "kid", "d", "k"})
            if (const auto value = jwk->maybe_text(member, 200)) text.member(member, *value);
        auto decoded = protocol::decode_jwk(text.end().take());
        if (!decoded) {
            in.violate("jwk", decoded.error().code, decoded.error().message);
        } else {
            key.key = std::move(*decoded);
        }
        return key;
    });
}

Result<operations::CustomerKeyName> decode_customer_key_name(std::string_view body) {
    return decode<operations::CustomerKeyName>(
        body, [](Reader& in) { return operations::CustomerKeyName{in.text("issuer", 500), in.text("kid", 200)}; });
}

void write(JsonWriter& out, const store::CustomerKey& key) {
    const auto instant = [&](std::string_view name, const std::optional<protocol::Instant>& at) {
        out.key(name);
        if (at) {
            out.value(to_rfc3339(*at));
        } else {
            out.null();
        }
    };
    out.object().member("customer", key.customer.value).member("issuer", key.issuer).member("kid", key.key.kid);
    out.key("jwk").raw(protocol::encode_jwk(key.key));
    out.member("proposedBy", key.proposed_by).member("confirmedBy", key.confirmed_by);
    out.member("createdAt", to_rfc3339(key.created_at));
    instant("confirmedAt", key.confirmed_at);
    instant("revokedAt", key.revoked_at);
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
