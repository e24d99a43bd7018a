"""The life of a case: every action by every side in every state, and what each leaves behind (contract sections 10 to 12)."""

import pytest

from support.client import LEGACY_MODE, PROBLEM_MODE

STATES = ("OPEN", "INFORMATION", "ACCEPTED", "REJECTED", "CLOSED")


def actions(case):
    block = case.receiver.engineer_block()
    return {
        "approval": ("POST", "/approval", {"caseNumber": "B-1", "nextSteps": "We look", **block}),
        "approval-update": ("PATCH", "/approval", {"caseNumber": "B-2", **block}),
        "rejection": ("POST", "/rejection", {"reason": "Not ours", **block}),
        "information-request": ("POST", "/information-request", {"requestedInformation": "Which release?", **block}),
        "information-response": ("POST", "/information-response", {"requestedInformation": "Release 12"}),
        "closure": ("POST", "/closure", None),
        "note": ("POST", "/notes", {"summary": "A word"}),
        "change": ("PATCH", "", {"internalCaseNumber": "N-2"}),
    }


# action -> side -> the states in which it is legal, and the state it leads to (None: the same)
LEGAL = {
    "approval": {"receiver": ({"OPEN", "INFORMATION"}, "ACCEPTED")},
    "approval-update": {"receiver": ({"ACCEPTED"}, None)},
    "rejection": {"receiver": ({"OPEN", "INFORMATION"}, "REJECTED")},
    "information-request": {"receiver": ({"OPEN", "INFORMATION", "ACCEPTED"}, "INFORMATION")},
    "information-response": {"submitter": ({"INFORMATION"}, None)},
    "closure": {"submitter": ({"ACCEPTED"}, "CLOSED")},
    "note": {"submitter": ({"OPEN", "INFORMATION", "ACCEPTED"}, None), "receiver": ({"OPEN", "INFORMATION", "ACCEPTED"}, None)},
    "change": {"submitter": ({"OPEN", "INFORMATION", "ACCEPTED"}, None)},
}


def bring_to(case, state):
    do = actions(case)

    def act(caller, name):
        method, path, body = do[name]
        return caller.request(method, case.path + path, json=body, expect=200)

    receiver, submitter = case.receiver.engineer, case.submitter.engineer
    if state in ("ACCEPTED", "CLOSED"):
        case.accepted_by_receiver()
        act(receiver, "approval")
    if state == "INFORMATION":
        act(receiver, "information-request")
    if state == "REJECTED":
        act(receiver, "rejection")
    if state == "CLOSED":
        act(submitter, "closure")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", sorted(LEGAL))
def test_every_action_in_every_state_by_each_side(case, state, action):
    """The wrong side and the wrong state are refused and leave nothing; the right one leads where the table says."""
    bring_to(case, state)
    method, path, body = actions(case)[action]
    sides = {"submitter": case.submitter.engineer, "receiver": case.receiver.engineer}
    for side in sorted(sides, key=lambda name: state in LEGAL[action].get(name, (set(), None))[0]):  # refusals first
        states, target = LEGAL[action].get(side, (set(), None))
        before = case.seen_by_submitter().body
        if state in states:
            if action == "approval":
                case.accepted_by_receiver()
            after = sides[side].request(method, case.path + path, json=body, expect=200)
            assert after["status"] == (target or state) if action != "note" else after["status"] == "ENTERED"
        else:
            wrong_side = side not in LEGAL[action]
            answer = sides[side].request(method, case.path + path, json=body, accept=PROBLEM_MODE, expect=(403, 422) if wrong_side else 422)
            assert answer["detail"]
            sides[side].request(method, case.path + path, json=body, accept=LEGACY_MODE, expect=500)
            assert case.seen_by_submitter().body == before, "a refusal changes nothing"


@pytest.mark.parametrize("state", ["OPEN", "INFORMATION"])
def test_closing_too_early_says_the_literal_sentence(case, state):
    bring_to(case, state)
    sentence = f"{state} cases cannot be closed."
    assert case.submitter.engineer.post(f"{case.path}/closure", expect=422)["detail"] == sentence
    assert case.submitter.engineer.post(f"{case.path}/closure", accept=LEGACY_MODE, expect=500)["message"] == sentence


def test_a_refusal_by_state_names_the_step_there_is(case):
    ours, theirs = case.submitter.engineer, case.receiver.engineer
    note = {"summary": "S", "description": "D"}
    assert ours.post(f"{case.path}/closure", expect=422)["nextStep"] == f"entente case withdraw {case.token}"
    assert theirs.post(f"{case.path}/closure", expect=422)["nextStep"] == f"entente case answer {case.token} --reject REASON"
    bring_to(case, "CLOSED")
    assert ours.post(f"{case.path}/notes", note, expect=422)["nextStep"] == f"entente case reopen {case.token} --reason recurred"
    assert theirs.post(f"{case.path}/notes", note, expect=422)["nextStep"].endswith(f": entente case reopen {case.token} --reason recurred")
    assert "nextStep" not in ours.post(f"{case.path}/closure", expect=422).body


def test_approval_shows_on_both_sides(case):
    answer = case.approve(caseNumber="BW-100", nextSteps="First a trace")
    for view in (answer.body, case.seen_by_submitter().body, case.seen_by_receiver().body):
        assert view["status"] == "ACCEPTED" and view["responded"] is True and view["receiverCaseNumber"] == "BW-100"
        response = view["caseResponses"][-1]
        assert response["type"] == "APPROVAL" and response["caseNumber"] == "BW-100" and response["nextSteps"] == "First a trace"
        assert response["engineerEmail"] == case.receiver.email()
        assert view["receiverContactDetails"]["email"] == case.receiver.email()
        assert "Case accepted" in [note["summary"] for note in view["caseNotes"]]


@pytest.mark.parametrize("members, status", [
    ({"nextSteps": None}, 200), ({"nextSteps": ""}, 200), ({"engineerPhone": None}, 200), ({"caseNumber": None}, 200), ({"engineerName": None}, 200), ({"extra": 1}, 200),
    ({"engineerEmail": None}, 400), ({"engineerEmail": ""}, 400), ({"engineerEmail": "no mail"}, 400), ({"engineerEmail": 7}, 400), ({"caseNumber": []}, 400),
    ({"engineerName": "n" * 192}, 400), ({"engineerPhone": "1" * 51}, 400),
])
def test_members_of_an_approval(case, members, status):
    body = {"caseNumber": "B-1", "nextSteps": "s", **case.receiver.engineer_block(), **members}
    if status == 200:
        case.accepted_by_receiver()
    case.receiver.engineer.post(f"{case.path}/approval", body, expect=status)
    assert case.seen_by_submitter()["status"] == ("ACCEPTED" if status == 200 else "OPEN")


def test_an_approval_with_a_foreign_mail_domain_gives_the_generic_text(case):
    for accept, status in ((PROBLEM_MODE, 400), (LEGACY_MODE, 500)):
        answer = case.approve(engineerEmail="duty@elsewhere.example", accept=accept, expect=status)
        assert answer.message == "Error processing request"
    for trick in (f"duty@{case.receiver.domain}.elsewhere.example", f"duty@x{case.receiver.domain}", f"duty@elsewhere.example@{case.receiver.domain}x"):
        case.approve(engineerEmail=trick, expect=400)


def test_patching_an_approval_adds_a_response_and_moves_the_time(case):
    case.approve()
    before = case.seen_by_submitter().body
    after = case.receiver.engineer.patch(f"{case.path}/approval", {"caseNumber": "B-9", "engineerEmail": case.receiver.email("second"), "engineerName": "Second Duty"}, expect=200)
    assert after["receiverCaseNumber"] == "B-9"
    assert [r["type"] for r in after["caseResponses"]] == ["APPROVAL", "UPDATE_APPROVAL"]
    assert case.seen_by_submitter()["updatedAt"] >= before["updatedAt"]
    assert case.seen_by_submitter()["receiverContactDetails"]["email"] == case.receiver.email("second")


@pytest.mark.parametrize("body, status", [
    ({"reason": "no"}, 200), ({"reason": "r" * 2000}, 200), ({"reason": "r" * 2001}, 400), ({}, 400), ({"reason": ""}, 400), ({"reason": None}, 400), ({"reason": 1}, 400),
    ({"reason": "no", "engineerName": "n" * 192}, 400), ({"reason": "no", "engineerEmail": "e" * 192}, 400), ({"reason": "no", "engineerPhone": "1" * 51}, 400),
    ({"reason": "no", "engineerName": None, "engineerEmail": "", "engineerPhone": None}, 200),
])
def test_members_of_a_rejection(case, body, status):
    answer = case.receiver.engineer.post(f"{case.path}/rejection", body, expect=status)
    if status == 200:
        assert answer["status"] == "REJECTED" and answer["responded"] is True
        assert answer["caseResponses"][-1]["type"] == "REJECTION" and answer["caseResponses"][-1]["reason"] == body["reason"]
        assert "Case rejected" in [note["summary"] for note in case.seen_by_submitter()["caseNotes"]]


@pytest.mark.parametrize("body, status", [
    ({"requestedInformation": "what?"}, 200), ({"requestedInformation": "w" * 5000}, 200), ({"requestedInformation": "w" * 5001}, 400), ({}, 400),
    ({"requestedInformation": ""}, 400), ({"requestedInformation": None}, 400), ({"requestedInformation": {}}, 400),
    ({"requestedInformation": "a", "engineerPhone": "1" * 51}, 400),
])
@pytest.mark.parametrize("side", ["request", "response"])
def test_members_of_information(case, side, body, status):
    if side == "response":
        bring_to(case, "INFORMATION")
        if "engineerPhone" in body:
            status = 200  # not a member of the answer: ignored
    caller = case.receiver.engineer if side == "request" else case.submitter.engineer
    answer = caller.post(f"{case.path}/information-{side}", body, expect=status)
    if status == 200:
        assert answer["status"] == "INFORMATION"
        assert answer["caseResponses"][-1]["type"] == f"INFORMATION_{side.upper()}"
        assert answer["caseResponses"][-1]["requestedInformation"] == body["requestedInformation"]
        assert case.seen_by_receiver()["caseResponses"][-1]["requestedInformation"] == body["requestedInformation"]


def test_a_question_an_answer_and_acceptance(case):
    receiver, submitter = case.receiver.engineer, case.submitter.engineer
    receiver.post(f"{case.path}/information-request", {"requestedInformation": "Which release?"}, expect=200)
    assert case.seen_by_submitter()["status"] == "INFORMATION" and case.seen_by_submitter()["responded"] is True
    submitter.post(f"{case.path}/information-response", {"requestedInformation": "Release 12"}, expect=200)
    receiver.post(f"{case.path}/information-request", {"requestedInformation": "And the node?"}, expect=200)
    submitter.post(f"{case.path}/information-response", {"requestedInformation": "Node 4"}, expect=200)
    case.approve()
    submitter.post(f"{case.path}/closure", expect=200)
    types = [response["type"] for response in case.seen_by_receiver()["caseResponses"]]
    assert types == ["INFORMATION_REQUEST", "INFORMATION_RESPONSE", "INFORMATION_REQUEST", "INFORMATION_RESPONSE", "APPROVAL", "CLOSURE"]


@pytest.mark.parametrize("body, status", [
    ({"internalCaseNumber": "N-77"}, 200), ({}, 200), ({"internalCaseNumber": None}, 200), ({"internalCaseNumber": ""}, 200), ({"other": 1}, 200),
    ({"internalCaseNumber": 7}, 400), ({"submitterContactDetails": "x"}, 400),
    ({"submitterContactDetails": {"name": "N", "email": "n@elsewhere.example"}}, 400),
])
def test_patching_a_case(case, body, status):
    answer = case.submitter.engineer.patch(case.path, body, expect=status)
    if status == 200 and body.get("internalCaseNumber"):
        assert answer["submitterCaseNumber"] == "N-77" and case.seen_by_receiver()["submitterCaseNumber"] == "N-77"
    else:
        assert case.seen_by_submitter()["submitterCaseNumber"] == case.draft["internalCaseNumber"]


@pytest.mark.parametrize("body", [{"engineerEmail": "no mail"}, {"engineerEmail": 7}, {"caseNumber": []}, {"engineerPhone": "1" * 51}])
def test_members_of_a_changed_approval(case, body):
    case.approve()
    case.receiver.engineer.patch(f"{case.path}/approval", body, expect=400)


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff"])
def test_a_closure_with_a_body_that_is_none(case, body):
    case.approve()
    case.submitter.engineer.request("POST", f"{case.path}/closure", data=body, headers={"Content-Type": "application/json"}, expect=400)
    assert case.seen_by_submitter()["status"] == "ACCEPTED"


def test_reading_with_a_flag_that_is_none(case):
    for path in (f"{case.path}?includeRemovedNotes=perhaps", f"{case.path}/notes?includeRemoved=perhaps"):
        case.submitter.engineer.get(path, expect=400)
    case.submitter.engineer.get(f"{case.path}?includeRemovedNotes=TRUE", expect=200)


def test_a_new_contact_is_shown_to_the_partner_after_acceptance_only(world, case):
    contact = {"name": case.submitter.word("new contact").capitalize(), "email": case.submitter.email(case.submitter.word("new mail")), "phone": "5550123"}
    case.submitter.engineer.patch(case.path, {"submitterContactDetails": contact}, expect=200)
    assert case.seen_by_receiver()["submitterContactDetails"] is None
    world.ledger.release(f"{contact['name']} {contact['email']}", case.receiver.key)
    case.approve()
    assert case.seen_by_receiver()["submitterContactDetails"] == contact


def test_until_acceptance_the_people_of_the_submitter_are_a_placeholder(world, case):
    view = case.seen_by_receiver().body
    person = view["submittedBy"]
    assert person["email"] == f"withheld@{case.submitter.domain}"
    assert person["firstName"] == "Support" and person["lastName"] == case.submitter.name
    assert person["id"] and person["id"] != case.submitter.accounts["engineer"]["id"]
    assert view["submitterContactDetails"] is None
    again = world.released_case(case.submitter, case.receiver, world.harbour).seen_by_receiver()["submittedBy"]
    assert again == person, "the placeholder is the same for every case of a company"
    labels = [field["fieldName"] for field in view["customFields"]]
    assert "Customer Name" not in labels and "Customer Email" not in labels
    case.approve()
    view = case.seen_by_receiver().body
    assert view["submittedBy"]["email"] == case.submitter.accounts["engineer"]["email"]
    assert view["submitterContactDetails"]["email"] == case.draft["submitterContactDetails"]["email"]
    values = {field["fieldName"]: field["value"] for field in view["customFields"]}
    assert values["Customer Name"] == case.values["Customer Name"]


def test_a_stranger_s_case_is_like_no_case(case, corvid, dorn):
    """Same status, same body but for the token, whichever call."""
    for company in (corvid, dorn):
        for name, (method, path, body) in actions(case).items():
            answers = []
            for token in (case.token, "A" * len(case.token)):
                for accept in (PROBLEM_MODE, LEGACY_MODE):
                    answer = company.engineer.request(method, f"/v1/collaboration-requests/{token}{path}", json=body, accept=accept)
                    assert answer.status == (404 if accept == PROBLEM_MODE else 500), name
                    masked = {k: v.replace(token, "T") if isinstance(v, str) else v for k, v in answer.body.items()}
                    answers.append((accept, {k: v for k, v in masked.items() if k not in ("requestId",)}))
            assert answers[0] == answers[2] and answers[1] == answers[3], name
        company.engineer.get(case.path, expect=404)
        company.engineer.get(f"{case.path}/notes", expect=404)
        company.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=404)
        company.engineer.get(f"/api/v1/cases/{case.token}/preview", expect=404)


def test_the_receiver_never_closes(case):
    case.approve()
    case.receiver.engineer.post(f"{case.path}/closure", expect=(403, 422))
    assert case.seen_by_submitter()["status"] == "ACCEPTED"


def test_tokens_are_case_sensitive(case):
    other = case.token.swapcase()
    case.submitter.engineer.get(f"/v1/collaboration-requests/{other}", expect=404)


def test_the_numeric_id_opens_nothing(case):
    case.submitter.engineer.get(f"/v1/collaboration-requests/{case.id}", expect=404)


def test_another_engineer_of_the_company_carries_on(case):
    assert case.seen_by_submitter(caller=case.submitter.engineer2)["token"] == case.token
    case.approve(caller=case.receiver.engineer2)
    case.submitter.engineer2.post(f"{case.path}/closure", expect=200)


def test_updated_at_moves_with_every_change_and_never_back(case):
    times = [case.seen_by_receiver()["updatedAt"]]
    case.note(case.submitter.engineer, "One more thing")
    times.append(case.seen_by_receiver()["updatedAt"])
    case.approve()
    times.append(case.seen_by_receiver()["updatedAt"])
    case.submitter.engineer.post(f"{case.path}/closure", expect=200)
    times.append(case.seen_by_receiver()["updatedAt"])
    assert times == sorted(times)
