"""The gateway's own keys: generations replaced while it runs, and a memory that keeps nothing and that no dump holds."""

import base64
import hashlib
import hmac
import os
import pathlib
import re

import pytest

from support.gateway import Gateway, until
from support.world import World


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A gateway of its own: its memory and its keys are looked at."""
    with Gateway(tmp_path_factory.mktemp("alone"), {"keys.generation_days": 0}) as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def small(alone):
    made = World(alone, "keys")
    made.left, made.right = made.company("left"), made.company("right")
    made.agreement(made.left, made.right)
    return made


def generations(world):
    return {row["generation"]: row for row in world.operator.get("/api/v1/keys/generations", expect=200).items}


MAPPING_MAX = 1 << 30  # a sanitizer reserves terabytes for notes of its own; nothing of the gateway's lies there


def mapped(process):
    """Readable private mappings: (address range, flags, bytes)."""
    maps = pathlib.Path(f"/proc/{process.pid}/smaps").read_text(encoding="ascii")
    flags = {}
    span = None
    for line in maps.splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) ", line):
            span = (int(found[1], 16), int(found[2], 16))
        elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            span = None
        elif line.startswith("VmFlags:") and span:
            flags[span] = line.split()[1:]
    with open(f"/proc/{process.pid}/mem", "rb", buffering=0) as memory:
        for (begin, end), words in flags.items():
            if end - begin > MAPPING_MAX:
                continue
            try:
                memory.seek(begin)
                yield (begin, end), words, memory.read(end - begin)
            except OSError:
                continue


def needs_ptrace(process):
    try:
        with open(f"/proc/{process.pid}/mem", "rb", buffering=0):
            pass
    except OSError:
        pytest.skip("this user may not read the memory of the gateway, which is the point; run as root to look inside")


def plain_keys(folder):
    return {file.name: file.read_bytes() for file in sorted(pathlib.Path(folder).glob("*.key"))}


def test_generations_are_replaced_while_requests_go_on(small, alone):
    first = until(lambda: generations(small).get(1), 30, "the first generation in the log")
    assert first["current"] and first["ownerKeys"] > 0
    small.left.administrator.post("/api/v1/keys/generations", expect=403)
    small.operator.post("/api/v1/keys/generations/1/end", expect=422)
    made = small.operator.post("/api/v1/keys/generations", expect=201)
    assert made["generation"] == 2 and (alone.keys / "kek-0002.key").is_file()
    until(lambda: generations(small)[1]["ownerKeys"] == 0, 30, "the wrapping of all keys again")
    case = small.released_case(small.left, small.right)
    small.operator.post("/api/v1/keys/generations/2/end", expect=422)
    small.operator.post("/api/v1/keys/generations/7/end", expect=404)
    small.operator.post("/api/v1/keys/generations/1/end", expect=200)
    until(lambda: not generations(small)[1]["present"], 30, "the destruction of the first generation")
    assert not (alone.keys / "kek-0001.key").exists()
    small.right.engineer.get(case.path, expect=200)
    kinds = [row["kind"] for row in small.operator.get("/api/v1/audit/entries?order=newest&limit=1000", expect=200).items if row["operation"].startswith("keys.generation") and row["outcome"] == "success"]
    assert kinds == [3, 3, 3]
    assert small.verify()["ok"] is True
    alone.stop()
    alone.start()
    small.right.engineer.get(case.path, expect=200)


def test_no_dump_holds_the_memory(alone):
    process = alone.process
    limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    assert int(pathlib.Path(f"/proc/{process.pid}/coredump_filter").read_text(encoding="ascii"), 16) == 0


def derived_keys(root):
    """What hangs on the service root: HKDF-SHA256 with an empty salt, one block."""
    secret = hmac.digest(bytes(32), root, hashlib.sha256)
    return {label: hmac.digest(secret, f"gw-audit/v1/kdf/{label}".encode() + b"\0\1", hashlib.sha256) for label in ("db", "index", "token", "mail", "receipt")}


@pytest.mark.skipif(os.environ.get("ENTENTE_PRESET") == "asan", reason="a sanitizer keeps freed memory as it was, to find who uses it; --long runs this on the release build")
def test_a_core_would_hold_no_key(small, alone):
    """A core is what is mapped and not left out (VmFlags dd): none of the keys is in it, in bytes or in hexadecimal, while requests go on."""
    needs_ptrace(alone.process)
    small.released_case(small.left, small.right)
    keys = plain_keys(alone.keys)
    keys |= derived_keys(keys["root.key"])
    held, seen = {}, set()
    for (begin, _), flags, content in mapped(alone.process):
        for name, key in keys.items():
            for shape in (key, key.hex().encode(), key.hex().upper().encode()):
                if shape in content:
                    seen.add(name)
                    # The engine holds the key of its pages in ordinary memory of its own: of that the limit and the filter of cores
                    # (test_no_dump_holds_the_memory) keep a core free, and nothing else.
                    if "dd" not in flags and name != "db":
                        held.setdefault(name, []).append(f"{begin + content.find(shape):x} of {' '.join(flags)}")
    assert {"root.key", "log.key", "token", "db"} <= seen, "the search finds keys where they are"
    assert not held, held


@pytest.mark.skipif(os.environ.get("ENTENTE_PRESET") == "asan", reason="a sanitizer keeps freed memory as it was, to find who uses it; --long runs this on the release build")
def test_keys_lie_in_locked_memory_that_dumps_leave_out(small, alone):
    needs_ptrace(alone.process)
    small.released_case(small.left, small.right)
    keys = plain_keys(alone.keys)
    held = {}
    for _, flags, content in mapped(alone.process):
        for name, key in keys.items():
            if key in content:
                held.setdefault(name, []).append(flags)
    assert "root.key" in held and any(name.startswith("kek-") for name in held)
    for name, places in held.items():
        for flags in places:
            assert "dd" in flags and "lo" in flags, f"{name} lies in memory that is swapped or dumped"


def test_what_was_erased_is_nowhere(small, alone):
    """Not in the data folder, not in a journal, not in the memory of the process; and the log still verifies."""
    needs_ptrace(alone.process)
    left, right = small.left, small.right
    customer = left.customer("to vanish")
    left.authorize(customer, [right])
    case = small.released_case(left, right, customer)
    right.engineer.get(case.path, expect=200)
    note = left.word("note to vanish", (right.key,))
    left.engineer.post(f"/api/v1/cases/{case.token}/notes", {"summary": f"See {note} there", "text": f"Even more {note} to read", "visibility": "shared"}, expect=201)
    words = [case.draft["problemSummary"], case.draft["problemDescription"], customer.name, customer.contact["email"], f"See {note} there", f"Even more {note} to read"]
    # The salts that hide the words in the log: they were shown once, in an export to the owner, and must be gone with the words.
    salts = [base64.b64decode(section["salt"]) for entry in left.compliance.get(f"/api/v1/audit/export?customer={customer.id}&open=true", expect=200).items
             for section in entry["opened"] if section["tag"] in (2, 4)]
    assert salts and all(len(salt) == 32 for salt in salts)
    left.engineer.post(f"/api/v1/cases/{case.token}/withdraw", {"reason": "not_needed"}, expect=200)
    order = left.compliance.post("/api/v1/erasures", {"scope": "customer", "subject": customer.id, "reason": "Asked for"}, expect=202)
    left.administrator.post(f"/api/v1/erasures/{order['id']}/confirm", expect=200)
    until(lambda: left.compliance.get(f"/api/v1/erasures/{order['id']}", expect=200)["state"] == "done", 30, "the erasure")
    for company in small.companies.values():
        for caller in company._people.values():
            caller.close()
    small.operator.close()
    sought = [word.encode() for word in words] + [word.encode("utf-16-le") for word in words] + salts
    left_over = []

    def gone():
        left_over[:] = [f"{begin + content.find(word):x}: {content[content.find(word) - 48:content.find(word) + 80]!r}" for (begin, _), _, content in mapped(alone.process)
                        for word in sought if word in content]
        return not left_over

    if "asan" not in os.environ.get("ENTENTE_PRESET", ""):
        try:
            until(gone, 20, "a memory without the erased words")
        except AssertionError:
            pytest.fail("\n".join(left_over))
    for path in alone.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in sought if word in content], path
    assert small.verify()["ok"] is True


def test_the_database_gets_a_new_key(small, alone):
    """While the gateway is down; an interrupted change is finished by the next start, whichever key opens the file."""
    case = small.released_case(small.left, small.right)
    assert alone.command("keys", "rekey", check=False).returncode != 0, "the gateway is running"
    assert not (alone.keys / "database.next.key").exists()
    alone.stop()
    before = (alone.data / "entente.db").read_bytes()[4096:8192]
    alone.command("keys", "rekey")
    assert (alone.keys / "database.key").is_file() and not (alone.keys / "database.next.key").exists()
    assert before != (alone.data / "entente.db").read_bytes()[4096:8192]
    alone.start()
    small.right.engineer.get(case.path, expect=200)
    alone.stop()
    # As after a crash: before the file was touched, and after it was.
    key = (alone.keys / "database.key").read_bytes()
    for content in (os.urandom(32), key):
        (alone.keys / "database.next.key").write_bytes(content)
        (alone.keys / "database.next.key").chmod(0o600)
        if content == key:
            (alone.keys / "database.key").write_bytes(os.urandom(32))
        alone.start()
        assert not (alone.keys / "database.next.key").exists() and (alone.keys / "database.key").read_bytes() == key
        small.right.engineer.get(case.path, expect=200)
        alone.stop()
    alone.start()
    assert small.verify()["ok"] is True


def test_the_service_manager_brings_the_keys(tmp_path):
    """keys.source = credential: the files come from CREDENTIALS_DIRECTORY, kept as systemd's LoadCredentialEncrypted= keeps them, and
    every command that opens data or a copy finds them there."""
    with Gateway(tmp_path / "made") as maker:
        maker.init()
        credentials = tmp_path / "credentials"
        credentials.mkdir(mode=0o700)
        for name in ("root.key", "log.key", "kek-0001.key"):
            (maker.keys / name).rename(credentials / name)
            # Root's, and what shows as the group's bit is the mask of the access list for the service's user. Who is not root cannot
            # make such a file, only the older form of it.
            (credentials / name).chmod(0o440 if os.geteuid() == 0 else 0o400)
        credentials.chmod(0o550 if os.geteuid() == 0 else 0o500)
        maker.settings["keys.source"] = "credential"
        maker.write_config()
        for words in (("serve",), ("audit", "copy", tmp_path / "none.db"), ("keys", "list"), ("audit", "restore")):
            refused = maker.command(*words, check=False)
            assert refused.returncode == 78 and "CREDENTIALS_DIRECTORY" in refused.stderr, (words, refused.stderr)
        for words in (("add",), ("rekey",), ("renew-root",), ("log-compromised",), ("log-replace",)):
            refused = maker.command("keys", *words, check=False)
            assert refused.returncode == 1 and "from outside" in refused.stderr, (words, refused.stderr)
        maker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        maker.start()
        world = World(maker, "credentials")
        company = world.company("outside", form=False)
        assert world.verify()["ok"] is True
        assert not (maker.keys / "root.key").exists()

        maker.command("keys", "list")
        maker.command("audit", "copy", tmp_path / "copy.db")
        assert "intact" in maker.command("audit", "verify", "--file", tmp_path / "copy.db").stdout
        maker.command("audit", "rows", tmp_path / "rows.txt")
        maker.command("audit", "checkpoint")
        maker.command("audit", "export", tmp_path / "whole", "--complete")
        age_key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
        maker.command("keys", "escrow", tmp_path / "keys.age", "--to", age_key)
        maker.stop()
        none = maker.command("audit", "restore", check=False)
        assert none.returncode == 1 and "nothing was put back" in none.stderr, none.stderr
        listed = maker.command("company", "list", "--operator")
        assert str(company.id) in listed.stdout and "working on" in listed.stderr, "commands on the data of a stopped gateway as well"
