"""The event feed: pages, filters, long poll and Server-Sent Events; gap-free, and nothing that its reader may not know."""

import json
import threading

import pytest

from support.client import PROBLEM_MODE
from support.receiver import EventContract

CONTRACT = EventContract()


def page(caller, query="", expect=200):
    answer = caller.get(f"/api/v1/events{query}", expect=expect)
    if answer.status == 200:
        for event in answer.items:
            assert not CONTRACT.errors("Event", event), event
    return answer


def now(caller):
    return page(caller, "?after=now")["next"]


def everything(caller, after, more="", limit=500):
    """Every event after a cursor, page by page."""
    events = []
    while True:
        answer = page(caller, f"?after={after}&limit={limit}{more}")
        events += answer.items
        assert int(answer["next"]) >= int(after)
        if not answer["more"]:
            return events
        after = answer["next"]


class Stream:
    """A reader of Server-Sent Events on its own connection."""

    def __init__(self, caller, query="", last=None):
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {caller.token}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        import requests
        self.answer = requests.get(caller.base + "/api/v1/events" + query, headers=headers, verify=str(caller.ca), stream=True, timeout=60)
        self.answer.encoding = "utf-8"
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self):
        """The next event: (name, id or None, data)."""
        name = place = data = None
        for line in self.lines:
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("id: "):
                place = line[4:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data is not None:
                return name, place, data
        raise AssertionError("the stream ended")

    def close(self):
        self.answer.close()


def test_both_sides_read_what_happened_in_order(world, halden, brightwell):
    ours, theirs = now(halden.engineer), now(brightwell.engineer)
    case = world.released_case(halden, brightwell, world.harbour)
    case.note(halden.engineer, "What we saw")
    case.approve()
    halden.engineer.post(f"{case.path}/closure", {}, expect=200)
    expected = ["case.created", "note.created", "case.accepted", "note.created", "case.closed"]
    for company, after in ((halden, ours), (brightwell, theirs)):
        events = [event for event in everything(company.engineer, after) if event["data"]["case"]["token"] == case.token]
        assert [event["type"] for event in events] == expected
        assert {event["data"]["side"] for event in events} == {"submitter" if company is halden else "receiver"}
        assert [event["data"]["by"] for event in events] == (["self", "self", "partner", "partner", "self"] if company is halden else ["partner", "partner", "self", "self", "partner"])
        cursors = [int(event["cursor"]) for event in events]
        assert cursors == sorted(cursors)
        notes = {note["token"] for note in case.seen_by_submitter()["caseNotes"]}
        assert {event["data"]["note"]["token"] for event in events if event["type"] == "note.created"} <= notes


def test_pages_are_gap_free_whatever_their_size(world, halden, brightwell):
    after = now(halden.engineer)
    case = world.released_case(halden, brightwell, world.harbour)
    for number in range(7):
        case.note(halden.engineer, f"Note {number}")
    case.approve()
    whole = [event["id"] for event in everything(halden.engineer, after)]
    assert len(whole) == len(set(whole)) == 10
    for limit in (1, 2, 3, 9, 10, 11):
        assert [event["id"] for event in everything(halden.engineer, after, limit=limit)] == whole, limit


def test_a_cursor_is_the_position_of_the_record(world, halden, brightwell):
    after = now(halden.engineer)
    case = world.released_case(halden, brightwell, world.harbour)
    event = everything(halden.engineer, after)[0]
    entries = halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=100", expect=200).items
    created = next(entry for entry in entries if entry["operation"] == "case.create")
    assert int(event["cursor"]) == created["index"]


def test_filters(world, halden, brightwell, corvid):
    after = now(brightwell.engineer)
    one = world.released_case(halden, brightwell, world.harbour)
    two = world.released_case(corvid, brightwell)
    one.note(halden.engineer, "First")
    def tokens(more):
        return {event["data"]["case"]["token"] for event in everything(brightwell.engineer, after, more)}
    assert tokens("") == {one.token, two.token}
    assert tokens(f"&partners={halden.id}") == {one.token}
    assert tokens(f"&case={two.token}") == {two.token}
    assert {event["type"] for event in everything(brightwell.engineer, after, "&types=note.created")} == {"note.created"}
    assert tokens("&directions=OUTBOUND") == set() and tokens("&directions=INBOUND,OUTBOUND") == {one.token, two.token}
    assert tokens(f"&partners={corvid.id}&types=note.created") == set()


@pytest.mark.parametrize("query", ["?after=x", "?after=-2", "?limit=0", "?limit=501", "?wait=61", "?types=case.exploded", "?directions=SIDEWAYS", "?partners=a"])
def test_a_question_that_makes_no_sense_is_refused(halden, query):
    page(halden.engineer, query, expect=400)


def test_who_may(world, halden):
    page(world.anonymous, expect=401)
    page(world.operator, expect=403)
    page(halden.auditor, expect=403)
    assert page(halden.client)["items"] is not None


def test_strangers_see_nothing_and_a_held_case_is_its_submitters(world, halden, brightwell, dorn):
    mine, theirs, none = now(halden.engineer), now(brightwell.engineer), now(dorn.engineer)
    case = world.open_case(halden, brightwell, halden.customer("unasked"))
    assert [event["type"] for event in everything(halden.engineer, mine)] == ["case.created", "case.held"]
    assert case.token not in str(everything(brightwell.engineer, theirs)) and everything(dorn.engineer, none) == []


def test_a_long_poll_waits_for_what_happens(world, halden, brightwell):
    after = now(brightwell.engineer)
    assert page(brightwell.engineer, f"?after={after}")["items"] == []
    found = []
    caller = brightwell.engineer.with_token(brightwell.engineer.token)
    waiting = threading.Thread(target=lambda: found.append(caller.get(f"/api/v1/events?after={after}&wait=50", expect=200)))
    waiting.start()
    case = world.released_case(halden, brightwell, world.harbour)
    waiting.join(45)
    assert not waiting.is_alive() and [event["data"]["case"]["token"] for event in found[0].items][:1] == [case.token]
    assert page(brightwell.engineer, f"?after={found[0]['next']}&wait=1&types=case.reopened")["items"] == []


def test_the_stream_goes_on_and_can_be_taken_up_again(world, halden, brightwell):
    after = now(brightwell.engineer)
    stream = Stream(brightwell.engineer, f"?after={after}")
    assert stream.answer.status_code == 200 and stream.answer.headers["Content-Type"].startswith("text/event-stream")
    case = world.released_case(halden, brightwell, world.harbour)
    name, place, data = stream.next()
    assert name == data["type"] == "case.created" and data["data"]["case"]["token"] == case.token and place == data["cursor"]
    assert not CONTRACT.errors("Event", data)
    case.note(halden.engineer, "While it streams")
    assert stream.next()[0] == "note.created"
    stream.close()
    case.note(halden.engineer, "While nobody listens")
    again = Stream(brightwell.engineer, last=place)
    assert [again.next()[0], again.next()[0]] == ["note.created", "note.created"]
    again.close()


def test_a_stream_ends_with_its_right(world, brightwell):
    import requests
    answer = requests.get(world.gateway.url + "/api/v1/events", headers={"Accept": "text/event-stream", "Authorization": "Bearer nonsense"}, verify=str(world.gateway.ca), timeout=30)
    assert answer.status_code == 401 and answer.headers["Content-Type"] == "application/problem+json"


def test_every_page_with_events_is_on_record(world, halden, brightwell):
    after = now(halden.engineer)
    before = halden.compliance.get("/api/v1/audit/entries?newest=true&limit=1", expect=200)["size"]
    world.released_case(halden, brightwell, world.harbour)
    assert page(halden.engineer, f"?after={after}", expect=200).headers.get("Audit-Event")
    assert page(halden.engineer, f"?after={now(halden.engineer)}", expect=200).headers.get("Audit-Event") is None
    entries = halden.compliance.get(f"/api/v1/audit/entries?from={before}&limit=100", expect=200).items
    assert "events.read" in [entry["operation"] for entry in entries]


def test_errors_are_problems(halden):
    answer = halden.engineer.get("/api/v1/events?limit=nine", expect=400, accept=PROBLEM_MODE)
    assert answer.media == "application/problem+json" and answer["violations"][0]["pointer"] == "/limit"
