"""What expires by itself, under a moved clock: the words of ended cases by class and age, a legal hold stops it, and the log stays provable."""

import json
import subprocess
import time

from support.gateway import Gateway, MovedClock, program
from support.world import World

PERSONAL = ("actor", "customer", "content")


def test_words_expire_by_age_and_a_hold_stops_it(tmp_path):
    clock = MovedClock(tmp_path)
    settings = {"retention.customer_days": 60, "retention.content_days": 60, "retention.actor_days": 60, "retention.core_days": 0, "keys.generation_days": 0,
                "audit.heartbeat_seconds": 3600}
    with Gateway(tmp_path / "gateway", settings, clock.environment) as gateway:
        gateway.start()
        world = World(gateway, "retention")
        left, right = world.company("left"), world.company("right")
        world.agreement(left, right)
        held, free, open_case = (world.released_case(left, right) for _ in range(3))
        for case in (held, free, open_case):
            right.engineer.get(case.path, expect=200)
        for case in (held, free):
            case.opener.post(f"/api/v1/cases/{case.token}/withdraw", {"reason": "not_needed"}, expect=200)
        hold = left.compliance.post("/api/v1/holds", {"scope": "case", "case": held.token, "reason": "Court"}, expect=201)
        left.administrator.post(f"/api/v1/holds/{hold['id']}/confirm", expect=200)

        def states(case, company):
            """Of the sections with personal words in the entries of this company's people about the case."""
            rows = company.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=200", expect=200).items
            done = ("case.read",) if company is right else ("case.create", "case.withdraw")
            mine = [row["index"] for row in rows if row["operation"] in done][:6]
            shown = [company.compliance.get(f"/api/v1/audit/entries/{index}", expect=200)["sections"] for index in mine]
            return {one["state"] for entry in shown for one in entry if one["section"] in PERSONAL}

        def time_passes(**much):
            """Expiry is looked for when the gateway starts and every ten minutes, one class after the other."""
            clock.advance(**much)
            gateway.stop()
            gateway.start()
            world.sign_in_operator()
            for company in (left, right):
                company.sign_in_again()

        def expires(case, company):
            for _ in range(6):
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    if states(case, company) == {"erased"}:
                        return
                time_passes(minutes=1)
            raise AssertionError(f"nothing expired: {states(case, company)}")

        everything = [(case, company) for case in (held, free, open_case) for company in (left, right)]
        assert all(states(*one) == {"opened"} for one in everything)
        time_passes(days=50)
        assert all(states(*one) == {"opened"} for one in everything), "too young"
        time_passes(days=61)
        expires(free, right)
        assert states(held, right) == states(held, left) == {"opened"}, "a legal hold stops it"
        assert states(free, left) == {"opened"}, "and keeps what the holder's own people did, whatever the case"
        assert states(open_case, right) == {"opened"}, "it is not over"
        for caller in (left.compliance, left.administrator):
            caller.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)
        time_passes(days=1)
        expires(held, left)
        expires(held, right)
        expires(free, left)
        assert states(open_case, left) == states(open_case, right) == {"opened"}
        assert world.verify()["ok"] is True
        orders = [row for row in world.operator.get("/api/v1/audit/entries?order=newest&limit=1000", expect=200).items if row["kind"] == 2]
        assert len(orders) >= 2
        answer = left.compliance.get("/api/v1/audit/checkpoint", expect=200)
        (tmp_path / "policy").write_text(f"log {answer['verifierKey']}\nquorum none\n", encoding="ascii")
        gateway.command("audit", "export", tmp_path / "export", "--complete")
        done = subprocess.run([program().parent / "entente-verify", "log", tmp_path / "export", "--policy", tmp_path / "policy", "--json"], capture_output=True, text=True, check=False)
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["erased"] + report["yetToErase"] > 0, done.stdout
