"""The third key as people meet it: machines under pseudonyms, a look before sending, counts afterwards, rules, labels, second persons."""

import re

import pytest

TEXT = "db01.corp.internal (10.4.1.7, 00:16:3e:5e:6c:07) refuses the login, S/N APM00143512345; db01 rebooted"


@pytest.fixture()
def rules(halden):
    """Proposes and approves rules of Halden's; the defaults come back afterwards."""

    def put(actions, **more):
        row = halden.compliance.post("/api/v1/sharing-rules", {
            "actions": [{"kind": kind, "action": action} for kind, action in actions.items()], "reason": f"Test {halden.word('rules reason')}", **more}, expect=201).body
        assert row["approvedAt"] is None
        return halden.administrator.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=200).body

    yield put
    put({})


def test_machines_cross_under_pseudonyms_that_stay_the_same(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=TEXT)
    case.release_to_receiver()
    shown = case.seen_by_receiver()["description"]
    assert re.fullmatch(r"HOST-(\d+) \(ADDR-1, MAC-1\) refuses the login, S/N SERIAL-1; HOST-\1 rebooted", shown), shown
    case.note(halden.engineer, "Later", "10.4.1.7 answers again, 10.4.1.8 does not")
    note = brightwell.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]
    assert "ADDR-1 answers again, ADDR-2 does not" in note
    assert "10.4.1.7" in case.seen_by_submitter()["description"], "the own side reads its own words"


def test_only_the_side_that_introduced_a_value_reads_what_stands_for_it(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=TEXT)
    case.release_to_receiver()
    case.note(brightwell.engineer, "Ours", "our proxy 10.99.0.1 sees it")
    mine = {row["placeholder"]: row for row in halden.engineer.get(f"/api/v1/cases/{case.token}/pseudonyms", expect=200).body["items"]}
    assert mine["ADDR-1"]["value"] == "10.4.1.7" and mine["ADDR-1"]["standIn"].startswith("192.0.2.")
    assert mine["MAC-1"]["value"] == "00:16:3e:5e:6c:07"
    theirs = brightwell.engineer.get(f"/api/v1/cases/{case.token}/pseudonyms", expect=200).body["items"]
    assert [row["value"] for row in theirs] == ["10.99.0.1"]
    world.keplin.engineer.get(f"/api/v1/cases/{case.token}/pseudonyms", expect=404) if hasattr(world, "keplin") else None


def test_a_look_before_sending(world, halden, brightwell):
    secret = "Zug-Abteil9"
    answer = halden.engineer.post("/api/v1/scan", {"text": f"{TEXT}. password: {secret}, call jana@mail-a.example", "partner": brightwell.id}, expect=200).body
    assert answer["verdict"] == "pass" and secret not in answer["masked"]
    kinds = {one["kind"]: one for one in answer["findings"]}
    assert kinds["credential"]["action"] == "mask" and kinds["host_name"]["action"] == "pseudonymise" and kinds["mail_address"]["action"] == "allow"
    one = kinds["credential"]
    assert f"{TEXT}. password: {secret}"[one["begin"]:one["end"]] == secret
    assert "technical" in answer["dataClasses"] and answer["detectors"].startswith("1-")
    alone = halden.engineer.post("/api/v1/scan", {"text": "call jana@mail-a.example"}, expect=200).body
    assert alone["dataClasses"] == [] and "[mail-1]" in alone["masked"], "without a partner nothing is permitted"
    html = halden.engineer.post("/api/v1/scan", {"text": "<p>ja<b>na@mail</b>-a.example</p>"}, expect=200).body
    assert "[mail-1]" in html["masked"] and html["findings"][0]["begin"] == 0
    assert halden.engineer.post("/api/v1/scan", {"text": ""}, expect=200).body["findings"] == []
    halden.engineer.post("/api/v1/scan", {"text": "x" * 20_001}, expect=400)
    halden.auditor.post("/api/v1/scan", {"text": "x"}, expect=403)


def test_a_look_before_sending_knows_the_case(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=TEXT)
    case.release_to_receiver()
    answer = halden.engineer.post("/api/v1/scan", {"text": "10.4.1.7 again", "case": case.token}, expect=200).body
    assert answer["masked"] == "ADDR-1 again"
    other = brightwell.engineer.post("/api/v1/scan", {"text": "is it 10.4.1.7?", "case": case.token}, expect=200).body
    assert other["masked"] == "is it ADDR-1?" or "10.4.1.7" not in other["masked"], "the other side's map is not asked"
    world.halden.engineer.post("/api/v1/scan", {"text": "x", "case": "A" * 20}, expect=404)


def test_the_budget_counts_what_left_and_what_did_not(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=f"{TEXT}; password=Zug-Abteil9; ask jana@mail-a.example")
    case.release_to_receiver()
    budget = halden.compliance.get(f"/api/v1/cases/{case.token}/disclosures", expect=200).body
    assert budget["partner"] == brightwell.id and budget["flow"] == "open"
    assert budget["pseudonymised"]["host_name"] >= 2 and budget["pseudonymised"]["ip_address"] == 1 and budget["pseudonymised"]["serial_number"] == 1
    assert budget["masked"]["credential"] == 1 and budget["released"]["mail_address"] >= 1
    assert any(field["label"] == "Access code" for field in budget["withheldFields"])
    before = budget["texts"]
    case.note(halden.engineer, "More", "and 10.4.1.9")
    after = halden.engineer.get(f"/api/v1/cases/{case.token}/disclosures", expect=200).body
    assert after["texts"] == before + 2 and after["pseudonymised"]["ip_address"] == 2
    mirrored = brightwell.engineer.get(f"/api/v1/cases/{case.token}/disclosures", expect=200).body
    assert mirrored["partner"] == halden.id and mirrored["texts"] == 0, "each side counts its own"


def test_rules_need_two_people_and_are_the_companys_own(world, halden, brightwell):
    row = halden.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": "ip_address", "action": "allow"}], "reason": "Lab only"}, expect=201).body
    halden.compliance.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=403)
    brightwell.administrator.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=404)
    brightwell.administrator.get(f"/api/v1/sharing-rules/{row['id']}", expect=404)
    halden.engineer.post("/api/v1/sharing-rules", {"actions": [], "reason": "x"}, expect=403)
    assert halden.compliance.get(f"/api/v1/sharing-rules/{row['id']}", expect=200).body["approvedAt"] is None
    assert row["id"] in [one["id"] for one in halden.administrator.get("/api/v1/sharing-rules", expect=200).body["items"]]
    halden.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": "credential", "action": "allow"}], "reason": "no"}, expect=400)
    halden.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": "nonsense", "action": "allow"}], "reason": "no"}, expect=400)
    halden.compliance.post("/api/v1/sharing-rules", {"actions": [], "agreement": 1, "reason": "no"}, expect=404)
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=TEXT)
    case.release_to_receiver()
    assert "ADDR-1" in case.seen_by_receiver()["description"], "a proposal changes nothing"


def test_parseable_stand_ins_and_allowed_kinds(world, halden, brightwell, rules):
    rules({"ip_address": "parseable", "host_name": "parseable", "hardware_address": "allow", "serial_number": "mask"})
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=TEXT)
    case.release_to_receiver()
    shown = case.seen_by_receiver()["description"]
    assert "(192.0.2.1, 00:16:3e:5e:6c:07)" in shown and shown.startswith("host-") and "S/N [removed]" in shown
    budget = halden.engineer.get(f"/api/v1/cases/{case.token}/disclosures", expect=200).body
    assert budget["released"]["hardware_address"] == 1 and "ip_address" not in budget["released"]


def test_what_the_rules_refuse_is_not_taken(world, halden, brightwell, rules):
    rules({"payment_card": "refuse"})
    card = "5555 5555 5555 4444"
    answer = halden.engineer.post("/api/v1/scan", {"text": f"card {card}", "partner": brightwell.id}, expect=200).body
    assert answer["verdict"] == "refuse" and answer["reason"] == "content_refused" and "payment card" in answer["text"]
    refused = world.open_case(halden, brightwell, world.harbour, problemDescription=f"card {card}", expect=403)
    assert refused.code == "content_refused" and "payment card" in refused.body["detail"]
    case = world.open_case(halden, brightwell, world.harbour)
    case.release_to_receiver()
    before = len(brightwell.engineer.get(f"{case.path}/notes", expect=200).body)
    case.note(halden.engineer, "Card", f"it was {card}", expect=403)
    assert len(brightwell.engineer.get(f"{case.path}/notes", expect=200).body) == before
    case.note(brightwell.engineer, "Card", f"ours is {card}")  # the other company has rules of its own


def test_what_the_rules_hold_waits_for_a_second_person(world, halden, brightwell, rules):
    rules({"phone_number": "hold"})
    case = world.open_case(halden, brightwell, world.harbour, problemDescription="Call +49 30 901821 77 please", fields={"Customer Phone Including Country Code": ""})
    gate = case.gate()
    assert gate["flow"] == "held" and gate["reason"] == "content_needs_review", gate
    case.seen_by_receiver(expect=404)
    halden.engineer.post(f"/api/v1/cases/{case.token}/reviews", expect=403)
    brightwell.engineer.post(f"/api/v1/cases/{case.token}/reviews", expect=404)
    halden.engineer2.post(f"/api/v1/cases/{case.token}/reviews", expect=204)
    case.release_to_receiver()
    assert "+49 30 901821 77" in case.seen_by_receiver()["description"], "its class is permitted, and a second person let it pass"
    # A note: refused with the digest, let pass by a colleague, sent again.
    refused = case.note(halden.engineer, "Number", "also +49 30 901821 78", expect=403)
    digest = re.search(r"[0-9a-f]{64}", refused.body["nextStep"]).group()
    halden.engineer.post(f"/api/v1/cases/{case.token}/reviews", {"digest": digest}, expect=204)
    case.note(halden.engineer, "Number", "also +49 30 901821 78", expect=403)
    halden.engineer2.post(f"/api/v1/cases/{case.token}/reviews", {"digest": digest}, expect=204)
    case.note(halden.engineer, "Number", "also +49 30 901821 78")
    case.note(halden.engineer, "Number", "also +49 30 901821 79", expect=403)
    assert "901821 78" in brightwell.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]


def test_a_marked_text_does_not_cross_above_the_ceiling(world, halden, brightwell, rules):
    refused = world.open_case(halden, brightwell, world.harbour, problemDescription="TLP:AMBER+STRICT the array fails", expect=403)
    assert refused.code == "label_exceeds_ceiling"
    case = world.open_case(halden, brightwell, world.harbour, problemDescription="TLP:AMBER the array fails")
    case.release_to_receiver()
    assert "the array fails" in case.seen_by_receiver()["description"]
    case.note(halden.engineer, "Red", "[TLP:RED] names inside", expect=403)
    rules({}, ceiling="TLP:RED")
    case.note(halden.engineer, "Red", "[TLP:RED] names inside")


def test_a_label_rises_at_once_and_falls_with_two(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour)
    case.release_to_receiver()
    label = f"/api/v1/cases/{case.token}/label"
    assert halden.engineer.post(label, {"label": "TLP:RED"}, expect=200).body["result"] == "label_raised"
    case.note(halden.engineer, "Any", "any words", expect=403)
    brightwell.engineer.post(f"{case.path}/information-request", {"requestedInformation": "the other side's label is its own"}, expect=200)
    waits = halden.engineer.post(label, {"label": "TLP:GREEN"}, expect=200).body
    assert waits == {"label": "TLP:RED", "ceiling": "TLP:AMBER", "result": "label_second_person_needed", "wanted": "TLP:GREEN"}
    assert halden.engineer.post(label, {"label": "TLP:GREEN"}, expect=200).body["label"] == "TLP:RED", "the same person again"
    assert halden.engineer2.post(label, {"label": "TLP:GREEN"}, expect=200).body["result"] == "label_lowered"
    case.note(halden.engineer, "Any", "any words")
    halden.engineer.post(label, {"label": "TLP:PINK"}, expect=400)


def test_the_agreements_ceiling_counts_where_the_company_has_no_rules(world, halden):
    partner = world.company("ceiling")
    world.agreement(halden, partner, labelCeiling="TLP:GREEN")
    answer = halden.engineer.post("/api/v1/scan", {"text": "TLP:AMBER words", "partner": partner.id}, expect=200).body
    assert answer["ceiling"] == "TLP:GREEN" and answer["verdict"] == "refuse" and answer["label"] == "TLP:AMBER"


def test_the_agreements_ceiling_holds_on_every_way_out(world, halden):
    """No rules of the company, and with rules that would let more out: the agreement's ceiling is the lower one, and it holds."""
    partner = world.company("lowceiling")
    world.agreement(halden, partner, labelCeiling="TLP:GREEN")
    customer = halden.customer()
    halden.authorize(customer, [partner])
    row = halden.compliance.post("/api/v1/sharing-rules", {"actions": [], "ceiling": "TLP:RED", "reason": f"Test {halden.word('ceiling reason')}"}, expect=201).body
    halden.administrator.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=200)
    try:
        refused = world.open_case(halden, partner, customer, problemDescription="TLP:AMBER the array fails", expect=403)
        assert refused.code == "label_exceeds_ceiling" and "TLP:GREEN" in refused.body["detail"]
        case = world.released_case(halden, partner, customer, problemDescription="TLP:GREEN the array fails")
        before = case.seen_by_receiver()
        for marked in ("TLP:AMBER inside", "tlp-amber inside", "all well\nTLP:RED"):
            assert case.note(halden.engineer, "Marked", marked, expect=403).code == "label_exceeds_ceiling"
            assert case.note(halden.engineer, marked[:20].replace("\n", " "), "TLP:RED" if "all" in marked else "", expect=403).code == "label_exceeds_ceiling"
            assert halden.engineer.patch(case.path, {"internalCaseNumber": marked.replace("\n", " ")}, expect=403).code == "label_exceeds_ceiling"
        partner.engineer.post(f"{case.path}/information-request", {"requestedInformation": "Which?", **partner.engineer_block()}, expect=200)
        answer = halden.engineer.post(f"{case.path}/information-response", {"requestedInformation": "TLP:AMBER this one"}, expect=403)
        assert answer.code == "label_exceeds_ceiling"
        move = halden.engineer.post(f"/api/v1/cases/{case.token}/escalate", {"reason": "no_progress", "text": "TLP:AMBER hurry"}, expect=403)
        assert move.code == "label_exceeds_ceiling"
        # A case that is labelled as a whole lets nothing out, whatever the words say.
        halden.engineer.post(f"/api/v1/cases/{case.token}/label", {"label": "TLP:AMBER"}, expect=200)
        assert case.note(halden.engineer, "Plain", "plain words", expect=403).code == "label_exceeds_ceiling"
        after = case.seen_by_receiver()
        assert [note["token"] for note in after["caseNotes"] if note["type"] != "SYSTEM"] == [note["token"] for note in before["caseNotes"] if note["type"] != "SYSTEM"]
        assert "inside" not in after.text and "hurry" not in after.text and after["description"] == before["description"]
    finally:
        reset = halden.compliance.post("/api/v1/sharing-rules", {"actions": [], "reason": f"Test {halden.word('ceiling reset')}"}, expect=201).body
        halden.administrator.post(f"/api/v1/sharing-rules/{reset['id']}/approve", expect=200)


def test_a_ceiling_is_a_label_that_is_known(world, halden):
    body = {"title": "x", "documentVersion": "1", "documentDigest": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "parties": [halden.id, world.brightwell.id],
            "validFrom": "2030-01-01T00:00:00Z", "dataClasses": ["technical"], "purpose": "support", "labelCeiling": "internal only"}
    answer = world.operator.post("/api/v1/agreements", body, expect=400)
    assert [violation["pointer"] for violation in answer["violations"]] == ["/labelCeiling"]
