"""What the gateway exports is checked by programs that are not the gateway: entente-verify, Go's transparency-log packages, age."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.gateway import Gateway, program, until
from support.world import World

HERE = pathlib.Path(__file__).parent
VERIFY = program().parent / "entente-verify"


def verify(*words, expect=0):
    done = subprocess.run([VERIFY, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def as_caller(gateway, caller, folder, *words, expect=0):
    environment = {**os.environ, "ENTENTE_TOKEN": caller.token, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run([program(), *map(str, words), "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True, env=environment,
                          timeout=120, check=False)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A gateway of its own with a few hundred records about two cases."""
    with Gateway(tmp_path_factory.mktemp("logged")) as gateway:
        gateway.start()
        world = World(gateway, "public")
        world.halden, world.brightwell = world.company("halden"), world.company("brightwell", departments=("Networking",))
        world.agreement(world.halden, world.brightwell)
        world.harbour, world.quay = world.halden.customer("harbour"), world.halden.customer("quay")
        for customer in (world.harbour, world.quay):
            world.halden.authorize(customer, [world.brightwell])
        world.case = world.released_case(world.halden, world.brightwell, world.harbour)
        world.other = world.released_case(world.halden, world.brightwell, world.quay)
        for number in range(120):
            world.case.note(world.halden.engineer, f"note {number}")
        world.case.seen_by_receiver()
        yield world


@pytest.fixture(scope="module")
def pinned(logged, tmp_path_factory):
    """What a partner keeps: a policy with the log's key, and a checkpoint of an earlier time."""
    folder = tmp_path_factory.mktemp("pinned")
    answer = logged.brightwell.engineer.get("/api/v1/audit/checkpoint", expect=200)
    (folder / "policy").write_text(f"log {answer['verifierKey']}\nquorum none\n", encoding="ascii")
    (folder / "checkpoint").write_text(answer["checkpoint"], encoding="utf-8")
    (folder / "vkey").write_text(answer["verifierKey"], encoding="ascii")
    logged.case.note(logged.halden.engineer, "after the checkpoint")
    return folder


@pytest.fixture(scope="module")
def whole(logged, pinned, tmp_path_factory):
    """The complete export, while the gateway runs."""
    folder = tmp_path_factory.mktemp("whole") / "export"
    kept = (pinned / "checkpoint").read_text(encoding="utf-8")
    until(lambda: logged.halden.engineer.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"] != kept)
    logged.gateway.command("audit", "export", folder, "--complete", "--open")
    return folder


def test_the_complete_export_is_good_and_one_flipped_byte_is_named(whole, pinned, tmp_path):
    report = json.loads(verify("log", whole, "--policy", pinned / "policy", "--from-checkpoint", pinned / "checkpoint", "--sums", "--json"))
    assert report["ok"] and report["entries"] == report["size"] > 120 and report["opened"] > 100 and report["findings"] == []
    broken = tmp_path / "broken"
    shutil.copytree(whole, broken)
    bundle = next(broken.glob("sealed/000*")) if (broken / "sealed/000").is_file() else next(broken.glob("sealed/000.p/*"))
    content = bytearray(bundle.read_bytes())
    content[-5] ^= 1
    bundle.write_bytes(content)
    report = json.loads(verify("log", broken, "--policy", pinned / "policy", "--json", expect=1))
    assert report["verdict"] == "tampering" and report["findings"][0]["check"] == "sealed" and report["firstBadIndex"] < report["size"]
    assert "TAMPERING" in verify("log", broken, "--policy", pinned / "policy", expect=1)


def test_exit_codes(whole, pinned, tmp_path):
    assert "intact" in verify("log", whole, "--policy", pinned / "policy")
    part = tmp_path / "part"
    shutil.copytree(whole, part)
    next(part.glob("sealed/0*/*") if not (part / "sealed/000").is_file() else part.glob("sealed/000")).unlink()
    assert "INCOMPLETE" in verify("log", part, "--policy", pinned / "policy", expect=2)
    for words in (("log", whole), ("log", tmp_path / "nothing", "--policy", pinned / "policy"), ("nonsense",), (), ("log", whole, "--policy", tmp_path / "none")):
        verify(*words, expect=3)
    assert "Exit codes" in verify("--help")
    # Who keeps the answer must not keep nothing and go on.
    with open("/dev/full", "wb") as full:
        for words in (("log", whole, "--policy", pinned / "policy", "--json"), ("--help",)):
            assert subprocess.run([VERIFY, *map(str, words)], stdout=full, stderr=subprocess.DEVNULL, check=False).returncode == 3
    # A policy that came by mail is the same policy, and a pipe in a package is nothing to wait for.
    (tmp_path / "mailed").write_bytes((pinned / "policy").read_bytes().replace(b"\n", b"\r\n"))
    verify("log", whole, "--policy", tmp_path / "mailed")
    (part / "checkpoint").unlink()
    os.mkfifo(part / "checkpoint")
    verify("log", part, "--policy", pinned / "policy", expect=3)


# A key of somebody's; what is tried with it is refused for other reasons.
SOMEBODY = "log sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\nquorum none\n"


def hostile_package(folder):
    """A package whose names colour the terminal, begin lines and are no UTF-8, in the folder and in SHA256SUMS."""
    names = [b"\x1b[2Jgone", b"a\nThe log is intact", b"b\rEvery receipt holds", b"c\xff\xfe", b"d\xc2\x9b31m", "e\u202eflog".encode("utf-8"), b"f\x7f\x08", b'g"\\']
    (folder / "receipts").mkdir(parents=True)
    (folder / "receipts" / "1.tlog-proof").write_bytes(b"c2sp.org/tlog-proof@v1\nextra \x1b[2J\n")
    (folder / "checkpoint").write_bytes("\x1b[2J\n1\n".encode("utf-8"))
    for name in names:
        pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"")
    (folder / "SHA256SUMS").write_bytes(b"".join(b"0" * 64 + b"  lost-" + name + b"\n" for name in names if b"\n" not in name))
    return folder


def test_nothing_in_a_package_reaches_the_terminal_but_as_text(tmp_path):
    folder = hostile_package(tmp_path / "\x1b[2Jfolder")
    (tmp_path / "policy").write_text(SOMEBODY, encoding="ascii")
    (tmp_path / "bad-policy").write_text("group \x1b[2J any \x1b[2J\n", encoding="utf-8")
    words = ["log", folder, "--policy", tmp_path / "policy", "--sums"]
    tried = [words, words[:-1], ["log", folder, "--policy", folder], ["log", folder, "--policy", tmp_path / "bad-policy"], ["log", folder, folder],
             ["receipt", folder / "receipts" / "1.tlog-proof", "--policy", tmp_path / "policy"],
             ["consistency", folder / "checkpoint", folder / "checkpoint", folder, "--policy", tmp_path / "policy"]]
    for one in tried:
        for more in ([], ["--json"]):
            done = subprocess.run([VERIFY, *map(str, one), *more], capture_output=True, timeout=120, check=False)
            assert done.returncode in (1, 3), done
            for said in (done.stdout, done.stderr):
                text = said.decode("utf-8")
                assert all(c == "\n" or (c.isprintable() and ord(c) >= 0x20) for c in text), text
                assert not any(line.startswith(("The log is intact", "Every receipt holds")) for line in text.split("\n")), text
            if more and done.stdout:
                assert done.stdout.count(b"\n") == 1 and json.loads(done.stdout)["ok"] is False
    report = json.loads(verify(*words[:-1], "--json", expect=1))
    said = [finding["sentence"] for finding in report["findings"]]
    assert any('g"\\' in sentence for sentence in said) and any("a\nThe log is intact" in sentence for sentence in said), said
    assert any("lost-c\ufffd\ufffd" in sentence for sentence in said), said


def test_a_static_program_without_sockets():
    """Nothing is loaded, and nothing of TLS or of our client is in it: an auditor may take it anywhere."""
    described = subprocess.run(["readelf", "-d", VERIFY], capture_output=True, text=True, check=True).stdout
    if "asan" in str(VERIFY):
        pytest.skip("sanitizers need the shared C library")
    assert "NEEDED" not in described
    names = subprocess.run(["nm", "-C", VERIFY], capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in names if name.startswith(("SSL_", "entente::net", "entente::store"))]


def test_consistency_and_receipts(logged, whole, pinned, tmp_path):
    assert "begins with everything" in verify("consistency", pinned / "checkpoint", whole / "checkpoint", whole, "--policy", pinned / "policy")
    verify("consistency", whole / "checkpoint", pinned / "checkpoint", whole, "--policy", pinned / "policy", expect=1)
    event = logged.case.submitter.engineer.post(f"{logged.case.path}/notes", {"summary": "for a receipt"}, expect=200).headers["Audit-Event"]
    receipt = as_caller(logged.gateway, logged.brightwell.engineer, tmp_path, "audit", "receipt", event)
    (tmp_path / "receipt").write_text(receipt, encoding="utf-8")
    assert event in verify("receipt", tmp_path / "receipt", "--policy", pinned / "policy")
    (tmp_path / "forged").write_text(receipt.replace("index ", "index 1"), encoding="utf-8")
    verify("receipt", tmp_path / "forged", "--policy", pinned / "policy", expect=1)
    shown = as_caller(logged.gateway, logged.brightwell.engineer, tmp_path, "audit", "prove", event, "--key", f"@{pinned / 'vkey'}")
    assert "The record is in the log" in shown and event in shown


def test_a_checkpoint_kept_is_held_against_the_log(logged, pinned, tmp_path):
    as_caller(logged.gateway, logged.brightwell.engineer, tmp_path, "audit", "checkpoint", "--since", pinned / "checkpoint", "--key", f"@{pinned / 'vkey'}")
    forged = (pinned / "checkpoint").read_text(encoding="utf-8").replace("\n", "\n1", 1)
    (tmp_path / "forged").write_text(forged, encoding="utf-8")
    as_caller(logged.gateway, logged.brightwell.engineer, tmp_path, "audit", "checkpoint", "--since", tmp_path / "forged", expect=5)


@pytest.mark.parametrize("which", ["case", "customer", "partner", "period"])
def test_a_part_for_those_who_are_party(logged, pinned, tmp_path, which):
    world = logged
    chosen = {"case": ["--case", world.case.token], "customer": ["--customer", str(world.quay.id)],
              "partner": ["--partner", str(world.brightwell.id)], "period": ["--since", "2020-01-01", "--until", "2099-01-01"]}[which]
    folder = tmp_path / "part"
    as_caller(world.gateway, world.halden.compliance, tmp_path, "audit", "export", folder, *chosen, "--open")
    report = json.loads(verify("log", folder, "--policy", pinned / "policy", "--sums", "--json"))
    assert report["ok"] and report["kind"] == "part" and report["entries"] > 0 and report["opened"] >= report["entries"]
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("opened/*.1.json")]
    assert len(texts) == report["entries"]
    cores = [json.loads(text) for text in texts]
    if which == "case":
        assert all(core["unmapped"]["case_id"] == world.case.id for core in cores)
    if which == "customer":
        about = {core["unmapped"].get("case_id") for core in cores if "unmapped" in core}
        assert world.other.id in about and world.case.id not in about
    if which == "partner":
        assert all({world.halden.id, world.brightwell.id} <= set(core["unmapped"]["parties"]) for core in cores)


def test_a_part_holds_nothing_that_its_reader_may_not_see(logged, tmp_path):
    """The receiver's officer gets the exchange, but neither the customer's section nor who acted at the other company."""
    folder = tmp_path / "part"
    world = logged
    as_caller(world.gateway, world.brightwell.compliance, tmp_path, "audit", "export", folder, "--case", world.case.token, "--open")
    opened = list(folder.glob("opened/*.json"))
    assert opened
    foreign = [path for path in opened if not path.name.endswith(".1.json") and
               json.loads((folder / "opened" / f"{path.name.split('.')[0]}.1.json").read_text(encoding="utf-8"))["actor"].get("org_uid") != str(world.brightwell.id)]
    assert not foreign, foreign
    as_caller(world.gateway, world.halden.engineer, tmp_path, "audit", "export", tmp_path / "refused", "--case", world.case.token, expect=1)
    stranger = world.company("stranger")
    as_caller(world.gateway, stranger.compliance, tmp_path, "audit", "export", tmp_path / "none", "--case", world.case.token, expect=1)


@pytest.mark.skipif(shutil.which("age", path="/usr/bin:/bin") is None, reason="the age tool is not installed (Debian: age)")
def test_sections_sealed_to_an_auditor_open_with_age(logged, pinned, tmp_path):
    world = logged
    identity = tmp_path / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    folder = tmp_path / "sealed"
    as_caller(world.gateway, world.halden.compliance, tmp_path, "audit", "export", folder, "--case", world.case.token, "--recipient", recipient)
    assert not list(folder.glob("opened/*.json")) and not list(folder.glob("opened/*.salt"))
    report = json.loads(verify("log", folder, "--policy", pinned / "policy", "--sums", "--json"))
    assert report["ok"] and report["sealedOpenings"] > 100
    # Opened by the auditor, the package proves its contents.
    for path in sorted(folder.glob("opened/*.age")):
        plain = subprocess.run(["age", "-d", "-i", identity, path], check=True, capture_output=True).stdout
        path.with_suffix(".salt").write_bytes(plain[:32])
        path.with_suffix(".json").write_bytes(plain[32:])
    report = json.loads(verify("log", folder, "--policy", pinned / "policy", "--json"))
    assert report["ok"] and report["opened"] == report["sealedOpenings"]
    next(iter(folder.glob("opened/*.salt"))).write_bytes(b"x" * 32)
    verify("log", folder, "--policy", pinned / "policy", expect=1)


def go_packages():
    go = shutil.which("go")
    if go is None:
        return None, None
    root = pathlib.Path(subprocess.run([go, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip())
    return go, root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb"


def test_go_accepts_checkpoint_tiles_entries_and_proofs(logged, whole, pinned, tmp_path):
    go, packages = go_packages()
    if go is None or not (packages / "tlog").is_dir():
        pytest.skip("Go is not installed (Debian: golang-go, which brings the packages of sumdb)")
    version = re.match(r"go(\d+\.\d+)", subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout).group(1)
    module = tmp_path / "module"
    for name in ("note", "tlog"):
        shutil.copytree(packages / name, module / "mod" / "sumdb" / name, ignore=shutil.ignore_patterns("*_test.go"))
    (module / "mod" / "go.mod").write_text(f"module golang.org/x/mod\n\ngo {version}\n", encoding="ascii")
    (module / "go.mod").write_text(f"module check\n\ngo {version}\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n", encoding="ascii")
    shutil.copy(HERE / "sumdb_check.go", module / "main.go")
    size = (whole / "checkpoint").read_text(encoding="utf-8").split("\n")[1]
    before = (pinned / "checkpoint").read_text(encoding="utf-8").split("\n")[1]
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off", "GOCACHE": str(tmp_path / "cache"), "GOTOOLCHAIN": "local"}
    subprocess.run([go, "build", "-o", tmp_path / "check", "."], cwd=module, check=True, env=environment, timeout=300)
    vkey = (pinned / "vkey").read_text(encoding="ascii")
    done = subprocess.run([tmp_path / "check", vkey, whole], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and f"entries {size}" in done.stdout, done.stderr
    # A proof of the gateway to the very checkpoint that was exported: nobody may have written in between.
    for attempt in range(10):
        fresh = tmp_path / f"fresh{attempt}"
        logged.gateway.command("audit", "export", fresh, "--complete")
        proof = logged.brightwell.engineer.get(f"/api/v1/audit/consistency?from={before}", expect=200)
        if proof["checkpoint"] == (fresh / "checkpoint").read_text(encoding="utf-8"):
            break
    (tmp_path / "path").write_text("\n".join(proof["path"]), encoding="ascii")
    done = subprocess.run([tmp_path / "check", vkey, fresh, pinned / "checkpoint", tmp_path / "path"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and f"consistent {before}" in done.stdout, done.stderr
