"""Opening a case: what the connectors send, what is tolerated, what is refused (contract sections 8 and 9)."""

import pytest

from support.client import LEGACY_MODE
from support.world import stamp  # noqa: F401

CREATE = "/v1/collaboration-requests"


def create(world, submitter, receiver, change, *, customer=None, expect=200, **options):
    draft = world.draft(submitter, receiver, customer or world.harbour)
    draft.pop("values")
    world.mark_released(draft, receiver)
    body = change(draft) or draft
    world.mark_released(draft, receiver)
    return submitter.engineer.post(CREATE, body, expect=expect, **options)


def test_the_answer_is_the_whole_case(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour)
    made = case.created
    assert made["status"] == "OPEN" and made["direction"] == "OUTBOUND" and made["priority"] == "MEDIUM"
    assert (made["submitCompanyId"], made["submitCompanyName"]) == (halden.id, halden.name)
    assert (made["receiveCompanyId"], made["receiveCompanyName"]) == (brightwell.id, brightwell.name)
    assert made["summary"] == case.draft["problemSummary"] and made["description"] == case.draft["problemDescription"]
    assert made["submitterCaseNumber"] == case.draft["internalCaseNumber"]
    assert made["createdAt"] == made["updatedAt"]
    assert made["deletedAt"] is None and not made["receiverCaseNumber"]
    assert made["responded"] is False and made["feedbackRequested"] is False and made["reminderSent"] is False and made["testCase"] is False
    assert made["respondBy"] > made["createdAt"]
    assert made["submittedBy"]["id"] == halden.accounts["engineer"]["id"]
    assert made["submitterContactDetails"] == case.draft["submitterContactDetails"]
    assert made["receiverContactDetails"] is None
    assert made["caseResponses"] == []
    assert "Case created" in [note["summary"] for note in made["caseNotes"]]
    values = {field["fieldName"]: field["value"] for field in made["customFields"]}
    assert values["Product"] == "Cloud:Vault" and values["Customer Company"] == world.harbour.name
    assert case.token.isalnum() and 18 <= len(case.token) <= 20


def test_response_deadlines_by_priority(world, halden, brightwell):
    import datetime
    for priority, minutes in (("HIGH", 60), ("MEDIUM", 240), ("LOW", 1440)):
        made = world.open_case(halden, brightwell, world.harbour, priority=priority).created
        at, by = (datetime.datetime.fromisoformat(made[name].replace("Z", "+00:00")) for name in ("createdAt", "respondBy"))
        assert (by - at).total_seconds() == minutes * 60, priority


def test_the_submitter_s_own_notes_stay_with_the_submitter(world, case):
    note = case.draft["internalNotes"][0]["note"]
    assert note not in case.seen_by_receiver().text


TOLERATED = {
    "numeric string as document": lambda draft: draft.update(documentId=str(draft["documentId"])),
    "capitalised instructions": lambda draft: draft.update(EscalationInstructions=draft.pop("escalationInstructions")),
    "ids of departments and companies": lambda draft: draft.update(receiverDepartmentId=7, receiverCompanyId="8"),
    "unknown members": lambda draft: draft.update(surprise={"deep": [1, None]}, id=99, token="mine", status="CLOSED"),
    "no internal notes": lambda draft: draft.pop("internalNotes"),
    "null internal notes": lambda draft: draft.update(internalNotes=None),
    "no test flag": lambda draft: draft.pop("testSubmission"),
    "null contact": lambda draft: draft.update(submitterContactDetails=None),
    "empty receiver number": lambda draft: draft.update(receiverInternalCaseNumber=""),
    "every unset member as null": lambda draft: draft.update(receiverInternalCaseNumber=None, adminNote=None, escalationInstructions=None, submitterContactDetails=None),
    "fields with id and value only": lambda draft: draft.update(customFields=[{"fieldId": f["fieldId"], "value": f["value"]} for f in draft["customFields"]]),
    "field ids as strings": lambda draft: draft.update(customFields=[{**f, "fieldId": str(f["fieldId"])} for f in draft["customFields"]]),
    "null field values": lambda draft: [f.update(value=None) for f in draft["customFields"] if f["label"] != "Customer Company"] and None,
    "tiers with blanks": lambda draft: [f.update(value="Cloud : Vault") for f in draft["customFields"] if f["label"] == "Product"] and None,
    "tiers with arrows": lambda draft: [f.update(value="Cloud > Vault") for f in draft["customFields"] if f["label"] == "Product"] and None,
    "markup in an instruction": lambda draft: draft.update(adminNote="<script>x</script>"),
    "lower-case priority": lambda draft: draft.update(priority="high"),
}


@pytest.mark.parametrize("what", sorted(TOLERATED))
def test_tolerated(world, halden, brightwell, what):
    answer = create(world, halden, brightwell, lambda draft: TOLERATED[what](draft) and None)
    assert answer["status"] == "OPEN" and answer["token"] != "mine"


def drop(name):
    return lambda draft: draft.pop(name) and None


def put(**members):
    return lambda draft: draft.update(**members)


REFUSED = {
    "no document": drop("documentId"), "no number": drop("internalCaseNumber"), "no summary": drop("problemSummary"),
    "no description": drop("problemDescription"), "no priority": drop("priority"), "no fields": drop("customFields"),
    "null document": put(documentId=None), "null summary": put(problemSummary=None), "null number": put(internalCaseNumber=None),
    "empty summary": put(problemSummary=""), "blank summary": put(problemSummary="   "), "empty number": put(internalCaseNumber=""),
    "document is text": put(documentId="abc"), "document is a list": put(documentId=[1]), "document is real": put(documentId=1.5),
    "document is huge": put(documentId=10**30), "summary is a number": put(problemSummary=7), "description is an object": put(problemDescription={}),
    "priority unknown": put(priority="URGENT"), "priority empty": put(priority=""), "priority number": put(priority=1),
    "fields is an object": put(customFields={}), "fields holds text": put(customFields=["a"]), "field without id": put(customFields=[{"value": "a"}]),
    "test flag is text": put(testSubmission="perhaps"), "contact is text": put(submitterContactDetails="Ada"),
    "contact mail elsewhere": put(submitterContactDetails={"name": "A", "email": "a@elsewhere.example", "phone": "1"}),
    "notes are text": put(internalNotes="a"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_refused(world, halden, brightwell, what):
    for accept, status in ((None, 500), ("application/problem+json", 400)):
        answer = create(world, halden, brightwell, lambda draft: REFUSED[what](draft) and None, expect=status, accept=accept)
        assert answer.message


@pytest.mark.parametrize("document", [1, 2147483647, 999999999999])
def test_a_document_that_does_not_exist(world, halden, brightwell, document):
    create(world, halden, brightwell, put(documentId=document), expect=(400, 404))


def test_a_case_with_oneself_is_no_case(world, halden):
    world.open_case(halden, halden, world.harbour, expect=(400, 403))


def test_all_violations_come_at_once_with_pointers(world, halden, brightwell):
    answer = create(world, halden, brightwell, lambda draft: draft.update(problemSummary=None, priority="X", internalCaseNumber=7), expect=400)
    assert {v["pointer"] for v in answer["violations"]} >= {"/problemSummary", "/priority", "/internalCaseNumber"}
    assert all(v["code"] and v["message"] for v in answer["violations"])


def test_required_fields_do_not_bind_the_server(world, halden, brightwell):
    """Open point 22: a public demo creates cases without any field values."""
    answer = create(world, halden, brightwell, put(customFields=[]))
    assert answer["customFields"] == [] and "respondBy" not in answer.body, "without a customer it is held"


def test_the_same_body_twice_makes_two_cases(world, halden, brightwell):
    draft = world.draft(halden, brightwell, world.harbour)
    draft.pop("values")
    world.mark_released(draft, brightwell)
    first, second = (halden.engineer.post(CREATE, draft, expect=200) for _ in range(2))
    assert first["token"] != second["token"] and first["id"] != second["id"]


def test_texts_come_back_as_they_were_sent(world, halden, brightwell):
    text = "Ünïcode ☂ 🛰 \"quotes\" \\ back\tslash & <tags> 'n' \u2028 line\nbreak"
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=text, problemSummary="Ω & <b>")
    assert case.created["description"] == text and case.created["summary"] == "Ω & <b>"
    assert case.seen_by_submitter()["description"] == text


def test_receiver_number_prefills_the_read_side(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, receiverInternalCaseNumber="BW-77")
    assert case.created["receiverCaseNumber"] == "BW-77"


def test_a_test_case_says_so_on_both_sides(world, halden, brightwell):
    case = world.released_case(halden, brightwell, world.harbour, testSubmission=True)
    assert case.created["testCase"] is True and case.seen_by_receiver()["testCase"] is True


def test_the_form_of_a_department_reaches_its_company(world, halden, brightwell):
    case = world.released_case(halden, brightwell, world.harbour, document=brightwell.departments[1]["form"]["id"])
    assert case.seen_by_receiver()["direction"] == "INBOUND"


def test_an_api_client_opens_cases_like_an_engineer(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, caller=halden.client)
    assert case.created["status"] == "OPEN" and case.seen_by_submitter(caller=halden.client)["token"] == case.token


def test_create_answers_only_the_documented_statuses(world, halden, brightwell):
    """409 is not defined for creating a case, and 201 breaks a client."""
    assert world.open_case(halden, brightwell, world.harbour).created
    create(world, halden, brightwell, put(documentId="x"), expect=400, accept="application/problem+json")


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_roles_that_open_no_cases(world, halden, brightwell, role):
    caller = world.operator if role == "operator" else halden.person(role)
    draft = world.draft(halden, brightwell, world.harbour)
    draft.pop("values")
    caller.post(CREATE, draft, expect=403)
    caller.post(CREATE, draft, expect=500, accept=LEGACY_MODE)
