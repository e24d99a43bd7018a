"""Idempotency-Key on calls that create (semantics 9): scope, repeat, conflict, what is not kept."""

import concurrent.futures
import urllib.parse
import uuid

import pytest

from support.world import stamp

CREATE = "/v1/collaboration-requests"


@pytest.fixture
def draft(world, halden, brightwell):
    body = world.draft(halden, brightwell, world.harbour)
    body.pop("values")
    world.mark_released(body, brightwell)
    return body


@pytest.fixture
def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def rows(company, number):
    return company.engineer.get(f"/v2/collaboration-requests/list?internalCaseNumber={number}", expect=200).body


def test_a_repeat_gives_the_same_case(halden, draft, key):
    first = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    second = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    assert first["token"] == second["token"] and first["id"] == second["id"]
    assert len(rows(halden, draft["internalCaseNumber"])) == 1


def test_a_repeat_renders_through_today_s_state(world, halden, draft, key):
    first = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    halden.engineer.post(f"{CREATE}/{first['token']}/notes", {"summary": "in between"}, expect=200)
    again = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    assert "in between" in [note["summary"] for note in again["caseNotes"]]


def test_a_repeat_that_shows_more_is_a_disclosure(world, halden, brightwell, draft, key):
    """The answer holds what the partner wrote since: the partner has the record of it, and what it sent counts as taken."""
    first = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    brightwell.engineer.post(f"{CREATE}/{first['token']}/notes", {"summary": "in between"}, expect=200)
    again = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    assert again.headers["Idempotency-Replayed"] == "true"
    rows = brightwell.compliance.get(f"/api/v1/audit/entries?case={first['token']}&order=newest&limit=20", expect=200).items
    repeat = next(row for row in rows if row["operation"] == "case.create.repeat")
    assert [one["version"] for one in repeat["core"]["resources"] if one["type"] == "case"] == [2]
    page = brightwell.engineer.get(f"/api/v1/audit/reconciliation?since={stamp(-60)}&partner={halden.id}", expect=200)
    note = [row for row in page["items"] if row["case"] == first["token"] and row["event"] == "note.created"]
    assert note and note[-1]["taken"]["how"] == "read"


def test_a_repeated_answer_is_one_s_own(world, halden, brightwell, draft, key):
    token = halden.engineer.post(CREATE, draft, expect=200)["token"]
    ask = {"kind": "ask", "text": "Which release?", "engineer": {"name": "Duty desk", "email": brightwell.email(), "phone": None}}
    first = brightwell.engineer.post(f"/api/v1/cases/{token}/answers", ask, headers=key, expect=201)
    halden.engineer.post(f"{CREATE}/{token}/information-response", {"requestedInformation": "The newest"}, expect=200)
    again = brightwell.engineer.post(f"/api/v1/cases/{token}/answers", ask, headers=key, expect=201)
    assert again.body == first.body, "not what the partner answered since"
    later = {"kind": "reject", "reason": "Not ours", "engineer": ask["engineer"]}
    brightwell.engineer.post(f"/api/v1/cases/{token}/answers", later, expect=201)
    assert brightwell.engineer.post(f"/api/v1/cases/{token}/answers", ask, headers=key, expect=201).body == first.body, "and not another of one's own"
    page = brightwell.engineer.get(f"/api/v1/audit/reconciliation?since={stamp(-60)}&open=true", expect=200)
    assert [row["event"] for row in page["items"] if row["case"] == token and row["direction"] == "received"][-1] == "information.provided"


def test_another_body_under_the_same_key_is_a_conflict(halden, draft, key):
    halden.engineer.post(CREATE, draft, headers=key, expect=200)
    halden.engineer.post(CREATE, {**draft, "priority": "HIGH"}, headers=key, expect=409)
    halden.engineer.post(CREATE, {**draft, "priority": "HIGH"}, headers=key, accept="application/json", expect=500)
    assert len(rows(halden, draft["internalCaseNumber"])) == 1


def test_another_caller_has_keys_of_his_own(world, halden, draft, key):
    first = halden.client.post(CREATE, draft, headers=key, expect=200)
    second = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    assert first["token"] != second["token"]


def test_another_company_has_keys_of_its_own(world, halden, corvid, brightwell, draft, key):
    first = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    other = world.draft(corvid, brightwell, None)
    other.pop("values")
    second = corvid.engineer.post(CREATE, other, headers=key, expect=200)
    assert first["token"] != second["token"] and second["submitCompanyId"] == corvid.id


def test_an_error_is_not_kept(halden, draft, key):
    halden.engineer.post(CREATE, {**draft, "priority": "NEVER"}, headers=key, expect=400)
    assert halden.engineer.post(CREATE, draft, headers=key, expect=200)["status"] == "OPEN"


def test_without_a_key_each_call_is_its_own(halden, draft):
    first, second = (halden.engineer.post(CREATE, draft, expect=200) for _ in range(2))
    assert first["token"] != second["token"]


@pytest.mark.parametrize("value", ["", "a" * 300, "käy", "a b", "\x7f"])
def test_keys_that_are_none(halden, draft, value):
    answer = halden.engineer.post(CREATE, draft, headers={"Idempotency-Key": value.encode("utf-8")})
    assert answer.status in (200, 400)


def test_the_same_key_at_the_same_time_makes_one_case(world, halden, draft, key):
    callers = [halden.engineer.with_token(halden.engineer.token) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(len(callers)) as pool:
        answers = list(pool.map(lambda caller: caller.post(CREATE, draft, headers=key), callers))
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer["token"] for answer in answers if answer.status == 200}) == 1
    assert len(rows(halden, draft["internalCaseNumber"])) == 1


def test_native_creates_take_a_key(world, halden, brightwell, key):
    customer = halden.customer()
    body = {"customer": customer.id, "partners": [brightwell.id], "purpose": "support", "dataClasses": ["technical"], "until": "2031-01-01T00:00:00Z"}
    first, second = (halden.engineer.post("/api/v1/authorizations", body, headers=key, expect=201) for _ in range(2))
    assert first["id"] == second["id"]
    assert len(halden.engineer.get(f"/api/v1/authorizations?customer={customer.id}", expect=200).items) == 1


def test_a_repeat_is_recorded(world, halden, draft, key):
    token = halden.engineer.post(CREATE, draft, headers=key, expect=200)["token"]
    before = len(halden.compliance.get(f"/api/v1/audit/entries?case={token}&limit=100", expect=200).items)
    halden.engineer.post(CREATE, draft, headers=key, expect=200)
    assert len(halden.compliance.get(f"/api/v1/audit/entries?case={token}&limit=100", expect=200).items) > before


# --- every write, and answers that were lost ---


def test_a_step_sent_twice_happens_once(world, halden, brightwell, key, case):
    body = {"requestedInformation": "Which release?", **brightwell.engineer_block()}
    path = f"{CREATE}/{case.token}/information-request"
    first, second = (brightwell.engineer.post(path, body, headers=key, expect=200) for _ in range(2))
    assert len(second["caseResponses"]) == len(first["caseResponses"]) == 1
    assert "Idempotency-Replayed" not in first.headers and second.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_for_another_case_is_another_request(world, halden, brightwell, key, case):
    other = world.released_case(halden, brightwell, world.harbour)
    body = {"summary": "once"}
    halden.engineer.post(f"{CREATE}/{case.token}/notes", body, headers=key, expect=200)
    answer = halden.engineer.post(f"{CREATE}/{other.token}/notes", body, headers=key, expect=409)
    assert answer.code == "idempotency_key_reused"


def test_a_secret_that_is_shown_once_stays_so(world, halden, key):
    body = {"company": halden.id, "username": halden.word("twice", ("operator",)), "firstName": "A", "lastName": "B",
            "email": f"a@{halden.domain}", "role": "engineer"}
    first, second = (world.operator.post("/api/v1/users", body, headers=key, expect=201) for _ in range(2))
    assert first["id"] == second["id"] and first["password"] and "password" not in second.body


def test_what_became_of_a_lost_answer(world, halden, draft, key):
    value = key["Idempotency-Key"]
    assert halden.engineer.get(f"/api/v1/idempotency/{value}", expect=200).body == {"key": value, "state": "unknown", "outcomes": []}
    made = halden.engineer.post(CREATE, draft, headers=key, expect=200)
    known = halden.engineer.get(f"/api/v1/idempotency/{value}", expect=200)
    assert known["state"] == "done" and [outcome["operation"] for outcome in known["outcomes"]] == ["createCollaborationRequest"]
    assert known["outcomes"][0]["case"] == made["token"]
    assert {"type": "case", "id": str(made["id"])} in known["outcomes"][0]["resources"]
    assert halden.engineer2.get(f"/api/v1/idempotency/{value}", expect=200)["state"] == "unknown"


def test_a_refused_request_leaves_nothing_to_look_up(halden, draft, key):
    halden.engineer.post(CREATE, {**draft, "documentId": 2147483647}, headers=key, expect=404)
    assert halden.engineer.get(f"/api/v1/idempotency/{key['Idempotency-Key']}", expect=200)["state"] == "unknown"


def test_keys_of_any_printable_text_can_be_looked_up(halden, draft):
    text = "a/b c?d%20&e=f"
    halden.engineer.post(CREATE, draft, headers={"Idempotency-Key": text}, expect=200)
    known = halden.engineer.get("/api/v1/idempotency/" + urllib.parse.quote(text, safe=""), expect=200)
    assert known["key"] == text and known["state"] == "done"


def test_a_write_refuses_a_key_that_is_none(halden, case):
    answer = halden.engineer.post(f"{CREATE}/{case.token}/notes", {"summary": "s"}, headers={"Idempotency-Key": "k" * 192}, expect=400)
    assert answer.code == "bad_idempotency_key"


def test_a_repeat_asks_for_today_s_right(world, halden, draft):
    """The key and the person are the same, the role is another: what they made is not shown to them again."""
    tag = f"-moved-{uuid.uuid4().hex[:8]}"

    def becomes(role):
        halden.administrator.patch(f"/api/v1/users/{halden.accounts['administrator' + tag]['id']}", {"role": role}, expect=200)
        mover.login(mover.login_name, mover.password)

    def body(name):
        return {"username": halden.word(f"{name}{tag}", ("operator",)), "firstName": "A", "lastName": "B", "email": f"a@{halden.domain}", "role": "engineer"}

    mover = halden.person("administrator", tag)
    partner = world.brightwell
    customer = halden.customer()
    wanted = {"customer": customer.id, "partners": [partner.id], "purpose": "support", "dataClasses": ["technical"], "until": "2031-01-01T00:00:00Z"}
    keys = [{"Idempotency-Key": str(uuid.uuid4())} for _ in range(3)]
    someone = body("somebody")
    made = mover.post("/api/v1/users", someone, headers=keys[0], expect=201)
    assert mover.post("/api/v1/users", someone, headers=keys[0], expect=201)["id"] == made["id"]
    asked = mover.post("/api/v1/authorizations", wanted, headers=keys[1], expect=201)

    becomes("engineer")
    refused = mover.post("/api/v1/users", someone, headers=keys[0], expect=409)
    assert refused.code == "already_done" and someone["username"] not in refused.text and someone["email"] not in refused.text
    assert mover.post("/api/v1/authorizations", wanted, headers=keys[1], expect=201)["id"] == asked["id"], "an engineer reads those as well"
    case = mover.post(CREATE, draft, headers=keys[2], expect=200)
    assert mover.post(CREATE, draft, headers=keys[2], expect=200)["token"] == case["token"]

    becomes("auditor")
    refused = mover.post(CREATE, draft, headers=keys[2], expect=409)
    assert draft["problemSummary"] not in refused.text
    assert mover.get(f"/api/v1/idempotency/{keys[2]['Idempotency-Key']}", expect=200)["state"] == "done", "that it was done can be looked up"
