"""Checkpoints, receipts and consistency proofs over the interface, checked here from the published layouts with nothing of ours."""

import base64
import hashlib
import subprocess
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from support.gateway import program


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Log:
    """What a verifier pins: the log's name and key (c2sp.org/signed-note)."""

    def __init__(self, vkey):
        self.name, key_id, key = vkey.split("+", 2)
        raw = base64.b64decode(key)
        assert raw[0] == 1 and len(raw) == 33
        self.id = bytes.fromhex(key_id)
        assert self.id == sha256(self.name.encode(), b"\n", raw)[:4]
        self.key = Ed25519PublicKey.from_public_bytes(raw[1:])

    def checkpoint(self, note):
        text, signatures = note.split("\n\n")
        text += "\n"
        dash, name, signature = signatures.rstrip("\n").split("\n")[0].split(" ")
        raw = base64.b64decode(signature)
        assert dash == "\u2014" and name == self.name and raw[:4] == self.id
        self.key.verify(raw[4:], text.encode())
        origin, size, root = text.rstrip("\n").split("\n")
        assert origin == self.name
        return int(size), base64.b64decode(root)


def root_from(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    fn, sn, root = index, size - 1, leaf
    for step in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            root = sha256(b"\x01", step, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = sha256(b"\x01", root, step)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return root


def grown(old, old_root, new, path):
    """RFC 9162 section 2.1.4.2: the root of the new tree that the path leads to, and that it leads from the old one."""
    if old & (old - 1) == 0:
        path = [old_root, *path]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for step in path[1:]:
        assert sn > 0
        if fn & 1 or fn == sn:
            first, second = sha256(b"\x01", step, first), sha256(b"\x01", step, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = sha256(b"\x01", second, step)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0 and first == old_root
    return second


def parse_receipt(text):
    head, note = text.split("\n\n", 1)
    first, extra, index, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    return (base64.b64decode(extra.removeprefix("extra ")), int(index.removeprefix("index ")), [base64.b64decode(line) for line in path], note)


def checkpoint_of(caller):
    answer = caller.get("/api/v1/audit/checkpoint", expect=200)
    log = Log(answer["verifierKey"])
    size, root = log.checkpoint(answer["checkpoint"])
    assert (answer["origin"], answer["size"], answer["root"]) == (log.name, size, root.hex())
    return log, size, root


def test_both_parties_get_the_receipt_of_an_exchange(case):
    answer = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "for the receipt"}, expect=200)
    event, leaf = answer.headers["Audit-Event"], base64.b64decode(answer.headers["Audit-Leaf"].strip(":"))
    log, _, _ = checkpoint_of(case.submitter.engineer)
    texts = []
    for company in (case.submitter, case.receiver):
        receipt = company.engineer.get(f"/api/v1/audit/receipts/{event}", expect=200)
        assert receipt.media == "text/plain"
        entry, index, path, note = parse_receipt(receipt.text)
        assert entry[:4] == b"GWA1" and uuid.UUID(bytes=entry[16:32]) == uuid.UUID(event)
        assert sha256(b"\x00", entry) == leaf
        size, root = log.checkpoint(note)
        assert root_from(leaf, index, size, path) == root
        texts.append(entry)
    assert texts[0] == texts[1]


def test_a_receipt_is_for_those_who_are_party(world, case, halden, brightwell):
    event = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "not for others"}, expect=200).headers["Audit-Event"]
    stranger = world.dorn
    missing = stranger.engineer.get("/api/v1/audit/receipts/0190f5fe-7c00-7a00-8000-000000000001", expect=404)
    foreign = stranger.engineer.get(f"/api/v1/audit/receipts/{event}", expect=404)
    assert foreign.code == missing.code == "entry_not_found" and foreign.message == missing.message
    world.anonymous.get(f"/api/v1/audit/receipts/{event}", expect=401)
    world.operator.get(f"/api/v1/audit/receipts/{event}", expect=200)
    for name in ("x", "-1", "01", "999999999999", "9" * 30):
        case.submitter.engineer.get(f"/api/v1/audit/receipts/{name}", expect=404)


def test_the_log_only_grows(case):
    caller = case.receiver.engineer
    log, before, old_root = checkpoint_of(caller)
    event = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "growth"}, expect=200).headers["Audit-Event"]
    caller.get(f"/api/v1/audit/receipts/{event}", expect=200)  # covered from now on
    proof = caller.get(f"/api/v1/audit/consistency?from={before}", expect=200)
    size, root = log.checkpoint(proof["checkpoint"])
    assert proof["from"] == before and proof["to"] == size > before
    assert grown(before, old_root, size, [base64.b64decode(line) for line in proof["path"]]) == root
    caller.get("/api/v1/audit/consistency?from=0", expect=200)
    assert caller.get(f"/api/v1/audit/consistency?from={size * 1000}", expect=404).code == "checkpoint_not_found"
    for wrong in ("", "?from=", "?from=-1", "?from=01", "?from=1e3", "?from=18446744073709551616"):
        caller.get(f"/api/v1/audit/consistency{wrong}", expect=400)


def test_asking_for_proofs_leaves_no_record(case):
    """Hashes alone: a partner may ask every second without filling the log."""
    caller = case.receiver.engineer
    event = case.submitter.engineer.post(f"{case.path}/notes", {"summary": "quiet"}, expect=200).headers["Audit-Event"]
    for path in ("/api/v1/audit/checkpoint", "/api/v1/audit/consistency?from=1", f"/api/v1/audit/receipts/{event}"):
        assert "Audit-Event" not in caller.get(path, expect=200).headers


def test_checkpoints_follow_by_themselves(case):
    """Nobody asks for a receipt; the thread signs what was committed."""
    from support.gateway import until

    caller = case.submitter.engineer
    _, before, _ = checkpoint_of(caller)
    caller.post(f"{case.path}/notes", {"summary": "signed soon"}, expect=200)
    until(lambda: checkpoint_of(caller)[1] > before)


def pages(caller, **query):
    items, first, size = [], None, None
    while True:
        asked = query | ({"first": first, "size": size} if first is not None else {})
        page = caller.get("/api/v1/audit/export?" + "&".join(f"{key}={value}" for key, value in asked.items()), expect=200)
        assert size in (None, page["size"]), "every page is under one checkpoint"
        items, size, first = items + page["items"], page["size"], page["next"]
        if first is None:
            return items, page


def test_evidence_of_a_case_page_by_page(case, halden, brightwell):
    for number in range(3):
        case.note(halden.engineer, f"evidence {number}")
    items, last = pages(halden.compliance, case=case.token, open="true")
    log = Log(last["policy"].split("\n")[0].split(" ")[1])
    size, root = log.checkpoint(last["checkpoint"])
    assert size == last["size"] and len(items) >= 4
    for item in items:
        entry, index, path, note = parse_receipt(item["receipt"])
        assert index == item["index"] and note == last["checkpoint"]
        assert root_from(sha256(b"\x00", entry), index, size, path) == root
        for section in item["opened"]:
            salt, at = base64.b64decode(section["salt"]), 32
            commitment = sha256(b"gw-audit/v1/commit\0", bytes([section["tag"]]), salt, section["text"].encode())
            while entry[at] != section["tag"]:
                at += 65
            assert entry[at + 1:at + 33] == commitment
        assert [section for section in item["opened"] if section["tag"] == 1]
    closed, _ = pages(halden.compliance, case=case.token)
    assert all(item["opened"] == [] for item in closed)
    theirs, _ = pages(brightwell.auditor, case=case.token, open="true")
    assert {item["index"] for item in theirs} >= {item["index"] for item in items[-3:]}


def test_a_part_of_nothing_is_a_part(world, gateway, tmp_path):
    verify = program().parent / "entente-verify"
    (tmp_path / "policy").write_text(f"log {world.operator.get('/api/v1/audit/checkpoint', expect=200)['verifierKey']}\nquorum none\n", encoding="ascii")
    gateway.command("audit", "export", tmp_path / "part", "--operator", "--since", "2020-01-01", "--until", "2020-02-01")
    done = subprocess.run([verify, "log", tmp_path / "part", "--policy", tmp_path / "policy"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "0 entries" in done.stdout and "package.json" in done.stdout, done.stdout
    for more, said in ((("--open", "--recipient", "age1x"), "one of the two"), ((), "not empty")):
        wrong = gateway.command("audit", "export", tmp_path / "part", "--operator", *more, check=False)
        assert wrong.returncode == 2 and said in wrong.stderr, wrong.stderr


def test_who_may_export_and_what_is_not_understood(world, case, halden, dorn):
    assert halden.engineer.get("/api/v1/audit/export", expect=403).code == "no_role"
    assert dorn.compliance.get(f"/api/v1/audit/export?case={case.token}", expect=404).code == "case_not_found"
    assert dorn.compliance.get(f"/api/v1/audit/export?customer={world.harbour.id}", expect=404).code == "customer_not_found"
    assert halden.compliance.get("/api/v1/audit/export?size=999999999", expect=404).code == "checkpoint_not_found"
    for wrong in ("customer=x", "since=then", "recipient=age1x", "open=1", "size=-4", "since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z"):
        halden.compliance.get(f"/api/v1/audit/export?{wrong}", expect=400)
    halden.compliance.get("/api/v1/disclosures?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", expect=400)
    rows = world.operator.get("/api/v1/audit/export?open=true", expect=200).items
    assert rows and all(section["tag"] == 1 for row in rows for section in row["opened"]), "the operator reads no one's sections"
