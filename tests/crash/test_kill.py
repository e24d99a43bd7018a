"""kill -9 of the real gateway at random moments while several clients write.

After each restart: nothing acknowledged is lost, nothing is there twice, a repeated request with the same Idempotency-Key finds
what was made, and the audit log verifies. The seed is printed; the moments still differ, because the machine does.
"""

import os
import random
import shutil
import threading
import time
import uuid

import requests

from support.gateway import Gateway
from support.world import World

WRITERS = 4
KILLS_A_FOLDER = 100


class Writer(threading.Thread):
    """Creates cases and notes until the gateway is gone. Remembers what was acknowledged and what is in doubt."""

    def __init__(self, world, caller, template, case_path, stop):
        super().__init__()
        self.caller = caller.with_token(caller.token)
        self.world, self.template, self.case_path, self.stop = world, template, case_path, stop
        self.cases = {}      # idempotency key -> (number, token)
        self.doubtful = {}   # idempotency key -> number
        self.notes = []      # acknowledged note summaries
        self.failure = None

    def run(self):
        while not self.stop.is_set():
            try:
                self.one_case()
                self.one_note()
            except requests.RequestException:
                return
            except AssertionError as wrong:
                self.failure = wrong
                return

    def one_case(self):
        key, number = str(uuid.uuid4()), f"K-{uuid.uuid4().hex[:12]}"
        self.doubtful[key] = number
        answer = self.create(key, number)
        if answer.status == 200:
            self.cases[key] = (number, answer["token"])
            del self.doubtful[key]
        else:
            assert answer.status == 503, answer
            del self.doubtful[key]  # 503: nothing happened

    def create(self, key, number):
        return self.caller.post("/v1/collaboration-requests", {**self.template, "internalCaseNumber": number}, headers={"Idempotency-Key": key}, judge=False)

    def one_note(self):
        summary = f"note {uuid.uuid4().hex[:12]}"
        answer = self.caller.post(f"{self.case_path}/notes", {"summary": summary}, judge=False)
        if answer.status == 200:
            self.notes.append(summary)
        else:
            assert answer.status == 503, answer


class Tally:
    """What all kills together came to."""

    def __init__(self):
        self.kills = self.acknowledged = self.notes = self.doubtful = self.repeated = 0

    def __str__(self):
        return (f"{self.kills} kills: {self.acknowledged} acknowledged cases, {self.notes} notes, {self.doubtful} in doubt of which {self.repeated} had been "
                "durable")


def kill_over_and_over(folder, chance, go_on, tally):
    """One gateway, killed as long as `go_on(kills)` says; what was acknowledged is looked for after each kill and after all of them."""
    with Gateway(folder) as gateway:
        gateway.start()
        world = World(gateway, "crash")
        left, right = world.company("left"), world.company("right")
        world.agreement(left, right)
        customer = left.customer()
        left.authorize(customer, [right])
        case = world.released_case(left, right, customer)
        template = dict(case.draft)
        world.ledger.release(str(template), right.key)
        written_notes, kept, kills = [], {}, 0
        while go_on(kills):
            stop = threading.Event()
            writers = [Writer(world, left.engineer, template, case.path, stop) for _ in range(WRITERS)]
            for writer in writers:
                writer.start()
            stop.wait(chance.choice([0.01, 0.05, 0.2, 0.5]) * chance.random() * 2)  # where in the load the kill falls
            gateway.kill()
            kills += 1
            tally.kills += 1
            stop.set()
            for writer in writers:
                writer.join()
                assert writer.failure is None, writer.failure
            gateway.start()
            verdict = world.verify()
            assert verdict["ok"] is True, verdict

            def there_with(number):
                rows = left.engineer.get(f"/v2/collaboration-requests/list?internalCaseNumber={number}", expect=200, judge=False).body
                return [row["token"] for row in rows]

            for writer in writers:
                for key, (number, token) in writer.cases.items():
                    assert there_with(number) == [token], f"acknowledged case {number} ({key}) is not there once"
                    tally.acknowledged += 1
                    kept[number] = token
                for key, number in writer.doubtful.items():
                    there = there_with(number)
                    assert len(there) <= 1, f"{number} is there {len(there)} times"
                    again = writer.create(key, number)
                    assert again.status == 200, again
                    if there:
                        assert again["token"] == there[0], "the repeat made a second case"
                        tally.repeated += 1
                    assert there_with(number) == [again["token"]]
                    tally.doubtful += 1
                    kept[number] = again["token"]
                written_notes += writer.notes
            summaries = [note["summary"] for note in left.engineer.get(f"{case.path}/notes", expect=200, judge=False).body if note["type"] != "SYSTEM"]
            lost = set(written_notes) - set(summaries)
            assert not lost, f"acknowledged notes lost: {sorted(lost)[:5]}"
            assert len(summaries) == len(set(summaries)), "a note is there twice"
            assert case.seen_by_receiver()["status"] == "OPEN"
        tally.notes += len(written_notes)
        found = {}
        for page in range(len(kept) // 200 + 2):
            for row in left.engineer.get(f"/v2/collaboration-requests?type=OUTBOUND&page={page}&size=200", expect=200, judge=False)["content"]:
                found.setdefault(row["submitterCaseNumber"], []).append(row["token"])
        assert {number: found.get(number) for number in kept} == {number: [token] for number, token in kept.items()}, "after all kills together"
        assert gateway.stop() == 0
        done = gateway.command("audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr


def test_kill_nine(tmp_path, budget):
    seconds, rounds = budget
    seed = int(os.environ.get("ENTENTE_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
    print(f"ENTENTE_SEED={seed}")
    chance = random.Random(seed)
    began, tally = time.monotonic(), Tally()

    def wanted():
        return tally.kills < rounds or (time.monotonic() - began < seconds and tally.kills < rounds * 20)

    while wanted():
        # A gateway of its own for each hundred, because each look at all that there is grows with it.
        folder = tmp_path / f"g{tally.kills}"
        kill_over_and_over(folder, chance, lambda kills: kills < KILLS_A_FOLDER and wanted(), tally)
        shutil.rmtree(folder)
        print(tally, flush=True)
    assert tally.acknowledged > 0


def test_kill_while_starting(tmp_path):
    """A kill during start, over and over, leaves a gateway that starts."""
    chance = random.Random(3)
    with Gateway(tmp_path / "g") as gateway:
        gateway.start()
        world = World(gateway, "starting")
        world.company("kept", form=False)
        gateway.kill()
        import subprocess
        from support.gateway import program
        for _ in range(6):
            process = subprocess.Popen([program(), "serve", "--config", gateway.config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            threading.Event().wait(chance.random() * 0.2)  # where in the start the kill falls
            process.kill()
            process.wait()
        gateway.start()
        assert len(world.operator.get("/api/v1/companies", expect=200).items) >= 1
        assert world.verify()["ok"] is True


def test_kill_during_init_can_be_repeated(tmp_path):
    """`entente init` killed at any moment is finished by the next one."""
    import subprocess
    from support.gateway import program
    chance = random.Random(5)
    for number in range(6):
        with Gateway(tmp_path / f"g{number}") as gateway:
            process = subprocess.Popen([program(), "init", "--config", gateway.config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            threading.Event().wait(chance.random() * 0.1)
            process.kill()
            process.wait()
            gateway.init()
            gateway.start()
            assert gateway.stop() == 0
