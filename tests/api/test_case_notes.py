"""Notes of the own API: direction, author, topics, correlation ids; and internal notes, of which the other side learns nothing."""

import uuid

import pytest

from test_cases import CASES, draft, opened, path  # noqa: F401 (fixtures)


def notes(caller, case, query=""):
    return caller.get(path(case, f"/notes?limit=500{query}"), expect=200).items


def test_a_shared_note_has_a_direction_an_author_company_and_a_topic(halden, brightwell, opened):
    word = halden.word("shared note", (brightwell.key,))
    topic = halden.word("topic", (brightwell.key,))
    mark = halden.word("correlation")
    made = halden.engineer.post(path(opened, "/notes"), {"visibility": "shared", "summary": f"Logs {word}", "text": "See\nthere", "topic": topic,
                                                         "correlationId": mark}, expect=201)
    assert made["direction"] == "outbound" and made["company"] == halden.id and made["topic"] == topic and made["correlationId"] == mark
    assert "<p>" in made["text"]
    theirs = next(note for note in notes(brightwell.engineer, opened) if note["id"] == made["id"])
    assert theirs["direction"] == "inbound" and theirs["company"] == halden.id and theirs["topic"] == topic and theirs["correlationId"] is None
    assert theirs["author"]["name"] == "Support"
    assert [note["direction"] for note in notes(halden.engineer, opened)][0] == "system"


def test_topics_pass_the_gate_like_every_other_word(halden, brightwell, opened):
    halden.engineer.post(path(opened, "/notes"), {"visibility": "shared", "summary": "About access", "topic": "password: Gr8-Harbour!Gate"}, expect=201)
    theirs = notes(brightwell.engineer, opened)[-1]
    assert "Gr8-Harbour" not in theirs["topic"]


def test_notes_are_found_by_topic_visibility_direction_and_correlation_id(halden, brightwell, opened):
    mark = uuid.uuid4().hex
    for topic, visibility in (("a", "shared"), ("a", "internal"), ("b", "shared")):
        halden.engineer.post(path(opened, "/notes"), {"visibility": visibility, "summary": f"{topic} {visibility}", "topic": topic,
                                                      "correlationId": f"{mark}-{topic}-{visibility}"}, expect=201)
    def summaries(query, caller=halden.engineer):
        return [note["summary"] for note in notes(caller, opened, query)]

    assert summaries("&topic=a") == ["a shared", "a internal"]
    assert summaries("&visibility=internal") == ["a internal"]
    assert summaries("&visibility=shared&direction=outbound") == ["a shared", "b shared"]
    assert summaries(f"&correlationId={mark}-b-shared") == ["b shared"]
    assert summaries("&direction=inbound", brightwell.engineer) == ["a shared", "b shared"]
    assert summaries(f"&correlationId={mark}-b-shared", brightwell.engineer) == []


def test_pages_of_notes(halden, opened):
    for number in range(5):
        halden.engineer.post(path(opened, "/notes"), {"visibility": ("internal", "shared")[number % 2], "summary": f"note {number}"}, expect=201)
    whole = [note["id"] for note in notes(halden.engineer, opened)]
    seen, cursor = [], None
    while True:
        page = halden.engineer.get(path(opened, "/notes?limit=2") + (f"&after={cursor}" if cursor else ""), expect=200)
        seen += [note["id"] for note in page.items]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole and len(whole) == 6


@pytest.mark.parametrize("body, pointer", [
    ({"summary": "no visibility"}, "/visibility"), ({"visibility": "public", "summary": "s"}, "/visibility"), ({"visibility": "internal"}, "/summary"),
    ({"visibility": "internal", "summary": "s", "topic": "t" * 101}, "/topic"), ({"visibility": "internal", "summary": "s", "text": "t" * 5001}, "/text"),
])
def test_wrong_notes(halden, opened, body, pointer):
    assert pointer in [violation["pointer"] for violation in halden.engineer.post(path(opened, "/notes"), body, expect=400)["violations"]]


# --- internal notes ---


def test_the_other_side_learns_nothing_of_an_internal_note(world, halden, brightwell, opened):
    """Neither its words nor that there is one: no row, no version, no time of change, no tag, no event, no record."""
    before = brightwell.engineer.get(path(opened), expect=200)
    connect = brightwell.engineer.get(f"/v1/collaboration-requests/{opened['token']}", expect=200).body
    secret, topic = halden.word("internal words"), halden.word("internal topic")
    made = halden.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": f"Between us: {secret}", "text": secret, "topic": topic}, expect=201)
    assert made["visibility"] == "internal" and made["direction"] == "outbound"
    after = brightwell.engineer.get(path(opened), expect=200)
    assert after.body == before.body and after.headers["ETag"] == before.headers["ETag"]
    assert brightwell.engineer.get(f"/v1/collaboration-requests/{opened['token']}", expect=200).body == connect
    assert made["id"] not in [note["id"] for note in notes(brightwell.engineer, opened)]
    assert halden.engineer.get(path(opened), expect=200)["version"] == opened["version"]
    records = brightwell.compliance.get(f"/api/v1/audit/entries?case={opened['token']}&limit=1000", expect=200).items
    assert "note.create.internal" not in [record["operation"] for record in records]
    own = halden.compliance.get(f"/api/v1/audit/entries?case={opened['token']}&limit=1000", expect=200).items
    assert "note.create.internal" in [record["operation"] for record in own]


def test_colleagues_read_internal_notes_and_the_first_sight_of_each_is_a_record(halden, brightwell, opened):
    def reads():
        rows = halden.compliance.get(f"/api/v1/audit/entries?case={opened['token']}&limit=1000", expect=200).items
        return sum(record["operation"] == "note.list" for record in rows)

    brightwell.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": f"Ours {brightwell.word('ours')}"}, expect=201)
    halden.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": f"Mine {halden.word('mine')}"}, expect=201)
    notes(halden.engineer2, opened)
    seen = reads()
    assert [note["visibility"] for note in notes(halden.engineer2, opened)] == ["shared", "internal"]
    assert reads() == seen
    halden.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": f"More {halden.word('more')}"}, expect=201)
    notes(halden.engineer2, opened)
    assert reads() == seen + 1


def test_the_connect_dialect_does_not_show_internal_notes_to_their_own_company(halden, opened):
    halden.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": "not for the ticket"}, expect=201)
    assert "not for the ticket" not in halden.engineer.get(f"/v1/collaboration-requests/{opened['token']}", expect=200).text
    assert "not for the ticket" not in halden.engineer.get(f"/v1/collaboration-requests/{opened['token']}/notes", expect=200).text


def test_an_internal_note_sent_twice_is_one(halden, opened):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"visibility": "internal", "summary": "once"}
    first, second = (halden.engineer.post(path(opened, "/notes"), body, headers=key, expect=201) for _ in range(2))
    assert first["id"] == second["id"] and [note["summary"] for note in notes(halden.engineer, opened)].count("once") == 1


def test_a_stranger_finds_no_notes(corvid, opened):
    assert corvid.engineer.get(path(opened, "/notes"), expect=404).code == "case_not_found"
    assert corvid.engineer.post(path(opened, "/notes"), {"visibility": "internal", "summary": "s"}, expect=404).code == "case_not_found"
