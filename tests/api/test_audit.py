"""The audit log through the interface: which records an action leaves, who may read them, and that the whole verifies."""

import base64
import hashlib
import re
import uuid

import pytest

from support.gateway import until


def entries(caller, **query):
    words = "&".join(f"{key}={value}" for key, value in query.items())
    return caller.get(f"/api/v1/audit/entries?{words}", expect=200)


def records_of(case, company=None):
    company = company or case.submitter
    found = entries(company.compliance, case=case.token, limit=500)
    return found.items


def operations(rows, outcome=None):
    return [row["operation"] for row in rows if outcome is None or str(row["outcome"]).startswith(outcome)]


def size(world):
    return entries(world.operator, limit=1)["size"]


def acting(row):
    return int(row["core"]["actor"].get("org_uid", 0))


def test_an_entry_as_it_is_listed(world, case):
    row = records_of(case)[0]
    assert set(row) >= {"index", "event", "time", "operation", "outcome", "reason", "core"}
    assert uuid.UUID(row["event"]).version == 7
    assert acting(row) == case.submitter.id and row["core"]["actor"]["role"]
    assert row["core"]["resources"] and all(set(resource) >= {"type", "uid"} for resource in row["core"]["resources"])
    assert row["outcome"] in ("success", "failure")


def test_each_step_of_a_case_leaves_its_record(world, case):
    before = operations(records_of(case))
    assert "case.create" in before
    case.approve()
    case.note(case.submitter.engineer, "a note")
    case.submitter.engineer.post(f"{case.path}/closure", expect=200)
    added = operations(records_of(case))[len(before):]
    assert [name for name in added if name in ("case.approve", "note.create", "case.close")] == ["case.approve", "note.create", "case.close"], added


class Recorder:
    """What the log gained by a call, beside what others do at the same time (upkeep, and the reading of the log itself)."""

    def __init__(self, world):
        self.world = world
        self.after = newest(world.operator, 1)[-1]["index"]

    def gained(self):
        rows = [row for row in newest(self.world.operator, 60) if row["index"] > self.after]
        self.after = max([row["index"] for row in rows], default=self.after)
        return [(row["operation"], row["outcome"], row["reason"]) for row in rows
                if row["operation"] not in ("audit.list", "case.read.counted", "request.refused", "rows.changed") and row["reason"] != "not_a_party"]


def test_each_call_leaves_exactly_its_records(world, halden, brightwell):
    customer = halden.customer("recorded")
    assert halden.engineer and brightwell.engineer and halden.compliance  # signed in before the count begins
    log = Recorder(world)

    def left(*expected):
        assert log.gained() == [(one, "success", "") if isinstance(one, str) else one for one in expected]

    case = world.open_case(halden, brightwell, customer)
    left(("case.create", "success", "authorization_missing"))
    asked = halden.request_authorization(customer, [brightwell])
    left("authorization.request")
    case.release_to_receiver()
    halden.grant(asked)
    left("authorization.grant", ("case.release", "success", "authorization_granted"))
    case.seen_by_receiver()
    left("case.read")
    case.seen_by_receiver()
    left()
    case.note(halden.engineer, "one")
    left("note.create")
    brightwell.engineer.get(f"{case.path}/notes", expect=200)
    left("note.list")
    brightwell.engineer.post(f"{case.path}/information-request", {"requestedInformation": "which?"}, expect=200)
    left("case.information.request")
    halden.engineer.post(f"{case.path}/information-response", {"requestedInformation": "that"}, expect=200)
    left("case.information.provide")
    case.approve()
    left("case.approve")
    brightwell.engineer.patch(f"{case.path}/approval", {"engineerEmail": brightwell.email()}, expect=200)
    left("case.approval.update")
    halden.engineer.patch(case.path, {"internalCaseNumber": "N-recorded"}, expect=200)
    left("case.change")
    brightwell.engineer.post(f"{case.path}/closure", expect=(403, 422))
    left(("case.close", "failure", "wrong_side"))
    halden.engineer.post(f"{case.path}/closure", expect=200)
    left("case.close")
    case.note(halden.engineer, "late", expect=422)
    left(("note.create", "failure", "wrong_state"))
    halden.engineer.post("/api/v1/companies", {"name": "x", "domain": "x.example"}, expect=403)
    left(("company.create", "failure", "no_role"))
    world.anonymous.get("/v1/me", expect=401)
    left()


def test_an_answer_names_its_record(case):
    answer = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "traced"}, expect=200)
    event, leaf = answer.headers["Audit-Event"], answer.headers["Audit-Leaf"]
    assert "Audit-Index" not in answer.headers
    assert re.fullmatch(r":[A-Za-z0-9+/]{43}=:", leaf)
    shown = case.submitter.compliance.get(f"/api/v1/audit/entries/{event}", expect=200)
    assert shown["event"] == event and shown["leaf"] == base64.b64decode(leaf.strip(":")).hex()


def test_the_index_is_shown_to_auditors_only(halden, case):
    answer = halden.auditor.get("/api/v1/audit/entries?limit=1", expect=200)
    assert "Audit-Event" in answer.headers
    assert int(answer.headers["Audit-Index"]) >= 0
    assert "Audit-Index" not in case.seen_by_submitter().headers


def test_first_sight_then_counts(world, case):
    """The first read of a version is a record of its own; reading it again is counted, not recorded one by one."""
    reader = case.receiver.engineer2
    reader.get(case.path, expect=200)
    first = [row for row in records_of(case, case.receiver) if row["operation"] == "case.read"]
    for _ in range(5):
        reader.get(case.path, expect=200)
    again = [row for row in records_of(case, case.receiver) if row["operation"] == "case.read"]
    assert len(again) == len(first) >= 1
    case.note(case.submitter.engineer, "a new version")
    reader.get(case.path, expect=200)
    assert len([row for row in records_of(case, case.receiver) if row["operation"] == "case.read"]) == len(first) + 1


def test_counts_become_durable(world, case):
    reader = case.receiver.engineer2
    for _ in range(4):
        reader.get(case.path, expect=200)

    def counted(who):
        rows = who.compliance.get(f"/api/v1/cases/{case.token}/readers", expect=200)["counts"]
        return [row for row in rows if row["company"] == case.receiver.id and row["reads"] == 3]  # the first of the four has a record of its own

    mine = until(lambda: counted(case.receiver), 20, "durable counts of reads")
    theirs = until(lambda: counted(case.submitter), 20, "durable counts of reads")
    assert mine[0]["principal"].startswith("user:") and theirs[0]["principal"] is None, "whose person it was is the company's business"
    assert not [row for row in newest(world.operator, 100) if row["operation"] == "case.read.counted" and str(case.id) in str(row)], "the log tells them once an hour"


def newest(caller, count=30):
    """The newest entries, in the order of the log."""
    return sorted(entries(caller, limit=count, order="newest").items, key=lambda row: row["index"])


def test_a_refused_access_to_an_existing_object_is_recorded(world, case, corvid):
    before = newest(world.operator)[-1]["index"]
    corvid.engineer.get(case.path, expect=404)

    # The record follows within a second: the answer does not wait for it, so that it takes as long as for a case that does not exist.
    def refused():
        return [row for row in newest(world.operator) if row["index"] > before and row["outcome"] == "failure" and row["reason"] == "not_a_party"]

    until(refused, 20, "the record of the refused access")
    row = refused()[-1]
    assert acting(row) == corvid.id
    assert str(case.id) in [resource["uid"] for resource in row["core"]["resources"]]


def test_an_access_to_nothing_is_no_record_of_its_own(world, corvid):
    before = newest(world.operator)[-1]["index"]
    corvid.engineer.get("/v1/collaboration-requests/NoSuchToken1234567", expect=404)
    rows = [row for row in newest(world.operator) if row["index"] > before and row["core"]["actor"].get("org_uid") == str(corvid.id)]
    assert rows == []


def test_refusals_are_recorded_with_their_reason(case):
    case.submitter.engineer.post(f"{case.path}/closure", expect=422)
    row = records_of(case)[-1]
    assert row["outcome"] == "failure" and row["reason"]


def test_signing_in_is_recorded_success_and_failure(world, halden):
    user = halden.add_user("engineer", "-audited")
    caller = world.caller("halden")
    caller.post("/v1/login", {"username": user["username"], "password": "wrong"}, expect=401)
    caller.login(user["username"], __import__("support.world", fromlist=["PASSWORD"]).PASSWORD)
    rows = [row for row in entries(halden.compliance, order="newest", limit=1000).items if row["operation"].startswith(("login", "session", "auth"))]
    outcomes = {str(row["outcome"])[:4] for row in rows}
    assert {"succ", "fail"} <= outcomes


def test_gate_decisions_are_recorded(world, halden, brightwell):
    customer = halden.customer()
    held = world.open_case(halden, brightwell, customer)
    shown = halden.compliance.get(f"/api/v1/audit/entries/{records_of(held)[0]['index']}", expect=200)
    assert "authorization_missing" in shown.text
    held.release_to_receiver()
    halden.authorize(customer, [brightwell])
    assert any("release" in name for name in operations(records_of(held)))


def section(shown, name):
    return next((one for one in shown["sections"] if one["section"] == name), None)


def test_show_opens_what_the_reader_may_read(case):
    case.note(case.submitter.engineer, "shown")
    row = records_of(case)[-1]
    own = case.submitter.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200)
    assert own["core"] and base64.b64decode(own["entry"])
    assert section(own, "actor")["state"] == "opened"
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["commitment"]) and re.fullmatch(r"[0-9a-f]{64}", one["sealedHash"]) for one in own["sections"])
    by_event = case.submitter.compliance.get(f"/api/v1/audit/entries/{row['event']}", expect=200)
    assert by_event["index"] == own["index"] and by_event["entry"] == own["entry"]


def test_the_leaf_is_the_hash_of_the_entry(case):
    """RFC 6962: anybody who holds the entry's bytes can compute its leaf."""
    row = records_of(case)[0]
    shown = case.submitter.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200)
    assert hashlib.sha256(b"\x00" + base64.b64decode(shown["entry"])).hexdigest() == shown["leaf"]


def test_the_partner_reads_that_it_happened_but_not_who_did_it(case):
    case.note(case.submitter.engineer, "shown to the partner's officer")
    row = next(row for row in reversed(records_of(case, case.receiver)) if acting(row) == case.submitter.id)
    shown = case.receiver.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200)
    account = case.submitter.accounts["engineer"]
    for name in ("username", "email", "firstName", "lastName"):
        assert account[name] not in shown.text


def test_the_operator_sees_that_and_nothing_of_what(world, case):
    row = records_of(case)[-1]
    shown = world.operator.get(f"/api/v1/audit/entries/{row['index']}", expect=200)
    for one in shown["sections"]:
        assert one["section"] == "core" or (one["state"] == "withheld" and "text" not in one), one


def test_a_stranger_s_officer_sees_nothing_of_it(case, dorn, corvid):
    rows = records_of(case)
    for company in (dorn, corvid):
        company.compliance.get(f"/api/v1/audit/entries?case={case.token}", expect=404)
        listed = {row["index"] for row in entries(company.compliance, limit=1000).items}
        foreign = [row for row in rows if row["index"] not in listed]
        assert foreign
        for row in foreign[:3]:
            company.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=404)
            company.compliance.get(f"/api/v1/audit/entries/{row['event']}", expect=404)
            company.auditor.get(f"/api/v1/audit/entries/{row['index']}", expect=404)


def test_records_before_release_are_not_the_receiver_s(world, halden, brightwell):
    held = world.open_case(halden, brightwell, halden.customer())
    brightwell.compliance.get(f"/api/v1/audit/entries?case={held.token}", expect=404)
    for row in records_of(held):
        brightwell.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=404)


@pytest.mark.parametrize("role", ["engineer", "administrator", "client"])
def test_who_does_not_read_the_log(halden, role):
    caller = getattr(halden, role)
    answer = caller.get("/api/v1/audit/entries", expect=(200, 403))
    if role != "administrator":
        assert answer.status == 403
    if role == "client" or role == "engineer":
        caller.post("/api/v1/audit/verification", expect=403)


def test_the_log_verifies(world, halden):
    for caller in (world.operator, halden.compliance, halden.auditor):
        verdict = world.verify(caller)
        assert verdict["ok"] is True and verdict["checked"] == verdict["size"] > 0 and re.fullmatch(r"[0-9a-f]{64}", verdict["root"])
        assert verdict["sentence"] and verdict.body.get("firstBadIndex") is None


def test_listing_pages_by_index(halden):
    first = entries(halden.compliance, limit=3).items
    assert len(first) == 3
    rest = entries(halden.compliance, limit=3, **{"from": first[-1]["index"] + 1}).items
    assert rest and rest[0]["index"] > first[-1]["index"]
    indexes = [row["index"] for row in first + rest]
    assert indexes == sorted(set(indexes))


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "from=-1", "from=x", "limit=1000000"])
def test_listing_with_wrong_numbers(halden, query):
    halden.compliance.get(f"/api/v1/audit/entries?{query}", expect=(200, 400))


@pytest.mark.parametrize("name", ["999999999", "x", "00000000-0000-7000-8000-000000000000", "-1", "..%2F1"])
def test_entries_that_do_not_exist(halden, name):
    halden.compliance.get(f"/api/v1/audit/entries/{name}", expect=(400, 404))


def test_reading_the_log_is_recorded_too(world, halden):
    before = size(world)
    entries(halden.compliance, limit=5)
    assert size(world) > before


def test_no_text_of_a_person_in_the_clear_part(world, case):
    """The core section holds ids, codes and counts; whatever a person wrote is in sections that can be erased."""
    case.note(case.submitter.engineer, "clear part")
    for row in records_of(case):
        shown = case.submitter.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200)
        assert not world.ledger.leaks(str(shown["core"]), "the clear part")


def test_nothing_in_the_log_changes_when_it_is_read(world, case):
    row = records_of(case)[0]
    before = case.submitter.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200).body
    case.note(case.submitter.engineer, "later")
    assert case.submitter.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200).body == before


def test_disclosures_say_to_whom_and_under_which_keys(world):
    left, right = world.halden, world.brightwell
    customer = left.customer("whose disclosures are listed")
    granted = left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    path = f"/api/v1/disclosures?customer={customer.id}"
    assert left.compliance.get(path, expect=200).items == []
    right.engineer.get(case.path, expect=200)
    rows = left.compliance.get(path, expect=200).items
    assert len(rows) == 1 and rows[0]["case"] == case.token and rows[0]["company"] == right.id and rows[0]["customer"] == customer.id
    assert rows[0]["authorization"] == granted["id"] and rows[0]["agreement"] and "technical" in rows[0]["dataClasses"]
    right.engineer.get(case.path, expect=200)
    assert len(left.compliance.get(path, expect=200).items) == 1, "reading it again is counted"
    for _ in range(3):
        case.note(left.engineer, "a new version")
        right.engineer2.get(case.path, expect=200)
    seen, after = [], ""
    while True:
        page = left.auditor.get(f"/api/v1/disclosures?case={case.token}&limit=2" + (f"&after={after}" if after else ""), expect=200)
        seen += [row["version"] for row in page.items]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 4 and seen == sorted(seen, reverse=True)
    assert left.compliance.get(f"/api/v1/disclosures?partner={world.dorn.id}", expect=200).items == []
    left.engineer.get(path, expect=403)
    right.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=404)
    world.dorn.compliance.get(f"/api/v1/cases/{case.token}/readers", expect=404)
    for query in ("limit=0", "limit=x", "from=soon", "after=1_2"):
        left.compliance.get(f"/api/v1/disclosures?{query}", expect=400)
    looked = [row for row in newest(world.operator, 60) if row["operation"] == "disclosure.list"]
    assert looked, "looking at it is recorded as well"
