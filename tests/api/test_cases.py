"""The own API's cases: one model for writing and reading, conditional changes, stable pages, and the same rules as the Connect dialect."""

import uuid

import pytest

from support import contract as contracts

CASES = "/api/v1/cases"


@pytest.fixture(scope="module")
def draft(world):
    """A body to open a case with: halden to brightwell, about a customer who permitted everything."""
    halden, brightwell, harbour = world.halden, world.brightwell, world.harbour

    def make(**more):
        fields = {field["label"]: field["id"] for field in brightwell.form["fields"]}
        word = halden.word("native case", (brightwell.key,))
        return {
            "form": brightwell.form["id"], "summary": f"Paths drop {word}", "description": f"Since the upgrade {word}", "severity": "high",
            "submitter": {"caseNumber": f"H-{uuid.uuid4().hex[:8]}", "contact": None},
            "fields": [{"field": fields["Customer Company"], "value": harbour.name}, {"field": fields["Node count"], "value": "14"}],
            **more,
        }

    return make


@pytest.fixture
def opened(world, draft):
    world.ledger.release(world.harbour.name, world.brightwell.key)
    return world.halden.engineer.post(CASES, draft(), expect=201)


def path(case, rest=""):
    return f"{CASES}/{case['token']}{rest}"


# --- one model ---


def test_what_is_written_is_read_back_under_the_same_names(halden, draft):
    body = draft()
    made = halden.engineer.post(CASES, body, expect=201)
    assert made.headers["Location"] == f"{CASES}/{made['token']}"
    assert (made["form"], made["summary"], made["description"], made["severity"]) == (body["form"], body["summary"], body["description"], "high")
    assert made["submitter"]["caseNumber"] == body["submitter"]["caseNumber"] and made["side"] == "submitter"
    assert {(field["field"], field["value"]) for field in made["fields"]} == {(field["field"], field["value"]) for field in body["fields"]}
    assert contracts.wrong_everywhere(made.body) == []
    again = halden.engineer.get(path(made), expect=200)
    assert again.body == made.body and again.headers["ETag"] == made.headers["ETag"]


def test_what_was_read_can_open_another_and_can_be_patched_back(halden, opened):
    copy = {**opened.body, "submitter": {**opened["submitter"], "caseNumber": "H-copy"}}
    second = halden.engineer.post(CASES, copy, expect=201)
    assert second["token"] != opened["token"] and second["summary"] == opened["summary"]
    same = halden.engineer.patch(path(opened), opened.body, headers={"If-Match": opened.headers["ETag"]}, expect=200)
    assert same.body == opened.body and same.headers["ETag"] == opened.headers["ETag"]


def test_both_dialects_show_the_same_case(halden, brightwell, opened):
    connect = halden.engineer.get(f"/v1/collaboration-requests/{opened['token']}", expect=200)
    assert (connect["id"], connect["status"], connect["priority"]) == (opened["id"], "OPEN", "HIGH")
    theirs = brightwell.engineer.get(path(opened), expect=200)
    assert theirs["side"] == "receiver" and theirs["severity"] == "high" and theirs["summary"] == opened["summary"]
    assert theirs["submitter"]["openedBy"]["firstName"] == "Support" and theirs["authorization"] is None and theirs["hold"] is None


def test_a_held_case_says_what_it_waits_for_and_the_partner_knows_nothing(halden, brightwell, draft):
    body = draft()
    body["fields"] = []
    made = halden.engineer.post(CASES, body, expect=201)
    assert made["flow"] == "held" and made["hold"]["reason"] == "customer_missing" and made["respondBy"] is None
    assert brightwell.engineer.get(path(made), expect=404).code == "case_not_found"
    assert made["token"] not in [row["token"] for row in brightwell.engineer.get(f"{CASES}?limit=500", expect=200).items]


def test_every_violation_at_once_with_its_pointer(halden):
    answer = halden.engineer.post(CASES, {"severity": "urgent", "fields": [{"field": 0}], "submitter": {}, "summary": "x" * 501}, expect=400)
    assert {violation["pointer"] for violation in answer["violations"]} == {"/form", "/severity", "/fields/0/field", "/submitter/caseNumber", "/summary"}


def test_refusals_of_the_gate_are_the_same(halden, dorn, draft):
    answer = halden.engineer.post(CASES, {**draft(), "form": dorn.form["id"]}, expect=403)
    assert answer.code == "agreement_missing" and answer["nextStep"]
    assert halden.engineer.post(CASES, {**draft(), "form": 2147483647}, expect=404).code == "form_not_found"
    assert halden.compliance.post(CASES, draft(), expect=403).code == "no_role"


def test_pointers_speak_of_the_own_model(halden, brightwell, draft, opened):
    body = draft()
    body["submitter"]["contact"] = {"name": "N", "email": "n@elsewhere.example"}
    assert halden.engineer.post(CASES, body, expect=400)["violations"][0]["pointer"] == "/submitter/contact/email"
    answer = {"kind": "approve", "engineer": {"email": "x@elsewhere.example"}}
    assert brightwell.engineer.post(path(opened, "/answers"), answer, expect=400)["violations"][0]["pointer"] == "/engineer/email"


# --- conditional changes ---


def test_a_change_needs_what_was_read_and_moves_the_tag(halden, opened):
    patch = {"severity": "critical"}
    assert halden.engineer.patch(path(opened), patch, expect=428).code == "if_match_needed"
    changed = halden.engineer.patch(path(opened), patch, headers={"If-Match": opened.headers["ETag"]}, expect=200)
    assert changed["severity"] == "critical" and changed["priority"] == "HIGH" and changed.headers["ETag"] != opened.headers["ETag"]
    assert halden.engineer.patch(path(opened), patch, headers={"If-Match": opened.headers["ETag"]}, expect=412).code == "changed_since"


def test_an_unchanged_case_is_not_sent_again(halden, opened):
    answer = halden.engineer.get(path(opened), headers={"If-None-Match": opened.headers["ETag"]}, expect=304)
    assert answer.text == "" and answer.headers["ETag"] == opened.headers["ETag"]
    assert halden.engineer.get(path(opened), headers={"If-None-Match": '"other"'}, expect=200)["token"] == opened["token"]


@pytest.mark.parametrize("patch, pointer", [
    ({"summary": "other"}, "/summary"), ({"status": "closed"}, "/status"), ({"receiver": {"caseNumber": "X"}}, "/receiver/caseNumber"),
    ({"submitter": {"company": 1}}, "/submitter/company"), ({"nonsense": 1}, "/nonsense"), ({"fields": []}, "/fields"),
    ({"submitter": None}, "/submitter"), ({"submitter": {"contact": None, "caseNumber": None}}, "/submitter/caseNumber"), ({"test": True}, "/test"),
])
def test_what_a_side_may_not_change_is_refused_with_its_pointer(halden, opened, patch, pointer):
    answer = halden.engineer.patch(path(opened), patch, headers={"If-Match": "*"}, expect=400)
    assert pointer in [violation["pointer"] for violation in answer["violations"]]


def test_the_receiver_changes_its_own_number_and_contact(world, halden, brightwell, opened):
    halden_sees = lambda: halden.engineer.get(path(opened), expect=200)
    assert brightwell.engineer.patch(path(opened), {"receiver": {"caseNumber": "B-1"}}, headers={"If-Match": "*"}, expect=422).code == "wrong_state"
    engineer = {"name": "Duty desk", "email": brightwell.email(), "phone": None}
    answer = brightwell.engineer.post(path(opened, "/answers"), {"kind": "approve", "caseNumber": "B-1", "engineer": engineer}, expect=201)
    assert answer["status"] == "accepted" and halden_sees()["receiver"]["caseNumber"] == "B-1"
    for account in halden.accounts.values():
        world.ledger.release(f"{account['firstName']} {account['lastName']} {account['email']} {halden.cities[account['id']]}", brightwell.key)
    brightwell.engineer.patch(path(opened), {"receiver": {"caseNumber": "B-2"}}, headers={"If-Match": answer.headers["ETag"]}, expect=200)
    assert halden_sees()["receiver"]["caseNumber"] == "B-2"
    wrong = brightwell.engineer.patch(path(opened), {"receiver": {"contact": {"email": "a@b.example"}}}, headers={"If-Match": "*"}, expect=400)
    assert wrong["violations"][0]["pointer"] == "/receiver/contact/email"
    assert brightwell.engineer.patch(path(opened), {"severity": "low"}, headers={"If-Match": "*"}, expect=400)["violations"][0]["code"] == "read_only"


# --- answers ---


def test_a_whole_conversation(world, halden, brightwell, opened):
    answers = path(opened, "/answers")
    engineer = {"name": "Duty desk", "email": brightwell.email(), "phone": None}
    steps = [
        (brightwell, {"kind": "ask", "text": "Which release?", "engineer": engineer}, "information"),
        (halden, {"kind": "reply", "text": "12.1"}, "information"),
        (brightwell, {"kind": "approve", "caseNumber": "B-7", "engineer": engineer, "nextSteps": "Looking"}, "accepted"),
        (brightwell, {"kind": "change", "caseNumber": "B-8", "engineer": engineer, "nextSteps": "Fixed in 12.2"}, "accepted"),
        (halden, {"kind": "close"}, "closed"),
    ]
    for company, body, status in steps:
        made = company.engineer.post(answers, body, expect=201)
        assert made["kind"] == body["kind"] and made["status"] == status and made["company"] == company.id
        for member in ("text", "caseNumber", "engineer", "nextSteps"):
            if member in body:
                assert made[member] == body[member]
    assert [row["kind"] for row in halden.engineer.get(answers, expect=200).items] == [body["kind"] for _, body, _ in steps]
    assert halden.engineer.get(path(opened), expect=200)["status"] == "closed"
    assert halden.engineer.post(answers, {"kind": "close"}, expect=422).code == "wrong_state"


def test_steps_of_the_other_side_and_stale_ones(halden, brightwell, opened):
    answers = path(opened, "/answers")
    assert halden.engineer.post(answers, {"kind": "reject", "reason": "no"}, expect=403).code == "wrong_side"
    stale = brightwell.engineer.get(path(opened), expect=200).headers["ETag"]
    halden.engineer.post(path(opened, "/notes"), {"visibility": "shared", "summary": "one more thing"}, expect=201)
    body = {"kind": "reject", "reason": "not ours"}
    assert brightwell.engineer.post(answers, body, headers={"If-Match": stale}, expect=412).code == "changed_since"
    assert brightwell.engineer.post(answers, body, expect=201)["reason"] == "not ours"


def test_an_answer_sent_twice_happens_once(halden, brightwell, opened):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"kind": "ask", "text": "Which release?"}
    first = brightwell.engineer.post(path(opened, "/answers"), body, headers=key, expect=201)
    second = brightwell.engineer.post(path(opened, "/answers"), body, headers=key, expect=201)
    assert first.body == second.body and second.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert len(halden.engineer.get(path(opened, "/answers"), expect=200).items) == 1


# --- the list ---


@pytest.fixture(scope="module")
def pair(world):
    """Two companies of their own, so that lists are known to the last row."""
    one, two = world.company("listone"), world.company("listtwo")
    world.agreement(one, two)
    customer = one.customer("listed")
    one.authorize(customer, [two])
    world.ledger.release(customer.name, two.key)
    fields = {field["label"]: field["id"] for field in two.form["fields"]}

    def make(number, **more):
        word = one.word(f"listed {number}", (two.key,))
        return one.engineer.post(CASES, {
            "form": two.form["id"], "summary": f"Case {word}", "submitter": {"caseNumber": f"L-{number}"},
            "fields": [{"field": fields["Customer Company"], "value": customer.name}], **more}, expect=201)

    made = [make(number, severity=("critical", "high", "medium", "low")[number % 4], test=number == 3) for number in range(7)]
    return one, two, made, make


def walk(caller, query, size):
    tokens, cursor = [], None
    while True:
        page = caller.get(f"{CASES}?{query}&limit={size}" + (f"&after={cursor}" if cursor else ""), expect=200)
        tokens += [row["token"] for row in page.items]
        cursor = page["next"]
        if cursor is None:
            return tokens
        assert len(page.items) == size


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500])
@pytest.mark.parametrize("order", ["newest", "updated"])
def test_pages_make_the_whole_list_in_both_orders(pair, size, order):
    one, two, made, _ = pair
    expected = [row["token"] for row in made]
    for caller in (one.engineer, two.engineer):
        tokens = walk(caller, f"order={order}", size)
        assert sorted(tokens) == sorted(expected) and len(set(tokens)) == len(tokens)
    assert walk(one.engineer, "order=newest", size) == walk(one.engineer, "order=newest", 500)


def test_a_page_begins_where_the_last_ended_whatever_was_opened_meanwhile(pair):
    one, _, _, make = pair
    first = one.engineer.get(f"{CASES}?limit=3", expect=200)
    before = walk(one.engineer, "", 500)
    late = make(50)
    rest = one.engineer.get(f"{CASES}?limit=500&after={first['next']}", expect=200)
    assert [row["token"] for row in [*first.items, *rest.items]] == before and late["token"] not in before


def test_filters(pair, world):
    one, two, made, _ = pair
    def tokens(caller, query):
        return {row["token"] for row in caller.get(f"{CASES}?limit=500&{query}", expect=200).items}

    critical = {row["token"] for row in made if row["severity"] == "critical"}
    assert tokens(one.engineer, "severity=critical") == critical == tokens(one.engineer, "severity=S1")
    assert tokens(one.engineer, "test=true") == {made[3]["token"]}
    assert tokens(one.engineer, "caseNumber=L-2") == {made[2]["token"]} and tokens(two.engineer, "caseNumber=L-2") == set()
    assert tokens(one.engineer, "side=receiver") == set() and made[0]["token"] in tokens(two.engineer, "side=receiver")
    assert tokens(one.engineer, f"partner={world.brightwell.id}") == set() and made[0]["token"] in tokens(one.engineer, f"partner={two.id}")
    assert tokens(one.engineer, "status=closed,rejected") == set() and made[0]["token"] in tokens(one.engineer, "status=closed,open")
    assert tokens(one.engineer, "flow=held") == set() and made[0]["token"] in tokens(one.engineer, "flow=open")
    assert tokens(one.engineer, "updatedAfter=2099-01-01T00:00:00Z") == set()
    assert made[0]["token"] in tokens(one.engineer, f"createdAfter={made[0]['createdAt']}")


def test_in_the_order_of_changes_a_changed_case_is_seen_again_at_the_end(pair):
    one, _, made, _ = pair
    first = one.engineer.get(f"{CASES}?order=updated&limit=2", expect=200)
    one.engineer.post(path(first.items[0], "/notes"), {"visibility": "shared", "summary": "moves it"}, expect=201)
    rest = [row["token"] for row in one.engineer.get(f"{CASES}?order=updated&limit=500&after={first['next']}", expect=200).items]
    assert rest[-1] == first.items[0]["token"] and {row["token"] for row in made} <= {row["token"] for row in first.items} | set(rest)


@pytest.mark.parametrize("query, pointer", [
    ("status=OPEN", "/status"), ("side=both", "/side"), ("flow=x", "/flow"), ("severity=P1", "/severity"), ("limit=0", "/limit"), ("limit=501", "/limit"),
    ("after=nonsense", "/after"), ("order=oldest", "/order"), ("test=maybe", "/test"), ("partner=-1", "/partner"), ("updatedAfter=today", "/updatedAfter"),
])
def test_wrong_parameters_are_refused_by_name(halden, query, pointer):
    assert pointer in [violation["pointer"] for violation in halden.engineer.get(f"{CASES}?{query}", expect=400)["violations"]]


def test_a_cursor_fits_only_its_own_list(pair):
    one, *_ = pair
    cursor = one.engineer.get(f"{CASES}?limit=1", expect=200)["next"]
    assert one.engineer.get(f"{CASES}?limit=9&after={cursor}", expect=200).items
    for query in ("order=updated", "severity=low", "status=open"):
        assert one.engineer.get(f"{CASES}?{query}&after={cursor}", expect=400)["violations"][0]["code"] == "bad_cursor"


# --- severities ---


def test_a_case_opened_in_either_dialect_reads_the_same_on_both_sides(world, draft):
    one, two = world.company("gradeone"), world.company("gradetwo")
    world.agreement(one, two)
    customer = one.customer("graded")
    one.authorize(customer, [two])
    world.ledger.release(customer.name, two.key)
    names = {severity: one.word(f"name of {severity}", (two.key,)) for severity in ("critical", "high", "medium", "low")}
    one.administrator.put(f"/api/v1/links/{two.id}", {
        "levels": [{"severity": severity, "priority": priority, "name": names[severity]}
                   for severity, priority in (("critical", "HIGH"), ("high", "MEDIUM"), ("medium", "MEDIUM"), ("low", "LOW"))],
        "fromPriority": {"HIGH": "critical", "MEDIUM": "high", "LOW": "low"}}, headers={"If-Match": "*"}, expect=200)
    field = next(field["id"] for field in two.form["fields"] if field["label"] == "Customer Company")
    body = {"form": two.form["id"], "summary": "Graded", "submitter": {"caseNumber": "G-1"}, "fields": [{"field": field, "value": customer.name}]}

    def both(token):
        mine, theirs = one.engineer.get(f"{CASES}/{token}", expect=200), two.engineer.get(f"{CASES}/{token}", expect=200)
        assert (mine["severity"], mine["priority"]) == (theirs["severity"], theirs["priority"])
        assert mine["severityName"] == names[mine["severity"]] and theirs["severityName"] is None
        assert two.engineer.get(f"/v1/collaboration-requests/{token}", expect=200)["priority"] == mine["priority"]
        return mine["severity"], mine["priority"]

    assert both(one.engineer.post(CASES, {**body, "severity": "high"}, expect=201)["token"]) == ("high", "MEDIUM")
    assert both(one.engineer.post(CASES, {**body, "severityName": names["critical"]}, expect=201)["token"]) == ("critical", "HIGH")
    assert both(one.engineer.post(CASES, {**body, "severity": "S4"}, expect=201)["token"]) == ("low", "LOW")
    assert both(one.engineer.post(CASES, body, expect=201)["token"]) == ("medium", "MEDIUM")
    connect = world.open_case(one, two, customer, priority="MEDIUM")
    assert both(connect.token) == ("high", "MEDIUM")
    wrong = one.engineer.post(CASES, {**body, "severity": "low", "severityName": names["high"]}, expect=400)
    assert wrong["violations"][0]["pointer"] == "/severityName"
    assert one.engineer.post(CASES, {**body, "severityName": "nobody calls it so"}, expect=400)["violations"][0]["pointer"] == "/severityName"
