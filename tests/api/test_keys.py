"""Managing the keys: agreements, customers, authorizations; who may, what is refused, what each answer holds."""

import pytest

from support.world import DIGEST, stamp

AGREEMENT = {"title": "T", "documentVersion": "1", "documentDigest": DIGEST, "validFrom": "2030-01-01T00:00:00Z", "dataClasses": ["case_facts", "technical"],
             "purpose": "support", "requiredAssurance": "recorded"}


@pytest.fixture(scope="module")
def pair(world):
    return world.company("key-left"), world.company("key-right")


def test_an_agreement_is_in_force_when_every_party_accepted(world, pair):
    left, right = pair
    row = world.agreement(left, right, accepted=False)
    assert row["state"] in ("draft", "offered") and row["acceptances"] == [] and set(row["parties"]) == {left.id, right.id}
    signatory = left.word("signatory", (right.key, "operator"))
    first = left.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": signatory, "documentDigest": DIGEST}, expect=200)
    assert first["state"] != "in_force" and [a["company"] for a in first["acceptances"]] == [left.id]
    second = right.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": right.word("signatory", (left.key, "operator")), "documentDigest": DIGEST}, expect=200)
    assert second["state"] == "in_force" and len(second["acceptances"]) == 2 and second["version"] > first["version"] > row["version"] - 1
    assert right.administrator.get(f"/api/v1/agreements/{row['id']}", expect=200).body == second.body


def test_an_acceptance_names_exactly_the_document(world, pair):
    left, right = pair
    row = world.agreement(left, right, accepted=False)
    for digest in ("0" * 64, DIGEST[:-1], "", None, DIGEST.upper() + "x"):
        left.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": "S", "documentDigest": digest}, expect=(400, 409, 422))
    assert left.administrator.get(f"/api/v1/agreements/{row['id']}", expect=200)["acceptances"] == []


def test_nobody_accepts_for_another_company(world, pair):
    left, right = pair
    row = world.agreement(left, right, accepted=False)
    left.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": "S", "documentDigest": DIGEST, "company": right.id}, expect=(200, 403))
    parties = {a["company"] for a in right.administrator.get(f"/api/v1/agreements/{row['id']}", expect=200)["acceptances"]}
    assert right.id not in parties


def test_the_operator_records_an_acceptance_with_a_reason(world, pair):
    left, right = pair
    row = world.agreement(left, right, accepted=False)
    body = {"company": left.id, "signatory": left.word("signatory", (right.key, "operator")), "documentDigest": DIGEST}
    world.operator.post(f"/api/v1/agreements/{row['id']}/accept", body, expect=400)
    answer = world.operator.post(f"/api/v1/agreements/{row['id']}/accept", {**body, "reason": "signed on paper"}, expect=200)
    assert [a["company"] for a in answer["acceptances"]] == [left.id]


@pytest.mark.parametrize("role", ["engineer", "compliance", "auditor", "client"])
def test_only_administrators_accept(world, pair, role):
    left, right = pair
    row = world.agreement(left, right, accepted=False)
    getattr(left, role).post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": "S", "documentDigest": DIGEST}, expect=403)


def test_agreements_of_others_are_unknown(world, pair, dorn):
    left, right = pair
    row = world.agreement(left, right)
    for caller in (dorn.administrator, dorn.compliance):
        caller.get(f"/api/v1/agreements/{row['id']}", expect=404)
        assert row["id"] not in [r["id"] for r in caller.get("/api/v1/agreements", expect=200).items]
    for call, body in (("accept", {"signatory": "S", "documentDigest": DIGEST}), ("suspend", {"reason": "r"}), ("resume", None), ("terminate", {"reason": "r"})):
        dorn.administrator.post(f"/api/v1/agreements/{row['id']}/{call}", body, expect=404)
    assert row["id"] in [r["id"] for r in left.compliance.get("/api/v1/agreements", expect=200).items]


@pytest.mark.parametrize("change", [
    {"title": None}, {"title": ""}, {"documentDigest": "abc"}, {"documentDigest": None}, {"validFrom": "soon"}, {"validFrom": None},
    {"validUntil": "2000-01-01T00:00:00Z"}, {"dataClasses": ["all"]}, {"dataClasses": "technical"}, {"requiredAssurance": "hope"}, {"parties": []}, {"parties": [1]},
    {"parties": "x"}, {"purpose": "Not A Code"},
])
def test_members_of_an_agreement(world, pair, change):
    left, right = pair
    body = {**AGREEMENT, "parties": [left.id, right.id], **change}
    answer = world.operator.post("/api/v1/agreements", body, expect=(400, 404, 422))
    if answer.status == 400:
        assert answer["violations"]


def test_secrets_cannot_be_permitted(world, pair):
    """The class `secret` never leaves, whatever anybody permits."""
    left, right = pair
    answer = world.operator.post("/api/v1/agreements", {**AGREEMENT, "title": world.ledger.word(left.key, "title", (right.key, "operator")), "parties": [left.id, right.id],
                                                        "dataClasses": ["technical", "secret"]}, expect=(201, 400))
    assert answer.status == 400 or "secret" not in answer["dataClasses"]


def test_an_administrator_of_a_party_drafts_an_agreement_and_no_other(world, pair, dorn):
    left, right = pair
    body = {**AGREEMENT, "title": left.word("draft title", (right.key, "operator")), "parties": [left.id, right.id]}
    left.administrator.post("/api/v1/agreements", body, expect=201)
    dorn.administrator.post("/api/v1/agreements", {**body, "title": "not mine"}, expect=(400, 403))
    left.engineer.post("/api/v1/agreements", body, expect=403)


# --- customers ---


def test_a_customer_begins_unconfirmed(halden):
    customer = halden.customer("fresh", confirmed=False)
    assert customer.row["active"] is True
    assert not any(d["confirmed"] for d in customer.row["domains"]) and not any(c["confirmed"] for c in customer.row["contacts"])


def test_new_contacts_and_domains_need_a_second_person(halden):
    customer = halden.customer("growing")
    mail = f"{halden.word('later contact')}@{customer.domain}"
    row = halden.administrator.post(f"/api/v1/customers/{customer.id}/contacts", {"name": halden.word("later name"), "email": mail}, expect=(200, 201))
    assert [c["confirmed"] for c in row["contacts"] if c["email"] == mail] == [False]
    domain = f"{halden.word('later domain')}.example"
    row = halden.administrator.post(f"/api/v1/customers/{customer.id}/domains", {"domain": domain}, expect=(200, 201))
    assert [d["confirmed"] for d in row["domains"] if d["domain"] == domain] == [False]
    halden.administrator.post(f"/api/v1/customers/{customer.id}/confirm", {"domain": domain}, expect=403)
    row = halden.compliance.post(f"/api/v1/customers/{customer.id}/confirm", {"domain": domain}, expect=200)
    assert [d["confirmed"] for d in row["domains"] if d["domain"] == domain] == [True]


def test_confirming_what_nobody_proposed(halden):
    customer = halden.customer("unproposed")
    for body in ({"domain": "never-proposed.example"}, {"contact": "nobody@never.example"}, {}, {"domain": None}):
        halden.compliance.post(f"/api/v1/customers/{customer.id}/confirm", body, expect=(400, 404, 422))


def test_customers_of_others_are_unknown(halden, brightwell, corvid):
    customer = halden.customer("secret customer")
    for company in (brightwell, corvid):
        assert company.administrator.get(f"/api/v1/customers?query={customer.name.split()[0]}", expect=200).items == []
        company.administrator.post(f"/api/v1/customers/{customer.id}/domains", {"domain": "x.example"}, expect=404)
        company.compliance.post(f"/api/v1/customers/{customer.id}/confirm", {"domain": customer.domain}, expect=404)
        company.engineer.get("/api/v1/customers", expect=200)


def test_customers_are_found_by_name(halden):
    customer = halden.customer("findable")
    found = halden.engineer.get(f"/api/v1/customers?query={customer.name.split()[0]}", expect=200).items
    assert [row["id"] for row in found] == [customer.id]


@pytest.mark.parametrize("change", [{"name": ""}, {"name": None}, {"name": 7}, {"domains": "x"}, {"domains": ["not a domain"]}, {"domains": ["com"]}, {"contacts": [{"name": "x"}]},
                                    {"contacts": [{"name": "x", "email": "no mail"}]}, {"aliases": [7]}, {"aliases": [""]}])
def test_members_of_a_customer(halden, change):
    body = {"name": f"Proper {halden.word('refused customer')}", "aliases": [], "domains": [], "contacts": [], **change}
    halden.administrator.post("/api/v1/customers", body, expect=400)


@pytest.mark.parametrize("role", ["auditor", "client", "engineer"])
def test_who_makes_no_customers(halden, role):
    getattr(halden, role).post("/api/v1/customers", {"name": "X", "aliases": [], "domains": [], "contacts": []}, expect=403)


def test_the_operator_sees_no_customers(world, halden):
    halden.customer("unseen")
    world.operator.get("/api/v1/customers", expect=(200, 403))


# --- authorizations ---


def test_an_authorization_from_request_to_withdrawal(halden, brightwell):
    customer = halden.customer()
    asked = halden.request_authorization(customer, [brightwell], classes=("case_facts", "technical"))
    assert asked["state"] == "requested" and asked["company"] == halden.id and asked["customer"] == customer.id and asked["partners"] == [brightwell.id]
    assert asked["dataClasses"] == ["case_facts", "technical"] and asked["requestedBy"] == f"user:{halden.accounts['engineer']['id']}"
    granted = halden.grant(asked)
    assert granted["state"] == "granted" and granted["assurance"] == "recorded" and granted["decidedBy"] == f"user:{halden.accounts['compliance']['id']}"
    assert granted["decidedAt"] >= granted["createdAt"] and granted["evidenceDigest"] == DIGEST and granted["version"] > asked["version"]
    gone = halden.compliance.post(f"/api/v1/authorizations/{asked['id']}/withdraw", {"reason": halden.word("why")}, expect=200)
    assert gone["state"] == "withdrawn"
    for call in ("grant", "attest", "refuse"):
        halden.compliance.post(f"/api/v1/authorizations/{asked['id']}/{call}", {"obtainedHow": "x", "reason": "x"}, expect=(403, 409, 422))


def test_granting_reports_how_many_cases_it_released(world, halden, brightwell):
    customer = halden.customer()
    cases = [world.open_case(halden, brightwell, customer) for _ in range(3)]
    for case in cases:
        case.release_to_receiver()
    assert halden.authorize(customer, [brightwell])["releasedCases"] == 3


@pytest.mark.parametrize("change", [
    {"customer": None}, {"customer": 2147483647}, {"customer": "x"}, {"partners": []}, {"partners": None}, {"partners": [2147483647]}, {"purpose": "Not A Code"}, {"dataClasses": []},
    {"dataClasses": ["everything"]}, {"until": None}, {"until": "2000-01-01T00:00:00Z"}, {"until": "later"}, {"notBefore": "2999-01-01T00:00:00Z"},
])
def test_members_of_an_authorization(halden, brightwell, change):
    customer = halden.customer()
    halden.engineer.post("/api/v1/authorizations", {"customer": customer.id, "partners": [brightwell.id], "purpose": "support", "dataClasses": ["technical"],
                                                    "until": stamp(86400), **change}, expect=(400, 404))


def test_an_authorization_is_nobody_else_s_business(halden, brightwell, corvid):
    authorization = halden.authorize(halden.customer(), [brightwell])
    for caller in (brightwell.compliance, brightwell.engineer, corvid.compliance, corvid.administrator):
        caller.get(f"/api/v1/authorizations/{authorization['id']}", expect=(403, 404))
        assert authorization["id"] not in [row["id"] for row in caller.get("/api/v1/authorizations", expect=200).items]


def test_authorizations_of_a_customer(halden, brightwell):
    customer = halden.customer()
    authorization = halden.authorize(customer, [brightwell])
    halden.authorize(halden.customer(), [brightwell])
    assert [row["id"] for row in halden.engineer.get(f"/api/v1/authorizations?customer={customer.id}", expect=200).items] == [authorization["id"]]


@pytest.mark.parametrize("call, body", [("grant", {}), ("grant", {"obtainedHow": ""}), ("grant", {"obtainedHow": "x", "evidenceDigest": "zz"}), ("attest", {}), ("refuse", {}), ("withdraw", {}),
                                        ("withdraw", {"reason": ""})])
def test_decisions_say_how_or_why(halden, brightwell, call, body):
    authorization = halden.request_authorization(halden.customer(), [brightwell])
    caller = halden.engineer if call == "attest" else halden.compliance
    if call == "withdraw":
        halden.grant(authorization)
    caller.post(f"/api/v1/authorizations/{authorization['id']}/{call}", body, expect=400)


def test_the_gate_explains_itself_and_what_to_do(world, halden, brightwell):
    customer = halden.customer()
    case = world.open_case(halden, brightwell, customer)
    gate = case.gate().body
    assert gate["customer"] == customer.id and gate["agreement"] and not gate["authorization"]
    assert gate["reason"] == "authorization_missing" and "authorization" in gate["nextStep"]
    case.release_to_receiver()
    granted = halden.authorize(customer, [brightwell])
    gate = case.gate().body
    assert gate["authorization"] == granted["id"] and gate["verdict"] == "allow"
    assert "technical" in gate["releasedClasses"] and "secret" not in gate["releasedClasses"] and "contractual" not in gate["releasedClasses"]
    assert {row["label"] for row in gate["withheldFields"]} >= {"Contract number", "Access code"}
