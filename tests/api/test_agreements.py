"""The first key in depth: kinds and members, announced and acknowledged changes, texts by digest, signed acceptances, successors."""

import hashlib
import time

import pytest

from support.gateway import until
from support.signing import Signer
from support.world import ALL_CLASSES, DIGEST, stamp


def offer(world, *parties, also=(), **more):
    readers = tuple(party.key for party in (*parties, *also)) + ("operator",)
    return world.operator.post("/api/v1/agreements", {
        "title": f"Agreement {world.ledger.word(parties[0].key, 'title', readers)}", "documentVersion": "1.0", "documentDigest": DIGEST, "parties": [p.id for p in parties],
        "validFrom": stamp(-3600), "dataClasses": list(ALL_CLASSES[:-1]), **more}, expect=201).body


def accept(company, agreement, readers, expect=200, **more):
    signatory = company.world.ledger.word(company.key, "signatory", (*readers, "operator"))
    return company.administrator.post(f"/api/v1/agreements/{agreement['id']}/accept", {"signatory": signatory, "documentDigest": DIGEST, **more}, expect=expect)


def reach(world, left, right):
    """The verdict on a case between two companies about a customer who has not been asked: held where the first key turns."""
    draft = world.draft(left, right, left.customer())
    draft.pop("values")
    return left.engineer.post("/api/v1/decisions/preview", draft, expect=200).body


@pytest.fixture(scope="module")
def three(world):
    made = [world.company(f"many-{name}") for name in ("hub", "one", "two")]
    return made


def keys(companies):
    return [company.key for company in companies]


def test_one_to_many_joins_each_member_with_the_hub_alone(world, three):
    hub, one, two = three
    offer(world, hub, one, two, kind="bilateral")  # not accepted by anybody: it joins nobody
    row = offer(world, hub, one, two, kind="one_to_many", hub=hub.id, roles=["controller", "processor", "processor"], transferBasis="standard_clauses", labelCeiling="tlp:amber")
    assert row["hub"] == hub.id and row["transferBasis"] == "standard_clauses" and row["labelCeiling"] == "tlp:amber" and "processor" in row["roles"]
    assert accept(one, row, keys(three))["state"] == "offered"
    assert accept(hub, row, keys(three))["state"] == "in_force"
    assert reach(world, one, hub)["verdict"] == "hold"
    told = reach(world, hub, two)
    assert told["verdict"] == "refuse" and told["reason"] == "agreement_not_accepted" and str(two.id) in told["text"]
    accept(two, row, keys(three))
    assert reach(world, two, hub)["reason"] == "authorization_missing"
    assert reach(world, one, two)["verdict"] == "refuse"
    world.operator.post("/api/v1/agreements", {"title": "x", "documentVersion": "1", "documentDigest": DIGEST, "parties": [hub.id, one.id], "validFrom": stamp(), "dataClasses": ["technical"],
                                               "kind": "one_to_many"}, expect=400)


def test_members_come_and_go(world):
    first, second, third = (world.company(f"club-{name}") for name in ("a", "b", "c"))
    readers = keys((first, second, third))
    row = offer(world, first, second, also=(third,), kind="consortium")
    accept(first, row, readers)
    accept(second, row, readers)
    third.administrator.get(f"/api/v1/agreements/{row['id']}", expect=404)
    first.administrator.post(f"/api/v1/agreements/{row['id']}/members", {"company": third.id, "role": "joint_controller"}, expect=200)
    first.administrator.post(f"/api/v1/agreements/{row['id']}/members", {"company": third.id}, expect=409)
    first.engineer.post(f"/api/v1/agreements/{row['id']}/members", {"company": third.id}, expect=403)
    assert reach(world, first, second)["verdict"] == "hold", "a new member changes nothing for those who are in"
    assert reach(world, first, third)["verdict"] == "refuse"
    accept(third, row, readers)
    customer = third.customer()
    third.authorize(customer, [second])
    case = world.released_case(third, second, customer)
    left = third.administrator.post(f"/api/v1/agreements/{row['id']}/leave", {"reason": third.word("why", readers)}, expect=200)
    assert third.id not in left["parties"]
    assert case.gate()["flow"] == "frozen" and reach(world, third, second)["verdict"] == "refuse" and reach(world, first, second)["verdict"] == "hold"
    kinds = [change["kind"] for change in first.compliance.get(f"/api/v1/agreements/{row['id']}/changes", expect=200).items]
    assert kinds == ["accepted", "accepted", "member_added", "accepted", "member_left"]


def test_a_suspension_holds_at_once_and_is_taken_back_when_acknowledged(world):
    left, right = world.company("ack-left"), world.company("ack-right")
    readers = keys((left, right))
    row = offer(world, left, right, acknowledgeChanges=True)
    accept(left, row, readers)
    accept(right, row, readers)
    path = f"/api/v1/agreements/{row['id']}"
    assert left.administrator.post(f"{path}/suspend", {"reason": left.word("why", readers)}, expect=200)["state"] == "suspended"
    waiting = left.administrator.post(f"{path}/resume", {}, expect=200)
    assert waiting["state"] == "suspended", "a widening waits for the other party"
    change = right.compliance.get(f"{path}/changes", expect=200).items[-1]
    assert change["kind"] == "resume" and change["needsAcknowledgement"] and change["appliedAt"] is None and change["company"] == left.id
    right.engineer.post(f"{path}/changes/{change['position']}/acknowledge", None, expect=403)
    right.administrator.post(f"{path}/changes/99/acknowledge", None, expect=404)
    assert right.administrator.post(f"{path}/changes/{change['position']}/acknowledge", None, expect=200)["state"] == "in_force"
    assert left.compliance.get(f"{path}/changes", expect=200).items[-1]["acknowledgedBy"] == [right.id]


def test_a_change_is_announced_before_it_holds(world):
    left, right = world.company("later-left"), world.company("later-right")
    readers = keys((left, right))
    row = offer(world, left, right)
    accept(left, row, readers)
    accept(right, row, readers)
    path = f"/api/v1/agreements/{row['id']}"
    soon = stamp(2)
    assert left.administrator.post(f"{path}/terminate", {"reason": left.word("why", readers), "effectiveAt": soon}, expect=200)["state"] == "in_force"
    change = right.compliance.get(f"{path}/changes", expect=200).items[-1]
    assert change["kind"] == "terminate" and change["effectiveAt"] == soon and change["announcedAt"] <= soon and change["appliedAt"] is None
    assert until(lambda: left.compliance.get(path, expect=200)["state"] == "terminated", what="the announced end")
    assert right.compliance.get(f"{path}/changes", expect=200).items[-1]["appliedAt"] >= soon


def test_every_party_is_told_of_changes_by_event_and_nobody_else(world, corvid):
    parties = [world.company(f"told-{name}") for name in ("left", "right")]
    left, right = parties
    readers = keys(parties)

    def told(company, after):
        events = company.engineer.get(f"/api/v1/events?after={after}&limit=500", expect=200).items
        return [event["data"]["by"] for event in events if event["type"] == "agreement.changed" and event["subject"] == f"agreements/{row['id']}"
                and event["data"]["agreement"] == {"id": row["id"]}]

    start = corvid.engineer.get("/api/v1/events?after=now", expect=200)["next"]
    row = offer(world, left, right)
    accept(left, row, readers)
    accept(right, row, readers)
    path = f"/api/v1/agreements/{row['id']}"
    assert told(left, start) == ["gateway", "self", "partner"] and told(right, start) == ["gateway", "partner", "self"]
    soon = stamp(3)
    left.administrator.post(f"{path}/terminate", {"reason": left.word("told why", readers), "effectiveAt": soon}, expect=200)
    assert told(right, start)[3:] in (["partner"], ["partner", "gateway"]), "announced before it holds"
    until(lambda: told(right, start)[3:] == ["partner", "gateway"], what="the word that it took effect")
    assert told(corvid, start) == []
    # Who narrows the feed to a side or to a partner asks for cases.
    narrowed = right.engineer.get(f"/api/v1/events?after={start}&directions=INBOUND,OUTBOUND&limit=500", expect=200).items
    assert [event for event in narrowed if event["type"] == "agreement.changed"] == []
    only = right.engineer.get(f"/api/v1/events?after={start}&types=agreement.changed&limit=500", expect=200).items
    assert {event["type"] for event in only} == {"agreement.changed"}


def test_a_successor_ends_its_predecessor_and_time_ends_the_rest(world):
    left, right = world.company("next-left"), world.company("next-right")
    readers = keys((left, right))
    old = offer(world, left, right, validUntil=stamp(86400))
    accept(left, old, readers)
    accept(right, old, readers)
    new = offer(world, left, right, supersedes=old["id"], documentVersion="2.0", validUntil=stamp(8))
    accept(left, new, readers)
    assert left.compliance.get(f"/api/v1/agreements/{old['id']}", expect=200)["state"] == "in_force"
    accept(right, new, readers)
    until(lambda: left.compliance.get(f"/api/v1/agreements/{old['id']}", expect=200)["state"] == "superseded", what="the end of the predecessor")
    until(lambda: left.compliance.get(f"/api/v1/agreements/{new['id']}", expect=200)["state"] == "expired", what="the end of time")
    assert reach(world, left, right)["reason"] in ("agreement_expired", "agreement_superseded")


def test_texts_are_named_by_their_bytes(world, dorn):
    left, right = world.company("text-left"), world.company("text-right")
    text = f"# Joint support\n\nText {world.ledger.word(left.key, 'text', (right.key, 'operator'))}\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    body = {"title": "Joint support", "version": "1.0"}
    assert right.administrator.post("/api/v1/agreement-texts", {**body, "digest": digest}, expect=201)["text"] is None
    left.administrator.post("/api/v1/agreement-texts", {**body, "text": text, "digest": "0" * 64}, expect=409)
    left.administrator.post("/api/v1/agreement-texts", body, expect=400)
    assert left.administrator.post("/api/v1/agreement-texts", {**body, "text": text}, expect=201)["digest"] == digest
    # Whoever is party to an agreement of this text reads it, from a decision's digest, for ever; nobody else.
    offer(world, left, right, documentDigest=digest)
    for caller in (left.engineer, right.compliance, world.operator):
        assert caller.get(f"/api/v1/agreement-texts/{digest}", expect=200)["text"] == text
    dorn.administrator.get(f"/api/v1/agreement-texts/{digest}", expect=404)
    left.administrator.get(f"/api/v1/agreement-texts/{'0' * 64}", expect=404)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_a_signatory_signs_exactly_this_document(world, algorithm):
    left, right = world.company(f"sign-left-{algorithm}"), world.company(f"sign-right-{algorithm}")
    readers = keys((left, right))
    row = offer(world, left, right)
    signer = Signer(algorithm, kid="signatory-1")
    left.administrator.post("/api/v1/signing-keys", {"jwk": signer.jwk()}, expect=201)
    signatory = world.ledger.word(left.key, "signatory", (*readers, "operator"))
    claims = {"aud": world.gateway.url, "agreement": row["id"], "document_sha256": DIGEST, "document_version": "1.0", "party": left.domain, "signer": signatory, "iat": int(time.time())}
    path = f"/api/v1/agreements/{row['id']}/accept"

    def sign(typ="gw-agreement+jwt", **more):
        return {"jws": signer.sign({**claims, **more}, typ=typ), "documentDigest": DIGEST}

    assert left.administrator.post(path, sign(), expect=403)["code"] == "jws_key_unknown"  # not confirmed yet
    assert left.administrator.post("/api/v1/signing-keys/confirm", {"kid": signer.kid}, expect=403)["code"] == "second_person_needed"
    left.compliance.post("/api/v1/signing-keys/confirm", {"kid": signer.kid}, expect=200)
    for wrong in ({"agreement": row["id"] + 1}, {"document_sha256": "0" * 64}, {"document_version": "1.1"}, {"party": right.domain}, {"aud": "https://elsewhere.example"}):
        assert left.administrator.post(path, sign(**wrong), expect=403)["code"] == "claims_differ", wrong
    assert left.administrator.post(path, sign(iat=int(time.time()) - 2 * 86400), expect=403)["code"] == "claims_stale"
    assert left.administrator.post(path, sign(typ="gw-authz+jwt"), expect=403)["code"] == "jws_type"
    assert right.administrator.post(path, sign(), expect=403)["code"] == "jws_key_unknown"
    done = left.administrator.post(path, sign(), expect=200)
    assert [(a["signatory"], bool(a["signedDigest"])) for a in done["acceptances"]] == [(signatory, True)]
    assert [k["kid"] for k in left.engineer.get("/api/v1/signing-keys", expect=200).items] == [signer.kid]
    left.administrator.post("/api/v1/signing-keys/revoke", {"kid": signer.kid}, expect=200)


def test_what_changes_by_itself_is_told_ahead(world):
    left, right = world.company("ahead-left"), world.company("ahead-right")
    readers = keys((left, right))
    row = offer(world, left, right, validUntil=stamp(40 * 86400))
    accept(left, row, readers)
    accept(right, row, readers)
    soon = stamp(3 * 86400)
    left.administrator.post(f"/api/v1/agreements/{row['id']}/terminate", {"reason": left.word("ahead why", readers), "effectiveAt": soon}, expect=200)
    customer = left.customer()
    granted = left.grant(left.request_authorization(customer, [right], days=20))
    rules = left.compliance.post("/api/v1/sharing-rules", {"actions": [], "reason": left.word("ahead rules"), "effectiveFrom": stamp(5 * 86400)}, expect=201)
    left.administrator.post(f"/api/v1/sharing-rules/{rules['id']}/approve", expect=200)
    mine = left.compliance.get("/api/v1/upcoming", expect=200).items
    assert [(one["kind"], one["id"], one["detail"]) for one in mine] == [
        ("agreement_change", row["id"], "terminate"), ("rules_effect", rules["id"], None), ("authorization_end", granted["id"], None), ("agreement_end", row["id"], None)]
    assert mine[0]["at"] == soon and mine[0]["title"] == row["title"] and mine[2]["title"] == customer.name
    theirs = right.compliance.get("/api/v1/upcoming", expect=200).items
    assert [one["kind"] for one in theirs] == ["agreement_change", "agreement_end"]
    assert [one["kind"] for one in left.compliance.get("/api/v1/upcoming?days=4", expect=200).items] == ["agreement_change"]
    calendar = left.compliance.get("/api/v1/upcoming?format=icalendar", expect=200)
    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8" and calendar.text.count("BEGIN:VEVENT\r\n") == 4
    moment = soon.replace("-", "").replace(":", "")
    assert f"UID:agreement_change-{row['id']}-terminate@" in calendar.text and f"DTSTART:{moment}\r\n" in calendar.text
    assert all(len(line.encode()) <= 75 for line in calendar.text.split("\r\n"))
    world.operator.get("/api/v1/upcoming", expect=403)
