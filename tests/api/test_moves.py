"""The life of a case in our own words: whose move it is, for how long, and what each side may do about it."""

import pytest

from support.world import stamp


def timeline(case, caller=None, expect=200):
    answer = (caller or case.submitter.engineer).get(f"/api/v1/cases/{case.token}/timeline", expect=expect)
    return holds(answer.body) if expect == 200 else answer


def holds(life):
    """What every timeline promises: no gap, sums that agree to the microsecond, one open interval at the end."""
    assert sum(interval["us"] for interval in life["intervals"]) == life["ageUs"]
    assert sum(share["us"] for share in life["byOwner"]) == sum(share["us"] for share in life["byAction"]) == life["ageUs"]
    assert [interval["end"] is None for interval in life["intervals"]] == [False] * (len(life["intervals"]) - 1) + [True]
    for before, after in zip(life["intervals"], life["intervals"][1:]):
        assert before["end"] == after["start"]
    assert life["createdAt"] == life["intervals"][0]["start"]
    return life


def move(case, caller, tail, body=None, expect=200):
    answer = caller.post(f"/api/v1/cases/{case.token}/{tail}", body or {}, expect=expect)
    return holds(answer.body) if expect == 200 else answer


def turn(life):
    return life["owner"], life["action"]


@pytest.fixture
def accepted(case):
    case.approve()
    return case


def ask(case, what="Which release?"):
    return case.receiver.engineer.post(f"{case.path}/information-request", {"requestedInformation": what, **case.receiver.engineer_block()}, expect=200)


def test_a_released_case_is_the_receivers_move(case):
    life = timeline(case)
    assert turn(life) == ("receiver", "deciding") and life["state"] == "deciding" and life["status"] == "OPEN"
    assert life["sis"] == "Entitled, Problem_Submitted" and life["tmf621"] == "acknowledged" and life["dataspace"] == "OFFERED"
    assert life["targets"]["severity"] == "medium" and life["targets"]["respondBy"] == case.seen_by_submitter()["respondBy"]
    assert life["firstAnswer"] is None and life["side"] == "submitter"
    assert timeline(case, case.receiver.engineer)["side"] == "receiver"


def test_a_case_is_a_case_of_its_parties_only(case, corvid, dorn):
    for stranger in (corvid, dorn):
        timeline(case, stranger.engineer, expect=404)
        move(case, stranger.engineer, "escalate", {"reason": "no_answer"}, expect=404)
    timeline(case, case.submitter.auditor, expect=403)


def test_the_calls_of_the_contract_move_the_life(case):
    ask(case)
    life = timeline(case)
    assert turn(life) == ("submitter", "supplying_information") and life["tmf621"] == "pending"
    case.submitter.engineer.post(f"{case.path}/information-response", {"requestedInformation": "Release 12"}, expect=200)
    life = timeline(case)
    assert turn(life) == ("receiver", "deciding") and life["status"] == "INFORMATION", "the contract keeps the status, the life does not"
    case.approve()
    ask(case, "And the firmware?")
    life = timeline(case)
    assert life["counts"]["informationRoundsBeforeAcceptance"] == 1 and life["counts"]["informationRoundsAfterAcceptance"] == 1
    assert life["firstAnswer"]["byPerson"] is True
    assert [turn(interval) for interval in life["intervals"]][-2:] == [("receiver", "investigating"), ("submitter", "supplying_information")]


def test_an_answer_of_a_connector_is_no_person_s(case):
    case.approve(caller=case.receiver.client)
    assert timeline(case)["firstAnswer"]["byPerson"] is False


def test_the_end_is_nobody_s_move(world, halden, brightwell, accepted):
    accepted.submitter.engineer.post(f"{accepted.path}/closure", None, expect=200)
    life = timeline(accepted)
    assert turn(life) == ("nobody", "closed") and life["state"] == "closed" and life["sis"] == "Closed"
    declined = world.released_case(halden, brightwell, world.harbour)
    declined.receiver.engineer.post(f"{declined.path}/rejection", {"reason": "Not ours", **declined.receiver.engineer_block()}, expect=200)
    assert timeline(declined)["state"] == "declined"


def test_a_move_is_handed_over_by_whoever_has_it_and_taken_by_the_other(accepted):
    ours, theirs = accepted.submitter.engineer, accepted.receiver.engineer
    life = move(accepted, theirs, "move", {"owner": "customer", "reason": "test_needed"})
    assert turn(life) == ("customer", "collecting_information") and life["reason"] == "test_needed"
    refused = move(accepted, theirs, "move", {"owner": "submitter_engineering"}, expect=403)
    assert refused["code"] == "not_your_move"
    life = move(accepted, theirs, "move", {"owner": "receiver_engineering"})
    assert turn(life) == ("receiver_engineering", "analysing")
    life = move(accepted, ours, "move", {"owner": "submitter", "action": "reproducing"})
    assert turn(life) == ("submitter", "reproducing")
    assert life["counts"]["returnsWithoutEvidence"] == 2, "nobody added anything on the way"


def test_what_is_wrong_with_a_move_is_said_at_its_member(accepted):
    ours = accepted.receiver.engineer
    for body, pointer in (({}, "/owner"), ({"owner": "gateway"}, "/owner"), ({"owner": "receiver", "action": "verifying_fix"}, "/action"),
                          ({"owner": "receiver", "reason": "because"}, "/reason"), ({"owner": "king"}, "/owner")):
        answer = move(accepted, ours, "move", body, expect=400)
        assert pointer in answer.text, answer.text
    assert "/reason" in move(accepted, accepted.receiver.engineer, "pause", {}, expect=400).text
    assert "/until" in move(accepted, accepted.receiver.engineer, "pause", {"reason": "third_party", "until": stamp(-60)}, expect=400).text


def test_a_fix_is_offered_rejected_and_confirmed(accepted):
    ours, theirs = accepted.submitter.engineer, accepted.receiver.engineer
    move(accepted, ours, "fix", expect=403)
    life = move(accepted, theirs, "fix", {"reason": "workaround", "text": "Switch the watchdog off"})
    assert turn(life) == ("submitter", "verifying_fix") and life["sis"] == "Closed_Pending_Confirmation"
    assert move(accepted, theirs, "fix", expect=422)["code"] == "wrong_state"
    move(accepted, ours, "fix/reject", expect=400)
    life = move(accepted, ours, "fix/reject", {"reason": "not_fixed", "text": "It still drops"})
    assert turn(life) == ("receiver", "reworking") and life["tmf621"] == "reopened"
    move(accepted, theirs, "fix")
    life = move(accepted, ours, "fix/confirm")
    assert life["status"] == "CLOSED" and [fix["outcome"] for fix in life["fixes"]] == ["rejected", "confirmed"]
    assert life["fixes"][0]["reason"] == "not_fixed" and life["counts"]["fixesOffered"] == 2 and life["counts"]["fixesRejected"] == 1
    view = accepted.seen_by_receiver()
    assert view["status"] == "CLOSED" and view["caseResponses"][-1]["type"] == "CLOSURE"
    summaries = [note["summary"] for note in view["caseNotes"]]
    assert "Fix offered: workaround" in summaries and "Fix rejected: not fixed" in summaries and "Fix confirmed" in summaries


def test_words_of_a_move_pass_the_gate_like_any_other(accepted):
    secret = "password: Gr8-Harbour!Gate"
    move(accepted, accepted.submitter.engineer, "escalate", {"reason": "business_impact", "channel": "phone", "text": f"Hosts are down, {secret}"})
    seen = accepted.seen_by_receiver().text
    assert "Gr8-Harbour" not in seen and "[secret removed]" in seen and "Case escalated: business impact" in seen


def test_escalation_has_levels_a_reason_and_a_channel(case):
    ours, theirs = case.submitter.engineer, case.receiver.engineer
    life = move(case, ours, "escalate", {"reason": "no_answer", "channel": "phone"})
    assert {name: life["escalation"][name] for name in ("level", "by", "reason", "channel")} == {"level": 1, "by": "submitter", "reason": "no_answer", "channel": "phone"}
    assert turn(life) == ("receiver", "deciding"), "escalating gives nobody the move"
    move(case, theirs, "escalate", {"reason": "resolved", "level": 0}, expect=403)
    assert move(case, ours, "escalate", {"reason": "business_impact", "level": 3})["escalation"]["level"] == 3
    move(case, ours, "escalate", {"reason": "business_impact"}, expect=422)
    assert move(case, ours, "escalate", {"reason": "resolved", "level": 0})["escalation"] is None


def test_a_pause_can_be_contested_and_ends_with_who_paused(accepted):
    ours, theirs = accepted.submitter.engineer, accepted.receiver.engineer
    assert move(accepted, ours, "pause", {"reason": "third_party"}, expect=403)["code"] == "not_your_move"
    until = stamp(3 * 86400)
    life = move(accepted, theirs, "pause", {"reason": "waiting_for_customer", "until": until})
    assert turn(life) == ("customer", "waiting") and life["intervals"][-1]["pausedBy"] == "receiver" and life["intervals"][-1]["until"] == until
    assert life["targets"]["resolveBy"] is None
    move(accepted, theirs, "pause/contest", {"reason": "not_agreed"}, expect=403)
    life = move(accepted, ours, "pause/contest", {"reason": "nothing_asked"})
    assert life["intervals"][-1]["contested"] is True and life["counts"]["contestedPauses"] == 1
    move(accepted, ours, "resume", expect=403)
    assert turn(move(accepted, theirs, "resume")) == ("receiver", "investigating")


def test_a_closed_case_is_reopened_by_its_submitter(accepted):
    ours = accepted.submitter.engineer
    move(accepted, ours, "reopen", {"reason": "recurred"}, expect=422)
    ours.post(f"{accepted.path}/closure", None, expect=200)
    move(accepted, accepted.receiver.engineer, "reopen", {"reason": "recurred"}, expect=403)
    life = move(accepted, ours, "reopen", {"reason": "recurred", "text": "It is back since this morning"})
    assert life["status"] == "ACCEPTED" and turn(life) == ("receiver", "investigating") and life["counts"]["reopened"] == 1
    assert accepted.seen_by_receiver()["status"] == "ACCEPTED"
    ours.post(f"{accepted.path}/closure", None, expect=200)


def test_an_unanswered_case_is_withdrawn(case):
    move(case, case.receiver.engineer, "withdraw", expect=403)
    life = move(case, case.submitter.engineer, "withdraw", {"reason": "solved"})
    assert life["state"] == "withdrawn" and life["tmf621"] == "cancelled" and life["status"] == "CLOSED"
    view = case.seen_by_receiver()
    assert view["status"] == "CLOSED" and "Case withdrawn: solved" in [note["summary"] for note in view["caseNotes"]]
    case.approve(expect=422)
    move(case, case.submitter.engineer, "reopen", {"reason": "recurred"}, expect=422)


def test_an_answered_case_is_not_withdrawn(case):
    ask(case)
    move(case, case.submitter.engineer, "withdraw", expect=422)


def test_a_held_case_is_withdrawn_and_stays_unknown(world, halden, brightwell):
    held = world.open_case(halden, brightwell, halden.customer())
    life = timeline(held)
    assert turn(life) == ("submitter", "obtaining_permission") and life["state"] == "checking" and life["reason"] == "authorization_missing"
    move(held, halden.engineer, "escalate", {"reason": "no_answer"}, expect=422)
    assert move(held, halden.engineer, "withdraw")["status"] == "CLOSED"
    timeline(held, brightwell.engineer, expect=404)
    assert held.seen_by_submitter()["status"] == "CLOSED"


def test_the_receiver_s_time_begins_with_the_release(world, halden, brightwell):
    customer = halden.customer()
    held = world.open_case(halden, brightwell, customer)
    halden.authorize(customer, [brightwell])
    held.release_to_receiver()
    ours, theirs = timeline(held), timeline(held, brightwell.engineer)
    assert ours["intervals"][0]["action"] == "obtaining_permission" and len(ours["intervals"]) == 2
    assert len(theirs["intervals"]) == 1 and theirs["createdAt"] == ours["intervals"][1]["start"]
    assert "authorization" not in str(theirs)


def test_a_frozen_case_is_the_submitters_to_mend_and_comes_back_to_whoever_had_it(world, halden, brightwell):
    customer = halden.customer()
    granted = halden.authorize(customer, [brightwell])
    case = world.open_case(halden, brightwell, customer)
    case.approve()
    halden.withdraw(granted, customer)
    life = timeline(case)
    assert turn(life) == ("submitter", "renewing_permission") and life["state"] == "frozen"
    assert timeline(case, brightwell.engineer)["reason"] == "permission_ended", "why is not the receiver's business"
    assert move(case, brightwell.engineer, "fix", expect=403)["code"] == "authorization_withdrawn"
    halden.authorize(customer, [brightwell])
    assert turn(timeline(case)) == ("receiver", "investigating")


def test_a_move_that_is_sent_twice_is_made_once(accepted):
    key = {"Idempotency-Key": f"escalation-{accepted.token}"}
    path = f"/api/v1/cases/{accepted.token}/escalate"
    ours = accepted.submitter.engineer
    first = ours.post(path, {"reason": "no_progress"}, headers=key, expect=200)
    second = ours.post(path, {"reason": "no_progress"}, headers=key, expect=200)
    assert first["escalation"]["level"] == second["escalation"]["level"] == 1 and second.headers["Idempotency-Replayed"] == "true"


def test_a_case_goes_to_another_department(case, corvid):
    theirs = case.receiver.engineer
    department = case.receiver.departments[1]
    life = move(case, case.submitter.engineer, "reroute", {"department": department["id"], "reason": "wrong_department"})
    assert life["department"] == {"id": department["id"], "name": department["name"]} and turn(life) == ("receiver", "deciding")
    assert move(case, theirs, "reroute", {"department": department["id"]}, expect=422)
    move(case, theirs, "reroute", {"department": 1}, expect=400)
    case.approve()
    move(case, case.submitter.engineer, "reroute", {"department": case.receiver.departments[0]["id"]}, expect=403)
    assert move(case, theirs, "reroute", {"department": case.receiver.departments[0]["id"]})["counts"]["reroutes"] == 2


def test_a_case_may_be_opened_unasked(world, halden, brightwell):
    fields = {field["label"]: field["id"] for field in brightwell.form["fields"]}
    world.ledger.release(world.harbour.name, brightwell.key)
    body = {"form": brightwell.form["id"], "summary": "A controller of this lot fails after 3 years", "proactive": "defect", "severity": "high",
            "submitter": {"caseNumber": "H-unasked"}, "fields": [{"field": fields["Customer Company"], "value": world.harbour.name}]}
    halden.engineer.post("/api/v1/cases", {**body, "proactive": "boredom"}, expect=400)
    made = halden.engineer.post("/api/v1/cases", body, expect=201).body
    assert made["proactive"] == "defect" and made["respondBy"] is None
    path = f"/v1/collaboration-requests/{made['token']}"
    view = brightwell.engineer.get(path, expect=200).body
    assert "respondBy" not in view and "unasked" in view["priorityNote"]
    life = holds(brightwell.engineer.get(f"/api/v1/cases/{made['token']}/timeline", expect=200).body)
    assert life["proactive"] == "defect"
    brightwell.engineer.post(f"{path}/rejection", {"reason": "Known, fixed by 9.4", **brightwell.engineer_block()}, expect=200)


def test_links_are_seen_by_who_knows_both_cases(world, halden, brightwell, corvid):
    one = world.released_case(halden, brightwell, world.harbour)
    other = world.released_case(halden, brightwell, world.harbour)
    life = one.submitter.engineer.post(f"/api/v1/cases/{one.token}/links", {"case": other.token, "kind": "duplicate_of"}, expect=200).body
    assert [(link["case"], link["kind"]) for link in life["links"]] == [(other.token, "duplicate_of")]
    assert [(link["case"], link["kind"]) for link in timeline(other, brightwell.engineer)["links"]] == [(one.token, "duplicated_by")]
    one.submitter.engineer.post(f"/api/v1/cases/{one.token}/links", {"case": other.token, "kind": "duplicate_of"}, expect=422)
    # A link to a case that the partner does not know is the company's own.
    held = world.open_case(halden, brightwell, halden.customer())
    one.submitter.engineer.post(f"/api/v1/cases/{one.token}/links", {"case": held.token, "kind": "child_of"}, expect=200)
    assert held.token not in str(timeline(one, brightwell.engineer)) and held.token in str(timeline(one))
    for token in (held.token, "B" * 20, one.token):
        brightwell.engineer.post(f"/api/v1/cases/{one.token}/links", {"case": token, "kind": "depends_on"}, expect=400)
    corvid.engineer.post(f"/api/v1/cases/{one.token}/links", {"case": other.token, "kind": "depends_on"}, expect=404)
    life = one.submitter.engineer.delete(f"/api/v1/cases/{one.token}/links/{other.token}/duplicate_of", expect=200).body
    assert [link["case"] for link in life["links"]] == [held.token]
    one.submitter.engineer.delete(f"/api/v1/cases/{one.token}/links/{other.token}/cousin_of", expect=404)
    assert timeline(other)["links"] == []


# --- hours and targets ---

OFFICE = {"name": "Office", "timeZone": "Europe/Berlin",
          "week": {day: [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "17:30"}] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")},
          "holidays": [{"day": "2031-12-25", "name": "Christmas"}]}


def test_calendars_are_read_as_they_are_written(corvid):
    admin = corvid.administrator
    made = admin.post("/api/v1/calendars", OFFICE, expect=201).body
    assert made["week"]["monday"] == OFFICE["week"]["monday"] and made["week"]["sunday"] == [] and made["holidays"] == OFFICE["holidays"]
    assert admin.get("/api/v1/calendars", expect=200).body["items"] == [made]
    changed = admin.put(f"/api/v1/calendars/{made['id']}", {**made, "name": "Front office"}, expect=200).body
    assert changed == {**made, "name": "Front office"}
    corvid.engineer.post("/api/v1/calendars", OFFICE, expect=403)
    admin.post("/api/v1/calendars", {**OFFICE, "name": "Front office"}, expect=409)
    admin.put("/api/v1/calendars/1", OFFICE, expect=404)


@pytest.mark.parametrize("change, pointer", [
    ({"timeZone": "Mars/Olympus"}, "/timeZone"), ({"timeZone": "../../etc/passwd"}, "/timeZone"), ({"week": {}}, "/week"),
    ({"week": {"monday": [{"from": "17:00", "to": "09:00"}]}}, "/week/monday/0"), ({"week": {"monday": [{"from": "9", "to": "25:00"}]}}, "/week/monday/0"),
    ({"week": {"monday": [{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}]}}, "/week/monday/1"),
    ({"holidays": [{"day": "2031-02-30"}]}, "/holidays/0/day"), ({"name": ""}, "/name")])
def test_a_calendar_says_what_is_wrong(corvid, change, pointer):
    assert pointer in corvid.administrator.post("/api/v1/calendars", {**OFFICE, **change}, expect=400).text


def test_targets_by_severity_set_the_deadline(world, halden):
    keen = world.company("keen")
    world.agreement(halden, keen)
    customer = halden.customer()
    halden.authorize(customer, [keen])
    admin = keen.administrator
    assert admin.get("/api/v1/targets", expect=200).body == {"company": keen.id, "critical": None, "high": None, "medium": None, "low": None}
    always = admin.post("/api/v1/calendars", {"name": "Always", "timeZone": "Asia/Tokyo", "week": {day: [{"from": "00:00", "to": "24:00"}] for day in (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}}, expect=201).body
    target = {"responseMinutes": 30, "resolutionMinutes": 600, "calendar": always["id"]}
    assert admin.put("/api/v1/targets", {"medium": target}, expect=200).body["medium"] == target
    case = world.released_case(halden, keen, customer)
    view = case.seen_by_submitter()
    assert "30 working minutes" in view["priorityNote"]
    life = timeline(case)
    assert life["targets"]["responseMinutes"] == 30 and life["targets"]["calendar"] == "Always" and life["targets"]["resolveBy"] is not None
    case.approve()
    move(case, keen.engineer, "fix")
    life = timeline(case)
    assert life["targets"]["resolveBy"] is None and life["targets"]["resolutionUsedUs"] > 0, "the clock stands while the submitter verifies"
    admin.put("/api/v1/targets", {"low": {"responseMinutes": 5, "calendar": 1}}, expect=400)
    admin.put("/api/v1/targets", {"low": {"responseMinutes": 0}}, expect=400)
    keen.engineer.put("/api/v1/targets", {}, expect=403)


@pytest.mark.parametrize("path", ["calendars", "targets", "forms", "departments", "users", "clients"])
@pytest.mark.parametrize("company", ["2147483647", "0.5", "-1", "nobody"])
def test_the_operator_cannot_name_a_company_that_is_none(world, path, company):
    answer = world.operator.get(f"/api/v1/{path}?company={company}", expect=404)
    assert answer.code == "company_not_found"


def test_nothing_is_written_for_a_company_that_is_none(world):
    for method, path, body in (("POST", "calendars", OFFICE), ("PUT", "targets", {"high": {"responseMinutes": 60}})):
        answer = world.operator.request(method, f"/api/v1/{path}", json={**body, "company": 2_147_483_647})
        assert answer.status == 404 and answer.code == "company_not_found", answer
