"""Somebody else knows the key of the log: it is frozen and ends, and goes on under another name and another key. Whatever interrupts
that, the command ends it when it is run again, and no gateway writes on meanwhile."""

import base64
import json
import os
import shutil
import subprocess

import pytest

from support.gateway import Gateway, program, until
from support.world import World

VERIFY = program().parent / "entente-verify"


def verify(*words, expect=0):
    done = subprocess.run([VERIFY, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def policy(path, *vkeys):
    path.write_text("".join(f"log {key}\n" for key in vkeys) + "quorum none\n", encoding="ascii")
    return path


def checkpoint(world):
    return world.operator.get("/api/v1/audit/checkpoint", expect=200)


def entry(world, index):
    return world.operator.get(f"/api/v1/audit/entries/{index}", expect=200)


def put_back(source, target):
    shutil.rmtree(target)
    shutil.copytree(source, target)


def refuses_to_start(gateway):
    done = subprocess.run([program(), "serve", "--config", gateway.config], capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 78 and "the log is frozen since" in done.stderr and "entente keys log-compromised" in done.stderr, done.stderr


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    with Gateway(folder / "gateway", {"audit.heartbeat_seconds": 3600, "audit.anchor": str(folder / "other-disk" / "anchor")}) as running:
        (folder / "other-disk").mkdir()
        running.start()
        yield running


@pytest.fixture(scope="module")
def small(gateway):
    made = World(gateway, "frozen")
    made.left, made.right = made.company("left"), made.company("right")
    made.agreement(made.left, made.right)
    made.case = made.released_case(made.left, made.right)
    return made


def test_the_log_ends_and_goes_on_under_another_name(small, gateway, tmp_path):
    # A rotation before it, so that there are two keys and a checkpoint that hands over.
    first = checkpoint(small)["verifierKey"]
    (tmp_path / "early").write_text(checkpoint(small)["checkpoint"], encoding="utf-8")
    small.operator.post("/api/v1/keys/log", expect=201)
    second = until(lambda: (now := checkpoint(small))["checkpoint"].count("\u2014 ") == 2 and now["verifierKey"], 30, "a checkpoint that both sign")
    before = checkpoint(small)
    old = policy(tmp_path / "old", first, second)
    (tmp_path / "before").write_text(before["checkpoint"], encoding="utf-8")
    (tmp_path / "receipt").write_text(small.operator.get(f"/api/v1/audit/receipts/{before['size'] - 1}", expect=200).text, encoding="utf-8")
    done = gateway.command("keys", "log-compromised", check=False)
    assert done.returncode == 1 and "the gateway runs" in done.stderr and (gateway.keys / "log.key").exists()

    gateway.stop()
    said = gateway.command("keys", "log-compromised")
    last = list(gateway.keys.glob("anchor-final-*"))
    assert len(last) == 1 and last[0].read_text(encoding="utf-8") in said.stdout
    other = gateway.folder.parent / "other-disk" / last[0].name
    assert other.read_text(encoding="utf-8") == last[0].read_text(encoding="utf-8")
    name, size, root = last[0].read_text(encoding="utf-8").split("\n")[:3]
    assert name == before["origin"] and last[0].read_text(encoding="utf-8").count("\u2014 ") == 2
    assert sorted(file.name for file in gateway.keys.glob("log*.key")) == ["log-0003.key"]
    assert not (gateway.keys / "anchor").exists() and (gateway.keys / f"anchor-before-{size}").exists()
    # Nothing is frozen a second time by running it once more.
    again = gateway.command("keys", "log-compromised")
    assert again.stdout == said.stdout

    # The same tokens and the same work, under another name and key.
    gateway.start()
    small.right.engineer.get(small.case.path, expect=200)
    small.case.note(small.left.engineer, "after the freeze")
    after = until(lambda: (now := checkpoint(small))["size"] > int(size) and now, 30, "a checkpoint under the next name")
    assert "/after-" in after["origin"] and after["checkpoint"].count("\u2014 ") == 1 and f"log {after['verifierKey']}\n" in said.stdout
    freeze, start, begin, key = (entry(small, int(size) + offset) for offset in (-1, 0, 1, 2))
    assert (freeze["kind"], freeze["operation"], freeze["reason"]) == (8, "keys.log.freeze", "log_key_compromised")
    assert start["kind"] == 4 and begin["operation"] == "keys.log.begin" and (key["kind"], key["operation"]) == (3, "keys.log.add")
    assert [(row["kind"], row["operation"]) for row in (entry(small, int(size) - 3), entry(small, int(size) - 2))] == [(3, "keys.log.end")] * 2
    listed = small.operator.get("/api/v1/keys/log", expect=200).items
    assert [row["verifierKey"] for row in listed] == [first, second, after["verifierKey"]], "each under the name that it signed for"
    assert [bool(row.get("endedAt")) for row in listed] == [True, True, False]

    # What was handed out before holds under the old policy, and so does the last checkpoint; nothing under the next name does.
    gateway.command("audit", "verify")
    export = tmp_path / "export"
    gateway.command("audit", "export", export, "--complete", "--open")
    new = policy(tmp_path / "new", after["verifierKey"])
    verify("receipt", tmp_path / "receipt", "--policy", old)
    verify("log", export, "--policy", old, expect=1)
    assert json.loads(verify("log", export, "--policy", new, "--sums", "--json"))["ok"] is True
    # Who keeps the old line as well sees that the log begins with what ended, because its start entry names it.
    both = policy(tmp_path / "both", first, second, after["verifierKey"])
    verify("log", export, "--policy", both, "--from-checkpoint", last[0])
    # And what is under the old name is held to its end, whatever the old key signs: here an earlier checkpoint stands for the end.
    verify("receipt", tmp_path / "receipt", "--policy", both, "--ended", last[0])
    assert "ended with" in verify("receipt", tmp_path / "receipt", "--policy", both, "--ended", tmp_path / "early", expect=1)
    verify("log", export, "--policy", both, "--ended", tmp_path / "early")  # under the next name
    since = gateway.command("audit", "checkpoint", "--operator", "--since", tmp_path / "before", check=False)
    assert since.returncode == 1 and "the log is called" in since.stderr and "--from-checkpoint" in since.stderr, since.stderr
    bundles = b"".join(file.read_bytes() for file in (export / "tile" / "entries").rglob("*") if file.is_file())
    assert b"\x01" + len(name).to_bytes(2, "big") + name.encode() + int(size).to_bytes(8, "big") + base64.b64decode(root) in bundles
    assert small.verify()["ok"] is True
    gateway.stop()
    gateway.start()
    assert checkpoint(small)["origin"] == after["origin"]


def test_an_interrupted_change_is_ended_by_running_it_again(small, gateway, tmp_path):
    """As after a power cut: the files as they lie between two steps."""
    old = checkpoint(small)
    gateway.stop()
    # A disk that is not there ends it after the freeze and before its last checkpoint is kept everywhere.
    disk = gateway.folder.parent / "other-disk"
    disk.rename(disk.with_name("away"))
    assert gateway.command("keys", "log-compromised", check=False).returncode != 0
    disk.with_name("away").rename(disk)
    refuses_to_start(gateway)
    assert gateway.command("audit", "list", "--operator", check=False).returncode == 78, "no command writes on either"
    folders = {"data": gateway.data, "keys": gateway.keys, "disk": disk}
    for name, folder in folders.items():
        shutil.copytree(folder, tmp_path / "frozen" / name)

    def ends_well():
        said = gateway.command("keys", "log-compromised").stdout
        assert "/after-" in said and len(list(gateway.keys.glob("log*.key"))) == 1
        gateway.start()
        small.right.engineer.get(small.case.path, expect=200)
        now = until(lambda: (now := checkpoint(small))["origin"] != old["origin"] and now, 30, "a checkpoint under the next name")
        gateway.command("audit", "verify")
        gateway.stop()
        return now

    ends_well()
    ended = tmp_path / "ended"
    for name, folder in folders.items():
        if name != "data":
            shutil.copytree(folder, ended / name)
    # Another key was made, and the old one is still there.
    (made,) = [file for file in ended.glob("keys/log*.key") if not (tmp_path / "frozen" / "keys" / file.name).exists()]
    for name, folder in folders.items():
        put_back(tmp_path / "frozen" / name, folder)
    shutil.copy(made, gateway.keys / made.name)
    refuses_to_start(gateway)
    now = ends_well()
    # The old key destroyed and the anchors put aside, all but the start under the next name.
    put_back(tmp_path / "frozen" / "data", gateway.data)
    for anchor in (gateway.keys / "anchor", disk / "anchor"):
        anchor.unlink()
    refuses_to_start(gateway)
    assert ends_well()["verifierKey"].split("+", 2)[2] == now["verifierKey"].split("+", 2)[2], "the key that was made is taken"
    gateway.start()
    assert small.verify()["ok"] is True


@pytest.mark.parametrize("step", ["last checkpoint in a file", "another key", "old key destroyed", "anchors aside"])
def test_a_kill_leaves_what_the_next_run_ends(small, gateway, step):
    """Killed at the step or a moment later: the next run freezes nothing twice and makes no second key."""
    before = small.operator.get("/api/v1/keys/log", expect=200).items
    newest = max(row["number"] for row in before)
    gateway.stop()
    finals = len(list(gateway.keys.glob("anchor-final-*")))
    there = {
        "last checkpoint in a file": lambda: len(list(gateway.keys.glob("anchor-final-*"))) > finals,
        "another key": (gateway.keys / f"log-{newest + 1:04}.key").exists,
        "old key destroyed": lambda: not (gateway.keys / f"log-{newest:04}.key").exists(),
        "anchors aside": lambda: not (gateway.keys / "anchor").exists(),
    }[step]
    with subprocess.Popen([program(), "keys", "log-compromised", "--config", gateway.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while not there() and running.poll() is None:  # without a pause: the next step is milliseconds away
            pass
        running.kill()
    print("killed" if running.returncode < 0 else "it had ended")
    gateway.command("keys", "log-compromised")
    gateway.start()
    small.right.engineer.get(small.case.path, expect=200)
    after = small.operator.get("/api/v1/keys/log", expect=200).items
    assert [row["verifierKey"] for row in after[:-1]] == [row["verifierKey"] for row in before] and after[-1]["number"] == newest + 1
    assert len(list(gateway.keys.glob("anchor-final-*"))) == finals + 1
    assert small.verify()["ok"] is True


def refuses_the_key(gateway, *words, command=("serve",)):
    done = subprocess.run([program(), *command, "--config", gateway.config], capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 78 and all(word in done.stderr for word in words), (done.returncode, done.stderr)


def signers(world):
    now = checkpoint(world)
    return now["checkpoint"].count("\u2014 "), now["verifierKey"].split("+", 2)[2]


def test_a_key_that_ended_signs_nothing_when_it_comes_back(small, gateway, tmp_path):
    """From an escrow or a backup of the time before: beside the newest key it is destroyed, alone it is refused."""
    gateway.stop()
    shutil.copytree(gateway.keys, tmp_path / "escrow")
    gateway.command("keys", "log-compromised")
    (stolen,) = [file.name for file in (tmp_path / "escrow").glob("log*.key")]
    (newest,) = [file.name for file in gateway.keys.glob("log*.key")]
    shutil.copy(tmp_path / "escrow" / stolen, gateway.keys / stolen)
    gateway.start()
    assert not (gateway.keys / stolen).exists(), "before anything was signed"
    number, key = until(lambda: checkpoint(small)["origin"].count("after-") and signers(small), 30, "a checkpoint under the next name")
    assert number == 1
    # While the gateway runs a file that appears signs nothing either, not even when another key is made.
    shutil.copy(tmp_path / "escrow" / stolen, gateway.keys / stolen)
    made = small.operator.post("/api/v1/keys/log", expect=201)
    both = until(lambda: (now := checkpoint(small))["checkpoint"].count("\u2014 ") >= 2 and now, 30, "a checkpoint that the new key signs")
    assert both["checkpoint"].count("\u2014 ") == 2 and both["verifierKey"].split("+", 2)[2] != key
    gateway.stop()
    gateway.start()
    assert sorted(file.name for file in gateway.keys.glob("log*.key")) == sorted([newest, f"log-{made['number']:04}.key"])
    gateway.stop()
    shutil.copytree(gateway.keys, tmp_path / "now")

    # The whole folder of then, and the newest data: neither the gateway nor a second freeze signs with it.
    put_back(tmp_path / "escrow", gateway.keys)
    for command in (("serve",), ("keys", "log-compromised")):
        refuses_the_key(gateway, f"log-{made['number']:04}.key", "is not there", "keys recover", "keys log-replace", command=command)
    assert (gateway.keys / stolen).exists(), "what was refused lies as it was"
    # Under another number neither.
    (gateway.keys / stolen).rename(gateway.keys / "log-0099.key")
    refuses_the_key(gateway, "log-0099.key", "under another number")
    (gateway.keys / "log-0099.key").rename(gateway.keys / stolen)

    # The newer ones are lost: another one signs, under the same name, and readers hear of it from somebody.
    said = gateway.command("keys", "log-replace").stdout
    assert [file.name for file in gateway.keys.glob("log*.key")] == [f"log-{made['number'] + 1:04}.key"]
    gateway.start()
    now = checkpoint(small)
    assert f"log {now['verifierKey']}\n" in said and now["origin"] == both["origin"]
    standing = [row["number"] for row in small.operator.get("/api/v1/keys/log", expect=200).items if not row["endedAt"]]
    assert standing == [made["number"] + 1], "what is lost has ended"
    assert small.verify()["ok"] is True
    gateway.stop()
    assert gateway.command("keys", "log-replace", check=False).returncode == 1, "it is there and has not ended"
    gateway.start()


def test_the_command_run_again_believes_no_key_from_before(small, gateway, tmp_path):
    """Right after it, before any gateway ran: with the keys of an old escrow it hands out no line, and a backup from before finds its way."""
    public = checkpoint(small)["verifierKey"].split("+", 2)[2]
    gateway.stop()
    shutil.copytree(gateway.keys, tmp_path / "escrow")
    shutil.copytree(gateway.data, tmp_path / "backup")
    said = gateway.command("keys", "log-compromised").stdout
    shutil.copytree(gateway.data, tmp_path / "after-data")
    shutil.copytree(gateway.keys, tmp_path / "after-keys")
    put_back(tmp_path / "escrow", gateway.keys)
    for command in (("keys", "log-compromised"), ("serve",)):
        refuses_the_key(gateway, "log-", "is not there", command=command)
    # The data of before with the keys of now: the turn is in the anchors that were put aside.
    put_back(tmp_path / "after-keys", gateway.keys)
    put_back(tmp_path / "backup", gateway.data)
    gateway.command("audit", "restore")
    gateway.start()
    rows = small.operator.get("/api/v1/keys/log", expect=200).items
    assert not [row for row in rows if row["verifierKey"].endswith(public) and not row["endedAt"]], "the stolen key does not stand under the next name"
    assert small.verify()["ok"] is True
    gateway.stop()
    put_back(tmp_path / "after-keys", gateway.keys)
    put_back(tmp_path / "after-data", gateway.data)
    (gateway.folder.parent / "other-disk" / "anchor").unlink()
    assert gateway.command("keys", "log-compromised").stdout == said
    gateway.start()


def test_another_key_under_the_number_of_an_announced_one(small, gateway, tmp_path):
    gateway.stop()
    (file,) = gateway.keys.glob("log*.key")
    shutil.copy(file, tmp_path / file.name)
    file.write_bytes(os.urandom(32))
    for command in (("serve",), ("keys", "log-compromised"), ("keys", "log-replace")):
        refuses_the_key(gateway, file.name, "is not the key that the log announced", "keys recover", command=command)
    shutil.copy(tmp_path / file.name, file)
    gateway.start()
    small.right.engineer.get(small.case.path, expect=200)


def test_data_from_a_backup_are_not_frozen(small, gateway, tmp_path):
    gateway.stop()
    shutil.copytree(gateway.data, tmp_path / "data")
    gateway.start()
    small.operator.get("/api/v1/audit/entries?limit=1", expect=200)
    gateway.stop()
    shutil.copytree(gateway.data, tmp_path / "newest")
    put_back(tmp_path / "data", gateway.data)
    done = gateway.command("keys", "log-compromised", check=False)
    assert done.returncode == 1 and "entente audit restore" in done.stderr, done.stderr
    put_back(tmp_path / "newest", gateway.data)
    gateway.start()
    assert small.verify()["ok"] is True


def test_keys_from_outside_are_changed_there(gateway):
    gateway.stop()
    gateway.settings["keys.source"] = "credential"
    gateway.write_config()
    done = gateway.command("keys", "log-compromised", check=False)
    assert done.returncode == 1 and "from outside" in done.stderr and "credential" in done.stderr.split("Next:")[1]
    del gateway.settings["keys.source"]
    gateway.write_config()
    gateway.start()
