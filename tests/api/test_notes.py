"""Notes (contract section 13): what is written, how it is read, markup, direction."""

import html.parser
import re

import pytest

from support import contract


def test_a_note_as_both_sides_read_it(world, case):
    text = case.submitter.word("note text", (case.receiver.key,))
    note = case.note(case.submitter.engineer, f"Logs attached {text}", "See the share.").body
    for name in contract.NOTE_NEVER_NULL:
        assert note[name] is not None, name
    assert note["caseId"] == case.id and note["status"] == "ENTERED" and note["priority"] == "LOW"
    assert note["companyName"] == case.submitter.name and note["creatorEmail"] == case.submitter.accounts["engineer"]["email"]
    assert note["type"] == "USER_PUBLIC" and note["direction"] == "OUTBOUND" and note["companyId"] == case.submitter.id
    other = next(row for row in case.receiver.engineer.get(f"{case.path}/notes", expect=200).body if row["token"] == note["token"])
    assert other["direction"] == "INBOUND" and other["summary"] == note["summary"]
    assert other["creatorEmail"] == f"withheld@{case.submitter.domain}", "until acceptance"


def test_plain_text_comes_back_as_markup(case):
    note = case.note(case.submitter.engineer, "Two lines", "first\nsecond & <third>").body
    assert note["description"].startswith("<p>") and "<br" in note["description"]
    assert "&amp;" in note["description"] and "&lt;third&gt;" in note["description"]


class Markup(html.parser.HTMLParser):
    """What a browser would find in a piece of HTML: tags beyond plain text, handlers, addresses that run."""

    HARMLESS = {"p", "br", "b", "i", "em", "strong", "u", "ul", "ol", "li", "code", "pre", "blockquote", "a", "span", "div", "table", "tr", "td", "th", "tbody", "thead", "hr"} \
        | {f"h{n}" for n in range(1, 7)}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.active, self.text = [], ""

    @classmethod
    def of(cls, text):
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser

    def handle_starttag(self, tag, attributes):
        if tag not in self.HARMLESS:
            self.active.append(tag)
        for name, value in attributes:
            if name != "href" and name not in ("rel", "target", "title", "colspan", "rowspan"):
                self.active.append(f"{tag} {name}")
            if name == "href" and not re.match(r"(https?|mailto):", (value or "").strip().lower()):
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>", "<svg/onload=alert(1)>",
                                 "<iframe src='//evil.example'></iframe>", "<p style='background:url(javascript:1)'>x</p>", "<scr<script>ipt>alert(1)</script>",
                                 "<a href=' jAvAsCrIpT:alert(1)'>x</a>", "<math><mtext></mtext><script>1</script></math>"])
def test_active_markup_never_reaches_the_other_side(case, bad):
    note = case.note(case.submitter.engineer, "Careful", f"<p>before</p>{bad}<p>after</p>").body
    for view in (note, case.receiver.engineer.get(f"{case.path}/notes", expect=200).body[-1]):
        found = Markup.of(view["description"])
        assert not found.active, (view["description"], found.active)
        assert "before" in found.text and "after" in found.text


def test_a_summary_carries_no_tags(case):
    assert case.note(case.submitter.engineer, "<b>Bold</b> words").body["summary"] == "Bold words"


def test_the_summary_is_not_repeated_in_the_description(case):
    assert case.note(case.submitter.engineer, "Only this").body["description"] == ""


@pytest.mark.parametrize("body, status", [
    ({"summary": "a"}, 200), ({"summary": "a", "description": None}, 200), ({"summary": "a", "priority": None}, 200), ({"summary": "a", "priority": "high"}, 200),
    ({"summary": "a", "type": "USER_PARTNER"}, 200), ({"summary": "a", "type": None}, 200), ({"summary": "a", "submittedBy": {"firstName": "Bo", "lastName": "Eck"}}, 200),
    ({"summary": "a", "submittedBy": None, "other": [1]}, 200), ({"summary": "s" * 500, "description": "d" * 5000}, 200),
    ({"summary": "s" * 501}, 400), ({"summary": "a", "description": "d" * 5001}, 400), ({}, 400), ({"summary": ""}, 400), ({"summary": None}, 400), ({"summary": 7}, 400),
    ({"summary": "a", "description": {}}, 400), ({"summary": "a", "priority": "URGENT"}, 400), ({"summary": "a", "type": "SYSTEM"}, 400), ({"summary": "a", "type": "X"}, 400),
])
def test_members_of_a_note(case, body, status):
    case.submitter.engineer.post(f"{case.path}/notes", body, expect=status)


def test_limits_count_characters_not_bytes(case):
    case.note(case.submitter.engineer, "ü" * 500, "🛰" * 5000)
    case.note(case.submitter.engineer, "ü" * 501, expect=400)


def test_the_named_author_is_shown_to_the_own_side(case):
    note = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "From Bo", "submittedBy": {"firstName": "Bo", "lastName": "Eck"}}, expect=200)
    assert note["creatorName"] == "Bo Eck"


def test_both_sides_write_in_every_open_state(case):
    for _ in range(2):
        case.note(case.submitter.engineer, "from the submitter")
        case.note(case.receiver.engineer, "from the receiver")
        if case.seen_by_submitter()["status"] == "OPEN":
            case.approve()
    summaries = [note["summary"] for note in case.seen_by_submitter()["caseNotes"]]
    assert summaries.count("from the submitter") == 2 and summaries.count("from the receiver") == 2


def test_system_notes_have_no_author(case):
    note = next(note for note in case.seen_by_submitter()["caseNotes"] if note["summary"] == "Case created")
    assert note["creatorName"] == "SYSTEM" and note["creatorEmail"] is None and note["companyName"] is None and note["type"] == "SYSTEM"


def test_notes_by_time(case):
    first = case.note(case.submitter.engineer, "first").body
    rows = case.submitter.engineer.get(f"{case.path}/notes?createdAfter={first['createdAt']}&updatedAfter={first['updatedAt']}&includeRemoved=true", expect=200).body
    assert first["token"] in [row["token"] for row in rows]
    assert case.submitter.engineer.get(f"{case.path}/notes?createdAfter=2099-01-01T00:00:00Z", expect=200).body == []
    case.submitter.engineer.get(f"{case.path}/notes?createdAfter=never", expect=400)


def test_notes_keep_their_order(case):
    for number in range(5):
        case.note(case.submitter.engineer if number % 2 else case.receiver.engineer, f"number {number}")
    for view in (case.seen_by_submitter(), case.seen_by_receiver()):
        assert [note["summary"] for note in view["caseNotes"] if note["summary"].startswith("number")] == [f"number {number}" for number in range(5)]


def test_tokens_and_ids_are_unique(world, case):
    other = world.released_case(case.submitter, case.receiver, world.harbour)
    notes = [case.note(case.submitter.engineer, "same").body for _ in range(3)] + [other.note(case.submitter.engineer, "same").body]
    assert len({note["token"] for note in notes}) == 4 and len({note["id"] for note in notes}) == 4
