"""What the gateway does by itself, on the gateway of the whole group: the check of log and file, and key generations replaced."""

import re

from support.gateway import until


def test_the_background_check_finds_nothing(world, gateway):
    before = world.operator.get("/api/v1/audit/scrub", expect=200)
    assert before["next"] is not None, "it comes by itself"
    world.halden.engineer.post("/api/v1/audit/scrub", expect=403)
    world.halden.compliance.post("/api/v1/audit/scrub", expect=202)

    def done():
        row = world.operator.get("/api/v1/audit/scrub", expect=200)
        return row if row["last"] and row["last"] != before["last"] else None

    found = until(done, 120, "the background check")
    assert found["ok"] is True and found["firstBadIndex"] is None, found["sentence"]
    assert found["checked"] > 10 and found["size"] >= found["checked"]
    records = [row for row in world.operator.get("/api/v1/audit/entries?order=newest&limit=100", expect=200).items if row["operation"] == "audit.scrub"]
    assert records and records[-1]["outcome"] == "success" and records[-1]["core"]["unmapped"]["decision"]["rows"] > 10
    metrics = gateway.metrics()
    assert re.search(r"^entente_audit_scrub_runs_total [1-9]", metrics, re.M) and "entente_audit_scrub_failures_total 0" in metrics


def test_a_key_generation_is_replaced_and_ended(world):
    def all_of():
        return {row["generation"]: row for row in world.operator.get("/api/v1/keys/generations", expect=200).items}

    world.halden.administrator.get("/api/v1/keys/generations", expect=403)
    current = next(number for number, row in all_of().items() if row["current"])
    made = world.operator.post("/api/v1/keys/generations", expect=201)["generation"]
    assert made > current and all_of()[made]["current"]
    until(lambda: all_of()[current]["ownerKeys"] == 0, 60, "the wrapping of all keys again")
    world.operator.post(f"/api/v1/keys/generations/{current}/end", expect=200)
    until(lambda: not all_of()[current]["present"], 60, "the destruction of the older generation")
    assert world.verify()["ok"] is True


def test_the_log_gets_another_key_and_the_older_one_ends(world):
    def all_of():
        return {row["number"]: row for row in world.halden.compliance.get("/api/v1/keys/log", expect=200).items}

    newest = until(lambda: next((number for number, row in all_of().items() if row["newest"]), None), 30, "the first key in the log")
    world.halden.administrator.post("/api/v1/keys/log", expect=403)
    made = world.operator.post("/api/v1/keys/log", expect=201)
    assert made["number"] > newest and all_of()[made["number"]]["newest"] and all_of()[newest]["present"]
    assert world.operator.get("/api/v1/audit/checkpoint", expect=200)["verifierKey"] == made["verifierKey"]
    world.operator.post(f"/api/v1/keys/log/{newest}/end", expect=200)
    until(lambda: not all_of()[newest]["present"], 60, "the destruction of the older key")
    assert world.verify()["ok"] is True


def test_an_escrow_is_recorded(world):
    body = {"digest": "ab" * 32, "recipients": ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"], "generations": [1], "logKeys": [1], "rootKeys": "cd" * 8}
    world.halden.administrator.post("/api/v1/keys/escrows", body, expect=403)
    for change in ({"digest": "ab"}, {"recipients": []}, {"recipients": ["age1x"]}, {"generations": []}, {"logKeys": [0]}, {"rootKeys": "cd"}, {"rootKeys": "x" * 16}):
        world.operator.post("/api/v1/keys/escrows", {**body, **change}, expect=400)
    made = world.operator.post("/api/v1/keys/escrows", body, expect=201)
    assert made["state"] in ("outdated", "expired")
    assert world.operator.get("/api/v1/keys/escrows", expect=200).items[0]["id"] == made["id"]
