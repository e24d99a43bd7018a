"""Held, released, refused, frozen, reopened: what each side sees and may do in each flow of a case."""

import re
import threading
import time

import pytest

from support.client import LEGACY_MODE, PROBLEM_MODE
from support.gateway import until
from support.world import ALL_CLASSES, DIGEST, stamp


@pytest.fixture
def customer(halden):
    return halden.customer()


@pytest.fixture
def held(world, halden, brightwell, customer):
    """A case whose customer has not been asked."""
    return world.open_case(halden, brightwell, customer)


def receiver_lists(case):
    engineer = case.receiver.engineer
    rows = engineer.get("/v2/collaboration-requests/list", expect=200).body + engineer.get("/v1/collaboration-requests", expect=200).body \
        + engineer.get("/v2/collaboration-requests?size=0", expect=200)["content"]
    return {row["token"] for row in rows}


def assert_unknown_to_receiver(case):
    for caller in (case.receiver.engineer, case.receiver.compliance, case.receiver.administrator):
        caller.get(case.path, expect=(403, 404))
    case.receiver.engineer.get(case.path, expect=404)
    case.receiver.engineer.get(f"{case.path}/notes", expect=404)
    case.receiver.engineer.post(f"{case.path}/notes", {"summary": "hello"}, expect=404)
    case.approve(expect=404)
    case.receiver.engineer.post(f"{case.path}/rejection", {"reason": "no"}, expect=404)
    case.receiver.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=404)
    assert case.token not in receiver_lists(case)


def test_held_as_the_submitter_reads_it(held):
    view = held.seen_by_submitter().body
    assert view["status"] == "OPEN" and view["responded"] is False and "respondBy" not in view
    assert view["priorityNote"]
    system = [note for note in view["caseNotes"] if note["type"] == "SYSTEM" and note["summary"] != "Case created"]
    assert len(system) == 1, "one note says what is missing and how to release it"
    text = (system[0]["summary"] + system[0]["description"] + view["priorityNote"]).lower()
    assert "authorization" in text
    gate = held.gate()
    assert gate["flow"] == "held" and gate["verdict"] == "hold" and gate["reason"] == "authorization_missing"
    assert gate["text"] and gate["nextStep"]


def test_held_is_unknown_to_the_receiver(held):
    assert_unknown_to_receiver(held)


def test_the_receiver_s_answer_to_a_held_case_is_that_to_no_case(held):
    real = held.receiver.engineer.get(held.path, expect=404).text.replace(held.token, "T")
    none = held.receiver.engineer.get("/v1/collaboration-requests/" + "B" * len(held.token), expect=404).text.replace("B" * len(held.token), "T")
    strip = lambda text: {k: v for k, v in __import__("json").loads(text).items() if k != "requestId"}  # noqa: E731
    assert strip(real) == strip(none)


def test_release_shows_the_case_as_created_at_release(held, customer):
    created = held.seen_by_submitter().body
    held.note(held.submitter.engineer, f"first {held.submitter.word('waiting note', (held.receiver.key,))}")
    held.note(held.submitter.engineer, f"second {held.submitter.word('waiting note', (held.receiver.key,))}")
    assert_unknown_to_receiver(held)
    held.release_to_receiver()
    held.submitter.authorize(customer, [held.receiver])
    view, own = held.seen_by_receiver().body, held.seen_by_submitter().body
    assert view["status"] == "OPEN" and view["direction"] == "INBOUND" and view["token"] == held.token and view["id"] == held.id
    assert view["createdAt"] >= created["updatedAt"] and view["createdAt"] == view["updatedAt"]
    assert own["respondBy"] == view["respondBy"] > view["createdAt"]
    assert own["createdAt"] == created["createdAt"] and own["updatedAt"] >= created["updatedAt"]
    waiting = [note["summary"].split()[0] for note in view["caseNotes"] if note["type"] != "SYSTEM"]
    assert waiting == ["first", "second"]
    assert held.token in receiver_lists(held)
    assert held.gate()["flow"] == "open" and held.gate()["verdict"] == "allow"


def test_the_receiver_does_not_learn_that_it_was_held(held, customer):
    held.release_to_receiver()
    held.submitter.authorize(customer, [held.receiver])
    text = held.seen_by_receiver().text.lower()
    for word in ("held", "authorization", "missing", "released"):
        assert not re.search(rf"\b{word}\b", text), word
    assert set(held.gate(caller=held.receiver.engineer).body) <= {"token", "flow", "verdict"}


def test_one_grant_releases_every_case_that_waits_for_it(world, halden, brightwell, customer):
    cases = [world.open_case(halden, brightwell, customer) for _ in range(4)]
    for case in cases:
        assert_unknown_to_receiver(case)
        case.release_to_receiver()
    halden.authorize(customer, [brightwell])
    for case in cases:
        assert case.seen_by_receiver()["status"] == "OPEN"


def test_requesting_is_not_granting(held, customer):
    authorization = held.submitter.request_authorization(customer, [held.receiver])
    assert authorization["state"] == "requested"
    assert_unknown_to_receiver(held)
    assert held.gate()["reason"] in ("authorization_not_granted", "authorization_missing")


def test_the_customer_s_no_refuses_the_case(held, customer):
    authorization = held.submitter.request_authorization(customer, [held.receiver])
    held.submitter.compliance.post(f"/api/v1/authorizations/{authorization['id']}/refuse", {"reason": f"They said no {held.submitter.word('refusal')}"}, expect=200)
    view = held.seen_by_submitter().body
    assert view["status"] == "REJECTED"
    response = view["caseResponses"][-1]
    assert response["type"] == "REJECTION" and response["engineerName"] == "Entente" and response["reason"]
    assert_unknown_to_receiver(held)
    held.note(held.submitter.engineer, "too late", expect=422)


def test_held_cases_take_notes_and_changes_but_no_closure(held):
    held.note(held.submitter.engineer, "waiting")
    held.submitter.engineer.patch(held.path, {"internalCaseNumber": f"N-{held.submitter.word('changed number')}"}, expect=200)
    answer = held.submitter.engineer.post(f"{held.path}/closure", expect=422)
    assert answer["detail"] == "OPEN cases cannot be closed."


def test_preview_shows_what_the_partner_would_see(held, customer):
    preview = held.submitter.engineer.get(f"/api/v1/cases/{held.token}/preview", expect=200).body
    text = str(preview)
    for label in ("Internal routing", "Access code", "Customer Name"):
        assert held.values[label] not in text, label
    held.receiver.engineer.get(f"/api/v1/cases/{held.token}/preview", expect=404)


# --- frozen ---


@pytest.fixture
def frozen(world, halden, brightwell, customer):
    authorization = halden.authorize(customer, [brightwell])
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    case.seen_by_receiver()
    case.approve()
    case.note(brightwell.engineer, f"our own words {brightwell.word('own words', (halden.key,))}")
    case.authorization = authorization
    case.before = case.seen_by_submitter().body
    halden.withdraw(authorization, customer)
    # From here on nothing of the customer's may be read by the receiver any more.
    for value in (case.draft["problemSummary"], case.draft["problemDescription"], *case.values.values()):
        for word in __import__("support.canary", fromlist=["WORD"]).WORD.findall(str(value).lower()):
            world.ledger.readers(word).discard(brightwell.key)
    return case


def test_withdrawal_freezes_and_the_receiver_loses_the_content(frozen):
    view = frozen.seen_by_receiver().body
    assert view["status"] == "ACCEPTED" and view["token"] == frozen.token
    assert view["submitterCaseNumber"] == frozen.draft["internalCaseNumber"] and view["receiverCaseNumber"] == "R-1"
    assert not view["description"] or frozen.draft["problemDescription"] not in view["description"]
    assert view["customFields"] == []
    own = [note for note in view["caseNotes"] if note["companyId"] == frozen.receiver.id]
    assert own and "our own words" in own[0]["summary"], "its own words stay"
    assert any(note["type"] == "SYSTEM" and "delete" in (note["summary"] + note["description"]).lower() for note in view["caseNotes"])
    row = next(row for row in frozen.receiver.engineer.get("/v2/collaboration-requests/list", expect=200).body if row["token"] == frozen.token)
    assert row == view
    notes = frozen.receiver.engineer.get(f"{frozen.path}/notes", expect=200).body
    assert [note["token"] for note in notes] == [note["token"] for note in view["caseNotes"]]


def test_the_curious_partner_reads_on_during_a_withdrawal(world, halden, brightwell):
    """Readers that never pause: what they ask for once the withdrawal is acknowledged holds no content, and that they looked before has its record."""
    customer = halden.customer()
    granted = halden.authorize(customer, [brightwell])
    case = world.released_case(halden, brightwell, customer)
    word = re.search(r"qx[a-z]{10}", case.draft["problemDescription"]).group(0)
    token = brightwell.engineer.token
    looks, over, faults = [], threading.Event(), []

    def read():
        try:
            reader = world.caller(brightwell.key)
            reader.token = token
            more = 5  # looks that begin after the withdrawal was acknowledged
            while more:
                more -= over.is_set()
                begun = time.monotonic()
                looks.append((begun, word in reader.get(case.path, expect=200).text))
        except AssertionError as fault:
            faults.append(fault)

    known = {entry["index"] for entry in halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=500", expect=200).items}
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    until(lambda: len(looks) > 40 or faults, what="readers at work")
    halden.withdraw(granted, customer)
    acknowledged = time.monotonic()
    over.set()
    for reader in readers:
        reader.join()
    assert not faults, faults
    after = [seen for begun, seen in looks if begun > acknowledged]
    assert len(after) >= 4 and not any(after) and any(seen for _, seen in looks)
    entries = halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=500", expect=200).items
    frozen = next(entry["index"] for entry in entries if entry["operation"] == "case.freeze")
    assert any(entry["operation"] == "case.read" and entry["index"] < frozen and entry["index"] not in known for entry in entries)


def test_the_submitter_keeps_its_case_and_is_told(frozen):
    view = frozen.seen_by_submitter().body
    assert view["status"] == "ACCEPTED" and view["description"] == frozen.draft["problemDescription"]
    assert view["updatedAt"] >= frozen.before["updatedAt"]
    assert len([n for n in view["caseNotes"] if n["type"] == "SYSTEM"]) == len([n for n in frozen.before["caseNotes"] if n["type"] == "SYSTEM"]) + 1
    gate = frozen.gate().body
    assert gate["flow"] == "frozen" and gate["reason"] == "authorization_withdrawn"


def carrying(case):
    return [
        (case.submitter.engineer, "POST", "/notes", {"summary": "carried"}), (case.receiver.engineer, "POST", "/notes", {"summary": "carried"}),
        (case.receiver.engineer, "POST", "/information-request", {"requestedInformation": "carried"}),
        (case.receiver.engineer, "PATCH", "/approval", {"caseNumber": "carried", "engineerEmail": case.receiver.email()}),
        (case.submitter.engineer, "PATCH", "", {"internalCaseNumber": "carried"}),
    ]


def test_calls_that_carry_content_are_refused_either_way_and_store_nothing(frozen):
    before = (frozen.seen_by_submitter().body, frozen.seen_by_receiver().body)
    for caller, method, path, body in carrying(frozen):
        answer = caller.request(method, frozen.path + path, json=body, accept=PROBLEM_MODE, expect=403)
        assert answer.code == "authorization_withdrawn"
        caller.request(method, frozen.path + path, json=body, accept=LEGACY_MODE, expect=500)
    assert (frozen.seen_by_submitter().body, frozen.seen_by_receiver().body) == before
    assert "carried" not in frozen.seen_by_submitter().text


def test_closure_without_text_stays_possible(frozen):
    assert frozen.submitter.engineer.post(f"{frozen.path}/closure", expect=200)["status"] == "CLOSED"


def test_a_new_grant_reopens_the_flow(world, frozen, customer):
    frozen.release_to_receiver()
    frozen.accepted_by_receiver()
    frozen.submitter.authorize(customer, [frozen.receiver])
    view = frozen.seen_by_receiver().body
    assert view["description"] == frozen.draft["problemDescription"]
    assert {field["fieldName"] for field in view["customFields"]} >= {"Product", "Release"}
    frozen.note(frozen.receiver.engineer, "on we go")
    assert frozen.gate()["flow"] == "open"


def test_withdrawing_before_release_keeps_it_held(world, halden, brightwell, customer):
    halden.withdraw(halden.authorize(customer, [brightwell]), customer)
    case = world.open_case(halden, brightwell, customer)
    assert case.gate()["flow"] == "held" and case.gate()["reason"] == "authorization_withdrawn"
    assert_unknown_to_receiver(case)


def test_a_frozen_open_case_can_be_declined_without_text(world, halden, brightwell, customer):
    authorization = halden.authorize(customer, [brightwell])
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    halden.compliance.post(f"/api/v1/authorizations/{authorization['id']}/withdraw", {"reason": "changed mind"}, expect=200)
    case.approve(expect=403)
    brightwell.engineer.post(f"{case.path}/rejection", {"reason": "carried"}, expect=403)
    assert "carried" not in case.seen_by_submitter().text
    halden.engineer.post(f"{case.path}/rejection", {}, expect=403)
    answer = brightwell.engineer.post(f"{case.path}/rejection", {}, expect=200)
    assert answer["status"] == "REJECTED" and "frozen" in answer["caseResponses"][-1]["reason"]
    view = case.seen_by_submitter().body
    assert view["status"] == "REJECTED" and view["caseResponses"][-1]["type"] == "REJECTION"


def test_two_authorizations_one_withdrawn(world, halden, brightwell, customer):
    """A case rests on any authorization that holds; withdrawing another one does not freeze it."""
    first = halden.authorize(customer, [brightwell])
    halden.authorize(customer, [brightwell])
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    halden.compliance.post(f"/api/v1/authorizations/{first['id']}/withdraw", {"reason": "replaced"}, expect=200)
    assert case.gate()["flow"] in ("open", "frozen")
    assert (case.seen_by_receiver()["description"] == case.draft["problemDescription"]) == (case.gate()["flow"] == "open")


def test_gate_and_preview_of_a_held_case_say_the_same(world, halden, brightwell):
    case = world.open_case(halden, brightwell, halden.customer())
    gate = case.gate()
    preview = halden.engineer.get(f"/api/v1/cases/{case.token}/preview", expect=200)
    assert gate["verdict"] == "hold" and gate["releasedFields"]
    assert {field["fieldName"] for field in preview["customFields"]} == set(gate["releasedFields"])


# --- without an agreement ---


def test_without_an_agreement_nothing_is_created(world, halden, dorn):
    customer = halden.customer()
    halden.authorize(customer, [dorn])
    before = len(halden.engineer.get("/v2/collaboration-requests/list", expect=200).body)
    for accept, status in ((PROBLEM_MODE, 403), (LEGACY_MODE, 500)):
        answer = world.open_case(halden, dorn, customer, expect=status) if accept == PROBLEM_MODE else None
        draft = world.draft(halden, dorn, customer)
        draft.pop("values")
        answer = halden.engineer.post("/v1/collaboration-requests", draft, accept=accept, expect=status)
        assert "You are not able to interact with the referenced company." in answer.text
        if accept == PROBLEM_MODE:
            assert answer.code == "agreement_missing" and answer["nextStep"]
            assert f"{halden.name} (company {halden.id}) and {dorn.name} (company {dorn.id})" in answer.text
    assert len(halden.engineer.get("/v2/collaboration-requests/list", expect=200).body) == before


def test_a_company_that_search_does_not_list_is_not_named_by_a_refusal(world, halden):
    hidden = world.company("unlisted", hidden=True)
    draft = world.draft(halden, hidden, halden.customer())
    draft.pop("values")
    answer = halden.engineer.post("/v1/collaboration-requests", draft, accept=PROBLEM_MODE, expect=403)
    assert answer.code == "agreement_missing" and f"company {hidden.id}" in answer.text and hidden.name not in answer.text


AGREEMENTS = {
    "agreement_not_accepted": dict(accepted=False),
    "agreement_not_yet_valid": dict(validFrom=stamp(7 * 86400)),
    "agreement_expired": dict(validFrom=stamp(-7 * 86400), validUntil=stamp(-86400)),
    "agreement_other_purpose": dict(purpose="marketing"),
}


@pytest.mark.parametrize("reason", sorted(AGREEMENTS))
def test_an_agreement_that_is_not_in_force(world, reason):
    left, right = world.company(f"left-{reason}"), world.company(f"right-{reason}")
    options = dict(AGREEMENTS[reason])
    accepted = options.pop("accepted", True)
    row = world.agreement(left, right, accepted=False, **options)
    if accepted:
        for party in (left, right):
            party.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": party.word("signatory", (left.key, right.key, "operator")), "documentDigest": DIGEST}, expect=200)
    else:
        left.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": left.word("signatory", (right.key, "operator")), "documentDigest": DIGEST}, expect=200)
    customer = left.customer()
    left.authorize(customer, [right])
    answer = world.open_case(left, right, customer, expect=403)
    assert answer.code in (reason, "agreement_not_in_force"), answer
    assert answer["nextStep"]


def test_suspending_an_agreement_stops_new_cases_and_freezes_open_ones(world):
    left, right = world.company("suspending"), world.company("suspended")
    row = world.agreement(left, right)
    customer = left.customer()
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    description = case.draft["problemDescription"]
    assert case.seen_by_receiver()["description"] == description
    left.administrator.post(f"/api/v1/agreements/{row['id']}/suspend", {"reason": "Under review"}, expect=200)
    assert world.open_case(left, right, customer, expect=403).code == "agreement_suspended"
    assert description not in case.seen_by_receiver().text
    case.note(right.engineer, "still there?", expect=403)
    left.administrator.post(f"/api/v1/agreements/{row['id']}/resume", expect=200)
    assert case.seen_by_receiver()["description"] == description
    left.administrator.post(f"/api/v1/agreements/{row['id']}/terminate", {"reason": "Over"}, expect=200)
    assert world.open_case(left, right, customer, expect=403).code == "agreement_terminated"
    left.administrator.post(f"/api/v1/agreements/{row['id']}/resume", expect=(409, 422))
    assert description not in case.seen_by_receiver().text


# --- the authorization's own terms ---


@pytest.mark.parametrize("terms, reason", [
    (dict(until="soon"), None),  # judged below, once it has passed
    (dict(notBefore=stamp(86400), until=stamp(2 * 86400)), "authorization_not_yet_valid"),
    (dict(purpose="marketing"), "authorization_other_purpose"),
])
def test_terms_that_do_not_cover_the_case(world, halden, brightwell, customer, terms, reason):
    from support.gateway import until
    terms = {name: stamp(3) if value == "soon" else value for name, value in terms.items()}
    halden.authorize(customer, [brightwell], **terms)
    if reason is None:
        until(lambda: stamp() > terms["until"], 10, "the end of the authorization")
        reason = "authorization_expired"
    case = world.open_case(halden, brightwell, customer)
    assert case.gate()["flow"] == "held" and case.gate()["reason"] == reason
    assert_unknown_to_receiver(case)


def test_an_authorization_that_expires_freezes_the_case(world, halden, brightwell, customer):
    from support.gateway import until
    end = stamp(3)
    halden.authorize(customer, [brightwell], until=end)
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    until(lambda: stamp() > end, 15, "the end of the authorization")
    assert case.draft["problemDescription"] not in case.seen_by_receiver().text
    case.note(halden.engineer, "afterwards", expect=403)


def test_attested_is_not_enough_where_recorded_is_required(world, halden, brightwell, customer):
    authorization = halden.request_authorization(customer, [brightwell])
    attested = halden.engineer.post(f"/api/v1/authorizations/{authorization['id']}/attest", {"obtainedHow": f"By phone {halden.word('attest')}"}, expect=200)
    assert attested["assurance"] == "attested"
    case = world.open_case(halden, brightwell, customer)
    assert case.gate()["reason"] == "authorization_assurance_too_low"
    assert_unknown_to_receiver(case)


def test_attested_suffices_where_the_agreement_says_so(world):
    left, right = world.company("attesting"), world.company("trusting")
    world.agreement(left, right, requiredAssurance="attested")
    customer = left.customer()
    authorization = left.request_authorization(customer, [right])
    left.engineer.post(f"/api/v1/authorizations/{authorization['id']}/attest", {"obtainedHow": f"By phone {left.word('attest')}"}, expect=200)
    case = world.open_case(left, right, customer)
    case.release_to_receiver()
    assert case.seen_by_receiver()["status"] == "OPEN"


@pytest.mark.parametrize("classes, absent", [
    (("case_facts", "technical", "product", "customer_identity"), {"Log excerpt"}),
    (("case_facts", "technical", "customer_identity", "diagnostics"), {"Product", "Release"}),
    (("case_facts", "technical", "product", "diagnostics"), {"Customer Company"}),
])
def test_only_classes_that_both_keys_permit_leave(world, halden, brightwell, customer, classes, absent):
    halden.authorize(customer, [brightwell], classes=classes)
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver([label for label in case.RELEASED_FIELDS if label not in absent])
    labels = {field["fieldName"] for field in case.seen_by_receiver()["customFields"]}
    assert labels == set(case.RELEASED_FIELDS) - absent
    withheld = {row["label"]: row["reason"] for row in case.gate()["withheldFields"]}
    for label in absent:
        assert withheld[label]
    assert {"Contract number", "Internal routing", "Access code"} <= set(withheld)


def test_without_the_technical_class_there_is_nothing_to_work_on(world, halden, brightwell, customer):
    halden.authorize(customer, [brightwell], classes=("case_facts", "product"))
    case = world.open_case(halden, brightwell, customer)
    assert case.gate()["flow"] == "held" and case.gate()["reason"] == "technical_not_permitted"
    assert_unknown_to_receiver(case)


def test_contract_numbers_need_both_keys(world, halden, brightwell, customer):
    """The authorization permits all classes; the agreement leaves out contractual."""
    halden.authorize(customer, [brightwell], classes=ALL_CLASSES)
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    assert "Contract number" not in {field["fieldName"] for field in case.seen_by_receiver()["customFields"]}
