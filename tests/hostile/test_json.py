"""Malformed and extreme JSON on an endpoint that writes, and on the one that signs in."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from support import raw

DEEP = 100_000


def bodies():
    nested_arrays = b'{"summary":"a","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    nested_objects = b'{"summary":"a","x":' + b'{"a":' * 8_000 + b"1" + b"}" * 8_000 + b"}"
    return {
        "empty": b"", "blank": b" \n\t ", "open object": b"{", "open array": b"[" * 60_000, "open string": b'{"summary":"', "only quotes": b'"' * 1000,
        "deep arrays": nested_arrays, "deep objects": nested_objects, "closing only": b"}" * 5000, "comma": b'{"summary":"a",}', "no colon": b'{"summary" "a"}',
        "single quotes": b"{'summary':'a'}", "comment": b'{"summary":"a"/*x*/}', "trailing text": b'{"summary":"a"} x', "two values": b'{"summary":"a"}{"summary":"b"}',
        "array": b'[{"summary":"a"}]', "null": b"null", "number": b"1", "string": b'"summary"', "true": b"true",
        "duplicate keys": b'{"summary":"a","summary":"b"}', "duplicate by escape": b'{"summary":"a","\\u0073ummary":"b"}', "duplicate deep": b'{"summary":"a","submittedBy":{"firstName":"a","firstName":"b"}}',
        "huge number": b'{"summary":"a","x":1e999999}', "long number": b'{"summary":"a","x":' + b"9" * 40_000 + b"}", "minus zero": b'{"summary":-0}', "hex": b'{"summary":0x1}',
        "leading zero": b'{"summary":"a","x":01}', "nan": b'{"summary":NaN}', "infinity": b'{"summary":-Infinity}', "plus": b'{"summary":"a","x":+1}',
        "bare words": b"{summary:a}", "byte order mark": b'\xef\xbb\xbf{"summary":1}', "utf-16": '{"summary":"a"}'.encode("utf-16"), "utf-32": '{"summary":"a"}'.encode("utf-32"),
        "broken utf-8": b'{"summary":"\xc3\x28"}', "overlong": b'{"summary":"\xc0\xaf"}', "surrogate in utf-8": b'{"summary":"\xed\xa0\x80"}', "half a letter": b'{"summary":"\xf0\x9f"}',
        "above unicode": b'{"summary":"\xf5\x80\x80\x80"}', "lone surrogate": b'{"summary":"\\ud800"}', "reversed surrogates": b'{"summary":"\\udc00\\ud800"}',
        "short escape": b'{"summary":"\\u12"}', "unknown escape": b'{"summary":"\\x41"}', "raw control": b'{"summary":"a\nb"}', "nul byte": b'{"summary":"a\x00b"}',
        "many members": b'{"summary":1' + b"".join(b',"m%d":%d' % (n, n) for n in range(3000)) + b"}", "long key": b'{"' + b"k" * 60_000 + b'":1}',
        "random": bytes(range(256)) * 20,
    }


def notes_of(case):
    return sorted(note["id"] for note in case.seen_by_submitter()["caseNotes"])


@pytest.fixture(scope="module")
def notes_before(case):
    return notes_of(case)


@pytest.mark.parametrize("what", sorted(bodies()))
@pytest.mark.parametrize("path", ["notes", "login"])
def test_malformed_bodies_are_refused_and_store_nothing(gateway, token, case, notes_before, serves, what, path):
    target = f"{case.path}/notes" if path == "notes" else "/v1/login"
    reply = raw.once(gateway, raw.request("POST", target, token, body=bodies()[what] or b" "))
    assert reply is not None and reply.status in ((400,) if path == "notes" else (400, 401)), reply
    assert reply.json["detail"]


def test_nothing_was_stored_by_any_of_them(notes_before, case):
    assert notes_of(case) == notes_before
    case.note(case.submitter.engineer, "a note")
    assert len(notes_of(case)) == len(notes_before) + 1, "one would have been seen"


@pytest.mark.parametrize("text", ["\\u0000", "\\u0001", "\\u007f", "\\u0085", "\\u202e", "\\ufeff", "\\uffff", "\\ud83d\\ude80"])
def test_odd_letters_in_a_text_are_refused_or_come_back_whole(gateway, token, case, text):
    body = f'{{"summary":"x{text}y"}}'.encode()
    reply = raw.once(gateway, raw.request("POST", f"{case.path}/notes", token, body=body))
    assert reply.status in (200, 400)
    if reply.status == 200:
        assert reply.json["summary"].startswith("x") and reply.json["summary"].endswith("y")
        case.seen_by_receiver()


JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats(allow_nan=False) | strategies.text(max_size=30),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(max_size=12), inner, max_size=4), max_leaves=12)
MEMBERS = ["documentId", "internalCaseNumber", "problemSummary", "problemDescription", "priority", "customFields", "internalNotes", "testSubmission", "submitterContactDetails",
           "receiverInternalCaseNumber"]


def examples(long_form):
    return 5000 if long_form else 150


@pytest.fixture(scope="session")
def amount():
    import os
    return examples(os.environ.get("ENTENTE_LONG") == "1")


def test_arbitrary_values_for_every_member_of_a_create(world, amount):
    """Never a fault of the server, whatever stands where; each answer is what the document says."""
    draft = world.draft(world.left, world.right, world.customer)
    draft.pop("values")
    engineer = world.left.engineer

    @settings(max_examples=amount, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategies.sampled_from(MEMBERS), JSON)
    def attempt(member, value):
        body = {**draft, member: value}
        text = json.dumps(body)
        answer = engineer.request("POST", "/v1/collaboration-requests", data=text.encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"})
        assert answer.status in (200, 400, 403, 404, 413), answer

    attempt()


def test_mutated_bytes_of_a_create(world, amount):
    """Flipped, cut, doubled: the parser refuses or the decoder does."""
    draft = world.draft(world.left, world.right, world.customer)
    draft.pop("values")
    text = json.dumps(draft).encode()
    engineer = world.left.engineer

    @settings(max_examples=amount, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategies.integers(0, len(text) - 1), strategies.integers(0, 255), strategies.sampled_from(["set", "cut", "double", "insert"]))
    def attempt(place, byte, how):
        changed = {
            "set": text[:place] + bytes([byte]) + text[place + 1:], "cut": text[:place], "double": text[:place] + text[place // 2:],
            "insert": text[:place] + bytes([byte]) * 3 + text[place:],
        }[how]
        answer = engineer.request("POST", "/v1/collaboration-requests", data=changed, headers={"Content-Type": "application/json"})
        assert answer.status in (200, 400, 403, 404, 413), answer

    attempt()
