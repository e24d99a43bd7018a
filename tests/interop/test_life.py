"""A case from its form to its closure, with every connector as the submitter and every connector as the receiver."""

import pytest


def open_with(world, submitter, receiver, **more):
    draft = world.draft(submitter.company, world.brightwell, world.harbour)
    values = draft["values"]
    words = {name: draft[name] for name in ("internalCaseNumber", "problemSummary", "problemDescription", "priority", "testSubmission")}
    case = submitter.create(submitter.form(world.brightwell.form["id"]), values, {**words, **more})
    world.mark_released(draft, world.brightwell)
    return case, draft, words


def release_people(world, draft):
    ledger = world.ledger
    contact = draft["submitterContactDetails"]
    ledger.release(f"{draft['values']['Customer Name']} {draft['values']['Customer Email']} {contact['name']} {contact['email']}", "brightwell")
    for company, reader in ((world.halden, "brightwell"), (world.brightwell, "halden")):
        for account in company.accounts.values():
            ledger.release(f"{account['firstName']} {account['lastName']} {account['email']} {company.cities.get(account['id'], '')}", reader)


# As each connector sends its approval: one leaves nextSteps out, one sends it empty, one has no telephone.
def approval(connector, world):
    body = {"caseNumber": "R-77", **world.brightwell.engineer_block()}
    return {"java": body | {"nextSteps": "Reproducing", "engineerPhone": None}, "zendesk": body | {"nextSteps": "Reproducing"}, "salesforce": body,
            "dynamics": body | {"nextSteps": ""}}[connector.name]


def test_a_whole_life(world, submitter, receiver):
    case, draft, words = open_with(world, submitter, receiver)
    token = case["token"]
    assert case["status"] == "OPEN" and case["direction"] == "OUTBOUND" and case["submitterCaseNumber"] == words["internalCaseNumber"]
    assert case["createdAt"] == case["updatedAt"]

    seen = receiver.read(token)
    assert seen["direction"] == "INBOUND" and seen["summary"] == words["problemSummary"]
    assert any(row["token"] == token for row in receiver.call("GET", "/v2/collaboration-requests/list?type=INBOUND&status=OPEN").body)

    asked = receiver.act(token, "information-request", {"requestedInformation": "Which firmware?", "engineerName": "", "engineerEmail": "", "engineerPhone": None})
    assert asked["status"] == "INFORMATION" and asked["responded"] is True
    told = submitter.act(token, "information-response", {"requestedInformation": "9.3.0"})
    assert told["status"] == "INFORMATION"

    release_people(world, draft)
    taken = receiver.act(token, "approval", approval(receiver, world))
    assert taken["status"] == "ACCEPTED" and taken["receiverCaseNumber"] == "R-77"
    changed = receiver.act(token, "approval", {**approval(receiver, world), "caseNumber": "R-78"}, "PATCH")
    assert changed["receiverCaseNumber"] == "R-78" and changed["caseResponses"][-1]["type"] == "UPDATE_APPROVAL"

    moved = submitter.case(submitter.call("PATCH", f"/v1/collaboration-requests/{token}", {"internalCaseNumber": words["internalCaseNumber"] + "-b"}))
    assert moved["submitterCaseNumber"].endswith("-b")

    note = {"summary": "Looked at it", "description": "<p>All <b>fine</b></p>", "priority": "LOW", "submittedBy": {"firstName": "Bo", "lastName": None, "id": None, "email": ""},
            "type": None}
    receiver.call("POST", f"/v1/collaboration-requests/{token}/notes", note)
    notes = submitter.call("GET", f"/v1/collaboration-requests/{token}/notes").body
    assert [row["summary"].strip().lower() for row in notes if row["creatorName"] == "SYSTEM"] == ["case created", "case accepted"]
    assert notes[-1]["summary"] == "Looked at it"

    closed = submitter.act(token, "closure", {"java": b"{}", "zendesk": None, "salesforce": b"", "dynamics": b'""'}[submitter.name])
    assert closed["status"] == "CLOSED"
    assert receiver.read(token)["status"] == "CLOSED"


def test_declining_with_a_reason_alone(world, submitter, receiver):
    """The public text also asks for name and mail; a connector that ships sends the reason alone."""
    case, _, _ = open_with(world, submitter, receiver)
    body = {"reason": "Not ours"} if receiver.name in ("zendesk", "salesforce") else {"reason": "Not ours", "engineerName": None, "engineerEmail": "", "engineerPhone": ""}
    assert receiver.act(case["token"], "rejection", body)["status"] == "REJECTED"
    assert submitter.read(case["token"])["caseResponses"][-1]["reason"] == "Not ours"


@pytest.mark.parametrize("path, token_place", [("/v1/collaboration-requests", None), ("/v2/collaboration-requests/list", None)])
def test_polling_meets_every_change(world, submitter, path, token_place):
    """Lists are polled with an overlapping updatedAfter: a note must move updatedAt, or the poller misses it."""
    from connectors import DynamicsPlugin
    receiver = DynamicsPlugin(world.brightwell.engineer, world.brightwell)
    case, _, _ = open_with(world, submitter, receiver)
    receiver.call("POST", f"/v1/collaboration-requests/{case['token']}/notes", {"summary": "News"})
    rows = submitter.call("GET", f"{path}?updatedAfter={case['updatedAt']}&type=OUTBOUND").body
    mine = next(row for row in rows if row["token"] == case["token"])
    submitter.read_case(mine)
    assert mine["caseNotes"][-1]["summary"] == "News" and mine["updatedAt"] >= case["updatedAt"]


def test_paging_until_an_empty_page(world, submitter):
    seen, page = [], 0
    while True:
        answer = submitter.call("GET", f"/v2/collaboration-requests?page={page}&size=50").body
        if not answer["content"]:
            break
        seen += [row["token"] for row in answer["content"]]
        page += 1
        assert page < 100
    assert len(seen) == len(set(seen)) == answer["totalElements"]
