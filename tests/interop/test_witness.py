"""A partner's witness beside a gateway: it cosigns what grew, receipts carry its word, and a log that was put back is found out."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading

import pytest
import requests

from support.evidence import Pack
from support.gateway import Gateway, program, until
from support.world import World, stamp

WITNESS = program().parent / "entente-witness"
VERIFY = program().parent / "entente-verify"
NAME = "witness.brightwell.example/1"


class Witness:
    """`entente-witness` on a free port, with the TLS files of the gateway beside it."""

    def __init__(self, folder, gateway):
        self.folder, self.gateway, self.process = folder, gateway, None
        folder.mkdir(mode=0o700)
        self.vkey = subprocess.run([WITNESS, "key", folder / "key", "--name", NAME], check=True, capture_output=True, text=True).stdout.strip()

    def start(self, *log_vkeys, listen="127.0.0.1:0"):
        authority = self.gateway.keys / "authority"
        self.process = subprocess.Popen(
            [WITNESS, "serve", "--key", self.folder / "key", "--name", NAME, "--state", self.folder / "state",
             *(word for vkey in log_vkeys for word in ("--log", vkey)),
             "--certificate", authority / "server.pem", "--tls-key", authority / "server.key", "--listen", listen],
            stdout=subprocess.PIPE, stderr=open(self.folder / "log", "ab"), text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("https://"), (self.folder / "log").read_text(encoding="utf-8")
        return self

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=30) == 0
            self.process = None

    def ask(self, body):
        with contextlib.closing(requests.Session()) as session:
            session.trust_env = False
            return session.post(self.url + "add-checkpoint", data=body, verify=str(self.gateway.ca), timeout=30)


def log_vkey(world):
    return world.halden.engineer.get("/api/v1/audit/checkpoint", expect=200)["verifierKey"]


@pytest.fixture
def watched(tmp_path):
    """A gateway whose log one witness watches."""
    with Gateway(tmp_path / "gateway") as gateway:
        gateway.start()
        world = World(gateway, "watched")
        world.halden, world.brightwell = world.company("halden"), world.company("brightwell", departments=("Networking",))
        world.vkey = log_vkey(world)
        world.witness = Witness(tmp_path / "witness", gateway).start(world.vkey)
        world.policy = tmp_path / "policy"
        world.policy.write_text(f"log {world.vkey}\nwitness brightwell {world.witness.vkey} {world.witness.url}\nquorum brightwell\n", encoding="ascii")
        gateway.stop()
        gateway.settings |= {"audit.policy": str(world.policy), "audit.witness_seconds": 1, "audit.witness_authorities": str(gateway.ca)}
        gateway.write_config()
        gateway.start()
        yield world
        world.witness.stop()


def cosigned(world):
    until(lambda: (world.gateway.metric("entente_audit_cosignatures_total") or 0) >= 1, what="a cosignature")


def test_a_witness_says_who_it_is_and_does_not_start_without_a_place_for_what_it_knows(watched, tmp_path):
    world = watched
    assert world.witness.process.stdout.readline().strip() == world.witness.vkey
    authority = world.gateway.keys / "authority"
    serve = [WITNESS, "serve", "--key", world.witness.folder / "key", "--name", NAME, "--certificate", authority / "server.pem", "--tls-key", authority / "server.key",
             "--listen", "127.0.0.1:0"]
    run = lambda *words: subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    nowhere = run(*serve, "--state", tmp_path / "nowhere" / "state", "--log", world.vkey)
    assert nowhere.returncode == 1 and "nowhere" in nowhere.stderr and nowhere.stdout == "", nowhere
    for words in (serve, [*serve, "--state", tmp_path / "state", "--log", "x"], [*serve, "--state", tmp_path / "state", "--log", world.vkey, "--listen", "x"],
                  [WITNESS], [WITNESS, "key", "--key", "x"]):
        assert run(*words).returncode == 2, words
    assert run(WITNESS, "--help").returncode == 0


def test_receipts_carry_the_word_of_the_witness(watched, tmp_path):
    world = watched
    cosigned(world)
    first = until(lambda: (receipt := world.operator.get("/api/v1/audit/receipts/0", expect=200).text) and NAME in receipt and receipt)
    (tmp_path / "receipt").write_text(first, encoding="utf-8")
    done = subprocess.run([VERIFY, "receipt", tmp_path / "receipt", "--policy", world.policy, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and json.loads(done.stdout)["ok"], done.stdout
    # Without its line the quorum is not there.
    (tmp_path / "alone").write_text("\n".join(line for line in first.split("\n") if NAME not in line), encoding="utf-8")
    assert subprocess.run([VERIFY, "receipt", tmp_path / "alone", "--policy", world.policy], capture_output=True, check=False).returncode == 1
    # The witness keeps its state over a restart and goes on where it was.
    before = world.gateway.metric("entente_audit_cosignatures_total")
    listen = world.witness.url.removeprefix("https://").rstrip("/")
    world.witness.stop()
    world.witness.start(world.vkey, listen=listen)
    world.operator.get("/api/v1/audit/entries?limit=1", expect=200)
    until(lambda: world.gateway.metric("entente_audit_cosignatures_total") > before, what="another cosignature")


def test_a_part_that_is_exported_ends_under_the_word_of_the_witness(watched, tmp_path):
    world = watched
    cosigned(world)
    for kind in ("export", "evidence"):
        event = world.operator.get("/api/v1/audit/entries?limit=1", expect=200).headers["Audit-Event"]  # younger than what is cosigned
        if kind == "export":
            folder = tmp_path / kind
            world.gateway.command("audit", "export", folder, "--operator")
            index = world.operator.get(f"/api/v1/audit/entries/{event}", expect=200)["index"]
            assert (folder / "receipts" / f"{index}.tlog-proof").exists(), "what happened up to now belongs into it"
        else:
            period = {"from": stamp(-86_400), "until": stamp(60)}
            folder = Pack.of_answer(world.operator.post("/api/v1/evidence/packs", {**period, "seed": "s"}, expect=200)).write(tmp_path / kind)
        done = subprocess.run([VERIFY, "log", folder, "--policy", world.policy], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and NAME in (folder / "checkpoint").read_text(encoding="utf-8"), done.stdout


class Front:
    """Between the gateway and a witness: each connection is held back for some seconds, or for as long as the test runs."""

    def __init__(self, witness, seconds):
        host, port = witness.url.removeprefix("https://").rstrip("/").split(":")
        self.target, self.seconds, self.closed = (host, int(port)), seconds, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=self.listener.accept()[:1], daemon=True).start()

    def serve(self, caller):
        with caller:
            if self.closed.wait(self.seconds):
                return
            with contextlib.suppress(OSError), socket.create_connection(self.target) as witness:
                back = threading.Thread(target=self.carry, args=(witness, caller), daemon=True)
                back.start()
                self.carry(caller, witness)
                back.join()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.closed.set()
        self.listener.close()


def behind(world, seconds):
    """The witness answers through a front; the gateway is started with it."""
    world.front = Front(world.witness, seconds)
    world.gateway.stop()
    world.policy.write_text(world.policy.read_text(encoding="ascii").replace(world.witness.url, world.front.url), encoding="ascii")
    world.gateway.start()


def pack_of(world):
    """The checkpoint under a pack, which itself is a record that nobody cosigned before."""
    pack = world.operator.post("/api/v1/evidence/packs", {"from": stamp(-86_400), "until": stamp(60), "seed": "s"}, expect=200)
    return Pack.of_answer(pack).files["checkpoint"].decode("utf-8")


def test_evidence_waits_for_a_witness_that_takes_its_time(watched):
    """Longer than a request may hold a thread; none of them is held."""
    behind(watched, seconds=3)
    with contextlib.closing(watched.front):
        cosigned(watched)
        assert NAME in pack_of(watched)
        event = watched.operator.get("/api/v1/audit/entries?limit=1", expect=200).headers["Audit-Event"]
        exported = watched.operator.get("/api/v1/audit/export", expect=200)
        assert NAME in exported["checkpoint"]
        assert exported["size"] > watched.operator.get(f"/api/v1/audit/entries/{event}", expect=200)["index"]


def test_evidence_does_not_fail_because_a_witness_never_answers(watched):
    behind(watched, seconds=None)
    with contextlib.closing(watched.front):
        assert NAME not in pack_of(watched)
        until(lambda: watched.gateway.metric("entente_audit_witness_failures_total"), what="the end of the gateway's patience")
        assert NAME not in pack_of(watched)
        watched.operator.get("/api/v1/audit/export", expect=200)


def test_who_cosigned_is_not_asked_again_because_another_is_down(watched):
    """A note has room for so many lines, and each round would add one."""
    world = watched
    gateway = world.gateway
    down = subprocess.run([WITNESS, "key", gateway.folder.parent / "down.key", "--name", "down.example/1"], check=True, capture_output=True, text=True).stdout.strip()
    gateway.stop()
    world.policy.write_text(world.policy.read_text(encoding="ascii").replace("quorum brightwell", f"witness down {down} "
                            "https://127.0.0.1:1/\ngroup both all brightwell down\nquorum both"), encoding="ascii")
    gateway.start()
    cosigned(world)
    until(lambda: (gateway.metric("entente_audit_witness_failures_total") or 0) >= 4, what="several rounds without the second witness")
    note = world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"]
    assert note.count(NAME) == 1, note


def test_the_witness_answers_as_the_protocol_says(watched):
    world = watched
    cosigned(world)
    for body, status in (("nonsense", 400), ("old 0\n\n" + "gw.other.example/log\n1\n" + "A" * 43 + "=\n\n\u2014 x " + "A" * 96 + "\n", 404)):
        assert world.witness.ask(body.encode("utf-8")).status_code == status
    note = world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"]
    answer = world.witness.ask(f"old 0\n\n{note}".encode("utf-8"))
    assert answer.status_code == 409 and answer.headers["Content-Type"] == "text/x.tlog.size" and int(answer.text) > 0


def test_a_new_key_of_the_log_carries_the_word_of_the_witness(watched, tmp_path):
    """Who knows the older key and the witness follows to the new key by an export alone, and only with the witness's word."""
    world = watched
    cosigned(world)
    made = world.operator.post("/api/v1/keys/log", expect=201)
    newest = until(lambda: next((row for row in world.operator.get("/api/v1/keys/log", expect=200).items if row["newest"] and row["entry"]), None),
                   what="the announcement")
    assert newest["verifierKey"] == made["verifierKey"]

    until(lambda: NAME in world.operator.get(f"/api/v1/audit/receipts/{newest['entry']}", expect=200).text, what="a cosigned checkpoint over the announcement")
    # The witness is told the new key, and the older one signs nothing any more.
    listen = world.witness.url.removeprefix("https://").rstrip("/")
    world.witness.stop()
    world.witness.start(world.vkey, made["verifierKey"], listen=listen)
    world.operator.post("/api/v1/keys/log/1/end", expect=200)
    until(lambda: not next(row for row in world.operator.get("/api/v1/keys/log", expect=200).items if row["number"] == 1)["present"], what="the end of the key")
    world.operator.get("/api/v1/audit/entries?limit=1", expect=200)  # leaves a record, and so a checkpoint of the new key alone

    def exported():
        shutil.rmtree(tmp_path / "export", ignore_errors=True)
        world.gateway.command("audit", "export", tmp_path / "export", "--complete")
        note = (tmp_path / "export" / "checkpoint").read_text(encoding="utf-8")
        return NAME in note and note.count("\n\u2014 ") == 2

    until(exported, what="a checkpoint of the new key and the witness alone")
    verify = [VERIFY, "log", tmp_path / "export", "--policy", world.policy, "--json"]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["ok"] and found["newKeys"] == [made["verifierKey"]], done.stdout
    (handed,) = (tmp_path / "export" / "handover").iterdir()
    handed.write_text("\n".join(line for line in handed.read_text(encoding="utf-8").split("\n") if NAME not in line), encoding="utf-8")
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 1


def test_a_log_put_back_is_found_out_by_its_witness(watched, tmp_path):
    """Whoever has the whole machine can put back data and anchor together; the witness is somewhere else."""
    world = watched
    gateway = world.gateway
    cosigned(world)
    gateway.stop()
    for name in ("data", "keys"):
        shutil.copytree(gateway.folder / name, tmp_path / "old" / name)
    gateway.start()
    event = world.operator.get("/api/v1/audit/entries?limit=1", expect=200).headers["Audit-Event"]  # younger than what was copied
    index = world.operator.get(f"/api/v1/audit/entries/{event}", expect=200)["index"]

    def known():
        return int(world.witness.ask(("old 0\n\n" + world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"]).encode()).text)

    until(lambda: known() > index, what="a cosignature of what is put back later")
    kept = tmp_path / "kept"
    kept.write_text(world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"], encoding="utf-8")
    gateway.stop()
    for name in ("data", "keys"):
        shutil.rmtree(gateway.folder / name)
        shutil.copytree(tmp_path / "old" / name, gateway.folder / name)
    # It may be found out before it was ever ready.
    with open(gateway.log_file, "ab") as log:
        gateway.process = subprocess.Popen([program(), "serve", "--config", gateway.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stopped():
        with contextlib.suppress(requests.RequestException):
            return gateway.metric("entente_audit_checkpoints_stopped") == 1
        return False

    until(stopped, what="the end of signing")
    assert "another history" in gateway.log() or "does not begin with" in gateway.log()
    with contextlib.closing(requests.Session()) as session:
        session.trust_env = False
        answer = session.get(f"{gateway.metrics_url}/readyz", verify=str(gateway.ca), timeout=30)
    assert answer.status_code == 503 and "audit" in answer.text
    # So is it by whoever kept a checkpoint.
    done = gateway.command("audit", "checkpoint", "--operator", "--since", kept, check=False)
    assert done.returncode == 5 and "put back" in done.stderr, done.stderr


def test_after_a_restore_the_witness_is_not_asked_about_the_name_before(watched, tmp_path):
    """It saw more than what was put back, and would say so: the log goes on under another name at once."""
    world = watched
    gateway = world.gateway
    cosigned(world)
    gateway.stop()
    shutil.copytree(gateway.data, tmp_path / "old")
    gateway.start()
    cosigned(world)
    known = world.operator.get("/api/v1/audit/entries?limit=1", expect=200).headers["Audit-Event"]
    until(lambda: NAME in world.operator.get(f"/api/v1/audit/receipts/{known}", judge=False).text, what="a cosignature of what is put back later")
    gateway.stop()
    shutil.rmtree(gateway.data)
    shutil.copytree(tmp_path / "old", gateway.data)
    assert "/restored-" in gateway.command("audit", "restore").stdout
    gateway.start()
    world.sign_in_operator()
    # The witness knows no log of the new name until it is told; asked about the old one it would have found a fork.
    until(lambda: (gateway.metric("entente_audit_witness_failures_total") or 0) > 0, what="a witness that was asked about the new name")
    assert gateway.metric("entente_audit_checkpoints_stopped") == 0, gateway.log()[-2000:]
    assert "/restored-" in world.operator.get("/api/v1/audit/checkpoint", expect=200)["origin"]
    assert "audit.alarm" not in {row["operation"] for row in world.operator.get("/api/v1/audit/entries?order=newest&limit=30", expect=200).items}
    made = Pack.of_answer(world.operator.post("/api/v1/evidence/packs", {"from": stamp(-3600), "until": stamp(3600), "seed": "x"}, expect=200))
    assert "/restored-" in made.json("controls.json")["log"]


def test_a_frozen_log_ends_under_the_word_of_its_witness(watched):
    """Somebody else knows the key of the log: the last checkpoint under its name is cosigned, and the witness is told the next name."""
    world = watched
    gateway = world.gateway
    cosigned(world)
    gateway.stop()
    said = gateway.command("keys", "log-compromised")
    assert "No quorum" not in said.stderr, said.stderr
    (last,) = gateway.keys.glob("anchor-final-*")
    origin, size = last.read_text(encoding="utf-8").split("\n")[:2]
    answer = world.witness.ask(f"old 0\n\n{last.read_text(encoding='utf-8')}".encode("utf-8"))
    assert NAME in last.read_text(encoding="utf-8") and (answer.status_code, answer.text) == (409, f"{size}\n")
    line = said.stdout.split("new policy line")[1].split("\n")[0].strip()
    world.witness.stop()
    world.witness.start(line.removeprefix("log "), listen=world.witness.url.removeprefix("https://").rstrip("/"))
    gateway.start()
    cosigned(world)
    assert NAME in until(lambda: (note := world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"]) and NAME in note and note)
    assert world.operator.get("/api/v1/audit/checkpoint", expect=200)["origin"].startswith(origin + "/after-")


def test_an_anchor_that_is_gone_beside_another_is_told(tmp_path):
    """Its disk may not be mounted; or somebody put data and keys back, and this one would have told."""
    with Gateway(tmp_path / "gateway", {"audit.anchor": str(tmp_path / "disk" / "anchor")}) as gateway:
        (tmp_path / "disk").mkdir()
        gateway.start()
        operator = World(gateway, "anchored").operator
        gateway.stop()
        gateway.start()
        told = lambda: [row["reason"] for row in operator.get("/api/v1/audit/entries?order=newest&limit=1000", expect=200, judge=False).items if row["operation"] == "audit.alarm"]
        assert told() == []
        gateway.stop()
        (tmp_path / "disk" / "anchor").unlink()
        gateway.start()
        until(lambda: told() == ["anchor_missing"], what="the alarm")
        assert "audit.anchor_missing" in gateway.log()
        until((tmp_path / "disk" / "anchor").exists, what="the anchor again")


def test_the_anchor_alone_finds_a_data_folder_put_back(tmp_path):
    with Gateway(tmp_path / "gateway") as gateway:
        gateway.start()
        gateway.stop()
        shutil.copytree(gateway.data, tmp_path / "old")
        gateway.start()
        gateway.stop()
        shutil.rmtree(gateway.data)
        shutil.copytree(tmp_path / "old", gateway.data)
        done = subprocess.run([program(), "serve", "--config", gateway.config], capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
        assert done.returncode == 78 and "put back" in done.stderr, done.stderr
        # On purpose: the log goes on under another name, and says so itself.
        said = gateway.command("audit", "restore").stdout
        assert "/restored-" in said
        assert gateway.command("audit", "restore", check=False).returncode == 1, "once is enough"
        gateway.start()
        operator = World(gateway, "restored").operator
        answer = operator.get("/api/v1/audit/checkpoint", expect=200, judge=False)
        assert "/restored-" in answer["origin"] and answer["verifierKey"].startswith(answer["origin"] + "+")
        start = next(row for row in operator.get("/api/v1/audit/entries?limit=1000", expect=200, judge=False).items if row["kind"] == 4 and row["index"] > 0)
        assert operator.get(f"/api/v1/audit/entries/{start['index'] + 1}", expect=200, judge=False)["operation"] == "log.restore"
        gateway.command("audit", "verify")
        gateway.command("audit", "export", tmp_path / "whole", "--complete")
        gateway.stop()
        gateway.start()  # and is started again like any other
