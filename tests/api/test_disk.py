"""When auditing is impossible (the disk is full, or does not answer) the running gateway says 503, changes nothing, shows nothing, and
comes back by itself. The disk is a shim before libc (support/disk_shim.cpp)."""

import os
import subprocess

import pytest
import requests

from support.client import LEGACY_MODE, PROBLEM_MODE
from support.gateway import DiskShim, Gateway, program, until
from support.world import World


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    return DiskShim(tmp_path_factory.mktemp("disk"))


@pytest.fixture(scope="module")
def starved(tmp_path_factory, disk):
    """A gateway on that disk with two companies, an authorized customer and a released case."""
    with Gateway(tmp_path_factory.mktemp("starved"), environment=disk.environment) as gateway:
        gateway.start()
        world = World(gateway, "disk")
        world.left, world.right = world.company("left"), world.company("right")
        world.agreement(world.left, world.right)
        world.customer = world.left.customer()
        world.left.authorize(world.customer, [world.right])
        world.case = world.released_case(world.left, world.right, world.customer)
        yield world
        disk.recovers()


def ready(world):
    return requests.get(world.gateway.metrics_url + "/readyz", verify=str(world.gateway.ca), timeout=10).status_code


def tokens(world):
    return {row["token"] for row in world.left.engineer.get("/v2/collaboration-requests/list", expect=200, judge=False).body}


def draft(world, number):
    return {**world.case.draft, "internalCaseNumber": number}


def test_a_full_disk_answers_503_changes_nothing_and_shows_nothing(starved, disk):
    engineer, case = starved.left.engineer, starved.case
    newcomer = starved.right.person("engineer", "-newcomer")
    username = starved.right.accounts["engineer-newcomer"]["username"]
    case.seen_by_submitter()
    before = tokens(starved)
    records = starved.gateway.metric("entente_audit_records_total")
    disk.fills_up()
    answer = engineer.post("/v1/collaboration-requests", draft(starved, "D-1"), accept=PROBLEM_MODE, expect=503)
    assert answer["code"] == "audit_unavailable" and int(answer.headers["Retry-After"]) > 0
    engineer.post("/v1/collaboration-requests", draft(starved, "D-2"), accept=LEGACY_MODE, expect=503)
    engineer.post(f"{case.path}/notes", {"summary": "note of a full disk", "priority": "LOW"}, expect=503)
    engineer.post(f"{case.path}/closure", expect=503)
    newcomer.get(case.path, expect=503)
    starved.anonymous.post("/v1/login", {"username": username, "password": "wrong"}, expect=503)
    assert ready(starved) == 503
    copy = starved.gateway.folder / "copy.db"
    assert starved.gateway.command("audit", "copy", copy, check=False).returncode != 0 and not copy.exists()
    disk.recovers()
    until(lambda: ready(starved) == 200, what="readiness by itself")
    assert tokens(starved) == before
    view = newcomer.get(case.path, expect=200)
    assert view["status"] == "OPEN" and "note of a full disk" not in view.text
    assert starved.gateway.metric("entente_audit_records_total") > records
    assert engineer.post("/v1/collaboration-requests", draft(starved, "D-1"), expect=200)["submitterCaseNumber"] == "D-1"
    assert starved.verify()["ok"] is True


def test_a_disk_that_does_not_answer_is_not_waited_for(starved, disk):
    engineer = starved.left.engineer
    disk.gets_stuck()
    try:
        # The answer comes while the disk still hangs: whoever asks is not kept.
        engineer.post("/v1/collaboration-requests", draft(starved, "S-1"), accept=PROBLEM_MODE, expect=503)
        answer = engineer.post("/v1/collaboration-requests", draft(starved, "S-2"), accept=PROBLEM_MODE, expect=503)
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        disk.recovers()
    until(lambda: ready(starved) == 200, what="readiness by itself")
    engineer.post("/v1/collaboration-requests", draft(starved, "S-3"), expect=200)
    numbers = [row["submitterCaseNumber"] for row in engineer.get("/v2/collaboration-requests/list", expect=200, judge=False).body]
    # The second had not begun when it was given up, and never did. The first may have been on its way to the disk.
    assert numbers.count("S-2") == 0 and numbers.count("S-1") <= 1 and numbers.count("S-3") == 1
    assert starved.verify()["ok"] is True


def test_a_disk_that_cannot_be_read_does_not_end_the_gateway(starved, disk):
    engineer, case = starved.left.engineer, starved.case
    case.note(engineer, "so that the readers have something to read again")
    process = starved.gateway.process
    before = len(starved.gateway.log())
    disk.cannot_be_read()
    try:
        # The housekeeper looks each second, on its own.
        until(lambda: "housekeeper.failed" in starved.gateway.log()[before:] or process.poll() is not None, what="a round of the housekeeper without a disk")
        engineer.get(f"{case.path}/notes", expect=503)
    finally:
        disk.recovers()
    assert process.poll() is None, starved.gateway.log()[-4000:]
    until(lambda: ready(starved) == 200, what="readiness by itself")
    notes = engineer.get(f"{case.path}/notes", expect=200, judge=False).body
    assert "so that the readers have something to read again" in [note["summary"] for note in notes]
    engineer.post("/v1/collaboration-requests", draft(starved, "U-1"), expect=200)
    assert starved.verify()["ok"] is True


def test_a_damaged_file_and_foreign_keys_are_told_from_each_other_and_from_a_fault(tmp_path):
    with Gateway(tmp_path / "gateway") as gateway:
        gateway.start()
        World(gateway, "damaged")
        gateway.stop()
        whole = gateway.folder / "data" / "entente.db"
        before = whole.read_bytes()

        def refused():
            done = subprocess.run([program(), "serve", "--config", gateway.config], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 78 and "nothing is served from it" in done.stderr, (done.returncode, done.stderr)
            return done.stderr

        for first, said in ((1, "its first page is damaged"), (2, "the first is page 2")):  # that page and all after it
            torn = bytearray(before)
            for at in range((first - 1) * 4096 + 1000, len(torn), 4096):
                torn[at] ^= 1
            whole.write_bytes(torn)
            assert said in refused()
        whole.write_bytes(before)
        root = gateway.keys / "root.key"
        right = root.read_bytes()
        root.write_bytes(os.urandom(32))
        assert "it belongs to another key" in refused()
        root.write_bytes(right)
        gateway.start()


def test_a_daily_check_that_cannot_run_is_a_failed_one(starved):
    """The file cannot be opened: nobody knows how it is with the log, and the last good word is not repeated."""
    gateway, operator = starved.gateway, starved.operator
    file = gateway.data / "entente.db"

    def checked(ok):
        operator.post("/api/v1/audit/scrub", expect=202)

        def found():
            row = operator.get("/api/v1/audit/scrub", expect=200)
            return row if row["state"] == "idle" and row["ok"] is ok else None

        return until(found, 60, "the end of the check")

    def recorded():
        rows = operator.get("/api/v1/audit/entries?order=newest&limit=100", expect=200).items
        return [row for row in rows if row["operation"] == "audit.scrub" and row["reason"] == "not_checked"]

    checked(True)
    assert gateway.metric("entente_audit_scrub_failures_total") == 0 and not recorded()
    file.rename(file.with_suffix(".away"))
    try:
        assert "could not run" in checked(False)["sentence"]
        assert gateway.metric("entente_audit_scrub_failures_total") == 1
        assert gateway.command("audit", "scrub", "--operator", check=False).returncode == 5
        operator.post("/api/v1/audit/scrub", expect=202)
        until(lambda: gateway.metric("entente_audit_scrub_failures_total") == 2, 60, "another try")
        failure, = recorded()
        assert failure["outcome"] == "failure" and failure["core"]["class_uid"] == 2004, "a finding for the collectors, once"
    finally:
        file.with_suffix(".away").rename(file)
    assert checked(True)["firstBadIndex"] is None
    assert starved.verify()["ok"] is True
