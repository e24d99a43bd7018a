"""Decisions before and after the fact: what would happen, what happened, again, and what would have happened under other terms."""

import re
import subprocess

import pytest

from support.gateway import program, until
from support.world import DIGEST, stamp


def draft_of(world, left, right, customer, **more):
    draft = world.draft(left, right, customer, **more)
    draft.pop("values")
    return draft


def test_a_preview_says_what_posting_would_do_and_does_nothing(world, halden, brightwell):
    customer = halden.customer()
    before = halden.engineer.get("/v2/collaboration-requests", expect=200).body
    held = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, brightwell, customer), expect=200).body
    assert held["verdict"] == "hold" and held["reason"] == "authorization_missing" and "authorization" in held["nextStep"] and held["customer"] == customer.id
    granted = halden.authorize(customer, [brightwell])
    open_ = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, brightwell, customer), expect=200).body
    assert open_["verdict"] == "allow" and open_["authorization"] == granted["id"] and open_["documentDigest"]
    assert "Product" in open_["releasedFields"] and "Access code" not in open_["releasedFields"]
    assert {row["label"] for row in open_["withheldFields"]} >= {"Access code", "Contract number"}
    assert open_["rules"]["gate"] == "gate/1" and open_["rules"]["detectors"]
    case = world.open_case(halden, brightwell, customer)
    gate = case.gate().body
    for member in ("verdict", "reason", "agreement", "authorization", "releasedClasses"):
        assert gate[member] == open_[member]
    assert halden.engineer.get("/v2/collaboration-requests", expect=200).body != before  # the case; the previews left none


def test_without_an_agreement_the_preview_says_what_to_do(world, halden, dorn):
    told = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, dorn, halden.customer()), expect=200).body
    assert told["verdict"] == "refuse" and told["reason"] == "agreement_missing" and "/api/v1/agreements" in told["nextStep"] and told["releasedClasses"] == []


def test_who_asks_for_a_preview(world, halden, brightwell):
    draft = draft_of(world, halden, brightwell, halden.customer())
    for caller in (halden.auditor, halden.compliance, world.operator):
        caller.post("/api/v1/decisions/preview", draft, expect=403)
    halden.engineer.post("/api/v1/decisions/preview", {**draft, "documentId": 2147483647}, expect=404)
    halden.engineer.post("/api/v1/decisions/preview", {}, expect=400)


def test_every_decision_in_the_log_comes_out_again(world, halden, brightwell):
    customer = halden.customer()
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    authorization = halden.authorize(customer, [brightwell])
    halden.withdraw(authorization, customer)
    totals, start = {"decisions": 0, "exact": 0, "entries": 0}, 0
    while True:
        page = world.operator.post(f"/api/v1/decisions/replay?from={start}&limit=200", expect=200).body
        assert page["firstDifference"] is None and page["erased"] == 0
        for name in totals:
            totals[name] += page[name]
        if page["entries"] < 200:  # each page adds its own record, so only a page that is not full is the last
            break
        start = page["next"]
    assert totals["decisions"] == totals["exact"] >= 3
    # A company replays what it is party to, and no more.
    own = halden.compliance.post("/api/v1/decisions/replay", expect=200).body
    assert 0 < own["decisions"] == own["exact"]
    halden.engineer.post("/api/v1/decisions/replay", expect=403)


def test_the_tool_replays_the_whole_log(gateway):
    done = gateway.command("gate", "replay")
    assert "first difference" in done.stdout and "none" in done.stdout


# --- rehearsal: a period's decisions under other terms ---


@pytest.fixture(scope="module")
def rehearsed(world):
    """Two companies, one case that was released on the company's word and one that waits for an authorization."""
    left, right = world.company("rehearse-left"), world.company("rehearse-right")
    agreement = world.agreement(left, right)
    customer = left.customer()
    left.authorize(customer, [right])
    released = world.released_case(left, right, customer)
    held = world.open_case(left, right, left.customer())
    return left, right, agreement, released, held


def rehearse(caller, terms, query="", expect=200):
    return caller.post(f"/api/v1/decisions/rehearse?limit=1000{query}", terms, expect=expect).body


def test_other_terms_are_tried_on_what_was_decided(rehearsed):
    left, right, agreement, released, held = rehearsed
    before = released.gate().body
    stricter = rehearse(left.compliance, {"agreement": agreement["id"], "requiredAssurance": "confirmed"})
    assert stricter["changes"] == {"delayed": 1} and stricter["erased"] == stricter["inexact"] == 0 and stricter["decisions"] >= 2
    (example,) = stricter["examples"]
    assert example["case"] == released.token and example["then"]["reason"] == "all_keys_turn" and example["now"]["reason"] == "authorization_assurance_too_low"
    ended = rehearse(left.compliance, {"suspended": True})
    assert ended["changes"] == {"blocked": stricter["decisions"]} and {row["case"] for row in ended["examples"]} == {released.token, held.token}
    fewer = rehearse(left.compliance, {"dataClasses": ["technical", "product"]})
    assert fewer["changes"] == {"narrowed": 1} and fewer["releasedThen"]["diagnostics"] == 1 and "diagnostics" not in fewer["releasedNow"]
    assert rehearse(left.compliance, {"requiredAssurance": "recorded"})["changes"] == {}
    # The partner learns of what it was shown, not of what was held.
    theirs = rehearse(right.compliance, {"suspended": True})
    assert {row["case"] for row in theirs["examples"]} == {released.token}
    # Nothing moved.
    after = released.gate().body
    assert after == before


def test_a_draft_is_tried_before_it_is_offered(world, rehearsed):
    left, right, agreement, released, _ = rehearsed
    draft = world.operator.post("/api/v1/agreements", {
        "title": "Successor", "documentVersion": "2.0", "documentDigest": DIGEST, "parties": [left.id, right.id], "validFrom": stamp(86400), "dataClasses": ["technical"],
        "purpose": "support", "requiredAssurance": "signed", "supersedes": agreement["id"]}, expect=201).body
    tried = rehearse(left.compliance, {"successor": draft["id"]})
    assert tried["changes"] == {"delayed": 1}
    assert rehearse(left.compliance, {"successor": draft["id"], "requiredAssurance": "recorded"})["changes"] == {"narrowed": 1}


def test_what_a_rehearsal_needs_and_who_may_ask(world, rehearsed, dorn):
    left, _, agreement, _, _ = rehearsed
    for caller in (left.engineer, left.administrator):
        rehearse(caller, {"suspended": True}, expect=403)
    rehearse(left.compliance, {}, expect=400)
    rehearse(left.compliance, {"agreement": agreement["id"]}, expect=400)
    rehearse(left.compliance, {"requiredAssurance": "whatever"}, expect=400)
    rehearse(dorn.compliance, {"agreement": agreement["id"], "suspended": True}, expect=404)
    rehearse(dorn.compliance, {"successor": agreement["id"]}, expect=404)
    rehearse(left.compliance, {"suspended": True}, "&since=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z", expect=400)
    assert rehearse(left.compliance, {"suspended": True}, "&until=2020-01-01T00:00:00Z")["decisions"] == 0
    blocked, start = 0, 0  # the operator's part is the whole log
    while True:
        page = rehearse(world.operator, {"agreement": agreement["id"], "suspended": True}, f"&from={start}")
        blocked += page["changes"].get("blocked", 0)
        if page["entries"] < 1000:
            break
        start = page["next"]
    assert blocked >= 2
    page = left.compliance.post("/api/v1/decisions/rehearse?limit=1", {"suspended": True}, expect=200).body
    assert page["entries"] == 1 and page["next"] >= 1


def test_erased_cases_are_judged_from_the_log(world):
    """Semantics 8: the recorded inputs hold no words and no persons, so they outlive both."""
    left, right = world.company("rehearse-erased"), world.company("rehearse-erased-partner")
    world.agreement(left, right)
    customer = left.customer()
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer, problemDescription="10.4.1.7 is down, call +49 30 901821 77", fields={"Customer Phone Including Country Code": ""})
    case.opener.post(f"/api/v1/cases/{case.token}/withdraw", {"reason": "not_needed"}, expect=200)
    rules = left.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": "ip_address", "action": "hold"}], "reason": left.word("why")}, expect=201).body
    path = f"/api/v1/sharing-rules/{rules['id']}/rehearse"
    readable = left.compliance.post(path, expect=200).body
    assert readable["moved"] == [{"then": "pass", "now": "hold", "texts": 1}] and readable["fromFindings"] == readable["unreadable"] == 0
    wanted = left.compliance.post("/api/v1/erasures", {"reason": "Asked for", "scope": "customer", "subject": customer.id}, expect=202).body
    left.administrator.post(f"/api/v1/erasures/{wanted['id']}/confirm", expect=200)
    until(lambda: left.compliance.get(f"/api/v1/erasures/{wanted['id']}", expect=200)["state"] == "done", what="the erasure")
    gone = left.compliance.post(path, expect=200).body
    assert gone["moved"] == [{"then": "pass", "now": "hold", "texts": 1}] and gone["fromFindings"] == 1 and gone["unreadable"] == 0
    assert rehearse(left.compliance, {"requiredAssurance": "signed"})["changes"] == {"delayed": 1}


def test_the_tool_rehearses(gateway, rehearsed, tmp_path):
    left, _, agreement, released, _ = rehearsed
    done = subprocess.run([program(), "gate", "rehearse", "--agreement", str(agreement["id"]), "--assurance", "confirmed", "--class", "technical", "--url", gateway.url,
                           "--ca", str(gateway.ca)], capture_output=True, text=True, timeout=60, check=False,
                          env={"ENTENTE_TOKEN": left.compliance.token, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"delayed +1", done.stdout) and released.token in done.stdout and "authorization_assurance_too_low" in done.stdout
