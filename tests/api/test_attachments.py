"""Attachments (contract section 14, semantics 5): places for files, and files on their way to both sides."""

import hashlib
import os
import pathlib
import subprocess
import threading
import uuid

import pytest
import requests

from support.client import LEGACY_MODE
from support.files import form, let_pass, send, target
from support.gateway import program, until

BINARY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def places(file_places):
    """A place for halden and one for brightwell, as both would say at the beginning."""
    return file_places


@pytest.fixture
def both(world, places, case):
    """A released case whose sides take files; the receivers of submitter and receiver."""
    with places("halden") as left, places("brightwell") as right:
        world.halden.engineer.put(f"{case.path}/attachments/config/https", target("halden.files.example", left.port), expect=200)
        world.brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", right.port, "/a/b/"), expect=200)
        yield case, left, right


# --- places ---

def test_the_places_can_always_be_read_and_never_show_a_password(world, case, halden, brightwell, corvid):
    for caller in (halden.engineer, brightwell.engineer, halden.compliance):
        got = caller.get(f"{case.path}/attachments/config", expect=200)
        assert got["submitter"] == {"companyId": halden.id, "parameters": {}} and got["receiver"] == {"companyId": brightwell.id, "parameters": {}}
    got = halden.engineer.put(f"{case.path}/attachments/config/https", target("up.halden.example", 8443, "/x y".replace(" ", "-")), expect=200)
    assert got["submitter"]["parameters"]["domain"] == "up.halden.example" and got["submitter"]["parameters"]["httpsPort"] == 8443
    assert "geheim" not in brightwell.engineer.get(f"{case.path}/attachments/config", expect=200).text
    corvid.engineer.get(f"{case.path}/attachments/config", expect=404)
    halden.auditor.get(f"{case.path}/attachments/config", expect=403)
    halden.engineer.get("/v1/collaboration-requests/%ff/attachments/config", expect=400)
    brightwell.compliance.put(f"{case.path}/attachments/config/https", target("up.example.com", 1), expect=403)
    corvid.engineer.put(f"{case.path}/attachments/config/https", target("up.example.com", 1), expect=404)


@pytest.mark.parametrize("member,value", [("domain", "localhost"), ("domain", "127.0.0.1"), ("domain", "-a.example"), ("domain", "a..example"), ("domain", "a.example:1"),
                                          ("httpsPort", 0), ("httpsPort", 65536), ("httpsPath", "in"), ("httpsPath", "/a b"), ("password", ""), ("expiration", "soon"),
                                          ("expiration", None), ("domain", None)])
def test_a_place_that_is_none_is_refused_by_its_member(case, halden, member, value):
    got = halden.engineer.put(f"{case.path}/attachments/config/https", {**target("a.example", 443), member: value}, expect=400)
    assert got.body["violations"][0]["pointer"] == f"/{member}"


def test_an_expiration_may_be_epoch_seconds_with_a_fraction(case, halden):
    body = {**target("a.example", 443), "expiration": 1905413400.123456789}
    got = halden.engineer.put(f"{case.path}/attachments/config/https", body, expect=200)
    assert got["submitter"]["parameters"]["expiration"] == "2030-05-19T09:30:00Z"


def test_analyze_proposes_and_keeps_nothing(case, halden, corvid):
    path = f"{case.path}/attachments/config/https/analyze"
    got = halden.engineer.post(path, {"Host": "files.vendor.example", "secret": "s3", "Port": "8443", "PATH": "drop", "expires": "2031-01-01T00:00:00Z"}, expect=200)
    assert got.body == {"domain": "files.vendor.example", "password": "s3", "expiration": "2031-01-01T00:00:00Z", "httpsPath": "/drop", "httpsPort": 8443}
    got = halden.engineer.post(path, {"url": "https://u:p@files.vendor.example:9443/a/b?x=1"}, expect=200)
    assert (got["domain"], got["httpsPort"], got["httpsPath"]) == ("files.vendor.example", 9443, "/a/b")
    halden.engineer.post(path, {}, expect=400)
    halden.engineer.post(path, [1], expect=400)
    corvid.engineer.post(path, {"host": "a.example"}, expect=404)
    halden.compliance.post(path, {"host": "a.example"}, expect=403)
    assert halden.engineer.get(f"{case.path}/attachments/config", expect=200)["submitter"]["parameters"] == {}


def test_a_company_says_its_own_place_once(world, case, halden, brightwell):
    path = "/api/v1/attachment-target"
    assert halden.engineer.get(path, expect=200).body == {"target": None, "maxBytes": 0, "history": False, "note": False}
    halden.engineer.delete(path, expect=404)
    halden.compliance.put(path, target("a.example", 443), expect=403)
    got = halden.administrator.put(path, {**target("default.example", 443), "maxBytes": 1000}, expect=200)
    assert "geheim" not in got.text and got["target"]["domain"] == "default.example" and got["maxBytes"] == 1000
    assert case.seen_by_submitter().status == 200
    assert halden.engineer.get(f"{case.path}/attachments/config", expect=200)["submitter"]["parameters"]["domain"] == "default.example"
    limits = brightwell.engineer.get(f"/api/v1/cases/{case.token}/attachments/limits", expect=200)
    assert limits["maxBytes"] == 1000 and limits["submitterTakesFiles"] is True and limits["receiverTakesFiles"] is False
    halden.engineer.put(f"/api/v1/cases/{case.token}/attachments/targets", target("own.example", 443), expect=200)
    assert halden.engineer.get(f"/api/v1/cases/{case.token}/attachments/targets", expect=200)["submitter"]["parameters"]["domain"] == "own.example"
    halden.administrator.put(path, {"history": True}, expect=200)
    assert halden.engineer.get(path, expect=200)["target"]["domain"] == "default.example"
    halden.administrator.put(path, {}, expect=200)
    halden.engineer.delete(path, expect=204)


def test_the_alpha_surface_is_not_there(case, halden):
    for path in (f"/v2/collaboration-requests/{case.token}/attachments/grants", "/v2/attachments/storage-config"):
        halden.engineer.get(path, expect=404)
    halden.engineer.post(f"/v2/collaboration-requests/{case.token}/attachments/grants", {"fileName": "a", "expectedSizeBytes": 1}, expect=404)


# --- files ---

def test_a_file_goes_to_both_sides_as_the_contract_says(world, both, halden):
    case, left, right = both
    secret, word = "Gr8-Harbour!Gate", halden.word("log line", ("brightwell",))
    text = f"path A down {word}\npassword: {secret}\nok\n".encode()
    got = send(halden.engineer, case.token, ("fabric log #1.txt", text), description="")
    assert got.body == [{"fileName": "fabric log #1.txt", "receiverStatus": "SUCCESS", "receiverMessage": "delivered", "submitterStatus": "SUCCESS",
                         "submitterMessage": "delivered", "completeSuccess": True, "partialSuccess": False}]
    mine, theirs = left.taken[0], right.taken[0]
    assert (mine.method, mine.target) == ("PUT", "/in/fabric%20log%20%231.txt") and theirs.target == "/a/b/fabric%20log%20%231.txt"
    assert mine.headers["content-type"] == "text/plain" and mine.content == text
    assert theirs.content == f"path A down {word}\npassword: [secret removed]\nok\n".encode()
    assert mine.credentials == f"{case.draft['internalCaseNumber']}:geheim-1" and theirs.credentials == f"{case.token}:geheim-1"
    case.approve(caseNumber="R-77:1")
    assert send(halden.engineer, case.token, ("a.txt", b"x")).body[0]["completeSuccess"]
    assert right.taken[1].credentials == "R-77_1:geheim-1"


def test_the_receiver_sends_as_well(world, both, brightwell):
    case, left, right = both
    got = send(brightwell.engineer, case.token, ("b.txt", b"seen on 10.20.30.40\n"))
    assert got.body[0]["completeSuccess"] and right.taken[0].content == b"seen on 10.20.30.40\n" and left.taken[0].content == b"seen on ADDR-1\n"


def test_what_clients_do_to_forms_is_tolerated(both, halden):
    case, left, right = both
    boundary = "=_odd boundary_="
    body = (b"preamble that nobody reads\r\n--" + boundary.encode() + b'  \r\ncontent-disposition: form-data; filename="a.txt"; name=files\r\n'
            b"Content-Type: multipart/form-data\r\n\r\none\r\n--" + boundary.encode() + b'\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--' + boundary.encode() +
            b"\r\nContent-Disposition: form-data; name=\"files\"; filename*=UTF-8''%E6%97%A5%E8%AA%8C.txt\r\n\r\n\r\n--" + boundary.encode() + b"--\r\nepilogue")
    got = halden.engineer.request("POST", f"{case.path}/attachments?description=via+query", data=body,
                                  headers={"Content-Type": f'Multipart/Form-Data; charset=utf-8; boundary="{boundary}"'}, expect=200)
    assert [(row["fileName"], row["completeSuccess"]) for row in got.body] == [("a.txt", True), ("日誌.txt", True)]
    assert [one.content for one in right.taken] == [b"one", b""] and right.taken[0].headers["content-type"] == "application/octet-stream"


def test_a_form_that_is_none_is_refused(case, halden):
    path, good = f"{case.path}/attachments", form(("a.txt", b"x"))
    for data, kind in ((b"{}", "application/json"), (b"x", "multipart/form-data"), (good[0][:-8], good[1]), (b"nothing", good[1]),
                       (b"------entente-7f3a\r\n\r\nx\r\n--", good[1]), (form(description="x")[0], good[1])):
        halden.engineer.request("POST", path, data=data, headers={"Content-Type": kind}, expect=400)
    halden.engineer.request("POST", path, data=b"{}", headers={"Content-Type": "application/json"}, expect=500, accept=LEGACY_MODE)
    send(halden.engineer, case.token, ("a.txt", b"x"), description="d" * 501, expect=400)
    send(halden.engineer, case.token, *[(f"{i}.txt", b"x") for i in range(51)], expect=400)
    send(halden.engineer, case.token, expect=400)


def test_who_may_not_send_sends_nothing(world, both, corvid, halden):
    case, left, right = both
    send(corvid.engineer, case.token, ("a.txt", b"x"), expect=404)
    send(halden.compliance, case.token, ("a.txt", b"x"), expect=403)
    send(world.anonymous, case.token, ("a.txt", b"x"), expect=401)
    assert not left.taken and not right.taken


def test_each_side_has_its_own_status(world, places, case, halden, brightwell):
    row = send(halden.engineer, case.token, ("a.txt", b"x")).body[0]
    assert row["receiverStatus"] == row["submitterStatus"] == "CONFIG_MISSING" and not row["completeSuccess"] and not row["partialSuccess"]
    with places("halden") as left:
        halden.engineer.put(f"{case.path}/attachments/config/https", target("halden.files.example", left.port), expect=200)
        brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", left.port, days=-1), expect=200)
        row = send(halden.engineer, case.token, ("a.txt", b"x")).body[0]
        assert (row["submitterStatus"], row["receiverStatus"], row["partialSuccess"]) == ("SUCCESS", "CONFIG_INVALID", True)
        # A certificate for another name, a port where nobody listens, a private network.
        brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", left.port), expect=200)
        assert send(halden.engineer, case.token, ("a.txt", b"x")).body[0]["receiverStatus"] == "FORWARD_FAILED"
        brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", 1), expect=200)
        assert send(halden.engineer, case.token, ("a.txt", b"x")).body[0]["receiverStatus"] == "FORWARD_FAILED"
        brightwell.engineer.put(f"{case.path}/attachments/config/https", target("inside.files.example", 443), expect=200)
        assert send(halden.engineer, case.token, ("a.txt", b"x")).body[0]["receiverStatus"] == "CONFIG_INVALID"


@pytest.mark.parametrize("answer,status", [(200, "SUCCESS"), (204, "SUCCESS"), (299, "SUCCESS"), (302, "FORWARD_FAILED"), (401, "FORWARD_FAILED"), (500, "FORWARD_FAILED"),
                                           ("cut", "UNKNOWN"), ("silent", "UNKNOWN")])
def test_what_the_other_end_says_is_the_status(both, halden, answer, status):
    case, left, right = both
    right.behave = lambda taken: answer
    row = send(halden.engineer, case.token, ("a.txt", b"x")).body[0]
    assert (row["receiverStatus"], row["submitterStatus"], row["partialSuccess"]) == (status, "SUCCESS", status != "SUCCESS")
    assert len(right.taken) == 1, "one attempt a side"


def test_a_receiver_that_stalls_is_given_up(both, halden):
    case, left, right = both
    right.stall_after, content = 1, bytes(12 << 20)
    let_pass(halden, case, content)
    row = send(halden.engineer, case.token, ("big.bin", content)).body[0]
    assert (row["receiverStatus"], row["submitterStatus"]) == ("FORWARD_FAILED", "SUCCESS") and "in time" in row["receiverMessage"]


# --- the gate ---

def test_while_the_case_is_held_every_file_is_answered_with_the_reason(world, halden, gateway):
    held = world.open_case(halden, world.brightwell, halden.customer("unasked"))
    got = send(halden.engineer, held.token, ("a.txt", b"x"), ("b.txt", b"y"))
    assert [(row["fileName"], row["receiverStatus"], row["submitterStatus"]) for row in got.body] == [("a.txt", "CONTENT_ERROR", "CONTENT_ERROR"), ("b.txt", "CONTENT_ERROR", "CONTENT_ERROR")]
    assert "author" in got.body[0]["receiverMessage"]
    send(world.brightwell.engineer, held.token, ("a.txt", b"x"), expect=404)


def test_a_withdrawal_freezes_files_too(world, halden, brightwell, places):
    customer = halden.customer("freezing")
    granted = halden.authorize(customer, [brightwell])
    frozen = world.open_case(halden, brightwell, customer)
    with places("brightwell") as right:
        brightwell.engineer.put(f"{frozen.path}/attachments/config/https", target("brightwell.files.example", right.port), expect=200)
        halden.withdraw(granted, customer)
        for side in (halden, brightwell):
            row = send(side.engineer, frozen.token, ("a.txt", b"x")).body[0]
            assert row["receiverStatus"] == row["submitterStatus"] == "CONTENT_ERROR" and "permission" in row["receiverMessage"]
        assert not right.taken


def test_what_nobody_can_look_into_waits_for_a_colleague(both, halden):
    case, left, right = both
    row = send(halden.engineer, case.token, ("core.bin", BINARY, "application/x-core")).body[0]
    digest = hashlib.sha256(BINARY).hexdigest()
    assert row["receiverStatus"] == row["submitterStatus"] == "CONTENT_ERROR" and digest in row["receiverMessage"] and not right.taken
    halden.engineer.post(f"/api/v1/cases/{case.token}/reviews", {"digest": digest}, expect=204)
    assert send(halden.engineer, case.token, ("core.bin", BINARY)).body[0]["receiverStatus"] == "CONTENT_ERROR", "nobody lets pass what they sent themselves"
    halden.engineer2.post(f"/api/v1/cases/{case.token}/reviews", {"digest": digest}, expect=204)
    assert send(halden.engineer, case.token, ("core.bin", BINARY)).body[0]["completeSuccess"] and right.taken[0].content == BINARY
    assert send(halden.engineer, case.token, ("core.bin", BINARY + b"\0")).body[0]["receiverStatus"] == "CONTENT_ERROR"


@pytest.mark.parametrize("shift", range(0, 40, 3))
def test_a_secret_is_found_wherever_a_chunk_ends(both, halden, shift):
    """Around the borders of pieces of the upload (128 KiB), of the spool (64 KiB) and of the detectors' window."""
    case, left, right = both
    line, secret = "2030-05-04 fabric B lost a path, all is well again now\n", "password: Gr8-Harbour!Gate\n"
    text = ""
    for border in (65536, 131072, 262144, 458752, 524288):
        text += line * ((border - 20 + shift - len(text)) // len(line))
        text += "x" * max(0, border - 20 + shift - len(text) - 1) + "\n" + secret
    text += line * 8000
    assert send(halden.engineer, case.token, ("long.txt", text.encode())).body[0]["completeSuccess"]
    assert left.taken[0].content == text.encode()
    assert right.taken[0].content.decode() == text.replace("Gr8-Harbour!Gate", "[secret removed]")


def test_text_in_utf_16_is_looked_into(both, halden):
    case, left, right = both
    assert send(halden.engineer, case.token, ("w.log", "\ufeffpassword: Gr8-Harbour!Gate 😀\r\n".encode("utf-16-le"))).body[0]["completeSuccess"]
    assert right.taken[0].content.decode() == "password: [secret removed] 😀\r\n"


def test_file_names_cross_the_gate_too(both, halden):
    case, left, right = both
    got = send(halden.engineer, case.token, ("10.20.30.40.txt", b"x"), ("../../etc/passwd", b"x"), ("C:\\logs\\отчёт.txt", b"x"))
    assert [row["fileName"] for row in got.body] == ["10.20.30.40.txt", "../../etc/passwd", "C:\\logs\\отчёт.txt"]
    assert [one.name for one in left.taken] == ["10.20.30.40.txt", "passwd", "отчёт.txt"]
    assert [one.name for one in right.taken] == ["ADDR-1.txt", "passwd", "отчёт.txt"]


def test_a_file_that_is_too_large_for_a_side(world, both, halden, brightwell):
    case, left, right = both
    brightwell.administrator.put("/api/v1/attachment-target", {"maxBytes": 10}, expect=200)
    row = send(halden.engineer, case.token, ("a.txt", b"x" * 11)).body[0]
    assert (row["receiverStatus"], row["submitterStatus"]) == ("CONTENT_ERROR", "SUCCESS") and "10 bytes" in row["receiverMessage"]
    brightwell.administrator.put("/api/v1/attachment-target", {}, expect=200)


def test_every_file_is_in_the_record_and_the_spool_is_empty_afterwards(world, both, halden, gateway):
    case, left, right = both
    assert send(halden.engineer, case.token, ("a.txt", b"password: Gr8-Harbour!Gate")).body[0]["completeSuccess"]
    rows = [row for row in halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=200", expect=200).items if row["operation"].startswith("attachment.")]
    assert {"attachment.upload", "attachment.spool", "attachment.send", "attachment.sent"} <= {row["operation"] for row in rows}
    until(lambda: not list((gateway.data / "spool").iterdir()), what="an empty spool")
    assert b"Gr8-Harbour" not in (gateway.log()).encode()


def test_history_and_sending_again(world, both, halden, brightwell):
    case, left, right = both
    path = f"/api/v1/cases/{case.token}/attachments"
    assert send(halden.engineer, case.token, ("unlisted.txt", b"x")).body[0]["completeSuccess"]
    assert halden.engineer.get(path, expect=200).items == []
    halden.administrator.put("/api/v1/attachment-target", {"history": True, "note": True}, expect=200)
    right.behave = lambda taken: 503
    row = send(halden.engineer, case.token, ("again.txt", b"password: Gr8-Harbour!Gate"), path=path, description="for fabric B").body[0]
    assert row["partialSuccess"]
    listed = halden.engineer.get(path, expect=200).items[0]
    assert (listed["fileName"], listed["state"], listed["receiverStatus"], listed["description"]) == ("again.txt", "failed", "FORWARD_FAILED", "for fabric B")
    assert brightwell.engineer.get(path, expect=200).items == []
    brightwell.engineer.post(f"{path}/{listed['id']}/resume", expect=404)
    right.behave = lambda taken: 201
    got = halden.engineer.post(f"{path}/{listed['id']}/resume", expect=200).body[0]
    assert got["completeSuccess"] and len(left.taken) == 2 and right.taken[-1].content == b"password: [secret removed]"
    halden.engineer.post(f"{path}/{listed['id']}/resume", expect=422)
    assert brightwell.engineer.get(path, expect=200).items[0]["fileName"] == "again.txt"
    send(halden.engineer, case.token, ("noted.txt", b"x"))
    assert any("noted.txt" in note["description"] for note in brightwell.engineer.get(f"{case.path}/notes", expect=200).body)
    halden.administrator.put("/api/v1/attachment-target", {}, expect=200)


# --- sent again with the same Idempotency-Key (semantics 9) ---

@pytest.fixture
def key():
    return f"upload-{uuid.uuid4()}"


def replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_the_same_upload_again_answers_as_the_first_did(both, halden, key):
    case, left, right = both
    right.behave = lambda taken: 503 if taken.name == "b.txt" else 201
    files = [("a.txt", b"password: Gr8-Harbour!Gate\n"), ("b.txt", b"x"), ("core.bin", BINARY, "application/x-core")]
    first = send(halden.engineer, case.token, *files, description="since Saturday", key=key)
    assert [row["receiverStatus"] for row in first.body] == ["SUCCESS", "FORWARD_FAILED", "CONTENT_ERROR"] and not replayed(first)
    went = len(left.taken), len(right.taken)
    # A client that makes the form anew draws another border between its parts: it is the same request.
    again = send(halden.engineer, case.token, *files, description="since Saturday", key=key, boundary="----drawn-anew")
    assert again.body == first.body and replayed(again) and went == (len(left.taken), len(right.taken)) == (2, 2)
    case.approve()
    halden.engineer.post(f"{case.path}/closure", expect=200)
    assert send(halden.engineer, case.token, *files, description="since Saturday", key=key).body == first.body, "what was done stays answered after the end"
    known = halden.engineer.get(f"/api/v1/idempotency/{key}", expect=200)
    assert [(row["operation"], row["case"]) for row in known["outcomes"]] == [("forwardAttachment", case.token)]
    assert halden.engineer.get(f"/api/v1/cases/{case.token}/attachments", expect=200).items == [], "a key is no history"
    rows = halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=200", expect=200).items
    assert [row["operation"] for row in rows].count("attachment.upload.repeat") == 2


@pytest.mark.parametrize("files,description", [([("a.txt", b"y")], "d"), ([("b.txt", b"x")], "d"), ([("a.txt", b"x")], "e"), ([("a.txt", b"x"), ("b.txt", b"x")], "d"),
                                               ([("a.txt", b"x", "text/html")], "d")])
def test_another_upload_under_the_same_key_is_refused(both, halden, brightwell, key, files, description):
    case, left, right = both
    send(halden.engineer, case.token, ("a.txt", b"x"), description="d", key=key)
    answer = send(halden.engineer, case.token, *files, description=description, key=key, expect=409)
    assert answer.code == "idempotency_key_reused" and len(right.taken) == 1
    assert not replayed(send(brightwell.engineer, case.token, *files, key=key)), "keys of others are other keys"


def test_a_repeat_waits_for_what_is_under_way(both, halden, key):
    case, left, right = both
    begun, go_on, answers = threading.Event(), threading.Event(), {}

    def slow(taken):
        begun.set()
        go_on.wait(60)
        return 201

    right.behave = slow

    def upload(name):
        answers[name] = send(halden.engineer.with_token(halden.engineer.token), case.token, ("a.txt", b"x"), key=key)

    threads = [threading.Thread(target=upload, args=(name,)) for name in ("first", "second")]
    threads[0].start()
    assert begun.wait(60)
    threads[1].start()
    operations = lambda: [row["operation"] for row in halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=200", expect=200).items]  # noqa: E731
    until(lambda: operations().count("attachment.upload") == 2, what="the second call")
    assert not answers
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert answers["first"].body == answers["second"].body and answers["first"].body[0]["completeSuccess"]
    assert (replayed(answers["first"]), replayed(answers["second"]), len(right.taken)) == (False, True, 1)


def test_many_at_once_with_one_key_send_once(both, halden, key):
    case, left, right = both
    answers, start = [], threading.Barrier(6)

    def upload():
        caller = halden.engineer.with_token(halden.engineer.token)
        start.wait(60)
        answers.append(send(caller, case.token, ("a.txt", b"x" * 300_000), key=key))

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 6 and len(right.taken) == len(left.taken) == 1
    assert all(answer.body == answers[0].body for answer in answers) and sorted(map(replayed, answers)) == [False] + [True] * 5


def test_an_upload_that_broke_off_or_was_refused_leaves_its_key_free(world, both, halden, gateway, key):
    case, left, right = both
    body, kind = form(("a.txt", b"x" * 200_000))
    head = (f"POST {case.path}/attachments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {halden.engineer.token}\r\nContent-Type: {kind}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with gateway.connect() as line:
        line.sendall(head + body[:150_000])
        until(lambda: gateway.metric("entente_uploads_under_way") == 1, what="an upload under way")
    until(lambda: gateway.metric("entente_uploads_under_way") == 0, what="its end")
    assert halden.engineer.get(f"/api/v1/idempotency/{key}", expect=200)["state"] == "unknown"
    assert not replayed(send(halden.engineer, case.token, ("a.txt", b"x" * 200_000), key=key)) and len(right.taken) == 1
    # While a case is held nothing is sent, so the same call sends once it is not.
    customer = halden.customer("asked later")
    held = world.open_case(halden, world.brightwell, customer)
    for _ in range(2):
        assert send(halden.engineer, held.token, ("a.txt", b"x"), key=key + "h").body[0]["receiverStatus"] == "CONTENT_ERROR"
    halden.authorize(customer, [world.brightwell])
    held.release_to_receiver()
    until(lambda: send(halden.engineer, held.token, ("a.txt", b"x"), key=key + "h").body[0]["receiverStatus"] == "CONFIG_MISSING", what="the release")


def test_sending_again_takes_a_key_as_well(world, both, halden, key):
    case, left, right = both
    path = f"/api/v1/cases/{case.token}/attachments"
    halden.administrator.put("/api/v1/attachment-target", {"history": True}, expect=200)
    right.behave = lambda taken: 503
    send(halden.engineer, case.token, ("again.txt", b"x"), path=path)
    file = halden.engineer.get(path, expect=200).items[0]["id"]
    right.behave = lambda taken: 201
    first, second = (halden.engineer.post(f"{path}/{file}/resume", headers={"Idempotency-Key": key}, expect=200) for _ in range(2))
    assert first.body == second.body and first.body[0]["completeSuccess"] and replayed(second) and len(right.taken) == 2
    halden.administrator.put("/api/v1/attachment-target", {}, expect=200)


def test_no_byte_leaves_after_a_withdrawal_is_acknowledged(world, halden, brightwell, places):
    customer = halden.customer("in flight")
    granted = halden.authorize(customer, [brightwell])
    case = world.open_case(halden, brightwell, customer)
    content, results = bytes(8 << 20), []
    let_pass(halden, case, content)
    with places("brightwell", stall_after=100_000, keep=False) as right:
        brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", right.port), expect=200)
        callers = [halden.engineer.with_token(halden.engineer.token) for _ in range(10)]
        threads = [threading.Thread(target=lambda c=c: results.append(send(c, case.token, ("big.bin", content)).body[0])) for c in callers]
        for thread in threads:
            thread.start()
        until(lambda: right.stalled == 10, 120, what="ten files in flight")
        halden.withdraw(granted, customer)
        before = right.arrived + right.in_kernel()
        for thread in threads:
            thread.join(60)
        assert right.arrived + right.in_kernel() <= before
        right.go_on.set()
        assert [row["receiverStatus"] for row in results] == ["CONTENT_ERROR"] * 10 and not right.taken


# --- size and memory ---

def memory_of(pid):
    return int(next(line.split()[1] for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))) * 1024


LONG = os.environ.get("ENTENTE_LONG") == "1"


@pytest.mark.parametrize("kind,size", [("binary", (2 << 30) - (1 << 20) if LONG else 64 << 20), ("text", 256 << 20 if LONG else 8 << 20)])
def test_memory_does_not_grow_with_the_file(both, halden, gateway, kind, size):
    """64 MiB always; 2 GiB with ENTENTE_LONG=1."""
    case, left, right = both
    left.keep = right.keep = False
    line = bytes(1 << 16) if kind == "binary" else b"2030-05-04 fabric B lost a path, all is well again now\n" * 1000

    def content():
        for at in range(0, size, len(line)):
            yield line[:size - at]

    digest = hashlib.sha256()
    for piece in content():
        digest.update(piece)
    halden.engineer2.post(f"/api/v1/cases/{case.token}/reviews", {"digest": digest.hexdigest()}, expect=204)
    send(halden.engineer, case.token, ("warm.txt", line[:0] + b"line of text\n" * 100_000))
    before, peak, over = memory_of(gateway.process.pid), [0], threading.Event()

    def watch():
        while not over.wait(0.02):
            peak[0] = max(peak[0], memory_of(gateway.process.pid))

    head, form_type = form(("big", b"@@@"))
    start, end = head.split(b"@@@")

    def pieces():
        yield start
        yield from content()
        yield end

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with requests.Session() as session:  # of its own: a body that is streamed keeps the patience of the connection's first call
            session.trust_env, session.verify = False, str(gateway.ca)
            answer = session.post(halden.engineer.base + f"{case.path}/attachments", data=pieces(), timeout=3600,
                                  headers={"Authorization": f"Bearer {halden.engineer.token}", "Content-Type": form_type})
    finally:
        over.set()
        watcher.join()
    assert answer.status_code == 200 and answer.json()[0]["completeSuccess"], answer.text
    for side in (left, right):
        assert (side.taken[-1].size, side.taken[-1].sha256) == (size, digest.hexdigest())
    grown = peak[0] - before
    print(f"{kind} of {size >> 20} MiB: {grown >> 20} MiB more memory")
    assert grown < (256 << 20 if os.environ.get("ENTENTE_PRESET", "release") == "asan" else 64 << 20)


# --- limits and ends ---

def small_world(gateway):
    from support.world import World
    world = World(gateway)
    left, right = world.company("halden"), world.company("brightwell")
    world.agreement(left, right)
    return world, left, right, world.released_case(left, right)


def test_a_kill_in_the_middle_leaves_nothing_behind(private_gateway):
    gateway = private_gateway()
    world, halden, brightwell, case = small_world(gateway)
    head, kind = form(("big.txt", b"@@@"))
    start = head.split(b"@@@")[0]
    with gateway.connect() as line:
        line.sendall((f"POST {case.path}/attachments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {halden.engineer.token}\r\nContent-Type: {kind}\r\n"
                      f"Content-Length: {1 << 30}\r\n\r\n").encode() + start + b"password: Gr8-Harbour!Gate\n" * 50_000)
        spool = gateway.data / "spool"
        until(lambda: any(one.stat().st_size > 65536 for one in spool.iterdir()), what="a file in the spool")
        assert all(b"Gr8-Harbour" not in one.read_bytes() for one in spool.iterdir()), "the spool is sealed"
        gateway.kill()
    assert list(spool.iterdir())
    gateway.start()
    assert not list(spool.iterdir()) and "spool.cleaned" in gateway.log()
    send(halden.engineer, case.token, ("a.txt", b"x"))
    world.verify()


def test_limits_of_size_and_room(private_gateway):
    gateway = private_gateway({"attachments.file_bytes": 100_000, "attachments.company_spool_bytes": 150_000, "limits.body_bytes": 4096})
    world, halden, brightwell, case = small_world(gateway)
    got = send(halden.engineer, case.token, ("large.txt", b"x" * 100_001), ("fine.txt", b"x" * 60_000), ("also.txt", b"x" * 99_000), ("small.txt", b"x")).body
    assert [row["receiverStatus"] for row in got] == ["CONTENT_ERROR", "CONFIG_MISSING", "CONTENT_ERROR", "CONFIG_MISSING"], got
    assert "100000 bytes" in got[0]["receiverMessage"] and "too many files under way" in got[2]["receiverMessage"]
    assert halden.engineer.get(f"/api/v1/cases/{case.token}/attachments/limits", expect=200)["maxBytes"] == 100_000
    until(lambda: gateway.metric("entente_spool_bytes") == 0, what="an empty spool")


def test_a_file_that_may_be_sent_again_takes_room_also_after_a_restart(private_gateway):
    gateway = private_gateway({"attachments.company_spool_bytes": 100_000})
    world, halden, brightwell, case = small_world(gateway)
    halden.administrator.put("/api/v1/attachment-target", {"history": True}, expect=200)
    path = f"/api/v1/cases/{case.token}/attachments"
    send(halden.engineer, case.token, ("kept.txt", b"x" * 50_000), path=path)
    send(halden.engineer, case.token, ("too much to keep.txt", b"x"), path=path)
    for _ in range(2):
        states = {row["fileName"]: row["state"] for row in halden.engineer.get(path, expect=200).items}
        assert states["kept.txt"] == "failed" and states["too much to keep.txt"] == "done"
        assert gateway.metric("entente_spool_bytes") == 50_000
        (row,) = send(halden.engineer, case.token, ("more.txt", b"x" * 50_001)).body
        assert row["receiverStatus"] == "CONTENT_ERROR" and "kept to be sent again" in row["receiverMessage"]
        gateway.stop()
        gateway.start()


def test_uploads_have_a_ceiling_and_a_pace(private_gateway):
    gateway = private_gateway({"attachments.uploads_of_company": 1, "limits.request_seconds": 2})
    world, halden, brightwell, case = small_world(gateway)
    head, kind = form(("big.txt", b"@@@"))
    with gateway.connect() as line:
        line.sendall((f"POST {case.path}/attachments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {halden.engineer.token}\r\nContent-Type: {kind}\r\n"
                      f"Content-Length: 1000000\r\n\r\n").encode() + head.split(b"@@@")[0])
        until(lambda: gateway.metric("entente_uploads_under_way") == 1, what="an upload under way")
        send(halden.engineer, case.token, ("a.txt", b"x"), expect=429)
        assert b"HTTP/1.1 408" in line.recv(4096), "who does not go on is let go"
    until(lambda: send(halden.engineer, case.token, ("a.txt", b"x"), expect=(200, 429)).status == 200, what="a free place")


def test_a_closed_case_takes_no_files(case, halden):
    case.approve()
    halden.engineer.post(f"{case.path}/closure", expect=200)
    send(halden.engineer, case.token, ("a.txt", b"x"), expect=422)


def test_the_command_line_sends_and_lists(both, halden, gateway, tmp_path):
    case, left, right = both

    def run(*words, code=0, caller=halden.engineer):
        done = subprocess.run([program(), "file", *map(str, words), "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True, timeout=60, check=False,
                              env={"ENTENTE_TOKEN": caller.token, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    log = tmp_path / "fabric b.log"
    log.write_bytes(b"password: Gr8-Harbour!Gate\n")
    (tmp_path / "core").write_bytes(BINARY)
    run("place", "--history", caller=halden.administrator)
    assert "SUCCESS" in run("send", case.token, log, "--description", "since Saturday")
    assert right.taken[0].content == b"password: [secret removed]\n" and right.taken[0].name == "fabric b.log"
    assert "nobody can look" in run("send", case.token, tmp_path / "core", code=1)
    assert "fabric b.log" in run("list", case.token) and "50" in run("limits", case.token)
    assert "yes" in run("place") or "true" in run("place")
    run("place", "--plain", caller=halden.administrator)
