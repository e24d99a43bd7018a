"""The keys of a gateway at work: replaced under load without a lost or failed request, sealed to operators and brought back, and what
readers outside need to follow."""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import uuid

import pytest
import requests

from support.gateway import Gateway, MovedClock, program, until
from support.world import World

VERIFY = program().parent / "entente-verify"
CALLERS = 3


def verify(*words, expect=0):
    done = subprocess.run([VERIFY, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    assert expect is None or done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


SETTINGS = {"keys.generation_days": 0, "audit.heartbeat_seconds": 3600}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("rotation"), SETTINGS) as running:
        running.start()
        yield running


def small_world(gateway):
    made = World(gateway, "rotation")
    made.left, made.right = made.company("left"), made.company("right")
    made.agreement(made.left, made.right)
    made.case = made.released_case(made.left, made.right)
    return made


@pytest.fixture(scope="module")
def small(alone):
    return small_world(alone)


class Load:
    """Callers who write and read without a pause. While the gateway is down on purpose they send the same request again until it is taken;
    at every other time each request must be answered at once and well."""

    def __init__(self, world):
        self.world, self.down, self.over = world, threading.Event(), threading.Event()
        self.name = uuid.uuid4().hex[:8]  # of its keys, which no other load may use
        self.failures, self.written = [], []
        self.case = world.released_case(world.left, world.right)
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CALLERS)]

    def _send(self, caller, method, path, **more):
        while True:
            try:
                answer = caller.request(method, path, **more)
            except (requests.ConnectionError, requests.Timeout) as fault:
                caller.close()
                if not self.down.is_set():
                    self.failures.append(repr(fault))
                    return None
                continue
            if answer.status == 503 and self.down.is_set():
                continue
            if answer.status not in (200, 201):
                self.failures.append(f"{method} {path}: {answer!r}")
            return answer

    def _run(self, number):
        try:
            caller = self.world.left.engineer.with_token(self.world.left.engineer.token)
            reader = self.world.right.engineer.with_token(self.world.right.engineer.token)
            count = 0
            while not self.over.is_set():
                count += 1
                word = f"note {number} {count} of load {self.name}"
                self._send(caller, "POST", f"/api/v1/cases/{self.case.token}/notes", json={"summary": word, "text": "t", "visibility": "shared"},
                           headers={"Idempotency-Key": word.replace(" ", "-")})
                self.written.append(word)
                self._send(reader, "GET", self.case.path)
            caller.close()
            reader.close()
        except Exception as fault:  # pylint: disable=broad-except
            self.failures.append(repr(fault))

    def flows(self, more=6):
        """Goes on once so many further requests were answered."""
        goal = len(self.written) + more
        until(lambda: len(self.written) >= goal or self.failures, 60, "requests going on")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.flows()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.down.clear()  # what went wrong may have left the gateway down
        for thread in self.threads:
            thread.join()

    def judge(self):
        assert not self.failures, self.failures[:5]
        notes, after = [], ""
        while after is not None:
            page = self.world.left.engineer.get(f"/api/v1/cases/{self.case.token}/notes?limit=500{after}", expect=200)
            notes += [row["summary"] for row in page.items]
            after = f"&after={page['next']}" if page.body.get("next") else None
        mine = [note for note in notes if note.startswith("note ")]
        assert sorted(mine) == sorted(self.written), "lost, or written twice"
        assert self.world.verify()["ok"] is True


def under_load(world, change):
    with Load(world) as load:
        change(load)
        load.flows()
    load.judge()
    return load


def log_keys(world):
    return {row["number"]: row for row in world.operator.get("/api/v1/keys/log", expect=200).items}


def policy(path, *vkeys):
    path.write_text("".join(f"log {key}\n" for key in vkeys) + "quorum none\n", encoding="ascii")
    return path


def checkpoint(world):
    return world.left.compliance.get("/api/v1/audit/checkpoint", expect=200)


def both_ends(small):
    """The first and the newest entries: what tests under load made lies between."""
    rows = {row["index"]: row for order in ("oldest", "newest") for row in small.operator.get(f"/api/v1/audit/entries?order={order}&limit=1000", expect=200).items}
    return [rows[index] for index in sorted(rows)]


def test_the_log_goes_over_to_another_key(small, alone, tmp_path):
    before = checkpoint(small)
    first = until(lambda: log_keys(small).get(1), 30, "the first key in the log")
    assert first["newest"] and first["verifierKey"] == before["verifierKey"]
    old = policy(tmp_path / "old", before["verifierKey"])
    (tmp_path / "before").write_text(before["checkpoint"], encoding="utf-8")
    receipt = small.operator.get(f"/api/v1/audit/receipts/{before['size'] - 1}", expect=200).text
    (tmp_path / "receipt").write_text(receipt, encoding="utf-8")
    small.left.administrator.post("/api/v1/keys/log", expect=403)
    small.operator.post("/api/v1/keys/log/1/end", expect=422)
    small.operator.post("/api/v1/keys/log/9/end", expect=404)

    def change(load):
        made = small.operator.post("/api/v1/keys/log", expect=201)
        assert made["number"] == 2 and (alone.keys / "log-0002.key").is_file()
        load.flows()

    under_load(small, change)
    keys = until(lambda: log_keys(small) if log_keys(small)[2]["entry"] else None, 30, "the announcement")
    new = policy(tmp_path / "new", keys[2]["verifierKey"])
    signers = lambda: checkpoint(small)["checkpoint"].count("\u2014 ")
    until(lambda: signers() == 2, 30, "a checkpoint that both sign")
    assert checkpoint(small)["verifierKey"] == keys[2]["verifierKey"]
    # The announcement proves itself to who knows the older key.
    entry = small.operator.get(f"/api/v1/audit/receipts/{keys[2]['entry']}", expect=200).text
    (tmp_path / "announcement").write_text(entry, encoding="utf-8")
    said = json.loads(verify("receipt", tmp_path / "announcement", "--policy", old, "--json"))
    assert said["announcesKey"] == keys[2]["verifierKey"]

    # 30 days later the older one is gone, here by hand.
    small.operator.post("/api/v1/keys/log/1/end", expect=200)
    until(lambda: not (alone.keys / "log.key").exists(), 30, "the destruction of the older key")
    under_load(small, lambda load: load.flows())
    kinds = [row["operation"] for row in both_ends(small) if row["kind"] == 3]
    assert kinds.count("keys.log.end") == 1 and kinds.count("keys.log.add") == 2
    until(lambda: signers() == 1, 30, "a checkpoint of the newer key alone")
    export = tmp_path / "export"
    alone.command("audit", "export", export, "--complete", "--open")
    assert list((export / "handover").iterdir())
    followed = json.loads(verify("log", export, "--policy", old, "--from-checkpoint", tmp_path / "before", "--sums", "--json"))
    assert followed["ok"] and followed["newKeys"] == [keys[2]["verifierKey"]]
    assert json.loads(verify("log", export, "--policy", new, "--threads", "3", "--json"))["newKeys"] == []
    # What was handed out before still holds, under the older key and under both.
    verify("receipt", tmp_path / "receipt", "--policy", old)
    verify("receipt", tmp_path / "receipt", "--policy", policy(tmp_path / "two", before["verifierKey"], keys[2]["verifierKey"]))
    verify("receipt", tmp_path / "receipt", "--policy", new, expect=1)
    # And the gateway believes its own older anchor and checkpoints after a restart.
    alone.stop()
    alone.start()
    assert small.verify()["ok"] is True
    small.right.engineer.get(small.case.path, expect=200)


def test_hours_later_who_knows_the_older_key_alone_still_follows(tmp_path):
    """Of most checkpoints of a time one an hour is left by then; the one that hands over is kept."""
    clock = MovedClock(tmp_path)
    with Gateway(tmp_path / "gateway", SETTINGS, clock.environment) as gateway:
        gateway.start()
        world = small_world(gateway)
        old = policy(tmp_path / "old", checkpoint(world)["verifierKey"])
        made = world.operator.post("/api/v1/keys/log", expect=201)["verifierKey"]
        until(lambda: log_keys(world)[2]["entry"] and checkpoint(world)["checkpoint"].count("\u2014 ") == 2, 30, "a checkpoint that both sign")
        world.operator.post("/api/v1/keys/log/1/end", expect=200)
        until(lambda: not (gateway.keys / "log.key").exists(), 30, "the destruction of the older key")
        for _ in range(3):
            clock.advance(hours=1)
            world.sign_in_operator()
            for company in (world.left, world.right):
                company.sign_in_again()
            size = checkpoint(world)["size"]
            world.case.note(world.left.engineer, "another hour")
            until(lambda: checkpoint(world)["size"] > size, 30, "a checkpoint of this hour")
        gateway.command("audit", "export", tmp_path / "later", "--complete")
        assert json.loads(verify("log", tmp_path / "later", "--policy", old, "--json"))["newKeys"] == [made]


def test_key_generations_under_load(small, alone):
    def change(load):
        made = small.operator.post("/api/v1/keys/generations", expect=201)["generation"]
        until(lambda: small.operator.get("/api/v1/keys/generations", expect=200).items[-2]["ownerKeys"] == 0, 30, "the wrapping of all keys again")
        load.flows()
        small.operator.post(f"/api/v1/keys/generations/{made - 1}/end", expect=200)
        until(lambda: not (alone.keys / f"kek-{made - 1:04}.key").exists(), 30, "the destruction of the older generation")

    under_load(small, change)


def test_the_certificate_of_the_server_under_load(small, alone):
    served = pathlib.Path(alone.settings["tls.certificate"])
    before = served.read_bytes()

    def change(load):
        served.unlink()
        alone.command("init")
        assert served.read_bytes() != before
        alone.reload()
        until(lambda: '"gateway.reloaded"' in alone.log(), 30, "the reload")
        load.flows()

    under_load(small, change)


def escrow(alone, operators, file):
    alone.command("keys", "escrow", file, "--to", operators["ada"][1])


def newest_escrow(small):
    return small.operator.get("/api/v1/keys/escrows", expect=200).items[0]["state"]


def test_the_key_of_the_database_under_load(small, alone, operators, tmp_path):
    """The one that needs the gateway down: who sends again what was not answered loses nothing. What was sealed before lacks the key."""
    escrow(alone, operators, tmp_path / "keys.age")
    assert newest_escrow(small) == "current"

    def change(load):
        load.down.set()
        alone.stop()
        alone.command("keys", "rekey")
        alone.start()
        load.flows()
        load.down.clear()

    under_load(small, change)
    assert newest_escrow(small) == "outdated"


def test_the_service_root_under_load(small, alone, operators, tmp_path):
    """Tokens and repeats from before stay good, and the log says that there is another root."""
    escrow(alone, operators, tmp_path / "keys.age")
    engineer = small.left.engineer
    body = {"summary": "once", "text": "t", "visibility": "shared"}
    engineer.post(f"/api/v1/cases/{small.case.token}/notes", body, headers={"Idempotency-Key": "over-the-root"}, expect=201)
    served = [key["kid"] for key in engineer.get("/.well-known/jwks.json", expect=200)["keys"]]

    def roots():
        return {row["index"] for row in both_ends(small) if row["operation"] == "keys.root.add"}

    known = until(roots, 30, "the first root in the log")
    before = (alone.keys / "root.key").read_bytes()

    def change(load):
        load.down.set()
        assert alone.command("keys", "renew-root", check=False).returncode != 0, "the gateway is running"
        alone.stop()
        alone.command("keys", "renew-root")
        alone.start()
        load.flows()
        load.down.clear()

    under_load(small, change)
    assert (alone.keys / "root.key").read_bytes() != before == (alone.keys / "root.before.key").read_bytes()
    again = engineer.post(f"/api/v1/cases/{small.case.token}/notes", body, headers={"Idempotency-Key": "over-the-root"}, expect=201)
    assert again["summary"] == "once"
    notes = [row["summary"] for row in engineer.get(f"/api/v1/cases/{small.case.token}/notes?limit=500", expect=200).items]
    assert notes.count("once") == 1
    assert set(served) < {key["kid"] for key in engineer.get("/.well-known/jwks.json", expect=200)["keys"]}
    until(lambda: len(roots()) == len(known) + 1, 30, "the renewal in the log")
    assert newest_escrow(small) == "outdated"
    # Signing in finds names as before.
    small.left.sign_in_again()
    # As after a crash before the database says so; behind that: test_zx_indexes.py.
    alone.stop()
    root = (alone.keys / "root.key").read_bytes()
    (alone.keys / "root.next.key").write_bytes(os.urandom(32))
    (alone.keys / "root.next.key").chmod(0o600)
    alone.start()
    assert not (alone.keys / "root.next.key").exists() and (alone.keys / "root.key").read_bytes() == root
    assert small.verify()["ok"] is True


# --- escrow ---


@pytest.fixture(scope="module")
def operators(tmp_path_factory):
    """Two operators with a key of age each, as age-keygen writes it; one more who gets nothing."""
    age = shutil.which("age-keygen")
    if age is None:
        pytest.skip("age is not installed")
    folder = tmp_path_factory.mktemp("operators")
    people = {}
    for name in ("ada", "bo", "nobody"):
        subprocess.run([age, "-o", folder / name], check=True, capture_output=True)
        text = (folder / name).read_text(encoding="ascii")
        people[name] = (folder / name, text.split("public key: ")[1].split("\n")[0])
    return people


def test_everything_comes_back_from_escrow_and_a_backup(small, alone, operators, tmp_path):
    sealed, backup = tmp_path / "keys.age", tmp_path / "entente.db"
    alone.command("keys", "escrow", sealed, check=False)
    assert not sealed.exists(), "nobody could open it"
    (alone.keys / "root.next.key").write_bytes(os.urandom(32))
    (alone.keys / "root.next.key").chmod(0o600)
    half = alone.command("keys", "escrow", sealed, "--to", operators["ada"][1], check=False)
    assert half.returncode == 1 and "a change of keys was interrupted" in half.stderr and not sealed.exists()
    (alone.keys / "root.next.key").unlink()
    alone.command("keys", "escrow", sealed, "--to", operators["ada"][1], "--to", operators["bo"][1])
    assert alone.command("keys", "escrow", sealed, "--to", operators["ada"][1], check=False).returncode != 0, "nothing is overwritten unasked"
    newest = small.operator.get("/api/v1/keys/escrows", expect=200).items[0]
    assert newest["state"] == "current" and newest["recipients"] == [operators["ada"][1], operators["bo"][1]]
    recorded = next(row for row in small.operator.get("/api/v1/audit/entries?order=newest&limit=50", expect=200).items if row["operation"] == "keys.escrow")
    assert {"type": "key_escrow", "uid": str(newest["id"])} in recorded["core"]["resources"]
    keys = {file.relative_to(alone.keys): file.read_bytes() for file in alone.keys.rglob("*") if file.is_file() and not file.name.startswith("anchor")}
    for content in keys.values():
        assert content not in sealed.read_bytes()
    small.case.note(small.left.engineer, "before the backup")
    alone.command("audit", "copy", backup)
    alone.stop()

    # The machine is lost: data and keys.
    shutil.rmtree(alone.keys)
    shutil.rmtree(alone.data)
    assert alone.command("keys", "recover", sealed, "--identity", operators["nobody"][0], check=False).returncode != 0
    assert not alone.keys.exists()
    opened = subprocess.run(["age", "-d", "-i", operators["ada"][0], sealed], capture_output=True, check=True).stdout
    alone.command("keys", "recover", sealed, "--identity", operators["bo"][0])
    assert {name: (alone.keys / name).read_bytes() for name in keys} == keys
    # Interrupted, it is run again; what is not from this escrow stays as it is.
    first = alone.keys / min(keys)
    first.unlink()
    (alone.keys / "root.key").write_bytes(os.urandom(32))
    again = alone.command("keys", "recover", sealed, "--identity", operators["bo"][0], check=False)
    assert again.returncode == 1 and "root.key exists already and is another" in again.stderr and not first.exists()
    (alone.keys / "root.key").unlink()
    alone.command("keys", "recover", sealed, "--identity", operators["bo"][0])
    assert {name: (alone.keys / name).read_bytes() for name in keys} == keys
    # The same by age alone.
    by_hand = tmp_path / "by-hand"
    subprocess.run([program(), "keys", "recover", "-", "--into", by_hand], input=opened, check=True, capture_output=True)
    assert {name: (by_hand / name).read_bytes() for name in keys} == keys

    alone.data.mkdir(mode=0o700)
    shutil.copyfile(backup, alone.data / "entente.db")
    (alone.data / "entente.db").chmod(0o600)
    done = alone.command("audit", "restore", check=False)
    assert done.returncode == 1 and "nothing was put back" in done.stderr, "the copy is younger than the anchor that the escrow holds"
    alone.start()
    notes = small.left.engineer.get(f"/api/v1/cases/{small.case.token}/notes?limit=500", expect=200).items
    assert "before the backup" in [row["summary"] for row in notes]
    small.case.note(small.left.engineer, "after the recovery")
    assert small.verify()["ok"] is True
    small.operator.get("/api/v1/keys/generations", expect=200)


def test_an_escrow_expires_with_a_key_in_it(small, alone, operators, tmp_path):
    escrow(alone, operators, tmp_path / "keys.age")
    made = small.operator.post("/api/v1/keys/generations", expect=201)["generation"]
    assert newest_escrow(small) == "outdated"
    until(lambda: small.operator.get("/api/v1/keys/generations", expect=200).items[-2]["ownerKeys"] == 0, 30, "the wrapping of all keys again")
    small.operator.post(f"/api/v1/keys/generations/{made - 1}/end", expect=200)
    assert newest_escrow(small) == "expired"
    until(lambda: not (alone.keys / f"kek-{made - 1:04}.key").exists(), 30, "the destruction of the older generation")
    alone.command("keys", "escrow", tmp_path / "keys.age", "--replace", "--to", operators["ada"][1])
    assert newest_escrow(small) == "current"
    small.left.administrator.get("/api/v1/keys/escrows", expect=403)
    small.operator.post("/api/v1/keys/escrows", {"digest": "00" * 32, "recipients": ["age1nobody"], "generations": [1], "logKeys": [1], "rootKeys": "00" * 8}, expect=400)


# --- rows, and silence ---


def test_an_auditor_replays_the_rows_that_decide(small, alone, tmp_path):
    rows, export = tmp_path / "rows", tmp_path / "export"
    alone.command("audit", "rows", rows)
    keys = policy(tmp_path / "policy", checkpoint(small)["verifierKey"])
    alone.command("audit", "export", export, "--complete", "--open")
    good = json.loads(verify("state", export, "--policy", keys, "--dump", rows, "--json"))
    assert good["ok"] and good["rows"] > 5 and good["rowsNotVerified"] == 0
    assert "as the log told last" in verify("state", export, "--policy", keys, "--dump", rows)
    lines = rows.read_text(encoding="ascii").split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("row agreement"))
    words = lines[at].split(" ")
    forged = tmp_path / "forged"
    forged.write_text("\n".join([*lines[:at], " ".join([*words[:4], words[4][:-8] + "AAAAAAA="]), *lines[at + 1:]]), encoding="ascii")
    bad = json.loads(verify("state", export, "--policy", keys, "--dump", forged, "--json", expect=1))
    assert bad["verdict"] == "tampering" and bad["findings"][0]["check"] == "rows" and bad["firstBadIndex"] == int(words[3])
    # A listing of yesterday says nothing about a row that the log told since; and one that lists nothing at all, nothing.
    small.company("later")
    later = tmp_path / "later"
    until(lambda: (shutil.rmtree(later, ignore_errors=True), alone.command("audit", "export", later, "--complete", "--open"),
                   json.loads(verify("state", later, "--policy", keys, "--dump", rows, "--json", expect=None))["verdict"] == "incomplete")[-1], 30, "an export over the change")
    (tmp_path / "empty").write_text(f"entente-rows 1\norigin {good['origin']}\nsize 0\nend 0\n", encoding="ascii")
    verify("state", export, "--policy", keys, "--dump", tmp_path / "empty", expect=2)
    closed = tmp_path / "closed"
    alone.command("audit", "export", closed, "--complete")
    verify("state", closed, "--policy", keys, "--dump", rows, expect=2)
    verify("state", export, "--policy", keys, "--dump", tmp_path / "none", expect=3)
    (tmp_path / "nonsense").write_text("rows?\n", encoding="ascii")
    verify("state", export, "--policy", keys, "--dump", tmp_path / "nonsense", expect=3)


def test_silence_is_in_the_log(tmp_path):
    """Looking leaves entries itself, so while a heartbeat is awaited the counter of records is asked, which leaves none."""
    moved = MovedClock(tmp_path)
    with Gateway(tmp_path / "quiet", {"audit.heartbeat_seconds": 10}, moved.environment) as quiet:
        quiet.start()
        world = World(quiet, "quiet")
        entries = lambda: [row for row in world.operator.get("/api/v1/audit/entries?order=newest&limit=1000", expect=200).items if row["kind"] == 5]
        beats, rounds = [], 0
        while len(beats) < 3:
            rounds += 1
            assert rounds <= 6, "whenever nothing else was recorded, a heartbeat was"
            before = quiet.metric("entente_audit_records_total")
            moved.advance(seconds=20)
            until(lambda: quiet.metric("entente_audit_records_total") > before, 30, "an entry: a heartbeat, if nothing else happened")
            beats = entries()
        assert all(row["operation"] == "audit.heartbeat" for row in beats)
        until(lambda: world.operator.get("/api/v1/audit/checkpoint", expect=200)["size"] > beats[0]["index"], 30, "a checkpoint")
        quiet.command("audit", "export", tmp_path / "export", "--complete")
        key = world.operator.get("/api/v1/audit/checkpoint", expect=200)["verifierKey"]
        verify("log", tmp_path / "export", "--policy", policy(tmp_path / "policy", key))
        assert world.verify()["ok"] is True
