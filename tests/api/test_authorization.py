"""The second key in depth: how surely it was obtained, what it is limited to, the record, signatures, emergencies."""

import hashlib
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from support.signing import Signer, unb64
from support.world import ALL_CLASSES, DIGEST, stamp


def pin(company, customer, signer):
    company.administrator.post(f"/api/v1/customers/{customer.id}/keys", {"issuer": signer.issuer, "jwk": signer.jwk()}, expect=201)
    return company.compliance.post(f"/api/v1/customers/{customer.id}/keys/confirm", {"issuer": signer.issuer, "kid": signer.kid}, expect=200)


# --- assurance ---


def test_a_contract_clause_covers_only_when_the_contract_is_named(halden, brightwell):
    asked = halden.request_authorization(halden.customer(), [brightwell])
    path = f"/api/v1/authorizations/{asked['id']}/grant"
    how = f"Master agreement, section 7.2, {halden.word('clause')}"
    halden.compliance.post(path, {"obtainedHow": how, "basis": "covered"}, expect=400)
    halden.compliance.post(path, {"obtainedHow": how, "basis": "confirmed", "evidenceDigest": DIGEST}, expect=400)
    assert halden.compliance.post(path, {"obtainedHow": how, "basis": "covered", "evidenceDigest": DIGEST}, expect=200)["assurance"] == "covered"


def test_the_agreement_asks_how_surely(world):
    left, right = world.company("sure-left"), world.company("sure-right")
    world.agreement(left, right, requiredAssurance="covered")
    customer = left.customer()
    case = world.open_case(left, right, customer)
    case.release_to_receiver()
    asked = left.request_authorization(customer, [right])
    assert left.grant(asked)["releasedCases"] == 0
    gate = case.gate().body
    assert gate["verdict"] == "hold" and gate["reason"] == "authorization_assurance_too_low" and "/link" in gate["nextStep"]
    again = left.compliance.post(f"/api/v1/authorizations/{asked['id']}/grant", {"obtainedHow": left.word("clause"), "basis": "covered", "evidenceDigest": DIGEST}, expect=200)
    assert again["releasedCases"] == 1 and case.gate()["verdict"] == "allow"


# --- products and cases ---


def test_an_authorization_of_a_product_opens_cases_of_that_product_alone(world, halden, brightwell):
    customer = halden.customer()
    mesh = world.open_case(halden, brightwell, customer, fields={"Product": "Cloud:Mesh"})
    vault = world.open_case(halden, brightwell, customer, fields={"Product": "Cloud:Vault"})
    vault.release_to_receiver()
    granted = halden.grant(halden.request_authorization(customer, [brightwell], products=["vault"]))
    assert granted["releasedCases"] == 1 and granted["products"] == ["vault"]
    assert vault.gate()["verdict"] == "allow"
    assert mesh.gate()["reason"] == "authorization_other_product"


def test_an_authorization_of_single_cases(world, halden, brightwell):
    customer = halden.customer()
    first, second = (world.open_case(halden, brightwell, customer) for _ in range(2))
    first.release_to_receiver()
    halden.engineer.post("/api/v1/authorizations", {"customer": customer.id, "partners": [brightwell.id], "dataClasses": ["technical"], "until": stamp(86400),
                                                    "cases": ["AAAAAAAAAAAAAAAAAAAA"]}, expect=400)
    granted = halden.grant(halden.request_authorization(customer, [brightwell], cases=[first.token]))
    assert granted["cases"] == [first.token] and granted["releasedCases"] == 1
    assert second.gate()["reason"] == "authorization_other_case"


# --- the record ---


def test_the_record_has_the_four_sections_and_a_receipt_that_anybody_can_check(world, halden, brightwell):
    customer = halden.customer()
    granted = halden.authorize(customer, [brightwell])
    answer = halden.compliance.get(f"/api/v1/authorizations/{granted['id']}/record", expect=200)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="authorization-{granted["id"]}.json"'
    record = answer.body["record"]
    assert [e["event_type"] for e in record["event"]] == ["requested", "recorded"] and record["event"][-1]["event_state"] == "granted"
    assert {(p["party_role"], p["party_name"]) for p in record["party_identification"]} == {
        ("controller", halden.name), ("recipient", brightwell.name), ("principal", customer.name)}
    assert record["pii_processing"]["purpose"] == "support" and record["pii_processing"]["valid_until"] == granted["until"]
    assert [c["pii_type"] for c in record["pii_processing"]["pii_information"]] == list(ALL_CLASSES)
    # The receipt: its key is public, its signature fits, and it names the digest of exactly these bytes.
    head, body, signature = answer.body["receipt"].split(".")
    header, claims = json.loads(unb64(head)), json.loads(unb64(body))
    key = {k["kid"]: k for k in world.anonymous.get("/.well-known/jwks.json", expect=200).body["keys"]}[header["kid"]]
    ed25519.Ed25519PublicKey.from_public_bytes(unb64(key["x"])).verify(unb64(signature), f"{head}.{body}".encode())
    assert header["typ"] == "entente-receipt+jwt" and claims["authorization"] == granted["id"] and claims["state"] == "granted"
    # What is signed is the whole record, not its digest alone: the receipt stands on its own.
    assert claims["record"] == record and claims["jti"].startswith(f"{claims['iss']}/authorizations/{granted['id']}/")
    canonical = json.dumps(record, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    assert claims["record_sha256"] == hashlib.sha256(canonical).hexdigest()


def test_the_record_is_the_own_company_s(halden, brightwell):
    granted = halden.authorize(halden.customer(), [brightwell])
    for caller in (brightwell.compliance, brightwell.administrator):
        caller.get(f"/api/v1/authorizations/{granted['id']}/record", expect=404)


# --- signed by the customer ---


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_a_signed_authorization_releases_at_once(world, halden, brightwell, algorithm):
    customer, signer = halden.customer(), Signer(algorithm)
    pin(halden, customer, signer)
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    text = signer.sign(signer.claims(world, customer, [brightwell]))
    granted = halden.engineer.post("/api/v1/authorizations/signed", {"jws": text}, expect=200)
    assert granted["assurance"] == "signed" and granted["state"] == "granted" and granted["releasedCases"] == 1
    assert granted["evidenceDigest"] == hashlib.sha256(text.encode()).hexdigest()
    # Once: the same text again, and another text with the same jti.
    halden.engineer.post("/api/v1/authorizations/signed", {"jws": text}, expect=409)


def test_what_must_be_refused_of_signed_texts(world, halden, brightwell, corvid):
    customer, other, signer = halden.customer(), halden.customer(), Signer()
    pin(halden, customer, signer)

    def refused(text, *codes):
        answer = halden.engineer.post("/api/v1/authorizations/signed", {"jws": text}, expect=(400, 403, 404, 409))
        assert answer["code"] in codes, (answer["code"], codes)

    now = int(time.time())
    claims = lambda **more: {**signer.claims(world, customer, [brightwell]), **more}  # noqa: E731
    good = signer.sign(claims())
    refused(good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB"), "jws_signature", "jws_form")
    refused(Signer().sign(claims()), "jws_signature")
    refused(Signer(kid="unknown").sign(claims()), "jws_key_unknown")
    refused(signer.sign(claims(iss="https://another.example")), "jws_key_unknown")
    refused(signer.sign(claims(sub=str(other.id))), "jws_key_unknown")
    refused(signer.sign(claims(sub="999999999")), "customer_not_found")
    refused(signer.sign(claims(aud="https://elsewhere.example")), "claims_audience")
    refused(signer.sign(claims(exp=now - 120, nbf=now - 3600)), "claims_expired")
    refused(signer.sign(claims(iat=now + 3600)), "claims_not_yet")
    refused(signer.sign(claims(exp=now + 91 * 86400)), "claims_too_long")
    refused(signer.sign(claims(scope="technical secret")), "invalid_members")
    refused(signer.sign(claims(admin=True)), "invalid_members")
    refused(signer.sign(claims(partners=["nobody.example"])), "invalid")
    for header in ({"alg": "none"}, {"jku": "https://evil.example"}, {"jwk": signer.jwk()}, {"x5u": "https://evil.example"}, {"x5c": ["MIIB"]}, {"crit": ["exp"]}):
        refused(signer.sign(claims(), **header), "jws_header")
    refused(signer.sign(claims(), typ="JWT"), "jws_type")
    refused("no.jws.here", "jws_form")
    # Of another company's customer nobody hears.
    assert corvid.engineer.post("/api/v1/authorizations/signed", {"jws": good}, expect=404)["code"] == "customer_not_found"
    # An unconfirmed or revoked key signs nothing.
    unconfirmed = Signer(kid="fresh")
    halden.administrator.post(f"/api/v1/customers/{customer.id}/keys", {"issuer": unconfirmed.issuer, "jwk": unconfirmed.jwk()}, expect=201)
    refused(unconfirmed.sign(claims()), "jws_key_unknown")
    halden.administrator.post(f"/api/v1/customers/{customer.id}/keys/revoke", {"issuer": signer.issuer, "kid": signer.kid}, expect=200)
    refused(good, "jws_key_unknown")


def test_keys_need_two_people_and_are_public(halden, brightwell):
    customer, signer = halden.customer(), Signer()
    path = f"/api/v1/customers/{customer.id}/keys"
    added = halden.administrator.post(path, {"issuer": signer.issuer, "jwk": {k: v for k, v in signer.jwk().items() if k != "kid"}}, expect=201)
    assert len(added["kid"]) == 43 and added["confirmedAt"] is None
    name = {"issuer": signer.issuer, "kid": added["kid"]}
    assert halden.administrator.post(f"{path}/confirm", name, expect=403)["code"] == "second_person_needed"
    assert halden.compliance.post(f"{path}/confirm", name, expect=200)["confirmedAt"]
    assert [k["kid"] for k in halden.engineer.get(path, expect=200).items] == [added["kid"]]
    halden.administrator.post(path, {"issuer": signer.issuer, "jwk": {**signer.jwk(), "d": "AAAA"}}, expect=400)
    halden.engineer.post(path, {"issuer": signer.issuer, "jwk": signer.jwk()}, expect=403)
    brightwell.administrator.post(path, {"issuer": signer.issuer, "jwk": signer.jwk()}, expect=404)
    brightwell.engineer.get(path, expect=404)
