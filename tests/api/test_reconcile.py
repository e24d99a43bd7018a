"""Double entry: what one side sent and the other took, as both sides draw it."""


def statement(caller, **query):
    rows, first, totals = [], 0, {"sent": 0, "sentOpen": 0, "received": 0, "receivedOpen": 0}
    while first is not None:
        words = "&".join(f"{key}={value}" for key, value in (query | {"first": first}).items())
        page = caller.get(f"/api/v1/audit/reconciliation?{words}", expect=200)
        rows += page["items"]
        totals = {key: totals[key] + page[key] for key in totals}
        first = page["next"]
    return rows, totals


def of(rows, case, direction):
    return [row for row in rows if row["case"] == case.token and row["direction"] == direction]


def test_what_was_sent_is_open_until_it_is_read(case, halden, brightwell):
    case.note(halden.engineer, "has anybody seen this")
    sent = of(statement(halden.compliance, partner=brightwell.id)[0], case, "sent")
    assert sent and sent[-1]["event"] == "note.created" and sent[-1]["taken"] is None
    assert of(statement(brightwell.engineer, open="true")[0], case, "received")[-1] == sent[-1] | {"direction": "received", "partner": halden.id}
    brightwell.engineer.get(f"{case.path}/notes", expect=200)
    sent = of(statement(halden.compliance, partner=brightwell.id)[0], case, "sent")
    assert sent[-1]["taken"]["how"] == "read"
    assert not of(statement(halden.compliance, open="true")[0], case, "sent")


def test_what_is_taken_by_other_ways_is_acknowledged(case, halden, brightwell):
    case.note(halden.engineer, "fetched by a program")
    answer = brightwell.engineer.post(f"/api/v1/cases/{case.token}/acknowledgement", expect=200)
    assert answer["token"] == case.token and "Audit-Event" in answer.headers
    taken = of(statement(halden.engineer)[0], case, "sent")[-1]["taken"]
    assert taken["how"] == "acknowledged"
    case.note(halden.engineer, "afterwards")
    assert of(statement(halden.engineer)[0], case, "sent")[-1]["taken"] is None, "an acknowledgement covers what was there"


def test_an_acknowledgement_names_what_was_taken(case, halden, brightwell):
    case.note(halden.engineer, "known to the program")
    known = of(statement(brightwell.engineer)[0], case, "received")[-1]["index"]
    case.note(halden.engineer, "on its way")
    brightwell.engineer.post(f"/api/v1/cases/{case.token}/acknowledgement", {"through": known}, expect=200)
    assert [row["taken"] and row["taken"]["how"] for row in of(statement(halden.engineer)[0], case, "sent")][-2:] == ["acknowledged", None]
    brightwell.engineer.post(f"/api/v1/cases/{case.token}/acknowledgement", {"through": 0}, expect=200)
    assert of(statement(halden.engineer)[0], case, "sent")[-2]["taken"], "what was taken stays taken"
    brightwell.engineer.post(f"/api/v1/cases/{case.token}/acknowledgement", {"through": -1}, expect=400)


def test_states_and_a_frozen_case_are_not_what_was_sent(world, halden, brightwell):
    customer = halden.customer("withdraws")
    granted = halden.authorize(customer, [brightwell])
    case = world.released_case(halden, brightwell, customer)
    for facts in ("gate", "timeline"):
        brightwell.engineer.get(f"/api/v1/cases/{case.token}/{facts}", expect=200)
    assert of(statement(halden.engineer)[0], case, "sent")[0]["taken"] is None
    halden.withdraw(granted, customer)
    case.seen_by_receiver()
    assert of(statement(halden.engineer)[0], case, "sent")[0]["taken"] is None
    assert not halden.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items


def test_both_directions_and_both_sides_agree(case, halden, brightwell):
    case.approve()
    case.note(brightwell.engineer, "from the other side")
    theirs = of(statement(brightwell.engineer)[0], case, "sent")
    ours = of(statement(halden.engineer)[0], case, "received")
    assert [(row["index"], row["event"]) for row in theirs] == [(row["index"], row["event"]) for row in ours]
    rows, totals = statement(halden.engineer)
    assert totals["sent"] == len([row for row in rows if row["direction"] == "sent"])
    assert totals["receivedOpen"] == len([row for row in rows if row["direction"] == "received" and row["taken"] is None])


def test_what_the_submitter_reads_is_taken_too(case, halden, brightwell):
    case.approve()
    assert of(statement(halden.engineer)[0], case, "received")[-1]["taken"] is None
    case.seen_by_submitter()
    assert of(statement(halden.engineer)[0], case, "received")[-1]["taken"]["how"] == "read"
    assert of(statement(brightwell.engineer)[0], case, "sent")[-1]["taken"]["how"] == "read"
    # What a company was shown of its own case is no disclosure.
    assert halden.id not in [row["company"] for row in halden.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items]


def test_a_statement_is_the_companys_own(world, case, dorn, halden, brightwell):
    assert not [row for row in statement(dorn.compliance)[0] if row["case"] == case.token]
    assert dorn.engineer.post(f"/api/v1/cases/{case.token}/acknowledgement", expect=404).code == "case_not_found"
    assert world.operator.get("/api/v1/audit/reconciliation", expect=403).code == "no_company"
    world.anonymous.get("/api/v1/audit/reconciliation", expect=401)
    for wrong in ("partner=x", "first=-1", "since=yesterday", "open=maybe"):
        halden.engineer.get(f"/api/v1/audit/reconciliation?{wrong}", expect=400)
    assert not statement(halden.engineer, until="2020-01-01T00:00:00Z")[0]


def test_a_case_that_was_held_is_sent_when_it_is_released(world, halden, brightwell):
    customer = halden.customer("asked later")
    held = world.open_case(halden, brightwell, customer)
    halden.authorize(customer, [brightwell])
    held.release_to_receiver()
    sent, received = (of(statement(caller, open="true")[0], held, direction) for caller, direction in ((halden.compliance, "sent"), (brightwell.compliance, "received")))
    assert [row["event"] for row in sent] == ["case.created"] == [row["event"] for row in received], "nobody took it yet"
    assert sent[0]["index"] == received[0]["index"] and sent[0]["taken"] is None
    held.seen_by_receiver()
    assert not of(statement(halden.compliance, open="true")[0], held, "sent")
    assert of(statement(brightwell.compliance)[0], held, "received")[0]["taken"]["how"] == "read"


def test_what_is_held_is_not_sent(world, halden, brightwell):
    customer = halden.customer("unasked")
    held = world.open_case(halden, brightwell, customer)
    assert not [row for row in statement(halden.engineer)[0] if row["case"] == held.token]
    brightwell.engineer.post(f"/api/v1/cases/{held.token}/acknowledgement", expect=404)
