"""Acceptance by rule: it names its evidence, ends, never takes a held case, is recorded as a rule and scored. Probes: somebody answers."""

import pytest

from support.gateway import until
from support.world import stamp


@pytest.fixture(scope="module")
def makers(world):
    """A receiver of its own, so that rules here meet no case of other tests."""
    company = world.company("makers", departments=("Arrays",))
    world.agreement(world.halden, company)
    company.asker = world.halden.customer("makers")
    world.halden.authorize(company.asker, [company])
    return company


def rule(company, *, expect=201, **more):
    body = {"name": "Under contract", "until": stamp(30 * 86400), "evidence": [{"kind": "product", "field": "Product", "values": ["Cloud:Vault"]}], **more}
    return company.administrator.post("/api/v1/acceptance-rules", body, expect=expect)


@pytest.fixture
def ended(makers):
    """Whatever rules a test made are over when the next one begins."""
    yield
    for row in makers.administrator.get("/api/v1/acceptance-rules", expect=200).items:
        if row["endedAt"] is None:
            makers.administrator.delete(f"/api/v1/acceptance-rules/{row['id']}", expect=200)


def score(company, made):
    rows = company.administrator.get("/api/v1/acceptance-rules", expect=200).items
    return next(row["score"] for row in rows if row["id"] == made["id"])


def opened(world, makers, **options):
    case = world.open_case(world.halden, makers, makers.asker, **options)
    case.accepted_by_receiver()
    return case


def accepted(case):
    return until(lambda: case.seen_by_submitter().body["status"] == "ACCEPTED", 20, "the rule's acceptance")


def test_a_rule_accepts_and_never_looks_like_a_person(world, makers, ended):
    made = rule(makers, nextSteps="An engineer will look at it").body
    case = opened(world, makers)
    accepted(case)
    for seen in (case.seen_by_submitter().body, case.seen_by_receiver().body):
        response = seen["caseResponses"][-1]
        assert response["type"] == "APPROVAL" and response["engineerName"] == "Automatic acceptance (rule Under contract)"
        assert response["engineerEmail"] == f"automatic@{makers.domain}" and response["nextSteps"] == "An engineer will look at it"
        told = [note for note in seen["caseNotes"] if note["summary"] == "Accepted by a rule"]
        assert len(told) == 1 and told[0]["creatorName"] == "SYSTEM" and "not by a person" in told[0]["description"] and "Product" in told[0]["description"]
    records = makers.compliance.get("/api/v1/audit/entries?operation=case.accept_by_rule&limit=50", expect=200).items
    assert any(record["reason"] == "accepted_by_rule" for record in records), records
    assert score(makers, made) == {"accepted": 1, "acted": 0, "actedLate": 0, "notActed": 0, "waiting": 1}
    case.note(makers.engineer, "I am on it")
    assert score(makers, made)["acted"] == 1


@pytest.mark.parametrize("fields", [{"Product": "Cloud:Mesh"}, {"Product": ""}])
def test_without_the_evidence_a_person_decides(world, makers, ended, fields):
    rule(makers)
    other = opened(world, makers, fields=fields)
    proven = opened(world, makers)
    accepted(proven)  # opened later and taken: the other one was looked at
    assert other.seen_by_submitter()["status"] == "OPEN"


def test_every_kind_of_evidence_must_be_there(world, makers, ended):
    makers_form = makers.form["fields"]
    assert "Node count" in [field["label"] for field in makers_form]
    rule(makers, evidence=[{"kind": "product", "field": "Product", "values": ["cloud > vault"]}, {"kind": "serial_number", "field": "Log excerpt", "values": ["SN-100*"]}])
    half = opened(world, makers)
    whole = opened(world, makers, fields={"Log excerpt": "SN-1004711"})
    accepted(whole)
    assert half.seen_by_submitter()["status"] == "OPEN"


def test_a_held_case_is_never_taken(world, makers, ended):
    rule(makers)
    stranger = world.halden.customer("makersheld")
    held = world.open_case(world.halden, makers, stranger)
    accepted(opened(world, makers))
    assert held.gate()["flow"] == "held" and held.seen_by_submitter()["status"] == "OPEN"
    held.release_to_receiver()
    held.accepted_by_receiver()
    world.halden.authorize(stranger, [makers])
    accepted(held)  # once released, the rule may


def test_a_test_case_is_never_taken(world, makers, ended):
    rule(makers)
    test = opened(world, makers, testSubmission=True)
    accepted(opened(world, makers))
    assert test.seen_by_submitter()["status"] == "OPEN"


def test_what_the_agreement_withholds_is_no_evidence(world, makers, ended):
    """The contract number does not cross in this world: a rule of the receiver cannot rest on what its owner may not see."""
    rule(makers, name="By contract", evidence=[{"kind": "contract", "field": "Contract number", "values": ["C-100*"]}])
    rule(makers)
    unseen = opened(world, makers, fields={"Contract number": "C-1001", "Product": ""})
    accepted(opened(world, makers))
    assert unseen.seen_by_submitter()["status"] == "OPEN"


def test_an_existing_case_is_evidence_when_a_person_accepted_it(world, makers, ended):
    first = opened(world, makers, fields={"Product": ""})
    first.approve(caseNumber="MK-4711")
    rule(makers, evidence=[{"kind": "existing_case"}])
    follow = opened(world, makers, fields={"Product": ""}, receiverInternalCaseNumber="MK-4711")
    accepted(follow)
    unknown = opened(world, makers, fields={"Product": ""}, receiverInternalCaseNumber="MK-9999")
    again = opened(world, makers, fields={"Product": ""}, receiverInternalCaseNumber="MK-4711")
    accepted(again)
    assert unknown.seen_by_submitter()["status"] == "OPEN"


def test_a_rule_does_not_reach_back(world, makers, ended):
    before = opened(world, makers)
    rule(makers)
    accepted(opened(world, makers))
    assert before.seen_by_submitter()["status"] == "OPEN"


def test_an_ended_rule_takes_nothing_and_stays_readable(world, makers, ended):
    made = rule(makers).body
    over = makers.administrator.delete(f"/api/v1/acceptance-rules/{made['id']}", expect=200).body
    assert over["endedAt"]
    rule(makers, name="Other department", department=makers.departments[0]["id"])
    rule(makers, name="Other evidence", evidence=[{"kind": "product", "field": "Product", "values": ["Core"]}])
    left = opened(world, makers)
    accepted(opened(world, makers, fields={"Product": "Core"}))
    assert left.seen_by_submitter()["status"] == "OPEN"
    assert made["id"] in [row["id"] for row in makers.compliance.get("/api/v1/acceptance-rules", expect=200).items]


@pytest.mark.parametrize("more", [
    {"evidence": []}, {"evidence": [{"kind": "serial_number", "field": "Serial", "values": []}]}, {"evidence": [{"kind": "serial_number", "values": ["SN-1"]}]},
    {"evidence": [{"kind": "product", "field": "Product", "values": ["*"]}]}, {"evidence": [{"kind": "product", "field": "Product", "values": ["a*"]}]},
    {"evidence": [{"kind": "product", "field": "Product", "values": ["a*b*"]}]}, {"evidence": [{"kind": "hunch"}]}, {"evidence": [{"kind": "existing_case", "field": "x"}]},
    {"until": stamp(-1)}, {"until": stamp(400 * 86400)}, {"until": None}, {"actWithinHours": 0}, {"actWithinHours": 721}, {"name": ""},
])
def test_rules_that_assert_nothing_or_never_end_are_refused(makers, more):
    assert rule(makers, expect=400, **more)["violations"]


def test_rules_are_their_company_s_own(world, makers, ended):
    made = rule(makers).body
    path = f"/api/v1/acceptance-rules/{made['id']}"
    assert world.halden.administrator.delete(path, expect=404)
    assert made["id"] not in [row["id"] for row in world.halden.administrator.get("/api/v1/acceptance-rules", expect=200).items]
    makers.engineer.delete(path, expect=403)
    makers.engineer.post("/api/v1/acceptance-rules", {"name": "x", "until": stamp(86400), "evidence": [{"kind": "existing_case"}]}, expect=403)
    rule(makers, expect=404, department=world.brightwell.departments[0]["id"])


# --- probes ---


def probe_row(company, made):
    return next(row for row in company.administrator.get("/api/v1/intake-probes", expect=200).items if row["id"] == made["id"])


def partner_row(caller, department):
    rows = caller.get(f"/api/v1/directory/partners?query={department['name'].replace(' ', '+')}&limit=50", expect=200).items
    return next(row for row in rows if row["department"] == department["id"])


def test_a_probe_proves_that_somebody_answers(world, makers):
    arrays = makers.departments[0]
    assert partner_row(world.halden.engineer, arrays)["lastProven"] is None and partner_row(world.halden.engineer, arrays)["agreement"] is True
    world.ledger.release(f"{makers.asker.name}", "makers")
    made = world.halden.administrator.post("/api/v1/intake-probes", {"department": arrays["id"], "customer": makers.asker.id, "everyHours": 1}, expect=201).body
    row = until(lambda: (row := probe_row(world.halden, made))["lastResult"] == "sent" and row, 20, "the test case")
    case = next(case for case in makers.engineer.get("/v2/collaboration-requests/list?type=INBOUND", expect=200).body if case["id"] == row["lastCase"])
    assert case["testCase"] is True and case["status"] == "OPEN" and arrays["name"] in case["summary"] and case["submittedBy"]["firstName"] == "Support"
    for account in (*makers.accounts.values(), *world.halden.accounts.values()):
        for reader in ("makers", "halden"):
            world.ledger.release(f"{account['firstName']} {account['lastName']} {account['email']}", reader)
    makers.engineer.post(f"/v1/collaboration-requests/{case['token']}/approval", {"caseNumber": "T-1", **makers.engineer_block()}, expect=200)
    until(lambda: probe_row(world.halden, made)["lastResult"] == "proven", 20, "the proof")
    proven = partner_row(world.brightwell.engineer, arrays)
    assert proven["lastProven"] and proven["answerSeconds"] >= 0 and proven["agreement"] is False
    seen = makers.engineer.get(f"/v1/collaboration-requests/{case['token']}", expect=200).body
    assert seen["status"] == "CLOSED", "the sender tidies up what was accepted"
    over = world.halden.administrator.delete(f"/api/v1/intake-probes/{made['id']}", expect=200).body
    assert over["endedAt"]


def test_probes_need_an_agreement_a_customer_and_a_partner(world, makers):
    body = {"department": makers.departments[0]["id"], "customer": makers.asker.id}
    for changed, status in (({"department": 2147483647}, 404), ({"customer": 2147483647}, 404), ({"everyHours": 0}, 400), ({"customer": None}, 400)):
        world.halden.administrator.post("/api/v1/intake-probes", {**body, **changed}, expect=status)
    stranger = world.dorn.customer("probing")
    world.dorn.administrator.post("/api/v1/intake-probes", {**body, "customer": stranger.id}, expect=403)
    makers.administrator.post("/api/v1/intake-probes", {**body, "customer": makers.asker.id}, expect=404)
    world.halden.engineer.post("/api/v1/intake-probes", body, expect=403)


def test_a_probe_under_an_unauthorized_customer_says_that_it_is_held(world, makers):
    stranger = world.halden.customer("probeheld")
    made = world.halden.administrator.post("/api/v1/intake-probes", {"department": makers.departments[0]["id"], "customer": stranger.id}, expect=201).body
    until(lambda: probe_row(world.halden, made)["lastResult"] == "held", 20, "the held test case")
    world.halden.administrator.delete(f"/api/v1/intake-probes/{made['id']}", expect=200)
