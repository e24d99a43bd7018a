"""Erasure, legal holds, and what partners are asked to delete: who may, what stands against it, and what is left afterwards."""

import base64
import json
import re
import subprocess

import pytest

from support.canary import WORD
from support.gateway import program, until


def wait_done(caller, erasure):
    def done():
        row = caller.get(f"/api/v1/erasures/{erasure['id']}", expect=200).body
        return row if row["state"] == "done" else None

    return until(done, 30, "the erasure")


def close(case):
    """Ended from the submitter's side, whatever it had come to."""
    case.opener.post(f"/api/v1/cases/{case.token}/withdraw", {"reason": "not_needed"}, expect=200)


@pytest.fixture(scope="module")
def pair(world):
    left, right = world.company("erase-left"), world.company("erase-right")
    world.agreement(left, right)
    return left, right


@pytest.fixture
def ended(world, pair):
    """A customer with one case that the partner has read and that is over."""
    left, right = pair
    customer = left.customer("to be erased")
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    right.engineer.get(case.path, expect=200)
    close(case)
    return customer, case


def order(company, body, expect=202):
    return company.compliance.post("/api/v1/erasures", {"reason": f"Asked for {company.word('erasure reason')}", **body}, expect=expect)


def test_a_customer_is_erased_by_two_people_and_the_log_stays_valid(world, pair, ended):
    left, right = pair
    customer, case = ended
    wanted = order(left, {"scope": "customer", "subject": customer.id})
    assert wanted["state"] == "proposed" and wanted["cases"] == 1
    path = f"/api/v1/erasures/{wanted['id']}"
    left.compliance.post(path + "/confirm", expect=403)
    assert left.compliance.get(path, expect=200)["state"] == "proposed"
    left.administrator.post(path + "/confirm", expect=200)
    done = wait_done(left.compliance, wanted)
    assert done["keysDestroyed"] >= 3 and done["sections"] >= 1 and done["entry"] is not None and done["casesHeld"] == 0
    # Nothing is left of it for anybody, and the record of that is there.
    for caller in (left.engineer, right.engineer):
        seen = caller.get(f"/api/v1/cases/{case.token}", expect=200)
        written = " ".join([case.draft["problemSummary"], case.draft["problemDescription"], case.draft["internalCaseNumber"], *map(str, case.values.values())])
        assert not set(WORD.findall(json.dumps(seen.body).lower())) & set(WORD.findall(written.lower()))
    rows = left.compliance.get("/api/v1/customers", expect=200).items
    assert [row for row in rows if row["id"] == customer.id][0]["active"] is False
    assert customer.name not in json.dumps(rows)
    entry = left.compliance.get(f"/api/v1/audit/entries/{done['entry']}", expect=200)
    assert entry["kind"] == 2 and entry["operation"] == "erasure.carry_out"
    verdict = world.verify()
    assert verdict["ok"] is True, verdict


def test_the_erased_sections_say_so(world, pair, ended):
    left, _ = pair
    customer, _ = ended
    about = {"type": "customer", "uid": str(customer.id)}
    entries = [row for row in left.compliance.get("/api/v1/audit/entries?order=newest&limit=200", expect=200).items if about in row["core"]["resources"]]
    before = {row["index"]: left.compliance.get(f"/api/v1/audit/entries/{row['index']}", expect=200).body for row in entries}
    opened = [(index, one["section"]) for index, row in before.items() for one in row["sections"] if one["section"] in ("customer", "content") and one["state"] == "opened"]
    assert opened
    wanted = order(left, {"scope": "customer", "subject": customer.id})
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    wait_done(left.compliance, wanted)
    for index, section in opened:
        after = left.compliance.get(f"/api/v1/audit/entries/{index}", expect=200)
        row = [one for one in after["sections"] if one["section"] == section][0]
        assert row["state"] == "erased" and "text" not in row
        assert after["leaf"] == before[index]["leaf"] and after["entry"] == before[index]["entry"], "the leaf stays"


def test_a_case_is_erased_by_one_person_once_it_is_over(world, pair):
    left, right = pair
    case = world.released_case(left, right)
    refusal = order(left, {"scope": "case", "case": case.token}, expect=422)
    assert refusal["code"] == "cases_open" and case.token in json.dumps(refusal.body), "it says which"
    close(case)
    wanted = order(left, {"scope": "case", "case": case.token})
    assert wanted["state"] == "ordered"
    done = wait_done(left.compliance, wanted)
    assert done["cases"] == 1
    assert left.engineer.get(f"/api/v1/cases/{case.token}", expect=200)["summary"] == "Content erased"
    left.engineer.post(f"/api/v1/cases/{case.token}/notes", {"summary": "s", "text": "t", "visibility": "shared"}, expect=(404, 422))


def test_the_gate_says_of_an_erased_case_what_was_decided(world, pair):
    left, right = pair
    held, released = world.open_case(left, right, left.customer("never asked")), world.released_case(left, right)
    before = {case.token: left.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=200) for case in (held, released)}
    for case in (held, released):
        close(case)
        wait_done(left.compliance, order(left, {"scope": "case", "case": case.token}))
    for case, verdict in ((held, "hold"), (released, "allow")):
        gate = left.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=200)
        assert (gate["verdict"], gate["reason"], gate["nextStep"]) == (verdict, "content_erased", ""), "it waits for nobody any more"
        assert gate["authorization"] == before[case.token]["authorization"] and not gate["withheldFields"] and not gate["masked"]
    assert gate["releasedClasses"] == before[released.token]["releasedClasses"]
    assert right.engineer.get(f"/api/v1/cases/{released.token}/gate", expect=200)["verdict"] == "allow"


def test_a_repeat_after_the_words_are_gone_says_that_it_was_done(world, pair):
    left, right = pair
    case = world.released_case(left, right)
    ask = {"kind": "ask", "text": "Which release?", "engineer": {"name": "Duty desk", "email": right.email(), "phone": None}}
    steps = [(right.engineer, f"/api/v1/cases/{case.token}/answers", ask),
             (left.engineer, f"/api/v1/cases/{case.token}/answers", {"kind": "reply", "text": "12.1"}),
             (left.engineer, f"/api/v1/cases/{case.token}/notes", {"summary": "s", "text": "t", "visibility": "shared"}),
             (left.engineer, f"/v1/collaboration-requests/{case.token}/notes", {"summary": "s"}),
             (left.engineer, f"/api/v1/cases/{case.token}/escalate", {"reason": "no_answer", "channel": "phone"})]
    for number, (caller, path, body) in enumerate(steps):
        caller.post(path, body, headers={"Idempotency-Key": f"erased-{case.token}-{number}"}, expect=(200, 201))
    case.approve()
    left.engineer.post(f"{case.path}/closure", {}, expect=200)
    wait_done(left.compliance, order(left, {"scope": "case", "case": case.token}))
    for number, (caller, path, body) in enumerate(steps):
        again = caller.post(path, body, headers={"Idempotency-Key": f"erased-{case.token}-{number}"})
        if path.endswith("/escalate"):
            assert again.status == 200 and again["status"] == "CLOSED", "how the case stands now; words were never in it"
        else:
            assert (again.status, again.code) == (409, "already_done")
        assert "12.1" not in str(again.body) and "Which release" not in str(again.body)
    assert world.verify()["ok"] is True


def test_the_partner_is_asked_and_answers(world, pair, ended):
    left, right = pair
    customer, case = ended
    wanted = order(left, {"scope": "customer", "subject": customer.id})
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    done = wait_done(left.compliance, wanted)
    assert done["unanswered"] == [right.id] and done["requests"][0]["cases"] == [case.token]
    mine = [row for row in right.compliance.get("/api/v1/erasure-requests", expect=200).items if row["erasure"] == wanted["id"]]
    assert len(mine) == 1 and mine[0]["answer"] is None
    header, payload, _ = mine[0]["signed"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["typ"] == "entente-erasure+jwt"
    assert sorted(claims["classes"]) == sorted(mine[0]["classes"]) == ["content", "customer"]
    assert claims["cases"] == [case.token] and claims["sub"] == f"company:{right.id}" and claims["ordered_by"] == f"company:{left.id}"
    path = f"/api/v1/erasure-requests/{mine[0]['id']}/answer"
    left.compliance.post(path, {"answer": "deleted"}, expect=404)
    right.engineer.post(path, {"answer": "deleted"}, expect=403)
    right.compliance.post(path, {"answer": "partly"}, expect=400)
    words = world.ledger.word(right.key, "what is left", (left.key,))
    right.compliance.post(path, {"answer": "partly", "words": f"Backups until June {words}"}, expect=200)
    right.compliance.post(path, {"answer": "deleted"}, expect=422)
    after = left.compliance.get(f"/api/v1/erasures/{wanted['id']}", expect=200)
    assert after["unanswered"] == [] and after["requests"][0]["answer"] == "partly"


@pytest.mark.parametrize("classes, asked", [(["actor"], None), (["actor", "customer"], ["customer"]), (["content"], ["content"])])
def test_the_partner_is_asked_for_no_more_than_the_owner_erases(world, pair, classes, asked):
    left, right = pair
    case = world.released_case(left, right)
    right.engineer.get(case.path, expect=200)
    close(case)
    done = wait_done(left.compliance, order(left, {"scope": "case", "case": case.token, "classes": classes}))
    mine = [row for row in right.compliance.get("/api/v1/erasure-requests", expect=200).items if row["erasure"] == done["id"]]
    if asked is None:
        assert done["requests"] == [] and done["unanswered"] == [] and mine == [], "who did what never left the house"
        assert left.engineer.get(case.path, expect=200)["summary"] != "Content erased"
        return
    assert [row["classes"] for row in mine] == [request["classes"] for request in done["requests"]] == [asked]
    assert json.loads(base64.urlsafe_b64decode(mine[0]["signed"].split(".")[1] + "=="))["classes"] == asked


def test_a_legal_hold_stands_against_it_until_two_people_lift_it(world, pair, ended):
    left, _ = pair
    customer, _ = ended
    wanted = order(left, {"scope": "customer", "subject": customer.id})
    hold = left.compliance.post("/api/v1/holds", {"scope": "customer", "subject": customer.id, "reason": left.word("hold reason")}, expect=201)
    assert hold["state"] == "proposed"
    left.compliance.post(f"/api/v1/holds/{hold['id']}/confirm", expect=403)
    assert left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=422)["code"] == "legal_hold", "it stands from its proposal on"
    assert left.administrator.post(f"/api/v1/holds/{hold['id']}/confirm", expect=200)["state"] == "in_force"
    assert left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=422)["code"] == "legal_hold"
    assert order(left, {"scope": "customer", "subject": customer.id}, expect=422)["code"] == "legal_hold"
    assert left.compliance.get(f"/api/v1/erasures/{wanted['id']}", expect=200)["waitsFor"] == "legal_hold"
    assert left.auditor.get("/api/v1/holds", expect=200).items[0]["id"] == hold["id"]
    assert left.compliance.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)["state"] == "lifting"
    left.compliance.post(f"/api/v1/holds/{hold['id']}/lift", expect=403)
    assert left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=422)["code"] == "legal_hold", "it still holds"
    assert left.administrator.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)["state"] == "lifted"
    left.administrator.post(f"/api/v1/holds/{hold['id']}/lift", expect=422)
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    wait_done(left.compliance, wanted)


def test_a_proposed_hold_stands_against_the_order_of_one_person(world, pair):
    left, right = pair
    case = world.released_case(left, right)
    close(case)
    hold = left.compliance.post("/api/v1/holds", {"scope": "case", "case": case.token, "reason": "Court"}, expect=201)
    assert order(left, {"scope": "case", "case": case.token}, expect=422)["code"] == "legal_hold"
    # Who proposed it may take it back: nothing was agreed yet.
    assert left.compliance.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)["state"] == "lifted"
    wait_done(left.compliance, order(left, {"scope": "case", "case": case.token}))


def test_an_order_that_waits_for_a_hold_goes_on_when_it_is_lifted(world, pair):
    left, right = pair
    held, free = world.released_case(left, right), world.released_case(left, right)
    close(held), close(free)
    hold = left.compliance.post("/api/v1/holds", {"scope": "case", "case": held.token, "reason": "Court"}, expect=201)
    left.administrator.post(f"/api/v1/holds/{hold['id']}/confirm", expect=200)
    wanted = order(left, {"scope": "partner", "subject": right.id})
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    done = wait_done(left.compliance, wanted)
    assert done["casesHeld"] == 1 and done["cases"] >= 1
    assert left.engineer.get(f"/api/v1/cases/{free.token}", expect=200)["summary"] == "Content erased"
    assert left.engineer.get(f"/api/v1/cases/{held.token}", expect=200)["summary"] != "Content erased"
    assert world.verify()["ok"] is True


def test_a_person_leaves_accounts_and_cases(world, pair):
    left, right = pair
    leaver = left.add_user("engineer", " leaver")
    caller = left.person("engineer", " leaver")
    customer = left.customer("of the leaver")
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer, caller=caller)
    caller.post(f"/api/v1/cases/{case.token}/notes", {"summary": f"Note {left.word('note', (right.key,))}", "text": "See there", "visibility": "shared"}, expect=201)
    # In this one the name stands in a note for the own house alone.
    inside = world.released_case(left, right, customer)
    caller.post(f"/api/v1/cases/{inside.token}/notes", {"summary": "To ourselves", "text": "See there", "visibility": "internal"}, expect=201)
    notes = lambda: json.dumps(left.engineer.get(f"/api/v1/cases/{inside.token}/notes?limit=500", expect=200).body).lower()
    assert leaver["lastName"].lower() in notes()
    names = {leaver["firstName"].lower(), leaver["lastName"].lower(), leaver["username"].lower()}
    wanted = order(left, {"scope": "person", "subject": leaver["id"]})
    assert wanted["state"] == "ordered"
    done = wait_done(left.compliance, wanted)
    assert done["keysDestroyed"] >= 1
    caller.get("/v1/me", expect=401)
    users = json.dumps(left.administrator.get("/api/v1/users", expect=200).body).lower()
    seen = json.dumps(left.engineer.get(f"/api/v1/cases/{case.token}", expect=200).body).lower()
    assert not [name for name in names if name in users or name in seen or name in notes()]
    assert "to ourselves" in notes()
    assert case.draft["problemSummary"].lower() in seen, "the case itself stays"
    assert world.verify()["ok"] is True


def test_nobody_erases_themselves_or_the_last_administrator(world, pair):
    left, _ = pair
    me = left.accounts["compliance"]["id"]
    assert order(left, {"scope": "person", "subject": me}, expect=403)["code"] == "second_person_needed"
    assert order(left, {"scope": "person", "subject": left.accounts["administrator"]["id"]}, expect=422)["code"] == "last_administrator"
    other = left.add_user("administrator", " other")
    wait_done(left.compliance, order(left, {"scope": "person", "subject": other["id"]}))


def test_the_command_line_names_them_as_the_api_does(world, gateway, pair, tmp_path):
    """Every command shows an `id`, and says from when a hold stands."""
    left, right = pair
    leaver = left.add_user("engineer", " typed leaver")
    case = world.released_case(left, right)

    def typed(caller, *words, expect=0):
        environment = {"ENTENTE_TOKEN": caller.token, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        done = subprocess.run([program(), *map(str, words), "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert done.returncode == expect, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    hold = typed(left.compliance, "hold", "place", "--case", case.token, "--reason", "Court")
    number = re.search(r"^id +(\d+)", hold, re.MULTILINE).group(1)
    assert "stands from now on" in hold and f"entente hold confirm {number}" in hold
    typed(left.compliance, "hold", "lift", number)
    assert case.token in typed(left.compliance, "erasure", "order", "--case", case.token, "--reason", "r", expect=1)
    made = typed(left.compliance, "erasure", "order", "--person", leaver["id"], "--reason", "left")
    assert re.search(r"^id +\d+", made, re.MULTILINE) and "the account" in made and "retention.actor_days" in made


def test_a_name_in_a_held_case_goes_when_the_hold_ends(world, pair):
    """Until then the order is open, and says what it waits for; in other cases the name is gone at once."""
    left, right = pair
    leaver = left.add_user("engineer", " held leaver")
    caller = left.person("engineer", " held leaver")
    held, free = (world.released_case(left, right, caller=caller) for _ in range(2))
    hold = left.compliance.post("/api/v1/holds", {"scope": "case", "case": held.token, "reason": "Court"}, expect=201)
    left.administrator.post(f"/api/v1/holds/{hold['id']}/confirm", expect=200)
    names = {leaver["firstName"].lower(), leaver["lastName"].lower(), leaver["username"].lower()}
    in_case = lambda case: [name for name in names if name in json.dumps(left.engineer.get(f"/api/v1/cases/{case.token}", expect=200).body).lower()]
    wanted = order(left, {"scope": "person", "subject": leaver["id"]})
    path = f"/api/v1/erasures/{wanted['id']}"
    until(lambda: left.compliance.get(path, expect=200)["waitsFor"] == "legal_hold", 30, "the order to wait")
    assert left.compliance.get(path, expect=200)["state"] == "ordered"
    assert in_case(held) and not in_case(free)
    # Who waits keeps nobody else from being erased, and nothing is carried out behind the hold's back.
    other = world.released_case(left, right)
    close(other)
    wait_done(left.compliance, order(left, {"scope": "case", "case": other.token}))
    assert left.compliance.get(path, expect=200)["state"] == "ordered" and in_case(held)
    for person in (left.compliance, left.administrator):
        person.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)
    done = wait_done(left.compliance, wanted)
    assert done["waitsFor"] is None and done["entry"] is not None
    assert not in_case(held)
    assert world.verify()["ok"] is True


@pytest.mark.parametrize("body", [
    {"scope": "everything"}, {"scope": "customer"}, {"scope": "case"}, {"scope": "age"}, {"scope": "age", "endedBefore": "soon"},
    {"scope": "age", "endedBefore": "2099-01-01T00:00:00Z"}, {"scope": "customer", "subject": "x"}, {"scope": "customer", "subject": 5, "classes": ["core"]},
    {"scope": "person", "subject": 5, "classes": ["actor"]},
])
def test_members_of_an_order(pair, body):
    order(pair[0], body, expect=(400, 404))


def test_others_cannot_order_and_see_nothing(world, pair, ended, dorn):
    left, right = pair
    customer, case = ended
    for caller in (left.engineer, left.auditor, left.client):
        caller.post("/api/v1/erasures", {"scope": "customer", "subject": customer.id, "reason": "r"}, expect=403)
        caller.post("/api/v1/holds", {"scope": "company", "reason": "r"}, expect=403)
    wanted = order(left, {"scope": "customer", "subject": customer.id})
    for other in (right, dorn):
        other.compliance.post("/api/v1/erasures", {"scope": "customer", "subject": customer.id, "reason": "r"}, expect=404)
        other.compliance.post("/api/v1/erasures", {"scope": "case", "case": case.token, "reason": "r"}, expect=404)
        other.compliance.get(f"/api/v1/erasures/{wanted['id']}", expect=404)
        other.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=404)
        assert wanted["id"] not in [row["id"] for row in other.compliance.get("/api/v1/erasures", expect=200).items]
    assert wanted["id"] not in [row["id"] for row in world.operator.get("/api/v1/erasures", expect=200).items]
    assert left.compliance.post(f"/api/v1/erasures/{wanted['id']}/cancel", expect=200)["state"] == "cancelled"
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=422)


def test_a_company_leaves_by_its_administrator_and_the_operator(world):
    gone = world.company("erase-gone")
    caller = gone.engineer
    gone.customer("of the one that leaves")
    body = {"scope": "company", "reason": f"We leave {gone.word('leaving')}"}
    gone.compliance.post("/api/v1/erasures", body, expect=403)
    wanted = gone.administrator.post("/api/v1/erasures", body, expect=202)
    gone.compliance.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=403)
    seen = [row for row in world.operator.get("/api/v1/erasures", expect=200).items if row["id"] == wanted["id"]]
    assert seen and seen[0]["reason"] == "", "the words are the company's"
    world.operator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    done = wait_done(world.operator, wanted)
    assert done["keysDestroyed"] >= 3
    caller.get("/v1/me", expect=401)
    fresh = world.caller("erase-gone")
    fresh.post("/v1/login", {"username": gone.accounts["engineer"]["username"], "password": "whatever-it-was"}, expect=401)
    assert world.verify()["ok"] is True


def test_partners_of_a_company_that_leaves_are_asked_and_lose_its_words(world):
    gone, stays = world.company("erase-leaving"), world.company("erase-staying")
    world.agreement(gone, stays)
    sent, taken = world.released_case(gone, stays), world.released_case(stays, gone)
    for case, reader in ((sent, stays), (taken, gone)):
        reader.engineer.get(case.path, expect=200)
    taken.note(gone.engineer, "by somebody who leaves")
    body = {"scope": "company", "reason": "We leave"}
    refusal = gone.administrator.post("/api/v1/erasures", body, expect=422)
    assert refusal["code"] == "cases_open" and sent.token in json.dumps(refusal.body) and taken.token in json.dumps(refusal.body)
    close(sent), close(taken)
    wanted = gone.administrator.post("/api/v1/erasures", body, expect=202)
    assert wanted["cases"] == 1
    world.operator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    done = wait_done(world.operator, wanted)
    assert done["unanswered"] == [stays.id] and [request["cases"] for request in done["requests"]] == [[sent.token]]
    (asked,) = [row for row in stays.compliance.get("/api/v1/erasure-requests", expect=200).items if row["erasure"] == wanted["id"]]
    stays.compliance.post(f"/api/v1/erasure-requests/{asked['id']}/answer", {"answer": "deleted", "words": ""}, expect=200)
    assert world.operator.get(f"/api/v1/erasures/{wanted['id']}", expect=200)["unanswered"] == []
    assert stays.engineer.get(f"/api/v1/cases/{sent.token}", expect=200)["summary"] == "Content erased"
    assert stays.engineer.get(taken.path, expect=200)["summary"] == taken.draft["problemSummary"], "what it took is the other's case"
    renamed = [row for row in world.operator.get("/api/v1/audit/entries?order=newest&limit=200", expect=200).items if row["operation"] == "case.person.remove"]
    assert {"type": "erasure", "uid": str(wanted["id"])} in renamed[0]["core"]["resources"], "its people's names left that case"
    assert world.verify()["ok"] is True


def test_what_is_held_about_somebody(world, pair):
    left, right = pair
    mail, name = f"{left.word('subject mail', (right.key,))}@{left.word('subject domain', (right.key,))}.example", f"Ms {left.word('subject name').capitalize()}"
    customer = left.customer("of the subject")
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer, problemDescription=f"Ask {name} at {mail} for the logs.")
    left.engineer.post(f"/api/v1/cases/{case.token}/notes", {"summary": f"Called {name}", "text": "Nobody there", "visibility": "shared"}, expect=201)
    found = left.compliance.post("/api/v1/subjects/search", {"terms": [mail, name]}, expect=200)
    assert found["next"] is None
    assert {(item["kind"], item["id"]) for item in found.items} >= {("case", case.token), ("note", case.token)}
    assert all(mail in item["text"] or name in item["text"] for item in found.items)
    theirs = right.compliance.post("/api/v1/subjects/search", {"terms": [mail]}, expect=200)
    assert {item["id"] for item in theirs.items} <= {case.token}, "what crossed is found by the partner, in its own view"
    assert world.dorn.compliance.post("/api/v1/subjects/search", {"terms": [mail, name]}, expect=200).items == []
    whole = left.compliance.post("/api/v1/subjects/search", {"customer": customer.id}, expect=200)
    assert {item["kind"] for item in whole.items} >= {"customer", "case", "authorization"}
    right.compliance.post("/api/v1/subjects/search", {"customer": customer.id}, expect=404)
    left.engineer.post("/api/v1/subjects/search", {"terms": [mail]}, expect=403)
    for body in ({}, {"terms": []}, {"terms": ["ab"]}, {"terms": [mail], "customer": customer.id}):
        left.compliance.post("/api/v1/subjects/search", body, expect=400)
    records = [row for row in left.compliance.get("/api/v1/audit/entries?order=newest&limit=50", expect=200).items if row["operation"] == "subject.search"]
    assert len(records) >= 2 and mail not in str(records)


def test_the_partner_finds_what_its_own_view_has_and_the_owner_knows_of_it(world, pair):
    left, right = pair
    customer = left.customer("found by the partner")
    granted = left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    search = lambda term: right.compliance.post("/api/v1/subjects/search", {"terms": [term]}, expect=200).items
    shown = lambda: {row["operation"] for row in left.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items}
    contact = case.values["Customer Email"]
    assert search(contact) == [] and shown() == set(), "this stage was not reached"
    case.approve()
    case.note(left.engineer, "The version moves")
    assert {item["id"] for item in search(contact)} == {case.token}
    assert "subject.search" in shown()
    rows = left.compliance.get(f"/api/v1/audit/entries?case={case.token}&order=newest", expect=200).items
    record = next(row for row in rows if row["operation"] == "subject.search")
    assert record["core"]["actor"]["org_uid"] == str(right.id), "the company whose words they are has the record"
    left.withdraw(granted, customer)
    assert search(contact) == [], "frozen"
    assert left.compliance.post("/api/v1/subjects/search", {"terms": [contact]}, expect=200).items
