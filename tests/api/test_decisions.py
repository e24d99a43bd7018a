"""Decisions before and after the fact: what would happen, and what happened, again."""


def draft_of(world, left, right, customer, **more):
    draft = world.draft(left, right, customer, **more)
    draft.pop("values")
    return draft


def test_a_preview_says_what_posting_would_do_and_does_nothing(world, halden, brightwell):
    customer = halden.customer()
    before = halden.engineer.get("/v2/collaboration-requests", expect=200).body
    held = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, brightwell, customer), expect=200).body
    assert held["verdict"] == "hold" and held["reason"] == "authorization_missing" and "authorization" in held["nextStep"] and held["customer"] == customer.id
    granted = halden.authorize(customer, [brightwell])
    open_ = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, brightwell, customer), expect=200).body
    assert open_["verdict"] == "allow" and open_["authorization"] == granted["id"] and open_["documentDigest"]
    assert "Product" in open_["releasedFields"] and "Access code" not in open_["releasedFields"]
    assert {row["label"] for row in open_["withheldFields"]} >= {"Access code", "Contract number"}
    assert open_["rules"]["gate"] == "gate/1" and open_["rules"]["detectors"]
    case = world.open_case(halden, brightwell, customer)
    gate = case.gate().body
    for member in ("verdict", "reason", "agreement", "authorization", "releasedClasses"):
        assert gate[member] == open_[member]
    assert halden.engineer.get("/v2/collaboration-requests", expect=200).body != before  # the case; the previews left none


def test_without_an_agreement_the_preview_says_what_to_do(world, halden, dorn):
    told = halden.engineer.post("/api/v1/decisions/preview", draft_of(world, halden, dorn, halden.customer()), expect=200).body
    assert told["verdict"] == "refuse" and told["reason"] == "agreement_missing" and "/api/v1/agreements" in told["nextStep"] and told["releasedClasses"] == []


def test_who_asks_for_a_preview(world, halden, brightwell):
    draft = draft_of(world, halden, brightwell, halden.customer())
    for caller in (halden.auditor, halden.compliance, world.operator):
        caller.post("/api/v1/decisions/preview", draft, expect=403)
    halden.engineer.post("/api/v1/decisions/preview", {**draft, "documentId": 2147483647}, expect=404)
    halden.engineer.post("/api/v1/decisions/preview", {}, expect=400)


def test_every_decision_in_the_log_comes_out_again(world, halden, brightwell):
    customer = halden.customer()
    case = world.open_case(halden, brightwell, customer)
    case.release_to_receiver()
    authorization = halden.authorize(customer, [brightwell])
    halden.withdraw(authorization, customer)
    totals, start = {"decisions": 0, "exact": 0, "entries": 0}, 0
    while True:
        page = world.operator.post(f"/api/v1/decisions/replay?from={start}&limit=200", expect=200).body
        assert page["firstDifference"] is None and page["erased"] == 0
        for name in totals:
            totals[name] += page[name]
        if page["entries"] < 200:  # each page adds its own record, so only a page that is not full is the last
            break
        start = page["next"]
    assert totals["decisions"] == totals["exact"] >= 3
    # A company replays what it is party to, and no more.
    own = halden.compliance.post("/api/v1/decisions/replay", expect=200).body
    assert 0 < own["decisions"] == own["exact"]
    halden.engineer.post("/api/v1/decisions/replay", expect=403)


def test_the_tool_replays_the_whole_log(gateway):
    done = gateway.command("gate", "replay")
    assert "first difference" in done.stdout and "none" in done.stdout
