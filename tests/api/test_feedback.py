"""How a case went: the one question after a closure, answered by either side, seen by both, counted over many."""

import pytest


def answer(case, caller, score=4, expect=200, **more):
    return caller.post(f"/api/v1/cases/{case.token}/feedback", {"score": score, **more}, expect=expect)


@pytest.fixture
def closed(case):
    case.approve()
    case.submitter.engineer.post(f"{case.path}/closure", None, expect=200)
    return case


def given(timeline):
    return [(one["by"], one["score"], one["reason"]) for one in timeline["feedback"]["answers"]]


def test_both_sides_answer_once_the_case_is_closed(case):
    for caller in (case.submitter.engineer, case.receiver.engineer):
        assert answer(case, caller, expect=422)["code"] == "wrong_state"
    case.approve()
    assert answer(case, case.submitter.engineer, expect=422)["code"] == "wrong_state"
    case.submitter.engineer.post(f"{case.path}/closure", None, expect=200)
    version = case.submitter.engineer.get(f"/api/v1/cases/{case.token}", expect=200)["version"]
    assert given(answer(case, case.submitter.engineer, 5, reason="solved").body) == [("submitter", 5, "solved")]
    both = answer(case, case.receiver.client, 2, reason="asked_too_much").body
    assert given(both) == [("submitter", 5, "solved"), ("receiver", 2, "asked_too_much")]
    assert both["owner"] == "nobody" and both["feedback"]["requested"] is False
    assert case.submitter.engineer.get(f"/api/v1/cases/{case.token}", expect=200)["version"] > version
    # A later answer takes the place of the earlier one.
    again = answer(case, case.submitter.engineer, 3).body
    assert given(again) == [("submitter", 3, None), ("receiver", 2, "asked_too_much")]
    timeline = case.receiver.engineer.get(f"/api/v1/cases/{case.token}/timeline", expect=200).body
    assert given(timeline) == given(again)


def test_an_answer_is_told_to_both_sides(closed, brightwell, halden):
    after = {company.key: company.engineer.get("/api/v1/events?after=now", expect=200)["next"] for company in (halden, brightwell)}
    answer(closed, closed.receiver.engineer, 1, reason="hard_to_reach")
    for company in (halden, brightwell):
        events = company.engineer.get(f"/api/v1/events?after={after[company.key]}", expect=200).items
        assert "feedback.given" in [event["type"] for event in events if event["data"]["case"]["token"] == closed.token]
    # Connectors of the contract read it as a note.
    assert "Feedback given: 1 of 5, hard to reach" in [note["summary"] for note in closed.seen_by_submitter()["caseNotes"]]


def test_words_cross_as_a_masked_note(closed):
    word = closed.receiver.word("praise", (closed.submitter.key,))
    answer(closed, closed.receiver.engineer, 4, text=f"{word} password: Gr8-Harbour!Gate")
    texts = [note["description"] for note in closed.seen_by_submitter()["caseNotes"]]
    assert any(word in text for text in texts) and not any("Gr8-Harbour" in text for text in texts)


@pytest.mark.parametrize("body", [{}, {"score": 0}, {"score": 6}, {"score": "4"}, {"score": 4.5}, {"score": 3, "reason": "because"}])
def test_what_is_no_answer(closed, body):
    closed.submitter.engineer.post(f"/api/v1/cases/{closed.token}/feedback", body, expect=400)


def test_it_is_the_parties_business_only(closed, corvid):
    answer(closed, corvid.engineer, expect=404)
    answer(closed, closed.submitter.auditor, expect=403)


def test_a_reopened_case_takes_none(closed):
    closed.submitter.engineer.post(f"/api/v1/cases/{closed.token}/reopen", {"reason": "recurred"}, expect=200)
    answer(closed, closed.submitter.engineer, expect=422)


def test_answers_are_counted(world, gateway):
    ash, birch = world.company("ash"), world.company("birch")
    world.agreement(ash, birch)
    customer = ash.customer()
    ash.authorize(customer, [birch])
    assert ash.engineer.get("/api/v1/feedback", expect=200)["items"] == []
    for score in (5, 4, 2):
        case = world.released_case(ash, birch, customer)
        case.approve()
        ash.engineer.post(f"{case.path}/closure", None, expect=200)
        answer(case, ash.engineer, score)
        if score == 2:
            answer(case, birch.engineer, 5)
    rows = ash.engineer.get("/api/v1/feedback", expect=200)["items"]
    assert [(row["role"], row["by"], row["answers"]) for row in rows] == [("submitter", "submitter", 3), ("submitter", "receiver", 1)]
    assert rows[0]["scores"] == [0, 1, 0, 1, 1] and rows[0]["mean"] == 3.67
    # Two of three: anything from a fifth to nearly all, as far as three answers can say.
    assert rows[0]["satisfied"] == {"percent": 67, "low": 20, "high": 94}
    theirs = birch.engineer.get(f"/api/v1/feedback?partner={ash.id}", expect=200)["items"]
    assert [(row["role"], row["by"], row["answers"]) for row in theirs] == [("receiver", "submitter", 3), ("receiver", "receiver", 1)]
    assert ash.engineer.get(f"/api/v1/feedback?partner={world.halden.id}", expect=200)["items"] == []
    assert ash.engineer.get("/api/v1/feedback?until=2020-01-01T00:00:00Z", expect=200)["items"] == []
    for wrong in ("from=soon", "from=2030-01-01T00:00:00Z&until=2029-01-01T00:00:00Z"):
        ash.engineer.get(f"/api/v1/feedback?{wrong}", expect=400)
    ash.auditor.get("/api/v1/feedback", expect=403)
